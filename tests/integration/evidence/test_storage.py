"""The evidence store, in a folder and in a bucket of a real S3 endpoint: whole or not at all."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.http_client import Browser, form_values
from bench.sending import begin, body
from s11audit import create_app
from s11audit.adapters.storage import PART, Storage, StorageFailed, storage_at
from s11audit.jobs.scans import look_after_files
from s11audit.models import Blob, Evidence, PendingUpload
from s11audit.services import scanning
from s11audit.services.checks_scanning import check_halves
from s11audit.transactions import writing
from tests.factories import NOW, PASSWORD
from tests.integration.responses.filling import Scene, scene
from tests.support.killing import killed_half_way
from tests.support.s3_server import KEYS, Endpoint
from tests.support.server import Served
from tests.support.web import sign_in

SMALL = b"Minutes of the supervision audit.\n"
LARGE = os.urandom(1024) * (2 * 1024 + 100) + os.urandom(PART)  # three parts, the last a small one

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "folder":
        return (tmp_path / "store").as_uri()
    endpoint: Endpoint = request.getfixturevalue("s3")
    return endpoint.bucket_url()


def test_a_file_is_kept_once_by_its_hash_and_comes_back_in_pieces(url: str) -> None:
    storage = Storage(url)
    for content in (SMALL, LARGE):
        name = name_of(content)
        assert storage.size_of(name) is None
        with pytest.raises(FileNotFoundError):
            storage.open(name)
        with ThreadPoolExecutor(4) as pool:
            stored = list(pool.map(lambda _: storage.put(io.BytesIO(content)), range(4)))  # noqa: B023
        assert {(each.sha256, each.size) for each in stored} == {(name, len(content))}
        pieces = list(storage.open(name))
        assert b"".join(pieces) == content and storage.hash_of(name) == name
        assert max(len(piece) for piece in pieces) <= PART
    listed = {each.sha256: each.size for each in storage.listing()}
    assert listed == {name_of(each): len(each) for each in (SMALL, LARGE)}
    assert storage.half_written() == []
    storage.remove(name_of(SMALL))
    storage.remove(name_of(SMALL))
    assert [each.sha256 for each in storage.listing()] == [name_of(LARGE)]


class Breaks(io.BytesIO):
    """A stream that breaks off the second time it is read."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > len(LARGE) // 2 and getattr(self, "again", False):
            raise OSError("the disk went away")
        piece = super().read(size)
        if not piece:
            self.again = True
        return piece


def test_a_put_that_breaks_off_leaves_nothing(url: str) -> None:
    storage = Storage(url)
    with pytest.raises(StorageFailed, match="Try again in a few minutes"):
        storage.put(Breaks(LARGE))
    assert list(storage.listing()) == [] and storage.size_of(name_of(LARGE)) is None
    storage.put(io.BytesIO(LARGE))
    assert storage.hash_of(name_of(LARGE)) == name_of(LARGE)


def test_what_lies_there_in_another_size_is_written_again(tmp_path: Path) -> None:
    storage = Storage(tmp_path.as_uri())
    stored = storage.put(io.BytesIO(SMALL))
    file = tmp_path / stored.sha256[:2] / stored.sha256
    file.write_bytes(b"damaged")
    storage.put(io.BytesIO(SMALL))
    assert file.read_bytes() == SMALL
    (tmp_path / "notes.txt").write_text("not ours")
    assert {each.path: each.sha256 for each in storage.listing()} == {
        f"{stored.sha256[:2]}/{stored.sha256}": stored.sha256, "notes.txt": "",
    }  # fmt: skip


def test_a_store_that_cannot_be_reached_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(StorageFailed, match="does not take or give files"):
        Storage((tmp_path / "taken" / "evidence").as_uri())
    for name, key in KEYS.items():  # else they are asked of the machine's cloud
        monkeypatch.setenv(name, key)
    storage = Storage("s3://nowhere/evidence?endpoint=http://127.0.0.1:9&region=us-east-1")
    with pytest.raises(StorageFailed, match="does not take or give files") as raised:
        storage.put(io.BytesIO(SMALL))
    assert "127.0.0.1:9" in raised.value.reason and "127.0.0.1" not in str(raised.value)
    for wrong in (
        "s3://bucket/x?secret=1",
        "s3://key:secret@bucket/x",
        "https://bucket.example/x",
        "s3:///x",
    ):
        with pytest.raises(ValueError, match="S11AUDIT_EVIDENCE_URL"):
            Storage(wrong)


