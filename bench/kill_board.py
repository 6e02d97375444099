"""The board on which the service is killed: returns to fill in, to send in, and to publish."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, ReturnState, Role
from s11audit.models import Board, Cycle, Membership
from s11audit.services import moderation, reviews
from s11audit.services.responses import ResponseValues, save_response
from s11audit.tools import loader
from s11audit.transactions import writing
from tests import factories
from tests.factories import PASSWORD
from tests.support.reviewing import sent_in

TOOL = "lancashire-2012"
SAVED, SENT = 4, 2


@dataclass(frozen=True)
class Job:
    """A return, and who works on it."""

    return_id: int
    email: str


@dataclass(frozen=True)
class Work:
    """What the browsers have to do. The password of everybody is the same."""

    saved: list[Job]
    uploaded: list[Job]
    sent: list[Job]
    published: list[int]
    office: str
    chair: str
    password: str = PASSWORD


def fill(*, published: int) -> Work:
    """Make the board, with so many returns that are ready to be published. Needs an application
    context."""
    with writing() as session:
        board = factories.board(session, "killed")
        cycle = factories.cycle(session, board, tool=TOOL, due=(_in_a_month(),))
        office = factories.user(session, Role.OFFICE, board=board)
        qa = factories.user(session, Role.QA, board=board)
        chair = factories.user(session, Role.CHAIR, board=board)
        work = Work(
            saved=[_to_fill_in(session, board, cycle) for _ in range(SAVED)],
            uploaded=[_to_fill_in(session, board, cycle) for _ in range(2)],
            sent=[_to_send_in(session, board, cycle) for _ in range(SENT)],
            published=[],
            office=office.email,
            chair=chair.email,
        )
        session.flush()
        rater = factories.actor(session, qa)
        for _ in range(published):
            work.published.append(_to_publish(session, board, cycle, rater))
    return work


def _in_a_month() -> object:
    return (datetime.now(UTC) + timedelta(days=30)).date()


def _member(session: Session, board: Board) -> Membership:
    return factories.membership(session, board, categories=(Category.VOLUNTARY,))


def _to_fill_in(session: Session, board: Board, cycle: Cycle) -> Job:
    membership = _member(session, board)
    return_ = factories.return_(session, membership, cycle)
    lead = factories.user(session, Role.LEAD, membership=membership)
    return Job(return_.id, lead.email)


def _to_send_in(session: Session, board: Board, cycle: Cycle) -> Job:
    membership = _member(session, board)
    return_ = factories.return_(session, membership, cycle)
    lead = factories.user(session, Role.LEAD, membership=membership)
    actor = factories.actor(session, lead)
    for standard in loader.load_builtin(TOOL).standards:
        answers: dict[str, dict[str, object]] = {
            item.key: {"value": "met"}
            if item.kind == "judgement"
            else {"numerator": 96, "denominator": 100, "as_of": "2026-01-31"}
            for item in standard.requirements
        }
        values = ResponseValues("What we do about it.", "green", "", answers)
        now = datetime.now(UTC)
        save_response(session, actor, return_.id, standard.number, values, based_on=0, now=now)
    return Job(return_.id, lead.email)


def _to_publish(session: Session, board: Board, cycle: Cycle, rater: object) -> int:
    membership = _member(session, board)
    now = datetime.now(UTC)
    return_ = sent_in(session, membership, cycle, state=ReturnState.SUBMITTED, now=now)
    factories.user(session, Role.LEAD, membership=membership)
    reviews.start_review(session, rater, return_.id, now=now)  # type: ignore[arg-type]
    for standard in loader.load_builtin(TOOL).standards:
        reviews.rate(
            session, rater, return_.id, standard.number,  # type: ignore[arg-type]
            label="green", comment="As it says.", improvement="", na_reason="", now=now,
        )  # fmt: skip
    moderation.finish(session, rater, return_.id, now=now)  # type: ignore[arg-type]
    return return_.id
