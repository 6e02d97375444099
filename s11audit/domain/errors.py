"""Errors that services and pure rules raise; views and the command line put them into words.

Every message is a whole sentence in plain English, fit to be shown to the person.
"""


class S11Error(Exception):
    """Base of the errors that have an answer for the person: `str(error)` is that answer."""


class NotFound(S11Error):
    """There is no such object within the actor's reach."""


class NotAllowed(S11Error):
    """The actor may see the object but may not do this to it."""


class Refused(S11Error):
    """The change breaks a rule in the object's present state."""


class Invalid(S11Error):
    """The values given are wrong. `problems` maps a field's name to its message."""

    def __init__(self, message: str, problems: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or {}


class Gone(S11Error):
    """What the address names was removed when its retention ended (domain rule 79). `day` is when,
    in words."""

    def __init__(self, day: str) -> None:
        super().__init__(f"This was removed on {day}, since its retention had ended.")
        self.day = day


class Conflict(S11Error):
    """Somebody else saved in between. `current` is the version number that is stored now."""

    def __init__(self, message: str, current: int) -> None:
        super().__init__(message)
        self.current = current


class ImportRefused(S11Error):
    """A file was refused whole. `faults` lists (row, column, reason), row 1 being the header;
    row and column are None where the fault has none."""

    def __init__(self, file: str, faults: list[tuple[int | None, str | None, str]]) -> None:
        self.file = file
        self.faults = faults
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line a fault: file, row, column and reason."""
        return [fault_line(self.file, *fault) for fault in self.faults]


def fault_line(file: str, row: int | None, column: str | None, reason: str) -> str:
    """Return "agencies.csv, row 3, column category: ..." with the parts there are."""
    parts = [file]
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column {column}")
    return f"{', '.join(parts)}: {reason}"
