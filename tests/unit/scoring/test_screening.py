"""Each rule of the first read, on both sides of its edge (domain rule 15)."""

from datetime import date

import pytest

from s11audit.domain.enums import AskFor, EvidenceKind, Rag
from s11audit.domain.enums import ScreeningRule as R
from s11audit.scoring.answers import Judgement, Outcome, Percentage, Text
from s11audit.scoring.ratings import Suggestion
from s11audit.scoring.reasons import is_real_reason
from s11audit.scoring.screening import (
    LastTime,
    ReadAnswer,
    ReadEvidence,
    ReadReturn,
    ReadStandard,
    copied_from_last_time,
    read_alone,
)

SENT = date(2026, 3, 4)
THIRTY = "one two three four five six seven eight nine ten " * 3


def read(number=1, last=None, holds_answers=True, met_at=95, **part):
    values = {"self_rating": Rag.AMBER, "statement": THIRTY, **part}
    return ReadReturn(
        "Barton Council",
        SENT,
        [ReadStandard(number, **values)],
        met_at=met_at,
        holds_answers=holds_answers,
        last=last,
    )


def rules(return_):
    return [point.rule for point in read_alone(return_)]


def percentage(numerator, denominator=100):
    return Percentage(numerator, denominator, date(2026, 3, 1))


def answers(*given):
    return tuple(ReadAnswer(f"1.{n}", each) for n, each in enumerate(given, 1))


def test_a_return_without_faults_has_no_points():
    assert rules(read(answers=answers(Judgement(Outcome.MET), percentage(95), Text("Yes")))) == []


def test_what_was_asked_and_not_answered_is_missing():
    found = read_alone(read(answers=answers(Judgement(), Percentage(), Text(""), Percentage(3))))
    assert [(point.rule, point.passage.split(":")[0]) for point in found] == [
        (R.MISSING, f"Question 1.{n}") for n in (1, 2, 3, 4)
    ]
    # A file without answers to the questions holds none that could be missing.
    assert rules(read(answers=answers(Judgement()), holds_answers=False)) == []


@pytest.mark.parametrize(
    ("ask", "statement", "found"),
    [
        (AskFor.REQUIRED, " \n", [R.MISSING]),
        (AskFor.OPTIONAL, "", []),
        (AskFor.ABSENT, "", []),
        (AskFor.REQUIRED, THIRTY, []),
        (AskFor.REQUIRED, THIRTY.rsplit(" ", 2)[0], [R.SHORT]),  # 29 words
        (AskFor.OPTIONAL, "Yes.", [R.SHORT]),
        (AskFor.ABSENT, "Yes.", []),
    ],
)
def test_statements_are_missing_or_short_where_the_tool_asks_for_them(ask, statement, found):
    assert rules(read(statement_ask=ask, statement=statement)) == found


def test_a_required_self_rating_is_missed_and_an_optional_one_is_not():
    assert rules(read(self_rating=None)) == [R.MISSING]
    assert rules(read(self_rating=None, self_rating_ask=AskFor.OPTIONAL)) == []


@pytest.mark.parametrize(
    "reason",
    [
        "", "n/a", "N/A.", "Not applicable", "none", "-", "TBC", "Does not apply to us",
        "Not relevant to our service at this time", "See above", "As per the last standard",
        "This standard is not applicable to Barton Council", "It is not ours to do.", "Unknown",
        "No staff",
    ],
)  # fmt: skip
def test_what_only_says_not_applicable_again_is_no_reason(reason):
    assert not is_real_reason(reason, "Barton Council")


@pytest.mark.parametrize(
    "reason",
    [
        "We have no premises", "We employ nobody who works with children.",
        "The pool closed in 2024", "Commissioned by the county, not by us",
    ],
)  # fmt: skip
def test_a_reason_of_its_own_is_one(reason):
    assert is_real_reason(reason, "Barton Council")


def test_not_applicable_needs_a_real_reason_for_the_standard_and_for_its_questions():
    na = {"self_rating": Rag.NA, "statement": ""}
    assert rules(read(**na, na_reason="Not applicable")) == [R.NA_REASON]
    assert rules(read(**na, na_reason="We have no premises")) == []
    found = read_alone(
        read(
            answers=answers(
                Judgement(Outcome.NA, "n/a"),
                Judgement(Outcome.NA),
                Percentage(not_known=True, not_known_reason="Not known"),
                Percentage(not_known=True, not_known_reason="The register burned in May"),
            )
        )
    )
    assert [(point.rule, point.passage) for point in found] == [
        (R.NA_REASON, "Question 1.1: n/a"),
        (R.NA_REASON, "Question 1.2: no reason is given"),
        (R.NA_REASON, "Question 1.3: Not known"),
    ]


