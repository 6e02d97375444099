"""What QA said of a standard in an earlier stage, and what has become of it since."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain.enums import RatingRole
from s11audit.models import Action, ActionEvent, Improvement, Rating, Response, Return, Stage
from s11audit.queries.actions import events_of, live_actions
from s11audit.queries.carrying import follows_up


@dataclass(frozen=True)
class Before:
    """A standard as the earlier stages of the cycle left it: the rating it is asked on, the
    agency's own rating then, and what is required, with how far each action is."""

    rating: Rating | None
    own: Rating | None
    improvements: Sequence[Improvement]
    events: dict[int, list[ActionEvent]]

    def actions(self, improvement: Improvement) -> list[Action]:
        """Return the actions of an improvement that stand in the plan."""
        return live_actions(improvement)

    def news(self, action: Action) -> ActionEvent | None:
        """Return what happened to an action last, None where it was only added."""
        events = self.events.get(action.id, [])
        return events[-1] if len(events) > 1 else None


def before_of(
    session: Session, return_: Return, standard: int, response: Response | None = None
) -> Before | None:
    """Return how earlier stages left a standard, None where they said nothing of it; `response`,
    where it is at hand, says on which rating the standard is asked. At most six queries."""
    if not follows_up(return_):
        return None
    improvements = improvements_before(session, return_, standard)
    actions = [action.id for each in improvements for action in live_actions(each)]
    rating = response.asked_on if response else _asked_on(session, return_.id, standard)
    own = own_ratings_before(session, return_).get(standard)
    if rating is None and own is None and not improvements:
        return None
    return Before(rating, own, improvements, events_of(session, actions) if actions else {})


def _asked_on(session: Session, return_id: int, standard: int) -> Rating | None:
    return session.scalar(
        select(Rating)
        .join(Response, Response.asked_on_id == Rating.id)
        .where(Response.return_id == return_id, Response.standard == standard)
        .options(joinedload(Rating.publication))
    )


def improvements_before(
    session: Session, return_: Return, standard: int | None = None
) -> list[Improvement]:
    """Return what was required of the agency in earlier stages of the cycle, by standard, the
    oldest first, with ratings and actions."""
    statement = (
        select(Improvement)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(
            Stage.cycle_id == return_.stage.cycle_id,
            Stage.id != return_.stage_id,
            Improvement.membership_id == return_.membership_id,
        )
        .order_by(Improvement.standard, Improvement.opened_at, Improvement.id)
        .options(joinedload(Improvement.rating), joinedload(Improvement.actions))
    )
    if standard is not None:
        statement = statement.where(Improvement.standard == standard)
    return list(session.scalars(statement).unique())


def own_ratings_before(session: Session, return_: Return) -> dict[int, Rating]:
    """Return the agency's own latest rating of each standard in earlier stages of the cycle."""
    found = session.scalars(
        select(Rating)
        .join(Return, Return.id == Rating.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(
            Stage.cycle_id == return_.stage.cycle_id,
            Stage.id != return_.stage_id,
            Return.membership_id == return_.membership_id,
            Rating.role == RatingRole.SELF,
        )
        .order_by(Rating.id)
    )
    return {rating.standard: rating for rating in found}
