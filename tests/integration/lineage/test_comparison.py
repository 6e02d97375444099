"""A stage against the last cycle's, on another tool: figures worked out by hand."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Rag, Role
from s11audit.domain.policy import OPERATOR
from s11audit.queries.returns import return_by_id
from s11audit.reports.comparison import build_comparison
from s11audit.reports.comparison_data import counts_in_words
from s11audit.services.publications import Agreed, publish_ratings
from tests import factories as make
from tests.factories import NOW
from tests.integration.lineage.new_cycle import NewCycle, new_cycle
from tests.support.counting import counted_queries
from tests.support.reviewing import send, sent_in
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def compared(session: Session) -> NewCycle:
    """Fellmere was rated amber in 5 and 7 and green else; now 6, 10 and 11 are amber, green and
    green, and nothing else is rated. Hilltop is asked now only."""
    at = new_cycle(session)
    hilltop = make.membership(
        session, at.board, "Hilltop Trust", categories=(Category.NHS_PROVIDER,)
    )
    sent_in(session, hilltop, at.cycle, rag=Rag.GREEN)
    send(session, return_by_id(session, at.now.id))
    ratings = {6: Rag.AMBER, 10: Rag.GREEN, 11: Rag.GREEN}
    publish_ratings(
        session, OPERATOR, return_by_id(session, at.now.id),
        [Agreed(n, rag.value, rag, improvement="More." if rag is Rag.AMBER else "")
         for n, rag in ratings.items()],
        effective_at=NOW, now=NOW,
    )  # fmt: skip
    session.commit()
    return at


def test_the_figures_of_both_sides_and_what_is_not_compared(session: Session) -> None:
    at = compared(session)
    report, choices = build_comparison(
        session, OPERATOR, at.cycle.id, 1, board_id=at.board.id, now=NOW
    )
    assert report is not None and [each.cycle_id for each in choices] == [at.before.id]
    by_number = {each.number: each for each in report.standards}
    # Three of thirteen standards are the same thing reworded: 6 was 9, 10 was 6, 11 was 5.
    assert {each.number: each.then for each in report.matched} == {6: 9, 10: 6, 11: 5}
    assert counts_in_words(by_number[11].agreed_then) == "1 amber of 1"
    assert counts_in_words(by_number[11].agreed_now) == "1 green of 2 (1 not rated)"
    assert by_number[8].then is None and by_number[8].agreed_then is None
    assert by_number[8].words == "Not compared: a part of what standard 7 asked"
    assert [number for number, _title, _why in report.dropped] == [2]
    fellmere, hilltop = report.agencies
    # 6: green to amber, lower. 10: green to green. 11: amber to green, better.
    assert fellmere.agreed_changes.in_words() == (
        "1 better, 1 the same, 1 lower of 3 rated both times"
    )
    assert hilltop.note == "Not compared: was not asked then"
    assert "3 of 13 standards can be compared." in report.statements


def test_the_page_and_the_files_say_the_same(client: FlaskClient, session: Session) -> None:
    at = compared(session)
    viewer = make.user(session, Role.VIEWER, board=at.board)
    session.commit()
    sign_in(client, viewer)
    page = f"/boards/{at.board.slug}/cycles/{at.cycle.id}/stages/1/comparison"
    with counted_queries() as queries:
        shown = client.get(page).text
    assert len(queries) <= 18, "\n".join(queries)
    for words in (
        "Audit 2026, stage 1 against Audit 2023, stage 1",
        "Was standard 9, reworded",
        "Not compared: new in this tool",
        "1 better, 1 the same, 1 lower of 3 rated both times",
    ):
        assert words in shown
    rows = list(csv.reader(StringIO(client.get(f"{page}.csv").text)))
    assert [
        "Fellmere Health Trust",
        "11",
        "Green",
        "Not rated",
        "Amber",
        "Green",
        "Better",
        "",
    ] in rows
    book = load_workbook(BytesIO(client.get(f"{page}.xlsx").data))
    assert book.sheetnames == ["Standards", "Agencies", "Notes"]
    assert client.get(f"{page}?then=999999").status_code == 404
    first = f"/boards/{at.board.slug}/cycles/{at.before.id}/stages/1/comparison"
    assert "no earlier stage" in client.get(first).text
