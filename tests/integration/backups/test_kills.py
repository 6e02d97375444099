"""The service killed at work: the bench does it hundreds of times (`python -m bench.kills`), this a
few times."""

from __future__ import annotations

from pathlib import Path

from bench.kills import measure
from tests.support.databases import Databases


def test_nothing_is_lost_or_half_done_when_the_service_is_killed(
    databases: Databases, tmp_path: Path
) -> None:
    found = measure("sqlite", databases.make("sqlite"), tmp_path, kills=3)
    assert found.losses == []
    assert found.kills == 3
    assert sum(found.answered.values()) > 0 and found.cut_off > 0
