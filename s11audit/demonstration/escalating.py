"""An agency that does not answer is written to in steps."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select

from s11audit.demonstration import texts
from s11audit.demonstration.story import Story
from s11audit.domain.dates import london_today
from s11audit.domain.enums import EscalationKind
from s11audit.domain.policy import Actor
from s11audit.models import EscalationStep
from s11audit.services import escalations

PROMISED, MANAGER, LETTER = "promised", "manager", "letter"


def press(
    story: Story,
    return_id: Callable[[], int],
    by: Actor,
    steps: Sequence[tuple[int, str]],
    *,
    minute: int = 0,
) -> None:
    """Begin the escalation on the first day, and take a step on each of these days, with the note
    of that name; the steps after that wait."""
    for place, (day, note) in enumerate(steps):
        story.at(
            day,
            (9, 20 + minute),
            lambda now, place=place, note=note: _step(  # type: ignore[misc]
                story, return_id(), by, note, now, begin=place == 0
            ),
        )


def _step(
    story: Story, return_id: int, by: Actor, note: str, now: datetime, *, begin: bool
) -> None:
    if begin:
        escalations.begin(story.session, by, return_id, now=now)
    waiting = story.session.scalars(
        select(EscalationStep).where(
            EscalationStep.return_id == return_id, EscalationStep.done_at.is_(None)
        )
    )
    order = list(EscalationKind)
    step = min(waiting, key=lambda each: order.index(each.kind))
    escalations.take_step(
        story.session, by, return_id, step.id, done_on=london_today(now),
        note=texts.told("escalation", note), by_email=step.kind is EscalationKind.REMINDER,
        now=now,
    )  # fmt: skip
