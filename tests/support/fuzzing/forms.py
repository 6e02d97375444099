"""Finds every kind of form that pages show, with a role that is shown it.

The pages come from the URL map and the forms from the pages, so that a new form is tried too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s11audit.extensions import db
from s11audit.models import User
from tests.support import examples, page_walk
from tests.support.filled_board import FilledBoard
from tests.support.fuzzing.hostile import formulas_in, unsafe_in
from tests.support.web import sign_in

ANYBODY = "anybody"
ROLES = ("lead", "office", "qa", "chair", "admin", ANYBODY)
# What fits an empty field, by the end of its name.
FITTING = {
    "-day": "1", "-month": "3", "-year": "2027", "email": "new@example.org", "url": "https://a.example/",
    "numerator": "1", "denominator": "2", "password": "three words that do not belong",
}  # fmt: skip
FIELDS = ("input", "textarea", "select", "button")
# It would end the session that the tries are sent in.
LEFT_OUT = ("/logout",)


@dataclass
class Found:
    """A form: who is shown it, where it is sent and how, what a browser would send untouched,
    which values its lists offer, and which of its fields take a file."""

    role: str
    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    @property
    def kind(self) -> tuple[object, ...]:
        """What makes it another form than others: where it goes, whichever object it is about,
        and what it sends."""
        path = re.sub(r"\d+", "N", self.action.partition("?")[0])
        return (self.method, path, *sorted(self.values))

    def filled(self) -> dict[str, str]:
        """Return what a person might send: as it stands, and where nothing stands yet something
        that would mostly do."""
        return {name: self._filled(name) for name in self.values if name not in self.files}

    def _filled(self, name: str) -> str:
        was, offered = self.values[name], [each for each in self.offered.get(name, []) if each]
        if was or offered:
            return was or offered[0]
        for end, value in FITTING.items():
            if name.endswith(end):
                return value
        return "Some words of it."


class Forms(HTMLParser):
    """Reads the forms out of a page."""

    def __init__(self, page: str, role: str, address: str) -> None:
        super().__init__()
        self.found: list[Found] = []
        self.links: list[str] = []
        self._role, self._address = role, address
        self._inside = False
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and re.match(r"/[^/].*\?|/\?", given.get("href", "")):
            self.links.append(given["href"].partition("#")[0])
        if tag == "form":
            action = given.get("action") or self._address
            self.found.append(Found(self._role, given.get("method", "get").lower(), action))
            self._inside = True
        elif not self._inside:
            return
        elif tag == "option" and self._select:
            self._offer(self._select, given.get("value", ""), "selected" in given)
        elif tag in FIELDS and "name" in given:
            self._field(tag, given)

    def handle_data(self, data: str) -> None:
        if self._inside and self._area:
            self.found[-1].values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name, kind = self.found[-1], given["name"], given.get("type", "")
        if tag == "textarea":
            self._area = name
            form.values.setdefault(name, "")
        elif tag == "select":
            self._select = name
            form.values.setdefault(name, "")
        elif kind == "file":
            form.files.add(name)
            form.values.setdefault(name, "")
        elif kind in ("radio", "checkbox"):
            self._offer(name, given.get("value", "on"), "checked" in given)
        else:
            form.values.setdefault(name, given.get("value", ""))

    def _offer(self, name: str, value: str, chosen: bool) -> None:
        form = self.found[-1]
        form.offered.setdefault(name, []).append(value)
        form.values.setdefault(name, "")
        if chosen:
            form.values[name] = value


def client_of(app: Flask, made: FilledBoard, role: str) -> FlaskClient:
    """Return a client of the application in which a person of that role is signed in."""
    client = app.test_client()
    if role != ANYBODY:
        with app.app_context():
            sign_in(client, db.session.get_one(User, made.user_ids[role]))
    return client


@dataclass
class Walked:
    """What a walk through every page found: every kind of form once, in the order of the pages,
    with a role that is shown it; every kind of link with a query, likewise, as (role, address);
    the endpoints that showed a page; what is unsafe in them, and what is a formula in files, as
    (endpoint, what); the kinds of files; and the addresses that failed."""

    forms: list[Found] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    unsafe: list[tuple[str, str]] = field(default_factory=list)
    formulas: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


def walk(app: Flask, made: FilledBoard) -> Walked:
    """Open every address of the examples, as the first role that is shown its page."""
    addresses, _ = page_walk.addresses(app, examples.by_argument(made), examples.by_endpoint(made))
    found = Walked()
    forms: dict[tuple[object, ...], Found] = {}
    links: dict[tuple[object, ...], tuple[str, str]] = {}
    for role in ROLES:
        client = client_of(app, made, role)
        earlier = set(found.pages)
        for address in addresses:
            if address.endpoint in earlier:
                continue
            answer = client.get(address.path)
            if answer.status_code >= 500:
                found.failed.append(address.path)
            if answer.mimetype == "text/html":
                found.unsafe += [(address.endpoint, each) for each in unsafe_in(answer.text)]
            elif answer.status_code == 200:
                found.formulas += [(address.endpoint, each) for each in formulas_in(answer)]
                found.files.add(answer.mimetype)
            if not is_page(answer):
                continue
            found.pages.add(address.endpoint)
            read = Forms(answer.text, role, address.path)
            for form in read.found:
                if not form.action.startswith(LEFT_OUT):
                    forms.setdefault(form.kind, form)
            for link in read.links:
                links.setdefault(_kind_of_link(link), (role, link))
    found.forms, found.links = list(forms.values()), list(links.values())
    return found


def _kind_of_link(link: str) -> tuple[object, ...]:
    path, _, query = link.partition("?")
    return (re.sub(r"\d+", "N", path), *sorted(name for name, _ in parse_qsl(query)))


def is_page(answer: TestResponse) -> bool:
    """Return whether the answer is a page that a browser would show."""
    return answer.status_code == 200 and answer.mimetype == "text/html"
