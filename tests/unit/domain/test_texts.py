"""What is stored of a name that somebody typed."""

import pytest

from s11audit.domain.errors import Invalid
from s11audit.domain.texts import one_line, person_name


def named(text: str) -> str:
    return one_line(text, "name", "name", 200)


def test_a_name_keeps_what_is_seen_and_nothing_else() -> None:
    assert named(" Zoë\t O’Neill-Łódź ") == "Zoë O’Neill-Łódź"
    assert named("\u202eKaren\u200b Oldroyd\ufeff") == "Karen Oldroyd"
    assert named("می\u200cخواهم") == "می\u200cخواهم", "what joins or parts letters belongs to them"


@pytest.mark.parametrize(
    "text", ["", " \u00a0", "\u200b\ufeff", "\u3164", "\u200d\u200c", "\u2800 "]
)
def test_a_name_that_nobody_sees_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="Enter the name"):
        named(text)


def test_a_persons_name_holds_no_address() -> None:
    assert person_name(" Dr. J.-P. O’Neill / MASH") == "Dr. J.-P. O’Neill / MASH"
    for wrong in ("Go to HTTPS://x.example now", "See www.x.example", "Jane <jane@x.example>"):
        with pytest.raises(Invalid, match="must not hold a web address"):
            person_name(wrong)
