"""Starting the review, rating, and what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Participation, Rag, RatingRole, ReturnState, Role, Standing
from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from s11audit.models import AuditLog, Rating, SendBack
from s11audit.queries import reviews as read
from s11audit.queries.returns import return_by_id
from s11audit.services import reviews
from tests import factories as make
from tests.factories import NOW
from tests.support.reviewing import Panel, panel, send

LATER = NOW + timedelta(days=1)


def started(session: Session, **options: object) -> Panel:
    found = panel(session, **options)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    return found


def rate(session: Session, of: Panel, standard: int = 1, *, who: str = "qa", **given: object):
    values = {"label": "green", "comment": "Well shown.", "now": NOW} | given
    return reviews.rate(session, of.actor(session, who), of.return_.id, standard, **values)


def test_starting_the_review_moves_the_return_on_and_is_logged(session: Session) -> None:
    found = panel(session)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    session.commit()
    assert found.return_.state is ReturnState.IN_REVIEW
    logged = session.scalars(select(AuditLog)).one()
    assert (logged.what, logged.role, logged.return_id) == (
        "return.review_started",
        "qa",
        found.return_.id,
    )


def test_a_review_is_started_once(session: Session) -> None:
    found = started(session)
    with pytest.raises(Refused, match="in review"):
        reviews.start_review(session, found.actor(session, "chair"), found.return_.id, now=NOW)


def test_nothing_is_rated_before_the_review_begins(session: Session) -> None:
    found = panel(session)
    with pytest.raises(Refused, match="Start the review"):
        rate(session, found)


def test_an_advisory_agency_is_not_rated(session: Session) -> None:
    found = panel(session, participation=Participation.ADVISORY)
    with pytest.raises(Refused, match="advisory"):
        reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    with pytest.raises(Refused, match="advisory"):
        rate(session, found)


def test_a_return_that_is_no_longer_asked_for_is_not_rated(session: Session) -> None:
    found = started(session)
    found.return_.standing = Standing.WITHDRAWN
    session.flush()
    with pytest.raises(Refused, match="no longer asked"):
        rate(session, found)


def test_nobody_rates_an_agency_where_they_hold_a_role(session: Session) -> None:
    found = started(session)
    make.grant(session, found.qa, Role.CONTRIBUTOR, membership=found.agency)
    with pytest.raises(NotAllowed):
        rate(session, found)
    # Nor where they hold it on another board, under another name.
    other = make.membership(session, make.board(session), agency=found.agency.agency)
    make.grant(session, found.chair, Role.LEAD, membership=other)
    with pytest.raises(NotAllowed):
        rate(session, found, who="chair")


@pytest.mark.parametrize("who", ["office", "scrutineer", "lead", "contributor"])
def test_only_qa_rates(session: Session, who: str) -> None:
    found = started(session)
    with pytest.raises(NotAllowed):
        rate(session, found, who=who)


def test_another_boards_return_does_not_exist(session: Session) -> None:
    found, other = started(session), panel(session)
    with pytest.raises(NotFound):
        reviews.rate(
            session, other.actor(session, "qa"), found.return_.id, 1, label="green", now=NOW
        )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": "amber"}, "improvement"),
        ({"label": "red", "improvement": " \n"}, "improvement"),
        ({"label": "green", "improvement": "Do more"}, "improvement"),
        ({"label": "na"}, "na_reason"),
        ({"label": "splendid"}, "label"),
        ({"label": ""}, "label"),
    ],
)
def test_a_rating_lacks_something(session: Session, given: dict, field: str) -> None:
    found = started(session)
    with pytest.raises(Invalid) as raised:
        rate(session, found, **given)
    assert list(raised.value.problems) == [field]


def test_a_standard_that_does_not_apply_cannot_be_rated(session: Session) -> None:
    found = started(session)
    with pytest.raises(NotFound):
        rate(session, found, 99)


def test_ratings_are_appended_and_a_change_needs_a_reason(session: Session) -> None:
    found = started(session)
    first = rate(session, found, label="amber", improvement="Write it down.")
    with pytest.raises(Invalid) as raised:
        rate(session, found, label="green")
    assert list(raised.value.problems) == ["reason"]
    second = rate(session, found, label="green", reason="The policy came.", now=LATER)
    assert second.supersedes_id == first.id
    history = read.ratings_of(session, found.return_.id, (RatingRole.REVIEWER,))
    assert [(each.label, each.reason) for each in history] == [
        ("amber", ""),
        ("green", "The policy came."),
    ]


def test_saving_what_stands_already_appends_nothing(session: Session) -> None:
    found = started(session)
    first = rate(session, found)
    assert rate(session, found, now=LATER).id == first.id
    assert session.scalar(select(func.count(Rating.id)).where(Rating.role == "reviewer")) == 1


def test_who_rates_takes_the_return_and_another_window_is_told(session: Session) -> None:
    found = started(session)
    first = rate(session, found, based_on=0)
    with pytest.raises(Refused, match="Quinn Able reviews this return"):
        rate(session, found, who="chair", label="red", improvement="Begin.", based_on=0)
    with pytest.raises(Conflict) as raised:
        rate(session, found, label="red", improvement="Begin.", based_on=0)
    assert raised.value.current == first.id


def test_a_new_submission_needs_its_ratings_confirmed(session: Session) -> None:
    """What was given on the submission that was sent back stays in the history only."""
    found = started(session)
    first = rate(session, found)
    back = read.current_submission(session, found.return_.id)
    session.add(
        SendBack(submission_id=back.id, reason="More", effective_at=LATER, recorded_at=LATER)
    )
    found.return_.state = ReturnState.IN_PROGRESS
    session.flush()
    assert read.current_submission(session, found.return_.id) is None
    with pytest.raises(Refused, match="not been sent in"):
        rate(session, found)
    again = LATER + timedelta(days=1)
    return_ = return_by_id(session, found.return_.id)
    send(session, return_, now=again)
    found.return_.state = ReturnState.IN_REVIEW
    session.flush()
    submission = read.current_submission(session, found.return_.id)
    assert submission.number == 2
    stands = read.reviews_of(session, return_, submission)[0]
    assert (stands.given.id, stands.earlier, stands.rated) == (first.id, True, False)
    confirmed = rate(session, found, now=again)
    assert confirmed.id != first.id
    assert confirmed.reason == "Given again on submission 2."
    stands = read.reviews_of(session, return_, submission)[0]
    assert (stands.earlier, stands.rated, stands.pending) == (False, True, True)


def test_what_qa_reads_is_what_was_sent_in(session: Session) -> None:
    found = started(session)
    submission = read.current_submission(session, found.return_.id, with_snapshot=True)
    part = read.part_of(submission.snapshot, 2)
    assert part["statement"] == "What we do about standard 2."
    suggestions = read.suggestions_of(
        session, return_by_id(session, found.return_.id), submission.snapshot
    )
    assert suggestions[2].rag is Rag.GREEN
    assert part["self_rating"]["rag"] == "amber"
