"""The agency's right of reply: accepting agreed ratings, disputing them, and the sub-group's
decision (domain rule 22)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import EvidenceKind, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import several_lines
from s11audit.models import DisputeDecision, Evidence, Reply, Return, SharedRating, Sharing
from s11audit.queries.evidence import evidence_by_id
from s11audit.queries.moderation import round_of
from s11audit.queries.replies import (
    disputes,
    may_be_final,
    open_sharing,
    time_is_over,
    unanswered,
)
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.services import log, notices
from s11audit.services.evidence import EvidenceDetails, StoredFile, add_to_sent
from s11audit.services.moderation import add_agreement
from s11audit.services.rateable import Wanted, choice_of, submission_in_review
from s11audit.services.sharing import finalise

LONGEST_REPLY = 10_000
NOTHING_SHARED = "No agreed rating of this return waits for the agency’s answer."
SHARED_SINCE = (
    "Other ratings have been shared since you opened the page. Read them before you answer."
)


@dataclass(frozen=True)
class NewEvidence:
    """A stored file or a link that a dispute brings with it, and what it shows."""

    source: StoredFile | str
    description: str
    kind: EvidenceKind


@dataclass(frozen=True)
class Change:
    """What a disputed rating is changed to."""

    label: str
    comment: str = ""
    improvement: str = ""
    improvement_due_on: date | None = None
    na_reason: str = ""
    monitor: bool = False


def accept(
    session: Session,
    actor: Actor,
    return_id: int,
    standards: Collection[int] | None = None,
    *,
    seen: int | None = None,
    now: datetime,
) -> list[Reply]:
    """Accept the agreed ratings of these standards for the agency (None: of all that it has not
    answered), and return the replies. With the last answer they become final.

    `seen` is the id of the sharing whose ratings the person saw (None: do not compare). Raises
    Refused where nothing is shared, the time is over, one was answered before, or other ratings
    are shared than those seen.
    """
    return_, role, sharing = _for_reply(session, actor, return_id, now)
    if seen is not None and seen != sharing.id:
        raise Refused(SHARED_SINCE)
    if standards is None:
        accepted = unanswered(sharing)
        if not accepted:
            raise Refused("Every rating has been answered already.")
    else:
        accepted = [_unanswered(sharing, number) for number in sorted(set(standards))]
    made = []
    for shared in accepted:
        reply = Reply(
            shared_rating_id=shared.id,
            accepted=True,
            replied_at=now,
            replied_by_id=actor.user_id,
        )
        session.add(reply)
        made.append(reply)
    session.flush()
    log.record_for(
        session, return_, actor, role, "reply.accepted", ("sharing", sharing.id), now=now,
        after={"standards": [each.standard for each in accepted]},
    )  # fmt: skip
    _go_on(session, actor, role, return_, now)
    return made


def dispute(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    reason: str,
    evidence_ids: Collection[int] = (),
    new: NewEvidence | None = None,
    now: datetime,
) -> Reply:
    """Dispute the agreed rating of one standard for the agency, with a reason and evidence: of the
    return's, and one new file or link. Returns the reply; the QA chair is told.

    Raises Invalid without a reason, and Refused as `accept`.
    """
    return_, role, sharing = _for_reply(session, actor, return_id, now)
    shared = _unanswered(sharing, standard)
    reason = several_lines(reason, "reason", "reason for disputing the rating", LONGEST_REPLY)
    evidence: list[Evidence] = [
        evidence_by_id(session, return_.id, number) for number in sorted(set(evidence_ids))
    ]
    if new is not None:
        details = EvidenceDetails(new.description, new.kind, (standard,))
        evidence.append(add_to_sent(session, actor, role, return_, new.source, details, now=now))
    reply = Reply(
        shared_rating_id=shared.id,
        accepted=False,
        reason=reason,
        replied_at=now,
        replied_by_id=actor.user_id,
        evidence=evidence,
    )
    session.add(reply)
    session.flush()
    log.record_for(
        session, return_, actor, role, "reply.disputed", ("reply", reply.id), now=now,
        after={
            "standard": standard,
            "reason": reason,
            "evidence": [each.filename or each.url for each in evidence],
        },
    )  # fmt: skip
    notices.tell(
        session,
        notices.panel(session, return_, (Role.CHAIR,), now),
        "rating_disputed",
        f"disputed:{reply.id}",
        return_,
        path=f"/returns/{return_.id}/disputes/{standard}",
        now=now,
        standard=standard,
    )
    return reply


def decide(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    reason: str,
    change: Change | None = None,
    now: datetime,
) -> DisputeDecision:
    """Decide a dispute: keep the rating, or change it, with a reason; return the decision.

    What is decided last makes the ratings final, unless the agency still has time to answer others.
    A change says what a rating says, amber and red with the improvement and its date. Raises
    Invalid with a problem for each field, Refused where it was decided before.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.MODERATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission = submission_in_review(session, return_)
    sharing = _shared(session, return_)
    shared = next((each for each in disputes(sharing) if each.standard == standard), None)
    if shared is None or shared.reply is None:
        raise Refused(f"Standard {standard} is not disputed.")
    if shared.reply.decision is not None:
        raise Refused("This dispute has been decided already.")
    problems: dict[str, str] = {}
    try:
        reason = several_lines(reason, "reason", "reason for the decision", LONGEST_REPLY)
    except Invalid as error:
        problems |= error.problems
    agreement_id = None
    if change is not None:
        wanted = Wanted.of(
            choice_of(session, return_, standard, change.label),
            comment=change.comment,
            improvement=change.improvement,
            improvement_due_on=change.improvement_due_on,
            na_reason=change.na_reason,
            monitor=change.monitor,
        )
        problems |= wanted.problems(london_today(now), date_needed=True)
        if change.label == shared.agreement.label:
            problems["label"] = "Choose another rating, or keep the one that was agreed"
    if problems:
        raise Invalid("The decision was not saved.", problems)
    if change is not None:
        found = round_of(session, return_)
        stand = next(each for each in found.stands if each.standard.number == standard)
        made = add_agreement(
            session, actor, role, return_, submission, found, stand, wanted, reason, now=now
        )
        agreement_id = made.id
    decision = DisputeDecision(
        reply_id=shared.reply.id,
        agreement_id=agreement_id,
        reason=reason,
        decided_at=now,
        decided_by_id=actor.user_id,
    )
    session.add(decision)
    session.flush()
    log.record_for(
        session, return_, actor, role, "reply.decided", ("reply", shared.reply.id), now=now,
        after={
            "standard": standard,
            "decision": "changed" if change is not None else "kept",
            "reason": reason,
        },
    )  # fmt: skip
    _go_on(session, actor, role, return_, now)
    return decision


