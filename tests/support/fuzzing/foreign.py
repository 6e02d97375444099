"""Objects out of reach of the filled board's people: another board's, and another agency's on the
same board. Whatever they are called holds TOLD, so that a page that shows it is found out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from s11audit.domain.enums import EvidenceKind, Role
from s11audit.models import (
    ChallengeQuestion,
    Evidence,
    Membership,
    Publication,
    Return,
    Sharing,
    Submission,
    Theme,
)
from tests import factories as make
from tests.integration.access import world
from tests.support.filled_builder import FilledBoard

TOLD = "Zzyx"

Ids = dict[str, list[int]]


def build(session: Session, made: FilledBoard) -> tuple[Ids, Ids]:
    """Make them and return their ids by what they are: of another board, and of another agency."""
    there = world.build(session).there
    agency = there.agencies[0]
    there.board.name = f"{TOLD} Board"
    for number, each in enumerate(there.agencies):
        each.membership.name = each.membership.agency.name = f"{TOLD} Agency {number}"
        each.return_.stage.cycle.name = f"{TOLD} Audit"
    for theme in session.query(Theme).filter_by(board_id=there.board.id):
        theme.name = f"{TOLD} Theme"
    person = make.user(session, Role.QA, board=there.board, name=f"{TOLD} Person")
    make.grant(session, person, Role.LEAD, membership=agency.membership)
    question = ChallengeQuestion(
        challenge_id=agency.ids["challenge_id"], number=99, standard=1, text=TOLD
    )
    session.add(question)
    session.flush()
    elsewhere = {
        "return": [each.return_.id for each in there.agencies],
        "membership": [each.membership.id for each in there.agencies],
        "question": [question.id],
        "user": [person.id],
        "submission": _of(session, Submission, agency.return_.id),
        "publication": _of(session, Publication, agency.return_.id),
        "sharing": _of(session, Sharing, agency.return_.id),
        **{
            name: [{**there.ids, **agency.ids}[f"{name}_id"]]
            for name in ("cycle", "stage", "draw", "theme", "meeting", "evidence", "improvement")
        },
    }
    return elsewhere, _beside(session, made)


def _beside(session: Session, made: FilledBoard) -> Ids:
    other = session.get_one(Return, made.return_ids["advisory"])
    evidence = Evidence(
        return_id=other.id,
        url="https://example.org",
        description=f"{TOLD} file",
        kind=EvidenceKind.POLICY,
        added_at=make.NOW,
    )
    session.add(evidence)
    membership = session.get_one(Membership, other.membership_id)
    person = make.user(session, Role.LEAD, membership=membership, name=f"{TOLD} Lead")
    session.flush()
    return {
        "return": [other.id],
        "membership": [membership.id],
        "evidence": [evidence.id],
        "user": [person.id],
        "submission": _of(session, Submission, other.id),
    }


def _of(session: Session, kind: type, return_id: int) -> list[int]:
    return [each.id for each in session.query(kind).filter_by(return_id=return_id)]
