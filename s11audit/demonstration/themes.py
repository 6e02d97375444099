"""Findings that recur, tagged over several stages, and some of them fit for publication."""

from datetime import datetime

from sqlalchemy import select

from s11audit.demonstration import texts
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.enums import TagKind
from s11audit.models import Response
from s11audit.services import themes

SUPERVISION, CHILDREN, REACH, LEADERS = range(4)
STRENGTH, DEVELOPMENT = TagKind.STRENGTH, TagKind.DEVELOPMENT
# Agency, standard, theme, and which it is.
THEN = (
    (0, 6, SUPERVISION, DEVELOPMENT), (3, 6, SUPERVISION, DEVELOPMENT),
    (4, 6, SUPERVISION, DEVELOPMENT), (12, 6, SUPERVISION, DEVELOPMENT),
    (16, 6, SUPERVISION, STRENGTH), (1, 4, CHILDREN, STRENGTH), (17, 4, CHILDREN, DEVELOPMENT),
    (5, 2, REACH, STRENGTH), (24, 2, REACH, DEVELOPMENT), (14, 1, LEADERS, STRENGTH),
)  # fmt: skip
NOW = (
    (0, 10, SUPERVISION, DEVELOPMENT), (16, 10, SUPERVISION, STRENGTH),
    (20, 10, SUPERVISION, STRENGTH), (0, 3, CHILDREN, STRENGTH), (16, 3, CHILDREN, STRENGTH),
    (11, 3, CHILDREN, STRENGTH), (1, 1, LEADERS, STRENGTH), (20, 11, REACH, DEVELOPMENT),
)  # fmt: skip
YEAR_TWO = ((16, 6, SUPERVISION, STRENGTH), (17, 6, SUPERVISION, DEVELOPMENT))
SAMPLE = (
    (16, 8, LEADERS, STRENGTH), (18, 8, REACH, DEVELOPMENT), (22, 8, REACH, DEVELOPMENT),
)  # fmt: skip
BODY_LAST = ("first", "second year", "sample")
PUBLIC = {("current", 0, 10): 0, ("current", 16, 3): 1}


def tell(story: Story, agencies: list[Invented]) -> None:
    """Put the tags into the story."""
    ids: dict[int, int] = {}

    def tag(key: str, found: tuple[int, int, int, TagKind], now: datetime) -> None:
        number, standard, theme, kind = found
        made = themes.tag_passage(
            story.session, story.actors["qa"], story.returns[key, number], standard, "statement",
            passage=_first_words(story, key, number, standard), kind=kind,
            theme_id=ids.get(theme), new_theme="" if theme in ids else texts.told("themes", theme),
            now=now,
        )  # fmt: skip
        ids.setdefault(theme, made.theme_id)
        if (key, number, standard) in PUBLIC:
            words = texts.told("public", PUBLIC[key, number, standard])
            themes.make_public(
                story.session, story.actors["office"], story.board_id, made.id, words, now=now
            )

    for key, day, tags in (
        ("first", -230, THEN),
        ("second year", -20, YEAR_TWO),
        ("current", -3, NOW),
        ("sample", -2, SAMPLE),
    ):
        for place, each in enumerate(tags):
            story.at(day, (10, 4 * place), lambda now, key=key, each=each: tag(key, each, now))  # type: ignore[misc]
    story.at(-2, (11, 15), lambda now: _merge(story, ids[SUPERVISION], now))


def _first_words(story: Story, key: str, number: int, standard: int) -> str:
    """The first sentence of the paragraph that says how it stands: of the current cycle's
    statements the first one, of the others the second."""
    statement = story.session.scalars(
        select(Response.statement).where(
            Response.return_id == story.returns[key, number], Response.standard == standard
        )
    ).one()
    paragraph = statement.split("\n\n")[1 if key in BODY_LAST else 0]
    return paragraph.split(". ")[0].rstrip(".") + "."


def _merge(story: Story, into: int, now: datetime) -> None:
    """Two names for one thing: one is merged into the other."""
    chair = story.actors["chair"]
    other = themes.add_theme(
        story.session, chair, story.board_id, texts.told("same_theme"), now=now
    )
    themes.merge_themes(story.session, chair, story.board_id, other.id, into, now=now)
