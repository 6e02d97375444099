"""The compliance table and the ratings by standard, against figures worked out by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from s11audit.domain.enums import Basis, Compliance, Participation, Role, Standing
from s11audit.domain.errors import Invalid, NotAllowed, NotFound
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.paths import PACKAGE
from s11audit.reports import as_json
from s11audit.reports.build import build_compliance, build_standards
from s11audit.reports.data import ComplianceReport
from tests import factories
from tests.integration.reports import story
from tests.integration.reports.story import DAY, EXPECTED, NOW, small_cycle, tell
from tests.support.reporting import Asked, at, ratings

SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LEICESTERSHIRE = PACKAGE / "demonstration" / "leicestershire-rutland-2011.csv"


def as_read(report: Any) -> dict[str, Any]:
    """The report as JSON says it."""
    read: dict[str, Any] = json.loads(as_json.draw(report))
    return read


def table(session: Session, cycle_id: int, day: date | None = DAY, stage: int = 1) -> Any:
    return build_compliance(session, OPERATOR, cycle_id, stage, day, now=NOW)


def row_of(report: ComplianceReport, agency: str) -> dict[str, Any]:
    return next(row for row in as_read(report)["rows"] if row["agency"] == agency)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Collect the statements that are run, transactions' own ones aside."""
    ran: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_every_situation_of_the_compliance_table(session: Session) -> None:
    told = tell(session)
    read = as_read(table(session, told.cycle.id))
    assert list(read) == [
        "board", "cycle", "stage", "as_at", "asked", "returned", "initial", "current", "rows",
    ]  # fmt: skip
    assert (read["board"], read["cycle"], read["stage"]) == ("meadow", "Audit 2026", 1)
    assert read["as_at"] == "2026-03-31"
    cells = ("returned", "initial", "plan_returned", "actions_completed", "monitored", "current")
    found = {row["agency"]: tuple(row[cell] for cell in cells) for row in read["rows"]}
    assert found == EXPECTED
    assert list(found) == list(EXPECTED)  # in the order of names, casefolded
    assert (read["asked"], read["returned"]) == (story.ASKED, story.RETURNED)
    assert (read["initial"], read["current"]) == (story.INITIAL, story.CURRENT)
    assert read["rows"][0]["category"] == ["council", "voluntary"]


def test_who_is_not_counted_and_why(session: Session) -> None:
    report = table(session, tell(session).cycle.id)
    assert [(each.agency, each.words) for each in report.not_counted] == [
        ("Elm Council", "Excused on 15 March 2026: Merged with Ashdale Council."),
        ("Fen Parish", "Nil return on 15 March 2026: It has no contact with children."),
    ]
    declined = next(row for row in report.rows if row.agency == "Hill School")
    assert declined.note == "Declined on 15 March 2026: It answers to another board."
    later = table(session, report.about.cycle_id, date(2026, 4, 2))
    assert [each.agency for each in later.not_counted] == [
        "Elm Council", "Fen Parish", "Glen Charity",
    ]  # fmt: skip
    earlier = table(session, report.about.cycle_id, date(2026, 3, 14))
    assert not earlier.not_counted
    assert earlier.asked == 15


def test_figures_are_said_with_their_denominators(session: Session) -> None:
    report = table(session, tell(session).cycle.id)
    (first, initial), (second, current) = report.statements
    assert (first, second) == ("Self-assessed", "Compliance now")
    assert initial[0] == "4 fully compliant of 10 returned (13 asked)"
    assert current[0] == "3 fully compliant of 13 asked (10 returned)"
    assert next(row for row in report.rows if row.agency == "Brook Police").current_words == (
        "Partially (1 red, 1 amber, 1 green)"
    )


def test_what_stood_on_earlier_days(session: Session) -> None:
    cycle = tell(session).cycle.id
    before = table(session, cycle, date(2026, 3, 3))
    assert before.returned == 0
    assert before.current[Compliance.NOT_KNOWN] == before.asked - 1
    cliff = [row_of(table(session, cycle, date(2026, 3, day)), "Cliff College") for day in (11, 12)]
    assert [row["returned"] for row in cliff] == ["yes", "no"]
    lake = row_of(table(session, cycle, date(2026, 3, 29)), "Lake College")
    assert lake["actions_completed"] == "underway"  # removed on the 30th
    kite = {
        day: row_of(table(session, cycle, date(2026, 3, day)), "Kite NHS Trust")
        for day in (9, 11, 20, 21, 22)
    }
    assert [kite[day]["actions_completed"] for day in kite] == [
        None, None, "underway", "yes", "yes",
    ]  # fmt: skip
    assert [kite[day]["current"] for day in kite] == [
        "not_known", "partially", "partially", "partially", "fully",
    ]  # fmt: skip
    mill = {day: row_of(table(session, cycle, date(2026, 3, day)), "Mill Housing")
            for day in (16, 17, 18)}  # fmt: skip
    assert [mill[day]["plan_returned"] for day in mill] == ["no", "yes", "yes"]
    assert [mill[day]["actions_completed"] for day in mill] == [None, None, "yes"]
    ashdale = row_of(table(session, cycle, date(2026, 3, 29)), "Ashdale Council")
    assert ashdale["monitored"] == "yes"  # lifted on the 30th


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # Clocks go forward on 29 March 2026 and back on 25 October 2026.
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 23, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_day_ends_when_it_ends_in_london(session: Session, moment: datetime, day: date) -> None:
    board = factories.board(session)
    cycle = small_cycle(session, board)
    Asked(session, board, cycle, "Ashdale").submit(moment, ratings("gg"))
    session.commit()
    now = at("2026-12-01")
    on_the_day = build_compliance(session, OPERATOR, cycle.id, 1, day, now=now)
    day_before = build_compliance(
        session, OPERATOR, cycle.id, 1, day - timedelta(days=1), now=now
    )  # fmt: skip
    assert (on_the_day.returned, day_before.returned) == (1, 0)


