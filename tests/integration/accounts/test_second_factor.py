"""The second factor: who is led to it, setting it up, codes that work once, losing it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from s11audit.domain.enums import Role
from s11audit.domain.second_factor import SECRET_BYTES, code_at, step_at
from s11audit.domain.throttling import Limit
from s11audit.extensions import db
from s11audit.models import AuditLog, Authenticator, OutboxMessage, RecoveryCode, User, UserSession
from s11audit.services import second_factor
from s11audit.services.sealing import Sealer
from s11audit.transactions import writing
from s11audit.views import second_factor as views
from tests import factories as make
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NOT_RIGHT = "That code is not right, or was used already"
NEW = "another long pass phrase"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def guarded(client, monkeypatch):
    """The client's application, in which board roles must have a second factor."""
    monkeypatch.setitem(client.application.config, "SECOND_FACTOR", "board")
    return client.application


@pytest.fixture
def board(session):
    made = make.board(session)
    session.commit()
    return made


@pytest.fixture
def olive(session, board):
    made = make.user(session, Role.OFFICE, board=board, email="olive@example.org", name="Olive")
    session.commit()
    return made


def log_in(client, password=make.PASSWORD, email="olive@example.org"):
    return client.post("/login", data={"email": email, "password": password})


def now_code(secret, steps=0):
    return code_at(secret, step_at(datetime.now(UTC)) + steps)


def key_on(page):
    """The secret that the page gives the app, as a person reads it."""
    from base64 import b32decode

    return b32decode(re.search(r'id="key">([^<]+)<', page.text)[1].replace(" ", ""))


def sealed_on(page):
    return re.search(r'name="sealed"[^>]*value="([^"]+)"', page.text)[1]


def give_app(app, user):
    """Give somebody an app and recovery codes; return its secret and the codes."""
    secret = b"s" * SECRET_BYTES
    with app.app_context(), writing() as write:
        sealer = Sealer((app.config["SECRET_KEY"],), "authenticator apps")
        sealed = sealer.seal(secret)
        write.add(Authenticator(user_id=user.id, secret=sealed, last_step=0, added_at=NOON))
        codes = second_factor.first_codes(write, user.id, now=NOON)
    return secret, codes


@SQLITE
def test_who_must_have_one_is_led_there_and_reaches_nothing_else(
    guarded, session, board, olive, clock
):
    client = guarded.test_client()
    assert log_in(client).location == "/"
    places = f"/boards/{board.slug}/returns"
    for path in ("/", "/places", places, "/calendar", "/account/name"):
        assert client.get(path).location == "/account/second-factor", path
    assert client.post("/calendar/stop").location == "/account/second-factor"
    answer = client.get(places, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["sign_in"]) == (401, "/account/second-factor")
    page = client.get("/account/second-factor")
    assert "Set up a second factor" in page.text and "before you go on" in page.text
    page = client.get("/account/second-factor/app")
    assert 'src="data:image/svg+xml;base64,' in page.text
    secret, sealed = key_on(page), sealed_on(page)
    wrong = client.post("/account/second-factor/app", data={"sealed": sealed, "code": "000000"})
    assert "That code is not right" in wrong.text
    assert key_on(wrong) == secret, "the app need not be set up again"
    elsewhere = guarded.test_client()
    sign_in(elsewhere, olive)
    clock.shift(timedelta(minutes=16))
    late = client.post(
        "/account/second-factor/app", data={"sealed": sealed_on(wrong), "code": now_code(secret)}
    )
    assert "Enter your password" in late.text, "asked again, since signing in was a while ago"
    done = client.post(
        "/account/second-factor/app",
        data={"sealed": sealed, "code": now_code(secret), "password": make.PASSWORD},
    )
    codes = re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", done.text)
    assert len(set(codes)) == 10
    assert client.get(places).status_code == 200
    assert elsewhere.get("/account").status_code == 302, "signed out everywhere else"
    session.rollback()
    stored = session.scalars(select(Authenticator)).one()
    assert secret.hex() not in stored.secret and len(stored.secret) > 60
    assert not set(session.scalars(select(RecoveryCode.code_hash))) & set(codes)
    assert session.scalars(select(AuditLog.what)).all() == ["second_factor.set_up"]
    assert "an authenticator app was set up" in session.scalars(select(OutboxMessage.body)).one()


