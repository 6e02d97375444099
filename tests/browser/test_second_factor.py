"""Second factors in a real browser: an app set up by its key, a passkey in Chromium's own virtual
authenticator, and what the pages say without JavaScript."""

from __future__ import annotations

from base64 import b32decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.second_factor import code_at, step_at
from tests import factories
from tests.support.page_checks import axe_problems
from tests.support.server import Served, serving

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def at_localhost(settings: dict[str, object]) -> Iterator[Served]:
    """Served under a name, since browsers make no passkeys for a bare address, and with a second
    factor required."""
    with serving(settings | {"SECOND_FACTOR": "board"}, "localhost") as running:
        yield running


def virtual_authenticator(page: Page) -> tuple[Any, str]:
    """Give the browser an authenticator that verifies its user without asking; return the
    connection that steers it, and its id."""
    steering = page.context.new_cdp_session(page)
    steering.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = steering.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return steering, made["authenticatorId"]


def fits(page: Page) -> None:
    """The page is for everybody, wide and narrow."""
    assert axe_problems(page) == []
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1280, "height": 900})


def first_step(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address or sign-in name").fill(email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_app_then_a_passkey_then_signing_in_by_it(
    at_localhost: Served, session: Session, page: Page, browser: Browser
) -> None:
    board = factories.board(session, name="Fellmere")
    olive = factories.user(session, Role.OFFICE, board=board, name="Olive Marsh")
    session.commit()
    url = at_localhost.url
    page.set_default_timeout(15_000)
    steering, authenticator = virtual_authenticator(page)

    # The app, which the role asks for.
    first_step(page, url, olive.email)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.evaluate("document.querySelector('.app-qr').naturalWidth") > 0
    page.get_by_text("I cannot read the picture").click()
    key = page.locator("#key").inner_text()
    secret = b32decode(key.replace(" ", ""))
    fits(page)
    page.get_by_label("The code that the app shows").fill(
        code_at(secret, step_at(datetime.now(UTC)) - 1)
    )
    page.get_by_role("button", name="Set it up").click()
    assert page.locator("#recovery-codes li").count() == 10
    recovery = page.locator("#recovery-codes li").first.inner_text()
    fits(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("link", name="Olive Marsh")).to_be_visible()

    # A passkey, from the page of the account.
    page.get_by_role("link", name="Olive Marsh").click()
    fits(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("link", name="Enter a name for the passkey")).to_be_visible()
    page.get_by_label("Name for this passkey").fill("My work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Your passkey was added")).to_be_visible()
    expect(page.get_by_role("rowheader", name="My work laptop")).to_be_visible()
    fits(page)
    credentials = steering.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    assert [each["isResidentCredential"] for each in credentials["credentials"]] == [True]

    # The second step by the passkey, and by a code without JavaScript.
    page.get_by_role("button", name="Sign out").click()
    first_step(page, url, olive.email)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    fits(page)
    plain = browser.new_context(java_script_enabled=False)
    without = plain.new_page()
    without.goto(f"{url}/login")
    expect(without.get_by_text("Passkeys need JavaScript")).to_be_visible()
    first_step(without, url, olive.email)
    expect(without.get_by_text("Passkeys need JavaScript")).to_be_visible()
    without.get_by_label("Code").fill(recovery)
    without.get_by_role("button", name="Continue").click()
    expect(without.get_by_role("link", name="Olive Marsh")).to_be_visible()
    plain.close()

    # Signing in by the passkey alone, to the page that was asked for.
    page.goto(f"{url}/account/sessions")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    expect(page.get_by_text("This one")).to_have_count(1)
    fits(page)
    page.set_viewport_size({"width": 375, "height": 800})
    end = page.get_by_role("row").get_by_role("button", name="Sign out").first.bounding_box()
    assert end is not None and end["x"] + end["width"] <= 375, "in sight on a phone"
    page.set_viewport_size({"width": 1280, "height": 900})

    # One that its device no longer unlocks for the person, and one that was removed, do not.
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    steering.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": authenticator, "isUserVerified": False},
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was chosen")).to_be_visible()
    steering.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": authenticator, "isUserVerified": True},
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{url}/boards/**")
    page.goto(f"{url}/account/passkeys")
    page.get_by_role("link", name="Remove My work laptop").click()
    fits(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("was removed")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The passkey was not accepted")).to_be_visible()
