"""The log told to people: no code of ours stays in the words."""

from __future__ import annotations

from s11audit.domain.history import Told, changes, standard_of


def test_answers_are_told_by_question_and_in_words() -> None:
    before = {"answer:3.1": {"value": "met", "na_reason": ""}}
    after = {"answer:3.1": {"value": "partly_met", "na_reason": ""}}
    assert changes(before, after) == [Told("Question 3.1", "Met", "Partly met")]


def test_a_reason_is_told_beside_its_answer() -> None:
    told = changes({}, {"answer:3.1": {"value": "na", "na_reason": "We have no staff."}})
    assert told == [
        Told(
            "Question 3.1", "",
            "Why it does not apply: We have no staff.; Answer: Not applicable",
        )
    ]  # fmt: skip


def test_a_percentage_is_told_by_its_parts() -> None:
    told = changes({}, {"answer:5.2": {"numerator": 0, "denominator": 9, "as_of": "2026-03-04"}})
    assert told[0].after == "As of: 4 March 2026; Denominator: 9; Numerator: 0"


def test_what_is_empty_before_and_after_is_not_told() -> None:
    after = {"standard": 3, "rag": "amber", "label": "amber", "na_reason": "", "comment": None}
    assert changes({}, after) == [Told("Rating", "", "Amber")]
    assert standard_of({}, after) == 3


def test_a_label_of_the_tool_is_told_beside_its_rating() -> None:
    told = changes({"label": "2", "rag": "green"}, {"label": "3", "rag": "amber"})
    assert [(each.before, each.after) for each in told] == [("2", "3"), ("Green", "Amber")]


def test_published_ratings_are_told_in_the_order_of_the_standards() -> None:
    told = changes({}, {"publication": 1, "ratings": {"10": "green", "2": "red"}})
    assert told == [Told("Ratings", "", "Standard 2: Red\nStandard 10: Green")]


def test_codes_of_ours_are_told_in_words() -> None:
    told = changes({"self_label": "green"}, {"self_label": "na", "rule": "copied"})
    assert [(each.name, each.before, each.after) for each in told] == [
        ("Rule", "", "Statement like another"),
        ("Self rating, as the tool names it", "Green", "Not applicable"),
    ]
