"""Scans the files that wait for it, removes what was refused, and sweeps up after broken uploads.

Each file is a transaction of its own. The states in the database are the record of how far the
work is: what a killed process was at is done again.
"""

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app

from s11audit.adapters import scanner, uploads
from s11audit.adapters.storage import Storage, StorageFailed, storage_at
from s11audit.extensions import db
from s11audit.queries import stored_files
from s11audit.services import scanning
from s11audit.transactions import writing

SECONDS = 40  # at the most in one sweep, beside the file that it is at: mail waits behind it
SECONDS_FOR_ONE = 120.0  # a file's scan: a large one on a slow scanner
TOGETHER = 50
LEFT_OVER_AFTER = timedelta(hours=24)  # far longer than an upload may take
UNREADABLE = "The store for files does not give the file at the moment."
MISSING = "The file is not in the store, so that it cannot be scanned."

logger = logging.getLogger(__name__)


def look_after_files(now: datetime) -> int:
    """Scan held files, and those of before the scanner was set, for as long as one sweep may take;
    take the bytes of infected files and of broken uploads out of the store. Returns how many
    files were scanned."""
    storage = storage_at(current_app.config["EVIDENCE_URL"])
    _remove_refused(storage, now)
    _sweep_up(storage, now)
    scanned = _scan_waiting(storage, now) if current_app.config["CLAMD"] else 0
    _remove_refused(storage, now)
    return scanned


def _scan_waiting(storage: Storage, now: datetime) -> int:
    until, scanned = time.monotonic() + SECONDS, 0
    tried: list[str] = []
    while time.monotonic() < until:
        db.session.rollback()  # what is waiting now, not when the session last looked
        found = stored_files.to_scan(db.session, TOGETHER, beside=tried)
        names = [blob.sha256 for blob in found]
        db.session.rollback()
        if not names:
            break
        for name in names:
            tried.append(name)
            try:
                scanned += _scan(storage, name, now)
            except scanner.ScannerDown as error:
                logger.warning("Files cannot be scanned: %s", error)
                with writing() as session:
                    scanning.record_problem(session, str(error), now=now)
                return scanned
            if time.monotonic() > until:
                break
    return scanned


def _scan(storage: Storage, name: str, now: datetime) -> bool:
    """Scan one file and keep what was said of it. Raises ScannerDown."""
    address = current_app.config["CLAMD"]
    try:
        verdict = scanner.scan(address, storage.open(name), seconds=SECONDS_FOR_ONE)
    except FileNotFoundError:
        logger.error("Evidence %s is not in the store.", name)
        _keep_problem(name, MISSING, now)
        return False
    except StorageFailed as error:
        logger.error("Evidence %s cannot be read: %s", name, error.reason)
        _keep_problem(name, UNREADABLE, now)
        return False
    except scanner.TooLargeToScan as error:
        logger.warning("Evidence %s cannot be scanned: %s", name, error)
        _keep_problem(name, str(error), now)
        return False
    with writing() as session:
        return scanning.record_verdict(session, name, verdict.found, now=now)


def _keep_problem(name: str, problem: str, now: datetime) -> None:
    with writing() as session:
        scanning.record_problem(session, problem, sha256=name, now=now)


def _remove_refused(storage: Storage, now: datetime) -> None:
    for name in stored_files.infected_with_bytes(db.session):
        storage.remove(name)
        with writing() as session:
            scanning.record_removed(session, name, now=now)


def _sweep_up(storage: Storage, now: datetime) -> None:
    """Take out of the store what broken uploads left there a day ago or longer."""
    before = now - LEFT_OVER_AFTER
    for name in stored_files.left_over(db.session, before):
        with writing() as session:
            if scanning.is_left_over(session, name, before=before):
                storage.remove(name)
    for file in (Path(current_app.config["DATA"]) / uploads.INCOMING).glob("*"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before.timestamp():
                file.unlink()