@SQLITE
def test_a_role_that_needs_one_leads_there_with_the_next_request(guarded, session, board):
    lead = make.user(session, Role.LEAD, membership=make.membership(session, board))
    session.commit()
    client = guarded.test_client()
    sign_in(client, lead)
    assert client.get("/places").status_code == 200
    make.grant(session, lead, Role.QA, board=board)
    session.commit()
    assert client.get("/places").location == "/account/second-factor"
    assert client.get("/account").status_code == 200
    assert client.post("/logout").status_code == 302


def test_a_code_is_asked_and_taken_once(guarded, session, olive, clock):
    secret, codes = give_app(guarded, olive)
    client = guarded.test_client()
    assert client.get("/login/code").location == "/login", "nobody has taken the first step"
    assert log_in(client).location == "/login/code"
    assert client.get("/places").status_code == 302, "half signed in is not signed in"
    stolen = client.get_cookie("s11audit").value
    code = now_code(secret)
    for wrong in ("000000", "abc", codes[0][:-1], now_code(secret, -2), now_code(secret, 2)):
        assert NOT_RIGHT in client.post("/login/code", data={"code": wrong}).text
    assert client.post("/login/code", data={"code": f"{code[:3]} {code[3:]}"}).location == "/"
    assert client.get("/places").status_code == 200
    replay = guarded.test_client()
    replay.set_cookie("s11audit", stolen)
    for again in (code, now_code(secret, -1)):
        assert NOT_RIGHT in replay.post("/login/code", data={"code": again}).text
    clock.shift(timedelta(seconds=30))
    assert replay.post("/login/code", data={"code": now_code(secret)}).location == "/"
    other = guarded.test_client()
    log_in(other)
    assert other.post("/login/code", data={"code": codes[3].upper()}).location == "/"
    assert "You have 9 recovery codes left." in other.get("/places").text
    again = guarded.test_client()
    log_in(again)
    assert NOT_RIGHT in again.post("/login/code", data={"code": codes[3]}).text
    session.rollback()
    body = session.scalars(select(OutboxMessage.body)).one()
    assert "a recovery code was used to sign in; you have 9 left" in body
    clock.shift(timedelta(minutes=11))
    assert again.post("/login/code", data={"code": codes[4]}).location == "/login"


@SQLITE
def test_a_new_password_does_not_get_round_the_second_factor(guarded, session, olive, clock):
    secret, _ = give_app(guarded, olive)
    client = guarded.test_client()
    log_in(client)
    with guarded.test_request_context():
        from s11audit.views.signing_in import _reset_path

        path = _reset_path(olive)
    other = guarded.test_client()
    other.post(path, data={"password": NEW, "password_confirm": NEW})
    assert log_in(other, NEW).location == "/login/code"
    late = client.post("/login/code", data={"code": now_code(secret)})
    assert late.location == "/login", "the first step by the old password counts no more"
    assert other.post("/login/code", data={"code": now_code(secret)}).location == "/"


@SQLITE
def test_tries_at_the_code_are_counted(guarded, session, olive, clock, monkeypatch):
    secret, codes = give_app(guarded, olive)
    monkeypatch.setitem(guarded.config, "COUNTS_TRIES", True)
    monkeypatch.setitem(guarded.config, "ACCOUNT_LIMIT", "3 per 15 minutes")
    client = guarded.test_client()
    log_in(client)
    tried = [client.post("/login/code", data={"code": "000000"}).status_code for _ in range(4)]
    assert tried == [200, 200, 200, 429]
    (letter,) = session.scalars(select(OutboxMessage)).all()
    assert letter.to_email == olive.email, "somebody knows her password: she is told"
    assert "entered wrong codes several times, last on 4 March 2026" in letter.body
    assert "/reset and tell" in letter.body
    stopped = client.post("/login/code", data={"code": now_code(secret)})
    assert stopped.status_code == 429 and "Wait 15 minutes" in stopped.text
    monkeypatch.setattr(views, "CODES_A_DAY", Limit(4, timedelta(days=1)))
    clock.shift(timedelta(minutes=15, seconds=1))
    log_in(client)
    tried = [client.post("/login/code", data={"code": "000000"}).status_code for _ in range(2)]
    assert tried == [200, 429], "nor in the long run"
    session.rollback()
    assert len(session.scalars(select(OutboxMessage.id)).all()) == 1, "told once an hour at most"
    assert client.post("/login/code", data={"code": codes[0]}).location == "/", "a way past it"
    client.post("/logout")
    clock.shift(timedelta(days=1))
    log_in(client)
    assert client.post("/login/code", data={"code": now_code(secret)}).location == "/"


