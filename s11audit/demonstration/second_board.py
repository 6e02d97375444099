"""A second invented board, small, where agencies confirm their own results as in Leicestershire and
Rutland: one has been followed up, one advisory agency has confirmed, one is to confirm, one result
is still to be returned, and one agency does not answer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.demonstration import escalating, texts
from s11audit.demonstration.joining import join
from s11audit.demonstration.people import COLLEGE, PEOPLE, Person
from s11audit.demonstration.story import Story
from s11audit.domain.enums import Basis, Category, Duty, Participation, Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import Board, Improvement, Membership, Return, Stage
from s11audit.scoring.confirming import Correction
from s11audit.services import (
    actions,
    agencies,
    boards,
    confirming,
    cycles,
    plans,
    rating_again,
    submitting,
)
from s11audit.services.responses import ProposedActionValues, ResponseValues, save_response
from s11audit.services.submissions import Signatory

SLUG = "tarnholm"
NAME = "Tarnholm Safeguarding Children Partnership"
TOOL = "leicestershire-rutland-2011"
OPENED, DUE = -90, -30
QUESTIONS = range(1, 31)
FOLLOWED, ADVISORY, SILENT = (
    "Tarnholm Borough Council",
    "Tarn Valley Youth Trust",
    "Tarnholm Police",
)
CORRECTED = 9


def add(session: Session, now: datetime) -> Board:
    """Add the board, on which no agency has a right of reply: nothing is agreed for it."""
    return boards.add_board(session, OPERATOR, SLUG, NAME, now=now)


def tell(fellmere: Story, board: Board, password: str) -> None:
    """Put the board's year into the story of the other."""
    story = Story(
        fellmere.session, fellmere.now, board.id, fellmere.actors,
        events=fellmere.events, order=fellmere.order,
    )  # fmt: skip
    told = texts.document("tarnholm.yaml")
    returns: dict[str, int] = {}
    story.at(OPENED - 5, (9, 0), lambda now: _join(story, told["agencies"], password, now))
    story.at(OPENED, (9, 0), lambda now: _open(story, told["cycle"], returns, now))
    for place, agency in enumerate(told["agencies"]):
        if "sent" in agency:
            story.at(
                agency["sent"], (14, place),
                lambda now, agency=agency: _send_in(story, agency, returns, now),  # type: ignore[misc]
            )  # fmt: skip
        if "returned" in agency:
            story.at(
                agency["returned"], (10, place),
                lambda now, agency=agency: confirming.return_result(  # type: ignore[misc]
                    story.session, story.actors["office"], returns[agency["name"]], now=now
                ),
            )  # fmt: skip
        if "confirmed" in agency:
            story.at(
                agency["confirmed"], (11, place),
                lambda now, agency=agency: _confirm(story, agency, told, returns, now),  # type: ignore[misc]
            )  # fmt: skip
    story.at(-38, (9, 30), lambda now: _plan(story, told, returns[FOLLOWED], now))
    story.at(-12, (9, 30), lambda now: _verify(story, told, returns[FOLLOWED], now))
    escalating.press(
        story,
        lambda: returns[SILENT],
        story.actors["office"],
        [
            (DUE + 1, escalating.PROMISED),
            (DUE + 8, escalating.MANAGER),
            (DUE + 15, escalating.LETTER),
        ],
        minute=10,
    )


def _join(story: Story, invented: list[dict[str, str]], password: str, now: datetime) -> None:
    printed = {agency: each for each in PEOPLE for _role, agency in each.roles}
    for agency in invented:
        member = agencies.add_membership(
            story.session, OPERATOR, story.board_id, agency["name"],
            categories=(Category(agency["category"]),),
            participation=Participation(agency.get("participation", "full")),
            duty=Duty(agency.get("duty", "statutory")), now=now,
        )  # fmt: skip
        person = (
            printed[COLLEGE]
            if agency["name"] == COLLEGE
            else Person(agency["account"], agency["lead"], ((Role.LEAD, agency["name"]),))
        )
        story.actors[agency["name"]] = join(
            story.session, person, [(Role.LEAD, {"membership_id": member.id})], password,
            today=story.now, now=now,
        )  # fmt: skip


def _open(story: Story, name: str, returns: dict[str, int], now: datetime) -> None:
    cycle = cycles.open_cycle(
        story.session, story.actors["office"], story.board_id, name, TOOL, [story.day(DUE)],
        basis=Basis.CONFIRMED, include_advisory=True, now=now,
    )  # fmt: skip
    rows = story.session.execute(
        select(Membership.name, Return.id)
        .join(Return, Return.membership_id == Membership.id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(Stage.cycle_id == cycle.id)
    )
    returns.update((name, number) for name, number in rows)


def _lead(story: Story, name: str) -> Actor:
    return story.actors[name]


def _send_in(
    story: Story, agency: dict[str, object], returns: dict[str, int], now: datetime
) -> None:
    """Answer the thirty questions, each in one word, and say what will be done."""
    name, short = str(agency["name"]), dict(agency["short"])  # type: ignore[call-overload]
    lead = _lead(story, name)
    for question in QUESTIONS:
        what = short.get(question)
        values = ResponseValues(
            self_label="partially" if question in short else "fully",
            proposed_actions=(
                (ProposedActionValues(what, "Head of Service", story.day(45)),) if what else ()
            ),
        )
        save_response(story.session, lead, returns[name], question, values, based_on=0, now=now)
    signatory = Signatory(str(agency["lead"]), str(agency["post"]), lead.email)
    submitting.submit(story.session, lead, returns[name], signatory, True, now=now)


def _confirm(
    story: Story,
    agency: dict[str, str],
    told: dict[str, str],
    returns: dict[str, int],
    now: datetime,
) -> None:
    corrections = {}
    if agency["name"] == FOLLOWED:
        corrections = {CORRECTED: Correction("non", told["correction"])}
    confirming.confirm_result(
        story.session, _lead(story, agency["name"]), returns[agency["name"]],
        name=agency["lead"], designation=agency["post"], corrections=corrections, now=now,
    )  # fmt: skip


def _improvements(story: Story, return_id: int) -> list[Improvement]:
    return list(
        story.session.scalars(
            select(Improvement)
            .where(Improvement.return_id == return_id)
            .order_by(Improvement.standard)
        )
    )


def _plan(story: Story, told: dict[str, str], return_id: int, now: datetime) -> None:
    """The council's plan is returned, and accepted by the office."""
    session, lead = story.session, _lead(story, FOLLOWED)
    for improvement in _improvements(story, return_id):
        actions.add_action(
            session, lead, improvement.id, what=told["action"], owner="Head of Service",
            due_on=story.day(45), now=now,
        )  # fmt: skip
    plans.return_plan(session, lead, return_id, now=now)
    plans.decide_plan(session, story.actors["office"], return_id, accepted=True, now=now)


def _verify(story: Story, told: dict[str, str], return_id: int, now: datetime) -> None:
    """One action is done and seen, and its question is rated again."""
    session, lead, office = story.session, _lead(story, FOLLOWED), story.actors["office"]
    improvement = _improvements(story, return_id)[0]
    (action,) = improvement.actions
    actions.report_complete(session, lead, action.id, note=told["done"], now=now)
    actions.verify_action(session, office, action.id, note=told["seen"], now=now)
    rating_again.rate_again(
        session, office, return_id, improvement.standard, label="fully", reason=told["seen"],
        now=now,
    )  # fmt: skip
