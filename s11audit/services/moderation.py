"""Several reviewers, one agreed rating: finishing, opening the moderation, and agreeing (domain
rule 21)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import several_lines
from s11audit.models import Agreement, Allotment, Opening, Rating, Return, Sharing, Submission
from s11audit.queries.moderation import Round, Stand, round_of
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.scoring.words import is_blank, listed
from s11audit.services import log, notices
from s11audit.services.rateable import (
    SHORTFALL,
    Wanted,
    choice_of,
    logged,
    submission_in_review,
)
from s11audit.services.sharing import must_be_as_seen, share_in

SOMEBODY_ELSE = (
    "Somebody else agreed this standard while you were working on it. Nothing you typed is lost:"
    " read what was agreed, then save again to replace it."
)
NOT_OPEN = (
    "The reviewers have not all finished. The QA chair can open the moderation before that, with a"
    " reason."
)
WITH_THE_AGENCY = "The agreed ratings are with the agency already."


def finish(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Round:
    """Say that the actor has finished their ratings of a return; with the last of the reviewers
    they lie open to the sub-group, and its chair is told. Returns the round as it then stands.

    Raises Refused where the return is not theirs or a standard is unrated.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    found = round_of(session, return_)
    own = found.allotment_of(actor.user_id)
    if own is None:
        raise Refused("This return is not yours to review.")
    if found.finished(own):
        raise Refused("You have said already that you have finished.")
    if found.opening is not None or found.sharing is not None:
        raise Refused("The moderation is open already.")
    lacking = [str(number) for number in found.lacking(actor.user_id)]
    if lacking:
        raise Refused(
            f"You have not finished yet: rate standard{'s' if len(lacking) > 1 else ''}"
            f" {listed(lacking)} first."
        )
    if not any(actor.user_id in each.given for each in found.stands):
        raise Refused("There is nothing new to finish: you have rated no standard again.")
    _set_finished(session, actor, role, return_, found, own, now)
    found = round_of(session, return_)
    if found.all_finished:
        notices.tell(
            session,
            notices.panel(session, return_, (Role.CHAIR,), now),
            "reviewers_finished",
            f"finished:{return_.id}:{found.submission.id if found.submission else 0}"
            f":{found.number}:{now.isoformat()}",
            return_,
            path=f"/returns/{return_.id}/moderation",
            now=now,
            reviewers=len(found.expected),
        )
    return found


def reopen(session: Session, actor: Actor, return_id: int, *, now: datetime) -> Round:
    """Take back that the actor has finished, and return the round as it then stands. Raises Refused
    where they had not, and once others' ratings lay open to them or something was agreed."""
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    found = round_of(session, return_)
    own = found.allotment_of(actor.user_id)
    if own is None or not found.finished(own):
        raise Refused("You have not said that you have finished.")
    if not may_reopen(found):
        raise Refused("The moderation is open, so your ratings can no longer change.")
    own.finished_at = own.finished_submission_id = own.finished_round = None
    session.flush()
    log.record_for(session, return_, actor, role, "rating.reopened", ("allotment", own.id), now=now)
    return round_of(session, return_)


def may_reopen(found: Round) -> bool:
    """Return whether a reviewer who has finished may still take it back: while others have not, or
    while they are the only one, and nothing was opened or agreed."""
    if found.opening is not None or found.sharing is not None:
        return False
    if any(each.agreement is not None for each in found.stands):
        return False
    return found.alone is not None or not found.all_finished


def open_moderation(
    session: Session, actor: Actor, return_id: int, *, reason: str, now: datetime
) -> Opening:
    """Open the reviewers' ratings of a return to the sub-group before all have finished, for a
    `reason`, and return the opening. Raises Refused where they lie open."""
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.MODERATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission = submission_in_review(session, return_)
    found = round_of(session, return_)
    if found.open:
        raise Refused("The moderation is open already.")
    if not any(each.given for each in found.stands):
        raise Refused("No reviewer has rated anything yet, so there is nothing to moderate.")
    reason = several_lines(reason, "reason", "reason for not waiting")
    opening = Opening(
        return_id=return_.id,
        submission_id=submission.id,
        round=found.number,
        reason=reason,
        opened_at=now,
        opened_by_id=actor.user_id,
    )
    session.add(opening)
    session.flush()
    log.record_for(
        session, return_, actor, role, "moderation.opened", ("moderation_opening", opening.id),
        now=now, after={"reason": reason},
    )  # fmt: skip
    return opening


