"""What the processes write to standard error: one JSON object a line, with nothing of a person.

An address of a page may hold a one-time link, and the message of an error or of a warning may hold
what somebody typed. None is written: a request is told by its route, an error by its kind and by
the places in the program that it came through.
"""

import json
import logging
import sys
import threading
import traceback
import warnings
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from gunicorn.glogging import Logger as GunicornsLogger

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
_log = logging.getLogger(__name__)
# What a caller may add to a line by `extra`.
FIELDS = ("request", "route", "method", "status", "milliseconds", "sweep", "count")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: `at`, `level`, `source`, `message`, the FIELDS that the record has,
        and for an exception its kind and places."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "source": record.name,
            "message": _message(record),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["exception"] = told(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """Return the record's words; an exception that stands in their place is told by its kind."""
    return _kind(record.msg) if isinstance(record.msg, BaseException) else record.getMessage()


def told(info: ExcInfo) -> dict[str, Any]:
    """Return an exception as its kinds, the first cause last, and the places in the program,
    the innermost first; never its message, which may hold what somebody typed."""
    kinds: list[str] = []
    error = info[1]
    while error is not None and len(kinds) < 5:
        kinds.append(_kind(error))
        error = error.__cause__ or error.__context__
    places = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(info[2]))
    ]
    return {"kinds": kinds, "places": places[:20]}


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _short(file: str) -> str:
    """Return where a file lies in its package, without the folders of this machine."""
    for mark in ("site-packages/", "s11audit/"):
        if mark in file:
            return ("" if mark == "site-packages/" else mark) + file.rpartition(mark)[2]
    return file.rpartition("/")[2]


def set_up(*filters: logging.Filter) -> None:
    """Have everything that this process logs written so, once, past these filters; also what is
    warned of, and the failure that ends a process or a thread."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for each in filters:
        handler.addFilter(each)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("huey", "alembic", "obstore", "asyncio", "fontTools"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.showwarning = _warn
    sys.excepthook = lambda *info: _log.critical("ended by a failure", exc_info=info)
    threading.excepthook = lambda args: _log.critical(
        "a thread was ended by a failure",
        exc_info=(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback),
    )


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _log.warning("%s at %s:%d", category.__name__, _short(filename), lineno)


class _NothingOfRequests(logging.Filter):
    """Takes what was sent, and from which address, out of gunicorn's own lines on requests that
    it cannot read or answer. Their first words are enough to find them in its source."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the line where it is one of those; let every line pass."""
        for beginning in ("Invalid request", "Error handling request"):
            if str(record.msg).startswith(beginning):
                record.msg, record.args = beginning, ()
        return True


class GunicornLogger(GunicornsLogger):
    """Gunicorn's own lines in the same form; its access log, which holds addresses, is not used."""

    def setup(self, cfg: Any) -> None:
        """Write gunicorn's lines as JSON, at the level that it was started with."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())
            handler.addFilter(_NothingOfRequests())
        self.error_log.propagate = False
