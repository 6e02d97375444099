"""Every address of the service with example values, and which of them a role can open as HTML.

The addresses come from the URL map: a new route is picked up where its arguments have examples
below, and a test fails naming it where they have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

Values = dict[str, Any]

STATIC = frozenset({"static", "security.static"})


@dataclass(frozen=True)
class Address:
    """One address of one route."""

    endpoint: str
    path: str


@dataclass(frozen=True)
class Visit:
    """An address that answered with a page, the kinds of elements that the page is made of, and
    whether it is the page of a failure of ours."""

    address: Address
    kinds: frozenset[tuple[str, ...]] = frozenset()
    failed: bool = False


def rules(app: Flask) -> list[Rule]:
    """Return the routes that answer a GET, in the order of their names."""
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in STATIC
    ]
    return sorted(found, key=lambda rule: (rule.endpoint, rule.rule))


def addresses(
    app: Flask, by_argument: dict[str, list[Any]], by_endpoint: dict[str, list[Values]]
) -> tuple[list[Address], list[str]]:
    """Return every address that the examples give, and the routes without an example.

    `by_endpoint` gives whole sets of arguments (other names become the query); for other routes
    each argument takes every example of its name.
    """
    found: list[Address] = []
    without: list[str] = []
    with app.test_request_context():
        for rule in rules(app):
            sets = _sets(rule, by_argument, by_endpoint)
            if sets is None:
                without.append(f"{rule.endpoint} ({rule.rule})")
                continue
            for values in sets:
                path = app.url_for(rule.endpoint, **values)
                if (address := Address(rule.endpoint, path)) not in found:
                    found.append(address)
    return found, without


def _sets(
    rule: Rule, by_argument: dict[str, list[Any]], by_endpoint: dict[str, list[Values]]
) -> list[Values] | None:
    if rule.endpoint in by_endpoint:
        return by_endpoint[rule.endpoint]
    names = sorted(rule.arguments)
    if not all(name in by_argument for name in names):
        return None
    return [
        dict(zip(names, values, strict=True))
        for values in product(*(by_argument[name] for name in names))
    ]


def visits(client: FlaskClient, found: list[Address]) -> Iterator[Visit]:
    """Yield those addresses that answer this client with a page of HTML, or fail to."""
    for address in found:
        answer = client.get(address.path)
        if answer.status_code >= 500:
            yield Visit(address, failed=True)
        elif _is_page(answer):
            html = answer.get_data(as_text=True)
            yield Visit(address, _kinds(html))


def _is_page(answer: TestResponse) -> bool:
    saved = "attachment" in answer.headers.get("Content-Disposition", "")
    return answer.status_code == 200 and answer.mimetype == "text/html" and not saved


def _kinds(html: str) -> frozenset[tuple[str, ...]]:
    """Return the kinds of elements of a page: the tags with their classes and roles."""
    return frozenset(
        (tag, *sorted(re.findall(r'\b(?:class|role|type)="([^"]*)"', attributes)))
        for tag, attributes in re.findall(r"<([a-z][a-z0-9]*)\b([^>]*)>", html)
    )
