"""The second factor: an authenticator app, and recovery codes for the day it is lost (domain rule
65). A code is taken once, in whichever web process."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.second_factor import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    normal_code,
    recovery_code,
    step_of,
)
from s11audit.models import (
    Authenticator,
    Grant,
    Membership,
    Passkey,
    RecoveryCode,
    Return,
    User,
)
from s11audit.services import log, user_sessions
from s11audit.services.letters import letter
from s11audit.services.outbox import queue
from s11audit.services.sealing import Sealer

WRONG_CODE = "That code is not right. Wait for the next one in your app and enter it"


def set_up_app(
    session: Session,
    actor: Actor,
    secret: bytes,
    code: str,
    sealer: Sealer,
    *,
    here: int | None,
    now: datetime,
) -> list[str]:
    """Make the app that holds `secret` the actor's, in the place of one they had, once its `code`
    shows that it works. They stay signed in `here` alone. Returns new recovery codes where they
    had none left to use, else none.

    Raises Invalid where the code is wrong.
    """
    assert actor.user_id is not None
    _lock(session, actor.user_id)
    step = step_of(secret, normal_code(code), now, after=0)
    if step is None:
        raise Invalid(f"{WRONG_CODE}.", {"code": WRONG_CODE})
    session.execute(delete(Authenticator).where(Authenticator.user_id == actor.user_id))
    session.add(
        Authenticator(
            user_id=actor.user_id, secret=sealer.seal(secret), last_step=step, added_at=now
        )
    )
    user_sessions.end_all(session, actor.user_id, but=here, now=now)
    _note(session, actor, "second_factor.set_up", "an authenticator app was set up", now)
    return [] if unused_codes(session, actor.user_id) else _new_codes(session, actor.user_id, now)


def remove_app(session: Session, actor: Actor, *, must_have: bool, now: datetime) -> None:
    """Take the actor's app away. Raises Refused where they must have a second factor and have no
    passkey, NotFound where there is none."""
    assert actor.user_id is not None
    _lock(session, actor.user_id)
    if must_have and not _count_passkeys(session, actor.user_id):
        raise Refused("You must have a second factor. Set up another one before you remove this.")
    found = session.execute(delete(Authenticator).where(Authenticator.user_id == actor.user_id))
    if not getattr(found, "rowcount", 0):
        raise NotFound("There is no authenticator app.")
    if not _count_passkeys(session, actor.user_id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == actor.user_id))
    _note(session, actor, "second_factor.removed", "the authenticator app was removed", now)


def renew_codes(session: Session, actor: Actor, *, now: datetime) -> list[str]:
    """Give the actor new recovery codes and return them; the old ones no longer work. Raises
    Refused where they have no second factor."""
    assert actor.user_id is not None
    _lock(session, actor.user_id)
    if not has_factor(session, actor.user_id):
        raise Refused("Set up a second factor first.")
    codes = _new_codes(session, actor.user_id, now)
    _note(session, actor, "second_factor.codes_renewed", "new recovery codes were made", now)
    return codes


def first_codes(session: Session, user_id: int, *, now: datetime) -> list[str]:
    """Return new recovery codes for somebody who has a second factor and no code left; else
    none."""
    return [] if unused_codes(session, user_id) else _new_codes(session, user_id, now)


def take_code(session: Session, user_id: int, typed: str, sealer: Sealer, *, now: datetime) -> bool:
    """Return whether a code of the person's app is right, and have it taken no second time."""
    found = session.scalar(
        select(Authenticator).where(Authenticator.user_id == user_id).with_for_update()
    )
    secret = sealer.open(found.secret) if found else None
    if found is None or secret is None:
        return False
    step = step_of(secret, normal_code(typed), now, after=found.last_step)
    if step is None:
        return False
    found.last_step = step
    if not sealer.is_current(found.secret):
        found.secret = sealer.seal(secret)
    return True


