"""A return goes out as a workbook, is filled in offline and comes back."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from s11audit.queries.responses import responses_of
from s11audit.services.responses import save_response
from tests.integration.responses.filling import NOW, Scene, scene, whole
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def downloaded(client: FlaskClient, at: Scene) -> Any:
    answer = client.get(f"/returns/{at.return_.id}/workbook/download")
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.data))


def fill(book: Any, number: int, ref: str, value: object) -> None:
    sheet = book[f"Standard {number}"]
    row = next(row for row in sheet.iter_rows() if row[0].value == ref)
    row[3].value = value


def saved(book: Any) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def send(client: FlaskClient, at: Scene, data: bytes, name: str = "back.xlsx") -> Any:
    return client.post(
        f"/returns/{at.return_.id}/workbook", data={"file": (BytesIO(data), name), "check": "1"}
    )


def token(page: str) -> str:
    return unescape(re.search(r'name="token"[^>]*value="([^"]*)"', page)[1])  # type: ignore[index]


def test_it_goes_out_comes_back_is_shown_and_applied(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    lead = at.actor(session, at.lead)
    save_response(session, lead, at.return_.id, 1, whole(1), based_on=0, now=NOW)
    session.commit()
    sign_in(client, at.contributor)
    book = downloaded(client, at)
    fill(book, 1, "statement", "Our chief nurse answers for safeguarding.")
    fill(book, 2, "answer:2.1:value", "Partly met")
    fill(book, 2, "self_label", "amber")
    fill(book, 2, "action:1:what", "A checklist for managers")
    fill(book, 2, "action:1:due_on", "30/9/2026")
    fill(book, 5, "answer:5.2:numerator", 45)
    fill(book, 5, "answer:5.2:denominator", 60)
    fill(book, 5, "answer:5.2:as_of", "31/1/2026")
    # Meanwhile a colleague saves standard 1 on the service.
    save_response(session, lead, at.return_.id, 1, whole(1, "amber"), based_on=1, now=NOW)
    session.commit()

    page = send(client, at, saved(book))
    assert page.status_code == 200
    for text in ("chief nurse", "Partly met", "2026-09-30", "saved this standard"):
        assert text in page.text
    ticked = re.findall(r'name="standards"[^>]*value="(\d+)"([^>]*)', page.text)
    assert [(number, "checked" in rest) for number, rest in ticked] == [
        ("1", False), ("2", True), ("5", True),
    ]  # fmt: skip
    session.rollback()
    assert set(responses_of(session, at.return_.id)) == {1}  # nothing is saved yet

    sent = {"token": token(page.text), "standards": ["2", "5"], "apply": "1"}
    assert client.post(f"/returns/{at.return_.id}/workbook/apply", data=sent).status_code == 302
    session.rollback()
    stored = responses_of(session, at.return_.id)
    assert stored[1].statement == whole(1).statement
    assert stored[2].self_label == "amber"
    assert [each.what for each in stored[2].proposed_actions] == ["A checklist for managers"]
    assert stored[5].answers[0].value["numerator"] == 45
    # Sent twice: what was shown is no longer so.
    assert client.post(f"/returns/{at.return_.id}/workbook/apply", data=sent).status_code == 409


def test_faults_are_told_with_sheet_row_and_column(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    book = downloaded(client, at)
    fill(book, 2, "answer:2.1:value", "Sort of")
    fill(book, 5, "answer:5.2:numerator", "most")
    fill(book, 5, "action:1:due_on", "next week")
    page = send(client, at, saved(book))
    assert page.status_code == 422
    text = unescape(page.text)
    for fault in ("“Sort of” is not one of: Met, Partly met", "“most” is no whole number",
                  "“next week” is no date", "sheet “Standard 5”"):  # fmt: skip
        assert fault in text
    session.rollback()
    assert responses_of(session, at.return_.id) == {}


@pytest.mark.parametrize("what", ["nothing", "text", "a zip", "another return's", "a plain book"])
def test_what_is_no_workbook_of_this_return_is_refused(
    client: FlaskClient, session: Session, what: str
) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    book = downloaded(client, at)
    if what == "another return's":
        book["s11audit"]["B1"] = at.return_.id + 1
        data = saved(book)
    elif what == "a plain book":
        del book["s11audit"]
        data = saved(book)
    elif what == "a zip":
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("xl/workbook.xml", "<no>")
            archive.writestr("[Content_Types].xml", "<no>")
        data = stream.getvalue()
    else:
        data = b"" if what == "nothing" else b"agency,standard\n"
    answer = send(client, at, data)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_a_return_that_is_sent_in_takes_no_workbook(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    data = saved(downloaded(client, at))
    at.return_.state = "submitted"
    session.commit()
    page = send(client, at, data)
    assert "cannot be changed" in page.text
    sign_in(client, at.qa)
    assert client.get(f"/returns/{at.return_.id}/workbook").status_code == 403
