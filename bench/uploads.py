"""What a large file takes of the serving process: `python -m bench.uploads [MEGABYTES]` writes the
section "Large files" of docs/speed.md. Gunicorn with two workers, a local folder and a bucket of a
real S3 endpoint (moto's server, a process of its own)."""

import io
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench import load
from bench.http_client import Browser, form_values
from bench.sending import body, fetched, send_file
from bench.server import memory_of_workers, served
from s11audit import create_app
from s11audit.extensions import db
from s11audit.services.database import upgrade
from s11audit.transactions import writing
from tests.support.s3_server import endpoint

MEGABYTE = 1024 * 1024
SPEED = Path("docs/speed.md")
TITLE = "## Large files"
ABOUT = """## Large files

Written by `python -m bench.uploads`, on {cpus} cores. A file of {megabytes} MB sent to gunicorn
with two workers, `S11AUDIT_MAX_UPLOAD_MB` raised, and fetched again; its bytes are random. “Added”
is what the workers held at the most beyond what they held at rest (resident memory, both together,
looked at every 5 ms). Meanwhile another person saved answers: “slowest save” is the slowest of
them, so that neither the database nor a lock was held while the file came in.

| store | file | upload s | added MB | slowest save ms | download s | added MB |
|---|---|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True)
class Large:
    """What was measured of one file in one store."""

    store: str
    file: str
    upload: float
    upload_added: float
    slowest_save: float
    download: float
    download_added: float

    def row(self) -> str:
        """Return the row of a Markdown table."""
        return (
            f"| {self.store} | {self.file} | {self.upload:.1f} | {self.upload_added:.0f} "
            f"| {self.slowest_save:.0f} | {self.download:.1f} | {self.download_added:.0f} |"
        )


class Peak:
    """Watches the memory of the workers while a block runs."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.most = 0.0
        self._stop = threading.Event()

    def __enter__(self) -> "Peak":
        self.rest = self.most = sum(memory_of_workers(self.master))
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.most = max(self.most, sum(memory_of_workers(self.master)))

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def added(self) -> float:
        """Return how many megabytes the workers held at the most beyond those at rest."""
        return self.most - self.rest


def pdf(file: Path, megabytes: int) -> None:
    """Write a PDF that is random bytes almost throughout."""
    with file.open("wb") as out:
        out.write(b"%PDF-1.7\n1 0 obj\n<</Length 1>>\nstream\n")
        for _ in range(megabytes):
            out.write(os.urandom(MEGABYTE))
        out.write(b"\nendstream\nendobj\n%%EOF\n")


