"""The ledger of redactions: what is done again on a backup that is restored (domain rule 82).

The table `redaction` is the ledger. A file beside the database holds the same, a line of JSON each,
and outlives a database that is put back to what it was: only keyed hashes of passages, their
lengths, hashes of files and numbers of accounts, never what was taken out.
"""

import contextlib
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import redacting
from s11audit.domain.enums import RedactionKind, Role
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import OPERATOR
from s11audit.domain.redacting import Print, Prints
from s11audit.models import Board, Redaction, User
from s11audit.services import erasing, log, redacted_files, redacted_texts
from s11audit.services.redacted_texts import Look

Entry = dict[str, Any]
_log = logging.getLogger(__name__)
_TEXTS = ("uid", "kind", "made_at", "by_role", "tombstone", "reason")


@dataclass(frozen=True)
class Applied:
    """What a ledger did: how many of its redactions were new here, and in how many places."""

    redactions: int
    places: int


def entries_of(session: Session) -> list[Entry]:
    """Return the ledger of this database, in the order in which it was made."""
    rows = session.execute(
        select(Redaction, Board.slug)
        .outerjoin(Board, Board.id == Redaction.board_id)
        .order_by(Redaction.id)
    )
    slugs = {each.id: each.slug for each in session.execute(select(Board.id, Board.slug))}
    return [_entry(row, slug, slugs) for row, slug in rows]


def read_ledger(path: str | Path) -> list[Entry]:
    """Return the ledger in a file; none where there is no file. Raises Invalid for a file that is
    not one, naming the line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise Invalid(f"{path}: this is not a ledger of redactions.") from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(_checked(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Invalid(f"{path}, line {number}: this is not a redaction.") from None
    return found


def write_ledger(session: Session, path: str | Path) -> int:
    """Write the ledger to its file, with what the file knows and this database does not, and
    return how many lines are new or changed: a reason may have been redacted in its turn. The file
    is replaced whole or not at all."""
    file = Path(path)
    known = {each["uid"]: json.dumps(each, sort_keys=True) for each in read_ledger(file)}
    here = {each["uid"]: json.dumps(each, sort_keys=True) for each in entries_of(session)}
    changed = [uid for uid, line in here.items() if known.get(uid) != line]
    if not changed:
        return 0
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as copy:
        try:
            copy.write("".join(f"{line}\n" for line in (known | here).values()))
            copy.flush()
            os.fsync(copy.fileno())
            Path(copy.name).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(copy.name).unlink()
            raise
    return len(changed)


def keep_ledger_soon(session: Session, path: str | Path) -> None:
    """Write the ledger's file now; where that fails, the worker does it within a minute."""
    try:
        write_ledger(session, path)
    except (Invalid, OSError):
        _log.warning("The ledger of redactions was not written; the worker tries again.")


def unknown(session: Session, ledger: Iterable[Entry]) -> list[Entry]:
    """Return the entries of a ledger that this database does not have."""
    known = set(session.scalars(select(Redaction.uid)))
    return [each for each in ledger if each["uid"] not in known]


def apply_ledger(session: Session, ledger: Iterable[Entry], *, now: datetime) -> Applied:
    """Do again, in a database that was put back, every redaction of the ledger that it does not
    have, and keep them with what they said of themselves. The operator is who does it. A board
    that the database does not have is left out."""
    boards = {each.slug: each.id for each in session.execute(select(Board.id, Board.slug))}
    users = set(session.scalars(select(User.id)))
    new = [
        each
        for each in unknown(session, ledger)
        if each["board"] is None or each["board"] in boards
    ]
    made = [_row(each, boards, users) for each in new if each.get("user_id") in {None, *users}]
    if not made:
        return Applied(0, 0)
    session.add_all(made)
    session.flush()
    passages = [each for each in made if each.kind is RedactionKind.PASSAGE]
    everywhere = [each for each in passages if each.board_id is None]
    places = 0
    for board_id in sorted({each.board_id for each in passages if each.board_id is not None}):
        # With those of every board: were these done first, a longer passage of the board's that
        # holds one of them would not be found any more.
        own = [each for each in passages if each.board_id == board_id]
        places += _redact(session, board_id, [*own, *everywhere], now)
    if everywhere:
        places += _redact(session, None, everywhere, now)
    for each in made:
        if each.kind is RedactionKind.FILE:
            redacted_files.redact_again(session, each, now=now)
        elif each.kind is RedactionKind.PERSON:
            erasing.erase_again(session, each, now=now)
    log.record(
        session, OPERATOR, Role.ADMIN, "redaction.ledger_applied", "redaction", None,
        now=now, board_id=None, after={"redactions": len(made), "places": places},
    )  # fmt: skip
    return Applied(len(made), places)


