"""Documents made of headings, paragraphs and tables: the one set of words and figures that page,
HTML, PDF and XLSX of the forward plan, the exception report, themes, packs and minutes show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from s11audit.domain import dates

Cell = str | int


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `weights` say how the width is shared out between its columns."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    weights: Sequence[float] = ()
    empty: str = "There is nothing to show."

    @property
    def shares(self) -> tuple[float, ...]:
        """How much of the width each column takes; together 1."""
        weights = tuple(self.weights) or (1.0,) * len(self.heads)
        return tuple(weight / sum(weights) for weight in weights)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: its heading, what it says, items of a list, then a table."""

    heading: str
    texts: Sequence[str] = ()
    items: Sequence[str] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. `kind` begins its file's name, `about` says what it is of, `log` is the
    line that a file carries at its foot: how far the log had come."""

    kind: str
    title: str
    board: str
    board_name: str
    about: str
    as_at: date
    statements: Sequence[str] = ()
    parts: Sequence[Part] = ()
    notes: Sequence[str] = ()
    wide: bool = field(default=False)
    log: str = ""

    @property
    def as_at_words(self) -> str:
        """The day in words."""
        return dates.in_words(self.as_at)
