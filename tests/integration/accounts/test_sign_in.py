"""Signing in and out, forgotten and changed passwords, sessions that end, forged forms."""

import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, func, select, update

from s11audit import create_app
from s11audit.domain.enums import Role
from s11audit.extensions import db
from s11audit.models import AuditLog, Grant, OutboxMessage, User, UserSession
from s11audit.paths import static_address
from s11audit.services import accounts
from s11audit.services.log import verify
from s11audit.transactions import writing
from s11audit.views import proof, signing_in
from tests import factories as make
from tests.support.databases import close_engines
from tests.support.web import sign_in

WRONG = "The e-mail address or sign-in name, or the password, is not right"
WHO = "Enter your e-mail address or sign-in name"
NEW = "another long pass phrase"
LONG_AGO = timedelta(minutes=6)
CHANGES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def person(session):
    board = make.board(session)
    made = make.user(session, Role.OFFICE, board=board, email="olive@example.org", name="Olive")
    session.commit()
    return made


def session_cookie(answer):
    found = answer.headers.getlist("Set-Cookie")
    return next(each for each in found if each.startswith("s11audit="))


@contextmanager
def writing_as(client):
    with client.application.app_context(), writing() as write:
        yield write


def log_in(client, email="olive@example.org", password=make.PASSWORD, **more):
    return client.post("/login", data={"email": email, "password": password, **more})


def test_signing_in_by_any_spelling_of_the_address(client, person):
    answer = log_in(client, " Olive@Example.ORG ")
    assert answer.status_code == 302
    assert client.get("/places").status_code == 200
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 302
    assert client.get("/places").location == "/login?next=/places"


def test_what_was_left_empty_is_told_at_its_field(client, person):
    for page, told in (
        (log_in(client, "", ""), (WHO, "Enter your password")),
        (log_in(client, password=""), ("Enter your password",)),
        (client.post("/reset", data={"email": " "}), (WHO,)),
    ):
        assert WRONG not in page.text
        assert "we have sent it an e-mail" not in page.text
        for words in told:
            assert f">{words}</a>" in page.text


def test_a_password_longer_than_the_hash_takes_fails_nothing_and_tells_nothing(client, person):
    known = log_in(client, password="x" * 5000)
    unknown = log_in(client, "nobody@example.org", "x" * 5000)
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert WRONG in known.text and WRONG in unknown.text
    sign_in(client, person)
    for old, new in (("x" * 5000, NEW), (make.PASSWORD, "y" * 5000)):
        answer = client.post(
            "/change",
            data={"password": old, "new_password": new, "new_password_confirm": new},
        )
        assert answer.status_code == 200
        assert "The password must be 1,000 characters or fewer" in answer.text


def test_wrong_address_and_wrong_password_get_the_same_answer(client, person):
    unknown = log_in(client, "nobody@example.org")
    wrong = log_in(client, password="not the password")
    assert unknown.status_code == wrong.status_code == 200
    assert WRONG in unknown.text and WRONG in wrong.text
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", unknown.text) == strip.sub("", wrong.text)
    assert "not the password" not in wrong.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_nobody_has_makes_the_same_work(client, session, person, monkeypatch):
    """Time tells nobody who has an account: as many hashes, and as many writes."""
    sso = make.user(session, email="sso@example.org")
    sso.password = None
    session.commit()
    hashed, written = [], []
    real = proof.verify_password
    monkeypatch.setattr(proof, "verify_password", lambda *args: hashed.append(1) or real(*args))
    with client.application.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    changes = []
    for email in ("nobody@example.org", person.email, sso.email, "nobody", "Nobody@x.org"):
        assert WRONG in log_in(client, email, "wrong").text
        written.clear()
        client.post("/reset", data={"email": email})
        changes.append([each.split()[0] for each in written if each.split()[0] in CHANGES])
    assert len(hashed) == 5
    with client.application.test_request_context():
        begun = time.process_time()
        for user in (person, sso, person, sso):
            signing_in._reset_path(user)
        spent = time.process_time() - begun
    assert spent < 0.25, "a link is quickly made, or time would tell how many letters are written"
    assert changes[1] == changes[2] == ["INSERT"]
    assert changes[0] == changes[3] == changes[4] == ["INSERT", "DELETE"]
    session.rollback()
    to = session.scalars(select(OutboxMessage.to_email).order_by(OutboxMessage.id)).all()
    assert to == [person.email, sso.email]


def test_a_switched_off_account_does_not_get_in(client, session, person):
    session.execute(update(User).values(active=False))
    session.commit()
    assert WRONG in log_in(client).text
    assert client.get("/places").status_code == 302


@pytest.mark.parametrize(
    ("next_", "leads"), [("/places", "/places"), ("https://evil.example", None), ("//evil", None)]
)
def test_signing_in_leads_on_within_the_service_only(client, person, next_, leads):
    answer = log_in(client, next=next_)
    if leads:
        assert answer.location == leads
    else:
        assert "evil" not in (answer.location or "")


