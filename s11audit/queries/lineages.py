"""Reads of lineages: which one holds between two tools on a board."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import StoredLineage, ToolVersion
from s11audit.queries.tools import tool_of
from s11audit.tools import lineage as pure
from s11audit.tools.lineage import Lineage, ToolName


@dataclass(frozen=True)
class Known:
    """A lineage that a board can use. `stored_id` is None for one that comes with the software
    and was not used yet, and for a tool used again; `own`: the board's own."""

    lineage: Lineage
    stored_id: int | None = None
    own: bool = False
    same_tool: bool = False


_same: dict[str, Known] = {}  # of a tool used again: made once a process, as the tool is


def lineages_to(session: Session, board_id: int, tool: ToolName) -> list[Known]:
    """Return every version of every lineage of a tool that the board has, in one query: its own
    first, then the installation's, then those that come with the software, the newest first."""
    stored = session.scalars(
        select(StoredLineage).where(
            StoredLineage.tool_key == tool.key,
            StoredLineage.tool_version == tool.version,
            StoredLineage.board_id.is_(None) | (StoredLineage.board_id == board_id),
        )
    ).all()
    found = [
        Known(pure.from_json(each.document), each.id, each.board_id is not None) for each in stored
    ]
    known = {pure.sha256_of(each.lineage) for each in found if not each.own}
    found += [
        Known(each)
        for each in pure.builtin_lineages()
        if each.tool == tool and pure.sha256_of(each) not in known
    ]
    return sorted(
        found,
        key=lambda each: (
            not each.own, each.lineage.was.key, each.lineage.was.version, -each.lineage.lineage
        ),
    )  # fmt: skip


def between(session: Session, board_id: int, tool: ToolVersion, was: ToolVersion) -> Known | None:
    """Return the lineage that a board uses from one tool to another, None where there is none."""
    if tool.sha256 == was.sha256:
        if tool.sha256 not in _same:
            _same[tool.sha256] = Known(pure.identity(tool_of(session, tool)), same_tool=True)
        return _same[tool.sha256]
    known = lineages_to(session, board_id, ToolName(key=tool.key, version=tool.version))
    source = ToolName(key=was.key, version=was.version)
    return next((each for each in known if each.lineage.was == source), None)
