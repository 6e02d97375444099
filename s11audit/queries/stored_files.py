"""Reads of stored files as such, whoever they belong to: for scanning them and for looking after
the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import ScanState
from s11audit.models import (
    Blob,
    Cycle,
    Evidence,
    Membership,
    PaperEntry,
    PendingUpload,
    Redaction,
    Return,
    Stage,
    User,
)

_UNSCANNED = (ScanState.WAITING, ScanState.NOT_SCANNED)
# Files whose bytes the store has let go of, since they were redacted.
_GONE = select(Redaction.blob_sha256).where(
    Redaction.blob_sha256.is_not(None), Redaction.gone_at.is_not(None)
)


@dataclass(frozen=True)
class Place:
    """Where a stored file is offered: a piece of evidence, or the original of a return on paper."""

    subject: str
    subject_id: int
    return_: Return
    filename: str
    by: User | None


@dataclass(frozen=True)
class Scanning:
    """How far the scanning of files is: how many are held and since when, how many of before the
    scanner was set are still to be looked at, how many were infected, and in words why the last
    one of either kind that was tried could not be scanned."""

    waiting: int
    since: datetime | None
    not_scanned: int
    infected: int
    problem: str
    problem_before: str


def to_scan(session: Session, most: int, *, beside: Sequence[str] = ()) -> list[Blob]:
    """Return files to scan, the held ones first, then those of before the scanner was set, oldest
    first; not those named in `beside`."""
    return list(
        session.scalars(
            select(Blob)
            .where(
                Blob.scan_state.in_(_UNSCANNED),
                Blob.bytes_removed_at.is_(None),
                Blob.sha256.not_in(_GONE),
                Blob.sha256.not_in(beside),
            )
            .order_by(
                case((Blob.scan_state == ScanState.WAITING, 0), else_=1),
                Blob.scan_tried_at.asc().nulls_first(),
                Blob.stored_at,
                Blob.sha256,
            )
            .limit(most)
        )
    )


def scanning(session: Session) -> Scanning:
    """Return how far the scanning of files is."""
    rows = {
        state: (count, since)
        for state, count, since in session.execute(
            select(Blob.scan_state, func.count(), func.min(Blob.stored_at))
            .where(Blob.sha256.not_in(_GONE))
            .group_by(Blob.scan_state)
        )
    }
    problems = {
        state: session.scalar(
            select(Blob.scan_problem)
            .where(Blob.scan_state == state, Blob.scan_problem != "")
            .order_by(Blob.scan_tried_at.desc(), Blob.sha256)
            .limit(1)
        )
        for state in _UNSCANNED
    }
    waiting, since = rows.get(ScanState.WAITING, (0, None))
    return Scanning(
        waiting,
        since,
        rows.get(ScanState.NOT_SCANNED, (0, None))[0],
        rows.get(ScanState.INFECTED, (0, None))[0],
        problems[ScanState.WAITING] or "",
        problems[ScanState.NOT_SCANNED] or "",
    )


def places_of(session: Session, sha256: str) -> list[Place]:
    """Return where a file is offered, removed or not."""
    of_return = (
        joinedload(Return.membership).joinedload(Membership.agency),
        joinedload(Return.stage).joinedload(Stage.cycle).joinedload(Cycle.board),
    )
    evidence = session.execute(
        select(Evidence, Return)
        .join(Return, Return.id == Evidence.return_id)
        .where(Evidence.blob_sha256 == sha256)
        .order_by(Evidence.id)
        .options(joinedload(Evidence.added_by), *of_return)
    )
    found = [
        Place("evidence", item.id, return_, item.filename or "", item.added_by)
        for item, return_ in evidence
    ]
    entries = session.execute(
        select(PaperEntry, Return)
        .join(Return, Return.id == PaperEntry.return_id)
        .where(PaperEntry.blob_sha256 == sha256)
        .order_by(PaperEntry.id)
        .options(joinedload(PaperEntry.started_by), *of_return)
    )
    return found + [
        Place("paper_entry", entry.id, return_, entry.filename, entry.started_by)
        for entry, return_ in entries
    ]


def infected_with_bytes(session: Session) -> list[str]:
    """Return the infected files whose bytes the store may still hold."""
    return list(
        session.scalars(
            select(Blob.sha256)
            .where(Blob.scan_state == ScanState.INFECTED, Blob.bytes_removed_at.is_(None))
            .order_by(Blob.sha256)
        )
    )


def left_over(session: Session, before: datetime) -> list[str]:
    """Return the files of uploads that began before then and that nothing came of."""
    return list(
        session.scalars(
            select(PendingUpload.sha256)
            .where(PendingUpload.began_at < before)
            .order_by(PendingUpload.began_at, PendingUpload.sha256)
        )
    )


def expected_in_store(session: Session) -> Iterator[tuple[str, int]]:
    """Yield the name and size of every file that the store has to hold."""
    yield from session.execute(
        select(Blob.sha256, Blob.size)
        .where(
            Blob.bytes_removed_at.is_(None),
            Blob.scan_state != ScanState.INFECTED,
            Blob.sha256.not_in(_GONE),
        )
        .order_by(Blob.sha256)
        .execution_options(yield_per=1000)
    )


def known_files(session: Session, names: Sequence[str]) -> set[str]:
    """Return those of these names that the database knows: as a file, whatever became of it, or as
    an upload under way."""
    known = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(names))))
    return known | set(
        session.scalars(select(PendingUpload.sha256).where(PendingUpload.sha256.in_(names)))
    )
