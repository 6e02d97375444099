"""Keeping a record that what is held on a person was given out (domain rule 84)."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can
from s11audit.models import User
from s11audit.services import log


def note_export(session: Session, actor: Actor, user: User | None, *, now: datetime) -> None:
    """Log that somebody took a copy of all that is held on an account, or on somebody without one.
    One's own is everybody's to take, anybody's an administrator's. Raises NotAllowed, NotFound."""
    own = user is not None and user.id == actor.user_id
    role = None if own else policy.check(actor, Can.MANAGE_INSTALLATION, policy.INSTALLATION)
    if user is not None and session.get(User, user.id) is None:
        raise NotFound("There is no such account.")
    log.record(
        session, actor, role, "user.held_exported", "user", user.id if user else None,
        now=now, board_id=None,
    )  # fmt: skip
