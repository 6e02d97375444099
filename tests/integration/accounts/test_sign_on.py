"""Signing in by single sign-on, at a real OpenID provider (domain rule 70)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from s11audit import create_app
from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.models import AuditLog, Authenticator, Grant, OutboxMessage, User, UserIdentity
from s11audit.services import accounts
from tests import factories as make
from tests.integration.commands.running import Operator
from tests.support.databases import close_engines
from tests.support.openid_provider import OTHER_CLIENT, OpenIdProvider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def council() -> Iterator[OpenIdProvider]:
    """The sign-in of a council: a certified provider in a process of its own."""
    made = OpenIdProvider("council")
    yield made
    made.close()


@pytest.fixture
def joined(settings, tmp_path: Path, council: OpenIdProvider) -> Iterator[Flask]:
    """The service, joined with the council's sign-in and with one that is down."""
    file = tmp_path / "sign-on.toml"
    file.write_text(
        council.settings(second_factor=["otp"])
        + '[down]\nname = "Lowshire NHS"\nissuer = "http://127.0.0.1:9"\n'
        + 'client_id = "s11audit"\nclient_secret = "x"\n'
    )
    made = create_app({**settings, "SIGN_ON": str(file)})
    yield made
    close_engines(made)


@pytest.fixture
def person(joined: Flask) -> FlaskClient:
    return joined.test_client()


def begun(person: FlaskClient, **query: str) -> str:
    """Return the address at the provider that the button leads to."""
    answer = person.get("/sign-in/council", query_string=query)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def back(person: FlaskClient, address: str) -> TestResponse:
    assert address.startswith(f"{HERE}/sign-in/council/return?"), address
    return person.get(address.removeprefix(HERE))


def through(person: FlaskClient, council: OpenIdProvider, **query: str) -> TestResponse:
    """Sign in at the provider, as whom it was told, and come back."""
    return back(person, council.visit(begun(person, **query)))


