"""How standards' ratings add up to an agency's compliance (domain rules 3 and 4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from s11audit.domain import wording
from s11audit.domain.enums import Compliance, ComplianceRule, Rag

_COUNTED_WORDS: dict[Compliance, str] = {
    Compliance.FULLY: "fully compliant",
    Compliance.PARTIALLY: "partially compliant",
    Compliance.NON: "not compliant",
    Compliance.ADVISORY: "in an advisory role",
    Compliance.NOT_KNOWN: "not known",
}


@dataclass(frozen=True)
class Overall:
    """An agency's compliance, and how many of its standards were rated what."""

    compliance: Compliance
    red: int = 0
    amber: int = 0
    green: int = 0
    na: int = 0
    not_rated: int = 0


def overall(
    ratings: Iterable[Rag | None], rule: ComplianceRule = ComplianceRule.UNANIMOUS
) -> Overall:
    """Add up the ratings of an agency's standards; None is a standard not rated.

    Standards rated na do not apply and decide nothing. Tested in the order of domain rule 3.
    """
    found = list(ratings)  # counted as a list: hashing members of an enumeration is slow
    red, amber, green = found.count(Rag.RED), found.count(Rag.AMBER), found.count(Rag.GREEN)
    not_rated = found.count(None)
    return Overall(
        _compliance(red, amber, green, not_rated, rule),
        red,
        amber,
        green,
        found.count(Rag.NA),
        not_rated,
    )


def _compliance(
    red: int, amber: int, green: int, not_rated: int, rule: ComplianceRule
) -> Compliance:
    if not_rated or not (red or amber or green):
        return Compliance.NOT_KNOWN
    if not red and not amber:
        return Compliance.FULLY
    if rule is ComplianceRule.WEAKEST:
        return Compliance.NON if red else Compliance.PARTIALLY
    return Compliance.NON if not amber and not green else Compliance.PARTIALLY


def in_words(result: Overall | Compliance) -> str:
    """Return "Partially (1 red, 2 amber, 6 green)"; counts stand beside "Partially" only.

    A bare `Compliance` is a recorded cell, which has no counts.
    """
    if isinstance(result, Compliance):
        return wording.in_words(result)
    words = wording.in_words(result.compliance)
    if result.compliance is Compliance.PARTIALLY:
        return f"{words} ({result.red} red, {result.amber} amber, {result.green} green)"
    return words


def of_asked(number: int, compliance: Compliance, asked: int, returned: int) -> str:
    """Return "12 fully compliant of 27 asked (26 returned)" (domain rule 4)."""
    return f"{number:,} {_COUNTED_WORDS[compliance]} of {asked:,} asked ({returned:,} returned)"


def of_returned(number: int, compliance: Compliance, asked: int, returned: int) -> str:
    """Return "3 fully compliant of 26 returned (27 asked)" (domain rule 4)."""
    return f"{number:,} {_COUNTED_WORDS[compliance]} of {returned:,} returned ({asked:,} asked)"
