"""The log told to people: no code of ours stays in the words."""

from __future__ import annotations

from s11audit.domain.history import Told, changes


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
