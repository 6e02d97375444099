"""The session of a request: a row of `user_session`, whose token the browser's signed cookie holds
(domain rule 66). Views begin and end it; every other request only reads it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import login_user, logout_user
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from s11audit.domain.devices import device_in_words
from s11audit.extensions import db
from s11audit.models import User
from s11audit.queries import user_sessions as reads
from s11audit.queries.user_sessions import SignedIn
from s11audit.services import user_sessions
from s11audit.transactions import Busy, writing, writing_if_free

TOKEN = "signed_in"  # the token's name in the cookie
STRONG = "second_factor"  # whether this session began with one that is not ours
NOTED_EVERY = timedelta(minutes=5)  # how often it is written down that a session is in use


class SessionCookie(SecureCookieSessionInterface):
    """The session's cookie: renewed by every request, refused by the server once SESSION_MINUTES
    went by without one, and dropped by the browser when it is closed."""

    def get_expiration_time(self, app: Flask, session: Any) -> datetime | None:
        """Return None: the cookie itself names no time."""
        return None

    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        """Return whether this answer renews the cookie. A style sheet or script does not: one
        that arrives late must not sign somebody in again who has just signed out."""
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def set_up_sessions(app: Flask) -> None:
    """Have the application find out by our table who is signed in."""
    app.session_interface = SessionCookie()
    app.login_manager.user_loader(_load_user)  # type: ignore[attr-defined]
    app.login_manager.request_loader(None)  # type: ignore[attr-defined]
    app.after_request(_note_use)


def begin(user: User, *, second_factor: bool = False) -> None:
    """Sign `user` in here, by a new session: nothing of the one before goes on. `second_factor`:
    they have shown one that is not kept here, so that none is to be set up."""
    end_here()
    session.clear()
    now = datetime.now(UTC)
    with writing() as write:
        token = user_sessions.begin(
            write,
            user.id,
            device=device_in_words(request.user_agent.string),
            address=address(),
            now=now,
        )
    session[TOKEN] = token
    session[STRONG] = second_factor
    session.permanent = True  # it has an end, and every request puts it off
    login_user(user)
    g.pop("actor", None)


def end_here() -> None:
    """Sign out whoever is signed in here, on the server too."""
    here = signed_in()
    if here is not None:
        with writing() as write:
            user_sessions.end(write, here.id, now=datetime.now(UTC))
    g.pop("signed_in", None)
    logout_user()
    session.clear()


def signed_in() -> SignedIn | None:
    """Return the session of this request, None where nobody is signed in."""
    if "signed_in" not in g:
        token = session.get(TOKEN)
        g.signed_in = _live(db.session, token) if isinstance(token, str) else None
    found: SignedIn | None = g.signed_in
    return found


def here() -> int | None:
    """Return the id of this request's session."""
    found = signed_in()
    return found.id if found else None


def has_second_factor() -> bool:
    """Return whether who is signed in has a second factor, or came in by another's."""
    found = signed_in()
    return bool(found and found.has_second_factor) or came_by_anothers_factor()


def came_by_anothers_factor() -> bool:
    """Return whether this session began with a second factor that is not kept here."""
    return session.get(STRONG) is True


def address() -> str:
    """Return the network address that the request came from."""
    return request.remote_addr or ""


def idle_end() -> timedelta:
    """Return how long after it was last noted to be in use a session is over."""
    return timedelta(minutes=current_app.config["SESSION_MINUTES"]) + NOTED_EVERY


def longest() -> timedelta:
    """Return how long a session goes on at most."""
    return timedelta(days=current_app.config["SESSION_DAYS"])


def goes_on() -> bool:
    """Return whether somebody is signed in, and let go of the database at once: for what asks
    before the body of a request is read, which may take long."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return False
    with db.sessionmaker() as reading:
        return _live(reading, token) is not None


def _live(reading: Session, token: str) -> SignedIn | None:
    found = reads.signed_in(reading, user_sessions.token_hash(token))
    now = datetime.now(UTC)
    if found is None or found.last_seen_at <= now - idle_end():
        return None
    return found if found.created_at > now - longest() else None


def _load_user(uniquifier: str) -> User | None:
    found = signed_in()
    if found is None or found.user.fs_uniquifier != uniquifier:
        return None
    return found.user


def _note_use(response: Response) -> Response:
    """Write down every few minutes that the session is in use. A page never waits for it, nor
    fails with it: where somebody else writes, a later request does it."""
    found: SignedIn | None = g.get("signed_in")
    now = datetime.now(UTC)
    if found is not None and found.last_seen_at < now - NOTED_EVERY:
        with suppress(Busy, OperationalError), writing_if_free() as write:
            user_sessions.touch(write, found.id, address=address(), now=now)
    return response
