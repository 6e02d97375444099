"""What a calendar feed holds: a day, what is due on it, and how often that was changed."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Entry:
    """One all-day entry. `subject` and its id ("return", 17) name what it is about for good.

    It holds no rating and nothing that an agency wrote: whoever has the address can read it.
    `changed_at` is when it was last changed, `revision` how often.
    """

    subject: str
    subject_id: int
    day: date
    summary: str
    path: str
    changed_at: datetime
    description: str = ""
    place: str = ""
    revision: int = 0

    @property
    def key(self) -> str:
        """The part of its identifier before the @."""
        return f"{self.subject}-{self.subject_id}"
