"""What `s11audit check` says of the virus scanner and of the files that wait for it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from s11audit.adapters import scanner
from s11audit.adapters.storage import Storage
from s11audit.domain.dates import moment_in_words
from s11audit.queries import stored_files
from s11audit.scoring.words import counted
from s11audit.services.checks import Finding, Severity

LONG_HELD = timedelta(minutes=30)


def check_scanning(session: Session, clamd: str, *, now: datetime) -> list[Finding]:
    """Check that the scanner at the address `clamd` (empty: none is set) answers, that no file has
    been held for long, and that those of before it was set are through. Changes nothing."""
    how_far = stored_files.scanning(session)
    held = counted(how_far.waiting, "file is held", "files are held")
    if not clamd:
        if not how_far.waiting:
            return []
        said = f"{held} until scanned, and no scanner is set. Set S11AUDIT_CLAMD."
        return [Finding("scanning", said)]
    found = []
    try:
        scanner.version(clamd)
    except scanner.ScannerDown as error:
        said = f"{error} See to the clamd that S11AUDIT_CLAMD names: {clamd}."
        found.append(Finding("scanning", said))
    if how_far.since is not None and now - how_far.since > LONG_HELD:
        since = moment_in_words(how_far.since)
        why = how_far.problem or "See whether the worker runs."
        found.append(Finding("scanning", f"{held}, the first since {since}. {why}"))
    if how_far.not_scanned:
        left = counted(how_far.not_scanned, "file has", "files have")
        said = (
            f"{left} not been scanned, of those that came before the scanner was set. "
            f"{how_far.problem_before or 'The worker goes on with them every minute.'}"
        )
        found.append(Finding("scanning", said, Severity.NOTE))
    return found


def check_halves(storage: Storage) -> list[Finding]:
    """Tell what killed processes left of files they were writing, where the store is a folder."""
    halves = storage.half_written()
    if not halves:
        return []
    left = counted(len(halves), "half of a file lies", "halves of files lie")
    said = (
        f"{left} in the store, of uploads that broke off ({halves[0].name}). Nothing reads "
        "them; the worker takes them away a day after."
    )
    return [Finding("evidence", said, Severity.NOTE)]
