"""Evidence that an agency has given already, to be used again without a second upload."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from s11audit.models import Cycle, Evidence, EvidenceUse, Response, Return, Stage
from s11audit.queries.paging import Page, page_of
from s11audit.scoring.words import listed

PAGE_LENGTH = 25
MOST_TOLD = 5


@dataclass(frozen=True)
class Earlier:
    """A piece of evidence of an earlier return, and where it was given."""

    evidence: Evidence
    cycle: str
    stage: int


@dataclass(frozen=True)
class Stands:
    """Where a file stands: the evidence, the place of its return, the standards it serves."""

    evidence_id: int
    return_id: int
    name: str
    cycle: str
    stage: int
    standards: tuple[int, ...]

    def in_words(self, return_id: int) -> str:
        """Return "in this return as Policy.pdf, for standards 1 and 3"."""
        where = "in this return" if return_id == self.return_id else f"in {self.cycle}"
        where += "" if return_id == self.return_id else f", stage {self.stage},"
        plural = "standard" if len(self.standards) == 1 else "standards"
        numbers = listed([str(each) for each in self.standards])
        return f"{where} as {self.name}" + (f", for {plural} {numbers}" if numbers else "")


def of_this_return(session: Session, return_id: int, standard: int) -> list[Evidence]:
    """Return the evidence of a return that does not serve this standard, oldest first, in two
    queries."""
    serving = (
        select(EvidenceUse.evidence_id)
        .join(Response, Response.id == EvidenceUse.response_id)
        .where(Response.return_id == return_id, Response.standard == standard)
    )
    return list(
        session.scalars(
            select(Evidence)
            .where(
                Evidence.return_id == return_id,
                Evidence.removed_at.is_(None),
                Evidence.id.not_in(serving),
            )
            .order_by(Evidence.id)
            .options(joinedload(Evidence.blob), selectinload(Evidence.uses))
        )
    )


def of_earlier_returns(session: Session, return_: Return, *, page: int = 1) -> Page[Earlier]:
    """Return a page of the evidence of the agency's other returns, the latest first, in two
    queries: each file or link once, and none that this return holds."""
    found = page_of(
        session,
        select(Evidence, Cycle.name, Stage.number)
        .join(Return, Return.id == Evidence.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(_offered_to(return_))
        .order_by(Evidence.id.desc())
        .options(joinedload(Evidence.blob)),
        page=page,
        length=PAGE_LENGTH,
        rows=True,
    )
    items = [Earlier(*row) for row in found.items]
    return Page(items, found.number, found.pages, found.total)


def offered(
    session: Session, return_: Return, evidence_ids: Collection[int]
) -> dict[int, Evidence]:
    """Return those of these pieces of evidence that the return may use, by id: its own, and those
    of the agency's other returns."""
    rows = session.scalars(
        select(Evidence)
        .join(Return, Return.id == Evidence.return_id)
        .where(
            Evidence.id.in_(evidence_ids),
            Evidence.removed_at.is_(None),
            Return.membership_id == return_.membership_id,
        )
        .options(selectinload(Evidence.uses), joinedload(Evidence.blob))
    )
    return {each.id: each for each in rows}


def where_it_stands(session: Session, return_: Return, sha256: str, *, but: int) -> list[Stands]:
    """Return where else the agency has given the same file, this return first, then the latest;
    a few at most, in one query."""
    same = (
        select(Evidence.id)
        .join(Return, Return.id == Evidence.return_id)
        .where(
            Evidence.blob_sha256 == sha256,
            Evidence.id != but,
            Evidence.removed_at.is_(None),
            Return.membership_id == return_.membership_id,
        )
        .order_by((Evidence.return_id == return_.id).desc(), Evidence.id.desc())
        .limit(MOST_TOLD)
    )
    rows = session.execute(
        select(Evidence, Cycle.name, Stage.number, Response.standard)
        .join(Return, Return.id == Evidence.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .outerjoin(EvidenceUse, EvidenceUse.evidence_id == Evidence.id)
        .outerjoin(Response, Response.id == EvidenceUse.response_id)
        .where(Evidence.id.in_(same))
        .order_by((Evidence.return_id == return_.id).desc(), Evidence.id.desc(), Response.standard)
    )
    found: dict[int, Stands] = {}
    for evidence, cycle, stage, standard in rows:
        before = found[evidence.id].standards if evidence.id in found else ()
        served = (*before, standard) if standard is not None else before
        name = evidence.filename or ""
        found[evidence.id] = Stands(evidence.id, evidence.return_id, name, cycle, stage, served)
    return list(found.values())


def _offered_to(return_: Return) -> ColumnElement[bool]:
    """The agency's evidence elsewhere: of the same file or link the latest, and none that this
    return has."""
    own, later, place = aliased(Evidence), aliased(Evidence), aliased(Return)
    here = (
        select(own.id)
        .where(
            own.return_id == return_.id,
            own.removed_at.is_(None),
            or_(own.blob_sha256 == Evidence.blob_sha256, own.url == Evidence.url),
        )
        .exists()
    )
    newer = (
        select(later.id)
        .join(place, place.id == later.return_id)
        .where(
            later.id > Evidence.id,
            later.removed_at.is_(None),
            later.return_id != return_.id,
            place.membership_id == return_.membership_id,
            or_(later.blob_sha256 == Evidence.blob_sha256, later.url == Evidence.url),
        )
        .exists()
    )
    return (
        (Return.membership_id == return_.membership_id)
        & (Evidence.return_id != return_.id)
        & Evidence.removed_at.is_(None)
        & ~here
        & ~newer
    )