def take_recovery_code(session: Session, user: User, typed: str, *, now: datetime) -> bool:
    """Return whether a recovery code of the person is right, and have it taken no second time.
    They are told by e-mail, with how many are left."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _code_hash(user.id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now),
        execution_options={"synchronize_session": False},
    )
    if not getattr(used, "rowcount", 0):
        return False
    left = unused_codes(session, user.id)
    words = f"a recovery code was used to sign in; you have {left} left"
    actor = Actor(user.id, user.name, user.email)
    _note(session, actor, "second_factor.code_used", words, now)
    return True


def reset(
    session: Session, actor: Actor, user_id: int, *, board_id: int | None, now: datetime
) -> None:
    """Take away every second factor of a person who has lost theirs: app, recovery codes and
    passkeys. They are signed out everywhere, told by e-mail, and led to set up a new one where
    they must have it.

    An administrator may do it for anybody; a board's office (`board_id`) for who holds roles on
    that board alone. Nobody does it for themselves. Raises NotFound and Refused.
    """
    role = policy.check(
        actor,
        Can.MANAGE_PEOPLE if board_id is not None else Can.MANAGE_INSTALLATION,
        Facts(board_id),
    )
    user = _lock(session, user_id)
    if actor.user_id == user_id:
        raise Refused("You cannot do this for yourself. Ask another administrator.")
    if role is not Role.ADMIN:
        assert board_id is not None
        _check_of_board(session, user_id, board_id)
    for table in (Authenticator, RecoveryCode, Passkey):
        session.execute(delete(table).where(table.user_id == user_id))
    user_sessions.end_all(session, user_id, now=now)
    log.record(
        session, actor, role, "second_factor.reset", "user", user_id,
        now=now, board_id=board_id, after={"person": user.email},
    )  # fmt: skip
    _tell(session, user, f"your second factor was taken away by {actor.name}", now)


def has_factor(session: Session, user_id: int) -> bool:
    """Return whether a person has an authenticator app or a passkey."""
    return has_app(session, user_id) or bool(_count_passkeys(session, user_id))


def has_app(session: Session, user_id: int) -> bool:
    """Return whether a person has an authenticator app."""
    found = session.scalar(select(Authenticator.id).where(Authenticator.user_id == user_id))
    return found is not None


def unused_codes(session: Session, user_id: int) -> int:
    """Return how many recovery codes a person has left."""
    found: Sequence[int] = session.scalars(
        select(RecoveryCode.id).where(
            RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
        )
    ).all()
    return len(found)


def note_change(session: Session, actor: Actor, what: str, words: str, *, now: datetime) -> None:
    """Log a change of the actor's own second factor and tell them by e-mail."""
    _note(session, actor, what, words, now)


def tell_of_wrong_codes(session: Session, user_id: int, path: str, *, now: datetime) -> None:
    """Tell a person that somebody got past their password and not past the code; `path` is where
    they set a new password."""
    user = session.get_one(User, user_id)
    link = f"{session.info.get('base_url', '')}{path}"
    subject, body = letter("wrong_codes", name=user.name, at=now, link=link)
    queue(
        session,
        dedupe_key=f"wrong-codes:{user.id}:{now.isoformat()}",
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        now=now,
    )


def _new_codes(session: Session, user_id: int, now: datetime) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [recovery_code(token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_code_hash(user_id, code), made_at=now)
        for code in codes
    )
    session.flush()
    return codes


def _code_hash(user_id: int, typed: str) -> str:
    return sha256(f"{user_id}:{normal_code(typed)}".encode()).hexdigest()


def _lock(session: Session, user_id: int) -> User:
    """Return the person, and have their factors changed by one at a time."""
    found = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _count_passkeys(session: Session, user_id: int) -> int:
    return len(session.scalars(select(Passkey.id).where(Passkey.user_id == user_id)).all())


def _check_of_board(session: Session, user_id: int, board_id: int) -> None:
    """Refuse who holds a role elsewhere too: what opens other boards is not this office's to
    weaken."""
    places = session.execute(
        select(Grant.role, func.coalesce(Grant.board_id, Membership.board_id))
        .outerjoin(Return, Return.id == Grant.return_id)
        .outerjoin(
            Membership, Membership.id == func.coalesce(Grant.membership_id, Return.membership_id)
        )
        .where(Grant.user_id == user_id, Grant.ended_at.is_(None))
    ).all()
    here = [board == board_id for _role, board in places]
    if not any(here):
        raise NotFound("There is no such person on this board.")
    if not all(here):
        raise Refused(
            "This person holds roles outside your board too. Ask an administrator to do this."
        )


def _note(session: Session, actor: Actor, what: str, words: str, now: datetime) -> None:
    assert actor.user_id is not None
    log.record(session, actor, None, what, "user", actor.user_id, now=now, board_id=None)
    _tell(session, session.get_one(User, actor.user_id), words, now)


def _tell(session: Session, user: User, words: str, now: datetime) -> None:
    subject, body = letter(
        "second_factor_changed",
        name=user.name,
        words=words,
        at=now,
        link=f"{session.info.get('base_url', '')}/account",
    )
    queue(
        session,
        dedupe_key=f"second-factor:{user.id}:{now.isoformat()}:{words[:40]}",
        to_email=user.email,
        subject=subject,
        body=body,
        board_id=None,
        now=now,
    )
