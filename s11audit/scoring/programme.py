"""The rolling programme: which return is proposed for which meeting of the executive."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

DAYS_TO_REVIEW = 28
"""A return is proposed for a meeting at least so long after it is due, so that QA can read it."""


@dataclass(frozen=True)
class ToPlan:
    """A return that is not on the programme."""

    id: int
    agency: str
    due_on: date


@dataclass(frozen=True)
class Slot:
    """A meeting to come, and how many returns it has already."""

    id: int
    held_on: date
    taken: int = 0


def proposals(returns: Iterable[ToPlan], meetings: Sequence[Slot]) -> Mapping[int, int]:
    """Return a meeting for each return that there is one for, by the returns' ids.

    Those due first come first, then by name. Each goes to the meeting that has the fewest so far,
    the earliest of these, among those held four weeks or more after its due date.
    """
    taken = {each.id: each.taken for each in meetings}
    found: dict[int, int] = {}
    for each in sorted(returns, key=lambda one: (one.due_on, one.agency.casefold(), one.id)):
        fitting = [slot for slot in meetings if (slot.held_on - each.due_on).days >= DAYS_TO_REVIEW]
        if fitting:
            best = min(fitting, key=lambda slot: (taken[slot.id], slot.held_on, slot.id))
            taken[best.id] += 1
            found[each.id] = best.id
    return found
