"""What a cell of a CSV file may begin with."""

from s11audit.reports.as_csv import defused


def test_numbers_are_left_as_they_are() -> None:
    assert [defused(each) for each in (-3, "3", "a=b")] == [-3, "3", "a=b"]
    for start in "=+-@＝＋－＠\t":
        assert defused(f"{start}1") == f"'{start}1"
