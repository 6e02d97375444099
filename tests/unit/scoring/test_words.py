"""Domain rule 8: what a word is. The list of Unicode's White_Space is written by hand here."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.scoring.words import (
    WHITE_SPACE,
    count_words,
    counted,
    is_blank,
    javascript_class,
    listed,
    normalise_line_ends,
    words_over,
)

UNICODE_WHITE_SPACE = (
    "\u0009\u000a\u000b\u000c\u000d\u0020\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
NOT_WHITE_SPACE = "\u180e\u200b\u200c\u200d\u2060\ufeff\u001c\u001d\u001e\u001f\u0000"


def test_the_list_is_unicodes() -> None:
    assert sorted(WHITE_SPACE) == [ord(character) for character in UNICODE_WHITE_SPACE]
    assert len(WHITE_SPACE) == 25


@pytest.mark.parametrize("space", UNICODE_WHITE_SPACE)
def test_each_white_space_ends_a_word(space: str) -> None:
    assert count_words(f"safe{space}recruitment") == 2
    assert count_words(space * 3) == 0
    assert is_blank(space)


@pytest.mark.parametrize("character", NOT_WHITE_SPACE)
def test_what_only_looks_empty_or_python_splits_at_ends_no_word(character: str) -> None:
    assert count_words(f"safe{character}recruitment") == 1
    assert count_words(character) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("   \r\n\t ", 0),
        ("word", 1),
        (" We train  all staff.\nEvery year ", 6),
        ("- a - b", 4),
        ("don't re-use and/or 50%", 4),
        ("👩‍👧 𝒜 café", 3),
    ],
)
def test_counting(text: str, words: int) -> None:
    assert count_words(text) == words


def test_the_class_for_the_page_is_the_same_list() -> None:
    assert javascript_class() == (
        r"[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]"
    )
    assert javascript_class(negated=True) == "[^" + javascript_class()[1:]
    matched = {point for point in range(0x10000) if re.match(javascript_class(), chr(point))}
    assert matched == WHITE_SPACE


@given(st.lists(st.text(st.characters(exclude_characters=UNICODE_WHITE_SPACE), min_size=1)))
def test_words_put_together_with_any_space_are_counted(words: list[str]) -> None:
    for space in ("\u3000", "\r\n", " \u00a0 "):
        assert count_words(space.join(words)) == len(words)


@given(st.text())
def test_line_ends_change_no_count(text: str) -> None:
    stored = normalise_line_ends(text)
    assert "\r" not in stored
    assert count_words(stored) == count_words(text)
    assert normalise_line_ends(stored) == stored


def test_line_ends() -> None:
    assert normalise_line_ends("a\r\nb\rc\nd\r\r\ne\n\r") == "a\nb\nc\nd\n\ne\n\n"


@pytest.mark.parametrize(
    ("words", "limit", "over"), [(200, 200, 0), (201, 200, 1), (0, 200, 0), (999, None, 0)]
)
def test_words_over(words: int, limit: int | None, over: int) -> None:
    assert words_over("word " * words, limit) == over


def test_plain_english() -> None:
    assert listed([]) == ""
    assert listed(["5.1"]) == "5.1"
    assert listed(["5.1", "5.2"]) == "5.1 and 5.2"
    assert listed(["5.1", "5.2", "5.3"]) == "5.1, 5.2 and 5.3"
    assert counted(1, "word", "words") == "1 word"
    assert counted(1200, "word", "words") == "1,200 words"
