"""An operator for each test of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commands.running import Operator


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator with an empty folder: the database is SQLite, made at the first command."""
    return Operator(tmp_path)


@pytest.fixture
def operator_anywhere(tmp_path: Path, database_url: str) -> Operator:
    """An operator on a database of either kind."""
    return Operator(tmp_path, database_url)
