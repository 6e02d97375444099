"""The rating that a standard's requirement answers suggest (domain rule 2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from s11audit.domain.enums import Rag
from s11audit.scoring.answers import Outcome
from s11audit.scoring.words import listed


@dataclass(frozen=True)
class RequirementFacts:
    """One requirement that applies to the agency, and what its answer comes to.

    `counts` is False for kinds that are left out (text); `outcome` is None while unanswered.
    """

    key: str
    essential: bool
    counts: bool
    outcome: Outcome | None


@dataclass(frozen=True)
class Suggestion:
    """The suggested rating (None: no suggestion), why, and the requirements that decided it."""

    rag: Rag | None
    reason: str
    keys: tuple[str, ...] = ()


def suggest(requirements: Sequence[RequirementFacts]) -> Suggestion:
    """Suggest a rating from the answers to the requirements that apply to the agency.

    The tests are made in the order of domain rule 2. It is only a suggestion: a person decides.
    """
    counting = [each for each in requirements if each.counts]
    if not counting:
        return Suggestion(None, "No suggestion: no question of this standard counts towards one.")
    unanswered = _keys(counting, None)
    if unanswered:
        return Suggestion(
            None,
            f"No suggestion yet: {listed(unanswered)} {_is(unanswered)} not fully answered.",
            unanswered,
        )
    applicable = [each for each in counting if each.outcome is not Outcome.NA]
    if not applicable:
        keys = tuple(each.key for each in counting)
        return Suggestion(Rag.NA, "Not applicable: so is every question that counts.", keys)
    failed = tuple(
        each.key for each in applicable if each.essential and each.outcome is Outcome.NOT_MET
    )
    if failed:
        return Suggestion(
            Rag.RED, f"Red: {listed(failed)} {_is(failed)} essential and not met.", failed
        )
    met = _keys(applicable, Outcome.MET)
    partly = _keys(applicable, Outcome.PARTLY_MET)
    not_met = _keys(applicable, Outcome.NOT_MET)
    if len(met) == len(applicable):
        return Suggestion(Rag.GREEN, f"Green: {listed(met)} {_is(met)} met.", met)
    if not met and not partly:
        return Suggestion(Rag.RED, f"Red: {listed(not_met)} {_is(not_met)} not met.", not_met)
    short = [
        f"{listed(keys)} {_is(keys)} {words}"
        for keys, words in ((partly, "partly met"), (not_met, "not met"))
        if keys
    ]
    keys = tuple(each.key for each in applicable if each.outcome is not Outcome.MET)
    return Suggestion(Rag.AMBER, f"Amber: {' and '.join(short)}.", keys)


def differs(suggested: Rag | None, chosen: Rag | None) -> bool:
    """Return whether the person chose otherwise than suggested; False where either is missing."""
    return suggested is not None and chosen is not None and suggested is not chosen


def _keys(requirements: Sequence[RequirementFacts], outcome: Outcome | None) -> tuple[str, ...]:
    return tuple(each.key for each in requirements if each.outcome is outcome)


def _is(keys: Sequence[str]) -> str:
    return "is" if len(keys) == 1 else "are"
