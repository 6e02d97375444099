"""Reads of the log itself: where a chain stands, what a paper says of it, and its entries."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.history import what_in_words
from s11audit.domain.wording import in_words
from s11audit.models import AuditLog, AuditPayload, Board
from s11audit.models.audit_log import INSTALLATION_CHAIN, board_of, chain_of
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 50
SHORTEST = 8  # so many digits of a hash are enough to look it up
_HASH = re.compile(rf"(?<![0-9a-f])[0-9a-f]{{{SHORTEST},64}}(?![0-9a-f])")
_ENTRY = re.compile(r"\bentry\s+([0-9][0-9,]{0,11})")


@dataclass(frozen=True)
class Head:
    """An entry of a chain: its number, its hash, and when it was made."""

    chain: str
    sequence: int
    hash: str
    at: datetime


@dataclass(frozen=True)
class Paper:
    """What somebody typed off a paper: the number of an entry, a hash or the beginning of one."""

    number: int | None
    hash: str


@dataclass(frozen=True)
class LookedUp:
    """What the log says to a paper: the entry found, if any; how many follow it in its chain; and
    the entry that has the paper's number where that is another one."""

    paper: Paper
    found: Head | None
    after: int = 0
    instead: Head | None = None

    @property
    def holds(self) -> bool:
        """Whether what the paper says is in the log."""
        return self.found is not None


@dataclass(frozen=True)
class LogEntry:
    """One entry as a list shows it."""

    sequence: int
    at: datetime
    who: str
    role: str
    what: str
    address: str
    redacted: bool
    hash: str
    about: str
    """What was changed, as the log numbers it: "account 9", "return 141"."""
    account_id: int | None
    """The account that was changed, where it was one."""


def head_line(session: Session, board: Board | None) -> str:
    """Return what a report carries at its foot: "Log: board north-vale, entry 12, 3f0c...": how
    the chain of the board (None: of the installation) ends at this moment."""
    name = INSTALLATION_CHAIN if board is None else f"board {board.slug}"
    head = head_of(session, None if board is None else board.id)
    return f"Log: {name}, no entry yet" if head is None else (
        f"Log: {name}, entry {head.sequence}, {head.hash}"
    )  # fmt: skip


def head_of(session: Session, board_id: int | None) -> Head | None:
    """Return the last entry of a board's chain, or of the installation's; None where it is
    empty."""
    return _one(
        session, _heads().where(AuditLog.chain == chain_of(board_id)).order_by(
            AuditLog.sequence.desc()
        ).limit(1)
    )  # fmt: skip


def read_paper(text: str) -> Paper | None:
    """Return what a text says of the log: a whole line as reports carry it, a hash, its first
    eight digits or more, or the number of an entry. None where it says nothing of the kind."""
    words = text.casefold().strip()
    entry = _ENTRY.search(words)
    bare = re.fullmatch(r"[0-9,]{1,7}", words)
    hashes = _HASH.findall(words)
    number = int((entry[1] if entry else words).replace(",", "") or 0) if entry or bare else None
    if number is None and not hashes:
        return None
    return Paper(number, max(hashes, key=len) if hashes else "")


def look_up(session: Session, paper: Paper, board_id: int | None, *, anywhere: bool) -> LookedUp:
    """Return what the log says to a paper: in the chain of the board (None: the installation's),
    or in every chain where `anywhere`. A number alone is looked up in that one chain."""
    query = _heads()
    if not (anywhere and paper.hash):
        query = query.where(AuditLog.chain == chain_of(board_id))
    by_number = query.where(AuditLog.sequence == paper.number)
    if paper.hash:
        query = query.where(AuditLog.hash.startswith(paper.hash))
        if paper.number is not None:
            query = query.where(AuditLog.sequence == paper.number)
        found = _one(session, query.order_by(AuditLog.id).limit(1))
    else:
        found = _one(session, by_number)
    if found is None:
        return LookedUp(paper, None, instead=_one(session, by_number.limit(1)))
    last = session.scalar(select(func.max(AuditLog.sequence)).where(AuditLog.chain == found.chain))
    return LookedUp(paper, found, (last or found.sequence) - found.sequence)


def chain_in_words(session: Session, chain: str) -> str:
    """Return how a chain is named: "board north-vale", or "installation"."""
    board_id = board_of(chain)
    if board_id is None:
        return chain
    slug = session.scalar(select(Board.slug).where(Board.id == board_id))
    return f"board {slug}" if slug else chain


def entries_of(session: Session, board_id: int | None, *, page: int) -> Page[LogEntry]:
    """Return a page of a chain's entries, newest first, in two queries: who did what, when and
    from which address. What was before and after is not in it."""
    found = page_of(
        session,
        select(AuditLog, AuditPayload.who, AuditPayload.redactions)
        .outerjoin(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .where(AuditLog.chain == chain_of(board_id))
        .order_by(AuditLog.sequence.desc()),
        page=page,
        length=PAGE_LENGTH,
        rows=True,
    )
    told = [
        LogEntry(
            sequence=row.sequence,
            at=row.at,
            who=who or row.who,
            role=in_words(Role(row.role)) if row.role and row.user_id else "",
            what=what_in_words(row.what),
            address=row.address or "",
            redacted=bool(redactions),
            hash=row.hash,
            about=_about(row),
            account_id=row.subject_id if row.subject == "user" else None,
        )
        for row, who, redactions in found.items
    ]
    return Page(told, found.number, found.pages, found.total)


def _about(row: AuditLog) -> str:
    kind = "account" if row.subject == "user" else row.subject.replace("_", " ")
    return f"{kind} {row.subject_id}" if row.subject_id is not None else ""


def _heads() -> Select[str, int, str, datetime]:
    return select(AuditLog.chain, AuditLog.sequence, AuditLog.hash, AuditLog.at)


def _one(session: Session, query: Select[str, int, str, datetime]) -> Head | None:
    row = session.execute(query).first()
    return Head(row.chain, row.sequence, row.hash, row.at) if row else None
