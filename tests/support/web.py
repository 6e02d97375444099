"""Signing in, for the test client and for the browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import object_session

from s11audit.extensions import db
from s11audit.models import UserSession
from s11audit.services.user_sessions import token_hash
from s11audit.sessions import TOKEN
from s11audit.transactions import Busy, writing_if_free
from tests.factories import PASSWORD


def sign_in(client: Any, user: Any) -> None:
    """Sign `user` in on Flask's test client without asking for the password. The session is made
    once for each client and person, and used again for as long as nobody ends it."""
    uniquifier, token = user.fs_uniquifier, f"test-{id(client)}-{user.id}"
    with client.application.app_context():
        _have_session(token, user)
    with client.session_transaction() as session:
        session.clear()
        session.permanent = True
        session["_user_id"] = uniquifier
        session["_fresh"] = True
        session[TOKEN] = token


def _have_session(token: str, user: Any) -> None:
    now, hashed = datetime.now(UTC), token_hash(token)
    found = db.session.scalar(select(UserSession).where(UserSession.token_hash == hashed))
    if found is not None and not found.ended_at and abs(now - found.created_at) < timedelta(0, 240):
        return
    wanted = UserSession(
        id=found.id if found else None,
        user_id=user.id,
        token_hash=hashed,
        created_at=now,
        last_seen_at=now,
        ended_at=None,
        device="Firefox on Linux",
        address="127.0.0.1",
    )
    db.session.rollback()
    holds = object_session(user)
    try:
        with writing_if_free() as write:
            write.merge(wanted)
    except (Busy, IntegrityError):  # the test itself is about to store something, or the person
        assert holds is not None, "somebody else writes while a test signs in"
        holds.merge(wanted)
        holds.commit()
    if holds is not None and not (holds.new or holds.dirty or holds.deleted):
        holds.commit()  # what it read before this was written would keep it from writing (SQLite)


def sign_in_page(page: Any, url: str, email: str, password: str = PASSWORD) -> None:
    """Sign in with real keys and clicks on the service at `url`."""
    page.goto(f"{url}/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit], main input[type=submit]").first.click()
    page.wait_for_url(lambda address: "/login" not in address)
