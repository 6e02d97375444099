"""Files are held until a real clamd has found them clean (domain rule 74)."""

from __future__ import annotations

import io
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.adapters import scanner
from s11audit.adapters.storage import storage_at
from s11audit.domain.enums import EvidenceKind, ScanState
from s11audit.domain.errors import Invalid
from s11audit.jobs.scans import look_after_files
from s11audit.models import AuditLog, Blob, Evidence, OutboxMessage, PendingUpload
from s11audit.queries import stored_files
from s11audit.services import evidence as service
from s11audit.services import log, scanning
from s11audit.services.checks import Severity
from s11audit.services.checks_scanning import check_scanning
from s11audit.services.evidence import EvidenceDetails, StoredFile
from s11audit.views import files
from tests.integration.responses.filling import NOW, Scene, scene
from tests.integration.responses.test_submitting import fill_in, send
from tests.support.clamd import NAME, VIRUS, Clamd
from tests.support.s3_server import KEYS
from tests.support.web import sign_in

MEGABYTE = 1024 * 1024
CLEAN = b"Minutes of the supervision audit: nothing out of the way.\n"
SAID = {"description": "Supervision audit of 20 cases", "kind": "activity", "standards": ["1"]}

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def upload(client: FlaskClient, at: Scene, content: bytes, name: str) -> Any:
    return client.post(
        f"/returns/{at.return_.id}/standards/1/evidence/file",
        data={**SAID, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def sweep(client: FlaskClient) -> int:
    with client.application.app_context():
        return look_after_files(NOW)


def in_store(client: FlaskClient) -> list[str]:
    storage = storage_at(client.application.config["EVIDENCE_URL"])
    return [each.sha256 for each in storage.listing()]


@contextmanager
def answering(*, reads: int, reply: bytes = b"") -> Iterator[str]:
    """A scanner that reads so many bytes, replies, and ends the connection; of none that it would
    have to read, it keeps silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                left = reads
                while left > 0 and (got := connection.recv(left)):
                    left -= len(got)
                if reads:
                    connection.sendall(reply)
                else:
                    done.wait(20)

        done = threading.Event()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join(5)


def test_what_clamd_says_of_a_file(clamd: Clamd) -> None:
    for address in (clamd.address, str(clamd.socket), f"unix:{clamd.socket}"):
        assert "ClamAV" in scanner.version(address)
        assert scanner.scan(address, [CLEAN] * 3, seconds=20).is_clean
        assert scanner.scan(address, [], seconds=20).is_clean
        found = scanner.scan(address, [b"x" * 70_000, VIRUS[:20], VIRUS[20:]], seconds=20)
        assert found.found == NAME
        with pytest.raises(scanner.TooLargeToScan, match="larger than the virus scanner takes"):
            scanner.scan(address, (os.urandom(MEGABYTE) for _ in range(30)), seconds=20)
        with pytest.raises(scanner.TooLargeToScan, match="larger than the virus scanner looks"):
            scanner.scan(address, [bytes(MEGABYTE), bytes(MEGABYTE // 2)], seconds=20)
    clamd.stop()
    with pytest.raises(scanner.ScannerDown, match="does not answer"):
        scanner.scan(clamd.address, [CLEAN], seconds=20)
    clamd.start()
    assert scanner.scan(clamd.address, [CLEAN], seconds=20).is_clean


@pytest.mark.parametrize(
    ("reads", "reply", "words"),
    [
        (10, b"", "ended the connection"),
        (5_000_000, b"", "ended the connection"),
        (10, b"stream: O", "ended the connection"),
        (10, b"stream: Can't allocate memory ERROR\0", "cannot scan"),
        (10, b"UNKNOWN COMMAND\0", "cannot scan"),
        (0, b"", "too long"),
    ],
)
def test_a_cut_a_broken_and_a_silent_connection(reads: int, reply: bytes, words: str) -> None:
    with (
        answering(reads=reads, reply=reply) as address,
        pytest.raises(scanner.ScannerDown, match=words),
    ):
        scanner.scan(address, (bytes(MEGABYTE) for _ in range(20)), seconds=1.5)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("scanner.example:3310", ("scanner.example", 3310)),
        ("[::1]:3310", ("::1", 3310)),
        ("/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("unix:/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("scanner.example", None),
        ("scanner.example:99999", None),
        ("http://scanner.example:3310", None),
    ],
)
def test_addresses_of_scanners(text: str, address: object) -> None:
    if address is None:
        with pytest.raises(ValueError, match="host:port"):
            scanner.parse_address(text)
    else:
        assert scanner.parse_address(text) == address


@only_sqlite
def test_a_clean_file_can_be_opened_at_once_and_an_infected_one_never(
    client: FlaskClient, session: Session, clamd: Clamd
) -> None:
    at = scene(session)
    client.application.config["CLAMD"] = clamd.address
    sign_in(client, at.contributor)
    assert upload(client, at, CLEAN, "minutes.txt").status_code == 302
    added = session.scalars(select(Evidence)).one()
    got = client.get(f"/returns/{at.return_.id}/evidence/{added.id}/file")
    assert got.data == CLEAN
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    stored = in_store(client)

    answer = upload(client, at, b"Dear all,\n" + VIRUS, "letter.txt")
    assert answer.status_code == 400
    assert f"The virus scanner found “{NAME}” in this file" in answer.text
    assert "Supervision audit of 20 cases" in answer.text and answer.text.count(" checked") == 2
    assert in_store(client) == stored
    session.rollback()
    told = session.scalars(select(AuditLog).where(AuditLog.what == "evidence.refused")).one()
    assert (told.user_id, told.return_id) == (at.contributor.id, at.return_.id)
    letters = session.scalars(select(OutboxMessage)).all()
    assert {each.to_email for each in letters} == {at.office.email, at.lead.email}
    assert all("letter.txt" in each.body and NAME in each.body for each in letters)
    # Known by its hash from now on: the scanner need not even be there.
    client.application.config["CLAMD"] = ""
    assert upload(client, at, b"Dear all,\n" + VIRUS, "again.txt").status_code == 400
    assert in_store(client) == stored and log.verify(session)[1] is None


@only_sqlite
def test_a_scanner_that_is_down_holds_files_and_says_so(
    client: FlaskClient, session: Session, clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = scene(session)
    fill_in(session, at)
    client.application.config["CLAMD"] = clamd.address
    clamd.stop()
    sign_in(client, at.contributor)
    answer = upload(client, at, CLEAN, "minutes.txt")
    assert answer.status_code == 302
    standard = f"/returns/{at.return_.id}/standards/1"
    page = client.get(standard).text
    assert "It is held until it has been checked for viruses" in page
    assert "Held until it has been checked for viruses. Nobody can open it yet." in page
    added = session.scalars(select(Evidence)).one()
    file = f"/returns/{at.return_.id}/evidence/{added.id}/file"
    assert f'href="{file}"' not in page
    for user in (at.contributor, at.lead, at.office):
        sign_in(client, user)
        refused = client.get(file)
        assert refused.status_code == 409 and "This file cannot be opened" in refused.text
        assert "checked for viruses" in refused.text
        assert "style-src" in refused.headers["Content-Security-Policy"]
    assert sweep(client) == 0
    assert "The virus scanner does not answer." in client.get(standard).text
    later = datetime.now(UTC) + timedelta(hours=1)
    session.rollback()
    told = check_scanning(session, clamd.address, now=later)
    assert [each.severity for each in told] == [Severity.WRONG] * 2
    assert (
        clamd.address in told[0].sentence and "1 file is held, the first since" in told[1].sentence
    )
    assert "no scanner is set" in check_scanning(session, "", now=later)[0].sentence

    # Nothing waits for the scanner: the return goes in, and says which file was held.
    session.rollback()
    sent = send(session, at)
    sign_in(client, at.qa)
    copy = f"/returns/{at.return_.id}/submissions/{sent.number}"
    assert "Held until it has been checked" in client.get(copy).text
    part = client.get(f"{copy}/return.json").get_json()["standards"][0]["evidence"][0]
    assert part["file"] == "minutes.txt" and part["held"].startswith("Held until")
    pdf = PdfReader(io.BytesIO(client.get(f"{copy}/return.pdf").data))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "when it was sent in: Held until it has been checked for viruses" in text

    clamd.start()
    kept = client.application.config["EVIDENCE_URL"]
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    client.application.config["EVIDENCE_URL"] = "s3://gone/x?endpoint=http://127.0.0.1:9"
    assert sweep(client) == 0
    sign_in(client, at.lead)
    assert "does not give the file at the moment" in client.get(copy).text
    client.application.config["EVIDENCE_URL"] = kept
    assert sweep(client) == 1
    assert client.get(file).data == CLEAN
    assert "Held until" not in client.get(copy).text
    assert sweep(client) == 0
    session.rollback()
    assert check_scanning(session, clamd.address, now=later) == []


@only_sqlite
def test_what_was_added_before_the_scanner_is_scanned_and_an_infected_file_goes(
    client: FlaskClient, session: Session, clamd: Clamd, tmp_path: Path
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    upload(client, at, CLEAN, "minutes.txt")
    upload(client, at, VIRUS, "old letter.txt")
    upload(client, at, os.urandom(MEGABYTE).hex().encode()[: 3 * MEGABYTE // 2], "long.txt")
    fine, bad, long = session.scalars(select(Evidence).order_by(Evidence.id)).all()
    client.application.config["CLAMD"] = clamd.address
    assert sweep(client) == 2
    session.rollback()
    session.expire_all()
    assert fine.blob and bad.blob and long.blob
    assert (fine.blob.scan_state, bad.blob.found) == (ScanState.CLEAN, NAME)
    # What the scanner does not look into stays as it was, and why is known to check.
    assert long.blob.scan_state is ScanState.NOT_SCANNED
    assert "larger than the virus scanner looks into" in long.blob.scan_problem
    assert bad.blob.bytes_removed_at is not None
    assert set(in_store(client)) == {fine.blob_sha256, long.blob_sha256}
    (left,) = check_scanning(session, clamd.address, now=NOW)
    assert left.severity is Severity.NOTE
    assert "1 file has not been scanned" in left.sentence and "looks into" in left.sentence
    page = client.get(f"/returns/{at.return_.id}/standards/1").text
    assert f"Refused: the virus scanner found “{NAME}” in it." in page
    assert client.get(f"/returns/{at.return_.id}/evidence/{bad.id}/file").status_code == 409
    told = {each.to_email for each in session.scalars(select(OutboxMessage))}
    assert told == {at.contributor.email, at.lead.email, at.office.email}
    row = session.scalars(select(AuditLog).where(AuditLog.what == "evidence.infected")).one()
    assert (row.subject, row.subject_id, row.who) == ("evidence", bad.id, "operator")
    assert sweep(client) == 0 and log.verify(session)[1] is None


@only_sqlite
def test_an_upload_does_not_wait_for_a_slow_scanner(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = scene(session)
    monkeypatch.setattr(files, "SCAN_SECONDS", 0.2)
    with answering(reads=0) as address:
        client.application.config["CLAMD"] = address
        sign_in(client, at.contributor)
        assert upload(client, at, CLEAN, "minutes.txt").status_code == 302
    assert session.scalars(select(Blob.scan_state)).one() is ScanState.WAITING


def test_what_the_database_keeps_of_files(session: Session) -> None:
    at = scene(session)
    actor = at.actor(session, at.lead)
    said = EvidenceDetails("Minutes", EvidenceKind.ACTIVITY, (1,))

    def add(name: str, state: ScanState, minute: int) -> Evidence:
        file = StoredFile(name * 64, 10, "text/plain", f"{name}.txt", state)
        when = NOW + timedelta(minutes=minute)
        scanning.begin_upload(session, file.sha256, now=when)
        scanning.begin_upload(session, file.sha256, now=when)
        made = service.add_file(session, actor, at.return_.id, file, said, now=when)
        session.commit()
        return made

    add("a", ScanState.NOT_SCANNED, 0)
    add("b", ScanState.WAITING, 1)
    waits = add("c", ScanState.WAITING, 2)
    add("d", ScanState.CLEAN, 3)
    assert session.scalars(select(PendingUpload)).all() == []
    assert [blob.sha256[0] for blob in stored_files.to_scan(session, 9)] == ["b", "c", "a"]
    scanning.record_problem(session, "It does not answer.", now=NOW)
    session.commit()
    found = stored_files.scanning(session)
    assert (found.waiting, found.not_scanned, found.infected) == (2, 1, 0)
    assert found.problem == "It does not answer." and found.since == NOW + timedelta(minutes=1)
    # The same bytes, found clean in somebody else's upload, are clean everywhere.
    add("b", ScanState.CLEAN, 4)
    assert scanning.record_verdict(session, "c" * 64, "Some.Virus", now=NOW)
    assert not scanning.record_verdict(session, "c" * 64, "", now=NOW)
    session.commit()
    assert [place.subject_id for place in stored_files.places_of(session, "c" * 64)] == [waits.id]
    assert stored_files.infected_with_bytes(session) == ["c" * 64]
    assert [name[0] for name, _size in stored_files.expected_in_store(session)] == ["a", "b", "d"]
    for state in (ScanState.CLEAN, ScanState.WAITING):
        with pytest.raises(Invalid, match=r"Some\.Virus"):
            add("c", state, 5)
        session.rollback()
    file = StoredFile("c" * 64, 10, "text/plain", "c.txt", ScanState.CLEAN)
    with pytest.raises(Invalid, match=r"Some\.Virus"):
        service.add_file(session, actor, at.return_.id, file, said, now=NOW)
