"""The invented partnership's cycle on `lancashire-2012`: its first year is rated, its plans run."""

from datetime import datetime, timedelta

from sqlalchemy import select

from s11audit.demonstration import escalating, texts
from s11audit.demonstration.story import Story, filled_in
from s11audit.demonstration.texts import LANCASHIRE, Invented
from s11audit.domain.enums import Participation, Rag
from s11audit.models import Action, Improvement
from s11audit.services import actions, cycles, plans, reviews, submitting
from s11audit.services.submissions import Signatory
from s11audit.tools import loader

KEY = "first"
TOOL = "lancashire-2012"
OPENED, DUE = -365, (-300, 65, 430)
LATE = 20
BEGUN = ("underway", "reported", "overdue", "verified", "rerated")
ACCEPTED = (*BEGUN, "no_action")
RETURNED = (*ACCEPTED, "returned", "asked_again")


def tell(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    """Put the cycle's events into the story."""
    name = f"Section 11 audit {story.day(OPENED).year} to {story.day(DUE[2]).year}"
    story.at(OPENED, (10, 0), lambda now: _open(story, name, members, now))
    for agency in agencies:
        _returns(story, agency)
        if agency.participation is Participation.FULL:
            _rates(story, agency)
            _plans(story, agency)
    # Who was late was rung; it came in before anybody wrote.
    escalating.press(
        story,
        lambda: story.returns[KEY, LATE],
        story.actors["office"],
        [(DUE[0] + 1, escalating.PROMISED)],
    )


def _open(story: Story, name: str, members: dict[int, int], now: datetime) -> None:
    cycle = cycles.open_cycle(
        story.session,
        story.actors["office"],
        story.board_id,
        name,
        TOOL,
        [story.day(offset) for offset in DUE],
        include_advisory=True,
        now=now,
    )
    story.remember(KEY, cycle.id, members)


def _returns(story: Story, agency: Invented) -> None:
    """Fill the return in over a fortnight, then send it in, one of them late."""
    tool = loader.load_builtin(TOOL)
    sent = -296 if agency.number == LATE else -344 + agency.number * 3 // 2
    stands = agency.agreed or agency.own
    for place, standard in enumerate(tool.standards):
        values = filled_in(
            agency, tool, standard, agency.own[place], stands[place], LANCASHIRE[place],
            story.day(sent), 0,
        )  # fmt: skip
        story.at(
            sent - 14 + place,
            (9 + place % 8, agency.number),
            lambda now, standard=standard, values=values: story.save(  # type: ignore[misc]
                KEY, agency, tool, standard, values, now
            ),
        )
    signatory = Signatory(agency.lead, agency.post, story.lead(agency).email)
    story.at(
        sent,
        (15, agency.number),
        lambda now: submitting.submit(
            story.session,
            story.lead(agency),
            story.returns[KEY, agency.number],
            signatory,
            True,
            now=now,
        ),
    )


def _rates(story: Story, agency: Invented) -> None:
    """Review the return, then publish at one of three meetings."""
    tool = loader.load_builtin(TOOL)
    day = -290 + agency.number
    story.at(day, (9, 30), lambda now: _start(story, agency, now))
    for place, standard in enumerate(tool.standards):
        story.at(
            day,
            (10 + place // 2, 5 + 25 * (place % 2)),
            lambda now, place=place, number=standard.number: rate(  # type: ignore[misc]
                story, KEY, agency, number, LANCASHIRE[place], agency.agreed[place], now
            ),
        )
    story.at(
        -255 + 7 * (agency.number % 3),
        (14, agency.number),
        lambda now: publish(story, agency, now),
    )


def _start(story: Story, agency: Invented, now: datetime) -> None:
    return_id = story.returns[KEY, agency.number]
    reviews.start_review(story.session, story.actors["qa"], return_id, now=now)


def rate(
    story: Story, key: str, agency: Invented, standard: int, topic: str, rag: Rag, now: datetime,
    reason: str = "",
) -> None:  # fmt: skip
    """Give one reviewer's rating, with comment and what is required."""
    short = rag in texts.SHORTFALLS
    reviews.rate(
        story.session,
        story.actors["qa"],
        story.returns[key, agency.number],
        standard,
        label=rag.value,
        comment=texts.comment(topic, rag),
        improvement=texts.improvement(topic, rag) if short else "",
        monitor=rag is Rag.RED,
        reason=reason,
        now=now,
    )


def publish(story: Story, agency: Invented, now: datetime) -> None:
    """Have the chair publish what was rated of an agency's return."""
    return_id = story.returns[KEY, agency.number]
    reviews.publish(story.session, story.actors["chair"], return_id, now=now)


def _plans(story: Story, agency: Invented) -> None:
    """Bring the plan as far as it has come: drafted, returned, decided, and worked on."""
    plan, minute = agency.plan, agency.number
    if plan in ("none", "nothing"):
        return
    story.at(-225, (10, minute), lambda now: _draft(story, agency, now))
    if plan in RETURNED:
        waits = -20 if plan == "returned" else -205
        story.at(waits, (11, minute), lambda now: _hand_in(story, agency, now))
    if plan in ACCEPTED or plan == "asked_again":
        decided = -16 if plan == "asked_again" else -190
        story.at(decided, (14, minute), lambda now: _decide(story, agency, now))
    if plan in BEGUN:
        story.at(-150, (9, minute), lambda now: _go_on(story, agency, 0, now))
        story.at(-75 if plan != "overdue" else -110, (16, minute),
                 lambda now: _go_on(story, agency, 1, now))  # fmt: skip
    if plan in ("reported", "verified", "rerated"):
        day = -9 if plan == "reported" else -60
        story.at(day, (12, minute), lambda now: _complete(story, agency, now))
    if plan in ("verified", "rerated"):
        story.at(-12 if plan == "verified" else -48, (13, minute),
                 lambda now: _verify(story, agency, now))  # fmt: skip
    if plan == "rerated":
        story.at(-47, (10, minute), lambda now: _rate_again(story, agency, now))
        story.at(-41, (14, minute), lambda now: publish(story, agency, now))


def _improvements(story: Story, agency: Invented) -> list[Improvement]:
    return_id = story.returns[KEY, agency.number]
    return list(
        story.session.scalars(
            select(Improvement).where(Improvement.return_id == return_id).order_by(Improvement.id)
        )
    )


def _actions(story: Story, agency: Invented) -> list[Action]:
    return [
        action
        for improvement in _improvements(story, agency)
        for action in story.session.scalars(
            select(Action).where(Action.improvement_id == improvement.id).order_by(Action.number)
        )
    ]


def _draft(story: Story, agency: Invented, now: datetime) -> None:
    """Give each improvement an action, taking over what was proposed with a later date, or once a
    reason for none."""
    lead = story.lead(agency)
    for place, improvement in enumerate(_improvements(story, agency)):
        if agency.plan == "no_action":
            plans.give_reason(
                story.session, lead, improvement.id, reason=texts.said("no_action"), now=now
            )
            continue
        topic = LANCASHIRE[improvement.standard - 1]
        proposed = agency.own[improvement.standard - 1] in texts.SHORTFALLS
        behind = agency.plan in ("overdue", "asked_again") and place == 0
        for number in range(2 if place == 0 else 1):
            what, owner = texts.action(topic, agency.number + number)
            due = story.day(-25 if behind and not number else 40 + 12 * (agency.number % 5))
            actions.add_action(
                story.session, lead, improvement.id, what=what, owner=owner,
                due_on=due + timedelta(days=place), proposal=1 if proposed and not number else None,
                now=now,
            )  # fmt: skip


def _hand_in(story: Story, agency: Invented, now: datetime) -> None:
    plans.return_plan(story.session, story.lead(agency), story.returns[KEY, agency.number], now=now)


def _decide(story: Story, agency: Invented, now: datetime) -> None:
    again = agency.plan == "asked_again"
    plans.decide_plan(
        story.session,
        story.actors["qa"],
        story.returns[KEY, agency.number],
        accepted=not again,
        reason=texts.said("plan_asked_again", agency.number) if again else "",
        now=now,
    )


def _go_on(story: Story, agency: Invented, turn: int, now: datetime) -> None:
    """Note progress: at first on everything, later on the first actions only."""
    found = _actions(story, agency)
    for action in found if turn == 0 else found[:2]:
        actions.add_progress(
            story.session, story.lead(agency), action.id,
            note=texts.said("progress", agency.number + action.number + turn), now=now,
        )  # fmt: skip


def _complete(story: Story, agency: Invented, now: datetime) -> None:
    found = _actions(story, agency)
    for action in found[:1] if agency.plan == "reported" else found:
        actions.report_complete(
            story.session, story.lead(agency), action.id,
            note=texts.said("complete", agency.number + action.number), now=now,
        )  # fmt: skip
    if agency.plan == "reported" and len(found) > 2:
        other = found[-1]
        actions.report_complete(
            story.session, story.lead(agency), other.id, note=texts.said("complete"), now=now
        )
        actions.ask_again(
            story.session, story.actors["qa"], other.id,
            reason=texts.said("asked_again", agency.number), now=now,
        )  # fmt: skip


def _verify(story: Story, agency: Invented, now: datetime) -> None:
    for action in _actions(story, agency):
        actions.verify_action(
            story.session, story.actors["qa"], action.id,
            note=texts.said("verified", agency.number), now=now,
        )  # fmt: skip


def _rate_again(story: Story, agency: Invented, now: datetime) -> None:
    for improvement in _improvements(story, agency):
        topic = LANCASHIRE[improvement.standard - 1]
        rate(
            story, KEY, agency, improvement.standard, topic, Rag.GREEN, now,
            reason="All actions of this improvement were verified.",
        )  # fmt: skip
