"""Kappa against published worked examples, and the figures' counts by hand.

- Cohen, J. (1968), Weighted kappa, Psychological Bulletin 70, 213-220, table 1: 200 cases, two
  judges, three diagnoses; kappa .492, weighted kappa .348 with weights 1, 3 and 6. R's psych
  package repeats it under cohen.kappa.
- Fleiss, J. L., Cohen, J., Everitt, B. S. (1969), Large sample standard errors of kappa and
  weighted kappa, Psychological Bulletin 72, 323-327: kappa .429. Also in psych.
- Artstein, R., Poesio, M. (2008), Inter-coder agreement for computational linguistics,
  Computational Linguistics 34, 555-596, tables 1 and 4: kappa .348 and .8013.
- scikit-learn's test of cohen_kappa_score: .9315 unweighted, .9412 linear, .9541 quadratic.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Rag
from s11audit.scoring.agreement import (
    Agreement,
    Differences,
    Without,
    agreement,
    differences,
    kappa_in_words,
    percent,
    quadratic,
    reviewer_pairs,
    weighted_kappa,
)

G, A, R, N = Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA
COHEN = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
FLEISS = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
SCIKIT = [[46, 0, 0], [4, 40, 0], [0, 0, 10]]


def unweighted(one, other):
    return int(one != other)


def linear(one, other):
    return abs(one - other)


def cohens(one, other):
    return [[0, 1, 3], [1, 0, 6], [3, 6, 0]][one][other]


@pytest.mark.parametrize(
    ("table", "weight", "exactly", "printed"),
    [
        (COHEN, unweighted, Fraction(29, 59), "0.492"),
        # Seen: 24 x 1 + 20 x 3 + 16 x 6 = 180 of 200. Expected: (120 x 60 + 60 x 100) x 1
        # + (120 x 40 + 20 x 100) x 3 + (60 x 40 + 20 x 60) x 6 = 55200 over 200.
        (COHEN, cohens, Fraction(8, 23), "0.348"),
        (FLEISS, unweighted, Fraction(3, 7), "0.429"),
        ([[20, 20], [10, 50]], unweighted, Fraction(8, 23), "0.348"),
        ([[46, 0, 0], [6, 32, 6], [0, 0, 10]], unweighted, Fraction(121, 151), "0.801"),
        (SCIKIT, unweighted, Fraction(68, 73), "0.932"),
        (SCIKIT, linear, Fraction(16, 17), "0.941"),
        # Seen: 4 x 1 = 4 of 100. Expected: (46 x 40 + 44 x 50 + 44 x 10 + 10 x 40) x 1
        # + (46 x 10 + 10 x 50) x 4 = 4880 + 3840 = 8720 over 100. 1 - 400/8720 = 104/109.
        (SCIKIT, quadratic, Fraction(104, 109), "0.954"),
        # Two places only: all weightings are the same.
        ([[20, 20], [10, 50]], quadratic, Fraction(8, 23), "0.348"),
    ],
)
def test_published_examples_of_kappa(table, weight, exactly, printed):
    found = weighted_kappa(table, weight)
    assert found == exactly
    assert f"{float(found):.3f}" == printed


def test_kappa_is_not_worked_out_where_every_rating_is_the_same():
    assert weighted_kappa([[0, 0, 0], [0, 0, 0], [0, 0, 12]]) is None
    found = agreement([(G, G)] * 12)
    assert found == Agreement(12, 12, 0, None, Without.NO_VARIANCE)
    assert kappa_in_words(found) == "Cannot be worked out: every rating is the same (n = 12 pairs)"


def test_no_kappa_below_ten_pairs_and_na_left_out():
    nine = agreement([(G, A)] * 4 + [(R, R)] * 5 + [(N, N), (N, G), (R, N)])
    assert nine == Agreement(9, 5, 3, None, Without.TOO_FEW)
    assert kappa_in_words(nine) == "None: fewer than 10 pairs (n = 9 pairs)"
    # 10 pairs: 5 green/green, 3 amber/amber, 1 green/amber, 1 green/red, each in both orders:
    # 20 ratings in a row, of them green 12, amber 7, red 1. Seen: 2 x 1 + 2 x 4 = 10 of 20.
    # Expected: 2 x (12 x 7 + 7 x 1) x 1 + 2 x 12 x 1 x 4 = 182 + 96 = 278 over 20.
    # 1 - 10 x 20 / 278 = 78/278.
    ten = agreement([(G, G)] * 5 + [(A, A)] * 3 + [(G, A), (R, G)])
    assert ten == Agreement(10, 8, 0, Fraction(39, 139), None)
    assert kappa_in_words(ten) == "0.28 (n = 10 pairs)"


pairs_of = st.lists(st.tuples(st.sampled_from([G, A, R]), st.sampled_from([G, A, R])), min_size=10)


@given(pairs_of)
def test_which_reviewer_comes_first_means_nothing(pairs):
    found = agreement(pairs)
    assert agreement([(other, one) for one, other in pairs]) == found
    assert agreement([tuple(sorted(pair)) for pair in pairs]) == found
    assert found.kappa is None or -1 <= found.kappa <= 1
    if found.kappa is not None and found.same == found.pairs:
        assert found.kappa == 1


def test_every_pair_of_reviewers_counts_once():
    ratings = {(1, 1): [G, A, R], (1, 2): [G], (2, 1): [A, N]}
    assert reviewer_pairs(ratings) == [(G, A), (G, R), (A, R), (A, N)]


def test_self_against_agreed():
    pairs = [(G, A), (G, R), (A, R), (G, G), (R, A), (N, G), (G, N), (None, G)]
    found = differences(pairs)
    assert found == Differences(lower=3, same=1, higher=1, left_out=3)
    assert found.compared == 5
    assert (percent(3, 5), percent(2, 3), percent(0, 0)) == ("60%", "66%", "")
