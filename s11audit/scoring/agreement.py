"""Figures for the QA sub-group: agencies' own ratings against the agreed ones, and how far
reviewers agree with each other (domain rule 41; docs/figures.md defines them)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from s11audit.domain.enums import Rag

# The order of the scale, from worst to best. Not applicable has no place on it.
SCALE = (Rag.RED, Rag.AMBER, Rag.GREEN)
_PLACE = {rag: place for place, rag in enumerate(SCALE)}
FEWEST_PAIRS = 10

Table = Sequence[Sequence[int]]
Pair = tuple[Rag | None, Rag | None]


@dataclass(frozen=True)
class Differences:
    """How agreed ratings stand against the agencies' own: `lower` is worse than the agency
    thought. `left_out`: one of the two is not applicable or the agency gave none."""

    lower: int = 0
    same: int = 0
    higher: int = 0
    left_out: int = 0

    @property
    def compared(self) -> int:
        """How many ratings are compared: the denominator of the three."""
        return self.lower + self.same + self.higher


def differences(pairs: Iterable[Pair]) -> Differences:
    """Count (self, agreed) pairs by whether the agreed rating is lower, the same or higher."""
    lower = same = higher = left_out = 0
    for own, agreed in pairs:
        if own not in _PLACE or agreed not in _PLACE:
            left_out += 1
            continue
        difference = _PLACE[agreed] - _PLACE[own]
        lower += difference < 0
        same += difference == 0
        higher += difference > 0
    return Differences(lower, same, higher, left_out)


class Without(StrEnum):
    """Why there is no kappa."""

    TOO_FEW = "too_few"
    NO_VARIANCE = "no_variance"


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree over `pairs` pairs of their ratings, `same` of them alike.

    `kappa` is quadratic-weighted; where it is None, `without` says why. `left_out`: pairs of which
    one is not applicable.
    """

    pairs: int
    same: int
    left_out: int
    kappa: Fraction | None
    without: Without | None


def reviewer_pairs(ratings: Mapping[tuple[int, int], Sequence[Rag]]) -> list[Pair]:
    """Return every unordered pair of reviewers' ratings of the same thing; `ratings` holds, for
    each standard of each return, one rating a reviewer."""
    return [pair for given in ratings.values() for pair in combinations(given, 2)]


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Return how far reviewers agree. Who of a pair is first means nothing: each pair is counted
    in both orders, so that kappa is the same whichever way round they come."""
    left_out = same = number = 0
    table = [[0] * len(SCALE) for _ in SCALE]
    for one, other in pairs:
        if one not in _PLACE or other not in _PLACE:
            left_out += 1
            continue
        number += 1
        same += one is other
        table[_PLACE[one]][_PLACE[other]] += 1
        table[_PLACE[other]][_PLACE[one]] += 1
    if number < FEWEST_PAIRS:
        return Agreement(number, same, left_out, None, Without.TOO_FEW)
    kappa = weighted_kappa(table)
    return Agreement(number, same, left_out, kappa, Without.NO_VARIANCE if kappa is None else None)


def quadratic(one: int, other: int) -> int:
    """The weight of a disagreement: the square of the distance (Fleiss and Cohen 1973)."""
    return (one - other) ** 2


def weighted_kappa(table: Table, weight: Callable[[int, int], int] = quadratic) -> Fraction | None:
    """Return Cohen's weighted kappa (1968) of a square table of counts, exactly.

    One rater's ratings stand in the rows, the other's in the columns, both in the order of the
    scale. `weight` is what a disagreement weighs, 0 for none: kappa is 1 less the weighted
    disagreement that was seen over the one expected by chance. None where none is expected,
    because all ratings are alike: it cannot be worked out.
    """
    places = range(len(table))
    rows = [sum(row) for row in table]
    columns = [sum(row[place] for row in table) for place in places]
    seen = sum(weight(i, j) * table[i][j] for i in places for j in places)
    expected = sum(weight(i, j) * rows[i] * columns[j] for i in places for j in places)
    if not expected:
        return None
    return 1 - Fraction(seen * sum(rows), expected)


def percent(part: int, whole: int) -> str:
    """Return "75%", rounded down; empty where there is nothing to count over. It always stands
    beside its figures (domain rule 4)."""
    return f"{100 * part // whole}%" if whole else ""


def kappa_in_words(found: Agreement) -> str:
    """Return "0.57 (n = 45 pairs)", or why there is none."""
    pairs = f"n = {found.pairs} {'pair' if found.pairs == 1 else 'pairs'}"
    if found.without is Without.TOO_FEW:
        return f"None: fewer than {FEWEST_PAIRS} pairs ({pairs})"
    if found.kappa is None:
        return f"Cannot be worked out: every rating is the same ({pairs})"
    return f"{float(found.kappa):.2f} ({pairs})"
