"""Sends the day's digests, once the set hour has come in London.

A batch of people is one transaction, so that others write in between, and a kill loses nothing.
Where no mail server is set nobody is reminded: reminders would only pile up in the outbox.
"""

from datetime import datetime

from flask import current_app

from s11audit.adapters.mail import can_send
from s11audit.extensions import db
from s11audit.scoring.reminders import day_to_send
from s11audit.services import digests
from s11audit.transactions import writing


def send_digests(now: datetime) -> None:
    """Compose and queue the digests of today that were not yet."""
    day = day_to_send(now, current_app.config["REMINDER_HOUR"])
    if day is None or not can_send() or digests.is_finished(db.session, day):
        return
    more = True
    while more:
        with writing() as session:
            more = digests.send_batch(session, day, now=now)
