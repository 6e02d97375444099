"""How one rating stands to an earlier one (domain rule 52)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from s11audit.domain.enums import Rag

_ORDER = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2}


class Change(StrEnum):
    """A rating against the one before."""

    BETTER = "better"
    SAME = "same"
    LOWER = "lower"


def change(then: Rag | None, now: Rag | None) -> Change | None:
    """Return how a rating changed; None where either was not given or does not apply: what was
    not rated twice is not compared."""
    if then not in _ORDER or now not in _ORDER:
        return None
    assert then is not None and now is not None
    before, after = _ORDER[then], _ORDER[now]
    if after == before:
        return Change.SAME
    return Change.BETTER if after > before else Change.LOWER


@dataclass(frozen=True)
class Changes:
    """How many ratings are better, the same and lower, of those given both times."""

    better: int = 0
    same: int = 0
    lower: int = 0

    @property
    def of(self) -> int:
        """Over how many it is counted."""
        return self.better + self.same + self.lower

    def in_words(self) -> str:
        """Return "2 better, 5 the same, 1 lower of 8 rated both times" (domain rule 4)."""
        if not self.of:
            return "none rated both times"
        return (
            f"{self.better} better, {self.same} the same, {self.lower} lower "
            f"of {self.of} rated both times"
        )


def count_changes(pairs: Iterable[tuple[Rag | None, Rag | None]]) -> Changes:
    """Count the changes over (then, now) ratings."""
    found = [change(then, now) for then, now in pairs]
    return Changes(found.count(Change.BETTER), found.count(Change.SAME), found.count(Change.LOWER))