def changed(address: str, **values: str | None) -> str:
    """Return the address with other values in its query; None takes one away."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **values}
    kept = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept)))


def is_in(person: FlaskClient) -> bool:
    return person.get("/places").status_code == 200


@pytest.fixture
def ann(session: Session) -> User:
    made = make.user(session, Role.OFFICE, board=make.board(session), email="ann@midshire.example")
    session.commit()
    return made


def verified(email: str) -> dict[str, object]:
    return {"email": email, "email_verified": True, "name": "Ann Bee", "amr": ["pwd", "otp"]}


def test_signing_in_binds_the_account_and_a_later_address_moves_nothing(
    session, person, council, ann, joined
):
    page = person.get("/login", query_string={"next": "/places"}).text
    assert "Sign in with Midshire Council" in page
    assert "/sign-in/council?next=/places" in page
    address = begun(person, next="/places")
    asked = dict(parse_qsl(urlsplit(address).query))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    council.next_is("subject-of-ann", **verified("Ann@Midshire.example"))
    answer = back(person, council.visit(address))
    assert (answer.status_code, answer.location) == (302, "/places")
    assert is_in(person)
    bound = session.scalars(select(UserIdentity)).one()
    assert (bound.user_id, bound.provider, bound.subject) == (ann.id, "council", "subject-of-ann")
    assert bound.issuer == council.issuer
    assert session.scalars(select(AuditLog.what)).all() == ["sign_on.added"]
    letter = session.scalars(select(OutboxMessage)).one()
    assert letter.to_email == ann.email
    assert "Midshire Council" in letter.subject
    # The address changed there: to nobody's, then to a colleague's. She stays who she is.
    colleague = make.user(session, Role.QA, board=make.board(session), email="bo@midshire.example")
    session.commit()
    for email in ("ann.bee@midshire.example", colleague.email):
        another = joined.test_client()
        council.next_is("subject-of-ann", **verified(email))
        assert through(another, council).status_code == 302
        assert ann.name in another.get("/places").text
    # Her old address was given to somebody new there, who must not become her.
    stranger = joined.test_client()
    council.next_is("somebody-new", **verified("ann@midshire.example"))
    answer = through(stranger, council)
    assert answer.status_code == 403
    assert not is_in(stranger)
    assert session.scalar(select(func.count(UserIdentity.id))) == 1
    # It can be taken away again, by herself only.
    other = joined.test_client()
    council.next_is("subject-of-bo", **verified(colleague.email))
    through(other, council)
    assert other.post(f"/account/single-sign-on/{bound.id}/remove").status_code == 404
    assert "Midshire Council" in person.get("/account/single-sign-on").text
    assert person.post(f"/account/single-sign-on/{bound.id}/remove").status_code == 302
    session.rollback()
    assert [each.user_id for each in session.scalars(select(UserIdentity))] == [colleague.id]
    # Signing out ends our session, and says that the provider's goes on.
    assert "still signed in" in other.post("/logout", follow_redirects=True).text
    assert not is_in(other)


def test_nobody_comes_in_who_was_not_let_in(session, person, council, ann, joined, caplog):
    shut = make.user(session, email="shut@midshire.example")
    shut.active = False
    session.add(
        UserIdentity(
            user_id=shut.id,
            provider="council",
            issuer=council.issuer,
            subject="shut-bound",
            added_at=make.NOW,
        )
    )
    for name in ("one", "two"):  # they share a mailbox: it is nobody's alone
        make.user(session, email=f"{name}@midshire.example").sign_in_name = name
    session.flush()
    for user in session.scalars(select(User).where(User.sign_in_name.is_not(None))):
        user.email = "desk@midshire.example"
    session.commit()
    pages = set()
    with caplog.at_level(logging.WARNING):
        for subject, claims in (
            ("unknown", verified("nobody@midshire.example")),
            ("liar", verified(ann.email) | {"email_verified": False}),
            ("silent", {"email": ann.email}),
            ("mute", {"email_verified": True}),
            ("shut", verified(shut.email)),
            ("shut-bound", verified("other@midshire.example")),
            ("desk", verified("desk@midshire.example")),
        ):
            council.next_is(subject, **claims)
            answer = through(person, council)
            assert answer.status_code == 403, subject
            pages.add(answer.text)
            assert not is_in(person), subject
    assert len(pages) == 1  # whatever it was
    assert "ask your board office" in pages.pop()
    assert "midshire.example" not in caplog.text
    assert session.scalar(select(func.count(UserIdentity.id))) == 1
    assert session.scalar(select(func.count(User.id))) == 4


def test_what_was_tampered_with_is_refused(session, person, council, ann, joined):
    council.next_is("ann", **verified(ann.email))

    def refused(answer: TestResponse) -> None:
        assert answer.status_code == 400, answer.status_code
        assert "You were not signed in" in answer.text
        assert not is_in(person)

    right = council.visit(begun(person))
    refused(joined.test_client().get(right.removeprefix(HERE)))  # in another browser
    refused(back(person, changed(right, state="another")))
    refused(back(person, changed(right, state=None)))
    refused(back(person, changed(right, iss="https://evil.example")))  # mixed up
    refused(back(person, right))  # the try is used up by what went wrong
    refused(back(person, changed(council.visit(begun(person)), iss=None)))
    refused(back(person, changed(council.visit(begun(person)), code="made-up")))
    # The provider's word for another try (nonce), or for another service (audience, PKCE).
    refused(back(person, council.visit(changed(begun(person), nonce="mine"))))
    refused(back(person, council.visit(changed(begun(person), client_id=OTHER_CLIENT))))
    refused(back(person, council.visit(changed(begun(person), code_challenge="A" * 43))))
    # Stopped by the person, and led back to another provider's address.
    refused(back(person, council.visit(changed(begun(person), prompt="none"))))
    address = council.visit(begun(person)).replace("/council/", "/down/")
    refused_there = person.get(address.removeprefix(HERE))
    assert refused_there.status_code == 400
    # The right one works, once.
    right = council.visit(begun(person))
    assert back(person, right).status_code == 302
    assert is_in(person)
    person.post("/logout")
    refused(back(person, right))
    assert session.scalar(select(func.count(UserIdentity.id))) == 1


def test_our_second_factor_is_asked_unless_the_provider_says_that_it_asked(
    session, joined, council, ann
):
    session.add(Authenticator(user_id=ann.id, secret="x", last_step=0, added_at=make.NOW))
    session.commit()
    plain = joined.test_client()
    council.next_is("ann", **verified(ann.email) | {"amr": ["pwd"]})
    answer = through(plain, council, next="/places")
    assert answer.status_code == 302
    assert "second" in answer.location or "code" in answer.location
    assert not is_in(plain)
    brought = joined.test_client()
    council.next_is("ann", **verified(ann.email) | {"amr": ["pwd", "otp"]})
    assert through(brought, council, next="/places").location == "/places"
    assert is_in(brought)
    session.execute(delete(Authenticator))
    session.commit()
    joined.config["SECOND_FACTOR"] = "board"
    assert is_in(brought) and not is_in(plain)
    phrase = "another long pass phrase"
    new = {"new_password": phrase, "new_password_confirm": phrase}
    assert brought.post("/change", data={"password": make.PASSWORD, **new}).location == "/"
    assert is_in(brought), "the provider's second factor still counts"
    # Whoever reads the mailbox sets a password, and may not set up a factor of their own by it.
    thief = joined.test_client()
    page = thief.post("/login", data={"email": ann.email, "password": phrase})
    assert "Sign in with Midshire Council: your role needs a second factor" in page.text
    assert thief.get("/account/second-factor").location.startswith("/login")
    council.next_is("ann", **verified(ann.email) | {"amr": ["pwd"]})
    assert through(plain, council, next="/places").location == "/places"
    assert plain.get("/places").location == "/account/second-factor"


def test_a_try_grows_too_old(person, council, ann, monkeypatch):
    council.next_is("ann", **verified(ann.email))
    address = council.visit(begun(person))
    with person.session_transaction() as kept:
        kept["sign_on_tries"][0]["at"] -= 16 * 60
        kept.modified = True
    assert back(person, address).status_code == 400


def test_nobody_is_led_elsewhere_afterwards(joined, council, ann):
    council.next_is("ann", **verified(ann.email))
    for target in (
        "//evil.example", "https:evil.example", "https://evil.example/", "/\\evil.example",
        "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example", "%2f%2fevil.example",
    ):  # fmt: skip
        answer = through(joined.test_client(), council, next=target)
        assert (answer.status_code, answer.location) == (302, "/"), target


def test_a_provider_that_is_down_or_another_is_told_in_words(person, council, ann):
    answer = person.get("/sign-in/down")
    assert answer.status_code == 503
    assert "Lowshire NHS cannot be reached" in answer.text
    assert person.get("/sign-in/none").status_code == 404
    assert person.get("/sign-in/none/return").status_code == 404


def test_an_invitation_is_accepted_by_it(session, person, council, joined):
    """Nothing is given that was not offered, and nothing to another address."""
    session.info["base_url"] = HERE
    board = make.board(session)
    now = make.datetime.now(make.UTC)
    offered = {
        email: accounts.invite(session, OPERATOR, email, role, board_id=board.id, now=now)[0].id
        for email, role in (("new@midshire.example", Role.QA), ("old@midshire.example", Role.CHAIR))
    }
    to_new = OutboxMessage.to_email == "new@midshire.example"
    link = session.scalars(select(OutboxMessage.body).where(to_new)).one()
    link = link.partition(HERE)[2].split()[0]
    session.commit()
    assert "Accept with Midshire Council" in person.get(link).text
    council.next_is("new", **verified("new@midshire.example"))
    answer = through(person, council)
    assert answer.location == "/sign-in/invited"
    page = person.get("/sign-in/invited").text
    assert board.name in page
    assert "Ann Bee" in page  # the name that the provider gives is suggested
    assert not is_in(person)
    assert session.scalar(select(func.count(User.id))) == 0
    form = {"name": "Nell New", "invitations": [str(offered["new@midshire.example"])]}
    wrong = form | {"invitations": [str(offered["old@midshire.example"])]}
    assert "that are shown" in person.post("/sign-in/invited", data=wrong).text
    assert "Enter your name" in person.post("/sign-in/invited", data=form | {"name": ""}).text
    assert joined.test_client().post("/sign-in/invited", data=form).location == "/login"
    assert session.scalar(select(func.count(User.id))) == 0
    assert person.post("/sign-in/invited", data=form).status_code == 302
    assert is_in(person)
    session.rollback()
    user = session.scalars(select(User)).one()
    assert (user.email, user.name, user.password) == ("new@midshire.example", "Nell New", None)
    held = session.scalars(select(Grant)).one()
    assert (held.user_id, held.role, held.board_id) == (user.id, Role.QA, board.id)
    assert session.scalars(select(UserIdentity)).one().subject == "new"
    person.post("/logout")
    assert through(person, council).status_code == 302
    assert is_in(person)
    # Without a password it cannot be taken away: there would be no way in.
    identity = session.scalars(select(UserIdentity.id)).one()
    page = person.post(f"/account/single-sign-on/{identity}/remove", follow_redirects=True).text
    assert "Set a password first" in page
    assert session.scalar(select(func.count(UserIdentity.id))) == 1


def test_a_faulty_file_of_providers_stops_the_start(settings, tmp_path):
    file = tmp_path / "sign-on.toml"
    for text in ("[council]\n", "[council", None):
        file.unlink() if text is None else file.write_text(text)
        with pytest.raises(ValueError, match="S11AUDIT_SIGN_ON"):
            create_app({**settings, "SIGN_ON": str(file)})


def test_the_operator_unbinds_an_account(session, database_url, tmp_path, ann):
    session.add(
        UserIdentity(user_id=ann.id, provider="p", issuer="i", subject="s", added_at=make.NOW)
    )
    session.commit()
    operator = Operator(tmp_path, database_url)
    assert operator.run("user", "unbind", "nobody@midshire.example").exit_code == 2
    assert "1 removed" in operator.ok("user", "unbind", ann.email)
    session.rollback()
    assert session.scalar(select(func.count(UserIdentity.id))) == 0
