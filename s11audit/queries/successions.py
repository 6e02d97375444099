"""Reads of what agencies came from and passed to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from s11audit.domain.enums import AGENCY_ROLES
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import (
    Cycle,
    FormerName,
    Improvement,
    Membership,
    Return,
    Stage,
    Submission,
    Succession,
)
from s11audit.queries.returns import facts_of

AMembership = int | BindParameter[int]
"""A membership's id, or the parameter of a statement that is put together before it is known."""


def heirs_of(memberships: Select[Any] | Sequence[AMembership]) -> Select[Any]:
    """Return the statement of (successor, predecessor) for all that these memberships came from,
    over any number of steps."""
    start = (
        select(Succession.successor_id.label("heir"), Succession.predecessor_id.label("came_from"))
        .where(
            Succession.successor_id.in_(memberships),
            Succession.successor_id != Succession.predecessor_id,
        )
        .cte("heirs", recursive=True)
    )
    step = aliased(Succession)
    closure = start.union(
        select(start.c.heir, step.predecessor_id).where(
            step.successor_id == start.c.came_from, step.successor_id != step.predecessor_id
        )
    )
    return select(closure.c.heir, closure.c.came_from)


def with_predecessors(membership_id: AMembership) -> Select[Any]:
    """Return the statement of the ids of a membership and of all that it came from."""
    heirs = heirs_of([membership_id]).subquery()
    member = aliased(Membership)
    return select(member.id).where(
        (member.id == membership_id) | member.id.in_(select(heirs.c.came_from))
    )


def carries_on(session: Session, membership_id: int) -> bool:
    """Return whether a membership came from any other, in one query."""
    found = exists().where(
        Succession.successor_id == membership_id, Succession.predecessor_id != membership_id
    )
    return bool(session.scalar(select(found)))


def left_to(membership_id: AMembership) -> ColumnElement[bool]:
    """Return the condition that what was submitted is for a membership to carry on: its own, what
    those left that it came from, and of one that goes on after a split only what it had sent in
    before. The statement joins Membership, Return and Submission."""
    return or_(
        Return.membership_id == membership_id,
        Membership.ends_on.is_not(None),
        exists().where(
            Succession.predecessor_id == Return.membership_id,
            Succession.successor_id == membership_id,
            Submission.effective_at <= Succession.recorded_at,
        ),
    )


def successions_of(session: Session, membership_id: int) -> Sequence[Succession]:
    """Return what became of an agency and what it came from, the latest first, in one query."""
    mine: ColumnElement[bool] = (Succession.predecessor_id == membership_id) | (
        Succession.successor_id == membership_id
    )
    return session.scalars(
        select(Succession).where(mine).order_by(Succession.on.desc(), Succession.id.desc())
    ).all()


def names_of(session: Session, rows: Sequence[Succession]) -> dict[int, str]:
    """Return the names of the agencies in these successions, in one query."""
    ids = {each.predecessor_id for each in rows} | {
        each.successor_id for each in rows if each.successor_id is not None
    }
    found = session.execute(select(Membership.id, Membership.name).where(Membership.id.in_(ids)))
    return {row[0]: row[1] for row in found}


def returns_inherited(session: Session, membership_id: int) -> Sequence[Return]:
    """Return what those that an agency came from had sent in, with stage, cycle and their name,
    the latest first, in one query; of one that goes on, what it had sent in before the split."""
    heirs = heirs_of([membership_id]).subquery()
    before = exists().where(
        Succession.predecessor_id == Return.membership_id,
        Succession.successor_id == membership_id,
        Submission.return_id == Return.id,
        Submission.effective_at <= Succession.recorded_at,
    )
    sent = exists().where(Submission.return_id == Return.id)
    return session.scalars(
        select(Return)
        .join(Return.membership)
        .join(heirs, heirs.c.came_from == Return.membership_id)
        .join(Return.stage)
        .join(Stage.cycle)
        .where(or_(and_(Membership.ends_on.is_not(None), sent), before))
        .options(
            contains_eager(Return.membership),
            contains_eager(Return.stage).contains_eager(Stage.cycle),
        )
        .order_by(Cycle.opened_at.desc(), Stage.number.desc(), Membership.name_key, Return.id)
    ).all()


def former_names(session: Session, membership_id: int) -> Sequence[FormerName]:
    """Return what an agency was called before, the latest first, in one query."""
    return session.scalars(
        select(FormerName)
        .where(FormerName.membership_id == membership_id)
        .order_by(FormerName.until.desc(), FormerName.id.desc())
    ).all()


_READS = frozenset({Can.SEE_RETURN, Can.SEE_SUBMISSION, Can.SEE_PLAN, Can.SEE_HISTORY})


def reaches_as_heir(session: Session, actor: Actor, action: Can, return_: Return) -> bool:
    """Return whether the actor's agency split off from that of a return, which goes on, and so
    reads what was sent in before; and works on those improvements of its plan that passed to it:
    whoever changes one asks `facts_of_improvement`. At most one query."""
    own = [grant.membership_id for grant in actor.grants if grant.role in AGENCY_ROLES]
    if not own:
        return False
    if action is Can.EDIT_PLAN:
        found = exists().where(
            Improvement.return_id == return_.id, Improvement.membership_id.in_(own)
        )
    elif action in _READS:
        found = exists().where(
            Succession.predecessor_id == return_.membership_id,
            Succession.successor_id.in_(own),
            Submission.return_id == return_.id,
            Submission.effective_at <= Succession.recorded_at,
        )
    else:
        return False
    return bool(session.scalar(select(found)))


def facts_of_improvement(session: Session, return_: Return, improvement: Improvement) -> Facts:
    """Return where an improvement lies: with the agency that it passed to, else with its return.
    The return's membership must be loaded."""
    if improvement.membership_id == return_.membership_id:
        return facts_of(return_)
    holder = session.get_one(Membership, improvement.membership_id)
    return replace(facts_of(return_), membership_id=holder.id, agency_id=holder.agency_id)
