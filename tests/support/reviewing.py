"""A board with its QA people, and an agency's return that was sent in, for QA's tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Participation, Rag, ReturnState, Role
from s11audit.domain.policy import Actor
from s11audit.models import (
    Answer,
    Board,
    Cycle,
    Membership,
    ProposedAction,
    Response,
    Return,
    Submission,
    User,
)
from s11audit.queries.returns import return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.services import moderation, reviews
from s11audit.services.submissions import Signatory, freeze
from tests import factories as make
from tests.factories import NOW

DUE = date(2026, 7, 1)
PROPOSED = (
    ("Name a deputy for the safeguarding lead", "Head of Operations", date(2026, 6, 30)),
    ("Ask young people what they think of the complaints leaflet", "Participation worker", None),
)


def sent_in(
    session: Session,
    of: Membership,
    on: Cycle,
    *,
    rag: Rag = Rag.AMBER,
    state: ReturnState = ReturnState.SUBMITTED,
    now: datetime = NOW,
) -> Return:
    """A return whose every standard is answered "met", rated `rag` by the agency, and sent in;
    standard 2 proposes two actions, the second without a due date."""
    return_ = return_by_id(session, make.return_(session, of, on, state=state).id)
    for standard in standards_asked(session, return_):
        response = Response(
            return_id=return_.id,
            standard=standard.number,
            statement=f"What we do about standard {standard.number}.",
            self_label=rag.value,
            self_rag=rag,
            na_reason="It is not ours to do." if rag is Rag.NA else "",
            answers=[
                Answer(requirement=item.key, value={"value": "met", "na_reason": ""})
                for item in standard.requirements
                if item.kind == "judgement"
            ],
        )
        if standard.number == 2:
            response.proposed_actions = [
                ProposedAction(number=number, what=what, owner=owner, due_on=due)
                for number, (what, owner, due) in enumerate(PROPOSED, start=1)
            ]
        session.add(response)
    session.flush()
    send(session, return_, now=now)
    return return_


def send(session: Session, return_: Return, *, now: datetime = NOW) -> Submission:
    """Freeze the return as it stands, as its next submission."""
    operator = Actor(user_id=None, name="The lead")
    signatory = Signatory("Pat Lee", "Chief Executive", "pat@example.org")
    return freeze(session, operator, return_, signatory, effective_at=now, now=now)


@dataclass
class Panel:
    """A board, its QA people, and an agency with its people and its return."""

    board: Board
    cycle: Cycle
    agency: Membership
    return_: Return
    qa: User
    chair: User
    office: User
    scrutineer: User
    viewer: User
    lead: User
    contributor: User

    def actor(self, session: Session, of: str) -> Actor:
        """The actor that one of these people is."""
        return make.actor(session, getattr(self, of))


def panel(
    session: Session,
    *,
    rag: Rag = Rag.AMBER,
    participation: Participation = Participation.FULL,
    slug: str = "",
) -> Panel:
    """A board with one submitted return of nine standards."""
    board = make.board(session, slug)
    cycle = make.cycle(session, board)
    agency = make.membership(
        session, board, categories=(Category.VOLUNTARY,), participation=participation
    )
    return Panel(
        board=board,
        cycle=cycle,
        agency=agency,
        return_=sent_in(session, agency, cycle, rag=rag),
        qa=make.user(session, Role.QA, board=board, name="Quinn Able"),
        chair=make.user(session, Role.CHAIR, board=board, name="Charlie Hope"),
        office=make.user(session, Role.OFFICE, board=board),
        scrutineer=make.user(session, Role.SCRUTINEER, board=board),
        viewer=make.user(session, Role.VIEWER, board=board),
        lead=make.user(session, Role.LEAD, membership=agency, name="Lee Dunn"),
        contributor=make.user(session, Role.CONTRIBUTOR, membership=agency),
    )


def rated(
    session: Session,
    of: Panel,
    ratings: dict[int, Rag] | None = None,
    *,
    return_: Return | None = None,
    publish: bool = True,
    finish: bool = False,
    now: datetime = NOW,
) -> None:
    """Start the review, rate every standard green except those in `ratings`, say on demand that
    the one reviewer has finished, and publish."""
    return_ = return_ or of.return_
    qa, chair = of.actor(session, "qa"), of.actor(session, "chair")
    reviews.start_review(session, qa, return_.id, now=now)
    for standard in standards_asked(session, return_):
        rag = (ratings or {}).get(standard.number, Rag.GREEN)
        reviews.rate(
            session,
            qa,
            return_.id,
            standard.number,
            label=rag.value,
            comment=f"About standard {standard.number}.",
            improvement="Show how it is done." if rag in (Rag.AMBER, Rag.RED) else "",
            na_reason="Not theirs." if rag is Rag.NA else "",
            now=now,
        )
    if finish:
        moderation.finish(session, qa, return_.id, now=now)
    if publish:
        reviews.publish(session, chair, return_.id, now=now)
    session.flush()
