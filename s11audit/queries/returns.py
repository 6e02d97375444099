"""Reads of returns."""

from datetime import date

from sqlalchemy import ColumnElement, and_, bindparam, exists, select
from sqlalchemy.orm import Session, contains_eager

from s11audit.domain.enums import Basis, ReturnKind, ReturnState, Standing
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Facts
from s11audit.models import Cycle, Membership, Return, Stage, Submission

# Every page of a return begins with this read, and every save does it twice: it is put together
# once.
_BY_ID = (
    select(Return)
    .join(Return.membership)
    .join(Return.stage)
    .join(Stage.cycle)
    .join(Cycle.board)
    .join(Cycle.tool_version)
    .options(
        contains_eager(Return.membership).contains_eager(Membership.board),
        # The cycle's board is the membership's: it is at hand then, and not read twice.
        contains_eager(Return.stage).contains_eager(Stage.cycle).contains_eager(Cycle.tool_version),
    )
    .where(Return.id == bindparam("return_id"))
)
# Under the write lock nothing is read that is not needed there: the board's name is not.
_BY_ID_LOCKED = (
    select(Return)
    .join(Return.membership)
    .join(Return.stage)
    .join(Stage.cycle)
    .join(Cycle.tool_version)
    .options(
        contains_eager(Return.membership),
        contains_eager(Return.stage).contains_eager(Stage.cycle).contains_eager(Cycle.tool_version),
    )
    .where(Return.id == bindparam("return_id"))
    .with_for_update(of=Return)
    .execution_options(populate_existing=True)
)


def return_by_id(session: Session, return_id: int, *, for_update: bool = False) -> Return:
    """Return the return with its membership, stage, cycle, board and tool version in one query.

    `for_update` locks its row until the transaction ends and reads it afresh, the board only when
    it is asked for. Raises NotFound.
    The caller checks what the actor may see.
    """
    found = session.scalar(_BY_ID_LOCKED if for_update else _BY_ID, {"return_id": return_id})
    if found is None:
        raise NotFound("There is no such return.")
    return found


def hold_stage(session: Session, return_id: int) -> None:
    """Keep the stage of a return from being closed until the transaction ends. Before the return
    is locked: whoever closes a stage locks it before its returns, too."""
    session.execute(
        select(Stage.id)
        .join(Return, Return.stage_id == Stage.id)
        .where(Return.id == return_id)
        .with_for_update(read=True, of=Stage)
    )


def facts_of(return_: Return) -> Facts:
    """Return where a return lies, for `policy.can`; its membership, stage and cycle are loaded."""
    membership = return_.membership
    return Facts(
        membership.board_id,
        membership.id,
        membership.agency_id,
        return_.id,
        confirmed=return_.stage.cycle.basis is Basis.CONFIRMED,
        entered=return_.entered_by_office,
    )


def still_out() -> ColumnElement[bool]:
    """Return the condition that a return is asked for and not sent in while its stage may still
    take it. The statement joins Stage."""
    return and_(
        Return.state.in_((ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS)),
        Return.standing == Standing.ASKED,
        Return.kind != ReturnKind.RECORDED,
        Stage.closed_at.is_(None),
    )


def is_late(today: date) -> ColumnElement[bool]:
    """Return the condition that a return is still out and its due day has ended (rule 13)."""
    return and_(still_out(), Return.due_on < today)


def was_sent_back() -> ColumnElement[bool]:
    """Return the condition that a return is in progress again after a submission."""
    submitted = exists().where(Submission.return_id == Return.id).correlate(Return)
    return and_(Return.state == ReturnState.IN_PROGRESS, submitted)
