"""Texts of any length and shape are laid out in portions, so that no PDF takes minutes."""

import pytest

from s11audit.reports.paper import Paper, portions


@pytest.mark.parametrize(
    "text", ["", "One line.", "Two\nlines", "A paragraph.\n\nAnother, after a blank line."]
)
def test_an_ordinary_text_is_one_portion(text: str) -> None:
    assert portions(text) == [text]


def test_nothing_of_a_long_text_is_lost() -> None:
    words = [f"word{number}" for number in range(5000)]
    for between in (" ", "\n", "  ", "\n\n"):
        parts = portions(between.join(words))
        assert len(parts) > 10
        assert max(map(len, parts)) < 3000
        assert " ".join(parts).split() == words
    assert "".join(portions("x" * 100_000)).replace(" ", "").replace("\n", "") == "x" * 100_000


def test_many_blank_lines_take_the_room_of_two() -> None:
    assert portions("a" + "\n" * 50_000 + "b") == ["a\n\n\nb"]


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "\n" * 50_000, "<b>&amp;<para>" * 50, "\x00\x07\u202e\ud800🙂"]
)
def test_it_is_drawn(text: str) -> None:
    paper = Paper("A return", author="A board", running="A return")
    paper.text(text, bold="Statement:")
    assert paper.pdf().startswith(b"%PDF")
