"""Reads of redactions: a board's list, which files were redacted, and where a file is used."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import RedactionKind
from s11audit.domain.errors import NotFound, Refused
from s11audit.models import (
    Blob,
    Cycle,
    Evidence,
    Membership,
    PaperEntry,
    Redaction,
    Return,
    Stage,
    name_key,
)
from s11audit.queries.paging import Page

PAGE_LENGTH = 25
MOST_FILES = 50
FILE_REDACTED = (
    "Redacted: this file held what must not be kept. Its name and content were removed; the board "
    "office can say why."
)


@dataclass(frozen=True)
class FileUse:
    """A file as one return uses it: as evidence or as the original of a return on paper."""

    sha256: str
    board_id: int
    membership_id: int
    filename: str
    agency: str
    cycle: str
    stage: int
    is_original: bool


@dataclass(frozen=True)
class Listed:
    """A redaction on a list: what it changed there, by what the places are called."""

    redaction: Redaction
    places: dict[str, int]
    total: int
    bytes_stay: bool


def redactions_on(session: Session, board_id: int | None, *, page: int) -> Page[Listed]:
    """Return a page of a board's redactions, or (None) of all, newest first. Those of an
    administrator in all boards are a board's where they changed something there."""
    statement = (
        select(Redaction)
        .order_by(Redaction.made_at.desc(), Redaction.id.desc())
        .options(joinedload(Redaction.board), joinedload(Redaction.by))
    )
    if board_id is not None:
        statement = statement.where(
            Redaction.kind != RedactionKind.PERSON,
            or_(Redaction.board_id == board_id, Redaction.board_id.is_(None)),
        )
    found = [
        each
        for each in session.scalars(statement)
        if board_id in (None, each.board_id) or str(board_id) in each.places
    ]
    pages = max(1, -(-len(found) // PAGE_LENGTH))
    number = min(max(page, 1), pages)
    shown = found[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH]
    staying = _held_elsewhere(session, shown)
    return Page(
        [_listed(each, board_id, each.blob_sha256 in staying) for each in shown],
        number,
        pages,
        len(found),
    )


def redaction_by_id(session: Session, redaction_id: int) -> Redaction:
    """Return the redaction of that id. Raises NotFound."""
    found = session.get(Redaction, redaction_id)
    if found is None:
        raise NotFound("There is no such redaction.")
    return found


def is_redacted(session: Session, board_id: int, sha256: str) -> bool:
    """Return whether the file was redacted on that board, or taken out of the store for good."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Redaction.blob_sha256 == sha256,
                    or_(
                        Redaction.board_id == board_id,
                        Redaction.board_id.is_(None),
                        exists().where(Blob.sha256 == sha256, Blob.bytes_removed_at.is_not(None)),
                    ),
                )
            )
        )
    )


def is_redacted_in(return_id: int, sha256: Any) -> ColumnElement[bool]:
    """Return the condition that a file, given by its hash or a column of hashes, was redacted on
    the board of a return."""
    board_id = (
        select(Membership.board_id)
        .join(Return, Return.membership_id == Membership.id)
        .where(Return.id == return_id)
        .scalar_subquery()
    )
    return exists().where(
        Redaction.blob_sha256 == sha256,
        or_(Redaction.board_id == board_id, Redaction.board_id.is_(None)),
    )


def check_not_redacted(session: Session, return_id: int, sha256: str) -> None:
    """Raise Refused, saying so, for a file that was redacted on the board of a return."""
    if session.scalar(select(is_redacted_in(return_id, sha256))):
        raise Refused(FILE_REDACTED)


def uses_of(session: Session, sha256s: Collection[str]) -> list[FileUse]:
    """Return every use of these files, on whichever board, in a total order."""
    return _uses(session, Evidence.blob_sha256.in_(sha256s), PaperEntry.blob_sha256.in_(sha256s))


def files_named(session: Session, board_id: int, words: str) -> list[FileUse]:
    """Return a board's files whose name holds these words, by agency: MOST_FILES at most. Names
    are compared here, since SQLite knows capitals of ASCII only."""
    wanted = name_key(words)
    of_board = Membership.board_id == board_id
    found = [
        each for each in _uses(session, of_board, of_board) if wanted in name_key(each.filename)
    ]
    gone = set(
        session.scalars(
            select(Redaction.blob_sha256).where(
                Redaction.blob_sha256.is_not(None),
                or_(Redaction.board_id == board_id, Redaction.board_id.is_(None)),
            )
        )
    )
    return [each for each in found if each.sha256 not in gone][:MOST_FILES]


def boards_redacted(session: Session, sha256: str) -> set[int | None]:
    """Return the boards on which the file was redacted; None stands for all of them."""
    return set(session.scalars(select(Redaction.board_id).where(Redaction.blob_sha256 == sha256)))


def may_leave_store(session: Session, sha256: str) -> bool:
    """Return whether a file was redacted on every board that uses it: its bytes are on their way
    out of the store, or gone."""
    redacted = boards_redacted(session, sha256)
    return bool(redacted) and all(
        {use.board_id, None} & redacted for use in uses_of(session, [sha256])
    )


def files_to_remove(session: Session) -> list[str]:
    """Return the redacted files whose bytes have not left the store, each once, as redacted."""
    rows = session.scalars(
        select(Redaction.blob_sha256)
        .where(Redaction.blob_sha256.is_not(None), Redaction.gone_at.is_(None))
        .order_by(Redaction.id)
    )
    return [str(each) for each in dict.fromkeys(rows)]


def _uses(session: Session, of_evidence: Any, of_paper: Any) -> list[FileUse]:
    found: list[FileUse] = []
    for model, condition in ((Evidence, of_evidence), (PaperEntry, of_paper)):
        rows = session.execute(
            select(
                model.blob_sha256,
                Membership.board_id,
                Membership.id,
                model.filename,
                Membership.name,
                Cycle.name,
                Stage.number,
            )
            .join(Return, Return.id == model.return_id)
            .join(Membership, Membership.id == Return.membership_id)
            .join(Stage, Stage.id == Return.stage_id)
            .join(Cycle, Cycle.id == Stage.cycle_id)
            .where(model.blob_sha256.is_not(None), condition)
            .order_by(Membership.name_key, model.filename, model.id)
        )
        for sha256, board_id, membership_id, filename, agency, cycle, stage in rows:
            found.append(
                FileUse(
                    str(sha256),
                    board_id,
                    membership_id,
                    str(filename),
                    agency,
                    cycle,
                    stage,
                    is_original=model is PaperEntry,
                )
            )
    return found


def _held_elsewhere(session: Session, shown: list[Redaction]) -> set[str]:
    """Return the redacted files that a board uses on which they were not redacted."""
    files = {each.blob_sha256 for each in shown if each.blob_sha256 and each.gone_at is None}
    if not files:
        return set()
    redacted: dict[str, set[int | None]] = {}
    for sha256, board_id in session.execute(
        select(Redaction.blob_sha256, Redaction.board_id).where(Redaction.blob_sha256.in_(files))
    ):
        redacted.setdefault(str(sha256), set()).add(board_id)
    return {
        use.sha256
        for use in uses_of(session, files)
        if not {use.board_id, None} & redacted[use.sha256]
    }


def _listed(each: Redaction, board_id: int | None, bytes_stay: bool) -> Listed:
    here = [
        counts
        for board, counts in each.places.items()
        if board_id is None or board == str(board_id)
    ]
    places: dict[str, int] = {}
    for counts in here:
        for place, count in counts.items():
            places[place] = places.get(place, 0) + count
    return Listed(each, places, sum(places.values()), bytes_stay)
