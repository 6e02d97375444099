"""The service over a filled board, which these tests share: to fill it takes longer than they."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import Databases
from tests.support.fuzzing.run import Fuzzed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process run all of them."""
    for item in items:
        if "fuzzed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("fuzzed"))


@pytest.fixture(scope="session")
def fuzzed(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """The service, after a walk through every page with hostile texts in every column."""
    url = databases.make("sqlite")
    made = Fuzzed(Path(url.removeprefix("sqlite:///")), tmp_path_factory.mktemp("fuzzed"))
    yield made
    made.close()
    databases.drop(url)
