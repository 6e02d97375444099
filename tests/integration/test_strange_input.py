"""Every form of every page, sent what no person would type: nothing may end in a failure (500).

The pages come from the URL map and the forms from the pages, so that a new form is tried too.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from flask import Flask, got_request_exception
from flask.testing import FlaskClient

from s11audit import create_app
from s11audit.extensions import db
from s11audit.models import User
from s11audit.transactions import writing
from tests.support import examples, filled_board, page_walk
from tests.support.databases import close_engines
from tests.support.filled_board import FilledBoard
from tests.support.web import sign_in

ROLES = ("lead", "office", "qa", "chair", "admin", "anybody")
MOST_SECONDS = 5.0
FIELDS = ("input", "textarea", "select", "button")
STRANGE: tuple[str | bytes, ...] = (
    "\x00", "a\x00b", b"\xed\xa0\x80", b"\xff\xfe", "9" * 5000, "9" * 20, "-1", "1e9", "٣٤", "²",
    " \t\n\u3000", "\u202e<script>alert(1)</script>", "\x01\x07\x1b[0m", "'\"; --", "🙂" * 300,
    "=cmd|'/c calc'!A1", "a\r\nBcc: x@example.org", "9999", "0000", "31", "x" * 20_000, "",
)  # fmt: skip


@dataclass
class Found:
    """A form: where it is sent, how, and what a browser would send untouched."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Reads the forms out of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Found] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").lower()
            self.found.append(Found(method, given.get("action", "")))
            self.inside = True
        elif self.inside and tag in FIELDS and "name" in given:
            self.found[-1].values.setdefault(given["name"], given.get("value", "x"))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.fixture
def strict(settings: dict[str, object]) -> Iterator[Flask]:
    """An application that answers a failure with its page, as when it is served."""
    made = create_app(settings)
    made.config["PROPAGATE_EXCEPTIONS"] = False
    yield made
    close_engines(made)


def client_of(app: Flask, made: FilledBoard, role: str) -> FlaskClient:
    client = app.test_client()
    if role != "anybody":
        with app.app_context():
            sign_in(client, db.session.get_one(User, made.user_ids[role]))
    return client


def forms_of(app: Flask, made: FilledBoard) -> list[tuple[str, Found]]:
    """Return every kind of form once, with a role that is shown it."""
    addresses, _ = page_walk.addresses(app, examples.by_argument(made), examples.by_endpoint(made))
    kinds: dict[tuple[object, ...], tuple[str, Found]] = {}
    seen: set[str] = set()
    for role in ROLES:
        client = client_of(app, made, role)
        for address in addresses:
            if address.endpoint in seen:
                continue
            answer = client.get(address.path)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            seen.add(address.endpoint)
            for form in Forms(answer.text).found:
                form.action = form.action or address.path
                path = re.sub(r"\d+", "N", form.action.partition("?")[0])
                kinds.setdefault((form.method, path, *sorted(form.values)), (role, form))
    return list(kinds.values())


def send(client: FlaskClient, form: Found, values: dict[str, str | bytes]) -> int:
    text = urlencode(values)
    if form.method == "get":
        return client.get(form.action, query_string=text).status_code
    sent = "application/x-www-form-urlencoded"
    return client.post(form.action, data=text, content_type=sent).status_code


def test_no_strange_input_ends_in_a_failure(strict: Flask) -> None:
    with strict.app_context(), writing() as session:
        made = filled_board.build(session, strict.config["EVIDENCE_URL"])
    forms = forms_of(strict, made)
    assert len(forms) > 30
    raised: list[str] = []

    def keep(_app: Flask, exception: Exception, **_: object) -> None:
        raised.append(repr(exception)[:200])

    got_request_exception.connect(keep, strict)
    tries = [
        (role, form, only, strange)
        for role, form in forms
        if not form.action.startswith("/logout")
        for only in (None, *form.values)
        for strange in STRANGE
    ]
    random.Random(len(STRANGE)).shuffle(tries)
    failures, done = [], 0
    end = time.monotonic() + MOST_SECONDS
    clients = {role: client_of(strict, made, role) for role in ROLES}
    for role, form, only, strange in tries:
        names = form.values if only is None else (only,)
        status = send(clients[role], form, {**form.values, **dict.fromkeys(names, strange)})
        if status >= 500:
            failures.append((form.method, form.action, only, strange[:20], raised[-1:]))
        done += 1
        if time.monotonic() > end:
            break
    assert failures == []
    assert done > 50
