"""What a request would change: it is run to its end and answered, and nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from s11audit.extensions import db

# Tokens and hashes, which are others each time.
_RANDOM = re.compile(r"[0-9A-Za-z_$+/=,-]{20,}|[0-9a-f]{12,}")
# Tries that are counted, and sessions that are in use, are no content.
_ASIDE = re.compile(r"\b(user_session|sign_in_try)\b")


@dataclass
class Changes:
    """The changes that the requests since `clear` would have made, each as text; without what is
    random in them."""

    made: list[str]

    def clear(self) -> None:
        """Forget them."""
        self.made.clear()


@contextmanager
def watched(app: Flask) -> Iterator[Changes]:
    """Collect changes instead of making them, at a clock that stands still."""
    changes = Changes([])

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        writes = statement.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "REPLACE")
        if writes and not _ASIDE.search(statement):
            changes.made.append(_RANDOM.sub("*", f"{statement} {values!r}"))

    def commit(session: Session) -> None:
        session.flush()
        session.dispatch.before_commit(session)
        session.flush()
        session.expunge_all()  # what a view goes on to show stays as a commit leaves it
        session.rollback()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with (
            pytest.MonkeyPatch.context() as patch,
            time_machine.travel(datetime.now(UTC), tick=False),
        ):
            patch.setattr(Session, "commit", commit)
            yield changes
    finally:
        event.remove(engine, "before_cursor_execute", note)
