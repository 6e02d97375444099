"""Every way in which a file is refused: with file, row, column and reason, exit code 2, and the
database as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from s11audit.domain.dates import london_today
from s11audit.exchange.compliance_table import COLUMNS
from tests.integration.commands.running import Operator

AGENCIES = """agency,category,participation
Ærø Trust,nhs_provider,full
Blue Council,council,full
Court Service,other,advisory
Late Joiner,other,full
"""
HEADER = "agency,standard,self_rating,statement,submitted_on,agreed_rating,improvement,rated_on"
TABLE = ",".join(f'"{column}"' for column in COLUMNS)
TODAY = london_today(datetime.now(UTC))
TOMORROW = (TODAY + timedelta(days=1)).isoformat()
ACCENTS = "Ærø".encode("cp1252")


def settled(made: Operator) -> Operator:
    """Give an operator a board, and an audit that asks all agencies but the late joiner."""
    made.ok("board", "add", "north", "North")
    rows = AGENCIES.splitlines(keepends=True)
    made.ok("import", "agencies", made.write("a.csv", "".join(rows[:4])), "--board", "north")
    options = ["--board", "north", "--tool", "lancashire-2012", "--due", "2030-01-01"]
    made.ok("cycle", "open", *options, "--name", "Audit", "--include-advisory")
    made.ok("cycle", "open", *options, "--name", "Other way", "--basis", "confirmed")
    made.ok("import", "agencies", made.write("a.csv", AGENCIES), "--board", "north")
    return made


@pytest.fixture
def operator(operator_anywhere: Operator) -> Operator:
    """An operator whose database may change, of either kind."""
    return settled(operator_anywhere)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """An operator for what is refused: the database stays as it was, so that one is enough."""
    return settled(Operator(tmp_path_factory.mktemp("refusals")))


def whole(agency: str = "Blue Council", submitted: str = "2024-02-01", but: str = "") -> str:
    """Nine rows of one agency, all green; `but` replaces the row of its standard."""
    rows = [f"{agency},{number},green,,{submitted},,," for number in range(1, 10)]
    if but:
        rows[int(but.split(",")[1]) - 1] = but
    return "\n".join([HEADER, *rows]) + "\n"


def refused(operator: Operator, kind: str, content: str | bytes, *more: str) -> list[str]:
    """Import a file that has to be refused, dry and in earnest; return what was said."""
    options = {
        "agencies": [],
        "returns": ["--cycle", "Audit"],
        "compliance-table": ["--cycle", "X"],
    }
    command = ["import", kind, operator.write("f.csv", content), "--board", "north"]
    command += [*options[kind], *more]
    before = operator.everything()
    told = operator.refused(*command)
    assert operator.refused(*command, "--dry-run") == told
    assert operator.everything() == before
    return told.splitlines()


AGENCY_FAULTS = [
    ("agency,category\nA,police\n", "f.csv, row 1, column participation: This column is missing."),
    (
        "agency,category,participation,colour\nA,police,full,red\n",
        "f.csv, row 1, column colour: There is no such column. The columns are agency, category, "
        "participation, duty.",
    ),
    ("agency,category,participation\n,police,full\n", "f.csv, row 2, column agency: "),
    ("agency,category,participation\nA,,full\n", "f.csv, row 2, column category: "),
    (
        "agency,category,participation\nA,army,full\n",
        "f.csv, row 2, column category: “army” is not",
    ),
    ("agency,category,participation\nA,police,\n", "f.csv, row 2, column participation: "),
    (
        "agency,category,participation\nA,police,half\n",
        "f.csv, row 2, column participation: “half”",
    ),
    ("agency,category,participation,duty\nA,police,full,maybe\n", "f.csv, row 2, column duty: "),
    (
        "agency,category,participation\nA,police,full\na,police,full\n",
        "f.csv, row 3, column agency: “a” is in row 2 already.",
    ),
    (f"agency,category,participation\n{'x' * 201},police,full\n", "f.csv, row 2, column agency: "),
    (
        b"agency,category,participation\n" + ACCENTS + b",police,full\n",
        "f.csv, row 2, column agency",
    ),
    ("", "f.csv: The file is empty."),
    ("agency,category,participation\n", "f.csv: The file has a header but no rows below it."),
]


@pytest.mark.parametrize(("content", "told"), AGENCY_FAULTS)
def test_agencies_are_refused(unchanged: Operator, content: str | bytes, told: str) -> None:
    lines = refused(unchanged, "agencies", content)
    assert len(lines) == 1
    assert lines[0].startswith(told)


def test_all_faults_are_told_at_once(unchanged: Operator) -> None:
    content = "agency,category,participation\nA,army,half\nB,police,full\nC,,none\n"
    lines = refused(unchanged, "agencies", content)
    assert [line.split(":")[0] for line in lines] == [
        "f.csv, row 2, column category",
        "f.csv, row 2, column participation",
        "f.csv, row 4, column category",
        "f.csv, row 4, column participation",
    ]


ROW_FAULTS = {
    "bad rating": ("Blue Council,3,purple,,2024-02-01,,,", "self_rating", "“purple” is not"),
    "bad agreed rating": (
        "Blue Council,3,green,,2024-02-01,Green,,2024-03-01", "agreed_rating", "“Green” is not",
    ),
    "bad date": ("Blue Council,3,green,,01/02/2024,,,", "submitted_on", "is not a date"),
    "no such day": ("Blue Council,3,green,,2024-02-30,,,", "submitted_on", "is not a date"),
    "future": (f"Blue Council,3,green,,{TOMORROW},,,", "submitted_on", "is in the future"),
    "rated in the future": (
        f"Blue Council,3,green,,2024-02-01,green,,{TOMORROW}", "rated_on", "is in the future",
    ),
    "other day": ("Blue Council,3,green,,2024-02-02,,,", "submitted_on", "must agree"),
    "no day": ("Blue Council,3,green,,,,,", "submitted_on", "must agree"),
    "no self rating": ("Blue Council,3,,,2024-02-01,,,", "self_rating", "needs a self rating"),
    "na without reason": ("Blue Council,3,na,,2024-02-01,,,", "statement", "needs its reason"),
    "too long": (
        f"Blue Council,3,green,{'word ' * 203},2024-02-01,,,", "statement", "3 words over",
    ),
    "no improvement": (
        "Blue Council,3,green,,2024-02-01,amber,,2024-03-01", "improvement", "needs an improvement",
    ),
    "improvement for green": (
        "Blue Council,3,green,,2024-02-01,green,Do more,2024-03-01", "improvement", "takes no",
    ),
    "improvement alone": (
        "Blue Council,3,green,,2024-02-01,,Do more,", "improvement", "needs an agreed rating",
    ),
    "day of rating alone": (
        "Blue Council,3,green,,2024-02-01,,,2024-03-01", "rated_on", "needs an agreed rating",
    ),
    "no day of rating": (
        "Blue Council,3,green,,2024-02-01,green,,", "rated_on", "needs the date",
    ),
    "rated too early": (
        "Blue Council,3,green,,2024-02-01,green,,2024-01-31", "rated_on", "before the return",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROW_FAULTS)
def test_a_row_of_returns_is_refused(unchanged: Operator, kind: str) -> None:
    row, column, reason = ROW_FAULTS[kind]
    lines = refused(unchanged, "returns", whole(but=row))
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"f.csv, row 4, column {column}: ")
    assert reason in lines[0]


FILE_FAULTS = {
    "unknown agency": (whole("Nobody"), 2, "agency", "There is no agency “Nobody”"),
    "not asked": (whole("Late Joiner"), 2, "agency", "was not asked in stage 1"),
    "unknown standard": (
        whole() + "Blue Council,10,green,,2024-02-01,,,\n", 11, "standard", "no standard 10",
    ),
    "no number": (whole() + "Blue Council,one,green,,2024-02-01,,,\n", 11, "standard", "“one”"),
    "duplicate": (
        whole() + "blue COUNCIL,9,red,,2024-02-01,,,\n", 11, "standard", "in row 10 already",
    ),
    "standard missing": (
        "\n".join(whole().splitlines()[:-2]), 2, "standard", "none for standards 8 and 9",
    ),
    "advisory rated": (
        whole("Court Service", but="Court Service,3,green,,2024-02-01,green,,2024-03-01"),
        4, "agreed_rating", "advisory role",
    ),
    "not submitted but rated": (
        f"{HEADER}\nBlue Council,1,green,,,green,,2024-03-01\n", 2, "agreed_rating", "Only a",
    ),
    "wrong headers": (whole().replace("self_rating", "rating"), 1, "rating", "no such column"),
    "wrong encoding": (
        whole().encode() + b"Blue Council,9," + ACCENTS, 11, "self_rating", "not UTF-8",
    ),
    "ragged": (whole() + "Blue Council,9\n", 11, None, "2 cells and the header has 8"),
    "empty": ("", None, None, "The file is empty."),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILE_FAULTS)
def test_a_file_of_returns_is_refused(unchanged: Operator, kind: str) -> None:
    content, row, column, reason = FILE_FAULTS[kind]
    place = "".join([f", row {row}" if row else "", f", column {column}" if column else ""])
    lines = refused(unchanged, "returns", content)
    assert any(line.startswith(f"f.csv{place}: ") and reason in line for line in lines), lines


def test_faults_of_several_agencies_are_told_together(operator: Operator) -> None:
    content = whole("Nobody") + "\n".join(whole("Ærø Trust", but="Ærø Trust,2,blue,,2024-02-01,,,")
                                          .splitlines()[1:])  # fmt: skip
    lines = refused(operator, "returns", content)
    assert [line.split(":")[0] for line in lines] == [
        "f.csv, row 2, column agency",
        "f.csv, row 12, column self_rating",
    ]


def test_where_returns_cannot_go(operator: Operator) -> None:
    file = operator.write("f.csv", whole())
    command = ["import", "returns", file, "--board", "north"]
    assert "no cycle “None”" in operator.refused(*command, "--cycle", "None")
    assert "has no stage 2" in operator.refused(*command, "--cycle", "Audit", "--stage", "2")
    assert "basis agreed only" in operator.refused(*command, "--cycle", "Other way")
    operator.ok("import", "compliance-table",
                operator.write("t.csv", f"{TABLE}\nX,Yes,Fully,,,,\n"),
                "--board", "north", "--cycle", "History")  # fmt: skip
    assert "recorded history" in operator.refused(*command, "--cycle", "History")


def test_a_repeated_import_is_refused(operator: Operator) -> None:
    content = whole()
    file = operator.write("f.csv", content)
    operator.ok("import", "returns", file, "--board", "north", "--cycle", "Audit")
    lines = refused(operator, "returns", content)
    assert lines == [
        "f.csv, row 2, column agency: The return of “Blue Council” has already begun: it is "
        "submitted."
    ]


def test_a_return_that_is_not_asked_for_and_a_closed_stage(operator: Operator) -> None:
    engine = create_engine(operator.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE \"return\" SET standing = 'excused'"))
    assert "it is excused" in refused(operator, "returns", whole())[0]
    with engine.begin() as connection:
        connection.execute(text("UPDATE stage SET closed_at = opened_at"))
    engine.dispose()
    assert refused(operator, "returns", whole()) == [
        "Stage 1 of “Audit” is closed: it takes no returns."
    ]


TABLE_FAULTS = [
    (f"{TABLE}\nX,Perhaps,Fully,,,,\n", 2, COLUMNS[1], "“Perhaps” is not one of Yes, No or blank"),
    (f"{TABLE}\nX,Yes,Advisory Role,,,,\n", 2, COLUMNS[2], "is not one of"),
    (f"{TABLE}\nX,Yes,Fully,Maybe,,,\n", 2, COLUMNS[3], "is not one of"),
    (f"{TABLE}\nX,Yes,Fully,,Done,,\n", 2, COLUMNS[4], "is not one of"),
    (f"{TABLE}\nX,Yes,Fully,,,Hm,\n", 2, COLUMNS[5], "is not one of"),
    (f"{TABLE}\nX,Yes,Fully,,,,Green\n", 2, COLUMNS[6], "is not one of"),
    (f"{TABLE}\n,Yes,Fully,,,,\n", 2, COLUMNS[0], "is missing"),
    (f"{TABLE}\nX,Yes,Fully,,,,\nx,No,,,,,\n", 3, COLUMNS[0], "in row 2 already"),
    (f"{TABLE},Extra\nX,Yes,Fully,,,,,\n", 1, "Extra", "no such column"),
    (f"{TABLE}\n".encode() + ACCENTS + b",Yes,,,,,\n", 2, COLUMNS[0], "not UTF-8"),
    (b"", None, None, "The file is empty."),
]


@pytest.mark.parametrize(("content", "row", "column", "reason"), TABLE_FAULTS)
def test_a_table_is_refused(
    unchanged: Operator, content: str | bytes, row: int | None, column: str | None, reason: str
) -> None:
    place = "".join([f", row {row}" if row else "", f", column {column}" if column else ""])
    lines = refused(unchanged, "compliance-table", content)
    assert len(lines) == 1
    assert lines[0].startswith(f"f.csv{place}: ")
    assert reason in lines[0]


def test_a_table_does_not_go_among_returns_and_does_not_change_what_is_recorded(
    operator: Operator,
) -> None:
    content = f"{TABLE}\nBlue Council,Yes,Fully,,,,\n"
    assert (
        "holds returns that agencies fill in"
        in refused(operator, "compliance-table", content, "--cycle", "Audit")[0]
    )
    file = operator.write("t.csv", content)
    operator.ok("import", "compliance-table", file, "--board", "north", "--cycle", "X")
    lines = refused(operator, "compliance-table", content.replace("Fully", "Partial"))
    assert lines == [
        f"f.csv, row 2, column {COLUMNS[2]}: This is recorded as “Fully” in this cycle already."
    ]


@settings(max_examples=40, deadline=None)
@given(
    data=st.binary(max_size=200), kind=st.sampled_from(["agencies", "returns", "compliance-table"])
)
def test_no_bytes_end_in_a_traceback(unchanged: Operator, data: bytes, kind: str) -> None:
    headers = {"agencies": "agency,category,participation", "returns": HEADER,
               "compliance-table": TABLE}  # fmt: skip
    more = [] if kind == "agencies" else ["--cycle", "Audit" if kind == "returns" else "X"]
    file = unchanged.write("f.csv", headers[kind].encode() + b"\n" + data)
    unchanged.refused("import", kind, file, "--board", "north", *more, "--dry-run")
