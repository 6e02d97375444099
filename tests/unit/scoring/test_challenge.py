"""The questions that a return suggests (domain rule 43)."""

from datetime import date

import pytest

from s11audit.domain.enums import Rag, ScreeningRule
from s11audit.scoring.challenge import (
    LateAction,
    ReturnFacts,
    StandardFacts,
    draft_questions,
)

G, A, R, N = Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA


def standard(own, agreed=None, **more):
    words = {G: "Green", A: "Amber", R: "Red", N: "Not applicable", None: ""}
    return StandardFacts(
        4, "Training", own, words[own], agreed=agreed, agreed_word=words[agreed], **more
    )


@pytest.mark.parametrize(
    ("facts", "sources"),
    [
        (standard(G), []),
        (standard(G, G), []),
        (standard(None), []),
        (standard(A), ["shortfall"]),
        (standard(R, G), []),  # agreed to be better than the agency thought
        (standard(G, A), ["self_above_agreed", "shortfall"]),
        (standard(A, A), ["shortfall"]),
        (standard(N, na_reason="No patients."), ["not_applicable"]),
        (standard(N, R, na_reason="No patients."), ["shortfall", "not_applicable"]),
        (
            standard(G, screening=[ScreeningRule.POLICY_ONLY], by_hand=["Which sites?"]),
            ["screening_policy_only", "screening_by_hand"],
        ),
    ],
)
def test_what_a_standard_asks(facts, sources):
    found = draft_questions(ReturnFacts([facts]))
    assert [each.source for each in found] == sources
    assert {each.standard for each in found} <= {4}


def test_questions_name_what_they_are_about():
    above, short = draft_questions(ReturnFacts([standard(G, A)]))
    assert above.text.startswith("You rated “Training” as “Green”, and it was agreed as “Amber”.")
    assert short.text.startswith("“Training” stands at “Amber”.")
    (na,) = draft_questions(ReturnFacts([standard(N, na_reason="No patients.")]))
    assert "“No patients.”" in na.text


@pytest.mark.parametrize("rule", list(ScreeningRule))
def test_every_rule_of_the_screening_has_its_question(rule):
    (found,) = draft_questions(ReturnFacts([standard(G, screening=[rule])]))
    assert found.text.endswith("?")
    assert len(found.source) <= 30


def test_the_plan():
    late = LateAction(4, "Train the porters", date(2026, 3, 31))
    found = draft_questions(ReturnFacts([standard(G)], 29, [late]))
    assert [(each.standard, each.source) for each in found] == [
        (4, "overdue_action"), (None, "late_plan"),
    ]  # fmt: skip
    assert "“Train the porters” was due on 31 March 2026" in found[0].text
    assert "asked for 29 days ago" in found[1].text
    assert draft_questions(ReturnFacts([standard(G)], 28)) == []
    assert draft_questions(ReturnFacts([standard(G)], None)) == []
