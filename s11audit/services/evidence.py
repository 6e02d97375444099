"""Evidence: files and links that an agency offers with its return.

A file is in the store before its row is committed. A transaction that fails may leave a file
that nothing names, never a row without its file.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from s11audit.domain.enums import EvidenceKind, Role, ScanState
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor
from s11audit.models import Blob, Evidence, EvidenceUse, PendingUpload, Return
from s11audit.queries.evidence import evidence_by_id, standards_served
from s11audit.queries.tools import standards_asked
from s11audit.scoring.words import is_blank, normalise_line_ends
from s11audit.services.log import record_for
from s11audit.services.redacted_files import refuse_redacted
from s11audit.services.responses import begin, editable_return, ensure_response

LONGEST_DESCRIPTION = 2000


@dataclass(frozen=True)
class StoredFile:
    """A file that is in the store already, and what the virus scanner said of it so far."""

    sha256: str
    size: int
    media_type: str
    filename: str
    scan_state: ScanState = ScanState.NOT_SCANNED


@dataclass(frozen=True)
class EvidenceDetails:
    """What is said of a piece of evidence, and the standards it serves."""

    description: str
    kind: EvidenceKind
    standards: Collection[int]
    made_on: date | None = None
    review_on: date | None = None


def add_file(
    session: Session,
    actor: Actor,
    return_id: int,
    file: StoredFile,
    details: EvidenceDetails,
    *,
    now: datetime,
) -> Evidence:
    """Add a stored file as evidence. Raises NotFound, NotAllowed, Refused and Invalid."""
    return_, role = editable_return(session, actor, return_id, now=now)
    checked = _checked(session, return_, details)
    refuse_redacted(session, return_, file.sha256)
    keep_blob(session, file, now)
    added = Evidence(return_id=return_id, blob_sha256=file.sha256, filename=file.filename)
    return _add(session, actor, role, return_, added, checked, now)


def add_link(
    session: Session,
    actor: Actor,
    return_id: int,
    url: str,
    details: EvidenceDetails,
    *,
    now: datetime,
) -> Evidence:
    """Add a link as evidence. Raises NotFound, NotAllowed, Refused and Invalid."""
    return_, role = editable_return(session, actor, return_id, now=now)
    checked = _checked(session, return_, details)
    added = Evidence(return_id=return_id, url=checked_url(url))
    return _add(session, actor, role, return_, added, checked, now)


def add_to_sent(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    source: StoredFile | str,
    details: EvidenceDetails,
    *,
    now: datetime,
) -> Evidence:
    """Add a stored file, or a link, to a return that has been sent in, as a reply to its ratings
    does; what was sent in stays as it was. The caller has locked the return and checked the actor.
    Raises Invalid."""
    checked = _checked(session, return_, details)
    if isinstance(source, StoredFile):
        refuse_redacted(session, return_, source.sha256)
        keep_blob(session, source, now)
        added = Evidence(return_id=return_.id, blob_sha256=source.sha256, filename=source.filename)
    else:
        added = Evidence(return_id=return_.id, url=checked_url(source))
    return _store(session, actor, role, return_, added, checked, now)


def change(
    session: Session,
    actor: Actor,
    return_id: int,
    evidence_id: int,
    details: EvidenceDetails,
    *,
    url: str | None = None,
    now: datetime,
) -> Evidence:
    """Change what is said of a piece of evidence, the standards it serves and, for a link, its
    address. Nothing is written where nothing changed."""
    return_, role = editable_return(session, actor, return_id, now=now)
    found = evidence_by_id(session, return_id, evidence_id)
    checked = _checked(session, return_, details)
    before = _facts(session, found)
    _set(found, checked)
    if found.url is not None and url is not None:
        found.url = checked_url(url)
    _serve(session, return_id, found, checked.standards)
    session.flush()
    after = _facts(session, found)
    changed = sorted(name for name in after if before[name] != after[name])
    if changed:
        begin(session, actor, role, return_, now=now)
        record_for(
            session, return_, actor, role, "evidence.changed", ("evidence", found.id), now=now,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )  # fmt: skip
    return found


def remove(
    session: Session, actor: Actor, return_id: int, evidence_id: int, *, now: datetime
) -> None:
    """Take a piece of evidence away from the return. It stays on record, since an earlier
    submission may name it."""
    return_, role = editable_return(session, actor, return_id, now=now)
    found = evidence_by_id(session, return_id, evidence_id)
    before = _facts(session, found)
    found.removed_at = now
    found.uses.clear()
    begin(session, actor, role, return_, now=now)
    record_for(
        session, return_, actor, role, "evidence.removed", ("evidence", found.id), now=now,
        before=before,
    )  # fmt: skip


def checked_url(url: str) -> str:
    """Return the address of a link; Invalid, its problem under "url", where it is none."""
    url = url.strip()
    message = ""
    if not url:
        message = "Enter the address of the link"
    elif len(url) > 2000:
        message = "The address must be 2,000 characters or fewer"
    elif any(character.isspace() or not character.isprintable() for character in url):
        message = "The address must not hold spaces"
    else:
        try:
            parts = urlsplit(url)
            if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
                message = "Enter a web address that begins with https:// or http://"
            elif "@" in parts.netloc:  # https://www.example.org@elsewhere
                message = "The address must not hold an @ before the name of the web site"
        except ValueError:
            message = "Enter a web address, like https://www.example.org/policy"
    if message:
        raise Invalid(message + ".", {"url": message})
    return url


def _add(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    added: Evidence,
    details: EvidenceDetails,
    now: datetime,
) -> Evidence:
    begin(session, actor, role, return_, now=now)
    return _store(session, actor, role, return_, added, details, now)


def _store(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    added: Evidence,
    details: EvidenceDetails,
    now: datetime,
) -> Evidence:
    _set(added, details)
    added.added_at = now
    added.added_by_id = actor.user_id
    session.add(added)
    session.flush()
    _serve(session, return_.id, added, details.standards)
    session.flush()
    record_for(
        session, return_, actor, role, "evidence.added", ("evidence", added.id), now=now,
        after=_facts(session, added),
    )  # fmt: skip
    return added


def keep_blob(session: Session, file: StoredFile, now: datetime) -> None:
    """Name the stored file in the database, once; two agencies may send the same at once. A file
    that is there already and has just been found clean is so for everybody.

    Raises Invalid, its problem under "file", where the scanner found a virus in it before.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    is_clean = file.scan_state is ScanState.CLEAN
    session.execute(
        insert(Blob)
        .values(
            sha256=file.sha256,
            size=file.size,
            media_type=file.media_type,
            scan_state=file.scan_state,
            stored_at=now,
            scanned_at=now if is_clean else None,
        )
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    kept = session.scalars(
        select(Blob)
        .where(Blob.sha256 == file.sha256)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if kept.scan_state is ScanState.INFECTED:
        raise infected(kept.found)
    if is_clean and kept.scan_state is not ScanState.CLEAN:
        kept.scan_state, kept.scanned_at, kept.scan_problem = ScanState.CLEAN, now, ""
    session.execute(delete(PendingUpload).where(PendingUpload.sha256 == file.sha256))


def infected(found: str) -> Invalid:
    """Return the error for a file in which the scanner found that."""
    message = (
        f"The virus scanner found “{found}” in this file, so it was not kept. Check the computer "
        "that it came from, and choose a clean copy"
    )
    return Invalid(f"{message}.", {"file": message})


def _checked(session: Session, return_: Return, details: EvidenceDetails) -> EvidenceDetails:
    problems: dict[str, str] = {}
    description = normalise_line_ends(details.description).strip()
    if is_blank(description):
        problems["description"] = "Say what this is and what it shows"
    elif len(description) > LONGEST_DESCRIPTION:
        problems["description"] = f"Use {LONGEST_DESCRIPTION:,} characters or fewer"
    asked = {standard.number for standard in standards_asked(session, return_)}
    if not details.standards:
        problems["standards"] = "Select at least one standard that this serves"
    elif not set(details.standards) <= asked:
        problems["standards"] = "Select standards of this return"
    if details.made_on and details.review_on and details.review_on < details.made_on:
        problems["review_on"] = "The review date must not be before the date it was made"
    if problems:
        raise Invalid("The evidence was not saved.", problems)
    return EvidenceDetails(
        description,
        EvidenceKind(details.kind),
        tuple(sorted(set(details.standards))),
        details.made_on,
        details.review_on,
    )


def _set(evidence: Evidence, details: EvidenceDetails) -> None:
    evidence.description = details.description
    evidence.kind = details.kind
    evidence.made_on = details.made_on
    evidence.review_on = details.review_on


def _serve(
    session: Session, return_id: int, evidence: Evidence, standards: Collection[int]
) -> None:
    """Have the evidence serve just these standards."""
    wanted = {ensure_response(session, return_id, number).id for number in standards}
    for use in list(evidence.uses):
        if use.response_id not in wanted:
            evidence.uses.remove(use)
    held = {use.response_id for use in evidence.uses}
    for response_id in sorted(wanted - held):
        evidence.uses.append(EvidenceUse(response_id=response_id))


def _facts(session: Session, evidence: Evidence) -> dict[str, Any]:
    return {
        "file": evidence.filename,
        "sha256": evidence.blob_sha256,
        "url": evidence.url,
        "description": evidence.description,
        "kind": evidence.kind,
        "made_on": evidence.made_on,
        "review_on": evidence.review_on,
        "standards": standards_served(session, evidence),
    }
