"""QA's work on a return: starting the review, rating standards, and publishing the ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain import lifecycle
from s11audit.domain.enums import Participation, Rag, RatingRole, ReturnState, Role, Standing
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can, check
from s11audit.models import MonitoringFlag, Publication, Rating, Return, Submission
from s11audit.queries import reviews as read
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.words import is_blank, listed
from s11audit.services import log, notices
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.tools.schema import RatingChoice

RATEABLE = (ReturnState.IN_REVIEW, ReturnState.RATED, ReturnState.CLOSED)
SHORTFALL = (Rag.AMBER, Rag.RED)

SOMEBODY_ELSE = (
    "Somebody else rated this standard while you were working on it. Nothing you typed is lost: "
    "read their rating in the history below, then save again to replace it."
)


def start_review(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Return:
    """Take a submitted return into review and return it (domain rule 10).

    Raises NotFound or NotAllowed as `policy.check` does, and Refused for a return that is
    advisory, not asked for or not submitted.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    _must_be_rateable(return_)
    before = return_.state
    return_.state = lifecycle.after(Change.START_REVIEW, before)
    _log(session, actor, role, "return.review_started", return_, now, before, return_.state)
    return return_


def rate(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    label: str,
    comment: str = "",
    improvement: str = "",
    na_reason: str = "",
    monitor: bool = False,
    reason: str = "",
    based_on: int | None = None,
    now: datetime,
) -> Rating:
    """Append a reviewer's rating of one standard and return it (domain rule 7).

    `label` is one of the tool's. Amber and red need an improvement, not applicable needs its own
    reason, and replacing an earlier rating needs a `reason`, except one that was given on an
    earlier submission. Saving what stands already appends nothing. `based_on` is the id of the
    rating that the person saw (0: none; None: do not compare); Conflict where another has been
    given since. Raises Invalid with a problem for each field, and Refused for a return that is
    not in review, not asked for or advisory.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    _must_be_rateable(return_)
    submission = _in_review(session, return_)
    choice = _choice(session, return_, standard, label)
    stands = _review(session, return_, submission, standard)
    wanted = _Wanted(
        choice,
        comment.strip(),
        improvement.strip(),
        na_reason.strip() if choice.rag is Rag.NA else "",
        monitor,
    )
    if based_on is not None and based_on != (stands.given.id if stands.given else 0):
        raise Conflict(SOMEBODY_ELSE, stands.given.id if stands.given else 0)
    if stands.latest is not None and not stands.earlier and wanted.same_as(stands.latest):
        return stands.latest
    replaces = stands.latest if stands.rated else None
    problems = wanted.problems(replaces is not None, reason)
    if problems:
        raise Invalid("The rating was not saved.", problems)
    if stands.earlier and is_blank(reason):
        reason = f"Given again on submission {submission.number}."
    rating = Rating(
        return_id=return_.id,
        standard=standard,
        role=RatingRole.REVIEWER,
        rater_id=actor.user_id,
        label=choice.label,
        rag=choice.rag,
        na_reason=wanted.na_reason,
        comment=wanted.comment,
        improvement=wanted.improvement,
        monitor=monitor,
        reason=reason.strip(),
        rated_at=now,
        supersedes_id=stands.given.id if stands.given else None,
    )
    session.add(rating)
    session.flush()
    log.record_for(
        session,
        return_,
        actor,
        role,
        "rating.given",
        ("rating", rating.id),
        now=now,
        before=_logged(stands.latest),
        after=_logged(rating) | {"reason": rating.reason},
    )
    return rating


def publish(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Publication:
    """Publish what reviewers rated since the last publication, and return the publication.

    Every standard that applies needs a rating, and red and amber their improvement (rule 11). The
    return becomes rated, and closed where its stage is. The agency is told. Raises Refused where
    something is missing or nothing is new.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.PUBLISH, facts_of(return_), sees=Can.SEE_RETURN)
    _must_be_rateable(return_)
    submission = _in_review(session, return_)
    stands = read.reviews_of(session, return_, submission)
    pending = ready_to_publish(stands)
    publication = publish_ratings(
        session,
        actor,
        return_,
        [_agreed(each) for each in pending],
        effective_at=now,
        now=now,
    )
    _lift_flags(session, actor, return_, pending, now)
    before = return_.state
    return_.state = _after_publication(return_, publication)
    _log(
        session,
        actor,
        role,
        "return.published",
        return_,
        now,
        before,
        return_.state,
        {
            "publication": publication.number,
            "ratings": {str(each.standard): each.rag for each in pending},
        },
    )
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        "ratings_published",
        f"published:{return_.id}:{publication.number}",
        return_,
        path=f"/returns/{return_.id}/ratings",
        now=now,
        improvements=sum(each.rag in SHORTFALL for each in pending),
        first=publication.number == 1,
    )
    return publication


