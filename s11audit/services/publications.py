"""Publishing: agreed ratings become visible and count. Pages and imports publish through
`publish_ratings`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, RatingRole
from s11audit.domain.policy import Actor
from s11audit.models import Improvement, MonitoringFlag, Publication, Rating, Return
from s11audit.services.carrying_on import carry_on


@dataclass(frozen=True)
class Agreed:
    """A rating to be published for one standard. `improvement` is compulsory for red and amber,
    `na_reason` for not applicable (domain rules 1 and 11); the database holds both. `disputed`:
    the agency disputed it."""

    standard: int
    label: str
    rag: Rag
    comment: str = ""
    improvement: str = ""
    na_reason: str = ""
    monitor: bool = False
    reason: str = ""
    improvement_due_on: date | None = None
    disputed: bool = False


def publish_ratings(
    session: Session,
    actor: Actor,
    return_: Return,
    ratings: Iterable[Agreed],
    *,
    effective_at: datetime,
    now: datetime,
) -> Publication:
    """Append the agreed ratings, each superseding the one before it, and open an improvement for
    each that is red or amber. Returns the publication.

    The caller has locked the return, checked the actor and that the ratings may be published,
    changes the state and logs.
    """
    number = 1 + (
        session.scalar(
            select(func.max(Publication.number)).where(Publication.return_id == return_.id)
        )
        or 0
    )
    publication = Publication(
        return_id=return_.id,
        number=number,
        effective_at=effective_at,
        recorded_at=now,
        published_by_id=actor.user_id,
    )
    session.add(publication)
    session.flush()
    latest = _latest_agreed(session, return_.id)
    for agreed in ratings:
        rating = Rating(
            return_id=return_.id,
            standard=agreed.standard,
            role=RatingRole.AGREED,
            rater_id=actor.user_id,
            label=agreed.label,
            rag=agreed.rag,
            na_reason=agreed.na_reason,
            comment=agreed.comment,
            improvement=agreed.improvement,
            improvement_due_on=agreed.improvement_due_on,
            disputed=agreed.disputed,
            monitor=agreed.monitor,
            reason=agreed.reason,
            rated_at=effective_at,
            supersedes_id=latest.get(agreed.standard),
            publication_id=publication.id,
        )
        session.add(rating)
        session.flush()
        _open_improvement(session, actor, return_, rating, effective_at, now)
    session.flush()
    return publication


def _latest_agreed(session: Session, return_id: int) -> dict[int, int]:
    rows = session.execute(
        select(Rating.standard, func.max(Rating.id))
        .where(Rating.return_id == return_id, Rating.role == RatingRole.AGREED)
        .group_by(Rating.standard)
    )
    return dict(rows.all())


def _open_improvement(
    session: Session,
    actor: Actor,
    return_: Return,
    rating: Rating,
    effective_at: datetime,
    now: datetime,
) -> None:
    if rating.rag in (Rag.RED, Rag.AMBER):
        improvement = Improvement(
            rating_id=rating.id,
            return_id=return_.id,
            membership_id=return_.membership_id,
            standard=rating.standard,
            text=rating.improvement,
            due_on=rating.improvement_due_on,
            opened_at=effective_at,
        )
        session.add(improvement)
        session.flush()
        carry_on(session, actor, return_, improvement, effective_at=effective_at, now=now)
    if rating.monitor:
        session.add(
            MonitoringFlag(
                return_id=return_.id,
                standard=rating.standard,
                raised=True,
                reason=rating.comment,
                effective_at=effective_at,
                recorded_at=now,
                flagged_by_id=actor.user_id,
            )
        )
