"""How the standards of a later stage are asked, and what is carried over (domain rule 20).

A stage after the first follows up: a standard that was green or not applicable is only asked
whether that is still true, one that was amber or red is asked for an update, and one that was
never rated is asked in full.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from s11audit.domain.enums import Ask, Rag, ReturnKind

__all__ = ["Ask", "Earlier", "ask_for", "asks", "kind_of", "latest", "left_over", "with_passed"]


@dataclass(frozen=True)
class Earlier:
    """A rating of a standard that counts: its value, when it took effect, and the order in which
    it was given. On a confirmed cycle a self rating that the agency confirmed counts too, until
    QA has agreed another (`agreed` False)."""

    standard: int
    rag: Rag
    at: datetime
    order: int
    agreed: bool = True


def latest(ratings: Iterable[Earlier]) -> dict[int, Earlier]:
    """Return of each standard the rating that counts: the latest agreed one, and only where there
    is none the latest one that the agency confirmed (domain rules 6 and 7)."""
    found: dict[int, Earlier] = {}
    for each in ratings:
        held = found.get(each.standard)
        if held is None or _rank(each) > _rank(held):
            found[each.standard] = each
    return found


def with_passed(own: Mapping[int, Earlier], passed: Iterable[Earlier]) -> dict[int, Earlier]:
    """Return an agency's own ratings with those whose improvements passed to it from another
    agency: they count where its own rating asks for no improvement, the worst before the rest."""
    found = dict(own)
    for each in sorted(passed, key=lambda one: (one.rag is Rag.RED, *_rank(one))):
        if each.standard not in own or own[each.standard].rag not in (Rag.AMBER, Rag.RED):
            found[each.standard] = each
    return found


def ask_for(rag: Rag | None, *, answered: bool = True) -> Ask:
    """Return how a standard is asked whose latest rating is `rag`, None where it has none.

    `answered`: there is an answer of an earlier stage that can be said to be still true; without
    one there is nothing to confirm.
    """
    if rag is None:
        return Ask.FULL
    if rag in (Rag.AMBER, Rag.RED):
        return Ask.UPDATE
    return Ask.STILL_TRUE if answered else Ask.FULL


def asks(
    standards: Iterable[int], ratings: Mapping[int, Rag], answered: Collection[int]
) -> dict[int, Ask]:
    """Return how each of the standards that now apply is asked. A rating of one that no longer
    applies asks for nothing."""
    return {
        number: ask_for(ratings.get(number), answered=number in answered) for number in standards
    }


def kind_of(asked: Collection[Ask]) -> ReturnKind:
    """Return what kind of return it is: a confirmation where every standard is only asked whether
    it is still true, full where every one is asked in full, else an update."""
    if asked and all(each is Ask.STILL_TRUE for each in asked):
        return ReturnKind.CONFIRMATION
    if all(each is Ask.FULL for each in asked):
        return ReturnKind.FULL
    return ReturnKind.UPDATE


def left_over(taken_over: Iterable[str], changed: Collection[str], still_holds: bool) -> list[str]:
    """Return which parts of a response are still as they were taken over: those that were, less
    what is changed now, and none once the agency has said that they still hold."""
    return [] if still_holds else [part for part in taken_over if part not in changed]


def _rank(rating: Earlier) -> tuple[bool, datetime, int]:
    return (rating.agreed, rating.at, rating.order)
