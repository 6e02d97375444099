"""The worksheet of a visit, drafted from what was sent in (domain rule 31)."""

from __future__ import annotations

from typing import Any

import pytest

from s11audit.domain.enums import ItemKind, Rag, VisitResult
from s11audit.scoring.worksheet import Proposal, draft, finding_lacks, policies_named
from s11audit.tools import loader

TOOL = loader.load_builtin("lancashire-2012")
TRAINING = TOOL.standard(5)


def part(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": 5,
        "statement": "Our Safer Working Policy says so. See the Training and Induction Strategy.",
        "self_rating": {"label": "green", "rag": "green", "na_reason": ""},
        "requirements": [
            {"key": "5.1", "kind": "judgement", "text": "Is there a plan?",
             "answer": {"value": "met"}, "in_words": "Met"},
            {"key": "5.2", "kind": "percentage", "text": "How many are trained?",
             "answer": {"numerator": 45, "denominator": 50}, "in_words": "45 of 50 (90%)"},
        ],
        "evidence": [
            {"kind": "policy", "description": "Safer Working Policy", "file": "swp.pdf",
             "link": None, "made_on": "2025-05-01", "review_on": "2026-05-01"},
        ],
    }  # fmt: skip
    return found | more


def test_documents_claims_and_people_come_from_the_return() -> None:
    items = draft(TRAINING, part())
    assert [(each.kind, each.text) for each in items] == [
        (ItemKind.DOCUMENT, "Safer Working Policy (Policy or procedure; swp.pdf; made 1 May 2025;"
         " to be reviewed by 1 May 2026)"),
        (ItemKind.DOCUMENT, "Training and Induction Strategy"),
        (ItemKind.CLAIM, "It rates itself green: fully compliant"),
        (ItemKind.CLAIM, "It says: “Our Safer Working Policy says so. See the Training and"
         " Induction Strategy.”"),
        (ItemKind.CLAIM, "5.2 How many are trained? It says: 45 of 50 (90%)"),
        (ItemKind.PERSON, "Whoever keeps the training records"),
        (ItemKind.PERSON, "Someone trained in the last year"),
    ]  # fmt: skip


def test_what_is_not_claimed_is_not_tested() -> None:
    amber = part(statement=" ", self_rating={"label": "amber", "rag": "amber", "na_reason": ""})
    assert [each.text for each in draft(TRAINING, amber) if each.kind is ItemKind.CLAIM] == [
        "5.2 How many are trained? It says: 45 of 50 (90%)"
    ]
    na = part(self_rating={"label": "na", "rag": "na", "na_reason": "We have no staff."})
    assert [each.text for each in draft(TRAINING, na)] == [
        "It says that the standard does not apply: “We have no staff.”"
    ]
    assert {each.kind for each in draft(TRAINING, None)} == {ItemKind.PERSON}


@pytest.mark.parametrize("key", loader.builtin_keys())
def test_every_standard_names_somebody_to_speak_to(key: str) -> None:
    for standard in loader.load_builtin(key).standards:
        assert draft(standard, None), standard.title


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We follow our Lone Working Policy and the lone working policy.", ["Lone Working Policy"]),
        ("Policy is reviewed. The policy is good.", []),
        ("The Code of Conduct, Information Sharing Protocol.",
         ["Code of Conduct", "Information Sharing Protocol"]),
        ("See Whistleblowing Procedure; see WHISTLEBLOWING Procedure",
         ["Whistleblowing Procedure"]),
    ],
)  # fmt: skip
def test_policies_are_found_by_their_names(text: str, names: list[str]) -> None:
    assert policies_named(text) == names


AMBER = Proposal("amber", Rag.AMBER, "Half the files lack it", "Complete the files")


@pytest.mark.parametrize(
    ("result", "seen", "spoken", "proposal", "lacks"),
    [
        (None, "", " ", None, []),
        (None, "Files", "", None, ["result"]),
        (VisitResult.CONFIRMED, "Files", "Two managers", None, []),
        (VisitResult.CONFIRMED, "", "", None, ["seen", "spoken_to"]),
        (VisitResult.CONFIRMED, "Files", "Nobody", AMBER, ["proposed_label"]),
        (VisitResult.PARTLY, "Files", "Nobody", None, []),
        (VisitResult.NOT_CONFIRMED, "Files", "Nobody", AMBER, []),
        (VisitResult.PARTLY, "Files", "Nobody", Proposal("red", Rag.RED, "", ""),
         ["proposed_reason", "proposed_improvement"]),
        (VisitResult.PARTLY, "Files", "Nobody", Proposal("g", Rag.GREEN, "Better", "X"),
         ["proposed_improvement"]),
    ],
)  # fmt: skip
def test_what_a_finding_lacks(
    result: VisitResult | None, seen: str, spoken: str, proposal: Proposal | None, lacks: list[str]
) -> None:
    assert list(finding_lacks(result, seen, spoken, proposal)) == lacks
