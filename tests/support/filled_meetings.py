"""Themes, meetings and minutes on the filled board, by the services."""

from __future__ import annotations

from s11audit.domain.enums import TagKind
from s11audit.services import themes
from tests.support.filled_builder import Builder


def tag(builder: Builder, return_id: int) -> None:
    """QA tags a statement and an answer of a rated return, the office lets one be published."""
    session, qa = builder.session, builder.actor("qa")
    first = themes.tag_passage(
        session, qa, return_id, 1, "statement", passage="An audit in March showed it.",
        kind=TagKind.STRENGTH, new_theme="Learning from audits", now=builder.later(),
    )  # fmt: skip
    themes.tag_passage(
        session, qa, return_id, 3, "statement", passage="What we do about standard 3.",
        kind=TagKind.DEVELOPMENT, theme_id=first.theme_id, now=builder.later(),
    )  # fmt: skip
    themes.add_theme(session, qa, builder.board.id, "Supervision", now=builder.later())
    themes.make_public(
        session, builder.actor("office"), builder.board.id, first.id,
        "An audit showed it.", now=builder.later(),
    )  # fmt: skip
    builder.made.ids |= {"theme_id": first.theme_id, "tag_id": first.id}