def test_who_was_signed_out_while_typing_gets_it_back(client):
    typed = {"name": "Ann <b>Bee</b>", "password": "not shown again", "role": "qa"}
    answer = client.post("/account/name", data=typed)
    assert answer.status_code == 401
    assert "Ann &lt;b&gt;Bee&lt;/b&gt;" in answer.text and "not shown" not in answer.text
    assert "/login?next=/account/name" in answer.text
    assert client.post("/account/name", data={"name": "Ann"}).location == "/login"


def test_what_a_script_asks_for_is_answered_401(client):
    answer = client.get("/places", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json == {"signed_out": True, "sign_in": "/login"}


def test_nobody_is_remembered_and_no_token_is_given(client, person):
    answer = client.post(
        "/login?include_auth_token",
        json={"email": "olive@example.org", "password": make.PASSWORD, "remember": True},
        headers={"Accept": "application/json"},
    )
    assert "token" not in answer.text
    answer = log_in(client, remember="y")
    assert "remember" not in " ".join(answer.headers.getlist("Set-Cookie"))


def test_the_session_ends_without_requests_and_each_request_puts_it_off(client, person):
    minutes = client.application.config["SESSION_MINUTES"]
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        answer = log_in(client)
        cookie = session_cookie(answer)
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Expires" not in cookie
        for _ in range(3):
            clock.shift(timedelta(minutes=minutes - 1))
            assert client.get("/places").status_code == 200
        clock.shift(timedelta(minutes=minutes + 1))
        assert client.get("/places").status_code == 302


def reset_path(session, email="olive@example.org"):
    session.rollback()
    body = session.scalars(
        select(OutboxMessage.body)
        .where(OutboxMessage.to_email == email, OutboxMessage.secret)
        .order_by(OutboxMessage.id.desc())
    ).first()
    return re.search(r"https?://[^/]+(/reset/\S+)", body)[1]


def test_a_forgotten_password_is_set_by_a_link_that_works_once(client, session, person):
    elsewhere = client.application.test_client()
    sign_in(elsewhere, person)
    known = client.post("/reset", data={"email": "Olive@example.org"})
    unknown = client.post("/reset", data={"email": "nobody@example.org"})
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", known.text) == strip.sub("", unknown.text)
    assert "If there is an account of that address" in known.text
    path = reset_path(session)
    message = session.scalars(select(OutboxMessage)).one()
    assert message.board_id is None and message.secret
    assert client.get(path).status_code == 200
    short = client.post(path, data={"password": "short", "password_confirm": "short"})
    assert "12 characters or more" in short.text
    differ = client.post(path, data={"password": NEW, "password_confirm": NEW + "x"})
    assert "not the same" in differ.text
    answer = client.post(path, data={"password": NEW, "password_confirm": NEW})
    assert answer.location == "/login"
    assert elsewhere.get("/places").status_code == 302, "other sessions have ended"
    assert WRONG in log_in(client).text
    assert log_in(client, password=NEW).status_code == 302
    other = client.application.test_client()
    assert other.get(path).status_code == 302
    assert other.post(path, data={"password": "x" * 20, "password_confirm": "x" * 20}).location == (
        "/reset"
    )
    session.rollback()
    assert session.scalars(select(AuditLog.what)).all() == ["password.reset"]
    assert verify(session)[1] is None
    subjects = session.scalars(select(OutboxMessage.subject).order_by(OutboxMessage.id)).all()
    assert subjects[1] == "Your password for s11audit was changed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_password_that_is_soon_guessed_is_refused_wherever_one_is_set(client, session, person):
    with writing_as(client) as write:
        office = make.actor(session, person)
        board_id = session.scalar(select(Grant.board_id))
        _, link = accounts.invite(
            write, office, "nell@example.org", Role.QA, board_id=board_id, name="Nell New",
            now=datetime.now(UTC),
        )  # fmt: skip
    client.post("/reset", data={"email": person.email})
    reset = reset_path(session)
    invited = link[link.index("/invitations") :]
    signed_in = client.application.test_client()
    sign_in(signed_in, person)
    for guessed, told in (("password1234", "guessed first"), ("only eleven", "12 characters")):
        new = {"new_password": guessed, "new_password_confirm": guessed}
        for page in (
            client.post(invited, data={"name": "Nell New", "password": guessed}),
            client.post(reset, data={"password": guessed, "password_confirm": guessed}),
            signed_in.post("/change", data={"password": make.PASSWORD, **new}),
        ):
            assert page.status_code == 200 and told in page.text, (guessed, page.request.path)
    own = client.post(invited, data={"name": "Nell New", "password": "Nell-New-nell-2026"})
    assert "must not be made of your name" in own.text
    assert client.get("/places").status_code == 302, "nobody was let in"
    # No rule of composition: small letters and spaces do.
    new = "wednesday rain kettle"
    assert client.post(invited, data={"name": "Nell New", "password": new}).status_code == 302


def test_the_reset_link_leads_to_the_service_whatever_host_was_asked(client, session, person):
    client.post("/reset", data={"email": person.email}, headers={"Host": "evil.example"})
    session.rollback()
    body = session.scalars(select(OutboxMessage.body)).one()
    assert client.application.config["BASE_URL"] + "/reset/" in body
    assert "evil" not in body


def test_a_reset_link_becomes_too_old(client, session, person):
    client.post("/reset", data={"email": person.email})
    path = reset_path(session)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        assert client.get(path).location == "/reset"
        assert "too old" in client.get("/reset").text


def test_a_password_is_changed_by_the_old_one(client, session, person):
    sign_in(client, person)
    elsewhere = client.application.test_client()
    sign_in(elsewhere, person)
    fields = {"new_password": NEW, "new_password_confirm": NEW}
    wrong = client.post("/change", data={"password": "not it at all", **fields})
    assert "That is not your password" in wrong.text
    same = dict.fromkeys(fields, make.PASSWORD)
    assert "must differ" in client.post("/change", data={"password": make.PASSWORD, **same}).text
    answer = client.post("/change", data={"password": make.PASSWORD, **fields})
    assert answer.status_code == 302
    assert client.get("/places").status_code == 200
    assert elsewhere.get("/places").status_code == 302
    session.rollback()
    assert session.scalars(select(AuditLog.what)).all() == ["password.changed"]
    assert session.scalar(select(func.count(OutboxMessage.id))) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_is_signed_in_waits_for_no_writer(app, client, person):
    """Pages are read while a writer holds the lock; that the session is in use is noted later."""
    sign_in(client, person)
    with app.app_context(), writing() as session:
        session.execute(update(UserSession).values(last_seen_at=datetime.now(UTC) - LONG_AGO))
    held, done = threading.Event(), threading.Event()

    def hold():
        with app.app_context(), writing():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(10)
        began = time.monotonic()
        assert client.get("/places").status_code == 200
        assert time.monotonic() - began < 8
        assert last_seen(app) < datetime.now(UTC) - LONG_AGO
    finally:
        done.set()
        thread.join()
    assert client.get("/places").status_code == 200
    noted = last_seen(app)
    assert noted > datetime.now(UTC) - LONG_AGO
    assert client.get("/places").status_code == 200
    assert last_seen(app) == noted, "not at every request"


def last_seen(app):
    with app.app_context():
        return db.session.scalar(select(UserSession.last_seen_at))


def test_a_forged_form_is_refused_everywhere(settings, person):
    app = create_app(settings | {"WTF_CSRF_ENABLED": True})
    client = app.test_client()
    try:
        for rule in app.url_map.iter_rules():
            if "POST" not in rule.methods or rule.arguments:
                continue
            answer = client.post(rule.rule, data={"email": person.email})
            assert answer.status_code == 400, rule.rule
            assert "open for too long" in answer.text
        for site, given_back in (("same-origin", True), ("cross-site", False), (None, False)):
            sent_by = {"Sec-Fetch-Site": site} if site else {}
            answer = client.post("/account/name", data={"name": "Ann B."}, headers=sent_by)
            assert ("Ann B." in answer.text) is given_back, site
        sign_in(client, person)
        assert client.post("/logout").status_code == 400
        assert client.get("/places").status_code == 200
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/places").text)[1]
        assert client.post("/logout", data={"csrf_token": token}).status_code == 302
    finally:
        close_engines(app)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_headers_and_cookies(settings, person):
    app = create_app(settings | {"SECURE_COOKIES": True})
    client = app.test_client()
    try:
        answer = client.get("/login", base_url="https://localhost")
        policy = answer.headers["Content-Security-Policy"]
        for part in ("default-src 'self'", "script-src 'self'", "frame-ancestors 'none'",
                     "object-src 'none'", "base-uri 'none'", "form-action 'self'"):  # fmt: skip
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        assert answer.headers["Cache-Control"] == "no-store"
        signed_in = client.post(
            "/login",
            data={"email": person.email, "password": make.PASSWORD},
            base_url="https://localhost",
        )
        for cookie in signed_in.headers.getlist("Set-Cookie"):
            assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon[a-z]+=", answer.text)
    finally:
        close_engines(app)


def test_a_style_sheet_does_not_renew_the_session(client, session):
    """One that arrives after signing out would otherwise sign the person in again."""
    person = make.user(session, Role.VIEWER, board=make.board(session))
    session.commit()
    sign_in(client, person)
    assert "Set-Cookie" in client.get("/places").headers
    assert "Set-Cookie" not in client.get(f"{static_address()}/s11audit.css").headers
