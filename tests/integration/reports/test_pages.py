"""The pages of reports and their files: who opens them, which day they show, what they cost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.queries.log import head_line
from s11audit.reports.document_files import DOCUMENT_FORMATS
from s11audit.reports.render import FORMATS
from s11audit.services import log
from tests import factories
from tests.integration.reports.story import Story, tell
from tests.support.web import sign_in


@pytest.fixture
def told(session: Session, client: FlaskClient) -> Story:
    """The story, with a board member signed in."""
    made = tell(session)
    viewer = factories.user(session, Role.VIEWER, board=made.board)
    session.commit()
    sign_in(client, viewer)
    return made


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is sent to any database, transactions' own statements aside."""
    ran: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield ran
    event.remove(Engine, "before_cursor_execute", note)


def address(told: Story, kind: str) -> str:
    return f"/boards/meadow/cycles/{told.cycle.id}/stages/1/{kind}"


def test_the_cycles_lead_to_their_reports(client: FlaskClient, told: Story) -> None:
    page = client.get("/boards/meadow/reports").text
    assert "Audit 2026" in page
    for kind in ("compliance", "standards"):
        assert f'href="{address(told, kind)}"' in page


@pytest.mark.parametrize("kind", ["compliance", "standards"])
def test_a_page_shows_the_day_that_is_asked_for(
    client: FlaskClient, told: Story, kind: str
) -> None:
    by_link = client.get(address(told, kind) + "?as_at=2026-03-31")
    by_form = client.get(
        address(told, kind) + "?as_at-day=31&as_at-month=3&as_at-year=2026&show=Show"
    )
    for page in (by_link, by_form):
        assert page.status_code == 200
        assert "As at 31 March 2026" in page.text
        assert 'value="31"' in page.text
        assert f"{kind}.pdf?as_at=2026-03-31" in page.text
        assert "Merged with Ashdale Council." in page.text


@pytest.mark.parametrize(
    ("asked", "told_so"),
    [
        ("as_at=2999-01-01", "Enter a date that is not in the future"),
        ("as_at=yesterday", "Date must be a real date, such as 2026-03-04"),
        ("as_at-day=31&as_at-month=2&as_at-year=2026", "Date must be a real date"),
        ("as_at-day=31&as_at-month=&as_at-year=2026", "Date must include a month"),
    ],
)
def test_a_day_that_cannot_be_is_an_error_in_words(
    client: FlaskClient, told: Story, asked: str, told_so: str
) -> None:
    page = client.get(f"{address(told, 'compliance')}?{asked}")
    assert page.status_code == 200
    assert "There is a problem" in page.text
    assert told_so in page.text
    assert client.get(f"{address(told, 'compliance.json')}?{asked}").status_code == 400


@pytest.mark.parametrize("kind", ["compliance", "standards"])
@pytest.mark.parametrize("file_format", list(FORMATS))
def test_files_are_downloaded(
    client: FlaskClient, told: Story, kind: str, file_format: str
) -> None:
    answer = client.get(address(told, f"{kind}.{file_format}") + "?as_at=2026-03-31")
    assert answer.status_code == 200
    assert answer.content_type == FORMATS[file_format]
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{kind}-meadow-audit-2026-stage-1-2026-03-31.{file_format}"'
    )
    if file_format == "json" and kind == "compliance":
        assert json.loads(answer.data)["asked"] == 13


def test_what_is_not_there_does_not_exist(
    client: FlaskClient, told: Story, session: Session
) -> None:
    assert client.get(address(told, "compliance.docx")).status_code == 404
    assert client.get(address(told, "compliance").replace("/1/c", "/2/c")).status_code == 404
    other = factories.board(session, "hill")
    session.commit()
    elsewhere = address(told, "compliance").replace("meadow", other.slug)
    assert client.get(elsewhere).status_code == 404
    both = factories.user(session, Role.OFFICE, board=other)
    factories.grant(session, both, Role.OFFICE, board=told.board)
    session.commit()
    sign_in(client, both)
    assert client.get(elsewhere).status_code == 404
    assert client.get(address(told, "compliance")).status_code == 200


def test_agencies_do_not_read_the_boards_reports(
    client: FlaskClient, told: Story, session: Session
) -> None:
    member = told.asked["Brook Police"].membership
    lead = factories.user(session, Role.LEAD, membership=member)
    session.commit()
    sign_in(client, lead)
    for path in ("compliance", "standards", "compliance.csv", "standards.pdf"):
        assert client.get(address(told, path)).status_code == 404
    assert client.get("/boards/meadow/reports").status_code == 404


def test_a_page_takes_few_queries(client: FlaskClient, told: Story, statements: list[str]) -> None:
    for path in ("/boards/meadow/reports", address(told, "compliance"), address(told, "standards")):
        client.get(path)
        statements.clear()
        assert client.get(path).status_code == 200
        assert len(statements) <= 12, statements


def _words(content: bytes, file_format: str) -> str:
    """Return everything that a file says."""
    if file_format == "pdf":
        found = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
        return "\n".join(found)
    if file_format == "xlsx":
        book = load_workbook(BytesIO(content), read_only=True)
        rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
        return "\n".join(str(cell) for row in rows for cell in row if cell)
    return content.decode()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_file_says_how_far_the_log_had_come(
    client: FlaskClient, told: Story, session: Session
) -> None:
    """At its foot, or, where the format is fixed, in a header."""
    log.record(
        session, OPERATOR, Role.ADMIN, "thing.changed", "thing", 1,
        now=factories.NOW, board_id=told.board.id,
    )  # fmt: skip
    session.commit()
    line = head_line(session, told.board)
    assert re.fullmatch(r"Log: board meadow, entry 1, [0-9a-f]{64}", line)
    reports = f"/boards/meadow/stages/{told.cycle.stages[0].id}"
    paths = [
        *(address(told, f"{kind}.{f}") for kind in ("compliance", "standards") for f in FORMATS),
        *(
            f"{base}.{file_format}"
            for base in (
                "/boards/meadow/themes/published",
                "/boards/meadow/exceptions",
                "/boards/meadow/programme/plan",
                f"{reports}/visits",
            )
            for file_format in DOCUMENT_FORMATS
        ),
    ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["X-S11audit-Log"] == line, path
        file_format = path.rpartition(".")[2]
        shown = line in " ".join(_words(answer.data, file_format).split())
        assert shown == (file_format in DOCUMENT_FORMATS), path
