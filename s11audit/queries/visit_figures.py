"""What the report on a stage's visits counts. Findings count once they are shared with their
agency; the agency is not told of by others first."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import VisitResult
from s11audit.models import (
    Draw,
    DrawCandidate,
    DrawStratum,
    Membership,
    Return,
    Visit,
    VisitFinding,
)
from s11audit.scoring.draw import report_order


@dataclass(frozen=True)
class Results:
    """How many standards a visit, or how many visits of a standard, came to each result."""

    confirmed: int = 0
    partly: int = 0
    not_confirmed: int = 0
    proposed: int = 0

    @property
    def looked_at(self) -> int:
        """How many were looked at."""
        return self.confirmed + self.partly + self.not_confirmed


@dataclass(frozen=True)
class AgencyVisited:
    """An agency that was drawn or visited; of several visits the latest that was not cancelled."""

    return_id: int
    name: str
    drawn: bool
    visit_on: date | None
    finished: bool
    shared: bool
    results: Results


@dataclass(frozen=True)
class StageVisits:
    """The visits of a stage: agencies in report order, and results by standard's number."""

    agencies: list[AgencyVisited]
    by_standard: dict[int, Results] = field(default_factory=dict)

    @property
    def drawn(self) -> int:
        """How many agencies were drawn."""
        return sum(each.drawn for each in self.agencies)

    @property
    def visited(self) -> int:
        """How many visits are finished."""
        return sum(each.finished for each in self.agencies)

    @property
    def drawn_and_visited(self) -> int:
        """How many of the drawn agencies were visited."""
        return sum(each.drawn and each.finished for each in self.agencies)

    @property
    def shared(self) -> int:
        """How many visits' findings are shared, and so counted."""
        return sum(each.shared for each in self.agencies)


def visits_counted(session: Session, stage_id: int) -> StageVisits:
    """Return what the report on a stage's visits counts, in three queries."""
    drawn = set(
        session.scalars(
            select(DrawCandidate.return_id)
            .join(
                DrawStratum,
                (DrawStratum.draw_id == DrawCandidate.draw_id)
                & (DrawStratum.number == DrawCandidate.stratum),
            )
            .join(Draw, Draw.id == DrawCandidate.draw_id)
            .where(Draw.stage_id == stage_id, DrawCandidate.drawn_place <= DrawStratum.wanted)
        )
    )
    latest = (
        select(Visit.return_id, func.max(Visit.number).label("number"))
        .where(Visit.cancelled_at.is_(None))
        .group_by(Visit.return_id)
        .subquery()
    )
    rows = session.execute(
        select(Return.id, Membership.name, Visit.id, Visit.visit_on, Visit.finished_at,
               Visit.shared_at)
        .join(Membership, Membership.id == Return.membership_id)
        .outerjoin(latest, latest.c.return_id == Return.id)
        .outerjoin(
            Visit, (Visit.return_id == Return.id) & (Visit.number == latest.c.number)
        )
        .where(Return.stage_id == stage_id, Visit.id.is_not(None) | Return.id.in_(drawn))
    ).all()  # fmt: skip
    by_visit, by_standard = _results(session, stage_id)
    agencies = [
        AgencyVisited(
            return_id, name, return_id in drawn, visit_on, finished is not None,
            shared is not None, by_visit.get(visit_id, Results()),
        )
        for return_id, name, visit_id, visit_on, finished, shared in rows
    ]  # fmt: skip
    return StageVisits(sorted(agencies, key=lambda each: report_order(each.name)), by_standard)


def _results(session: Session, stage_id: int) -> tuple[dict[int, Results], dict[int, Results]]:
    """Return the results by visit and by standard, of findings that are shared."""
    rows = session.execute(
        select(VisitFinding.visit_id, VisitFinding.standard, VisitFinding.result,
               VisitFinding.proposed_rag)
        .join(Visit, Visit.id == VisitFinding.visit_id)
        .join(Return, Return.id == Visit.return_id)
        .where(
            Return.stage_id == stage_id,
            Visit.shared_at.is_not(None),
            VisitFinding.result.is_not(None),
        )
        .order_by(VisitFinding.standard, VisitFinding.id)
    ).all()  # fmt: skip
    by_visit: dict[int, list[tuple[VisitResult, bool]]] = {}
    by_standard: dict[int, list[tuple[VisitResult, bool]]] = {}
    for visit_id, standard, result, proposed in rows:
        if result is not None:
            found = (result, proposed is not None)
            by_visit.setdefault(visit_id, []).append(found)
            by_standard.setdefault(standard, []).append(found)
    return (
        {key: _counted(found) for key, found in by_visit.items()},
        {key: _counted(found) for key, found in by_standard.items()},
    )


def _counted(found: list[tuple[VisitResult, bool]]) -> Results:
    results = [result for result, _ in found]
    return Results(
        confirmed=results.count(VisitResult.CONFIRMED),
        partly=results.count(VisitResult.PARTLY),
        not_confirmed=results.count(VisitResult.NOT_CONFIRMED),
        proposed=sum(proposed for _, proposed in found),
    )