def docx(file: Path, megabytes: int) -> None:
    """Write a Word file that holds pictures of random bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<x/>")
        for number in range(megabytes // 20):
            with archive.open(f"word/media/image{number}.bmp", "w") as member:
                member.write(b"BM")
                for _ in range(20):
                    member.write(os.urandom(MEGABYTE))


KINDS: dict[str, Callable[[Path, int], None]] = {"pdf": pdf, "docx": docx}


def measure(folder: Path, store: str, url: str, megabytes: int) -> list[Large]:
    """Send and fetch a file of each kind, with evidence kept at `url`."""
    data = folder / store.replace(" ", "-")
    environment = {
        "S11AUDIT_DATA": str(data), "S11AUDIT_EVIDENCE_URL": url,
        "S11AUDIT_MAX_UPLOAD_MB": str(megabytes + 50),
        "S11AUDIT_SECOND_FACTOR": "none", "S11AUDIT_DEMONSTRATION": "yes",
    }  # fmt: skip
    os.environ.update(environment)
    app = create_app()
    with app.app_context():
        upgrade()
        with writing() as session:
            loaded = load.fill(session, 2)
        db.engine.dispose()
    found = []
    with served("s11audit:create_app()", environment) as (port, master):
        lead, other = Browser(port), Browser(port)
        lead.sign_in(loaded.leads[0][0], load.PASSWORD)
        other.sign_in(loaded.leads[1][0], load.PASSWORD)
        page = f"/returns/{loaded.leads[0][1]}/standards/1"
        for kind in KINDS:
            small = folder / f"small.{kind}"
            KINDS[kind](small, 1 if kind == "pdf" else 20)
            for _ in range(3):  # both workers have done it once
                _send(lead, page, small)
        saves = _Saves(other, f"/returns/{loaded.leads[1][1]}/standards/2")
        for kind, write in KINDS.items():
            file = folder / f"large.{kind}"
            write(file, megabytes)
            found.append(_measure(lead, master, page, file, store, saves))
            file.unlink()
    shutil.rmtree(data)
    return found


def _measure(
    lead: Browser, master: int, page: str, file: Path, store: str, saves: "_Saves"
) -> Large:
    with Peak(master) as up, saves:
        started = time.perf_counter()
        _send(lead, page, file)
        upload = time.perf_counter() - started
    held = lead.get(page).body.decode()
    path = re.findall(rf'href="(/returns/\d+/evidence/\d+/file)">{file.name}<', held)[-1]
    with Peak(master) as down:
        started = time.perf_counter()
        got = sha256()
        for piece in fetched(lead, path):
            got.update(piece)
        download = time.perf_counter() - started
    with file.open("rb") as sent:
        if got.hexdigest() != _digest(sent):
            raise RuntimeError("the file came back changed")
    return Large(
        store, f".{file.suffix[1:]}", upload, up.added, saves.slowest, download, down.added
    )


def _send(browser: Browser, page: str, file: Path) -> None:
    path = f"{page}/evidence/file"
    values = dict(form_values(browser.get(path).body.decode(), "description"))
    values |= {"description": "Measured", "kind": "activity", "standards": "1"}
    whole = body(list(values.items()), "file", file.name, file.stat().st_size)
    with file.open("rb") as opened:
        status = send_file(browser, path, whole, _pieces(opened))
    if status != 302:
        raise RuntimeError(f"{file.name} was not taken: {status}")


class _Saves:
    """Saves a standard again and again while a block runs, and keeps how long the slowest took."""

    def __init__(self, browser: Browser, path: str) -> None:
        self.browser, self.path = browser, path
        self.slowest = 0.0

    def __enter__(self) -> None:
        self.slowest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._save)
        self._thread.start()

    def _save(self) -> None:
        number = 0
        while not self._stop.wait(0.1):
            number += 1
            values = dict(form_values(self.browser.get(self.path).body.decode(), "based_on"))
            values |= {"statement": f"Saved {number} times while a file came in.", "save": "yes"}
            with suppress(OSError):
                answer = self.browser.post(self.path, list(values.items()), json=True)
                if answer.status == 200:
                    self.slowest = max(self.slowest, answer.milliseconds)

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()


def _pieces(opened: io.BufferedReader) -> Iterator[bytes]:
    while piece := opened.read(256 * 1024):
        yield piece


def _digest(opened: io.BufferedReader) -> str:
    found = sha256()
    for piece in _pieces(opened):
        found.update(piece)
    return found.hexdigest()


def written(found: list[Large], megabytes: int) -> str:
    """Return the section of the document."""
    about = ABOUT.format(cpus=os.cpu_count(), megabytes=megabytes)
    return about + "\n".join(each.row() for each in found) + "\n"


def measure_all(folder: Path, megabytes: int) -> str:
    """Measure both stores and return the section of the document."""
    local = measure(folder, "local folder", (folder / "evidence").as_uri(), megabytes)
    with endpoint(folder) as s3:
        bucket = measure(folder, "S3 bucket", s3.bucket_url(), megabytes)
    return written(local + bucket, megabytes)


def main() -> None:
    """Measure, print, and put the section into docs/speed.md."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        section = measure_all(Path(folder), megabytes)
    print(section)
    text = SPEED.read_text()
    before = text.partition(f"\n{TITLE}\n")[0].rstrip()
    after = re.split(r"\n(?=## )", text.partition(f"\n{TITLE}\n")[2], maxsplit=1)[1:]
    SPEED.write_text("\n\n".join([before, section.rstrip(), *after]).rstrip() + "\n")


if __name__ == "__main__":
    main()
