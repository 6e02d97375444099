"""What a report says: the one set of figures that page, JSON, CSV, HTML, PDF and XLSX are drawn
from. Plain values and the words for them; nothing is worked out twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from s11audit.domain import dates, wording
from s11audit.domain.enums import Category, Cell, Compliance, Rag, Standing
from s11audit.scoring.compliance import Overall, in_words, of_asked, of_returned

NOT_RATED = "not_rated"
DISPUTED = "disputed"
BLANK = ""


@dataclass(frozen=True, slots=True)
class About:
    """What the report is of: board, cycle, stage, day and tool. `log` is the line that a file
    carries at its foot: how far the log had come."""

    board: str
    board_name: str
    cycle_id: int
    cycle: str
    stage: int
    as_at: date
    tool: str
    recorded: bool = False
    log: str = ""

    @property
    def as_at_words(self) -> str:
        """The day in words."""
        return dates.in_words(self.as_at)

    @property
    def place(self) -> str:
        """Which asking this is about: "Audit 2026, stage 1"."""
        return f"{self.cycle}, stage {self.stage}"


@dataclass(frozen=True, slots=True)
class StandingNote:
    """An agency whose return is not asked for, or that declined: since when and why."""

    agency: str
    standing: Standing
    reason: str
    since: date

    @property
    def words(self) -> str:
        """Return "Excused on 4 March 2026: merged with its neighbour"."""
        told = f"{wording.in_words(self.standing)} on {dates.in_words(self.since)}"
        return f"{told}: {self.reason}" if self.reason else told


@dataclass(frozen=True, slots=True)
class ComplianceRow:
    """A return's line of the compliance table (domain rule 6); a blank cell is None."""

    agency: str
    categories: tuple[Category, ...]
    returned: bool
    initial: Compliance
    plan_returned: Cell | None
    actions_completed: Cell | None
    monitored: Cell | None
    current: Compliance
    initial_counts: Overall | None = None
    current_counts: Overall | None = None
    recorded: bool = False
    note: str = ""
    disputed: int = 0

    @property
    def category_words(self) -> str:
        return "; ".join(wording.in_words(each) for each in self.categories)

    @property
    def returned_cell(self) -> Cell:
        return Cell.YES if self.returned else Cell.NO

    @property
    def initial_words(self) -> str:
        """Return "Partially (1 red, 2 amber, 6 green)", or the bare word."""
        return in_words(self.initial_counts or self.initial)

    @property
    def current_words(self) -> str:
        """As `initial_words`, for the compliance now."""
        return in_words(self.current_counts or self.current)

    @property
    def disputed_words(self) -> str:
        """Return "2 ratings disputed": how many of its agreed ratings the agency disputed."""
        if not self.disputed:
            return ""
        return f"{self.disputed} rating{'s' if self.disputed > 1 else ''} {DISPUTED}"


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """The compliance table with its totals. `initial` is counted over returned agencies,
    `current` over asked ones; both hold every word of `Compliance`."""

    about: About
    asked: int
    returned: int
    initial: Mapping[Compliance, int]
    current: Mapping[Compliance, int]
    rows: Sequence[ComplianceRow]
    not_counted: Sequence[StandingNote] = ()

    kind = "compliance"

    @property
    def title(self) -> str:
        return "Compliance table"

    @property
    def statements(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The totals in words, each with its denominators (domain rule 4), under two headings."""
        initial = tuple(
            of_returned(self.initial[each], each, self.asked, self.returned)
            for each in _worth_saying(self.initial)
        )
        current = tuple(
            of_asked(self.current[each], each, self.asked, self.returned)
            for each in _worth_saying(self.current)
        )
        return (("Self-assessed", initial), ("Compliance now", current))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know to read the table rightly."""
        return notes_of(self.about, [row.recorded for row in self.rows])


@dataclass(frozen=True, slots=True)
class StandardCounts:
    """A standard and how many agencies, of those it applies to, have which rating. The keys are
    those of `RATING_KEYS`."""

    number: int
    title: str
    self_counts: Mapping[str, int]
    agreed_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StandardsRow:
    """An agency's ratings by standard; None is not rated, and a standard that does not apply to
    the agency has no key."""

    agency: str
    returned: bool
    self_ratings: Mapping[int, Rag | None]
    agreed: Mapping[int, Rag | None]
    note: str = ""
    membership_id: int = 0
    disputed: frozenset[int] = frozenset()

    def agreed_words(self, number: int) -> str:
        """Return the word of a standard's agreed rating, and that the agency disputed it."""
        word = rating_words(self.agreed, number)
        return f"{word}, {DISPUTED}" if word and number in self.disputed else word


@dataclass(frozen=True, slots=True)
class StandardsReport:
    """The standards by agency, advisory agencies left out, with counts for each standard."""

    about: About
    asked: int
    returned: int
    standards: Sequence[StandardCounts]
    rows: Sequence[StandardsRow]
    not_counted: Sequence[StandingNote] = ()
    advisory: int = 0
    recorded_rows: int = 0

    kind = "standards"

    @property
    def title(self) -> str:
        return "Ratings by standard"

    @property
    def statements(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """How many were asked and have returned."""
        told = f"{self.returned:,} returned of {self.asked:,} asked"
        return (("Agencies", (told,)),)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know to read the table rightly."""
        found = notes_of(self.about, [True] * self.recorded_rows)
        if self.advisory:
            those = "agency in an advisory role is" if self.advisory == 1 else (
                "agencies in an advisory role are"
            )  # fmt: skip
            found += (f"{self.advisory:,} {those} left out: they are not rated.",)
        return found


Report = ComplianceReport | StandardsReport

RATING_KEYS = (Rag.GREEN.value, Rag.AMBER.value, Rag.RED.value, Rag.NA.value, NOT_RATED)
RATING_WORDS = {each.value: wording.in_words(each) for each in Rag} | {NOT_RATED: "Not rated"}

COMPLIANCE_COLUMNS = (
    "Agency",
    "Category",
    "Return completed",
    "Self-assessed compliance",
    "Action plan returned",
    "Outstanding actions completed",
    "Being monitored",
    "Compliance now",
)


def compliance_cells(row: ComplianceRow) -> tuple[str, ...]:
    """Return the words of a row, a text for each of `COMPLIANCE_COLUMNS`."""
    return (
        row.agency,
        row.category_words,
        cell_words(row.returned_cell),
        row.initial_words,
        cell_words(row.plan_returned),
        cell_words(row.actions_completed),
        cell_words(row.monitored),
        row.current_words,
    )


def cell_words(cell: Cell | None) -> str:
    """Return the word of a cell; a blank one is empty."""
    return BLANK if cell is None else wording.in_words(cell)


def compliance_words(compliance: Compliance) -> str:
    """Return how a compliance is shown without its counts."""
    return wording.in_words(compliance)


def rating_words(ratings: Mapping[int, Rag | None], number: int) -> str:
    """Return the word of a standard's rating; empty where the standard does not apply."""
    if number not in ratings:
        return BLANK
    rag = ratings[number]
    return RATING_WORDS[NOT_RATED if rag is None else rag.value]


def notes_of(about: About, recorded: Sequence[bool]) -> tuple[str, ...]:
    """Say that history is shown as it was recorded, where some is."""
    count = sum(recorded)
    if not count:
        return ()
    who = "All rows are" if count == len(recorded) else f"{count:,} rows are"
    return (f"{who} recorded history: shown as it was published, whatever the date chosen.",)


def _worth_saying(counts: Mapping[Compliance, int]) -> list[Compliance]:
    """ "Fully" always, the rest where there are any."""
    return [each for each in Compliance if each is Compliance.FULLY or counts[each]]
