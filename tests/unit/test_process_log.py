"""A line of the process's log is JSON, and nothing of a person gets into it."""

from __future__ import annotations

import gc
import json
import logging
import sys
import threading
import warnings

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.base import Worker

from s11audit import process_log
from s11audit.process_log import GunicornLogger, JsonLines


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


def test_an_exception_in_the_place_of_words_is_told_by_its_kind() -> None:
    record = logging.LogRecord("x", logging.ERROR, "x", 1, ValueError("Emma Wilson"), (), None)
    assert json.loads(JsonLines().format(record))["message"] == "builtins.ValueError"


def test_gunicorns_own_lines_hold_neither_address_nor_what_was_sent(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Sent:
        method, uri, query, version = "GET", "/invitations/a-secret", "", (1, 1)
        body, headers, trailers = b"", (), ()

    class Gone:
        def sendall(self, data: bytes) -> None:
            """Take what is answered."""

    settings = Config()
    worker = Worker(0, 0, [], None, 30, settings, GunicornLogger(settings))
    for request, fault in ((None, InvalidHeader("Cookie: a-secret")), (Sent(), ValueError("x"))):
        try:
            raise fault
        except Exception as error:
            worker.handle_error(request, Gone(), ("203.0.113.7", 1), error)
    worker.tmp.close()
    said = capfd.readouterr().err
    told = [json.loads(each)["message"] for each in said.splitlines()]
    assert told == ["Invalid request", "Error handling request"]
    assert "203.0.113.7" not in said and "a-secret" not in said


def test_warnings_and_what_ends_a_process_or_a_thread_are_lines_too(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    for place, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(place, name, getattr(place, name))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    gc.collect()
    process_log.set_up()

    def fail() -> None:
        raise ValueError("Emma Wilson")

    warnings.showwarning("Emma Wilson", UserWarning, "/srv/site-packages/openpyxl/x.py", 7)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    said = capfd.readouterr().err
    # What an earlier test left open is told too, whenever Python clears it away.
    ours = [each for each in said.splitlines() if "ResourceWarning" not in each]
    lines = [json.loads(each) for each in ours]
    assert lines[0]["message"] == "UserWarning at openpyxl/x.py:7"
    assert [each["exception"]["kinds"] for each in lines[1:]] == [["builtins.ValueError"]] * 2
    assert "Emma" not in said
