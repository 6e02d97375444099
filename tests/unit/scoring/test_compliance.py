"""Domain rules 3 and 4: overall compliance and its denominators."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Compliance, ComplianceRule, Rag
from s11audit.scoring.compliance import Overall, in_words, of_asked, of_returned, overall

LETTERS = {"g": Rag.GREEN, "a": Rag.AMBER, "r": Rag.RED, "n": Rag.NA, "-": None}
UNANIMOUS, WEAKEST = ComplianceRule.UNANIMOUS, ComplianceRule.WEAKEST
F, P, N, X = Compliance.FULLY, Compliance.PARTIALLY, Compliance.NON, Compliance.NOT_KNOWN


def ratings(letters: str) -> list[Rag | None]:
    return [LETTERS[letter] for letter in letters]


@pytest.mark.parametrize(
    ("letters", "unanimous", "weakest"),
    [
        ("", X, X),
        ("n", X, X),
        ("nnn", X, X),
        ("-", X, X),
        ("g-", X, X),
        ("r-", X, X),
        ("n-", X, X),
        ("g", F, F),
        ("gn", F, F),
        ("ggg", F, F),
        ("a", P, P),
        ("an", P, P),
        ("aa", P, P),
        ("ga", P, P),
        ("r", N, N),
        ("rn", N, N),
        ("rr", N, N),
        ("gr", P, N),
        ("ar", P, N),
        ("gar", P, N),
        ("gggggggga", P, P),
        ("ggggggggr", P, N),
        ("rrrrrrrrg", P, N),
    ],
)
def test_truth_table(letters: str, unanimous: Compliance, weakest: Compliance) -> None:
    assert overall(ratings(letters), UNANIMOUS).compliance is unanimous
    assert overall(ratings(letters), WEAKEST).compliance is weakest


def test_unanimous_is_the_default_and_counts_are_kept() -> None:
    assert overall(iter(ratings("rggaan"))) == Overall(P, red=1, amber=2, green=2, na=1)
    assert overall(ratings("g--n")) == Overall(X, green=1, na=1, not_rated=2)


@given(
    st.lists(st.sampled_from(list(LETTERS.values()))), st.sampled_from(ComplianceRule), st.randoms()
)
def test_order_and_na_decide_nothing(
    given_ratings: list[Rag | None], rule: ComplianceRule, random: Random
) -> None:
    result = overall(given_ratings, rule)
    shuffled = [*given_ratings, Rag.NA]
    random.shuffle(shuffled)
    assert overall(shuffled, rule).compliance is result.compliance
    counted = result.red + result.amber + result.green + result.na + result.not_rated
    assert counted == len(given_ratings)
    assert (result.compliance is F) == (set(given_ratings) - {Rag.NA} == {Rag.GREEN})


def test_in_words() -> None:
    assert in_words(overall(ratings("raagggggg"))) == "Partially (1 red, 2 amber, 6 green)"
    assert in_words(overall(ratings("agg"))) == "Partially (0 red, 1 amber, 2 green)"
    assert in_words(overall(ratings("ggn"))) == "Fully"
    assert in_words(overall(ratings("rr"))) == "Non"
    assert in_words(overall([])) == "Not known"
    assert in_words(Compliance.PARTIALLY) == "Partially"
    assert in_words(Compliance.ADVISORY) == "Advisory role"


def test_denominators() -> None:
    assert of_asked(12, F, 27, 26) == "12 fully compliant of 27 asked (26 returned)"
    assert of_asked(4, X, 1000, 999) == "4 not known of 1,000 asked (999 returned)"
    assert of_asked(2, Compliance.ADVISORY, 27, 26) == (
        "2 in an advisory role of 27 asked (26 returned)"
    )
    assert of_returned(3, F, 27, 26) == "3 fully compliant of 26 returned (27 asked)"
