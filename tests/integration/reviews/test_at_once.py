"""Two people at the same moment: one wins, the other is told, nothing is doubled."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Rag, RatingRole
from s11audit.domain.errors import Conflict, Refused, S11Error
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import Action, Improvement, OutboxMessage, PlanSubmission, Publication, Rating
from s11audit.services import actions, allotments, plans, reviews
from s11audit.services.log import verify
from s11audit.transactions import writing
from tests.factories import NOW
from tests.support.reviewing import DUE, panel, rated


def at_once(app: Flask, *changes: Callable[[Session], object]) -> list[Exception | None]:
    """Make the changes in a transaction each, all at the same moment; return their errors."""
    barrier = threading.Barrier(len(changes))
    errors: list[Exception | None] = [None] * len(changes)

    def run(place: int, change: Callable[[Session], object]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with writing() as session:
                    change(session)
            except Exception as error:
                errors[place] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(changes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def one_of_two(errors: list[Exception | None], kind: type[S11Error]) -> None:
    assert sorted(type(error).__name__ for error in errors) == sorted(["NoneType", kind.__name__])


def test_two_reviewers_save_the_same_standard_each_their_own(app: Flask, session: Session) -> None:
    found = panel(session)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    people = [found.actor(session, who) for who in ("qa", "chair")]
    return_id = found.return_.id
    for person in people:
        assert person.user_id is not None
        allotments.allot(session, OPERATOR, return_id, person.user_id, now=NOW)
    session.commit()

    def saving(who: Actor) -> Callable[[Session], object]:
        return lambda session: reviews.rate(
            session,
            who,
            return_id,
            1,
            label="green",
            comment=f"Says {who.name}",
            based_on=0,
            now=NOW,
        )

    assert at_once(app, *map(saving, people)) == [None, None]
    said = select(Rating.comment).where(Rating.role == RatingRole.REVIEWER)
    assert set(session.scalars(said)) == {"Says Quinn Able", "Says Charlie Hope"}
    assert verify(session)[1] is None
    session.rollback()
    # The same reviewer in two windows: one is told, and nothing is lost.
    session.scalars(select(Rating).where(Rating.rater_id == people[0].user_id)).one()
    again = [
        lambda session, text=text: reviews.rate(
            session, people[0], return_id, 2, label="green", comment=text, based_on=0, now=NOW
        )
        for text in ("One", "Other")
    ]
    session.rollback()
    one_of_two(at_once(app, *again), Conflict)


def test_the_chair_publishes_twice(app: Flask, session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER}, publish=False)
    chair, return_id = found.actor(session, "chair"), found.return_.id
    session.commit()
    errors = at_once(
        app, *[lambda session: reviews.publish(session, chair, return_id, now=NOW)] * 2
    )
    one_of_two(errors, Refused)
    assert session.scalar(select(func.count(Publication.id))) == 1
    assert session.scalar(select(func.count(Improvement.id))) == 1
    assert session.scalar(select(func.count(OutboxMessage.id))) == 2
    assert verify(session)[1] is None


def test_a_proposed_action_is_taken_over_twice_and_the_plan_returned_twice(
    app: Flask, session: Session
) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    lead, return_id = found.actor(session, "lead"), found.return_.id
    improvement = session.scalars(select(Improvement.id)).one()
    session.commit()

    def take(session: Session) -> object:
        return actions.take_over(session, lead, improvement, 1, now=NOW)

    def give_back(session: Session) -> object:
        return plans.return_plan(session, lead, return_id, now=NOW)

    one_of_two(at_once(app, take, take), Refused)
    assert session.scalar(select(func.count(Action.id))) == 1
    session.rollback()
    one_of_two(at_once(app, give_back, give_back), Refused)
    assert session.scalar(select(func.count(PlanSubmission.id))) == 1
    assert verify(session)[1] is None


def test_two_actions_added_at_once_both_stay(app: Flask, session: Session) -> None:
    found = panel(session)
    rated(session, found, {2: Rag.AMBER})
    people = [found.actor(session, who) for who in ("lead", "contributor")]
    improvement = session.scalars(select(Improvement.id)).one()
    session.commit()

    def adding(who: Actor) -> Callable[[Session], object]:
        return lambda session: actions.add_action(
            session, who, improvement, what=f"By {who.name}", owner="Us", due_on=DUE, now=NOW
        )

    assert at_once(app, *map(adding, people)) == [None, None]
    assert session.scalars(select(Action.number).order_by(Action.number)).all() == [1, 2]
