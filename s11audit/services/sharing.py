"""Agreed ratings on their way to publication: shared with the agency alone, then final (domain
rule 22)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from s11audit.domain import lifecycle
from s11audit.domain.dates import london_today
from s11audit.domain.enums import ReturnState, Role, Standing
from s11audit.domain.errors import Conflict, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can, check
from s11audit.models import (
    Agreement,
    MonitoringFlag,
    Publication,
    Return,
    SharedRating,
    Sharing,
)
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.replies import may_be_final, sharing_by_id
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.queries.reviews import flags_of
from s11audit.scoring.words import listed
from s11audit.services import log, notices
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.services.rateable import SHORTFALL, must_be_rateable, submission_in_review

CHANGED_SINCE = (
    "A rating has changed since you opened the page. Nothing was shared. Read the ratings again,"
    " then go on."
)


def share(
    session: Session, actor: Actor, return_id: int, *, seen: str | None = None, now: datetime
) -> Sharing:
    """Share the agreed ratings of a return with its agency, and return the sharing.

    The agency is told and has the board's days to reply. Where it has none, they are published at
    once. `seen` is the `Round.offer` that the person saw (None: do not compare). Raises Refused
    where a standard is not agreed or nothing is new, Conflict where another offer stands now.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.MODERATE, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    found = round_of(session, return_)
    must_be_as_seen(found, seen)
    return share_in(session, actor, role, return_, found, now=now)


def must_be_as_seen(found: Round, seen: str | None) -> None:
    """Raise Conflict where something else would be shared than the person saw on the page."""
    if seen is not None and found.sharing is None and found.offer != seen:
        raise Conflict(CHANGED_SINCE, found.number)


def share_in(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    found: Round,
    *,
    now: datetime,
) -> Sharing:
    """As `share`, for a caller that has locked stage and return and checked the actor."""
    if found.sharing is not None:
        raise Refused("The agreed ratings are with the agency already.")
    if not found.open:
        raise Refused("The reviewers have not all finished.")
    if found.to_agree:
        numbers = [str(each.standard.number) for each in found.to_agree]
        plural = "s" if len(numbers) > 1 else ""
        raise Refused(
            f"The ratings cannot be shared yet: agree on standard{plural} {listed(numbers)} first."
        )
    agreements = [each.agreement for each in found.stands if each.agreement is not None]
    if not agreements:
        raise Refused("There is nothing new to share with this agency.")
    days = return_.membership.board.reply_days
    sharing = Sharing(
        return_id=return_.id,
        number=found.number + 1,
        shared_at=now,
        shared_by_id=actor.user_id,
        reply_by=london_today(now) + timedelta(days=days) if days else None,
        ratings=[SharedRating(standard=each.standard, agreement_id=each.id) for each in agreements],
    )
    session.add(sharing)
    session.flush()
    if sharing.reply_by is None:
        finalise(session, actor, role, return_, sharing, now=now)
        return sharing
    log.record_for(
        session, return_, actor, role, "ratings.shared", ("sharing", sharing.id), now=now,
        after={"reply_by": sharing.reply_by, "ratings": _by_standard(agreements)},
    )  # fmt: skip
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        "ratings_shared",
        f"shared:{sharing.id}",
        return_,
        path=f"/returns/{return_.id}/reply",
        now=now,
        reply_by=sharing.reply_by,
        improvements=sum(each.rag in SHORTFALL for each in agreements),
    )
    return sharing


def finalise_if_due(
    session: Session, actor: Actor, sharing_id: int, *, now: datetime
) -> Publication | None:
    """Publish shared ratings whose time for a reply has ended, and return the publication; None
    where they are final already, wait for a decision, or may not be published now. Done twice, it
    does nothing. For the background worker."""
    found = sharing_by_id(session, sharing_id)
    if found is None or found.publication_id is not None:
        return None
    hold_stage(session, found.return_id)
    return_ = return_by_id(session, found.return_id, for_update=True)
    sharing = sharing_by_id(session, sharing_id)
    if sharing is None or sharing.publication_id is not None:
        return None
    if return_.standing is not Standing.ASKED or not may_be_final(sharing, now):
        return None
    return finalise(session, actor, None, return_, sharing, now=now)


def finalise(
    session: Session,
    actor: Actor,
    role: Role | None,
    return_: Return,
    sharing: Sharing,
    *,
    now: datetime,
) -> Publication:
    """Publish what was shared, as it was agreed or decided since, and return the publication. The
    return becomes rated, and closed where its stage is; the agency is told. The caller has locked
    stage and return, and knows that they may be final."""
    must_be_rateable(return_)
    final = [(each, _decided(session, each)) for each in sharing.ratings]
    sharer = Actor(user_id=sharing.shared_by_id, name="")
    publication = publish_ratings(
        session,
        sharer,
        return_,
        [_agreed(agreement, _is_disputed(each)) for each, agreement in final],
        effective_at=now,
        now=now,
    )
    sharing.publication_id = publication.id
    sharing.publication = publication
    _lift_flags(session, sharer, return_, [agreement for _, agreement in final], now)
    before = return_.state
    return_.state = _after_publication(return_, publication)
    session.flush()
    disputed = [str(each.standard) for each, _ in final if _is_disputed(each)]
    after: dict[str, object] = {
        "state": return_.state,
        "publication": publication.number,
        "ratings": _by_standard([agreement for _, agreement in final]),
    }
    if disputed:
        after["disputed"] = disputed
    log.record_for(
        session, return_, actor, role, "return.published", now=now,
        before={"state": before}, after=after,
    )  # fmt: skip
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        "ratings_published",
        f"published:{return_.id}:{publication.number}",
        return_,
        path=f"/returns/{return_.id}/ratings",
        now=now,
        improvements=sum(agreement.rag in SHORTFALL for _, agreement in final),
        first=publication.number == 1,
        disputed=len(disputed),
    )
    return publication


def _decided(session: Session, shared: SharedRating) -> Agreement:
    """Return what stands for a shared rating: what was agreed, or what a dispute changed it to."""
    decision = shared.reply.decision if shared.reply is not None else None
    number = shared.agreement_id
    if decision is not None and decision.agreement_id is not None:
        number = decision.agreement_id
    return session.get_one(Agreement, number)


def _is_disputed(shared: SharedRating) -> bool:
    return shared.reply is not None and not shared.reply.accepted


def _by_standard(agreements: list[Agreement]) -> dict[str, str]:
    return {str(each.standard): each.rag for each in agreements}


def _agreed(agreement: Agreement, disputed: bool) -> Agreed:
    return Agreed(
        standard=agreement.standard,
        label=agreement.label,
        rag=agreement.rag,
        comment=agreement.comment,
        improvement=agreement.improvement,
        improvement_due_on=agreement.improvement_due_on,
        na_reason=agreement.na_reason,
        monitor=agreement.monitor,
        reason=agreement.reason,
        disputed=disputed,
    )


def _lift_flags(
    session: Session, actor: Actor, return_: Return, published: list[Agreement], now: datetime
) -> None:
    """A standard rated again without the flag to monitor is no longer monitored."""
    flags = flags_of(session, return_.id)
    for agreement in published:
        if not agreement.monitor and (agreement.standard, None) in flags:
            session.add(
                MonitoringFlag(
                    return_id=return_.id,
                    standard=agreement.standard,
                    raised=False,
                    reason=agreement.reason,
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