def test_the_day_is_today_in_london_and_never_later(session: Session) -> None:
    cycle = tell(session).cycle.id
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # the 2nd in London
    report = build_compliance(session, OPERATOR, cycle, 1, now=late)
    assert report.about.as_at == date(2026, 7, 2)
    with pytest.raises(Invalid) as refused:
        build_compliance(session, OPERATOR, cycle, 1, date(2026, 7, 3), now=late)
    assert refused.value.problems == {"as_at": "Enter a date that is not in the future"}


def test_compliance_now_counts_what_any_stage_published(session: Session) -> None:
    board = factories.board(session)
    cycle = small_cycle(session, board, stages=2)
    first = Asked(session, board, cycle, "Ashdale").submit(at("2026-03-05"), ratings("ga"))
    first.publish(at("2026-03-10"), ratings("ga"))
    second = Asked(session, board, cycle, "", stage=2, membership=first.membership)
    second.publish(at("2027-01-10"), {2: ratings("-g")[2]})
    session.commit()
    now = at("2027-06-01")

    def current(stage: int, day: date) -> str:
        report = build_compliance(session, OPERATOR, cycle.id, stage, day, now=now)
        return report.rows[0].current.value

    assert current(1, date(2027, 1, 9)) == current(2, date(2027, 1, 9)) == "partially"
    assert current(1, date(2027, 1, 10)) == current(2, date(2027, 1, 10)) == "fully"
    report = build_compliance(session, OPERATOR, cycle.id, 2, date(2027, 1, 9), now=now)
    assert report.rows[0].plan_returned is None  # the improvement is the first stage's


def test_a_confirmed_cycle_knows_nothing_before_it_is_confirmed(session: Session) -> None:
    board = factories.board(session)
    cycle = small_cycle(session, board)
    cycle.basis = Basis.CONFIRMED
    Asked(session, board, cycle, "Ashdale").submit(at("2026-03-05"), ratings("gg"))
    session.commit()
    row = table(session, cycle.id).rows[0]
    assert (row.initial, row.current) == (Compliance.FULLY, Compliance.NOT_KNOWN)


def test_recorded_history_keeps_its_cells_at_any_day(session: Session) -> None:
    board = factories.board(session)
    cycle = factories.cycle(session, board, tool="leicestershire-rutland-2011")
    with Path(LEICESTERSHIRE).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))[1:]
    for name, *cells in lines:
        advisory = "Advisory Role" in cells
        part = Participation.ADVISORY if advisory else Participation.FULL
        Asked(session, board, cycle, name, participation=part).record(cells)
    session.commit()
    for day in (None, date(1999, 1, 1)):
        read = as_read(table(session, cycle.id, day))
        assert (read["asked"], read["returned"]) == (27, 26)
        assert read["initial"] == {
            "fully": 3, "partially": 23, "non": 0, "advisory": 0, "not_known": 0,
        }  # fmt: skip
        assert read["current"] == {
            "fully": 12, "partially": 9, "non": 0, "advisory": 2, "not_known": 4,
        }  # fmt: skip
    report = table(session, cycle.id)
    prosecution = row_of(report, "Crown Prosecution Service")
    assert (prosecution["returned"], prosecution["initial"]) == ("no", "partially")
    assert row_of(report, "LCC CYPS CSC")["monitored"] == "na"
    assert "12 fully compliant of 27 asked (26 returned)" in report.statements[1][1]
    assert report.notes[0].startswith("All rows are recorded history")
    standards = build_standards(session, OPERATOR, cycle.id, 1, now=NOW)
    assert (standards.asked, standards.returned, standards.advisory) == (25, 25, 2)


