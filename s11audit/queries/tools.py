"""Reads of tools that are in use."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category
from s11audit.domain.errors import NotFound
from s11audit.models import Return, ToolVersion
from s11audit.tools import loader
from s11audit.tools.schema import Standard, Tool

_parsed: dict[str, Tool] = {}


def tool_of(session: Session, version: ToolVersion) -> Tool:
    """Return the tool of a stored version. It cannot change, so each is read and parsed once a
    process; the document is fetched from the database only then."""
    tool = _parsed.get(version.sha256)
    if tool is None:
        document = session.scalar(select(ToolVersion.document).where(ToolVersion.id == version.id))
        tool = _parsed[version.sha256] = loader.from_json(document or "")
    return tool


def standards_asked(session: Session, return_: Return) -> tuple[Standard, ...]:
    """Return the standards that apply to a return: those for its categories (its own copy of
    them) within its stage's scope. The return's stage, cycle and tool version must be loaded."""
    tool = tool_of(session, return_.stage.cycle.tool_version)
    return in_scope(tool, return_.categories, return_.stage.scope_standards)


def in_scope(
    tool: Tool, categories: Collection[Category], scope: Collection[int] | None
) -> tuple[Standard, ...]:
    """Return the standards of `tool` for these categories; a `scope` of None is everything."""
    standards = tool.standards_for(categories)
    return standards if scope is None else tuple(s for s in standards if s.number in scope)


@dataclass(frozen=True)
class ToolEntry:
    """A tool as the lists show it. `stored` is None for one that comes with the software and was
    not used yet; `own` is a board's own, `draft` one that is not published."""

    key: str
    version: int
    title: str
    own: bool
    draft: bool
    stored: ToolVersion | None


def tools_for(session: Session, board_id: int | None) -> list[ToolEntry]:
    """Return every version of every tool that a board has: those that come with the software,
    the installation's and its own; by title, the newest version first. One query."""
    stored = session.scalars(
        select(ToolVersion).where(
            ToolVersion.board_id.is_(None) | (ToolVersion.board_id == board_id)
        )
    )
    entries = {
        (version.key, version.version): ToolEntry(
            version.key,
            version.version,
            version.title,
            version.board_id is not None,
            version.published_at is None,
            version,
        )
        for version in stored
    }
    for key in loader.builtin_keys():
        tool = loader.load_builtin(key)
        entry = ToolEntry(tool.key, tool.version, tool.title, False, False, None)
        entries.setdefault((tool.key, tool.version), entry)
    return sorted(entries.values(), key=lambda one: (one.title.casefold(), one.key, -one.version))


def newest_published(entries: Iterable[ToolEntry]) -> list[ToolEntry]:
    """Return of each tool the newest version that is published: what a cycle can be opened on."""
    newest: dict[str, ToolEntry] = {}
    for entry in entries:
        if not entry.draft and (
            entry.key not in newest or entry.version > newest[entry.key].version
        ):
            newest[entry.key] = entry
    return list(newest.values())


def tool_on(
    session: Session, board_id: int | None, key: str, version: int
) -> tuple[Tool, ToolVersion | None]:
    """Return a tool that the board has and, where it is stored, its row; else NotFound."""
    found = session.scalar(
        select(ToolVersion).where(
            ToolVersion.key == key,
            ToolVersion.version == version,
            ToolVersion.board_id.is_(None) | (ToolVersion.board_id == board_id),
        )
    )
    if found is not None:
        return tool_of(session, found), found
    tool = loader.load_builtin(key)
    if tool.version != version:
        raise NotFound("There is no such version of this tool.")
    return tool, None
