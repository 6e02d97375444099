"""What an import would do, worked out before anything is changed: the dry run."""

from dataclasses import dataclass
from hashlib import sha256

from s11audit.exchange.reading import Progress, no_progress
from s11audit.scoring.words import counted

__all__ = ["Plan", "PlanLine", "Progress", "no_progress"]


@dataclass(frozen=True)
class PlanLine:
    """One thing that would be added or changed, and the row of the file that asks for it."""

    row: int
    what: str


@dataclass(frozen=True)
class Plan:
    """What an import would add, change and leave. `noun` is what is counted ("agency",
    "agencies"); `notes` are things that would be made besides."""

    noun: tuple[str, str]
    added: tuple[PlanLine, ...] = ()
    changed: tuple[PlanLine, ...] = ()
    unchanged: int = 0
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many things would be added or changed."""
        return len(self.added) + len(self.changed)

    def summary(self) -> str:
        """Return "2 agencies to add, 1 to change, 4 unchanged"."""
        added = counted(len(self.added), *self.noun)
        return f"{added} to add, {len(self.changed):,} to change, {self.unchanged:,} unchanged"

    def outcome(self) -> str:
        """Return the same once it has been done."""
        added = counted(len(self.added), *self.noun)
        return f"{added} added, {len(self.changed):,} changed, {self.unchanged:,} unchanged"

    def lines(self) -> list[str]:
        """Return the whole plan, a line each, for the command line."""
        return [
            *self.notes,
            *(f"row {line.row}: add {line.what}" for line in self.added),
            *(f"row {line.row}: change {line.what}" for line in self.changed),
        ]

    @property
    def digest(self) -> str:
        """A fingerprint of the plan: the same plan, worked out again, has the same one."""
        text = "\n".join([*self.lines(), str(self.unchanged)])
        return sha256(text.encode()).hexdigest()
