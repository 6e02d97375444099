"""Differences word by word (domain rule 75)."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from s11audit.scoring.differences import Kind, Piece, differences, folded

TEXT = st.lists(
    st.sampled_from(["we", "train", "all", "staff", "yearly.", " ", "\n", "\t", " ", "\u200b"])
).map("".join) | st.text(max_size=60)


def _without(pieces: list[Piece], kind: Kind) -> str:
    return "".join(each.text for each in pieces if each.kind is not kind)


@given(TEXT, TEXT)
@settings(max_examples=300)
def test_each_text_is_what_remains_without_the_other(before: str, after: str) -> None:
    pieces = differences(before, after)
    for found in (pieces, folded(pieces, 1)):
        assert _without(found, Kind.ADDED) == before
        assert _without(found, Kind.REMOVED) == after
    assert all(each.text for each in pieces)


@given(TEXT)
def test_the_same_text_has_no_difference(text: str) -> None:
    assert {each.kind for each in differences(text, text)} <= {Kind.SAME}


def test_words_are_told_that_were_added_removed_and_replaced() -> None:
    before = "All our staff are trained once in every three years."
    after = "All our staff and volunteers are trained every two years."
    assert differences(before, after) == [
        Piece(Kind.SAME, "All our staff"),
        Piece(Kind.ADDED, " and volunteers"),
        Piece(Kind.SAME, " are trained"),
        Piece(Kind.REMOVED, " once in"),
        Piece(Kind.SAME, " every"),
        Piece(Kind.REMOVED, " three"),
        Piece(Kind.ADDED, " two"),
        Piece(Kind.SAME, " years."),
    ]


def test_what_is_added_at_the_end_leaves_the_rest_alone() -> None:
    assert differences("We train all our staff.", "We train all our staff. Yearly.") == [
        Piece(Kind.SAME, "We train all our staff."),
        Piece(Kind.ADDED, " Yearly."),
    ]


def test_a_short_value_is_told_as_a_whole() -> None:
    assert differences("4 March 2026", "5 March 2026") == [
        Piece(Kind.REMOVED, "4 March 2026"),
        Piece(Kind.ADDED, "5 March 2026"),
    ]
    assert differences("", "Amber") == [Piece(Kind.ADDED, "Amber")]


def test_long_unchanged_stretches_are_folded() -> None:
    words = [f"w{number}" for number in range(40)]
    pieces = folded(differences(" ".join(words), " ".join([*words, "end"])), 5)
    assert [(each.kind, each.words) for each in pieces] == [
        (Kind.FOLDED, 35),
        (Kind.SAME, 5),
        (Kind.ADDED, 1),
    ]


def test_a_very_long_text_takes_no_time() -> None:
    begun = time.process_time()
    differences("a b " * 2000, "b a c " * 1300)
    differences("a " * 9000, "b " * 9000)
    wide = " " * 200_000
    differences(wide, f"a{wide}b c d e f{wide}")
    differences(f"a b c d e{wide}f{wide}", f"a b c d x{wide}f{wide}")
    assert time.process_time() - begun < 2
