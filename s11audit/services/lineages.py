"""Lineages that are stored: those that come with the software at their first use, and those that
a board or the operator adds by file (domain rule 50)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import StoredLineage, ToolVersion
from s11audit.queries.lineages import Known
from s11audit.queries.tools import tool_on
from s11audit.services import log
from s11audit.tools import lineage as pure
from s11audit.tools.faults import ToolFault, ToolInvalid
from s11audit.tools.lineage import Lineage, ToolName
from s11audit.tools.schema import Tool


def add_lineage(
    session: Session,
    actor: Actor,
    text: bytes,
    file_name: str,
    *,
    board_id: int | None,
    now: datetime,
) -> StoredLineage:
    """Store the lineage that a YAML file holds, for one board or (board_id None) for all of them.

    Raises ToolInvalid with every fault by line, also where it names a tool that the board does
    not have; Invalid where the version is not above the one that is stored.
    """
    role = policy.check(actor, Can.MANAGE_TOOLS, Facts(board_id), sees=Can.SEE_BOARD)
    lineage = pure.parse(text, file_name)
    tool = _tool(session, board_id, lineage.tool, file_name)
    was = _tool(session, board_id, lineage.was, file_name)
    pure.accounted_for(lineage, tool, was, file_name, text)
    _check_version(session, lineage, board_id)
    return _store(session, actor, role, lineage, board_id, "lineage.added", now)


def stored_id(
    session: Session, actor: Actor, role: Role, known: Known, *, now: datetime
) -> int | None:
    """Return the id of a lineage that is used now, storing one that comes with the software at
    its first use; None for a tool used again, which needs none."""
    if known.same_tool:
        return None
    if known.stored_id is not None:
        return known.stored_id
    lineage = known.lineage
    # Whoever uses it first at the same moment waits here, and then finds it.
    session.execute(
        select(ToolVersion.id)
        .where(ToolVersion.key == lineage.tool.key, ToolVersion.version == lineage.tool.version)
        .with_for_update()
    )
    stored = session.scalar(
        select(StoredLineage.id).where(
            StoredLineage.board_id.is_(None), StoredLineage.sha256 == pure.sha256_of(lineage)
        )
    )
    return stored or _store(session, actor, role, lineage, None, "lineage.stored", now).id


def _tool(session: Session, board_id: int | None, named: ToolName, file_name: str) -> Tool:
    try:
        return tool_on(session, board_id, named.key, named.version)[0]
    except NotFound:
        fault = ToolFault(None, "", f"There is no tool {named.words} for this board.")
        raise ToolInvalid(file_name, [fault]) from None


def _check_version(session: Session, lineage: Lineage, board_id: int | None) -> None:
    owner = StoredLineage.board_id
    stored = set(
        session.scalars(
            select(StoredLineage.version).where(
                owner.is_(None) if board_id is None else owner == board_id,
                StoredLineage.tool_key == lineage.tool.key,
                StoredLineage.tool_version == lineage.tool.version,
                StoredLineage.was_key == lineage.was.key,
                StoredLineage.was_version == lineage.was.version,
            )
        )
    )
    if board_id is None:
        stored |= {
            each.lineage
            for each in pure.builtin_lineages()
            if (each.tool, each.was) == (lineage.tool, lineage.was)
        }
    newest = max(stored, default=0)
    if lineage.lineage <= newest:
        message = f"Version {newest} of this lineage is stored already and cannot change"
        advice = f"Write lineage: {newest + 1} in the file"
        raise Invalid(f"{message}. {advice}.", {"file": f"{message}. {advice}"})


def _store(
    session: Session,
    actor: Actor,
    role: Role | None,
    lineage: Lineage,
    board_id: int | None,
    what: str,
    now: datetime,
) -> StoredLineage:
    row = StoredLineage(
        board_id=board_id,
        tool_key=lineage.tool.key,
        tool_version=lineage.tool.version,
        was_key=lineage.was.key,
        was_version=lineage.was.version,
        version=lineage.lineage,
        sha256=pure.sha256_of(lineage),
        document=pure.canonical_json(lineage),
        added_at=now,
    )
    session.add(row)
    session.flush()
    log.record(
        session, actor, role, what, "lineage", row.id, now=now, board_id=board_id,
        after={
            "tool": lineage.tool.words, "was": lineage.was.words, "version": row.version,
            "sha256": row.sha256,
        },
    )  # fmt: skip
    return row
