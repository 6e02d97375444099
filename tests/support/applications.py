"""Applications for tests: one of each use and each settings is made and kept, since to make one
takes longer than most tests. What a test changes in its configuration is put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from s11audit import create_app
from tests.support.databases import close_engines


class Applications:
    """Keeps the applications of a test process."""

    def __init__(self) -> None:
        self._kept: dict[str, Flask] = {}

    @contextmanager
    def kept(self, use: str, settings: dict[str, object]) -> Iterator[Flask]:
        """Lend the application of that use with these settings; two uses never share one."""
        key = repr((use, sorted(settings.items())))
        app = self._kept.get(key) or self._kept.setdefault(key, create_app(settings))
        before = dict(app.config)
        try:
            yield app
        finally:
            close_engines(app)
            app.config.clear()
            app.config.update(before)
