"""Tries that fail are counted in the database: by account and by address (domain rule 64)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from s11audit.domain.enums import Role
from s11audit.domain.throttling import Limit
from s11audit.extensions import db
from s11audit.jobs.signing_in import forget_old
from s11audit.models import SignInTry, UserSession
from s11audit.services import sign_in_tries
from s11audit.transactions import writing
from s11audit.views import proof
from tests import factories as make

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STRANGER, OFFICE_NETWORK = "198.51.100.9", "192.0.2.1"
RIGHT, NEW = make.PASSWORD, "another long pass phrase"
TOO_MANY = "There were too many tries that failed"


@pytest.fixture
def throttled(client, monkeypatch):
    """The client's application, with limits small enough to be reached."""
    monkeypatch.setitem(client.application.config, "COUNTS_TRIES", True)
    monkeypatch.setitem(client.application.config, "LOGIN_LIMIT", "8 per minute")
    monkeypatch.setitem(client.application.config, "ACCOUNT_LIMIT", "3 per 15 minutes")
    # To hash is slow on purpose, and not what is tried here.
    monkeypatch.setattr(proof, "verify_password", lambda given, _stored: given in (RIGHT, NEW))
    return client.application


@pytest.fixture
def olive(session):
    made = make.user(session, Role.LEAD, membership=make.membership(session, make.board(session)))
    session.commit()
    return made


