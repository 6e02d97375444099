"""Collects the figures of a board's themes: for those who review, and for publication.

The pages take a fixed number of queries, whatever the number of agencies, themes and passages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.domain.wording import in_words
from s11audit.models import Board, Stage, Theme
from s11audit.queries.lineages import between
from s11audit.queries.themes import (
    TagRow,
    agency_names,
    published_tags,
    returned_facts,
    returned_in,
    tags_of,
    theme_stages,
    themes_of,
    visible_tags,
)
from s11audit.queries.tools import tool_of
from s11audit.reports.documents import Document, Part, Table
from s11audit.scoring.themes import (
    FEWEST,
    Count,
    Frame,
    Group,
    ThemeCounts,
    enough_to_publish,
    frame_of,
    names_in,
    published_groups,
    theme_counts,
)
from s11audit.scoring.words import counted
from s11audit.tools.lineage import Comparison, comparable

NOT_COMPARABLE = "Not comparable"


@dataclass(frozen=True)
class ThemeLine:
    """A theme with its figures of the stage and, where there was one, of the stage before."""

    id: int
    name: str
    now: ThemeCounts
    before: ThemeCounts | None
    tags: Sequence[TagRow] = ()


@dataclass(frozen=True)
class ThemesView:
    """A board's themes in one stage. `earlier` says which standard of the stage before each can be
    compared with, where the lineage of its tool says so; `own` and `waiting` count the passages
    that the reader is not shown."""

    stages: Sequence[Stage]
    stage: Stage | None = None
    before: Stage | None = None
    earlier: Mapping[int, Comparison] = field(default_factory=dict)
    returned: int = 0
    lines: Sequence[ThemeLine] = ()
    own: int = 0
    waiting: int = 0
    titles: dict[int, str] = field(default_factory=dict)


def themes_view(
    session: Session, actor: Actor, board_id: int, stage_id: int | None, theme: Theme | None = None
) -> ThemesView:
    """Return the board's themes, or one of them, in a stage: the latest where none is given.
    Raises NotFound for a stage that is not the board's."""
    check(actor, Can.SEE_THEMES, Facts(board_id))
    stages = theme_stages(session, board_id)
    stage, before = _stage_and_before(stages, stage_id)
    themes = themes_of(session, board_id) if theme is None else [theme]
    if stage is None:
        nothing = theme_counts(frame_of([]), [])
        return ThemesView(stages, lines=[ThemeLine(t.id, t.name, nothing, None) for t in themes])
    only = theme.id if theme else None
    tags = tags_of(session, stage_id=stage.id, theme_id=only)
    earlier = tags_of(session, stage_id=before.id, theme_id=only) if before else []
    seen = visible_tags(session, actor, board_id, [*tags, *earlier])
    of_stage = {tag.id for tag in tags}
    shown = [tag for tag in seen.tags if tag.id in of_stage]
    returned = returned_facts(session, stage, returned_in(session, stage.id))
    returned_before = (
        returned_facts(session, before, returned_in(session, before.id)) if before else []
    )
    frame, frame_before = frame_of(returned), frame_of(returned_before)
    lines = []
    for each in themes:
        of_theme = [tag for tag in shown if tag.theme_id == each.id]
        lines.append(
            ThemeLine(
                each.id,
                each.name,
                _counts(frame, of_theme),
                _counts(
                    frame_before,
                    [t for t in seen.tags if t.theme_id == each.id and t.id not in of_stage],
                )
                if before
                else None,
                of_theme,
            )
        )
    return ThemesView(
        stages,
        stage,
        before,
        _earlier(session, board_id, stage, before),
        len(returned),
        lines,
        seen.own,
        seen.waiting,
        _titles(session, stage),
    )


