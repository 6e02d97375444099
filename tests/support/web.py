"""Signing in, for the test client and for the browser."""

from __future__ import annotations

from typing import Any

from tests.factories import PASSWORD


def sign_in(client: Any, user: Any) -> None:
    """Sign `user` in on Flask's test client without asking for the password."""
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = user.fs_uniquifier
        session["_fresh"] = True


def sign_in_page(page: Any, url: str, email: str, password: str = PASSWORD) -> None:
    """Sign in with real keys and clicks on the service at `url`."""
    page.goto(f"{url}/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit], main input[type=submit]").first.click()
    page.wait_for_url(lambda address: "/login" not in address)


def axe_problems(page: Any) -> list[str]:
    """Return what axe finds wrong on the page, one line a place; empty when it finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in found
        for node in violation["nodes"]
    ]