def attempt(client, email, password="not the password", address=STRANGER):
    answer = client.post(
        "/login",
        data={"email": email, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code


@SQLITE
def test_a_stranger_who_tries_is_stopped_and_the_person_is_not(throttled, session, olive):
    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False) as clock:
        own = throttled.test_client()
        assert attempt(own, olive.email, make.PASSWORD, OFFICE_NETWORK) == 302
        own.post("/logout")
        strange = throttled.test_client()
        assert [attempt(strange, olive.email) for _ in range(4)] == [200, 200, 200, 429]
        page = strange.post("/login", data={"email": olive.email, "password": make.PASSWORD})
        assert page.status_code == 429, "the right password is not even looked at"
        assert f"{TOO_MANY}. Wait 15 minutes, then try again" in page.text
        assert olive.email in page.text, "what was typed is kept"
        # In the browser where she has signed in before, she goes on.
        assert attempt(own, olive.email, address=OFFICE_NETWORK) == 200
        assert attempt(own, olive.email, make.PASSWORD, OFFICE_NETWORK) == 302
        # Elsewhere she waits no longer than a quarter of an hour after the stranger's last try.
        clock.shift(timedelta(minutes=15, seconds=1))
        assert attempt(throttled.test_client(), olive.email, make.PASSWORD) == 302


@SQLITE
def test_an_address_that_nobody_has_is_stopped_in_the_same_words(throttled, session, olive):
    client = throttled.test_client()
    for email in (olive.email, "nobody@example.org"):
        for _ in range(3):
            assert attempt(client, email) == 200
    pages = [
        client.post(
            "/login",
            data={"email": email, "password": "x"},
            environ_base={"REMOTE_ADDR": OFFICE_NETWORK},
        )
        for email in (olive.email, "nobody@example.org")
    ]
    assert [page.status_code for page in pages] == [429, 429]
    assert pages[0].text.replace(olive.email, "") == pages[1].text.replace("nobody@example.org", "")
    # What is counted is kept by a keyed hash: neither addresses nor names.
    assert all(len(key) == 64 for key in session.scalars(select(SignInTry.key)))


@SQLITE
def test_colleagues_who_succeed_use_up_nobodys_tries(throttled, session, olive):
    for _ in range(12):
        assert attempt(throttled.test_client(), olive.email, make.PASSWORD, OFFICE_NETWORK) == 302
    session.rollback()
    assert session.scalar(select(func.count(SignInTry.id))) == 0
    tried = [attempt(throttled.test_client(), f"a{n}@x.org", "x", OFFICE_NETWORK) for n in range(9)]
    assert tried == [200] * 8 + [429]
    assert attempt(throttled.test_client(), olive.email, make.PASSWORD, STRANGER) == 302


@SQLITE
def test_each_spelling_of_a_name_is_the_same_account(throttled, session, olive):
    olive.sign_in_name = "olive"
    session.commit()
    for spelt in (
        ["olive", "OLIVE", " ｏlive", "olivｅ"],
        [" Nobody@x.org", *["nobody@x.org"] * 3],
    ):
        tried = [attempt(throttled.test_client(), each) for each in spelt]
        assert tried == [200, 200, 200, 429]


@SQLITE
def test_whoever_fails_on_purpose_locks_out_nobody_behind_the_same_address(
    throttled, session, olive
):
    own = throttled.test_client()
    assert attempt(own, olive.email, make.PASSWORD, OFFICE_NETWORK) == 302
    hostile = throttled.test_client()
    for n in range(8):
        attempt(hostile, f"a{n}@x.org", "x", OFFICE_NETWORK)
    assert attempt(hostile, "b@x.org", "x", OFFICE_NETWORK) == 429
    here = {"REMOTE_ADDR": OFFICE_NETWORK}
    change = {"password": "wrong", "new_password": NEW, "new_password_confirm": NEW}
    assert "not your password" in own.post("/change", data=change, environ_base=here).text
    own.post("/logout")
    assert attempt(own, olive.email, make.PASSWORD, OFFICE_NETWORK) == 302
    hostile.post("/login/passkey", data={"credential": "{}"}, environ_base=here)
    assert TOO_MANY not in hostile.get("/login").text, "a passkey is not held up"


@SQLITE
def test_asking_for_links_is_limited_and_a_new_password_forgives(throttled, session, olive):
    throttled.config["ACCOUNT_LIMIT"] = "1 per 15 minutes"
    client = throttled.test_client()
    for email in (olive.email, "nobody@example.org"):
        asked = [client.post("/reset", data={"email": email}).status_code for _ in range(2)]
        assert asked == [200, 429]
    assert attempt(throttled.test_client(), olive.email) == 200
    assert attempt(throttled.test_client(), olive.email) == 429
    with throttled.test_request_context():
        from s11audit.views.signing_in import _reset_path

        path = _reset_path(olive)
    other = throttled.test_client()
    assert other.post(path, data={"password": NEW, "password_confirm": NEW}).location == "/login"
    assert attempt(other, olive.email, NEW) == 302


@SQLITE
def test_invitations_and_new_passwords_are_counted_in_the_database_too(throttled, session, olive):
    with throttled.test_request_context():
        from s11audit.views.signing_in import _reset_path

        path = _reset_path(olive)
    short, right = ({"password": each, "password_confirm": each} for each in ("short", NEW))
    client = throttled.test_client()
    assert client.post(path, data=short).status_code == 200
    assert client.post(path, data=right).location == "/login"
    assert session.scalar(select(func.count(SignInTry.id))) == 1, "who succeeds uses up no try"
    tried = [client.post("/invitations/made-up") for _ in range(9)]
    assert [each.status_code for each in tried] == [404] * 8 + [429]
    assert f"{TOO_MANY}. Wait 1 minute, then try again." in tried[-1].text
    tried = [client.head("/sign-in/made-up").status_code for _ in range(9)]
    assert tried == [404] * 8 + [429], "asking for the head alone is asking too"
    elsewhere = {"REMOTE_ADDR": OFFICE_NETWORK}
    assert client.post("/invitations/made-up", environ_base=elsewhere).status_code == 404


def test_many_at_once_get_no_further_than_one_after_the_other(app):
    """As several web processes: each with connections of its own."""
    limits = {"account": [Limit(5, timedelta(minutes=1))]}
    now = datetime.now(UTC)

    def one(_):
        with app.app_context(), writing() as session:
            return not sign_in_tries.take(session, limits, now=now).wait

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(20))) == 5
    with app.app_context():
        assert db.session.scalar(select(func.count(SignInTry.id))) == 5


@SQLITE
def test_what_is_old_is_swept(app, session, olive):
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    for days in (0, 1, 2):
        session.add(SignInTry(key="k", at=now - timedelta(days=days)))
    for days, ended in ((0, None), (10, 9), (40, 39), (45, None), (36, None)):
        session.add(
            UserSession(
                user_id=olive.id,
                token_hash=f"{days}",
                created_at=now - timedelta(days=days),
                last_seen_at=now - timedelta(days=days),
                ended_at=None if ended is None else now - timedelta(days=ended),
                device="",
                address="",
            )
        )
    session.commit()
    forget_old(now)
    assert session.scalar(select(func.count(SignInTry.id))) == 2
    assert set(session.scalars(select(UserSession.token_hash))) == {"0", "10"}
