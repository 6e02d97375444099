"""Reads of tools that are in use."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category
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
