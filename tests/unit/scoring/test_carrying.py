"""How the standards of a later stage are asked (domain rule 20)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Ask, Rag, ReturnKind
from s11audit.scoring.carrying import Earlier, ask_for, asks, kind_of, latest, left_over

DAY = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rag", "answered", "asked"),
    [
        (None, True, Ask.FULL),
        (Rag.RED, True, Ask.UPDATE),
        (Rag.AMBER, False, Ask.UPDATE),
        (Rag.GREEN, True, Ask.STILL_TRUE),
        (Rag.NA, True, Ask.STILL_TRUE),
        (Rag.GREEN, False, Ask.FULL),
    ],
)
def test_how_a_standard_is_asked(rag: Rag | None, answered: bool, asked: Ask) -> None:
    assert ask_for(rag, answered=answered) is asked


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ([Ask.STILL_TRUE, Ask.STILL_TRUE], ReturnKind.CONFIRMATION),
        ([Ask.FULL, Ask.FULL], ReturnKind.FULL),
        ([], ReturnKind.FULL),
        ([Ask.STILL_TRUE, Ask.FULL], ReturnKind.UPDATE),
        ([Ask.UPDATE], ReturnKind.UPDATE),
    ],
)
def test_kind_of_return(asked: list[Ask], kind: ReturnKind) -> None:
    assert kind_of(asked) is kind


def test_an_agreed_rating_replaces_a_confirmed_one_even_an_later_one() -> None:
    agreed = Earlier(1, Rag.AMBER, DAY, 2)
    confirmed = Earlier(1, Rag.GREEN, DAY + timedelta(days=9), 3, agreed=False)
    again = Earlier(1, Rag.RED, DAY + timedelta(days=1), 4)
    assert latest([agreed, confirmed]) == {1: agreed}
    assert latest([confirmed]) == {1: confirmed}
    assert latest([again, agreed]) == {1: again}


def test_what_is_left_over() -> None:
    assert left_over(["statement", "answer:1.1"], {"statement"}, False) == ["answer:1.1"]
    assert left_over(["statement", "answer:1.1"], set(), True) == []


rating = st.builds(
    Earlier,
    st.integers(1, 9),
    st.sampled_from(Rag),
    st.integers(0, 5).map(lambda days: DAY + timedelta(days=days)),
    st.integers(1, 1000),
    st.booleans(),
)


@given(st.lists(rating, unique_by=lambda each: each.order), st.sets(st.integers(1, 12)))
def test_every_standard_that_applies_is_asked_once_and_no_other(
    given_: list[Earlier], applies: set[int]
) -> None:
    rags = {number: each.rag for number, each in latest(given_).items()}
    asked = asks(sorted(applies), rags, answered=set(range(1, 13)))
    assert asked.keys() == applies
    for number, ask in asked.items():
        ratings = [each for each in given_ if each.standard == number]
        counted = [each for each in ratings if each.agreed] or ratings
        if not counted:
            assert ask is Ask.FULL
        else:
            last = max(counted, key=lambda each: (each.at, each.order))
            assert ask is (Ask.UPDATE if last.rag in ("amber", "red") else Ask.STILL_TRUE)
