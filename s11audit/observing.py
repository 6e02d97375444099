"""What operators see of each request: a line of the process's log, a number to quote, counters.

The counters are kept only where S11AUDIT_METRICS_TOKEN is set. Several web processes share them
by files in the folder that PROMETHEUS_MULTIPROC_DIR names, which `s11audit serve` makes.
"""

import logging
import os
import secrets
import time
from typing import Any

from flask import Flask, Response, g, got_request_exception, has_request_context, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

QUIET = frozenset({"static", "security.static", "health.alive", "health.ready", "health.metrics"})
NO_ROUTE = "(none)"
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
OTHER_METHOD = "(other)"

_log = logging.getLogger("s11audit.requests")
_registry = CollectorRegistry()
_answers = Counter(
    "s11audit_answers", "Answers given.", ("route", "method", "status"), registry=_registry
)
_seconds = Histogram(
    "s11audit_answer_seconds",
    "Seconds until the answer was ready.",
    ("route",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_registry,
)


def observe(app: Flask) -> None:
    """Note every request. Anything of a person stays out: see `process_log`."""
    counted = bool(app.config["METRICS_TOKEN"])

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()
        g.request_number = secrets.token_hex(6)

    @app.after_request
    def note(answer: Response) -> Response:
        if request.endpoint in QUIET or "request_number" not in g:
            return answer
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        seconds = time.perf_counter() - g.begun
        answer.headers["X-Request-Id"] = g.request_number
        if counted:
            _answers.labels(route, _method(), str(answer.status_code)).inc()
            _seconds.labels(route).observe(seconds)
        _log.info("answered", extra=_told(route, answer.status_code, seconds))
        return answer


def tell_failures(app: Flask) -> None:
    """Write a failure of ours by its kind and places, in the place of Flask's own line, which
    holds the address."""

    def tell(_sender: Flask, exception: BaseException, **_: Any) -> None:
        route = request.url_rule.rule if request.url_rule else NO_ROUTE
        info = (type(exception), exception, exception.__traceback__)
        _log.error("failed", exc_info=info, extra=_told(route, 500, 0.0))

    got_request_exception.connect(tell, app, weak=False)
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]


class WithRequest(logging.Filter):
    """Gives every line that is written during a request the request's number."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add it, where there is one; let every line pass."""
        if has_request_context() and "request_number" in g and not hasattr(record, "request"):
            record.request = g.request_number
        return True


def counters() -> bytes:
    """Return the counters of every web process, in Prometheus' text format."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(_registry)
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)
    return generate_latest(shared)


def _method() -> str:
    """Return the request's method; a stranger may make up any, and each would be a figure more."""
    return request.method if request.method in METHODS else OTHER_METHOD


def _told(route: str, status: int, seconds: float) -> dict[str, Any]:
    return {
        "request": g.get("request_number", ""),
        "route": route,
        "method": _method(),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
