"""For operators and their monitoring: is it alive, is it ready, and its figures. None of these
pages names a person, a board or an agency."""

import hmac
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from s11audit import paths
from s11audit.extensions import db
from s11audit.observing import counters
from s11audit.queries.health import Health, health, stored_revision
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
        database = "ok" if stored_revision(db.session) == paths.newest_revision() else "outdated"
        worker = "silent" if health(db.session).is_worker_silent(now()) else "ok"
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
    figures = _gauges(health(db.session), now())
    return Response(counters() + figures, content_type=CONTENT_TYPE_LATEST)


def _gauges(found: Health, at: datetime) -> bytes:
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, value: float) -> None:
        Gauge(f"s11audit_{name}", meaning, registry=registry).set(value)

    oldest, beat = found.oldest_mail_at, found.worker_at
    gauge("mail_waiting", "Messages that wait to be sent.", found.waiting_mail)
    gauge(
        "mail_oldest_seconds",
        "Age of the oldest message that waits.",
        (at - oldest).total_seconds() if oldest else 0,
    )
    gauge("files_held", "Files that wait for the virus scanner.", found.held_files)
    gauge("sessions_open", "Browsers that are signed in.", found.open_sessions)
    gauge(
        "worker_silent_seconds",
        "Seconds since the background worker was last there; -1: never.",
        (at - beat).total_seconds() if beat else -1,
    )
    return generate_latest(registry)
