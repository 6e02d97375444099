"""Reads of draws and of the pools they are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from s11audit.domain.enums import UNCOUNTED_STANDINGS, Category, Duty, Participation
from s11audit.domain.errors import NotFound
from s11audit.domain.wording import in_words
from s11audit.models import Cycle, Draw, DrawCandidate, DrawStratum, Membership, Return, Stage
from s11audit.queries.agencies import has_category
from s11audit.scoring.draw import Drawn, Ranked, report_order


@dataclass(frozen=True)
class Stratum:
    """What one part of a draw asks for: agencies of a category (None: of any), statutory ones
    only where it says so, and how many."""

    category: Category | None
    statutory: bool
    count: int

    @property
    def words(self) -> str:
        """Whom it is drawn from: "Council, statutory only"."""
        return stratum_words(self.category, self.statutory)


def stratum_words(category: Category | None, statutory: bool) -> str:
    """Return whom a stratum is drawn from, in words."""
    if category is None:
        return "Statutory agencies of any category"
    return in_words(category) + (", statutory only" if statutory else "")


def pool_of(
    session: Session, stage_id: int, category: Category | None, statutory: bool
) -> list[tuple[int, str]]:
    """Return (return id, agency's name as it is stored) of a stage's full members that are asked,
    in report order.

    Participation and category are the return's own (domain rule 5), the duty is the membership's.
    Excused, nil and withdrawn returns are not asked; declined ones stay, as in every report.
    """
    statement = (
        select(Return.id, Membership.name)
        .join(Membership, Membership.id == Return.membership_id)
        .where(*_asked(stage_id))
    )
    if category is not None:
        statement = statement.where(has_category(Return.categories, category))
    if statutory:
        statement = statement.where(Membership.duty == Duty.STATUTORY)
    rows = [(return_id, name) for return_id, name in session.execute(statement)]
    return sorted(rows, key=lambda row: (report_order(row[1]), row[0]))


@dataclass(frozen=True)
class PoolSize:
    """How many agencies a draw can be made from: of a category (None: of any), and how many of
    them are statutory."""

    category: Category | None
    agencies: int
    statutory: int


def pool_sizes(session: Session, stage_id: int) -> list[PoolSize]:
    """Return how many agencies the pool of each category holds that has any, and of all together
    last; one query. An agency of two categories is in both."""
    held = [
        (set(categories), duty is Duty.STATUTORY)
        for categories, duty in session.execute(
            select(Return.categories, Membership.duty)
            .join(Membership, Membership.id == Return.membership_id)
            .where(*_asked(stage_id))
        )
    ]
    found = []
    for category in (*Category, None):
        duties = [duty for categories, duty in held if category is None or category in categories]
        if duties or category is None:
            found.append(PoolSize(category, len(duties), sum(duties)))
    return found


def _asked(stage_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Return.stage_id == stage_id,
        Return.participation == Participation.FULL,
        Return.standing.not_in(UNCOUNTED_STANDINGS),
    )


def draw_on(session: Session, board_id: int, draw_id: int) -> Draw:
    """Return a draw of that board with its stage, cycle, strata and pools, else NotFound."""
    found = session.scalar(
        select(Draw)
        .join(Draw.stage)
        .join(Stage.cycle)
        .where(Draw.id == draw_id, Cycle.board_id == board_id)
        .options(
            joinedload(Draw.stage).joinedload(Stage.cycle),
            joinedload(Draw.frozen_by),
            joinedload(Draw.drawn_by),
            selectinload(Draw.strata).selectinload(DrawStratum.pool),
        )
    )
    if found is None:
        raise NotFound("There is no such draw on this board.")
    return found


def draws_of(session: Session, stage_id: int) -> Sequence[Draw]:
    """Return a stage's draws with their strata, the latest first, in two queries."""
    return session.scalars(
        select(Draw)
        .where(Draw.stage_id == stage_id)
        .options(selectinload(Draw.strata))
        .order_by(Draw.number.desc())
    ).all()


def picks_of(session: Session, stage_id: int) -> Sequence[DrawCandidate]:
    """Return what every draw of a stage took: by draw, stratum and place in it."""
    return session.scalars(
        select(DrawCandidate)
        .join(
            DrawStratum,
            (DrawStratum.draw_id == DrawCandidate.draw_id)
            & (DrawStratum.number == DrawCandidate.stratum),
        )
        .join(Draw, Draw.id == DrawCandidate.draw_id)
        .where(Draw.stage_id == stage_id, DrawCandidate.drawn_place <= DrawStratum.wanted)
        .order_by(Draw.number, DrawCandidate.stratum, DrawCandidate.drawn_place)
    ).all()


def drawn_strata(draw: Draw) -> list[Drawn]:
    """Return a draw's strata as they were drawn; the draw has its seed and its pools loaded."""
    return [
        Drawn(
            pool=tuple(each.name for each in stratum.pool),
            ranked=tuple(
                Ranked(each.name, each.digest or "")
                for each in sorted(stratum.pool, key=lambda each: each.drawn_place or 0)
            ),
            count=stratum.wanted,
        )
        for stratum in draw.strata
    ]


def drawn_by(session: Session, return_id: int, draw_id: int | None) -> Draw | None:
    """Return the draw of that id where it took this return; None otherwise."""
    return session.scalar(
        select(Draw)
        .join(DrawCandidate, DrawCandidate.draw_id == Draw.id)
        .join(
            DrawStratum,
            (DrawStratum.draw_id == Draw.id) & (DrawStratum.number == DrawCandidate.stratum),
        )
        .where(
            Draw.id == draw_id,
            DrawCandidate.return_id == return_id,
            DrawCandidate.drawn_place <= DrawStratum.wanted,
        )
        .limit(1)
    )
