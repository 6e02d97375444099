"""Reads of visits: of a stage, of a return, and one with all that was written on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.enums import Basis, RatingRole, VisitResult
from s11audit.domain.errors import NotFound
from s11audit.models import (
    Agreement,
    Cycle,
    Invitation,
    Membership,
    Rating,
    Return,
    Stage,
    Visit,
    VisitFinding,
    VisitItem,
    VisitMember,
)
from s11audit.queries.paging import Page, page_of
from s11audit.queries.submissions import submission_by_number, submissions_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.worksheet import Proposal, finding_lacks
from s11audit.tools.schema import Standard, Tool

PAGE_LENGTH = 50
_MEMBER = (
    joinedload(VisitMember.user),
    joinedload(VisitMember.invitation).joinedload(Invitation.accepted_by),
)


def visits_of_stage(session: Session, stage_id: int, *, page: int) -> Page[Visit]:
    """Return a page of a stage's visits with their agencies, the earliest first, in two
    queries."""
    statement = (
        select(Visit)
        .join(Visit.return_)
        .join(Return.membership)
        .where(Return.stage_id == stage_id)
        .options(
            contains_eager(Visit.return_).contains_eager(Return.membership),
            joinedload(Visit.coordinator),
        )
        .order_by(Visit.visit_on, Membership.name_key, Visit.id)
    )
    return page_of(session, statement, page=page, length=PAGE_LENGTH)


def visits_of_return(session: Session, return_id: int) -> Sequence[Visit]:
    """Return the visits of a return, the latest first."""
    return session.scalars(
        select(Visit)
        .where(Visit.return_id == return_id)
        .options(joinedload(Visit.coordinator), joinedload(Visit.draw))
        .order_by(Visit.number.desc())
    ).all()


def visit_of(session: Session, return_id: int, visit_id: int, *, for_update: bool = False) -> Visit:
    """Return a visit of that return, else NotFound."""
    statement = select(Visit).where(Visit.id == visit_id, Visit.return_id == return_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    else:
        statement = statement.options(joinedload(Visit.coordinator), joinedload(Visit.draw))
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def team_of(session: Session, visit_id: int) -> Sequence[VisitMember]:
    """Return who is in a visit's team, with account or invitation, in the order they were added."""
    return session.scalars(
        select(VisitMember)
        .where(VisitMember.visit_id == visit_id, VisitMember.removed_at.is_(None))
        .options(*_MEMBER)
        .order_by(VisitMember.id)
    ).all()


def team_names(session: Session, visits: Iterable[Visit]) -> dict[int, list[str]]:
    """Return who goes on each of these visits: names, or addresses of those who have not
    accepted yet; one query."""
    found: dict[int, list[str]] = {each.id: [] for each in visits}
    if found:
        for member in session.scalars(
            select(VisitMember)
            .where(VisitMember.visit_id.in_(found), VisitMember.removed_at.is_(None))
            .options(*_MEMBER)
            .order_by(VisitMember.visit_id, VisitMember.id)
        ):
            found[member.visit_id].append(member.name)
    return found


def member_of(session: Session, visit_id: int, member_id: int) -> VisitMember:
    """Return somebody in that visit's team, else NotFound."""
    found = session.scalar(
        select(VisitMember)
        .where(
            VisitMember.id == member_id,
            VisitMember.visit_id == visit_id,
            VisitMember.removed_at.is_(None),
        )
        .options(*_MEMBER)
    )
    if found is None:
        raise NotFound("There is nobody of that number in the team.")
    return found


@dataclass(frozen=True)
class StandardSheet:
    """The worksheet's part for one standard, and what was found of it."""

    standard: Standard
    self_rag: str | None
    items: list[VisitItem]
    finding: VisitFinding

    @property
    def done(self) -> int:
        """How many lines are ticked."""
        return sum(each.done for each in self.items)

    @property
    def lacks(self) -> dict[str, str]:
        """What the finding lacks before the visit can be finished, by field."""
        found = self.finding
        return finding_lacks(found.result, found.seen, found.spoken_to, proposal_in(found))


@dataclass(frozen=True)
class Sheet:
    """A visit's whole worksheet, by standard."""

    tool: Tool
    parts: list[StandardSheet] = field(default_factory=list)

    def part(self, number: int) -> StandardSheet:
        """Return the part of a standard, else NotFound."""
        for each in self.parts:
            if each.standard.number == number:
                return each
        raise NotFound("There is no such standard on this worksheet.")

    def neighbours(self, number: int) -> tuple[int | None, int | None]:
        """Return the numbers of the standards before and after."""
        numbers = [each.standard.number for each in self.parts]
        at = numbers.index(number)
        before = numbers[at - 1] if at else None
        return before, numbers[at + 1] if at + 1 < len(numbers) else None

    def count(self, result: VisitResult) -> int:
        """Return how many standards have this result."""
        return sum(each.finding.result is result for each in self.parts)

    @property
    def looked_at(self) -> int:
        """How many standards have a result."""
        return sum(each.finding.result is not None for each in self.parts)


def proposal_in(finding: VisitFinding) -> Proposal | None:
    """Return what a finding proposes, or None."""
    if finding.proposed_label is None or finding.proposed_rag is None:
        return None
    return Proposal(
        finding.proposed_label,
        finding.proposed_rag,
        finding.proposed_reason,
        finding.proposed_improvement,
    )