def agree(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    label: str,
    comment: str = "",
    reason: str = "",
    improvement: str = "",
    improvement_due_on: date | None = None,
    na_reason: str = "",
    monitor: bool = False,
    based_on: int | None = None,
    now: datetime,
) -> Agreement:
    """Record the rating of one standard that the sub-group agreed, and return the agreement.

    Amber and red need an improvement and its due date. A `reason` is needed where the reviewers
    differ, where it is none of theirs, and to replace what was agreed before. `based_on` is the id
    of the agreement that the person saw (0: none; None: do not compare); Conflict where another
    stands now. Raises Invalid with a problem for each field, and Refused before the ratings lie
    open and once they are with the agency.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.MODERATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission = submission_in_review(session, return_)
    choice = choice_of(session, return_, standard, label)
    found = round_of(session, return_)
    if found.sharing is not None:
        raise Refused(WITH_THE_AGENCY)
    if not found.open:
        raise Refused(NOT_OPEN)
    stand = next(each for each in found.stands if each.standard.number == standard)
    if not stand.in_play:
        raise Refused("This standard was not rated again, so there is nothing to agree on.")
    before = stand.agreement
    if based_on is not None and based_on != (before.id if before else 0):
        raise Conflict(SOMEBODY_ELSE, before.id if before else 0)
    wanted = Wanted.of(
        choice,
        comment=comment,
        improvement=improvement,
        improvement_due_on=improvement_due_on,
        na_reason=na_reason,
        monitor=monitor,
    )
    if before is not None and wanted.same_as(before) and reason.strip() in ("", before.reason):
        return before
    problems = wanted.problems(london_today(now), date_needed=True)
    if is_blank(reason) and (
        before is not None or {each.label for each in stand.given.values()} != {choice.label}
    ):
        problems["reason"] = (
            "Say why this is replaced"
            if before is not None
            else "Say why: the reviewers did not all give this rating"
        )
    if problems:
        raise Invalid("What was agreed was not saved.", problems)
    return add_agreement(
        session, actor, role, return_, submission, found, stand, wanted, reason, now=now
    )


def add_agreement(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    submission: Submission,
    found: Round,
    stand: Stand,
    wanted: Wanted,
    reason: str,
    *,
    now: datetime,
) -> Agreement:
    """Append an agreement of the round and log it; the caller has checked it and locked the
    return."""
    before = stand.agreement
    agreement = Agreement(
        return_id=return_.id,
        submission_id=submission.id,
        round=found.number,
        standard=stand.standard.number,
        label=wanted.choice.label,
        rag=wanted.choice.rag,
        na_reason=wanted.na_reason,
        comment=wanted.comment,
        reason=reason.strip(),
        improvement=wanted.improvement,
        improvement_due_on=wanted.improvement_due_on,
        monitor=wanted.monitor,
        agreed_at=now,
        agreed_by_id=actor.user_id,
        supersedes_id=before.id if before else None,
    )
    session.add(agreement)
    session.flush()
    log.record_for(
        session,
        return_,
        actor,
        role,
        "agreement.made",
        ("agreement", agreement.id),
        now=now,
        before=logged(before),
        after=logged(agreement) | {"reason": agreement.reason},
    )
    return agreement


def confirm(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    due_on: date | None = None,
    seen: str | None = None,
    now: datetime,
) -> Sharing:
    """Agree with everything that the one reviewer gave, and share it with the agency: the single
    step where there is just one. Returns the sharing.

    `due_on` is the due date of the improvements that have none of their own, `seen` as in
    `sharing.share`. Raises Refused where several people rated, something is missing or nothing is
    new, Conflict where a rating changed since it was seen.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.MODERATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    found = round_of(session, return_)
    if not found.open:
        raise Refused(NOT_OPEN)
    must_be_as_seen(found, seen)
    if due_on is not None and due_on < london_today(now):
        message = "The due date must be today or later"
        raise Invalid(f"{message}.", {"due_on": message})
    return confirm_in(session, actor, role, return_, found, due_on=due_on, now=now)


def confirm_in(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    found: Round,
    *,
    due_on: date | None = None,
    now: datetime,
) -> Sharing:
    """As `confirm`, for a caller that has locked the return and checked the actor. A reviewer who
    rated everything and did not say so has finished by this."""
    if found.sharing is not None:
        raise Refused(WITH_THE_AGENCY)
    missing = [
        str(each.standard.number)
        for each in found.stands
        if each.agreed is None and not each.given and each.agreement is None
    ]
    if missing:
        raise Refused(
            f"The ratings cannot be published yet: {_standards(missing)} not been rated"
            " on the submission that is being reviewed."
        )
    if not found.in_play:
        raise Refused("There is nothing new to publish for this return.")
    if not found.of_one:
        raise Refused("Several people rated this return: agree on each standard first.")
    submission = found.submission
    assert submission is not None  # somebody rated it
    if found.alone is not None and not found.open:
        _set_finished(session, actor, role, return_, found, found.alone, now)
    for stand in found.to_agree:
        (given,) = stand.given.values()
        add_agreement(
            session, actor, role, return_, submission, found, stand,
            _as_given(session, return_, given, due_on), given.reason, now=now,
        )  # fmt: skip
    return share_in(session, actor, role, return_, round_of(session, return_), now=now)


def _as_given(session: Session, return_: Return, given: Rating, due_on: date | None) -> Wanted:
    return Wanted.of(
        choice_of(session, return_, given.standard, given.label),
        comment=given.comment,
        improvement=given.improvement,
        improvement_due_on=given.improvement_due_on or (due_on if given.rag in SHORTFALL else None),
        na_reason=given.na_reason,
        monitor=given.monitor,
    )


def _standards(numbers: list[str]) -> str:
    plural = len(numbers) > 1
    return f"standard{'s' if plural else ''} {listed(numbers)} {'have' if plural else 'has'}"


def _set_finished(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    found: Round,
    whose: Allotment,
    now: datetime,
) -> None:
    assert found.submission is not None  # somebody rated it
    whose.finished_at = now
    whose.finished_submission_id = found.submission.id
    whose.finished_round = found.number
    session.flush()
    log.record_for(
        session, return_, actor, role, "rating.finished", ("allotment", whose.id), now=now,
        after={"reviewer": whose.reviewer.name},
    )  # fmt: skip
