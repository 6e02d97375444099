"""What is marked for QA in the evidence behind a green rating (domain rule 76)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from s11audit.domain.dates import in_words
from s11audit.domain.enums import EvidenceKind, Rag, ScreeningRule

MARKED = {
    ScreeningRule.POLICY_ONLY: "Policies only",
    ScreeningRule.OUT_OF_DATE: "Past its review date",
}


class Offered(Protocol):
    """A piece of evidence: its kind, how it is called, when it is to be reviewed."""

    @property
    def kind(self) -> EvidenceKind: ...
    @property
    def name(self) -> str: ...
    @property
    def review_on(self) -> date | None: ...


@dataclass(frozen=True)
class Shown:
    """A piece of evidence as the rules read it."""

    kind: EvidenceKind
    name: str
    review_on: date | None = None


@dataclass(frozen=True)
class Mark:
    """What is to be looked at: the rule, and the evidence that it is about."""

    rule: ScreeningRule
    passage: str

    @property
    def words(self) -> str:
        """The mark as a tag says it."""
        return MARKED[self.rule]


def weaknesses(evidence: Sequence[Offered], on: date) -> list[Mark]:
    """Return what is weak in a standard's evidence on a day: that every piece is a policy, and
    each piece that was to be reviewed on an earlier day. None where there is no evidence."""
    found = []
    if evidence and all(each.kind is EvidenceKind.POLICY for each in evidence):
        names = "; ".join(each.name for each in evidence)
        found.append(Mark(ScreeningRule.POLICY_ONLY, names))
    for each in evidence:
        if each.review_on is not None and each.review_on < on:
            passage = f"{each.name}: to be reviewed on {in_words(each.review_on)}"
            found.append(Mark(ScreeningRule.OUT_OF_DATE, passage))
    return found


def marks(rating: Rag | None, evidence: Sequence[Offered], on: date) -> list[Mark]:
    """Return what is marked where a standard is rated so on this evidence: nothing unless it is
    green. `on` is the day the return was sent in for a self rating, today for QA's."""
    return weaknesses(evidence, on) if rating is Rag.GREEN else []


def together(*lists: Iterable[Mark]) -> list[Mark]:
    """Return the marks of several ratings of one standard, each once."""
    return list(dict.fromkeys(mark for each in lists for mark in each))
