"""Reads for QA: what was sent in, what was rated, what was published. See `queries.review_queue`
for the list of returns. Callers check what the actor may see: reviewers' ratings are private."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, undefer

from s11audit.domain.enums import RatingRole
from s11audit.models import MonitoringFlag, Publication, Rating, Return, SendBack, Submission
from s11audit.queries.carrying import kept_ratings
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.answers import read_answer
from s11audit.scoring.ratings import RequirementFacts, Suggestion, suggest
from s11audit.tools.schema import Standard, Tool


def current_submission(
    session: Session, return_id: int, *, with_snapshot: bool = False
) -> Submission | None:
    """Return what QA reads: the latest submission, unless it was sent back; else None."""
    statement = (
        select(Submission, SendBack.id)
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .where(Submission.return_id == return_id)
        .order_by(Submission.number.desc())
        .limit(1)
    )
    if with_snapshot:
        statement = statement.options(undefer(Submission.snapshot))
    found = session.execute(statement).first()
    return found[0] if found and found[1] is None else None


def ratings_of(
    session: Session, return_id: int, roles: Iterable[RatingRole], *, standard: int | None = None
) -> list[Rating]:
    """Return the ratings of a return in these roles, oldest first, with who gave them and their
    publication."""
    statement = (
        select(Rating)
        .options(joinedload(Rating.rater), joinedload(Rating.publication))
        .where(Rating.return_id == return_id, Rating.role.in_(list(roles)))
        .order_by(Rating.id)
    )
    if standard is not None:
        statement = statement.where(Rating.standard == standard)
    return list(session.scalars(statement))


@dataclass(frozen=True)
class StandardReview:
    """How far QA is with one standard.

    `given` is the latest reviewer's rating, `earlier` whether that was given on an earlier
    submission (it must then be confirmed or replaced), `agreed` the latest published one.
    """

    standard: Standard
    given: Rating | None = None
    earlier: bool = False
    agreed: Rating | None = None

    @property
    def rated(self) -> bool:
        """Whether the standard has what publication needs."""
        return self.agreed is not None or (self.given is not None and not self.earlier)

    @property
    def pending(self) -> bool:
        """Whether there is a rating that the next publication makes visible."""
        if self.given is None or self.earlier:
            return False
        return self.agreed is None or self.given.id > self.agreed.id

    @property
    def latest(self) -> Rating | None:
        """The rating that stands for QA: the pending one, else the agreed one, else an earlier."""
        return self.given if self.pending else (self.agreed or self.given)


def standard_reviews(
    standards: Sequence[Standard], ratings: Iterable[Rating], submission: Submission | None
) -> list[StandardReview]:
    """Return how far QA is with each standard, from a return's ratings, oldest first."""
    given: dict[int, Rating] = {}
    agreed: dict[int, Rating] = {}
    for rating in ratings:
        if rating.role is RatingRole.REVIEWER:
            given[rating.standard] = rating
        elif rating.role is RatingRole.AGREED:
            agreed[rating.standard] = rating
    return [
        StandardReview(
            each,
            given.get(each.number),
            _is_earlier(given.get(each.number), submission),
            agreed.get(each.number),
        )
        for each in standards
    ]


def _is_earlier(rating: Rating | None, submission: Submission | None) -> bool:
    return (
        rating is not None and submission is not None and rating.rated_at < submission.effective_at
    )


def reviews_of(
    session: Session, return_: Return, submission: Submission | None
) -> list[StandardReview]:
    """Return how far QA is with each standard that applies to a return, in one query, two for a
    later stage: what is still true there keeps its rating of before (domain rule 20)."""
    given = ratings_of(session, return_.id, (RatingRole.REVIEWER, RatingRole.AGREED))
    ratings = [*kept_ratings(session, return_), *given]
    return standard_reviews(standards_asked(session, return_), ratings, submission)


def part_of(snapshot: dict[str, Any], number: int) -> dict[str, Any] | None:
    """Return a snapshot's part for one standard, or None where it has none."""
    return next((part for part in snapshot["standards"] if part["number"] == number), None)


def suggestion_of(tool: Tool, standard: Standard, part: dict[str, Any]) -> Suggestion:
    """Return what the frozen answers suggest for a standard (domain rule 2)."""
    essential = {item.key for item in standard.requirements if item.essential}
    facts = []
    for item in part["requirements"]:
        answer = read_answer(item["kind"], item["answer"])
        facts.append(
            RequirementFacts(
                key=item["key"],
                essential=item["key"] in essential,
                counts=answer.counts,
                outcome=answer.outcome(tool.thresholds.met_at, tool.thresholds.partly_above),
            )
        )
    return suggest(facts)


def suggestions_of(
    session: Session, return_: Return, snapshot: dict[str, Any]
) -> dict[int, Suggestion]:
    """Return what the frozen answers suggest for each standard that applies to a return."""
    tool = tool_of(session, return_.stage.cycle.tool_version)
    parts = {part["number"]: part for part in snapshot["standards"]}
    return {
        standard.number: suggestion_of(tool, standard, parts[standard.number])
        for standard in standards_asked(session, return_)
        if standard.number in parts
    }


def publications_of(session: Session, return_id: int) -> list[Publication]:
    """Return a return's publications, the latest first."""
    return list(
        session.scalars(
            select(Publication)
            .where(Publication.return_id == return_id)
            .order_by(Publication.number.desc())
        )
    )


def published_at(session: Session, return_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when ratings of each return were last published; those never rated are left out."""
    return {
        row.return_id: row.at
        for row in session.execute(
            select(Publication.return_id, func.max(Publication.effective_at).label("at"))
            .where(Publication.return_id.in_(return_ids))
            .group_by(Publication.return_id)
        )
    }


def latest_publication(session: Session, return_id: int) -> Publication | None:
    """Return a return's latest publication, or None where nothing has been published."""
    return session.scalar(
        select(Publication)
        .where(Publication.return_id == return_id)
        .order_by(Publication.number.desc())
        .limit(1)
    )


def flags_of(session: Session, return_id: int) -> dict[tuple[int, int | None], MonitoringFlag]:
    """Return what is being monitored of a return, by (standard, action id or None): the latest
    flag counts, and one that was lifted is left out."""
    latest: dict[tuple[int, int | None], MonitoringFlag] = {}
    for flag in session.scalars(
        select(MonitoringFlag)
        .where(MonitoringFlag.return_id == return_id)
        .order_by(MonitoringFlag.effective_at, MonitoringFlag.id)
    ):
        latest[flag.standard, flag.action_id] = flag
    return {key: flag for key, flag in latest.items() if flag.raised}


def published_of(session: Session, return_: Return) -> list[StandardReview]:
    """Return each standard that applies to a return with its latest published rating only: what
    the agency may see. What is still true keeps its rating of the stage before."""
    given = ratings_of(session, return_.id, (RatingRole.AGREED,))
    ratings = [*kept_ratings(session, return_), *given]
    return standard_reviews(standards_asked(session, return_), ratings, None)
