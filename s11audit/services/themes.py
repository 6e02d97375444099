"""Themes: adding, renaming and merging them, tagging passages, and marking these as public."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role, TagKind
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import Theme, ThemeTag, name_key
from s11audit.queries.passages import passages_of
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.themes import agency_names, tag_on, theme_on, visible_tags
from s11audit.scoring.themes import is_part_of, names_in
from s11audit.scoring.words import listed
from s11audit.services import log

LONGEST_NAME = 100
LONGEST_PASSAGE = 5000


def add_theme(session: Session, actor: Actor, board_id: int, name: str, *, now: datetime) -> Theme:
    """Add a theme to the board and return it. Raises Invalid for a name that is empty, too long
    or taken."""
    role = check(actor, Can.MANAGE_THEMES, Facts(board_id), sees=Can.SEE_THEMES)
    name, key = _free_name(session, board_id, name)
    theme = Theme(board_id=board_id, name=name, name_key=key, added_at=now)
    session.add(theme)
    session.flush()
    _log(session, actor, role, "theme.added", theme, now, after={"name": name})
    return theme


def rename_theme(
    session: Session, actor: Actor, board_id: int, theme_id: int, name: str, *, now: datetime
) -> Theme:
    """Give a theme another name. Raises Invalid as `add_theme`, Refused where it was merged."""
    theme, role = _live(session, actor, board_id, theme_id)
    before = theme.name
    name, key = _free_name(session, board_id, name, theme.id)
    if name != before:
        theme.name, theme.name_key = name, key
        session.flush()
        _log(
            session, actor, role, "theme.renamed", theme, now,
            before={"name": before}, after={"name": name},
        )  # fmt: skip
    return theme


def merge_themes(
    session: Session, actor: Actor, board_id: int, theme_id: int, into_id: int, *, now: datetime
) -> Theme:
    """Merge a theme into another of the board, which is returned: its passages become the
    other's, one that both have once. Raises Invalid for itself, Refused where either was merged
    already."""
    # Locked in the order of their ids, so that two merges the other way round do not wait for
    # each other.
    for each in sorted({theme_id, into_id}):
        theme_on(session, board_id, each, for_update=True)
    theme, role = _live(session, actor, board_id, theme_id)
    if theme_id == into_id:
        message = "Select another theme: a theme cannot be merged into itself"
        raise Invalid(f"{message}.", {"into": message})
    into, _role = _live(session, actor, board_id, into_id)
    there = {_place(tag): tag for tag in _tags(session, into.id)}
    moved = 0
    for tag in _tags(session, theme.id):
        same = there.get(_place(tag))
        if same is not None:
            if not same.public_text:
                same.public_text, same.public_at = tag.public_text, tag.public_at
            session.delete(tag)
        else:
            tag.theme_id = into.id
            moved += 1
    theme.merged_into_id = into.id
    for earlier in session.scalars(select(Theme).where(Theme.merged_into_id == theme.id)):
        earlier.merged_into_id = into.id
    session.flush()
    _log(
        session, actor, role, "theme.merged", theme, now,
        before={"name": theme.name}, after={"into": into.name, "passages": moved},
    )  # fmt: skip
    return into


def tag_passage(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    source: str,
    *,
    passage: str,
    kind: TagKind,
    theme_id: int | None = None,
    new_theme: str = "",
    now: datetime,
) -> ThemeTag:
    """Tag words of a return with a theme of its board, or with a new one, and return the tag.

    `source` names the text the words are from, as `queries.passages.Source.key`. Tagging the same
    words again with the same theme and kind changes nothing. Raises NotFound for a text that is
    not there or that the actor may not read, Invalid for words that are not in it, or no theme.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.TAG, facts_of(return_), sees=Can.SEE_RETURN)
    whole = passages_of(session, actor, return_, standard).by_key(source)
    passage = several_lines(passage, "passage", "passage", LONGEST_PASSAGE)
    if not is_part_of(passage, whole.text):
        message = "The passage must be words of the text as they stand there"
        raise Invalid(f"{message}.", {"passage": message})
    theme = _theme_for_tag(session, actor, return_.membership.board_id, theme_id, new_theme, now)
    tag = ThemeTag(
        theme_id=theme.id,
        kind=kind,
        return_id=return_.id,
        standard=standard,
        source=whole.source,
        requirement=whole.requirement,
        rating_id=whole.rating_id,
        passage=passage,
        passage_hash=sha256(" ".join(passage.split()).encode()).hexdigest(),
        tagged_by_id=actor.user_id,
        tagged_at=now,
    )
    for found in _tags(session, theme.id, return_.id):
        if _place(found) == _place(tag):
            return found
    session.add(tag)
    session.flush()
    _log_tag(
        session, actor, role, "theme.tagged", tag, theme.board_id, now,
        after={"theme": theme.name, "kind": kind, "standard": standard, "source": source,
               "passage": passage},
    )  # fmt: skip
    return tag


