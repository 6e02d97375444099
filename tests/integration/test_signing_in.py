"""How tests sign in: by the session on the test client, by keys and clicks in the browser."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from tests import factories
from tests.support.server import Served
from tests.support.web import sign_in, sign_in_page


def test_the_client_is_signed_in(client: FlaskClient, session: Session) -> None:
    board = factories.board(session)
    person = factories.user(session, Role.OFFICE, board=board)
    session.commit()
    assert client.get("/places").status_code == 302
    sign_in(client, person)
    answer = client.get("/places")
    assert answer.status_code == 200
    assert board.name in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_browser_signs_in_and_out(served: Served, session: Session, page: Page) -> None:
    board = factories.board(session)
    person = factories.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in_page(page, served.url, person.email)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
