"""The demonstration, loaded once for all tests of this folder, which only read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from s11audit import create_app
from s11audit.demonstration import build
from tests.support.databases import Databases, close_engines, settings_for

NOW = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def told() -> list[int]:
    """How far the loading said it was, each time it said so."""
    return []


@pytest.fixture(scope="package")
def app(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, told: list[int]
) -> Iterator[Flask]:
    """An application on a database with the demonstration."""
    made = create_app(settings_for(databases.make("sqlite"), tmp_path_factory.mktemp("demo")))
    with made.app_context():
        assert build.load(lambda done, _of: told.append(done), now=NOW)
    yield made
    close_engines(made)
