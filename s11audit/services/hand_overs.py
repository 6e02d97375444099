"""Handing a lead's role over: by the lead to a successor, or by the board office where a lead has
left (domain rule 69). Returns, drafts, reasons and what is assigned stay with the agency."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.addresses import normal_email
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import several_lines
from s11audit.models import Grant, HandOver, HandOverNote, Invitation, Membership, User
from s11audit.services import accounts, grants, log

LONGEST_NOTE = 5000
LONGEST_STAY = timedelta(days=366)


@dataclass(frozen=True)
class Successor:
    """Who is to be lead: a colleague by id, or somebody to be invited by name and address.
    `shared`: the address is a mailbox of several people, and this is another of them."""

    colleague_id: int | None = None
    name: str = ""
    email: str = ""
    shared: bool = False


def hand_over(
    session: Session,
    actor: Actor,
    membership_id: int,
    successor: Successor,
    *,
    stays_until: date | None = None,
    now: datetime,
) -> HandOver:
    """Offer the actor's own role of a lead to a successor. It ends when the successor accepts, or
    with the day `stays_until` where that is later.

    Raises Invalid for a wrong successor or day, Refused where the actor hands it over already or
    holds no role of a lead there that could be handed over.
    """
    place = grants.place_of(session, Role.LEAD, board_id=None, membership_id=membership_id)
    held = policy.check(actor, Can.HAND_OVER, _facts(place), sees=Can.SEE_AGENCY)
    own = _lead_grant(session, membership_id, actor.user_id, now)
    today = london_today(now)
    if stays_until is not None and not today <= stays_until <= today + LONGEST_STAY:
        message = "The day must be today or later, and within a year"
        raise Invalid(f"{message}.", {"stays_until": message})
    if waiting_from(session, membership_id, own.user_id) is not None:
        raise Refused("You are handing over already. Take that back first.")
    return _begin(
        session, actor, held, place, successor, own.user_id,
        stays_until=stays_until, by_office=False, now=now,
    )  # fmt: skip


def replace_lead(
    session: Session,
    actor: Actor,
    board_id: int,
    grant_id: int,
    successor: Successor,
    *,
    now: datetime,
) -> HandOver:
    """End the role of a lead who has left, at once, and offer it to a successor; what the lead
    was handing over is withdrawn. For the board office. Raises NotFound where the board has no
    such lead, Invalid and Refused as `hand_over`."""
    grant = session.get(Grant, grant_id)
    if grant is None or grant.role is not Role.LEAD:
        raise NotFound("There is no such lead on this board.")
    place = grants.place_of(session, Role.LEAD, board_id=None, membership_id=grant.membership_id)
    held = grants.check_may_grant(actor, Role.LEAD, place)
    if normal_email(successor.email) == grant.user.email and not successor.shared:
        message = "This is the address of the lead who has left. Enter the successor’s"
        raise Invalid(f"{message}.", {"email": message})
    grants.end_role(session, actor, grant_id, board_id=board_id, now=now)
    assert grant.membership_id is not None  # a lead's
    waiting = waiting_from(session, grant.membership_id, grant.user_id)
    if waiting is not None:
        accounts.revoke_for(session, actor, held, waiting.invitation, place, now=now)
        session.flush()
    return _begin(
        session, actor, held, place, successor, grant.user_id,
        stays_until=None, by_office=True, now=now,
    )  # fmt: skip


def take_back(session: Session, actor: Actor, membership_id: int, *, now: datetime) -> None:
    """Withdraw what the actor hands over at that agency, before it is accepted. Raises Refused
    where nothing waits."""
    place = grants.place_of(session, Role.LEAD, board_id=None, membership_id=membership_id)
    held = policy.check(actor, Can.HAND_OVER, _facts(place), sees=Can.SEE_AGENCY)
    handed = waiting_from(session, membership_id, actor.user_id, for_update=True)
    if handed is None:
        raise Refused("Nothing waits to be accepted: it was accepted or taken back already.")
    accounts.revoke_for(session, actor, held, handed.invitation, place, now=now)
    log.record(
        session, actor, held, "hand_over.taken_back", "hand_over", handed.id,
        now=now, board_id=place.board_id, before={"to": handed.invitation.email},
    )  # fmt: skip


def save_note(
    session: Session, actor: Actor, membership_id: int, text: str, *, now: datetime
) -> None:
    """Keep what the actor, a lead, leaves to whoever comes after them; empty takes it away.
    Raises Invalid where it is too long."""
    place = grants.place_of(session, Role.LEAD, board_id=None, membership_id=membership_id)
    held = policy.check(actor, Can.HAND_OVER, _facts(place), sees=Can.SEE_AGENCY)
    own = _lead_grant(session, membership_id, actor.user_id, now)
    wanted = several_lines(text, "note", "note", LONGEST_NOTE) if text.strip() else ""
    note = session.scalar(
        select(HandOverNote)
        .where(HandOverNote.membership_id == membership_id, HandOverNote.author_id == own.user_id)
        .with_for_update()
    )
    if wanted == (note.text if note else ""):
        return
    before = note.text if note else ""
    if note is None:
        note = HandOverNote(membership_id=membership_id, author_id=own.user_id)
        session.add(note)
    note.text, note.saved_at = wanted, now
    session.flush()
    log.record(
        session, actor, held, "hand_over.note_saved", "hand_over_note", note.id, now=now,
        board_id=place.board_id, before={"note": before}, after={"note": wanted},
    )  # fmt: skip


def waiting_from(
    session: Session, membership_id: int, user_id: int | None, *, for_update: bool = False
) -> HandOver | None:
    """Return what that person is handing over at the agency and nobody has accepted, or None."""
    statement = (
        select(HandOver)
        .join(HandOver.invitation)
        .where(
            HandOver.membership_id == membership_id,
            HandOver.from_user_id == user_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(HandOver.id.desc())
        .limit(1)
    )
    if for_update:
        statement = statement.with_for_update(of=Invitation)
    return session.scalar(statement)


def _begin(
    session: Session,
    actor: Actor,
    held: Role,
    place: grants.RolePlace,
    successor: Successor,
    from_user_id: int,
    *,
    stays_until: date | None,
    by_office: bool,
    now: datetime,
) -> HandOver:
    assert place.membership is not None
    name, email = successor.name, successor.email
    if successor.colleague_id is not None:
        colleague = _colleague(session, place.membership, successor.colleague_id)
        name, email = colleague.name, colleague.email
    invitation, _link = accounts.offer(
        session, actor, held, email, Role.LEAD, place,
        name=name, now=now, shared=successor.shared, for_user_id=successor.colleague_id,
    )  # fmt: skip
    handed = HandOver(
        membership_id=place.membership.id,
        from_user_id=from_user_id,
        invitation_id=invitation.id,
        stays_until=stays_until,
        by_office=by_office,
        made_at=now,
    )
    session.add(handed)
    session.flush()
    after = {
        "from_user_id": from_user_id,
        "to": invitation.email,
        "place": place.name,
        "stays_until": in_words(stays_until) if stays_until else None,
    }
    log.record(
        session, actor, held, "lead.replaced" if by_office else "hand_over.begun", "hand_over",
        handed.id, now=now, board_id=place.board_id, after=after,
    )  # fmt: skip
    return handed


def _colleague(session: Session, membership: Membership, user_id: int) -> User:
    """Return somebody who works for the agency and is not its lead. Raises Invalid."""
    found = session.scalar(
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.id == user_id,
            User.active.is_(True),
            Grant.membership_id == membership.id,
            Grant.role == Role.CONTRIBUTOR,
            Grant.ended_at.is_(None),
        )
        .limit(1)
    )
    if found is None:
        message = "Choose a colleague from the list"
        raise Invalid(f"{message}.", {"colleague": message})
    return found


def _lead_grant(session: Session, membership_id: int, user_id: int | None, now: datetime) -> Grant:
    """Return the actor's own role of a lead there, locked. Raises Refused without one, as where
    it reaches an agency only by succession."""
    found = session.scalar(
        select(Grant)
        .where(
            Grant.membership_id == membership_id,
            Grant.user_id == user_id,
            Grant.role == Role.LEAD,
            Grant.ended_at.is_(None),
            or_(Grant.until.is_(None), Grant.until >= london_today(now)),
        )
        .with_for_update()
    )
    if found is None:
        raise Refused("Only a safeguarding lead of this agency can hand the role over.")
    return found


def _facts(place: grants.RolePlace) -> Facts:
    assert place.membership is not None
    return Facts(place.board_id, place.membership.id, place.membership.agency_id)
