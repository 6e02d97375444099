"""docs/access.md says what the policy says."""

from pathlib import Path

from tests.support.access_table import table


def test_the_page_holds_the_policys_table() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "access.md"
    assert table() in page.read_text(), "write it anew: python -m tests.support.access_table"
