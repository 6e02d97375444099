"""Domain rules 8 and 9: what a return lacks before it can be submitted."""

from dataclasses import replace
from datetime import date

import pytest

from s11audit.domain.enums import AskFor, Rag
from s11audit.scoring.answers import Judgement, Outcome, Percentage, Text
from s11audit.scoring.completeness import (
    Missing,
    RequirementFacts,
    StandardFacts,
    StandardState,
    missing,
    missing_of,
    progress,
    state_of,
)

TODAY = date(2026, 3, 4)
REQUIRED, OPTIONAL, ABSENT = AskFor.REQUIRED, AskFor.OPTIONAL, AskFor.ABSENT

BLANK = StandardFacts(
    number=5,
    self_rating_ask=REQUIRED,
    statement_ask=REQUIRED,
    word_limit=200,
    requirements=[
        RequirementFacts("5.1", Judgement()),
        RequirementFacts("5.2", None),
    ],
)
WHOLE = replace(
    BLANK,
    requirements=[
        RequirementFacts("5.1", Judgement(Outcome.MET)),
        RequirementFacts("5.2", Percentage(45, 50, date(2026, 3, 1))),
    ],
    self_rating=Rag.GREEN,
    statement="word " * 200,
)


def test_a_blank_standard_lacks_everything_in_the_order_of_its_page() -> None:
    assert missing([BLANK], TODAY) == [
        Missing(5, "requirement:5.1", "Answer question 5.1"),
        Missing(5, "requirement:5.2", "Answer question 5.2"),
        Missing(5, "statement", "Write the evidence statement"),
        Missing(5, "self_rating", "Choose a rating for this standard"),
    ]
    assert state_of(BLANK, TODAY) is StandardState.NOT_STARTED


def test_a_whole_standard_lacks_nothing() -> None:
    assert missing([WHOLE], TODAY) == []
    assert state_of(WHOLE, TODAY) is StandardState.COMPLETE


def test_a_statement_over_the_limit_is_kept_and_stops_sending_in() -> None:
    long = replace(WHOLE, statement="word " * 201)
    assert missing_of(long, TODAY) == [
        Missing(
            5,
            "statement",
            "The evidence statement is 201 words long. Shorten it by 1 word, to 200 or fewer",
        )
    ]
    assert state_of(long, TODAY) is StandardState.IN_PROGRESS
    assert missing_of(replace(long, word_limit=None), TODAY) == []
    assert missing_of(replace(long, statement_ask=OPTIONAL), TODAY) != []
    assert missing_of(replace(long, statement_ask=ABSENT), TODAY) == []


@pytest.mark.parametrize(
    ("ask", "parts"),
    [(REQUIRED, ["statement", "self_rating"]), (OPTIONAL, []), (ABSENT, [])],
)
def test_what_the_tool_asks_for(ask: AskFor, parts: list[str]) -> None:
    standard = replace(
        WHOLE, statement=" \n", self_rating=None, statement_ask=ask, self_rating_ask=ask
    )
    assert [each.part for each in missing_of(standard, TODAY)] == parts


@pytest.mark.parametrize("mark", [{"self_rating": Rag.NA}, {"na": True}])
def test_a_standard_that_does_not_apply_needs_only_its_reason(mark: dict[str, object]) -> None:
    standard = replace(BLANK, statement="word " * 300, **mark)  # type: ignore[arg-type]
    assert missing_of(standard, TODAY) == [
        Missing(5, "na_reason", "Say why this standard does not apply to your agency")
    ]
    assert state_of(standard, TODAY) is StandardState.IN_PROGRESS
    explained = replace(standard, na_reason="We do not commission services")
    assert missing_of(explained, TODAY) == []
    assert state_of(explained, TODAY) is StandardState.COMPLETE


def test_an_answer_that_does_not_fit_says_what_to_do() -> None:
    wrong = RequirementFacts("5.2", Percentage(51, 50, date(2026, 3, 5)))
    standard = replace(WHOLE, requirements=[wrong])
    part = "requirement:5.2"
    assert missing_of(standard, TODAY) == [
        Missing(
            5, part, "Question 5.2: enter a number that is not above the total of 50", "numerator"
        ),
        Missing(5, part, "Question 5.2: enter a date that is not in the future", "as_of"),
    ]


def test_a_requirement_that_is_not_required_may_stay_blank_but_not_be_wrong() -> None:
    blank = replace(WHOLE, requirements=[RequirementFacts("5.3", Text(), required=False)])
    assert missing_of(blank, TODAY) == []
    half = RequirementFacts("5.3", Judgement(Outcome.NA), required=False)
    assert [each.field for each in missing_of(replace(WHOLE, requirements=[half]), TODAY)] == [
        "na_reason"
    ]


@pytest.mark.parametrize(
    "touched",
    [
        {"statement": "Draft"},
        {"self_rating": Rag.RED},
        {"na": True},
        {"na_reason": "Perhaps not ours"},
        {"requirements": [RequirementFacts("5.1", Judgement(Outcome.NOT_MET))]},
        {"requirements": [RequirementFacts("5.1", Percentage.from_typed("x", "", ""))]},
    ],
)
def test_anything_given_starts_a_standard(touched: dict[str, object]) -> None:
    standard = replace(BLANK, **touched)  # type: ignore[arg-type]
    assert state_of(standard, TODAY) is StandardState.IN_PROGRESS


def test_what_was_carried_in_starts_nothing_and_what_was_taken_over_does() -> None:
    carried = replace(BLANK, statement="Last time’s", taken_over=True, carried=True)
    assert state_of(carried, TODAY) is StandardState.NOT_STARTED
    assert state_of(replace(carried, carried=False), TODAY) is StandardState.IN_PROGRESS


def test_nothing_is_complete_untouched_though_nothing_is_required() -> None:
    optional = StandardFacts(1, OPTIONAL, OPTIONAL, 200)
    assert missing_of(optional, TODAY) == []
    assert state_of(optional, TODAY) is StandardState.NOT_STARTED


def test_progress_over_a_return() -> None:
    standards = [WHOLE, BLANK, replace(WHOLE, number=6, self_rating=None)]
    assert [each.standard for each in missing(standards, TODAY)] == [5, 5, 5, 5, 6]
    result = progress(state_of(each, TODAY) for each in standards)
    assert (result.complete, result.of) == (1, 3)
    assert result.in_words() == "1 of 3 standards complete"
    assert progress([]).in_words() == "0 of 0 standards complete"
