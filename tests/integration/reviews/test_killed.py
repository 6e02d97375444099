"""The sweep that publishes after the deadline to reply, killed in the middle of a publication."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.jobs.replies import publish_after_deadline
from s11audit.models import Improvement, OutboxMessage, Publication
from tests.factories import NOW
from tests.integration.reviews.test_moderation import agreed, both_finished, two
from tests.support.killing import killed_half_way

SCRIPT = """
import time
from datetime import datetime
from s11audit import create_app
from s11audit.jobs import replies
done, real = [], replies.finalise_if_due

def slow(*args, **more):
    published = real(*args, **more)
    done.append(published)
    if len(done) == 2:
        print("half way", flush=True)
        time.sleep(60)
    return published

replies.finalise_if_due = slow
with create_app().app_context():
    replies.publish_after_deadline(datetime.fromisoformat("{now}"))
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_kill_in_a_publication_loses_nothing_and_doubles_nothing(
    session: Session, settings: dict[str, Any]
) -> None:
    for of in (two(session), two(session), two(session)):
        both_finished(session, of)
        agreed(session, of)
    session.commit()
    letters = session.scalar(select(func.count()).select_from(OutboxMessage))
    later = NOW + timedelta(days=30)
    session.rollback()
    killed_half_way(SCRIPT.format(now=later.isoformat()), settings)
    # The first stands; the second was made and not committed, so that nothing of it is there.
    publications = select(func.count()).select_from(Publication)
    assert session.scalar(publications) == 1
    session.rollback()
    assert (publish_after_deadline(later), publish_after_deadline(later)) == (2, 0)
    assert session.scalar(publications) == 3
    assert session.scalar(select(func.count()).select_from(Improvement)) == 3
    told = session.scalar(select(func.count()).select_from(OutboxMessage))
    assert told is not None and letters is not None
    assert (told - letters) % 3 == 0 and told > letters  # each agency the same, once
