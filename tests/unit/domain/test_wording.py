"""What is said of who judges a plan (domain rule 40)."""

import pytest

from s11audit.domain.enums import Basis
from s11audit.domain.wording import as_judged


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("QA reads this.", "The board office reads this."),
        ("It is complete. QA has been told.", "It is complete. The board office has been told."),
        ("Say why: QA has it", "Say why: the board office has it"),
        ("QA and the board office have been told.", "The board office has been told."),
        ("The board office reads this.", "The board office reads this."),
    ],
)
def test_the_board_office_judges_where_agencies_confirm_their_results(text: str, told: str) -> None:
    assert as_judged(text, Basis.CONFIRMED) == told
    assert as_judged(text, Basis.AGREED) == text
