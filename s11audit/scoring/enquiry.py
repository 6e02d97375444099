"""Drafts lines of enquiry for a meeting from what screening, the return and the ratings show
(domain rule 63). A draft is a beginning: people edit it."""

from collections.abc import Iterable
from dataclasses import dataclass

from s11audit.domain.enums import LineBasis, Rag, ScreeningRule
from s11audit.domain.wording import in_words
from s11audit.scoring.evidence_marks import Mark

_ORDER = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2}
LONGEST_PASSAGE = 300


@dataclass(frozen=True)
class EnquiryFacts:
    """What is known of one standard of a return.

    `points` are the confirmed points of screening: the rule (None: added by hand) and the passage.
    `reviewers` are the reviewers' ratings, `agreed` the sub-group's, each as far as it is open.
    The marks are those of the evidence behind a green self rating and a green agreed one (rule 76).
    """

    standard: int
    points: tuple[tuple[ScreeningRule | None, str], ...] = ()
    self_rating: Rag | None = None
    suggested: Rag | None = None
    reviewers: tuple[Rag, ...] = ()
    agreed: Rag | None = None
    self_marks: tuple[Mark, ...] = ()
    agreed_marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A drafted line: what it draws on, a key by which it is not drafted twice, and its words."""

    standard: int
    basis: LineBasis
    key: str
    text: str


def draft_lines(facts: Iterable[EnquiryFacts]) -> list[Draft]:
    """Return the lines of enquiry for a return, by standard: its confirmed screening points, a
    self rating above the suggestion or above what the sub-group agreed, a spread between the
    reviewers, and a red rating. "Not applicable" is neither above nor below."""
    return [draft for each in sorted(facts, key=lambda one: one.standard) for draft in _lines(each)]


def _lines(facts: EnquiryFacts) -> Iterable[Draft]:
    for number, (rule, passage) in enumerate(facts.points, start=1):
        what = in_words(rule) if rule else "Found at screening"
        yield Draft(
            facts.standard,
            LineBasis.SCREENING,
            f"screening:{rule.value if rule else 'by_hand'}:{number}",
            f"{what}: “{_short(passage)}”. What does the agency say to that?",
        )
    told = any(rule is ScreeningRule.ABOVE_SUGGESTION for rule, _passage in facts.points)
    if _above(facts.self_rating, facts.suggested) and not told:
        yield Draft(
            facts.standard,
            LineBasis.RETURN,
            "above_suggestion",
            f"The agency rated itself {_word(facts.self_rating)}, and its answers suggest"
            f" {_word(facts.suggested)}. What shows that its own rating holds?",
        )
    yield from _marked(facts)
    if _above(facts.self_rating, facts.agreed):
        yield Draft(
            facts.standard,
            LineBasis.RATINGS,
            "above_agreed",
            f"The agency rated itself {_word(facts.self_rating)}, and the sub-group agreed"
            f" {_word(facts.agreed)}. Does the agency see why?",
        )
    spread = sorted({each for each in facts.reviewers if each in _ORDER}, key=_ORDER.__getitem__)
    if len(spread) > 1:
        yield Draft(
            facts.standard,
            LineBasis.RATINGS,
            "spread",
            f"The reviewers’ ratings reach from {_word(spread[0])} to {_word(spread[-1])}."
            " Which evidence does each rest on?",
        )
    if facts.agreed is Rag.RED or (facts.agreed is None and Rag.RED in facts.reviewers):
        yield Draft(
            facts.standard,
            LineBasis.RATINGS,
            "red",
            "Rated red. What is done now, until the improvement is made, to keep children safe?",
        )


_ASKED = {
    ScreeningRule.POLICY_ONLY: "What shows that the policy works, and makes a difference?",
    ScreeningRule.OUT_OF_DATE: "Is there a version that is in force?",
}


def _marked(facts: EnquiryFacts) -> Iterable[Draft]:
    """A line for each kind of mark: what screening has said is not said again."""
    told = {rule for rule, _passage in facts.points}
    for who, basis, key, found in (
        ("The agency rated itself", LineBasis.RETURN, "", facts.self_marks),
        ("The sub-group agreed", LineBasis.RATINGS, "agreed_", facts.agreed_marks),
    ):
        for rule in dict.fromkeys(each.rule for each in found if each.rule not in told):
            told.add(rule)
            passage = _short("; ".join(each.passage for each in found if each.rule is rule))
            on = {
                ScreeningRule.POLICY_ONLY: "on policies only",
                ScreeningRule.OUT_OF_DATE: "on evidence past its review date",
            }[rule]
            text = f"{who} green {on}: “{passage}”. {_ASKED[rule]}"
            yield Draft(facts.standard, basis, f"{key}{rule.value}", text)


def _above(own: Rag | None, other: Rag | None) -> bool:
    return own in _ORDER and other in _ORDER and _ORDER[own] > _ORDER[other]


def _word(rag: Rag | None) -> str:
    return in_words(rag).lower() if rag else "nothing"


def _short(passage: str) -> str:
    flat = " ".join(passage.split())
    return flat if len(flat) <= LONGEST_PASSAGE else flat[:LONGEST_PASSAGE].rstrip() + "…"
