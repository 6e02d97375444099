"""Improvements that were open when their cycle ended and follow the agency into the next (domain
rule 51). They go on counting in their own cycle's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import Session, aliased

from s11audit.domain.enums import ActionState, Rag
from s11audit.models import Action, Cycle, Improvement, Rating, Return, Stage, Succession

_Found = Select[Improvement, str, int, int, ActionState]


@dataclass(frozen=True)
class StillOpen:
    """An improvement that is not done: where it comes from and how far it is."""

    id: int
    return_id: int
    membership_id: int
    standard: int
    text: str
    cycle: str
    stage: int
    tool_version_id: int
    actions: int
    verified: int

    @property
    def how_far(self) -> str:
        """Return "1 of 3 actions verified"."""
        if not self.actions:
            return "No action yet"
        noun = "action" if self.actions == 1 else "actions"
        return f"{self.verified} of {self.actions} {noun} verified"


def is_open() -> ColumnElement[bool]:
    """The condition on an improvement that it is not done: QA has not verified every action of
    it (at least one), accepted a reason for none, or rated the standard green or not applicable
    since, in any stage of the cycle; and its agency has not closed. The statement joins Return
    and Stage."""
    action = aliased(Action)
    live = (action.improvement_id == Improvement.id, action.removed_at.is_(None))
    done = and_(exists().where(*live), ~exists().where(*live, action.state != ActionState.VERIFIED))
    return and_(
        Improvement.superseded_by_id.is_(None),
        not_(or_(done, Improvement.no_action_accepted_at.is_not(None), rated_since())),
        ~ended_with_agency(),
    )


def rated_since() -> ColumnElement[bool]:
    """The condition on an improvement that its standard was rated green or not applicable since,
    in any stage of the cycle; of an agency that it passed to, in a later stage. The statement
    joins Return and Stage."""
    later, its_return, its_stage = aliased(Rating), aliased(Return), aliased(Stage)
    return exists().where(
        or_(
            its_return.membership_id == Return.membership_id,
            and_(
                its_return.membership_id == Improvement.membership_id,
                its_stage.number > Stage.number,
            ),
        ),
        its_stage.id == its_return.stage_id,
        its_stage.cycle_id == Stage.cycle_id,
        later.return_id == its_return.id,
        later.standard == Improvement.standard,
        later.publication_id.is_not(None),
        later.id > Improvement.rating_id,
        later.rag.in_([Rag.GREEN, Rag.NA]),
    )


def ended_with_agency() -> ColumnElement[bool]:
    """The condition on an improvement that its agency closed with no successor."""
    return exists().where(
        Succession.predecessor_id == Improvement.membership_id, Succession.successor_id.is_(None)
    )


def open_before(session: Session, return_: Return) -> list[StillOpen]:
    """Return the agency's improvements of earlier cycles that are still open, by cycle and
    standard, in one query. The return's stage and cycle must be loaded."""
    values = {
        "membership_id": return_.membership_id,
        "cycle_id": return_.stage.cycle_id,
        "opened_at": return_.stage.cycle.opened_at,
    }
    return _read(session, _open_before(), values)


@cache
def _open_before() -> _Found:
    # Every page of a standard reads it: it is put together once.
    return _statement(
        Improvement.membership_id == bindparam("membership_id"),
        Cycle.id != bindparam("cycle_id"),
        Cycle.opened_at < bindparam("opened_at"),
        is_open(),
    )


def open_of(session: Session, membership_id: int) -> list[StillOpen]:
    """Return all improvements of an agency that are still open, in one query."""
    return _read(session, _statement(Improvement.membership_id == membership_id, is_open()))


def ended_of(session: Session, membership_id: int) -> list[StillOpen]:
    """Return the improvements that ended with the agency, in one query."""
    ended = _statement(Improvement.membership_id == membership_id, ended_with_agency())
    return _read(session, ended)


def _statement(*where: ColumnElement[bool]) -> _Found:
    live = and_(Action.improvement_id == Improvement.id, Action.removed_at.is_(None))
    return (
        select(Improvement, Cycle.name, Stage.number, Cycle.tool_version_id, Action.state)
        .join(Return, Return.id == Improvement.return_id)
        .join(Return.stage)
        .join(Stage.cycle)
        .outerjoin(Action, live)
        .where(*where)
        .order_by(Cycle.opened_at.desc(), Improvement.standard, Improvement.id, Action.number)
    )


def _read(
    session: Session, statement: _Found, values: dict[str, Any] | None = None
) -> list[StillOpen]:
    found: dict[int, list[ActionState | None]] = {}
    rows = session.execute(statement, values or {}).all()
    for improvement, _cycle, _stage, _tool, state in rows:
        found.setdefault(improvement.id, []).append(state)
    seen: dict[int, StillOpen] = {}
    for improvement, cycle, stage, tool, _state in rows:
        states = [state for state in found[improvement.id] if state is not None]
        seen.setdefault(
            improvement.id,
            StillOpen(
                improvement.id, improvement.return_id, improvement.membership_id,
                improvement.standard, improvement.text, cycle, stage, tool, len(states),
                sum(state is ActionState.VERIFIED for state in states),
            ),
        )  # fmt: skip
    return list(seen.values())


def by_return(found: Sequence[StillOpen]) -> dict[int, list[StillOpen]]:
    """Return open improvements by the return in whose plan they stand."""
    plans: dict[int, list[StillOpen]] = {}
    for each in found:
        plans.setdefault(each.return_id, []).append(each)
    return plans
