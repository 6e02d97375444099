"""Forgets what signing in leaves behind: tries that count no more, sessions long over, challenges
that were answered."""

from datetime import datetime, timedelta

from s11audit.services import passkeys, sign_in_tries, user_sessions
from s11audit.sessions import idle_end, longest
from s11audit.transactions import writing


def forget_old(now: datetime) -> None:
    """Delete them. Needs an application context."""
    with writing() as session:
        sign_in_tries.forget_old(session, now=now)
        passkeys.forget_old(session, now - timedelta(days=1))
        user_sessions.forget_old(session, idle=idle_end(), longest=longest(), now=now)
