"""Figures of themes: agencies counted once, of how many, and what may be published."""

from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Category, TagKind
from s11audit.scoring.themes import (
    Count,
    Returned,
    Tagged,
    frame_of,
    is_part_of,
    names_in,
    published_groups,
    theme_counts,
)

POLICE, HEALTH, SCHOOLS = Category.POLICE, Category.NHS_PROVIDER, Category.EDUCATION
GOOD, POOR = TagKind.STRENGTH, TagKind.DEVELOPMENT
RETURNED = [
    Returned(1, (POLICE,), frozenset({1, 2})),
    Returned(2, (HEALTH,), frozenset({1, 2})),
    Returned(3, (HEALTH, SCHOOLS), frozenset({1})),
]


def test_agencies_are_counted_once_and_as_both():
    tags = [Tagged(1, 1, GOOD), Tagged(1, 1, GOOD), Tagged(1, 2, POOR), Tagged(3, 1, POOR)]
    found = theme_counts(
        frame_of(RETURNED), [*tags, Tagged(9, 1, POOR)]
    )  # agency 9 has not returned
    assert found.total == Count(agencies=2, strengths=1, developments=2, of=3)
    assert found.by_category == {
        (POLICE,): Count(1, 1, 1, 1),
        (HEALTH,): Count(1, 0, 1, 2),
        (SCHOOLS,): Count(1, 0, 1, 1),
    }
    assert found.by_standard == {1: Count(2, 1, 1, 3), 2: Count(1, 0, 1, 2)}
    assert found.total.words == "2 of 3 returned"


def _of(**sizes: int) -> list[Returned]:
    names = [name for name, size in sizes.items() for _ in range(size)]
    return [Returned(n, (Category(name),), frozenset({1})) for n, name in enumerate(names)]


def test_small_categories_are_published_together():
    assert published_groups(_of(police=3, education=4)) == ((POLICE,), (SCHOOLS,))
    assert published_groups(_of(police=1, nhs_provider=2, education=5)) == (
        (SCHOOLS,),
        (HEALTH, POLICE),
    )
    # One agency alone could be worked out from the rest, so the next smallest goes with it.
    assert published_groups(_of(police=1, nhs_provider=3, education=5)) == (
        (SCHOOLS,),
        (HEALTH, POLICE),
    )
    assert published_groups(_of(police=1, education=1)) == ()


@given(st.dictionaries(st.sampled_from([each.value for each in Category]), st.integers(0, 6)))
def test_every_published_group_has_three_agencies_and_each_category_one_place(sizes):
    returned = _of(**sizes)
    groups = published_groups(returned)
    for group in groups:
        assert sum(bool(set(each.categories) & set(group)) for each in returned) >= 3
    flat = [category for group in groups for category in group]
    assert len(flat) == len(set(flat))
    if groups:
        assert set(flat) == {each.categories[0] for each in returned}
    else:
        assert len(returned) < 3


def test_names_of_agencies_are_found():
    names = ["North Vale Constabulary", "St Mary's School", "The Vale College", "Ox"]
    assert names_in("Staff of NORTH  VALE constabulary, too.", names) == (names[0],)
    assert names_in("The NVC team", names) == (names[0],)
    assert names_in("at St Mary’s School.", names) == (names[1],)
    assert names_in("A vale college course", names) == (names[2],)
    assert names_in("Oxford has north and vale", names) == ()


def test_a_passage_is_words_as_they_stand():
    whole = "Staff are supervised\nevery month. Records show it."
    assert is_part_of("supervised every  month", whole)
    assert not is_part_of("supervised each month", whole)
    assert not is_part_of("  ", whole)
