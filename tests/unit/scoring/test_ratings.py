"""Domain rule 2: the suggested rating, by a truth table worked by hand."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Rag
from s11audit.scoring.answers import Outcome
from s11audit.scoring.ratings import RequirementFacts, differs, suggest

M, P, N, A = Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.NA
GREEN, AMBER, RED, NA = Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA


def standard(*outcomes: Outcome | None, essential: tuple[int, ...] = ()) -> list[RequirementFacts]:
    return [
        RequirementFacts(f"5.{number}", number in essential, True, outcome)
        for number, outcome in enumerate(outcomes, start=1)
    ]


@pytest.mark.parametrize(
    ("outcomes", "rag"),
    [
        # one requirement
        ((M,), GREEN),
        ((P,), AMBER),
        ((N,), RED),
        ((A,), NA),
        ((None,), None),
        # every pair
        ((M, M), GREEN),
        ((M, P), AMBER),
        ((M, N), AMBER),
        ((M, A), GREEN),
        ((P, P), AMBER),
        ((P, N), AMBER),
        ((P, A), AMBER),
        ((N, N), RED),
        ((N, A), RED),
        ((A, A), NA),
        ((M, None), None),
        ((P, None), None),
        ((N, None), None),
        ((A, None), None),
        ((None, None), None),
        # three
        ((M, P, N), AMBER),
        ((M, M, A), GREEN),
        ((N, N, P), AMBER),
        ((A, A, A), NA),
    ],
)
def test_truth_table(outcomes: tuple[Outcome | None, ...], rag: Rag | None) -> None:
    assert suggest(standard(*outcomes)).rag is rag
    assert suggest(standard(*reversed(outcomes))).rag is rag


@pytest.mark.parametrize(
    ("outcomes", "rag"),
    [
        # the first is essential
        ((M, M), GREEN),
        ((P, M), AMBER),
        ((N, M), RED),
        ((N, P), RED),
        ((N, N), RED),
        ((N, A), RED),
        ((A, M), GREEN),
        ((A, P), AMBER),
        ((A, A), NA),
        ((M, N), AMBER),
        ((N, None), None),  # an open question stops the suggestion before anything else
        ((None, M), None),
    ],
)
def test_truth_table_with_an_essential_requirement(
    outcomes: tuple[Outcome | None, ...], rag: Rag | None
) -> None:
    assert suggest(standard(*outcomes, essential=(1,))).rag is rag


def test_text_is_left_out_even_when_essential_and_unanswered() -> None:
    text = RequirementFacts("5.9", True, False, None)
    assert suggest([*standard(M, M), text]).rag is GREEN
    assert suggest([text]).rag is None
    assert suggest([]).rag is None


@pytest.mark.parametrize(
    ("requirements", "reason", "keys"),
    [
        (standard(M, None, None), "No suggestion yet: 5.2 and 5.3 are not fully answered.", "23"),
        (standard(None), "No suggestion yet: 5.1 is not fully answered.", "1"),
        (standard(A, A), "Not applicable: so is every question that counts.", "12"),
        (standard(N, M, essential=(1,)), "Red: 5.1 is essential and not met.", "1"),
        (standard(N, A, N), "Red: 5.1 and 5.3 are not met.", "13"),
        (standard(M, A, M), "Green: 5.1 and 5.3 are met.", "13"),
        (
            standard(N, M, P, P, A),
            "Amber: 5.3 and 5.4 are partly met and 5.1 is not met.",
            "134",
        ),
        (standard(M, P), "Amber: 5.2 is partly met.", "2"),
        ([], "No suggestion: no question of this standard counts towards one.", ""),
    ],
)
def test_reasons_name_what_decided(
    requirements: list[RequirementFacts], reason: str, keys: str
) -> None:
    suggestion = suggest(requirements)
    assert suggestion.reason == reason
    assert suggestion.keys == tuple(f"5.{key}" for key in keys)


facts = st.lists(
    st.builds(
        RequirementFacts,
        st.sampled_from(["1", "2", "3"]),
        st.booleans(),
        st.booleans(),
        st.none() | st.sampled_from(Outcome),
    )
)


@given(facts, st.randoms())
def test_the_order_of_requirements_does_not_matter(
    requirements: list[RequirementFacts], random: Random
) -> None:
    shuffled = requirements.copy()
    random.shuffle(shuffled)
    assert suggest(shuffled).rag is suggest(requirements).rag


@given(facts)
def test_a_better_answer_never_gives_a_worse_suggestion(
    requirements: list[RequirementFacts],
) -> None:
    order = [RED, AMBER, GREEN]
    before = suggest(requirements).rag
    for index, each in enumerate(requirements):
        if each.outcome not in (P, N):
            continue
        better = requirements.copy()
        better[index] = RequirementFacts(each.key, each.essential, each.counts, M)
        after = suggest(better).rag
        assert (before in order) == (after in order)
        if before in order and after in order:
            assert order.index(after) >= order.index(before)


@pytest.mark.parametrize(
    ("suggested", "chosen", "flag"),
    [
        (GREEN, GREEN, False),
        (AMBER, GREEN, True),
        (NA, RED, True),
        (None, GREEN, False),
        (GREEN, None, False),
        (None, None, False),
    ],
)
def test_differs(suggested: Rag | None, chosen: Rag | None, flag: bool) -> None:
    assert differs(suggested, chosen) is flag
