"""The chair publishes; the agency is told; later publications hold what is new."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, RatingRole, ReturnState, Role
from s11audit.domain.errors import NotAllowed, Refused
from s11audit.models import Improvement, OutboxMessage, Rating
from s11audit.queries import reviews as read
from s11audit.queries.returns import return_by_id
from s11audit.services import reviews
from s11audit.services.log import verify
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import Panel, panel, rated

LATER = NOW + timedelta(days=30)


def publish(session: Session, of: Panel, who: str = "chair", now=LATER):
    return reviews.publish(session, of.actor(session, who), of.return_.id, now=now)


def test_publishing_makes_the_ratings_count_and_opens_improvements(session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER, 3: Rag.RED, 4: Rag.NA})
    session.commit()
    assert found.return_.state is ReturnState.RATED
    agreed = read.published_of(session, return_by_id(session, found.return_.id))
    assert [each.agreed.rag for each in agreed[:4]] == [Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA]
    opened = session.scalars(select(Improvement).order_by(Improvement.standard)).all()
    assert [(each.standard, each.text) for each in opened] == [
        (2, "Show how it is done."),
        (3, "Show how it is done."),
    ]
    assert read.latest_publication(session, found.return_.id).number == 1
    assert verify(session)[1] is None


def test_the_agencys_people_are_told_once(session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    letters = session.scalars(select(OutboxMessage).order_by(OutboxMessage.to_email)).all()
    assert {each.to_email for each in letters} == {found.lead.email, found.contributor.email}
    assert "One improvement is required" in letters[0].body
    assert f"/returns/{found.return_.id}/ratings" in letters[0].body


def test_every_standard_needs_a_rating_first(session: Session) -> None:
    found = panel(session)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    with pytest.raises(Refused, match="standards 1, 2, 3, 4, 5, 6, 7, 8 and 9 have not been rated"):
        publish(session, found)


@pytest.mark.parametrize("who", ["qa", "office", "scrutineer", "lead"])
def test_only_the_chair_publishes(session: Session, who: str) -> None:
    found = panel(session)
    rated(session, found, publish=False)
    with pytest.raises(NotAllowed):
        publish(session, found, who)


def test_the_chair_does_not_publish_for_their_own_agency(session: Session) -> None:
    found = panel(session)
    rated(session, found, publish=False)
    make.grant(session, found.chair, Role.CONTRIBUTOR, membership=found.agency)
    with pytest.raises(NotAllowed):
        publish(session, found)


def test_a_later_publication_holds_only_what_was_rated_again(session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    with pytest.raises(Refused, match="nothing new"):
        publish(session, found)
    qa = found.actor(session, "qa")
    reviews.rate(
        session,
        qa,
        found.return_.id,
        2,
        label="green",
        comment="Verified.",
        reason="The actions were verified.",
        now=LATER,
    )
    second = publish(session, found)
    assert second.number == 2
    agreed = session.scalars(
        select(Rating).where(Rating.role == RatingRole.AGREED, Rating.standard == 2)
    ).all()
    assert [each.rag for each in agreed] == [Rag.AMBER, Rag.GREEN]
    assert agreed[1].supersedes_id == agreed[0].id
    assert agreed[1].reason == "The actions were verified."
    published = session.scalars(select(Rating).where(Rating.publication_id == second.id)).all()
    assert [each.standard for each in published] == [2]


def test_a_return_is_closed_with_its_stage(session: Session) -> None:
    found = panel(session)
    rated(session, found, publish=False)
    return_by_id(session, found.return_.id).stage.closed_at = NOW
    session.flush()
    publish(session, found)
    assert found.return_.state is ReturnState.CLOSED


def test_a_closed_return_can_be_rated_again_and_stays_closed(session: Session) -> None:
    """Plans run on after the stage was closed, and verification leads to a new rating."""
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    found.return_.state = ReturnState.CLOSED
    session.flush()
    reviews.rate(
        session,
        found.actor(session, "qa"),
        found.return_.id,
        2,
        label="green",
        reason="Verified.",
        now=LATER,
    )
    publish(session, found)
    assert found.return_.state is ReturnState.CLOSED


def test_monitoring_begins_and_ends_with_the_published_rating(session: Session) -> None:
    found = panel(session)
    rated(session, found, publish=False)
    qa, return_id = found.actor(session, "qa"), found.return_.id
    values = {"label": "green", "comment": "Watch it.", "reason": "Doubts", "now": LATER}
    reviews.rate(session, qa, return_id, 1, monitor=True, **values)
    assert read.flags_of(session, return_id) == {}
    publish(session, found)
    assert list(read.flags_of(session, return_id)) == [(1, None)]
    again = LATER + timedelta(days=1)
    values |= {"reason": "No doubts", "now": again}
    reviews.rate(session, qa, return_id, 1, monitor=False, **values)
    publish(session, found, now=again)
    assert read.flags_of(session, return_id) == {}