def must_be_in_time(sharing: Sharing, now: datetime) -> None:
    """Raise Refused once the time for a reply is over."""
    if time_is_over(sharing, now):
        assert sharing.reply_by is not None  # or it would never be over
        raise Refused(
            f"The time for an answer ended on {in_words(sharing.reply_by)}. The ratings stand as"
            " they were agreed."
        )


def _for_reply(
    session: Session, actor: Actor, return_id: int, now: datetime
) -> tuple[Return, Role, Sharing]:
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.REPLY, facts_of(return_), sees=Can.SEE_SHARED)
    submission_in_review(session, return_)
    sharing = _shared(session, return_)
    must_be_in_time(sharing, now)
    return return_, role, sharing


def _shared(session: Session, return_: Return) -> Sharing:
    sharing = open_sharing(session, return_.id)
    if sharing is None:
        raise Refused(NOTHING_SHARED)
    return sharing


def _unanswered(sharing: Sharing, standard: int) -> SharedRating:
    shared = next((each for each in sharing.ratings if each.standard == standard), None)
    if shared is None:
        raise NotFound("There is no such rating to answer.")
    if shared.reply is not None:
        raise Refused(f"The rating of standard {standard} has been answered already.")
    return shared


def _go_on(session: Session, actor: Actor, role: Role, return_: Return, now: datetime) -> None:
    """Publish what is shared once nothing is left to answer or to decide."""
    sharing = _shared(session, return_)
    if may_be_final(sharing, now):
        finalise(session, actor, role, return_, sharing, now=now)
