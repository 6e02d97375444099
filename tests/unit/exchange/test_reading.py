"""The reading of CSV files: each thing that can be wrong with a file, with its row and column."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.errors import ImportRefused
from s11audit.exchange.reading import read_lines

COLUMNS = ("agency", "category")


def refusal(
    data: bytes, optional: tuple[str, ...] = ()
) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(ImportRefused) as refused:
        read_lines(data, "file.csv", COLUMNS)
    assert refused.value.file == "file.csv"
    return refused.value.faults


def test_columns_in_any_order_cells_trimmed_and_a_byte_order_mark() -> None:
    data = "\ufeff category , agency\n police ,  Ærø Trust \n".encode()
    header, lines = read_lines(data, "file.csv", COLUMNS)
    assert header == ("category", "agency")
    assert [(line.row, line.cells) for line in lines] == [
        (2, {"category": "police", "agency": "Ærø Trust"})
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    data = b'agency,category\r\n"Two\r\nlines",police\r\n\r\n , \r\nB,council\r\n'
    _header, lines = read_lines(data, "file.csv", COLUMNS)
    assert [line.row for line in lines] == [2, 5]


def test_an_optional_column_may_be_there() -> None:
    _header, lines = read_lines(
        b"agency,category,duty\nA,police,invited\n", "f", COLUMNS, ("duty",)
    )
    assert lines[0]["duty"] == "invited"
    assert lines[0]["something else"] == ""


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n  \t"])
def test_an_empty_file(data: bytes) -> None:
    assert refusal(data) == [(None, None, "The file is empty.")]


def test_a_header_alone() -> None:
    assert refusal(b"agency,category\n,\n")[0][2] == "The file has a header but no rows below it."


def test_every_wrong_column_is_named() -> None:
    faults = refusal(b"agency,Category,agency,,colour\nA,b,c,d,e\n")
    assert [fault[:2] for fault in faults] == [
        (1, "Category"),
        (1, "agency"),
        (1, "4"),
        (1, "colour"),
        (1, "category"),
    ]
    assert "write “category”" in faults[0][2]
    assert faults[1][2] == "This column is there twice."
    assert faults[2][2] == "This column has no name."
    assert faults[3][2].startswith("There is no such column. The columns are agency, category")
    assert faults[4][2] == "This column is missing."


def test_semicolons_instead_of_commas() -> None:
    assert refusal(b"agency;category\nA;police\n")[0] == (
        1,
        "agency;category",
        "The columns must be separated by commas.",
    )


def test_ragged_rows_are_all_named() -> None:
    faults = refusal(b"agency,category\nA\nB,police\nC,police,full\n")
    assert [fault[0] for fault in faults] == [2, 4]
    assert faults[1][2].startswith("This row has 3 cells and the header has 2.")


def test_a_wrong_encoding_is_placed() -> None:
    data = "agency,category\nA,police\nÆrø,police\n".encode("latin-1")
    assert refusal(data) == [
        (
            3,
            "agency",
            "This is not UTF-8: byte 26 of the file is 0xc6. Save the file as CSV in UTF-8 and try "
            "again.",
        )
    ]


def test_a_wrong_encoding_in_a_later_column_and_in_the_header() -> None:
    assert refusal("agency,category\nA,policé\n".encode("cp1252"))[0][:2] == (2, "category")
    assert refusal("agencé,category\nA,police\n".encode("cp1252"))[0][:2] == (1, None)
    assert refusal("agency,category\n".encode("utf-16"))[0][0] == 1


def test_nul_and_other_characters_that_nothing_can_hold() -> None:
    assert refusal(b"agency,category\nA\x00B,police\n")[0] == (
        2,
        "agency",
        "This holds a character that cannot be shown (U+0000).",
    )
    assert refusal(b"agency,category\nA,po\x1blice\n")[0][:2] == (2, "category")


def test_quotation_marks_out_of_balance() -> None:
    assert refusal(b'agency,category\nA,police\n"B,police\n')[0] == (
        3,
        None,
        "A quotation mark is opened here and never closed.",
    )
    assert refusal(b'agency,category\n"A"x,police\n')[0][0] == 2


def test_a_huge_cell_and_a_huge_file() -> None:
    assert refusal(b"agency,category\n" + b"x" * 100_001 + b",police\n")[0] == (
        2,
        None,
        "A cell holds more than 100,000 characters.",
    )
    assert "larger than 20 MB" in refusal(b"x" * 20_000_001)[0][2]


def test_faults_beyond_the_limit_are_counted() -> None:
    faults = refusal(b"agency,category\n" + b"A\n" * 300)
    assert len(faults) == 201
    assert faults[-1][2] == "There are 100 more faults: put these right first."


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    for content in (data, b"agency,category\n" + data):
        try:
            read_lines(content, "file.csv", COLUMNS)
        except ImportRefused as refused:
            assert refused.faults


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30),
            st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    expected = [(a.strip(), b.strip()) for a, b in rows if a.strip() or b.strip()]
    try:
        _header, lines = read_lines(text.getvalue().encode(), "file.csv", COLUMNS)
    except ImportRefused:
        assert not expected
    else:
        assert [(line["agency"], line["category"]) for line in lines] == expected
