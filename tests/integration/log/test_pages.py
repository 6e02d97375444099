"""The log on pages: its entries with their addresses, and papers looked up in it."""

import re

import pytest
from sqlalchemy import select

from s11audit.domain.enums import Role
from s11audit.models import AuditLog
from s11audit.queries.log import Paper, head_line, read_paper
from tests import factories as make
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HASH = "3f0c" * 16


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        (f"Log: board north-vale, entry 1,204, {HASH}", Paper(1204, HASH)),
        (f"LOG: BOARD NORTH, ENTRY 7, {HASH.upper()}", Paper(7, HASH)),
        ("3f0c3f0c", Paper(None, "3f0c3f0c")),
        ("entry 12", Paper(12, "")),
        ("12", Paper(12, "")),
        ("entry 3 3f0c3f0c3f", Paper(3, "3f0c3f0c3f")),
        ("3f0c3f0", None),
        ("nothing", None),
        ("entry", None),
        ("", None),
    ],
)
def test_what_a_paper_says_is_read(database_url, text, paper):
    assert read_paper(text) == paper


def test_the_administrator_reads_addresses_and_the_office_looks_a_paper_up(session, client):
    admin = make.user(session, Role.ADMIN)
    board, other = make.board(session, name="North Board"), make.board(session)
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, admin)
    client.environ_base["REMOTE_ADDR"] = "192.0.2.44"
    client.post("/admin/boards/add", data={"name": "A board", "slug": "a-board"})
    sign_in(client, office)
    client.post(
        f"/boards/{board.slug}/people/invite",
        data={"email": "eve@example.org", "name": "Eve", "role": "viewer"},
    )
    session.rollback()
    logged = {
        row.chain: row for row in session.scalars(select(AuditLog).order_by(AuditLog.id)).all()
    }
    assert {row.address for row in logged.values()} == {"192.0.2.44"}
    line = head_line(session, board)
    assert line == f"Log: board {board.slug}, entry 1, {logged[f'board:{board.id}'].hash}"
    assert head_line(session, other) == f"Log: board {other.slug}, no entry yet"
    session.delete(other)  # the proof would miss its chain
    session.commit()
    at = f"/boards/{board.slug}/log"
    assert line in client.get(at).text
    told = client.get(at, query_string={"paper": line}).text
    assert f"This is in the log: entry 1 of the board {board.slug}" in " ".join(told.split())
    wrong = line[:-6] + ("0" * 6)
    told = client.get(at, query_string={"paper": wrong}).text
    assert "This is not in the log. Entry 1 has another long number." in told
    elsewhere = next(row.hash for chain, row in logged.items() if chain != f"board:{board.id}")
    assert "This is not in the log." in client.get(at, query_string={"paper": elsewhere}).text
    assert "at least 8 characters" in client.get(at, query_string={"paper": "what"}).text
    assert "192.0.2.44" not in client.get(at).text
    assert client.get("/admin/log").status_code == 404

    sign_in(client, admin)
    shown = client.get("/admin/log?board=a-board").text
    assert "192.0.2.44" in shown and admin.name in shown
    assert re.search(r">\w+ \d+</span>", shown), "what was changed is named by its number"
    shown = client.get("/admin/log", query_string={"board": board.slug, "paper": elsewhere[:8]})
    assert "Invitation" in shown.text and "entry 1 of the board a-board" in shown.text
    assert re.search(r"All 2 rows hold", client.post("/admin/log").text)


def test_a_viewer_and_a_lead_find_no_log(session, client):
    board = make.board(session)
    member = make.membership(session, board, "Northvale College")
    people = (
        make.user(session, Role.VIEWER, board=board),
        make.user(session, Role.LEAD, membership=member),
    )
    session.commit()
    for person, status in zip(people, (403, 404), strict=True):
        sign_in(client, person)
        assert client.get(f"/boards/{board.slug}/log").status_code == status
