"""What the board office does to a return, and the letters about it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReturnState, Role, Standing
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import (
    AuditLog,
    Extension,
    OutboxMessage,
    Return,
    SendBack,
    Stage,
    Submission,
)
from s11audit.services import chasing, returns
from tests import factories as make
from tests.factories import NOW, TODAY

LATER = TODAY + timedelta(days=40)
BATCH = "0" * 32


def office_of(session: Session, one: Return) -> Actor:
    return make.actor(session, make.user(session, Role.OFFICE, board=one.membership.board))


def made(session: Session, state: ReturnState = ReturnState.NOT_STARTED) -> Return:
    board = make.board(session)
    member = make.membership(session, board, "Hill & <b>Dale</b>")
    made = make.return_(session, member, make.cycle(session, board), state=state)
    make.user(session, Role.LEAD, membership=member, email="lead@example.org", name="Lee")
    if state not in (ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS):
        submission = Submission(
            return_id=made.id,
            number=1,
            reference=f"S11-{made.id}-1",
            snapshot={},
            self_ratings={},
            signatory_name="A",
            signatory_designation="B",
            signatory_email="c@example.org",
            late=False,
            effective_at=NOW,
            recorded_at=NOW,
        )
        session.add(submission)
        session.flush()
    return made


def test_an_extension_keeps_the_first_date_and_tells_the_lead(session: Session) -> None:
    one = made(session)
    first = one.due_on
    returns.extend(session, office_of(session, one), one.id, LATER, " Illness.\r\n", now=NOW)
    session.commit()
    assert (one.due_on, one.first_due_on) == (LATER, first)
    kept = session.scalars(select(Extension)).one()
    assert (kept.was_due_on, kept.due_on, kept.reason) == (first, LATER, "Illness.")
    letter = session.scalars(select(OutboxMessage)).one()
    assert letter.to_email == "lead@example.org"
    assert "Hill & <b>Dale</b>" in letter.subject
    assert "Illness." in letter.body
    assert f"/returns/{one.id}" in letter.body


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 10_001, "a\x00b"])
def test_a_reason_is_needed_for_everything(session: Session, reason: str) -> None:
    one = made(session, ReturnState.SUBMITTED)
    for change in (
        lambda: returns.extend(session, OPERATOR, one.id, LATER, reason, now=NOW),
        lambda: returns.change_standing(session, OPERATOR, one.id, Standing.NIL, reason, now=NOW),
        lambda: returns.send_back(session, OPERATOR, one.id, reason, now=NOW),
    ):
        with pytest.raises(Invalid) as refused:
            change()
        assert "reason" in refused.value.problems


def test_the_new_date_is_later_and_to_come(session: Session) -> None:
    one = made(session)
    one.due_on = TODAY - timedelta(days=30)
    session.flush()
    for day in (one.due_on, one.due_on - timedelta(days=1), TODAY - timedelta(days=1)):
        with pytest.raises(Invalid) as refused:
            returns.extend(session, OPERATOR, one.id, day, "Why", now=NOW)
        assert "due_on" in refused.value.problems
    returns.extend(session, OPERATOR, one.id, TODAY, "Why", now=NOW)


@pytest.mark.parametrize(
    "state", [ReturnState.SUBMITTED, ReturnState.IN_REVIEW, ReturnState.RATED, ReturnState.CLOSED]
)
def test_what_was_sent_in_gets_no_extension(session: Session, state: ReturnState) -> None:
    one = made(session, state)
    with pytest.raises(Refused):
        returns.extend(session, OPERATOR, one.id, LATER, "Why", now=NOW)


def test_excused_and_asked_again(session: Session) -> None:
    one = made(session)
    office = office_of(session, one)
    returns.change_standing(session, office, one.id, Standing.EXCUSED, "Merger", now=NOW)
    with pytest.raises(Refused, match="already"):
        returns.change_standing(session, office, one.id, Standing.EXCUSED, "Merger", now=NOW)
    with pytest.raises(Refused, match="excused"):
        returns.extend(session, office, one.id, LATER, "Why", now=NOW)
    returns.change_standing(session, office, one.id, Standing.ASKED, "Merger off", now=NOW)
    assert one.standing is Standing.ASKED


@pytest.mark.parametrize("state", list(ReturnState))
def test_sending_back(session: Session, state: ReturnState) -> None:
    one = made(session, state)
    if state in (ReturnState.SUBMITTED, ReturnState.IN_REVIEW):
        returns.send_back(session, OPERATOR, one.id, "Standard 2 is empty.", now=NOW)
        session.commit()
        assert one.state is ReturnState.IN_PROGRESS
        assert session.scalars(select(SendBack)).one().reason == "Standard 2 is empty."
        assert "Standard 2 is empty." in session.scalars(select(OutboxMessage.body)).one()
    else:
        with pytest.raises(Refused):
            returns.send_back(session, OPERATOR, one.id, "Why", now=NOW)


def test_nothing_goes_back_once_the_stage_is_closed(session: Session) -> None:
    one = made(session, ReturnState.SUBMITTED)
    session.get_one(Stage, one.stage_id).closed_at = NOW
    session.flush()
    with pytest.raises(Refused, match="closed"):
        returns.send_back(session, OPERATOR, one.id, "Why", now=NOW)


def test_only_the_office_of_its_board(session: Session) -> None:
    one = made(session, ReturnState.SUBMITTED)
    elsewhere = make.actor(session, make.user(session, Role.OFFICE, board=make.board(session)))
    lead = make.actor(session, make.user(session, Role.LEAD, membership=one.membership))
    for actor, error in ((elsewhere, NotFound), (lead, NotAllowed)):
        with pytest.raises(error):
            returns.send_back(session, actor, one.id, "Why", now=NOW)
        with pytest.raises(error):
            returns.change_standing(session, actor, one.id, Standing.NIL, "Why", now=NOW)


def test_chasing_writes_to_each_person_once(session: Session) -> None:
    one = made(session)
    board = one.membership.board
    empty = make.membership(session, board, "Nobody there")
    helped = make.membership(session, board, "Helped")
    make.user(session, Role.CONTRIBUTOR, membership=helped, email="con@example.org")
    make.user(session, Role.CONTRIBUTOR, membership=one.membership, email="not@example.org")
    stage = session.get_one(Stage, one.stage_id)
    others = [
        make.return_(session, member, stage.cycle, state=state)
        for member, state in (
            (empty, ReturnState.NOT_STARTED),
            (helped, ReturnState.IN_PROGRESS),
            (make.membership(session, board), ReturnState.SUBMITTED),
        )
    ]
    ids = [one.id, *(other.id for other in others)]
    office = office_of(session, one)
    text = "Dear {name},\n\n{agency} was due on {Due date}.\n\n{link}"
    sent = chasing.chase(
        session, office, board.id, ids, "Late: {agency}", text, batch=BATCH, now=NOW
    )
    session.commit()
    assert (len(sent.letters), sent.returns, sent.nobody) == (2, 2, ["Nobody there"])
    letters = {each.to_email: each for each in session.scalars(select(OutboxMessage))}
    assert set(letters) == {"lead@example.org", "con@example.org"}
    letter = letters["lead@example.org"]
    assert letter.subject == "Late: Hill & <b>Dale</b>"
    assert letter.body.startswith("Dear Lee,\n\nHill & <b>Dale</b> was due on 25 March 2026.")
    logged = session.scalars(select(AuditLog.return_id).where(AuditLog.what == "return.chased"))
    assert set(logged) == {one.id, others[1].id}
    with pytest.raises(Refused, match="already"):
        chasing.chase(session, office, board.id, ids, "Late", text, batch=BATCH, now=NOW)


def test_chasing_refuses_what_is_wrong(session: Session) -> None:
    one, other = made(session), make.return_(
        session, make.membership(session, other_board := make.board(session)),
        make.cycle(session, other_board),
    )  # fmt: skip
    board = one.membership.board
    office = office_of(session, one)
    with pytest.raises(NotFound):
        chasing.write_letters(session, office, board.id, [one.id, other.id], "S", "T", now=NOW)
    with pytest.raises(Invalid) as refused:
        chasing.write_letters(session, office, board.id, [one.id], " ", "{agnecy}", now=NOW)
    assert set(refused.value.problems) == {"subject", "text"}
    with pytest.raises(Invalid):
        chasing.chase(session, office, board.id, [one.id], "S", "T", batch="%", now=NOW)
    with pytest.raises(Refused, match="nobody"):
        chasing.chase(session, office, board.id, [], "S", "T", batch=BATCH, now=NOW)