def test_a_standard_that_does_not_apply_is_asked_for_nothing_else():
    part = {"self_rating": Rag.NA, "na_reason": "We have no premises", "statement": ""}
    assert rules(read(**part, answers=answers(Judgement(), percentage(10)))) == []


@pytest.mark.parametrize(
    ("own", "suggested", "above"),
    [
        (Rag.GREEN, Rag.AMBER, True),
        (Rag.AMBER, Rag.RED, True),
        (Rag.AMBER, Rag.AMBER, False),
        (Rag.AMBER, Rag.GREEN, False),
        (Rag.AMBER, Rag.NA, False),
        (Rag.RED, None, False),
    ],
)
def test_a_self_rating_above_the_suggestion(own, suggested, above):
    return_ = read(self_rating=own, suggestion=Suggestion(suggested, "Why."))
    assert (R.ABOVE_SUGGESTION in rules(return_)) is above


def test_green_needs_evidence_that_is_more_than_policy_and_not_past_its_review_date():
    def evidence(*items):
        return tuple(ReadEvidence(kind, "A paper", day) for kind, day in items)

    def green(*items):
        return rules(read(self_rating=Rag.GREEN, evidence=evidence(*items)))

    policy, audit = EvidenceKind.POLICY, EvidenceKind.ACTIVITY
    assert green() == [R.NO_EVIDENCE]
    assert green((policy, None), (policy, SENT)) == [R.POLICY_ONLY]
    assert green((policy, None), (audit, SENT)) == []
    assert green((audit, date(2026, 3, 3))) == [R.OUT_OF_DATE]
    assert green((policy, date(2026, 3, 3))) == [R.POLICY_ONLY, R.OUT_OF_DATE]
    assert rules(read(evidence=evidence((policy, date(2020, 1, 1))))) == []  # amber


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        (percentage(95), None, []),
        (percentage(9499, 10000), None, [R.PERCENTAGE_LOW]),
        (percentage(96), percentage(76), []),  # exactly 20 points
        (percentage(96), percentage(759, 1000), [R.PERCENTAGE_CHANGED]),
        (percentage(60), percentage(90), [R.PERCENTAGE_LOW, R.PERCENTAGE_CHANGED]),
        (percentage(96), Percentage(not_known=True, not_known_reason="Lost"), []),
        (percentage(96), Percentage(3, 0), []),
    ],
)
def test_percentages_below_the_threshold_or_far_from_last_time(now, before, found):
    last = LastTime(percentages={"1.1": before}) if before else None
    assert rules(read(answers=answers(now), last=last)) == found


def test_personal_data_is_found_in_everything_that_was_typed():
    number = "NHS number 943 476 5919"
    for part in (
        {"statement": f"{THIRTY} {number}"},
        {"answers": answers(Text(number))},
        {"answers": answers(Judgement(Outcome.NA, f"We refer to {number}"))},
        {"evidence": (ReadEvidence(EvidenceKind.ACTIVITY, "Audit", None, (number,)),)},
        {"proposed": (number,)},
        {"progress": number},
        {"self_rating": Rag.NA, "na_reason": f"We refer to {number}"},
    ):
        [point] = read_alone(read(**part))
        assert (point.rule, point.about) == (R.PERSONAL_DATA, "NHS number")


def test_what_is_carried_over_is_not_held_against_last_time():
    text = THIRTY.replace("one", "uno")
    last = LastTime("the last", {4: THIRTY, 1: text})
    [point] = copied_from_last_time(read(statement=text, last=last)).values()
    assert (point.rule, point.about) == (R.COPIED, "standard 1 of the last")
    assert list(copied_from_last_time(read(number=7, last=last))) == [7]
    assert copied_from_last_time(read(statement=text, last=last, carried=True)) == {}
    still = {"carried": True, "still_true": True, "statement": "Yes."}
    assert rules(read(**still, answers=answers(Judgement()))) == []
