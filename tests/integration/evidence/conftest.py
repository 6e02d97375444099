"""The outside services of evidence, each started once a test session when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clamd import Clamd
from tests.support.s3_server import Endpoint, endpoint


@pytest.fixture(scope="session")
def clamd_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """A real clamd."""
    running = Clamd(tmp_path_factory.mktemp("clamd"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def clamd(clamd_service: Clamd) -> Iterator[Clamd]:
    """A real clamd, started again after the test where the test stopped it."""
    yield clamd_service
    clamd_service.stop()
    clamd_service.start()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A real S3 endpoint."""
    with endpoint(tmp_path_factory.mktemp("s3")) as running:
        yield running
