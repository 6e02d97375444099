"""A return that came on paper: the board office enters it, and it is marked so."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.models import Submission
from s11audit.services.responses import save_response
from tests.integration.responses.filling import NOW, Scene, scene, whole
from tests.support.web import sign_in

PDF = b"%PDF-1.4\n% the return as it came\n"


def start(client: FlaskClient, at: Scene, **changed: Any) -> Any:
    sent = {
        "form": "word", "received_on-day": "20", "received_on-month": "3",
        "received_on-year": "2026", "file": (BytesIO(PDF), "Return of the trust.pdf"),
    }  # fmt: skip
    return client.post(f"/returns/{at.return_.id}/enter", data=sent | changed)


def fill_in(session: Session, at: Scene) -> None:
    for number in range(1, 10):
        office = at.actor(session, at.office)
        save_response(session, office, at.return_.id, number, whole(number), based_on=0, now=NOW)
    session.commit()


def submit(client: FlaskClient, at: Scene) -> Any:
    signatory = {
        "name": "Dr Ada Marsh", "designation": "Chief nurse", "email": "ada@trust.example",
        "declared": "y",
    }  # fmt: skip
    return client.post(f"/returns/{at.return_.id}/submit", data=signatory, follow_redirects=True)


def test_the_office_enters_and_submits_it(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    page = f"/returns/{at.return_.id}"
    sign_in(client, at.office)
    assert client.get(f"{page}/submit").status_code == 403  # not yet
    assert "Enter it from paper or Word" in client.get(page).text
    assert start(client, at).location == f"{page}/tasks"
    session.rollback()
    fill_in(session, at)
    answer = submit(client, at)
    assert "Return submitted" in answer.text
    # Due on 25 March and received on the 20th: not late, though it is entered after that.
    assert "after the due date" not in answer.text
    read = client.get(f"{page}/submissions/1").text
    for words in (
        "Dr Ada Marsh, Chief nurse",
        "Entered by the board office (Olive Office) from the return that was received on "
        "20 March 2026. Original: Return of the trust.pdf",
    ):
        assert words in read
    sign_in(client, at.qa)
    original = client.get(f"{page}/submissions/1/original")
    assert original.data == PDF
    assert "attachment" in original.headers["Content-Disposition"]
    assert client.get(f"{page}/submissions/1/return.pdf").status_code == 200
    session.rollback()
    sent = session.query(Submission).one()
    assert (sent.entered_for, sent.late) == ("Dr Ada Marsh", False)
    sign_in(client, at.office)
    assert client.get(f"{page}/submit").status_code == 403  # no longer


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_late_where_it_came_late_and_the_office_can_stop(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    page = f"/returns/{at.return_.id}"
    sign_in(client, at.office)
    start(client, at)
    assert "is being entered" in start(client, at).text or client.get(f"{page}/enter").text
    assert client.post(f"{page}/enter/stop").location == page
    assert client.get(f"{page}/submit").status_code == 403
    start(client, at, **{"received_on-day": "26"})
    session.rollback()
    fill_in(session, at)
    assert ", after the due date" in submit(client, at).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"form": ""}, "Select how the return came"),
        ({"received_on-year": "2099"}, "must be today or in the past"),
        ({"file": (BytesIO(b"MZ"), "return.exe")}, "must be one of these kinds"),
        ({"file": (BytesIO(b""), "")}, "Choose the file of the original"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_started(
    client: FlaskClient, session: Session, changed: dict[str, Any], said: str
) -> None:
    at = scene(session)
    sign_in(client, at.office)
    answer = start(client, at, **changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert client.get(f"/returns/{at.return_.id}/submit").status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_submission_of_the_agencys_own_has_no_original(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    assert client.get(f"/returns/{at.return_.id}/enter").status_code == 403
    assert client.get(f"/returns/{at.return_.id}/submissions/1/original").status_code == 404