def looking_by_print(rows: Iterable[Redaction]) -> Look:
    """Return the look that puts its mark in the place of each passage that has one of the prints
    of these redactions."""
    marks = {_print(each): each.tombstone for each in rows}
    prints = Prints(marks)

    @lru_cache(maxsize=2000)
    def mark(text: str) -> tuple[str, int]:
        spans = redacting.spans_by_print(text, prints)
        out, at, count = [], 0, 0
        for (start, end), print_ in sorted(spans.items()):
            if start < at:
                # Two that run into each other: nothing of either may stay.
                at = max(at, end)
                continue
            out += [text[at:start], marks[print_]]
            at, count = end, count + 1
        return "".join([*out, text[at:]]), count

    return lambda value, _membership_id: redacted_texts.within(value, mark)


def _redact(session: Session, board_id: int | None, rows: list[Redaction], now: datetime) -> int:
    """Redact these passages, over again while the marks that were left make one of them whole: a
    passage may have been redacted with the mark of an earlier one in it."""
    look = looking_by_print(rows)
    reference = "redactions " + ", ".join(each.uid[:8] for each in rows[:5])
    places = 0
    for _ in rows:
        hits = redacted_texts.find(session, board_id, look)
        if not hits:
            break
        counts = redacted_texts.change(
            session, OPERATOR, Role.ADMIN, hits, look, by="redaction", reference=reference, now=now
        )
        places += sum(sum(each.values()) for each in counts.values())
    return places


def _print(row: Redaction) -> Print:
    assert row.salt and row.digest and row.length and row.words
    return Print(row.salt, row.digest, row.length, row.words)


def _entry(row: Redaction, slug: str | None, slugs: dict[int, str]) -> Entry:
    kept = {
        "salt": row.salt,
        "digest": row.digest,
        "length": row.length,
        "words": row.words,
        "sha256": row.blob_sha256,
        "user_id": row.user_id,
        "by": row.by_id,
    }
    return {name: value for name, value in kept.items() if value is not None} | {
        "uid": row.uid,
        "kind": row.kind.value,
        "board": slug,
        "made_at": row.made_at.isoformat(),
        "by_role": row.by_role,
        "tombstone": row.tombstone,
        "reason": row.reason,
        "places": {
            slugs.get(int(board), "") if board else "": counts
            for board, counts in row.places.items()
        },
    }


def _checked(entry: Any) -> Entry:
    """Return an entry as a line of the file holds it. Raises ValueError, KeyError or TypeError."""
    if not all(isinstance(entry[name], str) and entry[name] for name in _TEXTS):
        raise ValueError("a text is missing")
    kind = RedactionKind(entry["kind"])
    datetime.fromisoformat(entry["made_at"])
    if kind is not RedactionKind.FILE:
        bytes.fromhex(entry["salt"]), bytes.fromhex(entry["digest"])
    if kind is RedactionKind.PASSAGE:
        if min(entry["length"], entry["words"]) < 1:
            raise ValueError("a passage has a length")
    elif kind is RedactionKind.FILE:
        bytes.fromhex(entry["sha256"])
    else:
        int(entry["user_id"])
    if not (entry["board"] is None or isinstance(entry["board"], str)):
        raise ValueError("a board is named by its address")
    return dict(entry) | {"places": dict(entry["places"])}


def _row(entry: Entry, boards: dict[str, int], users: set[int]) -> Redaction:
    return Redaction(
        uid=entry["uid"],
        kind=RedactionKind(entry["kind"]),
        board_id=None if entry["board"] is None else boards[entry["board"]],
        user_id=entry.get("user_id"),
        blob_sha256=entry.get("sha256"),
        salt=entry.get("salt"),
        digest=entry.get("digest"),
        length=entry.get("length"),
        words=entry.get("words"),
        tombstone=entry["tombstone"],
        reason=entry["reason"],
        places={
            str(boards[slug]) if slug else "": counts
            for slug, counts in entry["places"].items()
            if not slug or slug in boards
        },
        made_at=datetime.fromisoformat(entry["made_at"]),
        by_id=entry.get("by") if entry.get("by") in users else None,
        by_role=entry["by_role"],
    )
