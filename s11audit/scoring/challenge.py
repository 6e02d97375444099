"""The questions to an agency that its return, its ratings and its plan suggest (domain rule 43)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Rag, ScreeningRule
from s11audit.scoring.words import counted

PLAN_DAYS = 28
_ORDER = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2}
SHORTFALL = (Rag.RED, Rag.AMBER)

# What a confirmed point of the screening asks. Passages are not repeated: they can hold personal
# data, or another agency's words.
_SCREENING: dict[ScreeningRule, str] = {
    ScreeningRule.MISSING: "Part of your answer is missing. What is the answer, and who knows it?",
    ScreeningRule.NA_REASON: "You say that part of it does not apply to you. Why does it not?",
    ScreeningRule.SHORT: "Your statement is short. What would you add that shows how it is done?",
    ScreeningRule.COPIED: (
        "Your statement is like one that was given elsewhere. What is particular to your agency?"
    ),
    ScreeningRule.ABOVE_SUGGESTION: (
        "You rate yourself above what your answers suggest. What makes the difference?"
    ),
    ScreeningRule.NO_EVIDENCE: "You gave no evidence. What can you show?",
    ScreeningRule.POLICY_ONLY: (
        "Your evidence is a policy. How do you know that staff follow it, and what has it changed"
        " for children?"
    ),
    ScreeningRule.OUT_OF_DATE: "Your evidence is past its review date. What is in force now?",
    ScreeningRule.PERCENTAGE_LOW: (
        "Your training figure is below the threshold. Who is not trained, and by when will they be?"
    ),
    ScreeningRule.PERCENTAGE_CHANGED: (
        "Your training figure has changed a good deal since last time. What happened?"
    ),
    ScreeningRule.PERSONAL_DATA: (
        "Your return seems to name or describe a person. How do you make sure that returns do not?"
    ),
}


@dataclass(frozen=True)
class StandardFacts:
    """One standard of a return: the own rating as it was sent in and the latest published one,
    each with the tool's word, the reason for not applicable, and the rules whose screening points
    were confirmed (`by_hand`: those in a person's own words)."""

    number: int
    title: str
    own: Rag | None = None
    own_word: str = ""
    na_reason: str = ""
    agreed: Rag | None = None
    agreed_word: str = ""
    screening: Sequence[ScreeningRule] = ()
    by_hand: Sequence[str] = ()


@dataclass(frozen=True)
class LateAction:
    """An action that is overdue."""

    standard: int
    what: str
    due_on: date


@dataclass(frozen=True)
class ReturnFacts:
    """What is known of a return when a challenge is prepared. `plan_waits`: for how many days the
    agency's plan has been asked for and not returned; None where it is not its turn."""

    standards: Sequence[StandardFacts]
    plan_waits: int | None = None
    late_actions: Sequence[LateAction] = field(default_factory=tuple)


@dataclass(frozen=True)
class Drafted:
    """A drafted question; `source` names the rule behind it."""

    standard: int | None
    source: str
    text: str


def draft_questions(facts: ReturnFacts) -> list[Drafted]:
    """Return the questions, standard by standard, then those about the plan."""
    found = [question for each in facts.standards for question in _of_standard(each)]
    found += [
        Drafted(
            each.standard,
            "overdue_action",
            f"“{each.what}” was due on {in_words(each.due_on)} and is not reported complete. What"
            " stands in the way, and when will it be done?",
        )
        for each in facts.late_actions
    ]
    if facts.plan_waits is not None and facts.plan_waits > PLAN_DAYS:
        found.append(
            Drafted(
                None,
                "late_plan",
                f"Your action plan was asked for {counted(facts.plan_waits, 'day', 'days')} ago and"
                " has not come. When will it come, and who is responsible for it?",
            )
        )
    return found


def _of_standard(each: StandardFacts) -> list[Drafted]:
    def ask(source: str, text: str) -> Drafted:
        return Drafted(each.number, source, text)

    found = []
    stands = each.agreed or each.own
    above = each.own in _ORDER and each.agreed in _ORDER and _ORDER[each.own] > _ORDER[each.agreed]
    if above:
        found.append(
            ask(
                "self_above_agreed",
                f"You rated “{each.title}” as “{each.own_word}”, and it was agreed as"
                f" “{each.agreed_word}”. What did you see that led you to your rating?",
            )
        )
    if stands in SHORTFALL:
        word = each.agreed_word or each.own_word
        found.append(
            ask(
                "shortfall",
                f"“{each.title}” stands at “{word}”. What has changed since, what is left to do,"
                " and what difference will children notice?",
            )
        )
    if each.own is Rag.NA:
        found.append(
            ask(
                "not_applicable",
                f"You say that “{each.title}” does not apply to you: “{each.na_reason}” Who meets"
                " it for the children you work with?",
            )
        )
    found += [ask(f"screening_{rule.value}"[:30], _SCREENING[rule]) for rule in each.screening]
    found += [ask("screening_by_hand", text) for text in each.by_hand]
    return found
