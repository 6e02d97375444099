"""Tools that are stored: those that come with the software at their first use, and those that a
board or the operator adds by file. A used version never changes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import ToolVersion
from s11audit.services import log
from s11audit.tools import loader
from s11audit.tools.schema import Tool


def stored_version(
    session: Session, actor: Actor, key: str, *, now: datetime, board_id: int | None = None
) -> ToolVersion:
    """Return the newest published version of the tool `key` that the board may use; one that comes
    with the software is stored at its first use.

    Raises NotFound where there is none, and Refused where a built-in file was altered after its
    version was stored.
    """
    policy.check(actor, Can.MANAGE_TOOLS, Facts(board_id), sees=Can.SEE_BOARD)
    if key in loader.builtin_keys():
        _store_builtin(session, actor, loader.load_builtin(key), now)
    found = session.scalar(
        select(ToolVersion)
        .where(
            ToolVersion.key == key,
            ToolVersion.published_at.is_not(None),
            ToolVersion.board_id.is_(None) | (ToolVersion.board_id == board_id),
        )
        .order_by(ToolVersion.version.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(f"There is no tool “{key}” for this board.")
    return found


def add_tool(
    session: Session,
    actor: Actor,
    text: bytes,
    file_name: str,
    *,
    board_id: int | None,
    publish: bool,
    now: datetime,
) -> ToolVersion:
    """Store the tool that a YAML file holds, for one board or (board_id None) for all of them.

    A draft of the same key and version is replaced. Raises ToolInvalid with every fault by line;
    Refused where the key belongs to another tool or the version was already published.
    """
    role = policy.check(actor, Can.MANAGE_TOOLS, Facts(board_id), sees=Can.SEE_BOARD)
    tool = loader.parse(text, file_name)
    _check_key(session, tool, board_id)
    version = session.scalar(
        select(ToolVersion)
        .where(ToolVersion.key == tool.key, ToolVersion.version == tool.version)
        .with_for_update()
    )
    before = {"sha256": version.sha256} if version else {}
    if version is None:
        version = ToolVersion(key=tool.key, version=tool.version, board_id=board_id, added_at=now)
        session.add(version)
    _fill(version, tool)
    version.published_at = now if publish else None
    session.flush()
    log.record(
        session, actor, role, "tool.published" if publish else "tool.added",
        "tool_version", version.id, now=now, board_id=board_id, before=before,
        after={"key": tool.key, "version": tool.version, "sha256": version.sha256},
    )  # fmt: skip
    return version


def publish_tool(
    session: Session, actor: Actor, tool_version_id: int, *, now: datetime
) -> ToolVersion:
    """Publish a draft, so that cycles can be opened with it; from then on it cannot change.

    Raises NotFound outside the actor's reach, Refused where it is published already.
    """
    version = _locked(session, tool_version_id)
    role = policy.check(actor, Can.MANAGE_TOOLS, Facts(version.board_id))
    if version.published_at is not None:
        raise Refused(f"{version.title}, version {version.version}, is already published.")
    version.published_at = now
    log.record(
        session, actor, role, "tool.published", "tool_version", version.id,
        now=now, board_id=version.board_id,
        after={"key": version.key, "version": version.version, "sha256": version.sha256},
    )  # fmt: skip
    return version


def remove_draft(session: Session, actor: Actor, tool_version_id: int, *, now: datetime) -> None:
    """Delete a draft. Raises NotFound outside the actor's reach, Refused once it is published."""
    version = _locked(session, tool_version_id)
    role = policy.check(actor, Can.MANAGE_TOOLS, Facts(version.board_id))
    if version.published_at is not None:
        raise Refused("A published tool cannot be deleted, because cycles may use it.")
    session.delete(version)
    log.record(
        session, actor, role, "tool.removed", "tool_version", version.id,
        now=now, board_id=version.board_id,
        before={"key": version.key, "version": version.version, "sha256": version.sha256},
    )  # fmt: skip


def _store_builtin(session: Session, actor: Actor, tool: Tool, now: datetime) -> None:
    stored = session.scalar(
        select(ToolVersion.sha256).where(
            ToolVersion.key == tool.key, ToolVersion.version == tool.version
        )
    )
    if stored == loader.sha256_of(tool):
        return
    if stored is not None:
        raise Refused(
            f"The file of the tool {tool.key} was altered without a new version, and version "
            f"{tool.version} is already stored. Give the altered tool a higher version."
        )
    version = ToolVersion(key=tool.key, version=tool.version, added_at=now, published_at=now)
    _fill(version, tool)
    session.add(version)
    session.flush()
    log.record(
        session, actor, None, "tool.stored", "tool_version", version.id, now=now, board_id=None,
        after={"key": tool.key, "version": tool.version, "sha256": version.sha256},
    )  # fmt: skip


def _check_key(session: Session, tool: Tool, board_id: int | None) -> None:
    """Refuse a key that is another's, and a version that is not above the published ones."""
    if tool.key in loader.builtin_keys():
        message = f"The key “{tool.key}” is that of a tool that comes with the service"
        raise Invalid(f"{message}. Choose another key.", {"file": f"{message}: choose another"})
    rows = session.execute(
        select(ToolVersion.version, ToolVersion.board_id, ToolVersion.published_at).where(
            ToolVersion.key == tool.key
        )
    )
    newest = 0
    for version, owner, published_at in rows:
        if owner != board_id:
            message = f"The key “{tool.key}” is taken"
            raise Invalid(f"{message}. Choose another key.", {"file": f"{message}: choose another"})
        if published_at is not None:
            newest = max(newest, version)
    if tool.version <= newest:
        message = f"Version {newest} of “{tool.key}” is already published and cannot change"
        advice = f"Write version: {newest + 1} in the file"
        raise Invalid(f"{message}. {advice}.", {"file": f"{message}. {advice}"})


def _fill(version: ToolVersion, tool: Tool) -> None:
    version.title = tool.title
    version.sha256 = loader.sha256_of(tool)
    version.document = loader.canonical_json(tool)


def _locked(session: Session, tool_version_id: int) -> ToolVersion:
    found = session.scalar(
        select(ToolVersion).where(ToolVersion.id == tool_version_id).with_for_update()
    )
    if found is None:
        raise NotFound("There is no such tool.")
    return found
