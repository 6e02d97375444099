"""Reads for moderation: whose ratings a return has, who may see them yet, and what was agreed
(domain rule 21)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import RatingRole
from s11audit.domain.policy import Actor
from s11audit.models import Agreement, Allotment, Opening, Rating, Return, Sharing, Submission
from s11audit.queries.carrying import kept_ratings
from s11audit.queries.reviews import (
    StandardReview,
    current_submission,
    ratings_of,
    standard_reviews,
)
from s11audit.queries.tools import standards_asked
from s11audit.tools.schema import Standard


@dataclass(frozen=True)
class Stand:
    """How far the sub-group is with one standard in this round.

    `given` holds each reviewer's rating that waits to be published, by the reviewer's id (None: the
    operator); `agreed` is the latest published rating, `agreement` what was agreed since.
    """

    standard: Standard
    given: dict[int | None, Rating]
    agreed: Rating | None
    agreement: Agreement | None

    @property
    def in_play(self) -> bool:
        """Whether this round has to agree on it: it is unpublished, or was rated again since."""
        return self.agreed is None or bool(self.given) or self.agreement is not None


@dataclass(frozen=True)
class Round:
    """One round of a return's review: from a submission, or from the last time that ratings became
    final, to the next (domain rule 21).

    `number` counts the sharings that became final before. `reviewers` are those allotted now.
    """

    number: int
    submission: Submission | None
    reviewers: tuple[Allotment, ...]
    opening: Opening | None
    sharing: Sharing | None
    stands: tuple[Stand, ...]
    ratings: tuple[Rating, ...]

    def finished(self, allotment: Allotment) -> bool:
        """Return whether this reviewer has finished in this round."""
        return (
            self.submission is not None
            and allotment.finished_submission_id == self.submission.id
            and allotment.finished_round == self.number
        )

    @property
    def expected(self) -> tuple[Allotment, ...]:
        """Who has to finish: all reviewers while a standard is unpublished, later those who rated
        a standard again."""
        if any(each.agreed is None for each in self.stands):
            return self.reviewers
        raters = {rater for each in self.stands for rater in each.given}
        return tuple(each for each in self.reviewers if each.reviewer_id in raters)

    @property
    def implied(self) -> bool:
        """Whether the return's one reviewer rated standards again after publication: then nobody
        is waited for, and they need not say that they have finished."""
        later = all(each.agreed is not None for each in self.stands)
        return later and len(self.reviewers) == 1 and bool(self.expected)

    @property
    def all_finished(self) -> bool:
        """Whether everybody who has to finish has."""
        waiting = self.expected
        if self.implied:
            return True
        if not waiting:
            return any(None in each.given for each in self.stands)
        return all(self.finished(each) for each in waiting)

    @property
    def open(self) -> bool:
        """Whether the reviewers' ratings lie open to the sub-group."""
        return self.all_finished or self.opening is not None or self.sharing is not None

    @property
    def in_play(self) -> list[Stand]:
        """The standards that this round has to agree on."""
        return [each for each in self.stands if each.in_play]

    @property
    def to_agree(self) -> list[Stand]:
        """The standards in play that have no agreed rating yet."""
        return [each for each in self.in_play if each.agreement is None]

    @property
    def offer(self) -> str:
        """What would be shared with the agency now, as one word: so that a page which showed it can
        say what it showed."""
        marks = []
        for each in self.in_play:
            given = (str(rating.id) for rating in each.given.values())
            agreed = each.agreement
            marks.append(f"a{agreed.id}" if agreed is not None else "r" + ".".join(given))
        return "-".join(marks)

    @property
    def alone(self) -> Allotment | None:
        """The only reviewer, where there is just one whose ratings count."""
        raters = {rater for each in self.stands for rater in each.given}
        if len(self.expected) == 1 and raters <= {self.expected[0].reviewer_id}:
            return self.expected[0]
        return None

    @property
    def of_one(self) -> bool:
        """Whether one person gave all the ratings, so that a single confirmation agrees them."""
        raters = {rater for each in self.stands for rater in each.given}
        return self.alone is not None or (not self.expected and raters == {None})

    def allotment_of(self, user_id: int | None) -> Allotment | None:
        """Return this person's allotment, or None where the return is not theirs to rate."""
        return next((each for each in self.reviewers if each.reviewer_id == user_id), None)

    def own(self, user_id: int | None) -> list[StandardReview]:
        """Return how far one reviewer is with each standard; others' ratings are not in it."""
        mine = [
            each
            for each in self.ratings
            if each.role is RatingRole.AGREED or each.rater_id == user_id
        ]
        return standard_reviews([each.standard for each in self.stands], mine, self.submission)

    def lacking(self, user_id: int | None) -> list[int]:
        """Return the numbers of the standards that this reviewer has to rate before they have
        finished."""
        return [each.standard.number for each in self.own(user_id) if not each.rated]

    def visible(self, rating: Rating, user_id: int | None) -> bool:
        """Return whether a person of the sub-group may see this rating now: their own, all once
        the round is open, and those that a published one has settled."""
        if rating.role is not RatingRole.REVIEWER or self.open:
            return True
        if user_id is not None and rating.rater_id == user_id:
            return True
        agreed = {each.standard.number: each.agreed for each in self.stands}
        settled = agreed.get(rating.standard)
        return (
            settled is not None and settled.return_id == rating.return_id and rating.id < settled.id
        )