@SQLITE
def test_changing_the_own_second_factor(guarded, session, olive, clock):
    _, codes = give_app(guarded, olive)
    client = guarded.test_client()
    sign_in(client, olive)
    page = client.get("/account/second-factor")
    assert "10 left" in page.text and "Since 4 March 2026" in page.text
    kept = client.post("/account/second-factor/app/remove")
    assert "You must have a second factor" in kept.text
    renewed = client.post("/account/second-factor/codes")
    assert codes[0] not in renewed.text and "These are your new recovery codes" in renewed.text
    session.execute(update(UserSession).values(created_at=NOON - timedelta(hours=1)))
    session.commit()
    asked = client.post("/account/second-factor/codes", data={"password": "wrong"})
    assert "That is not your password" in asked.text
    guarded.config["SECOND_FACTOR"] = "none"
    done = client.post("/account/second-factor/app/remove", data={"password": make.PASSWORD})
    assert done.location == "/account/second-factor"
    session.rollback()
    assert session.scalars(select(RecoveryCode)).all() == []
    assert client.get("/account/second-factor/app/remove").status_code == 404
    assert (
        "Set up a second factor first"
        in client.post("/account/second-factor/codes", data={"password": make.PASSWORD}).text
    )


@SQLITE
def test_an_earlier_key_opens_the_secrets_until_they_are_used(app, session, olive):
    secret, _ = give_app(app, olive)
    then, new = app.config["SECRET_KEY"], "another key that is long enough to sign with"
    with app.app_context(), writing() as write:
        strange = Sealer((new,), "authenticator apps")
        assert not second_factor.take_code(write, olive.id, now_code(secret), strange, now=NOON)
        both = Sealer((new, then), "authenticator apps")
        code = code_at(secret, step_at(NOON))
        assert second_factor.take_code(write, olive.id, code, both, now=NOON)
        again = code_at(secret, step_at(NOON) + 1)
        assert second_factor.take_code(write, olive.id, again, strange, now=NOON)
    with app.app_context():
        assert strange.open(db.session.scalars(select(Authenticator.secret)).one()) == secret


@SQLITE
def test_who_has_lost_theirs_is_helped_by_the_office_or_an_administrator(
    guarded, session, board, olive, clock
):
    member = make.membership(session, board)
    lead = make.user(session, email="lee@example.org", name="Lee")
    grant = make.grant(session, lead, Role.LEAD, membership=member)
    ada = make.user(session, Role.ADMIN, email="ada@example.org", name="Ada")
    abroad = make.user(session, Role.QA, board=make.board(session))
    both = make.grant(session, abroad, Role.QA, board=board)
    session.commit()
    for person in (olive, lead, ada, abroad):
        give_app(guarded, person)
    theirs = guarded.test_client()
    sign_in(theirs, lead)
    client = guarded.test_client()
    sign_in(client, olive)
    here = f"/boards/{board.slug}/people/"
    page = client.get(f"{here}{grant.id}")
    assert "Reset the second factor" in page.text
    assert client.post(f"{here}{grant.id}/second-factor").location == f"{here}{grant.id}"
    assert theirs.get("/places").status_code == 302, "signed out"
    session.rollback()
    assert {each.user_id for each in session.scalars(select(Authenticator))} == {
        olive.id, ada.id, abroad.id,
    }  # fmt: skip
    letter = session.scalars(select(OutboxMessage)).one()
    assert letter.to_email == "lee@example.org" and "taken away by Olive" in letter.body
    logged = session.scalars(select(AuditLog)).one()
    assert (logged.what, logged.chain) == ("second_factor.reset", f"board:{board.id}")
    assert log_in(theirs, email="lee@example.org").location == "/"
    refused = client.post(f"{here}{both.id}/second-factor", follow_redirects=True)
    assert "holds roles outside your board too" in refused.text
    assert client.post(f"/admin/accounts/{abroad.id}/second-factor").status_code == 404
    sign_in(client, ada)
    done = client.post(f"/admin/accounts/{abroad.id}/second-factor")
    assert done.location == f"/admin/accounts/{abroad.id}"
    own = client.post(f"/admin/accounts/{ada.id}/second-factor", follow_redirects=True)
    assert "You cannot do this for yourself" in own.text


