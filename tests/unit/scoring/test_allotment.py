"""Even allotment, tried against every other way of allotting small cases."""

from collections import Counter
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.errors import Refused
from s11audit.scoring.allotment import ToAllot, allot_evenly


def shares(returns: list[ToAllot], found: dict[int, tuple[int, ...]], people: set[int]) -> Counter:
    counted = Counter(dict.fromkeys(people, 0))
    for each in returns:
        counted.update(person for person in each.taken if person in people)
    for chosen in found.values():
        counted.update(chosen)
    return counted


def test_seven_returns_for_three_reviewers_two_each() -> None:
    # 14 places for 3 people: 5, 5 and 4.
    returns = [ToAllot(number) for number in range(7)]
    found = allot_evenly(returns, (30, 10, 20), 2)
    assert sorted(shares(returns, found, {10, 20, 30}).values()) == [4, 5, 5]
    assert all(len(set(chosen)) == 2 for chosen in found.values())
    assert found == allot_evenly(returns, (10, 20, 30), 2)


def test_nobody_gets_a_return_of_their_own_agency_and_the_others_make_up_for_it() -> None:
    # 10 may take none but the last two; 20 takes the rest.
    returns = [ToAllot(number, barred=frozenset({10})) for number in range(2)]
    returns += [ToAllot(2), ToAllot(3)]
    found = allot_evenly(returns, (10, 20), 1)
    assert found == {0: (20,), 1: (20,), 2: (10,), 3: (10,)}


def test_what_was_allotted_before_stays_and_counts() -> None:
    returns = [ToAllot(1, taken=(10,)), ToAllot(2, taken=(10,)), ToAllot(3), ToAllot(4)]
    assert allot_evenly(returns, (10, 20), 1) == {3: (20,), 4: (20,)}


def test_too_few_reviewers_are_refused_with_how_many_returns() -> None:
    returns = [ToAllot(1, barred=frozenset({10})), ToAllot(2)]
    with pytest.raises(Refused, match="2 reviewers a return: 1 return would have fewer"):
        allot_evenly(returns, (10, 20), 2)
    for number in (0, 6):
        with pytest.raises(Refused, match="1 to 5 reviewers"):
            allot_evenly(returns, (10, 20), number)


@st.composite
def small(draw: st.DrawFn) -> tuple[list[ToAllot], tuple[int, ...], int]:
    people = tuple(range(draw(st.integers(1, 4))))
    per_return = draw(st.integers(1, 2))
    returns = []
    for number in range(draw(st.integers(1, 4))):
        barred = draw(st.frozensets(st.sampled_from(people)))
        free = [each for each in people if each not in barred]
        taken = draw(st.lists(st.sampled_from(free), unique=True, max_size=1)) if free else []
        returns.append(ToAllot(number, tuple(taken), barred))
    return returns, people, per_return


@given(small())
def test_no_other_way_is_more_even(case: tuple[list[ToAllot], tuple[int, ...], int]) -> None:
    returns, people, per_return = case
    ways = [
        list(
            combinations(
                [who for who in people if who not in each.barred and who not in each.taken],
                max(0, per_return - len(each.taken)),
            )
        )
        for each in returns
    ]
    if any(not way for way in ways):
        with pytest.raises(Refused):
            allot_evenly(returns, people, per_return)
        return
    found = allot_evenly(returns, people, per_return)
    # The sum of squares is least where shares are most even.
    best = min(
        sum(number**2 for number in shares(returns, dict(enumerate(chosen)), set(people)).values())
        for chosen in product(*ways)
    )
    assert sum(n**2 for n in shares(returns, found, set(people)).values()) == best
    for each in returns:
        chosen = found.get(each.return_id, ())
        assert not set(chosen) & (each.barred | set(each.taken))


@given(st.integers(1, 60), st.integers(1, 12), st.data())
def test_without_bars_shares_differ_by_one_at_most(
    returns: int, people: int, data: st.DataObject
) -> None:
    per_return = data.draw(st.integers(1, min(5, people)))
    cases = [ToAllot(number) for number in range(returns)]
    counted = shares(cases, allot_evenly(cases, range(people), per_return), set(range(people)))
    assert max(counted.values()) - min(counted.values()) <= 1
    assert sum(counted.values()) == returns * per_return
