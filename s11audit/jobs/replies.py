"""Publishes agreed ratings once the time for the agency's reply has ended (domain rule 22)."""

import logging
from datetime import datetime

from s11audit.domain.errors import S11Error
from s11audit.domain.policy import Actor
from s11audit.extensions import db
from s11audit.queries.replies import due_sharings
from s11audit.services.sharing import finalise_if_due
from s11audit.transactions import writing

WORKER = Actor(user_id=None, name="background worker", is_operator=True)

_log = logging.getLogger(__name__)


def publish_after_deadline(now: datetime) -> int:
    """Publish what is due, each return in a transaction of its own, and return how many were. A
    kill loses nothing: what is left over is found again, and what is done is not done twice."""
    due = due_sharings(db.session, now)
    db.session.rollback()
    published = 0
    for sharing_id in due:
        try:
            with writing() as session:
                published += finalise_if_due(session, WORKER, sharing_id, now=now) is not None
        except S11Error as error:
            _log.warning("Shared ratings %s cannot be published: %s", sharing_id, error)
    return published