def sheet_of(session: Session, return_: Return, visit: Visit) -> Sheet:
    """Return a visit's worksheet in three queries: the standards of its findings."""
    tool = tool_of(session, return_.stage.cycle.tool_version)
    standards = {each.number: each for each in standards_asked(session, return_)}
    items: dict[int, list[VisitItem]] = {}
    for item in session.scalars(
        select(VisitItem)
        .where(VisitItem.visit_id == visit.id)
        .order_by(VisitItem.standard, VisitItem.kind, VisitItem.place, VisitItem.id)
    ):
        items.setdefault(item.standard, []).append(item)
    sent = submissions_of(session, return_.id)
    rated: dict[str, str | None] = sent[-1].submission.self_ratings if sent else {}
    findings = session.scalars(
        select(VisitFinding)
        .where(VisitFinding.visit_id == visit.id)
        .options(joinedload(VisitFinding.saved_by), joinedload(VisitFinding.set_aside_by))
        .order_by(VisitFinding.standard)
    )
    return Sheet(
        tool,
        [
            StandardSheet(
                standards[each.standard],
                rated.get(str(each.standard)),
                items.get(each.standard, []),
                each,
            )
            for each in findings
            if each.standard in standards
        ],
    )


@dataclass(frozen=True)
class Proposed:
    """A rating proposed by a finished visit. `open` says that QA has neither rated the standard
    since nor set the proposal aside."""

    visit: Visit
    finding: VisitFinding
    proposal: Proposal
    open: bool


def proposals_of(session: Session, return_: Return) -> dict[int, Proposed]:
    """Return the latest proposed rating for each standard of a return, from visits that are
    finished; two queries. The return's stage and cycle are loaded."""
    rows = session.execute(
        select(Visit, VisitFinding)
        .join(VisitFinding, VisitFinding.visit_id == Visit.id)
        .where(
            Visit.return_id == return_.id,
            Visit.finished_at.is_not(None),
            VisitFinding.proposed_label.is_not(None),
        )
        .order_by(Visit.number)
    ).all()
    if not rows:
        return {}
    decided = _last_decided(session, return_)
    found: dict[int, Proposed] = {}
    for visit, finding in rows:
        proposal = proposal_in(finding)
        last = decided.get(finding.standard)
        is_open = finding.set_aside_at is None and (
            last is None or visit.finished_at is None or last <= visit.finished_at
        )
        if proposal is not None:
            found[finding.standard] = Proposed(visit, finding, proposal, is_open)
    return found


def _last_decided(session: Session, return_: Return) -> dict[int, datetime]:
    """Return when each standard was last rated by a reviewer or agreed by the sub-group; where
    agencies confirm their result, rated by the office. Publishing what was rated before decides
    nothing."""
    confirmed = return_.stage.cycle.basis is Basis.CONFIRMED
    role = RatingRole.AGREED if confirmed else RatingRole.REVIEWER
    moments = union_all(
        select(Rating.standard.label("standard"), Rating.rated_at.label("at")).where(
            Rating.return_id == return_.id, Rating.role == role
        ),
        select(Agreement.standard, Agreement.agreed_at).where(Agreement.return_id == return_.id),
    ).subquery()
    rows = session.execute(
        select(moments.c.standard, func.max(moments.c.at, type_=Rating.rated_at.type)).group_by(
            moments.c.standard
        )
    )
    return dict(rows.all())


def returns_with_proposals(session: Session, board_id: int) -> dict[int, int]:
    """Return how many proposed ratings wait for QA, by return, for a board's queue; one query."""
    return {row[0]: row[1] for row in session.execute(proposals_on(board_id))}


def proposals_on(board_id: int) -> Select[int, int]:
    """Return the statement of (return, how many proposed ratings of it wait for QA) on a board."""
    agreed_since = (
        select(Agreement.id)
        .where(
            Agreement.return_id == Visit.return_id,
            Agreement.standard == VisitFinding.standard,
            Agreement.agreed_at > Visit.finished_at,
        )
        .correlate(Visit, VisitFinding)
        .exists()
    )
    rated_since = (
        select(Rating.id)
        .where(
            Rating.return_id == Visit.return_id,
            Rating.standard == VisitFinding.standard,
            Rating.role == RatingRole.REVIEWER,
            Rating.rated_at > Visit.finished_at,
        )
        .correlate(Visit, VisitFinding)
        .exists()
    )
    return (
        select(Visit.return_id, func.count(func.distinct(VisitFinding.standard)).label("proposed"))
        .join(VisitFinding, VisitFinding.visit_id == Visit.id)
        .join(Return, Return.id == Visit.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(
            Membership.board_id == board_id,
            Cycle.basis == Basis.AGREED,  # on a confirmed one the office rates again
            Visit.finished_at.is_not(None),
            VisitFinding.proposed_label.is_not(None),
            VisitFinding.set_aside_at.is_(None),
            ~rated_since,
            ~agreed_since,
        )
        .group_by(Visit.return_id)
    )


def latest_snapshot(session: Session, return_id: int) -> dict[int, dict[str, object]]:
    """Return the parts of a return's latest submission by standard; nothing where none was sent
    in."""
    sent = submissions_of(session, return_id)
    if not sent:
        return {}
    submission = submission_by_number(session, return_id, sent[-1].submission.number)
    return {part["number"]: part for part in submission.snapshot["standards"]}


def visits_of_returns(session: Session, return_ids: Sequence[int]) -> dict[int, Visit]:
    """Return the latest visit of each of these returns that has one and was not cancelled."""
    found: dict[int, Visit] = {}
    if return_ids:
        for visit in session.scalars(
            select(Visit)
            .where(Visit.return_id.in_(return_ids), Visit.cancelled_at.is_(None))
            .order_by(Visit.return_id, Visit.number)
        ):
            found[visit.return_id] = visit
    return found
