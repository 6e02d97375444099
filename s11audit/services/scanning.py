"""Uploads on their way into the store, and what the virus scanner says of files (domain rule 74).

The bytes themselves are the edge's: views put them into the store, `s11audit.jobs.scans` scans and
removes them. Here is what the database keeps of it.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role, ScanState
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import Blob, PendingUpload, Return, User
from s11audit.queries.returns import return_by_id
from s11audit.queries.stored_files import places_of
from s11audit.services.evidence import infected
from s11audit.services.log import record_for
from s11audit.services.notices import agency_people, panel, tell


def begin_upload(session: Session, sha256: str, *, now: datetime) -> None:
    """Note that a file of that name is about to be put into the store, so that it is taken out
    again should nothing come of it. Raises Invalid, its problem under "file", for a file in which
    the scanner found a virus before."""
    known = session.get(Blob, sha256)
    if known is not None and known.scan_state is ScanState.INFECTED:
        raise infected(known.found)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(PendingUpload)
        .values(sha256=sha256, began_at=now)
        .on_conflict_do_update(index_elements=["sha256"], set_={"began_at": now})
    )


def is_left_over(session: Session, sha256: str, *, before: datetime) -> bool:
    """Return whether the file of that name may be taken out of the store: its upload began before
    then and no row names it. Ends the note of the upload, and keeps others from beginning one
    until the transaction ends, within which the file is taken out."""
    note = session.scalar(
        select(PendingUpload)
        .where(PendingUpload.sha256 == sha256, PendingUpload.began_at < before)
        .with_for_update()
    )
    if note is None:
        return False
    session.delete(note)
    session.flush()
    kept = session.get(Blob, sha256)
    return kept is None or kept.scan_state is ScanState.INFECTED


def refuse_infected(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    sha256: str,
    size: int,
    media_type: str,
    filename: str,
    found: str,
    now: datetime,
) -> None:
    """Record that an upload to a return was refused, since the scanner found something in it; the
    file never reached the store. Its hash is kept, so that it is refused at once from now on, and
    where it is known already it is infected from now on. The board office is told."""
    return_ = return_by_id(session, return_id)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Blob)
        .values(
            sha256=sha256, size=size, media_type=media_type, scan_state=ScanState.INFECTED,
            stored_at=now, scanned_at=now, found=found, bytes_removed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
    )  # fmt: skip
    record_for(
        session, return_, actor, None, "evidence.refused", now=now,
        after={"file": filename, "sha256": sha256, "found": found},
    )  # fmt: skip
    _tell(session, return_, [], sha256, filename, found, now)
    record_verdict(session, sha256, found, now=now)


def record_verdict(session: Session, sha256: str, found: str, *, now: datetime) -> bool:
    """Keep what the scanner said of a stored file: the name of what it found, "" where it is clean.
    Returns whether anything changed.

    An infected file stays named where it is offered; that is logged there, and who added it, the
    agency's leads and the board office are told. The store has to let go of its bytes then.
    """
    blob = session.scalar(select(Blob).where(Blob.sha256 == sha256).with_for_update())
    if blob is None or blob.scan_state is ScanState.INFECTED:
        return False
    blob.scanned_at, blob.scan_tried_at, blob.scan_problem = now, now, ""
    if not found:
        blob.scan_state = ScanState.CLEAN
        return True
    blob.scan_state, blob.found = ScanState.INFECTED, found
    session.flush()
    for place in places_of(session, sha256):
        record_for(
            session, place.return_, OPERATOR, None, "evidence.infected",
            (place.subject, place.subject_id), now=now,
            after={"file": place.filename, "sha256": sha256, "found": found},
        )  # fmt: skip
        by = [place.by] if place.by else []
        _tell(session, place.return_, by, sha256, place.filename, found, now)
    return True


def record_problem(
    session: Session, problem: str, *, sha256: str | None = None, now: datetime
) -> None:
    """Keep why a held file could not be scanned (of every held file without `sha256`)."""
    held = update(Blob).where(Blob.scan_state == ScanState.WAITING)
    if sha256 is not None:
        held = update(Blob).where(Blob.sha256 == sha256)
    session.execute(held.values(scan_problem=problem[:200], scan_tried_at=now))


def record_removed(session: Session, sha256: str, *, now: datetime) -> None:
    """Keep that the store has let go of a file's bytes."""
    session.execute(
        update(Blob)
        .where(Blob.sha256 == sha256, Blob.bytes_removed_at.is_(None))
        .values(bytes_removed_at=now)
    )


def _tell(
    session: Session,
    return_: Return,
    also: list[User],
    sha256: str,
    filename: str,
    found: str,
    now: datetime,
) -> None:
    people = {person.id: person for person in also}
    for person in agency_people(session, return_, [Role.LEAD], now):
        people.setdefault(person.id, person)
    for person in panel(session, return_, [Role.OFFICE], now):
        people.setdefault(person.id, person)
    tell(
        session, people.values(), "file_refused", f"infected:{return_.id}:{sha256}", return_,
        path=f"/returns/{return_.id}", now=now, file=filename, found=found,
    )  # fmt: skip
