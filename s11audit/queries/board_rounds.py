"""How far the reviews of a whole board are, for the review queue, in four queries (domain rules 21
and 22). For one return see `queries.moderation`."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, case, false, func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import RatingRole
from s11audit.models import (
    Allotment,
    Cycle,
    DisputeDecision,
    Opening,
    Rating,
    Reply,
    Return,
    SharedRating,
    Sharing,
    Stage,
    User,
)


@dataclass(frozen=True)
class Reviewer:
    """A reviewer of a return, and in which round they finished, if in any."""

    user_id: int
    name: str
    finished: tuple[int, int] | None


@dataclass(frozen=True)
class Shared:
    """What is with the agency: until when it can answer, how many ratings it has not answered, and
    how many disputes wait for a decision."""

    reply_by: date | None
    unanswered: int
    undecided: int


@dataclass
class ReturnRound:
    """The present round of one return."""

    number: int = 0
    reviewers: list[Reviewer] = field(default_factory=list)
    openings: set[tuple[int, int]] = field(default_factory=set)
    shared: Shared | None = None
    pending: set[int | None] = field(default_factory=set)

    def finished(self, reviewer: Reviewer, submission_id: int) -> bool:
        """Return whether a reviewer has finished in this round."""
        return reviewer.finished == (submission_id, self.number)

    def open(self, submission_id: int, *, published: bool) -> bool:
        """Return whether the ratings lie open to the sub-group; `published`: every standard has a
        published rating. As `queries.moderation.Round.open`."""
        if self.shared is not None or (submission_id, self.number) in self.openings:
            return True
        waiting = [each for each in self.reviewers if not published or each.user_id in self.pending]
        if not waiting:
            return None in self.pending
        if published and len(self.reviewers) == 1:
            return True
        return all(self.finished(each, submission_id) for each in waiting)


def rounds_of_board(session: Session, board_id: int) -> dict[int, ReturnRound]:
    """Return the present round of each return of a board that has reviewers or ratings."""
    returns = (
        select(Return.id)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(Cycle.board_id == board_id)
        .scalar_subquery()
    )
    found: dict[int, ReturnRound] = {}
    for row in session.execute(
        select(
            Allotment.return_id,
            Allotment.reviewer_id,
            User.name,
            Allotment.finished_submission_id,
            Allotment.finished_round,
        )
        .join(User, User.id == Allotment.reviewer_id)
        .where(Allotment.ended_at.is_(None), Allotment.return_id.in_(returns))
        .order_by(Allotment.id)
    ):
        finished = None
        if row.finished_submission_id is not None:
            finished = (row.finished_submission_id, row.finished_round)
        reviewer = Reviewer(row.reviewer_id, row.name, finished)
        found.setdefault(row.return_id, ReturnRound()).reviewers.append(reviewer)
    for opened in session.execute(
        select(Opening.return_id, Opening.submission_id, Opening.round).where(
            Opening.return_id.in_(returns)
        )
    ):
        each = found.setdefault(opened.return_id, ReturnRound())
        each.openings.add((opened.submission_id, opened.round))
    undecided = and_(Reply.accepted == false(), DisputeDecision.id.is_(None))
    for sharing in session.execute(
        select(
            Sharing.return_id,
            Sharing.publication_id,
            Sharing.reply_by,
            func.count(SharedRating.id).label("shared"),
            func.count(Reply.id).label("answered"),
            func.count(case((undecided, Reply.id))).label("undecided"),
        )
        .join(SharedRating, SharedRating.sharing_id == Sharing.id)
        .outerjoin(Reply, Reply.shared_rating_id == SharedRating.id)
        .outerjoin(DisputeDecision, DisputeDecision.reply_id == Reply.id)
        .where(Sharing.return_id.in_(returns))
        .group_by(Sharing.id, Sharing.return_id, Sharing.publication_id, Sharing.reply_by)
    ):
        each = found.setdefault(sharing.return_id, ReturnRound())
        if sharing.publication_id is not None:
            each.number += 1
        else:
            each.shared = Shared(
                sharing.reply_by, sharing.shared - sharing.answered, sharing.undecided
            )
    agreed = (
        select(Rating.return_id, Rating.standard, func.max(Rating.id).label("latest"))
        .where(Rating.role == RatingRole.AGREED, Rating.return_id.in_(returns))
        .group_by(Rating.return_id, Rating.standard)
        .subquery()
    )
    for rated in session.execute(
        select(Rating.return_id, Rating.rater_id)
        .outerjoin(
            agreed,
            and_(agreed.c.return_id == Rating.return_id, agreed.c.standard == Rating.standard),
        )
        .where(
            Rating.role == RatingRole.REVIEWER,
            Rating.return_id.in_(returns),
            Rating.id > func.coalesce(agreed.c.latest, 0),
        )
        .distinct()
    ):
        found.setdefault(rated.return_id, ReturnRound()).pending.add(rated.rater_id)
    return found
