"""Collects the executive's forward plan: which agency's return comes to which meeting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Standing
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.domain.wording import in_words as word
from s11audit.models import Board, Meeting, Stage
from s11audit.queries.meetings import (
    Planned,
    executive_meetings,
    planned_returns,
    programme_stages,
    taken_places,
)
from s11audit.reports.documents import Document, Part, Table
from s11audit.scoring.programme import Slot, ToPlan, proposals

MOST_COLUMNS = 6


@dataclass(frozen=True)
class ForwardPlan:
    """The plan of one stage: its meetings by date, what comes to each, and what to none."""

    stages: Sequence[Stage]
    stage: Stage | None
    meetings: Sequence[Meeting]
    places: Mapping[int, Sequence[Planned]]
    unplanned: Sequence[Planned]
    proposed: Mapping[int, Meeting]
    today: date

    @property
    def asked(self) -> int:
        """How many returns the plan is of."""
        return sum(len(each) for each in self.places.values()) + len(self.unplanned)


def forward_plan(
    session: Session, actor: Actor, board_id: int, stage_id: int | None, *, now: datetime
) -> ForwardPlan:
    """Return the forward plan of a stage, the latest that has opened where none is given: the
    meetings to come and those to which a return of the stage came. Raises NotFound."""
    check(actor, Can.READ_REPORTS, Facts(board_id))
    today = london_today(now)
    stages = programme_stages(session, board_id)
    stage = _chosen(stages, stage_id, today)
    returns = planned_returns(session, board_id, stage_id=stage.id) if stage else []
    used = {each.meeting_id for each in returns}
    everything = executive_meetings(session, board_id)
    meetings = [each for each in everything if each.held_on >= today or each.id in used]
    unplanned = [each for each in returns if each.meeting_id is None]
    coming = [each for each in meetings if each.held_on >= today]
    taken = taken_places(session, [each.id for each in coming])
    by_id = {each.id: each for each in meetings}
    proposed = proposals(
        [ToPlan(each.return_id, each.agency, each.due_on) for each in unplanned],
        [Slot(each.id, each.held_on, taken.get(each.id, 0)) for each in coming],
    )
    return ForwardPlan(
        stages,
        stage,
        meetings,
        {each.id: [r for r in returns if r.meeting_id == each.id] for each in meetings},
        unplanned,
        {return_id: by_id[meeting_id] for return_id, meeting_id in proposed.items()},
        today,
    )


def plan_document(plan: ForwardPlan, board: Board) -> Document:
    """Return the forward plan as a document: meetings as columns, as Southend's, then what is not
    yet scheduled."""
    about = f"{plan.stage.cycle.name}, stage {plan.stage.number}" if plan.stage else ""
    parts = [
        Part("", table=_columns(plan, plan.meetings[start : start + MOST_COLUMNS], start > 0))
        for start in range(0, len(plan.meetings), MOST_COLUMNS)
    ]
    rows = [(each.agency, in_words(each.due_on), word(each.state)) for each in plan.unplanned]
    table = Table(
        "Not yet scheduled", ("Agency", "Return due", "State"), rows, (5, 2, 2),
        "Every return of the stage has a meeting.",
    )  # fmt: skip
    planned = plan.asked - len(plan.unplanned)
    told = f"{planned:,} of {plan.asked:,} returns have a meeting."
    return Document(
        "forward-plan", "Executive forward plan", board.slug, board.name, about, plan.today,
        [told], [*parts, Part("", table=table)], wide=True,
    )  # fmt: skip


def _columns(plan: ForwardPlan, meetings: Sequence[Meeting], more: bool) -> Table:
    heads = ["What comes", *(in_words(each.held_on) for each in meetings)]
    returns = ["Section 11 returns"]
    for each in meetings:
        returns.append("\n".join(item_words(one) for one in plan.places[each.id]))
    others = ["Other items", *(each.other_items for each in meetings)]
    rows = [returns] + ([others] if any(others[1:]) else [])
    return Table(
        "Meetings, continued" if more else "Meetings", heads, rows, (1.6, *[2.4] * len(meetings))
    )


def item_words(item: Planned) -> str:
    """Return an agency as the plan names it: with a note, and how it stands where it is no longer
    asked for."""
    standing = f" ({word(item.standing).lower()})" if item.standing is not Standing.ASKED else ""
    note = f": {item.note}" if item.note else ""
    return f"{item.agency}{standing}{note}"


def _chosen(stages: Sequence[Stage], stage_id: int | None, today: date) -> Stage | None:
    for each in stages:
        begun = each.opened_at is not None or each.opens_on <= today
        if each.id == stage_id or (stage_id is None and begun):
            return each
    if stage_id is not None:
        raise NotFound("There is no such stage.")
    return stages[-1] if stages else None
