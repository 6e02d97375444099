"""Fixtures for every test: databases of both kinds, the application, a client, the browser.

`database_url` runs a test once on SQLite and once on PostgreSQL. A test that has no need of both
says `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.extensions import db
from tests.support import chromium
from tests.support.applications import Applications
from tests.support.databases import Databases, settings_for
from tests.support.server import Served, serving

# A busy machine is no failure: nothing is timed by hypothesis.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "database_url" in names:
            item.add_marker(pytest.mark.database)
        if "page" in names or "browser" in names:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Makes databases; one PostgreSQL server a test process, started when first asked for."""
    made = Databases()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a database with the schema as migrated and nothing in it."""
    url = databases.borrow(request.param)
    yield url
    databases.give_back(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a fresh database with nothing in it."""
    url = databases.make(request.param, empty=True)
    yield url
    databases.drop(url)


@pytest.fixture
def settings(database_url: str, databases: Databases) -> dict[str, object]:
    """What `create_app` is given."""
    kind = database_url.split(":")[0].split("+")[0]
    return settings_for(database_url, databases.data_folder(kind))


@pytest.fixture(scope="session")
def applications() -> Applications:
    """The applications that a test process keeps."""
    return Applications()


@pytest.fixture
def app(settings: dict[str, object], applications: Applications) -> Iterator[Flask]:
    """The application on the database of the test."""
    with applications.kept("app", settings) as kept:
        yield kept


@pytest.fixture
def client(settings: dict[str, object], applications: Applications) -> Iterator[FlaskClient]:
    """Flask's test client. See `tests.support.web.sign_in`.

    It talks to an application of its own on the same database: within the context that `session`
    holds open, requests to the same one would share `g`, and so who is signed in.
    """
    with applications.kept("client", settings) as kept:
        yield kept.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session inside an application context. What a request must see, the test commits."""
    with app.app_context():
        opened = db.sessionmaker()
        try:
            yield opened
        finally:
            opened.rollback()
            opened.close()


@pytest.fixture
def served(settings: dict[str, object]) -> Iterator[Served]:
    """The application served by gunicorn on the same database as `app` and `session`."""
    with serving(settings) as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives an installed Chromium where there is one."""
    return {**browser_type_launch_args, **chromium.launch_options()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """As most people see the service: English, in London."""
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 900},
        "locale": "en-GB",
        "timezone_id": "Europe/London",
    }
