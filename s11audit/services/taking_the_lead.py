"""What follows when a successor accepts: the outgoing lead's role ends (domain rule 69)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor
from s11audit.models import Grant, HandOver, Invitation, User
from s11audit.services import log, outbox
from s11audit.services.grants import RolePlace
from s11audit.services.letters import letter


def complete(
    session: Session, actor: Actor, invitation: Invitation, place: RolePlace, *, now: datetime
) -> None:
    """End the role of the lead whose successor `actor` is by this invitation: now, or after the
    day until which it stays. As a contributor the successor is one no longer. Nothing happens
    where the invitation hands nothing over."""
    handed = session.scalar(select(HandOver).where(HandOver.invitation_id == invitation.id))
    if handed is None:
        return
    roles = {handed.from_user_id: Role.LEAD, actor.user_id: Role.CONTRIBUTOR}
    for grant in session.scalars(
        select(Grant)
        .where(
            Grant.membership_id == handed.membership_id,
            Grant.user_id.in_(roles),
            Grant.ended_at.is_(None),
        )
        .order_by(Grant.id)
        .with_for_update()
    ):
        if roles[grant.user_id] is not grant.role:
            continue
        outgoing = grant.role is Role.LEAD
        if outgoing and handed.stays_until and handed.stays_until >= london_today(now):
            grant.until = handed.stays_until
            what, after = "role.ends", {"until": grant.until}
        else:
            grant.ended_at = now
            what, after = "role.ended", {}
        log.record(
            session, actor, None, what, "grant", grant.id, now=now, board_id=place.board_id,
            before={"user_id": grant.user_id, "role": grant.role.value, "place": place.name},
            after=after,
        )  # fmt: skip
    _tell(session, handed, actor, place, now)
    log.record(
        session, actor, None, "hand_over.accepted", "hand_over", handed.id, now=now,
        board_id=place.board_id, after={"from_user_id": handed.from_user_id, "place": place.name},
    )  # fmt: skip


def _tell(
    session: Session, handed: HandOver, actor: Actor, place: RolePlace, now: datetime
) -> None:
    """Tell the outgoing lead that the successor has accepted; not one whom the office replaced."""
    outgoing = session.get_one(User, handed.from_user_id)
    if handed.by_office or not outgoing.active:
        return
    subject, body = letter(
        "hand_over_accepted",
        name=outgoing.name,
        agency=place.name,
        board=place.board_name,
        successor=actor.name,
        until=handed.stays_until
        if handed.stays_until and handed.stays_until >= london_today(now)
        else None,
    )
    outbox.queue(
        session,
        dedupe_key=f"hand-over:{handed.id}:accepted",
        to_email=outgoing.email,
        subject=subject,
        body=body,
        board_id=place.board_id,
        now=now,
    )
