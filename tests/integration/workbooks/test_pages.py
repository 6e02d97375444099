"""A return goes out as a workbook, is filled in offline and comes back."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from html import unescape
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from s11audit.models import Stage
from s11audit.queries.responses import responses_of
from s11audit.services.responses import save_response
from s11audit.services.still_true import say_still_true
from tests.integration.responses.filling import NOW, scene, whole
from tests.integration.updates.second_year import AMBER_2_RED_5, publish, second_year
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def downloaded(client: FlaskClient, at: Any) -> Any:
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


def send(client: FlaskClient, at: Any, data: bytes, name: str = "back.xlsx") -> Any:
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
    fill(book, 2, "action:1:what", "A checklist for managers of Emma, aged 7")
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
    applied = client.post(f"/returns/{at.return_.id}/workbook/apply", data=sent)
    assert applied.status_code == 302
    # What might identify a child is pointed out there too.
    assert "a name with an age" in client.get(applied.location).text
    session.rollback()
    stored = responses_of(session, at.return_.id)
    assert stored[1].statement == whole(1).statement
    assert stored[2].self_label == "amber"
    assert [each.what for each in stored[2].proposed_actions] == [
        "A checklist for managers of Emma, aged 7"
    ]
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


@pytest.mark.parametrize(
    "what", ["nothing", "text", "a zip", "a damaged sheet", "another return's", "a plain book"]
)
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
    elif what == "a damaged sheet":
        stream = BytesIO()
        with zipfile.ZipFile(BytesIO(saved(book))) as whole_, zipfile.ZipFile(stream, "w") as half:
            for name in whole_.namelist():
                content = whole_.read(name)
                half.writestr(name, content[:900] if name.endswith("sheet2.xml") else content)
        data = stream.getvalue()
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


def test_a_workbook_of_the_second_year_comes_back_in_part(
    client: FlaskClient, session: Session
) -> None:
    year = second_year(session, AMBER_2_RED_5, leave_out=(7,))
    stage = session.get_one(Stage, year.second.stage_id)
    stage.opened_at, lead = NOW, year.actor(session, "lead")
    session.commit()
    sign_in(client, year.lead)
    at = SimpleNamespace(return_=year.second)
    book = downloaded(client, at)
    # Only what is asked for an update or in full is in it, with what was said before.
    assert [name for name in book.sheetnames if name.startswith("Standard")] == [
        "Standard 2", "Standard 5", "Standard 7",
    ]  # fmt: skip
    fill(book, 2, "progress", "A deputy was named.")
    fill(book, 5, "progress", "Line one.\nLine two.")
    fill(book, 5, "action:1:due_on", "30 September 2026")
    fill(book, 5, "action:1:what", "Train the rest")
    book.move_sheet("Standard 5", -3)
    # Meanwhile standard 7 is rated green, and a colleague says that it is still true.
    publish(session, year.first, {}, only=(7,))
    say_still_true(session, lead, year.second.id, {7: True}, "Amira Khan", now=NOW)
    session.commit()
    page = send(client, at, saved(book))
    assert "Standard 7 is left out" in page.text and "2026-09-30" in page.text
    sent = {"token": token(page.text), "standards": ["2", "5"], "apply": "1"}
    assert client.post(f"/returns/{year.second.id}/workbook/apply", data=sent).status_code == 302
    session.rollback()
    stored = responses_of(session, year.second.id)
    assert stored[5].progress == "Line one.\nLine two."
    assert [each.due_on for each in stored[5].proposed_actions] == [date(2026, 9, 30)]
    # What was carried over stands beside it, and is still to be confirmed.
    assert stored[2].statement == "What we do about standard 2." and stored[2].taken_over
    # A sheet that was given another name is told, and not lost without a word.
    book["Standard 2"].title = "Leadership"
    refused = send(client, at, saved(book))
    assert refused.status_code == 422 and "“Standard 2” is missing" in refused.text
