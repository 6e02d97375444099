"""A line of the process's log is JSON, and nothing of a person gets into it."""

from __future__ import annotations

import json
import logging
import sys

from s11audit.process_log import JsonLines


def line(message: str, **more: object) -> dict[str, object]:
    record = logging.LogRecord("s11audit.test", logging.INFO, "x.py", 1, message, (), None)
    record.__dict__.update(more)
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_has_its_time_level_source_and_the_known_fields_only() -> None:
    found = line("answered", route="/returns/<int:return_id>", status=200, person="Amira Khan")
    assert found.pop("at")
    assert found == {
        "level": "info", "source": "s11audit.test", "message": "answered",
        "route": "/returns/<int:return_id>", "status": 200,
    }  # fmt: skip


def test_an_exception_is_told_by_kind_and_place_and_never_by_its_words() -> None:
    def fail(typed: str) -> None:
        raise ValueError(typed)

    try:
        try:
            fail("Emma Wilson, born 1 May 2014")
        except ValueError as error:
            raise RuntimeError("could not save Emma Wilson") from error
    except RuntimeError:
        found = line("failed", exc_info=sys.exc_info())
    told = found["exception"]
    assert isinstance(told, dict)
    assert told["kinds"] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "test_process_log.py" in told["places"][0]
    assert "Emma" not in json.dumps(found)
    assert "\\n" in JsonLines().format(
        logging.LogRecord("x", logging.INFO, "x", 1, "two\nlines", (), None)
    )
