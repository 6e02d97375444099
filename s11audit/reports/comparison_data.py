"""What a comparison says: the one set of figures that page, CSV and XLSX are drawn from (domain
rule 52). What cannot be compared is said so and gets no number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s11audit.domain.enums import Rag
from s11audit.reports.data import RATING_KEYS, RATING_WORDS, About
from s11audit.scoring.comparison import Changes, count_changes

Counts = Mapping[str, int]


@dataclass(frozen=True)
class ComparedStandard:
    """One standard: how many agencies have which rating now and, where it can be compared, then.
    `words` says what it was, or why it is not compared."""

    number: int
    title: str
    words: str
    self_now: Counts
    agreed_now: Counts
    then: int | None = None
    self_then: Counts | None = None
    agreed_then: Counts | None = None


@dataclass(frozen=True)
class ComparedAgency:
    """One agency: its ratings of the comparable standards, by the number of today, each (then,
    now). `note` says why it is not compared."""

    agency: str
    note: str
    own: Mapping[int, tuple[Rag | None, Rag | None]]
    agreed: Mapping[int, tuple[Rag | None, Rag | None]]

    @property
    def own_changes(self) -> Changes:
        """How its self ratings changed."""
        return count_changes(self.own.values())

    @property
    def agreed_changes(self) -> Changes:
        """How its agreed ratings changed."""
        return count_changes(self.agreed.values())


@dataclass(frozen=True)
class ComparisonReport:
    """The whole comparison. `lineage` says through what the standards are matched."""

    about: About
    then: About
    asked: int
    returned: int
    asked_then: int
    returned_then: int
    lineage: str
    standards: Sequence[ComparedStandard]
    agencies: Sequence[ComparedAgency]
    dropped: Sequence[tuple[int, str, str]]

    kind = "comparison"
    title = "Comparison"

    @property
    def matched(self) -> Sequence[ComparedStandard]:
        """The standards that are compared."""
        return [each for each in self.standards if each.then is not None]

    @property
    def statements(self) -> tuple[str, ...]:
        """What both sides are counted over, and how agreed ratings changed over all."""
        pairs = [pair for each in self.agencies for pair in each.agreed.values()]
        return (
            f"Now, {self.about.place}: {self.returned:,} returned of {self.asked:,} asked.",
            f"Then, {self.then.place}: {self.returned_then:,} returned of "
            f"{self.asked_then:,} asked.",
            f"{len(self.matched)} of {len(self.standards)} standards can be compared.",
            f"Agreed ratings: {count_changes(pairs).in_words()}.",
        )


def counts_in_words(counts: Counts | None) -> str:
    """Return "12 green, 3 amber of 16 (1 not rated)"; empty where there are none to give."""
    if counts is None:
        return ""
    total = sum(counts.values())
    rated = [
        f"{counts[key]} {RATING_WORDS[key].lower()}" for key in RATING_KEYS[:-1] if counts[key]
    ]
    told = f"{', '.join(rated) or 'None rated'} of {total}"
    unrated = counts[RATING_KEYS[-1]]
    return f"{told} ({unrated} not rated)" if unrated and rated else told
