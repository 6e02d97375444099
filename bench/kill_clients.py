"""The browsers that work while the service is killed, and what they were answered."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException
from typing import ClassVar

from bench.http_client import Answer, Browser, form_values
from bench.kill_board import Job, Work

BOUNDARY = "s11audit-bench"
STANDARDS = 9


@dataclass
class Noted:
    """What was answered as done, by kind of change; of saves what was tried last, too."""

    KINDS: ClassVar = ("saves", "uploads", "sent in", "sent back", "published")

    saved: dict[tuple[int, int], int] = field(default_factory=dict)
    tried: dict[tuple[int, int], int] = field(default_factory=dict)
    saves: int = 0
    uploads: list[tuple[int, str, str]] = field(default_factory=list)
    sent_in: list[tuple[int, int]] = field(default_factory=list)
    sent_back: list[tuple[int, int]] = field(default_factory=list)
    published: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, running: "Sequence[Client]") -> "Noted":
        """Return what all browsers noted."""
        found = cls()
        for client in running:
            each = client.noted
            found.saved |= each.saved
            found.tried |= each.tried
            found.saves += each.saves
            found.uploads += each.uploads
            found.sent_in += each.sent_in
            found.sent_back += each.sent_back
            found.published += each.published
        return found

    def answered(self) -> dict[str, int]:
        """Return how many of each kind."""
        counts = (self.saves, *map(len, (self.uploads, self.sent_in, self.sent_back)))
        return dict(zip(self.KINDS, (*counts, len(self.published)), strict=True))


class Client(threading.Thread):
    """One browser: does its step over and over. A request that is cut off, or meets a service that
    is starting, is let go, and the next one begins from a fresh page."""

    def __init__(self, port: int, email: str, password: str, step: "Step") -> None:
        super().__init__(daemon=True)
        self.browser, self.noted = Browser(port), Noted()
        self.answers = self.cut_off = 0
        self.failure = ""
        self._who, self._step, self._end = (email, password), step, threading.Event()

    def sign_in(self) -> None:
        """Sign in, before anything is killed: tries that are cut off count as failed ones."""
        self.browser.sign_in(*self._who)

    def run(self) -> None:
        """Work until it is stopped, or until there is nothing left to do."""
        while not self._end.is_set():
            try:
                if not self._step(self):
                    return
                self.answers += 1
            except (OSError, HTTPException):
                self.cut_off += 1
                time.sleep(0.02)
            except Exception as error:
                self.failure = f"{type(error).__name__}: {error}"
                return

    def stop(self) -> None:
        """Have it end after its step."""
        self._end.set()
        self.join(60)

    def form(self, path: str, having: str) -> dict[str, str]:
        """Return the form on a page as a browser would send it."""
        page = checked(self.browser.get(path), 200)
        return dict(form_values(page.body.decode(), having))


Step = Callable[[Client], bool]


def clients(port: int, work: Work) -> list[Client]:
    """Return the eight browsers."""
    made = [
        *((job.email, _saving(job)) for job in work.saved),
        *((job.email, _uploading(job)) for job in work.uploaded),
        (work.office, _sending_back(work.sent[0])),
        (work.chair, _publishing(list(work.published))),
    ]
    made[6:6] = [(job.email, _sending_in(job)) for job in work.sent]
    return [Client(port, email, work.password, step) for email, step in made]


def checked(answer: Answer, *right: int) -> Answer:
    """Return the answer; OSError, as for one that was cut off, where the service was only starting.
    Raises RuntimeError for one that should never be."""
    if answer.status in (502, 503):
        raise OSError("starting")
    if answer.status not in right:
        raise RuntimeError(f"answered {answer.status}: {answer.body[-2000:].decode()}")
    return answer


def text_of(number: int) -> str:
    """Return the statement of the save of that number."""
    return f"Save {number}. " + "We say what we do. " * 40


def _saving(job: Job) -> Step:
    """Save one standard after the other, each time with the next number in the text."""
    number = 0

    def step(client: Client) -> bool:
        nonlocal number
        standard = number % STANDARDS + 1
        path = f"/returns/{job.return_id}/standards/{standard}"
        values = client.form(path, "statement")
        number += 1
        values["statement"] = text_of(number)
        client.noted.tried[job.return_id, standard] = number
        checked(client.browser.post(path, list(values.items()), json=True), 200)
        client.noted.saved[job.return_id, standard] = number
        client.noted.saves += 1
        return True

    return step


def _uploading(job: Job) -> Step:
    number = 0

    def step(client: Client) -> bool:
        nonlocal number
        path = f"/returns/{job.return_id}/standards/1/evidence/file"
        values = client.form(path, "description")
        number += 1
        content = f"Evidence {job.return_id} {number}\n".encode() * 20_000
        values |= {"description": "What we did", "kind": "activity", "standards": "1"}
        name = f"evidence-{number}.txt"
        answer = _multipart(client.browser, path, values, name, content)
        checked(answer, 302)
        client.noted.uploads.append((job.return_id, name, sha256(content).hexdigest()))
        return True

    return step


def _multipart(
    browser: Browser, path: str, values: dict[str, str], name: str, content: bytes
) -> Answer:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in values.items()
        if key != "file"
    ]
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    parts.append(f"--{BOUNDARY}\r\n{head}\r\nContent-Type: text/plain\r\n\r\n".encode())
    body = b"".join((*parts, content, f"\r\n--{BOUNDARY}--\r\n".encode()))
    return browser.send(path, body, f"multipart/form-data; boundary={BOUNDARY}")


def _sending_in(job: Job) -> Step:
    """Send the return in, wherever it is not; the office sends it back, or this browser waits."""

    def step(client: Client) -> bool:
        path = f"/returns/{job.return_id}/submit"
        page = client.browser.get(path)
        checked(page, 200, 403, 409)
        try:
            values = dict(form_values(page.body.decode(), "designation"))
        except LookupError:
            time.sleep(0.05)
            return True
        values |= {
            "name": "Pat Lee", "designation": "Chief Executive", "email": "pat@example.org",
            "declared": "y",
        }  # fmt: skip
        answer = checked(client.browser.post(path, list(values.items())), 302, 409, 200)
        if answer.status == 302:
            number = int(answer.location.split("/submissions/")[1].split("/")[0])
            client.noted.sent_in.append((job.return_id, number))
        return True

    return step


def _sending_back(job: Job) -> Step:
    def step(client: Client) -> bool:
        path = f"/returns/{job.return_id}/send-back"
        page = client.browser.get(path)
        checked(page, 200, 403, 409)
        try:
            values = dict(form_values(page.body.decode(), "reason"))
        except LookupError:
            time.sleep(0.05)
            return True
        values["reason"] = "Say more."
        answer = checked(client.browser.post(path, list(values.items())), 302, 409, 200)
        if answer.status == 302:
            client.noted.sent_back.append((job.return_id, len(client.noted.sent_back)))
        return True

    return step


def _publishing(returns: list[int]) -> Step:
    def step(client: Client) -> bool:
        if not returns:
            time.sleep(0.2)
            return True
        path = f"/returns/{returns[0]}/review/publish"
        try:
            values = client.form(path, "seen")
        except LookupError:  # published by a request that was cut off
            returns.pop(0)
            return True
        answer = checked(client.browser.post(path, list(values.items())), 302, 200, 409)
        if answer.status == 302:
            client.noted.published.append(returns[0])
        returns.pop(0)
        return True

    return step
