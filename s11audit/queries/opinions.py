"""When what one reviewer thinks of a return is open to the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Basis, Participation
from s11audit.models import (
    Allotment,
    Confirmation,
    Cycle,
    Opening,
    Publication,
    Return,
    Sharing,
    Stage,
    Submission,
)


@dataclass(frozen=True)
class Opened:
    """How far a return's review is open to every reviewer.

    What was said up to a publication is open. What was said since is open once the moderation of
    the round is (`now`): the chair opened it, everybody allotted has finished, or the agreed
    ratings were shared with the agency; where an agency is not rated, it always is. On a confirmed
    cycle the confirmation stands for the first publication. `sent_since`: the return was sent in
    again since.
    """

    now: bool = False
    published_at: datetime | None = None
    sent_since: bool = False

    def was_published(self, rated_at: datetime | None) -> bool:
        """Return whether what is said of a comment given at `rated_at`, or (None) of the answers
        that are in now, belongs to what was published."""
        if self.published_at is None:
            return False
        return not self.sent_since if rated_at is None else rated_at <= self.published_at

    def is_open(self, rated_at: datetime | None) -> bool:
        """Return whether every reviewer may read it."""
        return self.now or self.was_published(rated_at)


def opened_of(session: Session, return_ids: Collection[int]) -> dict[int, Opened]:
    """Return how far the review of each return is open, in one query."""
    if not return_ids:
        return {}
    current = (
        select(func.max(Submission.id))
        .where(Submission.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    round_ = (
        select(func.count(Sharing.id))
        .where(Sharing.return_id == Return.id, Sharing.publication_id.is_not(None))
        .correlate(Return)
        .scalar_subquery()
    )
    confirmed = (
        select(func.max(Confirmation.recorded_at))
        .where(Confirmation.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    published = func.coalesce(
        select(func.max(Publication.recorded_at))
        .where(Publication.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery(),
        confirmed,
    )
    allotted = [Allotment.return_id == Return.id, Allotment.ended_at.is_(None)]
    unfinished = or_(
        Allotment.finished_submission_id.is_(None),
        Allotment.finished_submission_id != current,
        Allotment.finished_round != round_,
    )
    # Where nobody rates alone there is nothing to wait for.
    unrated = or_(Return.participation == Participation.ADVISORY, Cycle.basis == Basis.CONFIRMED)
    opened = or_(
        unrated,
        exists().where(
            Opening.return_id == Return.id,
            Opening.submission_id == current,
            Opening.round == round_,
        ),
        exists().where(Sharing.return_id == Return.id, Sharing.publication_id.is_(None)),
        and_(exists().where(*allotted), ~exists().where(*allotted, unfinished)),
    )
    sent = (
        select(func.max(Submission.recorded_at))
        .where(Submission.return_id == Return.id)
        .correlate(Return)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Return.id, opened, published, sent > published)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .where(Return.id.in_(list(return_ids)))
    )
    return {row[0]: Opened(bool(row[1]), row[2], bool(row[3])) for row in rows}
