"""How an action moves, when it is late, and what a plan lacks (domain rules 11 and 12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from s11audit.domain import wording
from s11audit.domain.enums import ActionEventKind, ActionState
from s11audit.domain.errors import Refused
from s11audit.scoring.as_at import due_passed
from s11audit.scoring.words import is_blank


class Side(StrEnum):
    """Who decides an event of an action. `domain.policy` says which roles those are."""

    AGENCY = "agency"
    QA = "qa"


_DECIDES: dict[ActionEventKind, Side] = {
    ActionEventKind.ADDED: Side.AGENCY,
    ActionEventKind.CHANGED: Side.AGENCY,
    ActionEventKind.PROGRESS: Side.AGENCY,
    ActionEventKind.REPORTED_COMPLETE: Side.AGENCY,
    ActionEventKind.REMOVED: Side.AGENCY,
    ActionEventKind.ASKED_AGAIN: Side.QA,
    ActionEventKind.VERIFIED: Side.QA,
}

_OPEN, _UNDERWAY = ActionState.OPEN, ActionState.UNDERWAY
_REPORTED, _VERIFIED = ActionState.REPORTED_COMPLETE, ActionState.VERIFIED

_CHANGES: dict[tuple[ActionState | None, ActionEventKind], ActionState | None] = {
    (None, ActionEventKind.ADDED): _OPEN,
    (_OPEN, ActionEventKind.CHANGED): _OPEN,
    (_UNDERWAY, ActionEventKind.CHANGED): _UNDERWAY,
    (_OPEN, ActionEventKind.PROGRESS): _UNDERWAY,
    (_UNDERWAY, ActionEventKind.PROGRESS): _UNDERWAY,
    (_REPORTED, ActionEventKind.PROGRESS): _REPORTED,
    (_OPEN, ActionEventKind.REPORTED_COMPLETE): _REPORTED,
    (_UNDERWAY, ActionEventKind.REPORTED_COMPLETE): _REPORTED,
    (_REPORTED, ActionEventKind.ASKED_AGAIN): _UNDERWAY,
    (_REPORTED, ActionEventKind.VERIFIED): _VERIFIED,
    (_OPEN, ActionEventKind.REMOVED): None,
    (_UNDERWAY, ActionEventKind.REMOVED): None,
}

_EVENT_WORDS: dict[ActionEventKind, str] = {
    ActionEventKind.ADDED: "added",
    ActionEventKind.CHANGED: "changed",
    ActionEventKind.PROGRESS: "given a progress note",
    ActionEventKind.REPORTED_COMPLETE: "reported complete",
    ActionEventKind.ASKED_AGAIN: "asked for again",
    ActionEventKind.VERIFIED: "verified",
    ActionEventKind.REMOVED: "removed",
}


def decided_by(event: ActionEventKind) -> Side:
    """Return who decides an event: the agency works, QA verifies or asks again (rule 12)."""
    return _DECIDES[event]


def possible_events(state: ActionState | None, side: Side) -> tuple[ActionEventKind, ...]:
    """Return what `side` can do with an action in `state`; None: it is not there yet."""
    return tuple(
        event for event in ActionEventKind if (state, event) in _CHANGES and _DECIDES[event] is side
    )


def after(state: ActionState | None, event: ActionEventKind) -> ActionState | None:
    """Return the state after an event; None before `state` is there and after it is removed.

    Raises `Refused` when the event is not possible in that state: an action is verified only
    once the agency has reported it complete, and then changes no more.
    """
    if (state, event) not in _CHANGES:
        words = "not in the plan" if state is None else wording.in_words(state).lower()
        raise Refused(f"This action is {words}, so it cannot be {_EVENT_WORDS[event]}.")
    return _CHANGES[state, event]


class PlanState(StrEnum):
    """Where an agency's action plan stands between the agency and QA."""

    NOT_ASKED = "not_asked"
    TO_RETURN = "to_return"
    WITH_QA = "with_qa"
    ASKED_AGAIN = "asked_again"
    ACCEPTED = "accepted"


PLAN_WORDS: dict[PlanState, str] = {
    PlanState.NOT_ASKED: "No plan needed",
    PlanState.TO_RETURN: "To be returned",
    PlanState.WITH_QA: "With QA",
    PlanState.ASKED_AGAIN: "Asked again",
    PlanState.ACCEPTED: "Accepted",
}


def plan_state(
    opened: Sequence[datetime], returned_at: datetime | None, accepted: bool | None
) -> PlanState:
    """Return where a plan stands (domain rule 11).

    `opened` is when each improvement was published; `returned_at` when the plan was last
    returned, if it was; `accepted` what QA decided on that, None while it has not. An improvement
    published after an accepted plan asks for the plan again; one published while the plan is with
    QA does so once QA has decided.
    """
    if not opened:
        return PlanState.NOT_ASKED
    if returned_at is None:
        return PlanState.TO_RETURN
    if accepted is None:
        return PlanState.WITH_QA
    if not accepted:
        return PlanState.ASKED_AGAIN
    return PlanState.TO_RETURN if max(opened) > returned_at else PlanState.ACCEPTED


def change_needs_reason(
    opened_at: datetime, returned_at: datetime | None, accepted: bool | None
) -> bool:
    """Return whether the agency must say why it changes or removes an action: it is part of a
    plan that QA is reading or has accepted. Before that, and once QA has asked again, it need
    not."""
    return returned_at is not None and opened_at <= returned_at and accepted is not False


def is_overdue(state: ActionState, due_on: date | None, now: datetime) -> bool:
    """Return whether the agency is late with an action: its due date has ended in London and it
    is open or underway. One reported complete waits for QA and is not the agency's delay."""
    return state in (_OPEN, _UNDERWAY) and due_on is not None and due_passed(due_on, now)


@dataclass(frozen=True)
class PlannedAction:
    """An action as it stands in the plan; drafts may have blanks."""

    what: str
    owner: str
    due_on: date | None


@dataclass(frozen=True)
class PlannedImprovement:
    """An improvement's place in the plan.

    `label` names it to a person ("Standard 5"). `reason_refused`: QA has turned down the reason
    as it stands, so that it does not serve again.
    """

    label: str
    actions: Sequence[PlannedAction] = ()
    no_action_reason: str = ""
    reason_refused: bool = False


def plan_lacks(improvements: Sequence[PlannedImprovement]) -> list[str]:
    """Return what must be put right before the plan is returned; empty: ready (rule 11).

    Each improvement needs an action, with what, owner and due date, or the agency's reason for
    none. The agency gives the reason; QA accepts it by accepting the plan.
    """
    return [lack for each in improvements for lack in _lacks_of(each)]


def _lacks_of(improvement: PlannedImprovement) -> list[str]:
    label = improvement.label
    if not improvement.actions:
        if is_blank(improvement.no_action_reason):
            return [f"{label}: add an action, or say why none is needed."]
        if improvement.reason_refused:
            return [f"{label}: QA did not accept the reason for no action. Add one, or say more."]
        return []
    lacks: list[str] = []
    for number, action in enumerate(improvement.actions, start=1):
        blanks = [
            words
            for words, is_missing in (
                ("say what will be done", is_blank(action.what)),
                ("say who will do it", is_blank(action.owner)),
                ("give the date it is due", action.due_on is None),
            )
            if is_missing
        ]
        lacks += [f"{label}, action {number}: {words}." for words in blanks]
    return lacks
