"""Sending a return in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import RatingRole, ReturnState
from s11audit.domain.errors import Invalid, NotAllowed, Refused
from s11audit.models import OutboxMessage, Rating, Submission
from s11audit.services import log
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.submissions import Signatory
from s11audit.services.submitting import submit
from tests import factories
from tests.integration.responses.filling import NOW, Scene, reload, scene, whole

CHIEF = Signatory("Dana  Price", "Chief executive", "dana@example.org")


def fill_in(session: Session, at: Scene, **labels: str) -> None:
    actor = at.actor(session, at.lead)
    for number in range(1, 10):
        values = whole(number, labels.get(f"s{number}", "green"))
        save_response(session, actor, at.return_.id, number, values, based_on=0, now=NOW)
    session.commit()


def send(session: Session, at: Scene, **given: object) -> Submission:
    values: dict[str, object] = {"signatory": CHIEF, "declared": True, "now": NOW, **given}
    sent = submit(session, at.actor(session, at.lead), at.return_.id, **values)  # type: ignore[arg-type]
    session.commit()
    return sent


def test_submitting_freezes_and_locks(session: Session) -> None:
    at = scene(session)
    fill_in(session, at, s2="amber")
    sent = send(session, at)
    assert sent.reference == f"S11-{at.return_.id:05d}-1"
    assert (sent.signatory_name, sent.late) == ("Dana Price", False)
    assert sent.snapshot["standards"][1]["self_rating"]["rag"] == "amber"
    assert reload(session, at.return_).state is ReturnState.SUBMITTED
    ratings = session.scalars(select(Rating).where(Rating.role == RatingRole.SELF)).all()
    assert len(ratings) == 9
    assert log.verify(session)[1] is None
    with pytest.raises(Refused):
        save_response(
            session, at.actor(session, at.lead), at.return_.id, 1, ResponseValues("Later"),
            based_on=1, now=NOW,
        )  # fmt: skip


def test_the_office_and_the_lead_are_written_to(session: Session) -> None:
    at = scene(session)
    session.info["base_url"] = "https://audit.example.org"
    fill_in(session, at)
    sent = send(session, at)
    letters = {each.to_email: each for each in session.scalars(select(OutboxMessage))}
    assert set(letters) == {at.office.email, at.lead.email}
    assert "https://audit.example.org/returns/" in letters[at.office.email].body
    assert sent.reference in letters[at.lead.email].subject


def test_what_is_missing_is_listed(session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    actor = at.actor(session, at.lead)
    save_response(
        session, actor, at.return_.id, 3, replace(whole(3), statement="word " * 201),
        based_on=1, now=NOW,
    )  # fmt: skip
    save_response(
        session, actor, at.return_.id, 4, replace(whole(4), self_label=None), based_on=1, now=NOW
    )
    session.commit()
    with pytest.raises(Invalid) as raised:
        send(session, at)
    assert set(raised.value.problems) == {"3:statement:", "4:self_rating:"}
    session.rollback()
    assert reload(session, at.return_).state is ReturnState.IN_PROGRESS


def test_a_standard_that_does_not_apply_needs_only_its_reason(session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    actor = at.actor(session, at.lead)
    na = ResponseValues(self_label="na", na_reason="We recruit nobody.")
    save_response(session, actor, at.return_.id, 7, na, based_on=1, now=NOW)
    sent = send(session, at)
    assert sent.self_ratings["7"] == "na"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"declared": False}, "declared"),
        ({"signatory": replace(CHIEF, name=" ")}, "name"),
        ({"signatory": replace(CHIEF, designation="")}, "designation"),
        ({"signatory": replace(CHIEF, email="")}, "email"),
    ],
)
def test_somebody_answers_for_it(session: Session, given: dict[str, object], problem: str) -> None:
    at = scene(session)
    fill_in(session, at)
    with pytest.raises(Invalid) as raised:
        send(session, at, **given)
    assert list(raised.value.problems) == [problem]


def test_a_contributor_does_not_submit(session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    with pytest.raises(NotAllowed):
        submit(session, at.actor(session, at.contributor), at.return_.id, CHIEF, True, now=NOW)


def test_late_is_accepted_and_marked(session: Session) -> None:
    at = scene(session)
    at.return_.due_on = factories.TODAY - timedelta(days=1)
    session.commit()
    fill_in(session, at)
    assert send(session, at).late


def test_not_twice(session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    send(session, at)
    with pytest.raises(Refused):
        send(session, at)