def test_ratings_by_standard(session: Session) -> None:
    read = as_read(build_standards(session, OPERATOR, tell(session).cycle.id, 1, DAY, now=NOW))
    assert (read["asked"], read["returned"]) == (12, 9)  # without the advisory agency
    first, second, third = read["standards"]
    # 1: Ashdale g, Brook g, dale r, Jay g, Kite r, Lake g, Mill g, Nook g, Oak na; three not in
    assert first["self"] == {"green": 6, "amber": 0, "red": 2, "na": 1, "not_rated": 3}
    # Ashdale g, Brook g, Jay g, Kite g (at first r), Lake a, Mill g, Nook g
    assert first["agreed"] == {"green": 6, "amber": 1, "red": 0, "na": 0, "not_rated": 5}
    # 2: Ashdale g, Brook a, dale r, Jay na, Kite a, Lake a, Mill a, Nook g, Oak na
    assert second["self"] == {"green": 2, "amber": 4, "red": 1, "na": 2, "not_rated": 3}
    assert second["agreed"] == {"green": 2, "amber": 2, "red": 0, "na": 1, "not_rated": 7}
    assert third["title"] == "Custody"
    assert third["self"] == {"green": 0, "amber": 0, "red": 1, "na": 0, "not_rated": 0}
    rows = {row["agency"]: row for row in read["rows"]}
    assert "Isle Fire" not in rows
    assert rows["Brook Police"]["self"] == {"1": "green", "2": "amber", "3": "red"}
    assert rows["Lake College"]["agreed"] == {"1": "amber", "2": None}
    assert rows["Cliff College"]["self"] == {"1": None, "2": None}


@SQLITE_ONLY
@pytest.mark.parametrize(("role", "error"), [(Role.LEAD, NotFound), (Role.ADMIN, NotAllowed)])
def test_reports_are_for_the_board_only(
    session: Session, role: Role, error: type[Exception]
) -> None:
    told = tell(session)
    member = told.asked["Ashdale Council"].membership
    person = factories.user(session, role, membership=member if role is Role.LEAD else None)
    for build in (build_compliance, build_standards):
        with pytest.raises(error):
            build(session, factories.actor(session, person), told.cycle.id, 1, now=NOW)
    with pytest.raises(NotFound):
        build_compliance(session, OPERATOR, told.cycle.id, 2, now=NOW)
    with pytest.raises(NotFound):
        build_compliance(session, OPERATOR, told.cycle.id + 1, 1, now=NOW)
    with pytest.raises(NotFound):
        build_compliance(
            session, OPERATOR, told.cycle.id, 1, board_id=told.board.id + 1, now=NOW
        )  # fmt: skip


def test_the_number_of_queries_does_not_follow_the_agencies(session: Session) -> None:
    board = factories.board(session)
    cycle = small_cycle(session, board)
    cycle_id = cycle.id
    found = {}
    for number in range(300):
        asked = Asked(session, board, cycle, f"Agency {number}")
        asked.submit(at("2026-03-05"), ratings("ga")).publish(at("2026-03-10"), ratings("ga"))
        asked.act(2, at("2026-03-12"))
        if number + 1 not in (3, 300):
            continue
        session.commit()
        for build in (build_compliance, build_standards):
            build(session, OPERATOR, cycle_id, 1, now=NOW)  # the tool is read once a process
            session.rollback()
            with counted_queries() as ran:
                build(session, OPERATOR, cycle_id, 1, now=NOW)
            found[number + 1, build.__name__] = len(ran)
    assert found == {
        (3, "build_compliance"): 7,
        (3, "build_standards"): 5,
        (300, "build_compliance"): 7,
        (300, "build_standards"): 5,
    }


@SQLITE_ONLY
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6), size=st.integers(0, 12))
def test_the_counts_always_add_up(session: Session, seed: int, size: int) -> None:
    random = Random(seed)
    board = factories.board(session)
    cycle = factories.cycle(session, board)

    def some(letters: str) -> Any:
        return ratings("".join(random.choice(letters) for _ in range(9)))

    for _ in range(size):
        part = random.choice([*[Participation.FULL] * 4, Participation.ADVISORY])
        asked = Asked(session, board, cycle, "", participation=part)
        day = at(f"2026-03-{random.randint(5, 25):02}")
        if random.random() < 0.8:
            asked.submit(day, some("gggar"))
            if random.random() < 0.3:
                asked.send_back(day + timedelta(days=2))
            elif random.random() < 0.6:
                asked.publish(day + timedelta(days=3), some("ggggan-"))
        if random.random() < 0.3:
            asked.stand(day, random.choice(list(Standing)), "A reason.")
    for day in (date(2026, 3, 4), date(2026, 3, 15), None):
        report = build_compliance(session, OPERATOR, cycle.id, 1, day, now=NOW)
        assert report.asked == len(report.rows)
        assert report.asked + len(report.not_counted) == size
        assert sum(report.initial.values()) == report.returned <= report.asked
        assert sum(report.current.values()) == report.asked
        standards = build_standards(session, OPERATOR, cycle.id, 1, day, now=NOW)
        for each in standards.standards:
            assert sum(each.self_counts.values()) == standards.asked
            assert sum(each.agreed_counts.values()) == standards.asked
    session.rollback()
