"""Passkeys on the server: what proves itself, once, and nothing else. The browser's part is in
tests/browser/test_second_factor.py."""

import html
import json
import re

import pytest
from sqlalchemy import select, update

from s11audit.domain.enums import Role
from s11audit.models import AuditLog, OutboxMessage, Passkey, RecoveryCode, User
from tests import factories as make
from tests.support.soft_authenticator import SoftAuthenticator
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOST, ORIGIN = "audit.example", "https://audit.example"
NOT_TAKEN = "The passkey was not accepted"


@pytest.fixture
def site(client, monkeypatch):
    """The client's application at an address with a name, with a second factor required."""
    monkeypatch.setitem(client.application.config, "BASE_URL", ORIGIN)
    monkeypatch.setitem(client.application.config, "SECOND_FACTOR", "board")
    return client.application


@pytest.fixture
def olive(session):
    made = make.user(session, Role.OFFICE, board=make.board(session), name="Olive")
    session.commit()
    return made


def asked(page, use):
    """What a page's form about passkeys asks: its options, and the challenge as it carries it."""
    form = re.search(rf'<form[^>]*data-passkey="{use}".*?</form>', page.text, re.DOTALL)[0]
    options = json.loads(html.unescape(re.search(r'data-options="([^"]+)"', form)[1]))
    return options, re.search(r'name="challenge"[^>]*value="([^"]+)"', form)[1]


def add(client, key, **more):
    options, challenge = asked(client.get("/account/passkeys"), "create")
    form = {"name": "My phone", "challenge": challenge, "credential": key.create(options)}
    return options, client.post("/account/passkeys", data=form | more)


def show(client, key, **more):
    options, challenge = asked(client.get("/login"), "get")
    form = {"challenge": challenge, "credential": key.get(options)} | more
    return form, client.post("/login/passkey", data=form)


def test_a_passkey_is_both_factors_and_is_taken_once(site, session, olive):
    client = site.test_client()
    sign_in(client, olive)
    assert client.get("/places").location == "/account/second-factor"
    key = SoftAuthenticator(HOST, ORIGIN)
    options, added = add(client, key)
    assert options["rp"]["id"] == HOST
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert olive.email not in options["user"]["id"]
    assert added.text.count('"app-code"') or "Your recovery codes" in added.text
    assert client.get("/places").status_code == 200
    other = site.test_client()
    options, _ = asked(other.get("/login"), "get")
    assert "allowCredentials" not in options or not options["allowCredentials"], "tells nobody"
    form, answer = show(other, key, next="/account")
    assert answer.location == "/account"
    assert other.get("/places").status_code == 200
    replay = site.test_client()
    again = replay.post("/login/passkey", data=form)
    assert again.location.startswith("/login")
    assert NOT_TAKEN in replay.get("/login").text
    session.rollback()
    assert session.scalars(select(AuditLog.what)).all() == ["passkey.added"]
    assert "a passkey was added" in session.scalars(select(OutboxMessage.body)).one()
    # Beside a passkey, the password alone is not enough.
    log_in = replay.post("/login", data={"email": olive.email, "password": make.PASSWORD})
    assert log_in.location == "/login/code"
    page = replay.get("/login/code")
    assert "Or enter a recovery code" in page.text
    options, challenge = asked(page, "get")
    form = {"challenge": challenge, "credential": key.get(options)}
    assert replay.post("/login/passkey", data=form).location == "/"


@SQLITE
def test_what_does_not_prove_itself_is_not_taken(site, session, olive):
    client = site.test_client()
    sign_in(client, olive)
    other_site = SoftAuthenticator(HOST, "https://audit.example.evil")
    locked = SoftAuthenticator(HOST, ORIGIN, verified=False)
    for key in (other_site, locked):
        assert NOT_TAKEN in add(client, key)[1].text
    good = SoftAuthenticator(HOST, ORIGIN, count=5)
    for wrong in ({"credential": "{}"}, {"credential": "no"}, {"credential": "[" * 3000},
                  {"challenge": "x"}, {"credential": '{"id":5}'}):  # fmt: skip
        answer = add(client, good, **wrong)[1]
        assert answer.status_code == 200 and "There is a problem" in answer.text, wrong
    assert "Your recovery codes" in add(client, good)[1].text
    assert NOT_TAKEN in add(client, good)[1].text, "one credential, one account"
    copied = SoftAuthenticator(HOST, ORIGIN, count=4, id=good.id, key=good.key)
    forged = SoftAuthenticator(HOST, ORIGIN, count=9, id=good.id)
    elsewhere = SoftAuthenticator(HOST, "https://evil.example", count=9, id=good.id, key=good.key)
    unlocked = SoftAuthenticator(HOST, ORIGIN, verified=False, count=9, id=good.id, key=good.key)
    unknown = SoftAuthenticator(HOST, ORIGIN)
    anon = site.test_client()
    told = set()
    for key in (copied, forged, elsewhere, unlocked, unknown):
        assert show(anon, key)[1].location.startswith("/login")
        told.add(re.search(r"notification-banner__heading\">([^<]+)<", anon.get("/login").text)[1])
    assert len(told) == 1 and anon.get("/places").status_code == 302
    good.count = 6
    assert show(anon, good)[1].location == "/"
    anon.post("/logout")
    session.execute(update(User).values(active=False))
    session.commit()
    good.count = 7
    assert show(anon, good)[1].location.startswith("/login")


@SQLITE
def test_a_passkey_is_removed_by_its_owner_alone_and_the_last_one_stays(site, session, olive):
    client = site.test_client()
    sign_in(client, olive)
    key = SoftAuthenticator(HOST, ORIGIN)
    add(client, key)
    session.rollback()
    path = f"/account/passkeys/{session.scalars(select(Passkey.id)).one()}/remove"
    stranger = make.user(
        session, Role.LEAD, membership=make.membership(session, make.board(session))
    )
    session.commit()
    strange = site.test_client()
    sign_in(strange, stranger)
    assert strange.get(path).status_code == strange.post(path).status_code == 404
    assert "Set up another one before you remove this" in client.post(path).text
    site.config["SECOND_FACTOR"] = "none"
    by_passkey = site.test_client()
    show(by_passkey, key)
    assert client.post(path).location == "/account/passkeys"
    site.config["SECOND_FACTOR"] = "board"
    for each in (client, by_passkey):
        assert each.get("/places").location == "/account/second-factor", "none is left"
    session.rollback()
    assert session.scalars(select(Passkey)).all() == session.scalars(select(RecoveryCode)).all()
    assert show(site.test_client(), key)[1].location.startswith("/login")
