"""For operators and their monitoring: is it alive, is it ready, and its figures. None of these
pages names a person, a board or an agency."""

import hmac
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from s11audit import paths
from s11audit.extensions import db
from s11audit.observing import counters
from s11audit.queries.health import Health, health, is_silent, last_beat, stored_revision
from s11audit.sessions import idle_end, longest
from s11audit.views.guards import now, public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """Say that this process answers. Nothing else is asked."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Say whether pages can be served: 200, or 503 with what is in the way. A worker that is
    silent is told, but is no reason to send people elsewhere."""
    try:
        database, worker = "outdated", "unknown"
        if stored_revision(db.session) == paths.newest_revision():
            database, worker = "ok", "ok"
            if is_silent(last_beat(db.session), now()):
                worker = "silent"
    except SQLAlchemyError:
        database, worker = "unreachable", "unknown"
    fit = database == "ok"
    found = {"status": "ok" if fit else "unfit", "database": database, "worker": worker}
    return jsonify(found), 200 if fit else 503


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Return the figures for Prometheus to whoever sends the token; others find nothing here."""
    token = current_app.config["METRICS_TOKEN"]
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        abort(404)
    found = health(db.session, idle=idle_end(), longest=longest(), now=now())
    figures = _gauges(found, now())
    return Response(counters() + figures, content_type=CONTENT_TYPE_LATEST)


class _Gauges(Collector):
    """The figures of one moment. They are asked of the database, and so are the same in whichever
    process is asked: none of them is kept in the files that the processes share."""

    def __init__(self, found: Health, at: datetime) -> None:
        self._found, self._at = found, at

    def collect(self) -> Iterator[Metric]:
        """Yield them, as the library asks for them."""
        found, oldest, beat = self._found, self._found.mail.since, self._found.worker_at
        for name, meaning, value in (
            ("mail_waiting", "Messages that wait to be sent.", found.mail.waiting),
            (
                "mail_oldest_seconds",
                "Age of the oldest message that waits.",
                (self._at - oldest).total_seconds() if oldest else 0,
            ),
            ("mail_given_up", "Messages that were given up.", found.mail.given_up),
            ("files_held", "Files that wait for the virus scanner.", found.held_files),
            ("sessions_open", "Browsers that are signed in.", found.open_sessions),
            (
                "worker_silent_seconds",
                "Seconds since the background worker was last there; -1: never.",
                (self._at - beat).total_seconds() if beat else -1,
            ),
        ):
            yield GaugeMetricFamily(f"s11audit_{name}", meaning, value=value)


def _gauges(found: Health, at: datetime) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Gauges(found, at))
    return generate_latest(registry)
