"""What was lost, or half done, when the service was killed: each answer is looked up, and what must
always be true is asked of the whole database."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy import select, text

from bench.kill_board import Work
from bench.kill_clients import STANDARDS, Noted, text_of
from s11audit.adapters.storage import storage_at
from s11audit.extensions import db
from s11audit.models import Evidence, Publication, Response, Submission
from s11audit.services import checks

# Sentence, and a query that finds nothing unless it is so.
NEVER = {
    "an answer whose version is not the number of its log entries": (
        'SELECT response.id FROM response JOIN "return" ON "return".id = return_id'
        " WHERE state <> 'rated' AND state <> 'in_review' AND version <> (SELECT count(*)"
        " FROM audit_log"
        " WHERE what = 'response.saved' AND subject = 'response' AND subject_id = response.id)"
    ),
    "a submission without its log entry or logged twice": (
        'SELECT submission.id FROM submission JOIN "return" ON "return".id = return_id'
        " WHERE state <> 'rated' AND state <> 'in_review' AND 1 <> (SELECT count(*) FROM audit_log"
        " WHERE what = 'return.submitted' AND subject_id = submission.id)"
    ),
    "a submission without its self ratings": (
        "SELECT id FROM submission WHERE 9 <> (SELECT count(*) FROM rating"
        " WHERE submission_id = submission.id)"
    ),
    "a submission of which the office or the agency was not told": (
        'SELECT submission.id FROM submission JOIN "return" ON "return".id = return_id'
        " WHERE state <> 'rated' AND state <> 'in_review' AND 2 <> (SELECT count(*) FROM outbox"
        " WHERE dedupe_key LIKE 'submitted:' || submission.id || ':%')"
    ),
    "a return that is submitted without a submission that stands, or the other way round": (
        "SELECT r.id FROM \"return\" AS r WHERE (state = 'submitted') <> (state NOT IN"
        " ('rated', 'in_review') AND EXISTS (SELECT 1 FROM submission AS s WHERE s.return_id = r.id"
        " AND NOT EXISTS (SELECT 1 FROM send_back WHERE submission_id = s.id)))"
    ),
    "a rated return without a publication, or the other way round": (
        "SELECT r.id FROM \"return\" AS r WHERE (state = 'rated') <>"
        " EXISTS (SELECT 1 FROM publication WHERE return_id = r.id)"
    ),
    "a publication without its nine ratings": (
        "SELECT id FROM publication WHERE 9 <> (SELECT count(*) FROM rating"
        " WHERE publication_id = publication.id AND role = 'agreed')"
    ),
    "a publication without its log entry or its letter": (
        "SELECT id FROM publication AS p WHERE 1 <> (SELECT count(*) FROM audit_log"
        " WHERE what = 'return.published' AND return_id = p.return_id) OR 1 <> (SELECT count(*)"
        " FROM outbox WHERE dedupe_key LIKE 'published:' || p.return_id || ':' || p.number || ':%')"
    ),
    "a piece of evidence without its log entry": (
        "SELECT id FROM evidence WHERE 1 <> (SELECT count(*) FROM audit_log"
        " WHERE what = 'evidence.added' AND subject = 'evidence' AND subject_id = evidence.id)"
    ),
}


def losses(work: Work, noted: Noted) -> list[str]:
    """Return, a sentence each, what was lost or is half done. Needs an application context."""
    db.session.rollback()
    found = [*_lost(work, noted), *_half_done(), *_broken()]
    db.session.rollback()
    return found


def _lost(work: Work, noted: Noted) -> Iterator[str]:
    """Each answer that was given is kept. A request that was cut off may have been done as well."""
    said = {
        (each.return_id, each.standard): each.statement
        for each in db.session.scalars(select(Response))
    }
    for place, number in noted.saved.items():
        # What was answered, or one of those tried since, every ninth of which is of this standard.
        since = range(number, noted.tried[place] + 1, STANDARDS)
        if said.get(place) not in map(text_of, since):
            yield f"save {number} of {place} is lost: {(said.get(place) or '')[:20]!r} is there"
    files = Counter(
        (each.return_id, each.filename, each.blob_sha256)
        for each in db.session.scalars(select(Evidence))
    )
    for upload in noted.uploads:
        if files[upload] != 1:
            yield f"the upload {upload[1]} of return {upload[0]} is there {files[upload]} times"
    sent = {
        (each.return_id, each.number): each.id for each in db.session.scalars(select(Submission))
    }
    for place in noted.sent_in:
        if place not in sent:
            yield f"submission {place[1]} of return {place[0]} is lost"
    backs = db.session.scalar(text("SELECT count(*) FROM send_back")) or 0
    if backs < len(noted.sent_back):
        yield f"{len(noted.sent_back) - backs} of the returns that were sent back are not"
    published = set(db.session.scalars(select(Publication.return_id)))
    for return_id in noted.published:
        if return_id not in published:
            yield f"the publication of return {return_id} is lost"
    assert published <= set(work.published)


def _half_done() -> Iterator[str]:
    for sentence, query in NEVER.items():
        found = db.session.scalars(text(query)).all()
        if found:
            yield f"{sentence} ({len(found)})"


def _broken() -> Iterator[str]:
    """What `s11audit check --deep` finds, past the mail that nobody sends here."""
    storage = storage_at(current_app.config["EVIDENCE_URL"])
    for finding in (
        *checks.check_database(db.engine),
        *checks.check_log(db.session),
        *checks.check_evidence(db.session, storage, now=datetime.now(UTC), deep=True),
    ):
        if finding.severity is checks.Severity.WRONG:
            yield f"{finding.area}: {finding.sentence}"
