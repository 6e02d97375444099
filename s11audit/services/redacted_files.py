"""Redacting a file: its name goes wherever it stands, nobody can open it from then on, and its
bytes leave the store once no other board uses it (domain rule 81).

The bytes go after the commit, by `jobs.redactions`, which a kill does not stop for good. The row of
the evidence stays, and so does the file's SHA-256: it says nothing of what the file held.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy, redacting
from s11audit.domain.dates import london_today
from s11audit.domain.enums import RedactionKind, Role
from s11audit.domain.errors import NotFound, Refused
from s11audit.domain.policy import OPERATOR, Actor, Can
from s11audit.models import Blob, Evidence, Membership, Redaction, Return
from s11audit.queries.redactions import (
    FileUse,
    boards_redacted,
    is_redacted,
    redaction_by_id,
    uses_of,
)
from s11audit.services import redacted_texts
from s11audit.services.redacted_texts import Look
from s11audit.services.redaction_records import check_may, checked_reason, store

REFUSED = (
    "This file was redacted: it was found to hold what must not be kept. Send another version of "
    "it, without what was wrong."
)


def redact_file(
    session: Session,
    actor: Actor,
    board_id: int | None,
    sha256: str,
    reason: str,
    *,
    now: datetime,
) -> Redaction:
    """Redact a file wherever a board's agencies use it, or (None, an administrator) on every
    board, and return what is kept of the redaction. Raises NotFound where the board does not use
    it, Refused where it is redacted already, NotAllowed, and Invalid for the reason."""
    role = check_may(actor, board_id)
    why = checked_reason(reason)
    session.scalar(select(Blob.sha256).where(Blob.sha256 == sha256).with_for_update())
    uses = [each for each in uses_of(session, [sha256]) if board_id in (None, each.board_id)]
    if not uses:
        raise NotFound("There is no such file.")
    if {board_id, None} & boards_redacted(session, sha256):
        raise Refused("This file is redacted already.")
    tombstone = redacting.tombstone(london_today(now))
    look = looking_for_file(session, sha256, uses, tombstone)
    hits = redacted_texts.find(session, board_id, look)
    made = Redaction(kind=RedactionKind.FILE, board_id=board_id, blob_sha256=sha256)
    return store(session, actor, role, made, hits, look, tombstone=tombstone, reason=why, now=now)


def redact_everywhere(
    session: Session, actor: Actor, redaction_id: int, *, now: datetime
) -> Redaction:
    """Let an administrator redact on every board a file that was redacted on one, for the same
    reason. Raises NotFound, also where it is no file's; Refused where it is done already."""
    policy.check(actor, Can.REDACT, policy.INSTALLATION)
    found = redaction_by_id(session, redaction_id)
    if found.blob_sha256 is None:
        raise NotFound("There is no such redaction.")
    return redact_file(session, actor, None, found.blob_sha256, found.reason, now=now)


def redact_again(session: Session, made: Redaction, *, now: datetime) -> None:
    """Do a file's redaction again in a database that was put back; `made` is in it already."""
    assert made.blob_sha256 is not None
    found = uses_of(session, [made.blob_sha256])
    uses = [each for each in found if made.board_id in (None, each.board_id)]
    look = looking_for_file(session, made.blob_sha256, uses, made.tombstone)
    hits = redacted_texts.find(session, made.board_id, look)
    redacted_texts.change(
        session, OPERATOR, Role.ADMIN, hits, look,
        by="redaction", reference=f"redaction {made.id}", now=now,
    )  # fmt: skip


def refuse_redacted(session: Session, return_: Return, sha256: str) -> None:
    """Raise Refused where a file that is offered with a return was redacted on its board, or on
    every board that used it. The file's row is locked against being let go of meanwhile."""
    session.scalar(select(Blob.sha256).where(Blob.sha256 == sha256).with_for_update(read=True))
    if is_redacted(session, return_.membership.board_id, sha256):
        raise Refused(REFUSED)


def looking_for_file(session: Session, sha256: str, uses: list[FileUse], tombstone: str) -> Look:
    """Return the look that puts the tombstone in the place of the file's name: beside its SHA-256,
    and where the name stands alone in what belongs to an agency that uses the file and has no
    other file of that name."""
    names: dict[int, set[str]] = {}
    for use in uses:
        names.setdefault(use.membership_id, set()).add(redacting.fold(use.filename))
    for membership_id, filename in session.execute(
        select(Membership.id, Evidence.filename)
        .join(Return, Return.membership_id == Membership.id)
        .join(Evidence, Evidence.return_id == Return.id)
        .where(
            Membership.id.in_(names),
            Evidence.filename.is_not(None),
            Evidence.blob_sha256 != sha256,
        )
    ):
        names[membership_id].discard(redacting.fold(filename or ""))
    own = {use.filename for use in uses}

    def look(value: Any, membership_id: int | None) -> tuple[Any, int]:
        known = names.get(membership_id or 0, set())
        return _named(value, sha256, own, known, tombstone)

    return look


def _named(
    value: Any, sha256: str, own: set[str], known: set[str], tombstone: str
) -> tuple[Any, int]:
    if isinstance(value, str):
        head, original, name = value.rpartition("Original: ")
        if redacting.fold(value) in known:
            return tombstone, 1
        if original and redacting.fold(name) in known:
            return f"{head}{original}{tombstone}", 1
        return value, 0
    if isinstance(value, dict):
        of_file = sha256 in value.values()
        out, total = {}, 0
        for key, each in value.items():
            if of_file and isinstance(each, str) and each in own:
                out[key], count = tombstone, 1
            else:
                out[key], count = _named(each, sha256, own, known, tombstone)
            total += count
        return out, total
    if isinstance(value, list | tuple):
        items = [_named(each, sha256, own, known, tombstone) for each in value]
        return [each for each, _ in items], sum(count for _, count in items)
    return value, 0
