"""Redaction: taking a passage out of the record wherever it stands (domain rules 80 to 82).

The board office redacts in its own board's record, an administrator in any or in all. What is kept
of a passage is a keyed hash; what the log keeps is that hash, how many places changed and why.
Files are redacted in `services.redacted_files`; what is done again on a restored backup, in
`services.redaction_ledger`.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy, redacting
from s11audit.domain.dates import london_today
from s11audit.domain.enums import RedactionKind
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor, Can
from s11audit.domain.redacting import Passage
from s11audit.models import Redaction
from s11audit.queries.texts import agency_names
from s11audit.services import redacted_texts
from s11audit.services.redacted_texts import Look
from s11audit.services.redaction_ledger import (
    Applied,
    Entry,
    apply_ledger,
    keep_ledger_soon,
    read_ledger,
    unknown,
    write_ledger,
)
from s11audit.services.redaction_records import check_may, checked_reason, store

__all__ = [
    "Applied",
    "Entry",
    "Where",
    "apply_ledger",
    "keep_ledger_soon",
    "look_for",
    "read_ledger",
    "redact_passage",
    "unknown",
    "write_ledger",
]


@dataclass(frozen=True)
class Where:
    """Where a passage stands: the board (None: none), what the place is called, the agency, and
    in how many places. What stands there is not told: not all of it is the office's to read."""

    board_id: int | None
    place: str
    agency: str
    count: int


def look_for(
    session: Session, actor: Actor, board_id: int | None, passage: str
) -> tuple[list[Where], int]:
    """Return where a passage stands in a board's record, or (None, an administrator) in any, and
    in how many places of other boards, which only an administrator is told. Raises NotFound,
    NotAllowed, and Invalid for a passage that cannot be looked for."""
    check_may(actor, board_id)
    look = looking_for(_read(passage, ""), "")
    everywhere = policy.can(actor, Can.REDACT, policy.INSTALLATION)
    hits = redacted_texts.find(session, None if everywhere else board_id, look)
    here = [hit for hit in hits if board_id is None or hit.board_id == board_id]
    agencies = agency_names(session, board_id)
    counts: Counter[tuple[int | None, str, str]] = Counter()
    for hit in here:
        counts[hit.board_id, hit.place, agencies.get(hit.membership_id or 0, "")] += hit.count
    found = [Where(*key, count) for key, count in counts.items()]
    found.sort(key=lambda each: (each.board_id or 0, each.place, each.agency.casefold()))
    return found, sum(hit.count for hit in hits) - sum(hit.count for hit in here)


def redact_passage(
    session: Session,
    actor: Actor,
    board_id: int | None,
    passage: str,
    reason: str,
    *,
    now: datetime,
) -> Redaction:
    """Put a mark in the place of a passage wherever it stands in a board's record, or (None, an
    administrator) in all, and return what is kept of it. Raises NotFound, NotAllowed, and Invalid
    for a passage that cannot be looked for or stands nowhere, and for a reason that repeats it."""
    role = check_may(actor, board_id)
    tombstone = redacting.tombstone(london_today(now))
    wanted = _read(passage, tombstone)
    why = checked_reason(reason)
    if redacting.spans_of(why, wanted):
        message = "The reason must not repeat the passage: it stays readable"
        raise Invalid(f"{message}.", {"reason": message})
    look = looking_for(wanted, tombstone)
    hits = redacted_texts.find(session, board_id, look)
    if not hits:
        message = "This passage stands nowhere in the record"
        raise Invalid(f"{message}.", {"passage": message})
    kept = redacting.print_of(wanted, _salt(session))
    made = Redaction(
        kind=RedactionKind.PASSAGE,
        board_id=board_id,
        salt=kept.salt,
        digest=kept.digest,
        length=kept.length,
        words=kept.words,
    )
    return store(session, actor, role, made, hits, look, tombstone=tombstone, reason=why, now=now)


def looking_for(passage: Passage, tombstone: str) -> Look:
    """Return the look that puts the tombstone in the place of a passage."""

    @lru_cache(maxsize=2000)
    def mark(text: str) -> tuple[str, int]:
        spans = redacting.spans_of(text, passage)
        return (redacting.replaced(text, spans, tombstone), len(spans)) if spans else (text, 0)

    return lambda value, _membership_id: redacted_texts.within(value, mark)


def _read(passage: str, tombstone: str) -> Passage:
    try:
        wanted = redacting.read_passage(passage)
    except ValueError as error:
        raise Invalid(f"{error}.", {"passage": str(error)}) from None
    if redacting.spans_of(tombstone or redacting.MARK, wanted):
        message = "Enter more of the passage: these words are part of the mark that is left"
        raise Invalid(f"{message}.", {"passage": message})
    return wanted


def _salt(session: Session) -> str:
    """Return the salt of the redactions before, so that an older text is looked through once for
    all of them, or a new one."""
    found = session.scalar(
        select(Redaction.salt)
        .where(Redaction.salt.is_not(None))
        .order_by(Redaction.id.desc())
        .limit(1)
    )
    return found or token_hex(16)