def themes_document(
    session: Session, actor: Actor, board: Board, stage_id: int | None, *, now: datetime
) -> Document:
    """Return the themes of a stage without agencies' names, for publication.

    Only what belongs to published ratings is counted, the same for every reader. Categories of
    fewer than three agencies are put together, and where fewer than three agencies returned at all
    no figure is given. Passages are those that a person marked as fit to be published; one that
    names an agency of the board is left out all the same.
    """
    check(actor, Can.READ_REPORTS, Facts(board.id))
    stages = theme_stages(session, board.id)
    stage, before = _stage_and_before(stages, stage_id)
    if stage is None:
        return _document(board, "", now, ["No return has been sent in yet."], [])
    returned = returned_facts(session, stage, returned_in(session, stage.id, rated_only=True))
    about = _about(stage)
    if not enough_to_publish(len(returned)):
        few = f"Fewer than {FEWEST} agencies returned, so no figures are published."
        return _document(board, about, now, [few], [])
    tags = tags_of(session, stage_id=stage.id)
    earlier = tags_of(session, stage_id=before.id) if before else []
    public = published_tags(session, [*tags, *earlier])
    of_stage = {tag.id for tag in tags}
    past = (
        returned_facts(session, before, returned_in(session, before.id, rated_only=True))
        if before
        else []
    )
    themes = themes_of(session, board.id)
    names = agency_names(session, board.id)
    groups = published_groups(returned)
    frame, frame_before = frame_of(returned, groups), frame_of(past)
    titles = _titles(session, stage)
    rows, parts = [], []
    named = unnamed = 0
    for theme in themes:
        if names_in(theme.name, names):
            unnamed += 1
            continue
        of_theme = [tag for tag in public if tag.theme_id == theme.id]
        current = [
            tag for tag in of_theme if tag.id in of_stage and tag.membership_id in frame.everybody
        ]
        figures = _counts(frame, current)
        last = _counts(frame_before, [tag for tag in of_theme if tag.id not in of_stage])
        rows.append(
            (
                theme.name,
                figures.total.words,
                figures.total.strengths,
                figures.total.developments,
                last.total.words if enough_to_publish(len(past)) else NOT_COMPARABLE,
            )
        )
        if not figures.total.agencies:
            continue
        passages = sorted(
            {tag.public_text for tag in current if tag.public_text},
            key=lambda text: text.casefold(),
        )
        fit = [text for text in passages if not names_in(text, names)]
        named += len(passages) - len(fit)
        parts += _theme_parts(theme.name, figures, groups, titles, fit)
    heads = ("Theme", "Agencies", "As a strength", "As an area for development",
             f"Before: {_about(before)}" if before else "Before")  # fmt: skip
    table = Table("Themes", heads, rows, (4, 2, 1.6, 2, 2.4), "No theme has been added yet.")
    notes = [
        "An agency is counted once for a theme, as a strength and as an area for development"
        " where it is both. Only what belongs to published ratings is counted; agencies that are"
        " not rated are left out."
    ]
    if len(groups) < len({c for each in returned for c in each.categories}) or not groups:
        notes.append(
            f"Categories in which fewer than {FEWEST} agencies returned are put together"
            + (" and, being too few all the same, are not shown." if not groups else ".")
        )
    if named:
        left = "1 passage was" if named == 1 else f"{named} passages were"
        notes.append(f"{left} left out because an agency is named there.")
    if unnamed:
        left = "1 theme was" if unnamed == 1 else f"{unnamed} themes were"
        notes.append(f"{left} left out because an agency is named in the theme’s name.")
    told = [f"{counted(len(returned), 'agency', 'agencies')} returned."]
    return _document(board, about, now, told, [Part("Themes", table=table), *parts], notes)


def _theme_parts(
    name: str,
    figures: ThemeCounts,
    groups: Sequence[Group],
    titles: dict[int, str],
    passages: Sequence[str],
) -> list[Part]:
    heads = ("", "Agencies", "As a strength", "As an area for development")
    weights = (4, 2, 1.6, 2)
    categories = [
        (" or ".join(in_words(each) for each in group), *_cells(figures.by_category[group]))
        for group in groups
    ]
    standards = [
        (f"{number}. {titles.get(number, '')}", *_cells(count))
        for number, count in figures.by_standard.items()
        if count.agencies and count.of >= FEWEST
    ]
    parts = [Part(name)]
    if categories:
        parts.append(
            Part("", table=Table(f"{name}, by category", ("Category", *heads[1:]), categories,
                                 weights))
        )  # fmt: skip
    parts.append(
        Part("", table=Table(f"{name}, by standard", ("Standard", *heads[1:]), standards, weights,
                             "No standard asked of three agencies or more."))
    )  # fmt: skip
    if passages:
        parts.append(Part("", ("In the words of returns and reviews:",), passages))
    return parts


def _cells(count: Count) -> tuple[str, int, int]:
    return count.words, count.strengths, count.developments


def _document(
    board: Board,
    about: str,
    now: datetime,
    told: Sequence[str],
    parts: Sequence[Part],
    notes: Sequence[str] = (),
) -> Document:
    return Document(
        "themes", "Themes", board.slug, board.name, about, london_today(now), told, parts, notes
    )


def _stage_and_before(
    stages: Sequence[Stage], stage_id: int | None
) -> tuple[Stage | None, Stage | None]:
    """Return the stage asked for, else the latest, and the one before it: of its cycle, or the
    last one of the cycle before."""
    if not stages and stage_id is None:
        return None, None
    for place, each in enumerate(stages):
        if stage_id is None or each.id == stage_id:
            return each, stages[place + 1] if place + 1 < len(stages) else None
    raise NotFound("There is no such stage.")


def _earlier(
    session: Session, board_id: int, stage: Stage, before: Stage | None
) -> dict[int, Comparison]:
    """Return what each standard was in the stage before; nothing where no lineage tells."""
    if before is None:
        return {}
    version = stage.cycle.tool_version
    known = between(session, board_id, version, before.cycle.tool_version)
    if known is None:
        return {}
    numbers = [standard.number for standard in tool_of(session, version).standards]
    return {number: comparable(known.lineage, number) for number in numbers}


def _about(stage: Stage) -> str:
    return f"{stage.cycle.name}, stage {stage.number}"


def _titles(session: Session, stage: Stage) -> dict[int, str]:
    tool = tool_of(session, stage.cycle.tool_version)
    return {standard.number: standard.title for standard in tool.standards}


def _counts(frame: Frame, tags: Iterable[TagRow]) -> ThemeCounts:
    return theme_counts(frame, [tag.tagged() for tag in tags])
