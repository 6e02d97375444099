"""An agency in the second year of its cycle: what stage 1 came to, and what is asked now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, Category, EvidenceKind, Rag, Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import Board, Cycle, Evidence, EvidenceUse, Membership, Response, Return, User
from s11audit.queries.carrying import draft_of
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import return_by_id
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.services.responses import save_response
from s11audit.services.still_true import say_still_true
from s11audit.services.submissions import Signatory
from s11audit.services.submitting import submit
from tests import factories as make
from tests.factories import NOW
from tests.integration.responses.filling import whole
from tests.support.reviewing import sent_in

STATE_1_DUE, STAGE_2_DUE = make.TODAY + timedelta(days=21), make.TODAY + timedelta(days=386)
LATER = NOW + timedelta(days=30)
AMBER_2_RED_5 = {2: Rag.AMBER, 5: Rag.RED}


@dataclass
class SecondYear:
    """A board, an agency with its lead, its return of stage 1 and that of stage 2, which is open
    from `LATER` on."""

    board: Board
    cycle: Cycle
    agency: Membership
    first: Return
    second: Return
    lead: User
    office: User
    chair: User
    qa: User

    def actor(self, session: Session, of: str) -> Actor:
        return make.actor(session, getattr(self, of))


def second_year(
    session: Session, ratings: dict[int, Rag] | None = None, *, leave_out: tuple[int, ...] = ()
) -> SecondYear:
    """Stage 1 was sent in, all of it rated green by the agency, and rated `ratings` by QA, green
    where nothing is said, `leave_out` not at all. Standard 2 has a link as evidence."""
    board = make.board(session)
    cycle = make.cycle(session, board, due=(STATE_1_DUE, STAGE_2_DUE))
    agency = make.membership(
        session, board, "Fellmere Health Trust", categories=(Category.NHS_PROVIDER,)
    )
    first = sent_in(session, agency, cycle, rag=Rag.GREEN)
    _link(session, first)
    publish(session, first, ratings or {}, leave_out=leave_out)
    second = make.return_(session, agency, cycle, stage=2)
    found = SecondYear(
        board, cycle, agency, first, second,
        lead=make.user(session, Role.LEAD, membership=agency, name="Amira Khan"),
        office=make.user(session, Role.OFFICE, board=board),
        chair=make.user(session, Role.CHAIR, board=board, name="Charlie Hope"),
        qa=make.user(session, Role.QA, board=board, name="Quinn Able"),
    )  # fmt: skip
    session.commit()
    return found


def publish(
    session: Session,
    return_: Return,
    ratings: dict[int, Rag],
    *,
    leave_out: tuple[int, ...] = (),
    only: tuple[int, ...] = (),
) -> None:
    """Publish agreed ratings of nine standards, green where nothing is said."""
    found = return_by_id(session, return_.id)
    publish_ratings(
        session,
        OPERATOR,
        found,
        [
            Agreed(
                number, rag.value, rag, comment=f"QA on standard {number}.",
                improvement=f"Improve standard {number}." if rag in ("amber", "red") else "",
                na_reason="Not theirs." if rag is Rag.NA else "",
            )
            for number in (only or range(1, 10))
            for rag in [ratings.get(number, Rag.GREEN)]
            if number not in leave_out
        ],
        effective_at=NOW,
        now=NOW,
    )  # fmt: skip


def _link(session: Session, return_: Return) -> None:
    response = session.scalars(
        select(Response).where(Response.return_id == return_.id, Response.standard == 2)
    ).one()
    session.add(
        Evidence(
            return_id=return_.id, url="https://example.org/policy", kind=EvidenceKind.POLICY,
            description="The policy", added_at=NOW, uses=[EvidenceUse(response_id=response.id)],
        )
    )  # fmt: skip
    session.flush()


def send_update(session: Session, year: SecondYear, label: str = "amber") -> None:
    """Send the return of stage 2 in: what was green is still true, the rest rated `label`."""
    lead, second = year.actor(session, "lead"), return_by_id(session, year.second.id)
    asked = draft_of(session, second).responses
    green = {number: True for number, each in asked.items() if each.ask is Ask.STILL_TRUE}
    if green:
        say_still_true(session, lead, second.id, green, "Amira Khan", now=LATER)
    for number, response in responses_of(session, second.id).items():
        if number not in green:
            values = replace(whole(number, label), progress="A deputy is named.", still_holds=True)
            save_response(
                session, lead, second.id, number, values, based_on=response.version, now=LATER
            )
    signatory = Signatory("Pat Lee", "Chief Executive", "pat@example.org")
    submit(session, lead, second.id, signatory, True, now=LATER)
    session.commit()