def remove_tag(
    session: Session, actor: Actor, return_id: int, tag_id: int, *, now: datetime
) -> None:
    """Take a theme off a passage. Raises NotFound for a tag that the actor may not see."""
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.TAG, facts_of(return_), sees=Can.SEE_RETURN)
    tag, _board_id = _visible(session, actor, return_.membership.board_id, tag_id)
    if tag.return_id != return_id:
        raise NotFound("There is no such passage.")
    theme = tag.theme.name
    session.delete(tag)
    session.flush()
    _log_tag(
        session, actor, role, "theme.untagged", tag, return_.membership.board_id, now,
        before={"theme": theme, "kind": tag.kind, "standard": tag.standard,
                "passage": tag.passage},
    )  # fmt: skip


def make_public(
    session: Session, actor: Actor, board_id: int, tag_id: int, text: str, *, now: datetime
) -> ThemeTag:
    """Mark a passage as fit for publication in the words of `text`, where what names an agency
    was taken out; an empty text takes the mark off again.

    Raises Invalid, with what it found, where the text names an agency of the board.
    """
    role = check(actor, Can.MANAGE_THEMES, Facts(board_id), sees=Can.SEE_THEMES)
    tag, _board = _visible(session, actor, board_id, tag_id)
    before = tag.public_text
    if text.strip():
        text = several_lines(text, "text", "passage", LONGEST_PASSAGE)
        named = names_in(text, agency_names(session, board_id))
        if named:
            message = f"The passage names {listed([f'“{name}”' for name in named])}. Take it out"
            raise Invalid(f"{message}.", {"text": message})
        tag.public_text, tag.public_at = text, now
    else:
        tag.public_text, tag.public_at = "", None
    session.flush()
    _log_tag(
        session, actor, role,
        "theme.passage_published" if tag.public_text else "theme.passage_withheld",
        tag, board_id, now, before={"text": before}, after={"text": tag.public_text},
    )  # fmt: skip
    return tag


def _visible(session: Session, actor: Actor, board_id: int, tag_id: int) -> tuple[ThemeTag, int]:
    tag, row = tag_on(session, board_id, tag_id)
    if not visible_tags(session, actor, board_id, [row]).tags:
        raise NotFound("There is no such passage.")
    return tag, board_id


def _theme_for_tag(
    session: Session,
    actor: Actor,
    board_id: int,
    theme_id: int | None,
    new_theme: str,
    now: datetime,
) -> Theme:
    if new_theme.strip():
        same = session.scalar(
            select(Theme).where(
                Theme.board_id == board_id,
                Theme.name_key == name_key(new_theme),
                Theme.merged_into_id.is_(None),
            )
        )
        return same or add_theme(session, actor, board_id, new_theme, now=now)
    if theme_id is None:
        message = "Select a theme, or enter the name of a new one"
        raise Invalid(f"{message}.", {"theme": message})
    theme = theme_on(session, board_id, theme_id)
    if theme.merged_into_id is not None:
        raise Refused(f"The theme “{theme.name}” was merged into another. Select that one.")
    return theme


def _live(session: Session, actor: Actor, board_id: int, theme_id: int) -> tuple[Theme, Role]:
    role = check(actor, Can.MANAGE_THEMES, Facts(board_id), sees=Can.SEE_THEMES)
    theme = theme_on(session, board_id, theme_id, for_update=True)
    if theme.merged_into_id is not None:
        raise Refused(f"The theme “{theme.name}” was merged into another.")
    return theme, role


def _tags(session: Session, theme_id: int, return_id: int | None = None) -> list[ThemeTag]:
    statement = select(ThemeTag).where(ThemeTag.theme_id == theme_id).order_by(ThemeTag.id)
    if return_id is not None:
        statement = statement.where(ThemeTag.return_id == return_id)
    return list(session.scalars(statement))


def _place(tag: ThemeTag) -> tuple[object, ...]:
    return (
        tag.return_id,
        tag.standard,
        tag.kind,
        tag.source,
        tag.requirement or "",
        tag.passage_hash,
    )


def _free_name(
    session: Session, board_id: int, name: str, theme_id: int | None = None
) -> tuple[str, str]:
    name = one_line(name, "name", "name of the theme", LONGEST_NAME)
    taken = session.scalar(
        select(Theme.id).where(
            Theme.board_id == board_id,
            Theme.name_key == name_key(name),
            Theme.merged_into_id.is_(None),
            Theme.id != (theme_id or 0),
        )
    )
    if taken is not None:
        message = f"There is already a theme “{name}”"
        raise Invalid(f"{message}.", {"name": message})
    return name, name_key(name)


def _log(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    theme: Theme,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    log.record(
        session, actor, role, what, "theme", theme.id, now=now, board_id=theme.board_id,
        before=before, after=after,
    )  # fmt: skip


def _log_tag(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    tag: ThemeTag,
    board_id: int,
    now: datetime,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """Log a change of a tag, not as one of its return: the agency reads the return's history."""
    log.record(
        session, actor, role, what, "theme_tag", tag.id, now=now, board_id=board_id,
        before=before, after={"return": tag.return_id} | (after or {}),
    )  # fmt: skip
