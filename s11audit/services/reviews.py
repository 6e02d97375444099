"""QA's work on a return: starting the review, rating standards, and publishing where one step
does. Several reviewers and the agency's reply are `moderation`'s and `sharing`'s."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain import lifecycle
from s11audit.domain.dates import london_today
from s11audit.domain.enums import RatingRole
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can, check
from s11audit.models import Publication, Rating, Return
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.scoring.words import is_blank, listed
from s11audit.services import log
from s11audit.services.allotments import take
from s11audit.services.moderation import confirm_in
from s11audit.services.rateable import (
    RATEABLE,
    Wanted,
    choice_of,
    logged,
    must_be_rateable,
    submission_in_review,
)

__all__ = ["RATEABLE", "publish", "rate", "start_review", "why_not_theirs"]

SOMEBODY_ELSE = (
    "You rated this standard in another window while you were working on it here. Nothing you typed"
    " is lost: read that rating in the history below, then save again to replace it."
)


def start_review(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Return:
    """Take a submitted return into review and return it (domain rule 10).

    Raises NotFound or NotAllowed as `policy.check` does, and Refused for a return that is
    advisory, not asked for or not submitted.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    must_be_rateable(return_)
    before = return_.state
    return_.state = lifecycle.after(Change.START_REVIEW, before)
    log.record_for(
        session, return_, actor, role, "return.review_started", now=now,
        before={"state": before}, after={"state": return_.state},
    )  # fmt: skip
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
    improvement_due_on: date | None = None,
    na_reason: str = "",
    monitor: bool = False,
    reason: str = "",
    based_on: int | None = None,
    now: datetime,
) -> Rating:
    """Append a reviewer's own rating of one standard and return it (domain rules 7 and 21).

    `label` is one of the tool's. Amber and red need an improvement, not applicable needs its own
    reason, and replacing an earlier rating needs a `reason`, except one that was given on an
    earlier submission. Saving what stands already appends nothing. `based_on` is the id of their
    rating that the person saw (0: none; None: do not compare); Conflict where they have given
    another since. A return that nobody reviews becomes theirs. Raises Invalid with a problem for
    each field, and Refused for a return that is not in review, not asked for or advisory, that is
    others' to review, or whose reviewers have finished.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission = submission_in_review(session, return_)
    choice = choice_of(session, return_, standard, label)
    found = round_of(session, return_)
    why_not = why_not_theirs(found, actor.user_id)
    if why_not:
        raise Refused(why_not)
    stands = next(each for each in found.own(actor.user_id) if each.standard.number == standard)
    wanted = Wanted.of(
        choice,
        comment=comment,
        improvement=improvement,
        improvement_due_on=improvement_due_on,
        na_reason=na_reason,
        monitor=monitor,
    )
    if based_on is not None and based_on != (stands.given.id if stands.given else 0):
        raise Conflict(SOMEBODY_ELSE, stands.given.id if stands.given else 0)
    if stands.latest is not None and not stands.earlier and wanted.same_as(stands.latest):
        return stands.latest
    problems = wanted.problems(london_today(now))
    if stands.rated and is_blank(reason):
        problems["reason"] = "Say why you are changing the rating that was given before"
    if problems:
        raise Invalid("The rating was not saved.", problems)
    if stands.earlier and is_blank(reason):
        reason = f"Given again on submission {submission.number}."
    take(session, return_, actor, role, found, now=now)
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
        improvement_due_on=wanted.improvement_due_on,
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
        before=logged(stands.latest),
        after=logged(rating) | {"reason": rating.reason},
    )
    return rating


def publish(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Publication:
    """Agree what the one reviewer rated since the last publication, publish it at once, and return
    the publication: for boards whose agencies have no days to reply (domain rule 22).

    Every standard that applies needs a rating, and red and amber their improvement (rule 11). The
    return becomes rated, and closed where its stage is. The agency is told. Raises Refused where
    something is missing or nothing is new, where several people rated, or where the agency has a
    right of reply: `moderation` and `sharing` have the steps then.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.PUBLISH, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    if return_.membership.board.reply_days:
        raise Refused("The agency has a right of reply: share the ratings with it first.")
    found = round_of(session, return_)
    sharing = confirm_in(session, actor, role, return_, found, now=now)
    assert sharing.publication is not None  # published at once, because nobody replies
    return sharing.publication


def why_not_theirs(found: Round, user_id: int | None) -> str:
    """Return why this person may not give a rating of the return now; nothing where they may."""
    if found.sharing is not None:
        return "The agreed ratings are with the agency, so no rating can be given now."
    own = found.allotment_of(user_id)
    if own is not None and found.finished(own):
        return "You have said that you have finished. Take that back to change a rating."
    untouched = found.opening is None and all(each.agreement is None for each in found.stands)
    if found.open and not (found.implied and own is not None and untouched):
        return "The moderation is open, so the reviewers’ ratings can no longer change."
    first = any(each.agreed is None for each in found.stands)
    if own is None and first and found.reviewers:
        names = listed([each.reviewer.name for each in found.reviewers])
        return (
            f"{names} {'reviews' if len(found.reviewers) == 1 else 'review'} this return. The"
            " board office or the QA chair can allot it to you."
        )
    return ""
