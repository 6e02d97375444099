"""The office and others at the same moment: whoever comes first, what stands afterwards fits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReturnState
from s11audit.domain.errors import Refused
from s11audit.models import Return
from s11audit.services import cycles, evidence, responses, returns, reviews, submitting
from s11audit.services.log import verify
from s11audit.transactions import writing
from tests.factories import NOW, TODAY
from tests.integration.responses.filling import scene, whole
from tests.integration.responses.test_submitting import CHIEF, fill_in, send
from tests.integration.reviews.test_at_once import at_once
from tests.support.reviewing import panel, rated

Change = Callable[[Session], object]


def while_under_way(app: Flask, first: Change, then: Change) -> Exception | None:
    """Make `first`, begin `then` before it is committed, and return what `then` ended in."""
    begun, errors = threading.Event(), []

    def run() -> None:
        with app.app_context():
            begun.set()
            try:
                with writing() as session:
                    then(session)
            except Exception as error:
                errors.append(error)

    second = threading.Thread(target=run)
    with app.app_context(), writing() as session:
        first(session)
        second.start()
        begun.wait()
        second.join(0.5)  # it waits for the locks of the first
    second.join()
    return errors[0] if errors else None


@pytest.mark.parametrize("change", ["send back", "extend"])
def test_nothing_is_reopened_while_the_stage_is_being_closed(
    app: Flask, session: Session, change: str
) -> None:
    at = scene(session)
    if change == "send back":
        fill_in(session, at)
        send(session, at)
    office, return_id = at.actor(session, at.office), at.return_.id
    stage_id = at.return_.stage_id
    session.commit()

    def second(session: Session) -> object:
        if change == "send back":
            return returns.send_back(session, office, return_id, "Too short.", now=NOW)
        later = TODAY + timedelta(days=400)
        return returns.extend(session, office, return_id, later, "Ill.", now=NOW)

    error = while_under_way(
        app, lambda session: cycles.close_stage(session, office, stage_id, now=NOW), second
    )
    assert isinstance(error, Refused)
    session.expire_all()
    wanted = ReturnState.SUBMITTED if change == "send back" else ReturnState.CLOSED
    assert session.get_one(Return, return_id).state is wanted
    assert verify(session)[1] is None


def test_submitting_while_the_stage_closes_leaves_no_return_between(
    app: Flask, session: Session
) -> None:
    at = scene(session)
    fill_in(session, at)
    office, lead = at.actor(session, at.office), at.actor(session, at.lead)
    return_id, stage_id = at.return_.id, at.return_.stage_id
    session.commit()

    def close(session: Session) -> object:
        return cycles.close_stage(session, office, stage_id, now=NOW)

    def submit(session: Session) -> object:
        return submitting.submit(session, lead, return_id, CHIEF, True, now=NOW)

    errors = at_once(app, close, submit)
    session.expire_all()
    state = session.get_one(Return, return_id).state
    assert errors[0] is None
    if errors[1] is None:
        assert state is ReturnState.SUBMITTED
    else:
        assert isinstance(errors[1], Refused) and state is ReturnState.CLOSED
    assert verify(session)[1] is None


def test_publishing_while_sending_back_does_one_of_the_two(app: Flask, session: Session) -> None:
    at = panel(session)
    rated(session, at, publish=False)
    office, chair, return_id = (
        at.actor(session, "office"),
        at.actor(session, "chair"),
        at.return_.id,
    )
    session.commit()
    errors = at_once(
        app,
        lambda session: reviews.publish(session, chair, return_id, now=NOW),
        lambda session: returns.send_back(session, office, return_id, "Too short.", now=NOW),
    )
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "Refused"]
    assert verify(session)[1] is None


def test_saving_submitting_and_adding_evidence_at_once(app: Flask, session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    lead, other = at.actor(session, at.lead), at.actor(session, at.contributor)
    return_id = at.return_.id
    session.commit()
    details = evidence.EvidenceDetails("A page", evidence.EvidenceKind.POLICY, (1, 2))

    def save(session: Session) -> object:
        values = whole(1, "amber")
        return responses.save_response(session, other, return_id, 1, values, based_on=1, now=NOW)

    def add(session: Session) -> object:
        url = "https://example.org/page"
        return evidence.add_link(session, other, return_id, url, details, now=NOW)

    def submit(session: Session) -> object:
        return submitting.submit(session, lead, return_id, CHIEF, True, now=NOW)

    errors = at_once(app, save, add, submit, add)
    assert errors[2] is None
    assert all(error is None or isinstance(error, Refused) for error in errors)
    session.expire_all()
    assert session.get_one(Return, return_id).state is ReturnState.SUBMITTED
    assert verify(session)[1] is None


def test_two_agencies_send_the_same_file_at_once(app: Flask, session: Session) -> None:
    first, second = scene(session), scene(session)
    people = [(at.actor(session, at.lead), at.return_.id) for at in (first, second)]
    session.commit()
    file = evidence.StoredFile("a" * 64, 3, "text/plain", "The board's policy.txt")
    details = evidence.EvidenceDetails("The policy", evidence.EvidenceKind.POLICY, (1,))

    def adding(place: int) -> Change:
        who, return_id = people[place]
        return lambda session: evidence.add_file(session, who, return_id, file, details, now=NOW)

    assert while_under_way(app, adding(0), adding(1)) is None
    assert verify(session)[1] is None