@only_sqlite
def test_evidence_goes_into_a_bucket_and_comes_out_of_it(
    client: FlaskClient, session: Session, s3: Endpoint
) -> None:
    at = scene(session)
    client.application.config["EVIDENCE_URL"] = s3.bucket_url()
    sign_in(client, at.contributor)
    content = b"%PDF-1.7\n" + os.urandom(PART)
    sent = {"description": "Policy", "kind": "policy", "standards": ["1"]}
    page = f"/returns/{at.return_.id}/standards/1/evidence/file"
    answer = client.post(page, data={**sent, "file": (io.BytesIO(content), "policy.pdf")})
    assert answer.status_code == 302
    added = session.scalars(select(Evidence)).one()
    got = client.get(f"/returns/{at.return_.id}/evidence/{added.id}/file")
    assert got.data == content and got.headers["Content-Length"] == str(len(content))
    # The bucket goes away: the form says so, and keeps what was typed.
    client.application.config["EVIDENCE_URL"] = "s3://gone/x?endpoint=http://127.0.0.1:9"
    answer = client.post(page, data={**sent, "file": (io.BytesIO(SMALL), "note.txt")})
    assert answer.status_code == 400
    assert "does not take or give files" in answer.text and "Policy" in answer.text
    assert client.get(f"/returns/{at.return_.id}/evidence/{added.id}/file").status_code == 409


HALF = """
import io, time
from s11audit.adapters.storage import Storage
class Slow(io.BytesIO):
    second = False
    def read(self, size=-1):
        if self.second and self.tell() > 9_000_000:
            print("half way", flush=True)
            time.sleep(60)
        piece = super().read(size)
        self.second = self.second or not piece
        return piece
Storage({url!r}).put(Slow(open({file!r}, "rb").read()))
"""


@only_sqlite
def test_what_a_killed_upload_left_is_never_read_and_is_swept_up(
    session: Session, settings: dict[str, Any], tmp_path: Path
) -> None:
    url, file = (tmp_path / "store").as_uri(), tmp_path / "file"
    file.write_bytes(LARGE)
    app = create_app(settings | {"EVIDENCE_URL": url})
    began = datetime.now(UTC)
    with app.app_context(), writing() as write:
        scanning.begin_upload(write, name_of(LARGE), now=began)
        scanning.begin_upload(write, name_of(SMALL), now=began)
    storage = storage_at(url)
    storage.put(io.BytesIO(SMALL))  # stored, and then the process died before its row was
    killed_half_way(HALF.format(url=url, file=str(file)), settings)
    assert [each.name.split("#")[0] for each in storage.half_written()] == [name_of(LARGE)]
    assert storage.size_of(name_of(LARGE)) is None
    assert [each.sha256 for each in storage.listing()] == [name_of(SMALL)]
    (told,) = check_halves(storage)
    assert "1 half of a file" in told.sentence and name_of(LARGE) in told.sentence
    with app.app_context():
        look_after_files(began + timedelta(hours=23))
        assert storage.size_of(name_of(SMALL)) == len(SMALL)  # it may be on its way yet
        look_after_files(began + timedelta(hours=25))
    assert list(storage.listing()) == [] and check_halves(storage) == []
    assert session.scalars(select(PendingUpload)).all() == []


def test_what_a_row_names_is_never_swept_up(session: Session, app: Any) -> None:
    storage = storage_at(app.config["EVIDENCE_URL"])
    stored = storage.put(io.BytesIO(SMALL))
    scanning.begin_upload(session, stored.sha256, now=NOW)
    session.commit()
    session.add(
        Blob(sha256=stored.sha256, size=stored.size, media_type="text/plain",
             scan_state="not_scanned", stored_at=NOW)
    )  # fmt: skip
    session.commit()
    look_after_files(NOW + timedelta(days=2))
    session.rollback()
    assert storage.size_of(stored.sha256) == len(SMALL)
    assert session.scalars(select(PendingUpload)).all() == []


@pytest.fixture
def lead(served: Served, session: Session) -> Iterator[tuple[Scene, Browser]]:
    at = scene(session)
    browser = Browser(int(served.url.rsplit(":", 1)[1]))
    browser.sign_in(at.lead.email, PASSWORD)
    yield at, browser


def test_a_client_that_is_cut_off_leaves_nothing_and_holds_up_nobody(
    lead: tuple[Scene, Browser], session: Session, app: Any
) -> None:
    """Half of a file arrives at gunicorn, then the connection breaks."""
    at, browser = lead
    page = f"/returns/{at.return_.id}/standards/1/evidence/file"
    values = dict(form_values(browser.get(page).body.decode(), "description"))
    values |= {"description": "Policy", "kind": "policy", "standards": "1"}
    whole = body(list(values.items()), "file", "policy.pdf", 4_000_000)
    session.rollback()
    with begin(browser, page, whole) as connection:
        connection.sendall(b"%PDF-1.7\n" + bytes(2_000_000))
        time.sleep(0.3)  # the server has read what came
        started = time.monotonic()
        with app.app_context(), writing() as write:  # the database is free for writes meanwhile
            scanning.begin_upload(write, "a" * 64, now=NOW)
        assert time.monotonic() - started < 5
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        if session.get_bind().dialect.name == "postgresql":
            with session.get_bind().connect() as fresh:  # type: ignore[union-attr]
                assert fresh.exec_driver_sql(idle).scalar() == 0
    time.sleep(0.3)
    assert session.scalars(select(Evidence)).all() == []
    assert [each.sha256[0] for each in session.scalars(select(PendingUpload))] == ["a"]
    assert list(storage_at(app.config["EVIDENCE_URL"]).listing()) == []
    assert list((Path(app.config["DATA"]) / "incoming").iterdir()) == []
    assert browser.get(page).status == 200