@SQLITE
def test_where_one_is_signed_in_is_listed_and_ended(client, session, board, olive, clock):
    windows = client.application.test_client()
    windows.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    other = client.application.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.44"
    for each in (windows, other):
        log_in(each)
    stranger = make.user(session, Role.LEAD, membership=make.membership(session, board))
    session.commit()
    page = windows.get("/account/sessions")
    assert "Firefox on Windows" in page.text and "192.0.2.44" in page.text
    assert page.text.count("This one") == 1
    ids = re.findall(r"/account/sessions/(\d+)/end", page.text)
    assert len(ids) == 2
    strange = client.application.test_client()
    sign_in(strange, stranger)
    assert strange.post(f"/account/sessions/{ids[0]}/end").status_code == 404
    session.rollback()
    far = session.scalars(select(UserSession.id).where(UserSession.address == "192.0.2.44")).one()
    stolen = other.get_cookie("s11audit").value
    for _ in ("once", "and again, as by a button pressed twice"):
        assert windows.post(f"/account/sessions/{far}/end").location == "/account/sessions"
    assert other.get("/places").status_code == 302
    # The same cookie, put back, opens nothing: the session ended on the server.
    other.set_cookie("s11audit", stolen)
    assert other.get("/places").status_code == 302
    log_in(other)
    before = windows.get_cookie("s11audit").value
    assert windows.post("/account/sessions/end").location == "/login"
    windows.set_cookie("s11audit", before)
    assert windows.get("/places").status_code == other.get("/places").status_code == 302


@SQLITE
def test_each_signing_in_is_a_new_session_and_none_lasts_for_ever(client, session, olive, clock):
    log_in(client)
    first = client.get_cookie("s11audit").value
    client.post("/logout")
    client.set_cookie("s11audit", first)
    assert client.get("/places").status_code == 302, "signed out on the server too"
    log_in(client)
    for _ in range(7 * 24 // 7):
        clock.shift(timedelta(hours=7))
        answer = client.get("/places").status_code
    assert answer == 302, "after seven days, however often one came back"
    log_in(client)
    session.execute(update(User).values(active=False))
    session.commit()
    assert client.get("/places").status_code == 302


@SQLITE
def test_the_operator_helps_the_only_administrator(app, session, clock):
    from click.testing import CliRunner

    from s11audit.cli import main

    ada = make.user(session, Role.ADMIN, email="ada@example.org")
    session.commit()
    give_app(app, ada)
    env = {f"S11AUDIT_{name}": str(app.config[name]) for name in ("DATABASE_URL", "DATA")}
    ran = [
        CliRunner().invoke(main, ["user", "reset-second-factor", who], env=env)
        for who in ("ada@example.org", "nobody@example.org")
    ]
    assert [each.exit_code for each in ran] == [0, 2], ran
    assert "names no account" in ran[1].output
    session.rollback()
    assert session.scalars(select(Authenticator)).all() == []


def test_of_many_at_once_one_gets_in_by_a_code(app, session, olive):
    """As several web processes: each with connections of its own."""
    secret, codes = give_app(app, olive)
    moment = datetime.now(UTC) + timedelta(minutes=5)
    code = code_at(secret, step_at(moment))
    sealer = Sealer((app.config["SECRET_KEY"],), "authenticator apps")

    def one(by_app):
        with app.app_context(), writing() as write:
            if by_app:
                return second_factor.take_code(write, olive.id, code, sealer, now=moment)
            user = write.get_one(User, olive.id)
            return second_factor.take_recovery_code(write, user, codes[0], now=moment)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(one, [True] * 6 + [False] * 6))
    assert (sum(taken[:6]), sum(taken[6:])) == (1, 1)