def round_of(session: Session, return_: Return, *, with_snapshot: bool = False) -> Round:
    """Return the present round of a return, in six queries at most."""
    submission = current_submission(session, return_.id, with_snapshot=with_snapshot)
    given = ratings_of(session, return_.id, (RatingRole.REVIEWER, RatingRole.AGREED))
    # What is still true keeps its rating of the stage before, and need not be rated again.
    ratings = [*kept_ratings(session, return_), *given]
    reviewers = live_allotments(session, return_.id)
    number, sharing = _sharings(session, return_.id)
    opening, agreements = None, dict[int, Agreement]()
    if submission is not None:
        opening = session.scalar(
            select(Opening).where(
                Opening.return_id == return_.id,
                Opening.submission_id == submission.id,
                Opening.round == number,
            )
        )
        agreements = _agreements(session, return_.id, submission.id, number)
    return Round(
        number=number,
        submission=submission,
        reviewers=tuple(reviewers),
        opening=opening,
        sharing=sharing,
        stands=tuple(
            _stands(standards_asked(session, return_), ratings, reviewers, agreements, submission)
        ),
        ratings=tuple(ratings),
    )


def live_allotments(session: Session, return_id: int) -> list[Allotment]:
    """Return who reviews a return now, in the order of their allotment."""
    return list(
        session.scalars(
            select(Allotment)
            .where(Allotment.return_id == return_id, Allotment.ended_at.is_(None))
            .order_by(Allotment.id)
            .options(joinedload(Allotment.reviewer))
        )
    )


def allotments_of(session: Session, return_id: int) -> list[Allotment]:
    """Return everybody who reviews or reviewed a return, in the order of their allotment."""
    return list(
        session.scalars(
            select(Allotment)
            .where(Allotment.return_id == return_id)
            .order_by(Allotment.id)
            .options(joinedload(Allotment.reviewer))
        )
    )


def visible_ratings(session: Session, return_: Return, actor: Actor) -> set[int]:
    """Return the ids of the reviewers' ratings of a return that this person may see now."""
    found = round_of(session, return_)
    return {each.id for each in found.ratings if found.visible(each, actor.user_id)}


def agreements_of(session: Session, return_id: int, standard: int) -> list[Agreement]:
    """Return everything that was ever agreed of a standard, the latest first."""
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.return_id == return_id, Agreement.standard == standard)
            .order_by(Agreement.id.desc())
            .options(joinedload(Agreement.agreed_by))
        )
    )


def _sharings(session: Session, return_id: int) -> tuple[int, Sharing | None]:
    """Return how many sharings became final, and the one that is open, if any."""
    found = session.scalars(
        select(Sharing).where(Sharing.return_id == return_id).order_by(Sharing.number)
    ).all()
    still_open = next((each for each in found if each.publication_id is None), None)
    return sum(each.publication_id is not None for each in found), still_open


def _agreements(
    session: Session, return_id: int, submission_id: int, number: int
) -> dict[int, Agreement]:
    """Return the latest agreement of each standard in a round."""
    rows = session.scalars(
        select(Agreement)
        .where(
            Agreement.return_id == return_id,
            Agreement.submission_id == submission_id,
            Agreement.round == number,
        )
        .order_by(Agreement.id)
        .options(joinedload(Agreement.agreed_by))
    )
    return {each.standard: each for each in rows}


def _stands(
    standards: Sequence[Standard],
    ratings: Iterable[Rating],
    reviewers: Sequence[Allotment],
    agreements: dict[int, Agreement],
    submission: Submission | None,
) -> Iterable[Stand]:
    agreed: dict[int, Rating] = {}
    latest: dict[tuple[int, int | None], Rating] = {}
    for rating in ratings:
        if rating.role is RatingRole.AGREED:
            agreed[rating.standard] = rating
        else:
            latest[rating.standard, rating.rater_id] = rating
    counted: list[int | None] = [each.reviewer_id for each in reviewers]
    for standard in standards:
        settled = agreed.get(standard.number)
        given: dict[int | None, Rating] = {}
        for rater in [*counted, None]:
            last = latest.get((standard.number, rater))
            if (
                last is not None
                and submission is not None
                and last.rated_at >= submission.effective_at
                and (settled is None or last.id > settled.id)
            ):
                given[rater] = last
        yield Stand(standard, given, settled, agreements.get(standard.number))