def ready_to_publish(stands: list[read.StandardReview]) -> list[Rating]:
    """Return the reviewers' ratings that a publication now would make visible. Raises Refused,
    saying what is missing, where it may not be made."""
    missing = [str(each.standard.number) for each in stands if not each.rated]
    if missing:
        raise Refused(
            f"The ratings cannot be published yet: {_standards(missing)} not been rated"
            " on the submission that is being reviewed."
        )
    pending = [each.given for each in stands if each.pending and each.given]
    without = [
        str(rating.standard)
        for rating in pending
        if rating.rag in SHORTFALL and is_blank(rating.improvement)
    ]
    if without:
        raise Refused(
            f"The ratings cannot be published yet: {_standards(without)} no required improvement."
        )
    if not pending:
        raise Refused("There is nothing new to publish for this return.")
    return pending


def _standards(numbers: list[str]) -> str:
    plural = len(numbers) > 1
    return f"standard{'s' if plural else ''} {listed(numbers)} {'have' if plural else 'has'}"


@dataclass(frozen=True)
class _Wanted:
    """What a reviewer asks to be stored."""

    choice: RatingChoice
    comment: str
    improvement: str
    na_reason: str
    monitor: bool

    def same_as(self, rating: Rating) -> bool:
        """Return whether `rating` says the same already."""
        return (
            rating.label == self.choice.label
            and rating.comment == self.comment
            and rating.improvement == self.improvement
            and rating.na_reason == self.na_reason
            and rating.monitor == self.monitor
        )

    def problems(self, replaces: bool, reason: str) -> dict[str, str]:
        """Return what is wrong, by field."""
        problems: dict[str, str] = {}
        if self.choice.rag in SHORTFALL and is_blank(self.improvement):
            problems["improvement"] = "Say what improvement is required: amber and red need one"
        if self.choice.rag not in SHORTFALL and self.improvement:
            problems["improvement"] = (
                "Only amber and red take a required improvement. Clear it, or move it to the"
                " comment"
            )
        if self.choice.rag is Rag.NA and is_blank(self.na_reason):
            problems["na_reason"] = "Say why the standard does not apply to this agency"
        if replaces and is_blank(reason):
            problems["reason"] = "Say why you are changing the rating that was given before"
        return problems


def _must_be_rateable(return_: Return) -> None:
    if return_.participation is Participation.ADVISORY:
        raise Refused("This agency takes part in an advisory role, so it is not rated.")
    if return_.standing is not Standing.ASKED:
        raise Refused("This return is no longer asked for, so it is not rated.")


def _in_review(session: Session, return_: Return) -> Submission:
    if return_.state not in RATEABLE:
        raise Refused(
            "Start the review before you rate."
            if return_.state is ReturnState.SUBMITTED
            else "This return has not been sent in, so it cannot be rated."
        )
    submission = read.current_submission(session, return_.id)
    if submission is None:
        raise Refused("This return has not been sent in, so it cannot be rated.")
    return submission


def _choice(session: Session, return_: Return, standard: int, label: str) -> RatingChoice:
    if standard not in {each.number for each in standards_asked(session, return_)}:
        raise NotFound("There is no such standard in this return.")
    try:
        return tool_of(session, return_.stage.cycle.tool_version).rating(label)
    except KeyError:
        raise Invalid("The rating was not saved.", {"label": "Choose a rating"}) from None


def _review(
    session: Session, return_: Return, submission: Submission, standard: int
) -> read.StandardReview:
    return next(
        each
        for each in read.reviews_of(session, return_, submission)
        if each.standard.number == standard
    )


def _agreed(rating: Rating) -> Agreed:
    return Agreed(
        standard=rating.standard,
        label=rating.label,
        rag=rating.rag,
        comment=rating.comment,
        improvement=rating.improvement,
        na_reason=rating.na_reason,
        monitor=rating.monitor,
        reason=rating.reason,
    )


def _lift_flags(
    session: Session, actor: Actor, return_: Return, published: list[Rating], now: datetime
) -> None:
    """A standard rated again without the flag to monitor is no longer monitored."""
    flags = read.flags_of(session, return_.id)
    for rating in published:
        if not rating.monitor and (rating.standard, None) in flags:
            session.add(
                MonitoringFlag(
                    return_id=return_.id,
                    standard=rating.standard,
                    raised=False,
                    reason=rating.reason,
                    effective_at=now,
                    recorded_at=now,
                    flagged_by_id=actor.user_id,
                )
            )


def _after_publication(return_: Return, publication: Publication) -> ReturnState:
    """Rated; closed with the stage. What was closed after an earlier publication stays closed."""
    if return_.state is ReturnState.CLOSED:
        if publication.number == 1:
            raise Refused("The ratings cannot be published, because the return is closed.")
        return return_.state
    rated = lifecycle.after(Change.PUBLISH, return_.state)
    if return_.stage.closed_at is None:
        return rated
    return lifecycle.after(Change.CLOSE, rated)


def _logged(rating: Rating | None) -> dict[str, object]:
    if rating is None:
        return {}
    return {
        "standard": rating.standard,
        "label": rating.label,
        "rag": rating.rag,
        "comment": rating.comment,
        "improvement": rating.improvement,
        "na_reason": rating.na_reason,
        "monitor": rating.monitor,
    }


def _log(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    return_: Return,
    now: datetime,
    before: ReturnState,
    after: ReturnState,
    more: Mapping[str, object] | None = None,
) -> None:
    log.record_for(
        session,
        return_,
        actor,
        role,
        what,
        now=now,
        before={"state": before},
        after={"state": after} | dict(more or {}),
    )
