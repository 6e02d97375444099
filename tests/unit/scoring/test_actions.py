"""Domain rules 11 and 12: actions, and what a plan needs before it is returned."""

from datetime import UTC, date, datetime

import pytest

from s11audit.domain.enums import ActionEventKind, ActionState
from s11audit.domain.errors import Refused
from s11audit.scoring.actions import (
    PlannedAction,
    PlannedImprovement,
    PlanState,
    Side,
    after,
    change_needs_reason,
    decided_by,
    is_overdue,
    plan_lacks,
    plan_state,
    possible_events,
)

OPEN, UNDERWAY = ActionState.OPEN, ActionState.UNDERWAY
REPORTED, VERIFIED = ActionState.REPORTED_COMPLETE, ActionState.VERIFIED
E = ActionEventKind

# state -> event -> state after; what is not written is refused
CHANGES: dict[ActionState | None, dict[ActionEventKind, ActionState | None]] = {
    None: {E.ADDED: OPEN},
    OPEN: {
        E.CHANGED: OPEN,
        E.PROGRESS: UNDERWAY,
        E.REPORTED_COMPLETE: REPORTED,
        E.REMOVED: None,
    },
    UNDERWAY: {
        E.CHANGED: UNDERWAY,
        E.PROGRESS: UNDERWAY,
        E.REPORTED_COMPLETE: REPORTED,
        E.REMOVED: None,
    },
    REPORTED: {E.PROGRESS: REPORTED, E.ASKED_AGAIN: UNDERWAY, E.VERIFIED: VERIFIED},
    VERIFIED: {},
}


@pytest.mark.parametrize("state", CHANGES)
@pytest.mark.parametrize("event", E)
def test_every_state_and_event(state: ActionState | None, event: ActionEventKind) -> None:
    possible = {each for side in Side for each in possible_events(state, side)}
    if event in CHANGES[state]:
        assert after(state, event) is CHANGES[state][event]
        assert event in possible
    else:
        assert event not in possible
        with pytest.raises(Refused):
            after(state, event)


def test_only_qa_verifies_or_asks_again() -> None:
    assert {event for event in E if decided_by(event) is Side.QA} == {E.VERIFIED, E.ASKED_AGAIN}
    assert possible_events(REPORTED, Side.QA) == (E.ASKED_AGAIN, E.VERIFIED)
    assert possible_events(REPORTED, Side.AGENCY) == (E.PROGRESS,)
    assert possible_events(OPEN, Side.QA) == ()


def test_a_refusal_says_why() -> None:
    with pytest.raises(Refused, match=r"^This action is open, so it cannot be verified\.$"):
        after(OPEN, E.VERIFIED)
    with pytest.raises(Refused, match=r"not in the plan, so it cannot be changed\.$"):
        after(None, E.CHANGED)


DUE = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("state", "due_on", "now", "late"),
    [
        (OPEN, DUE, datetime(2026, 7, 1, 22, 59, tzinfo=UTC), False),
        (OPEN, DUE, datetime(2026, 7, 1, 23, tzinfo=UTC), True),
        (UNDERWAY, DUE, datetime(2026, 7, 2, tzinfo=UTC), True),
        (REPORTED, DUE, datetime(2026, 7, 2, tzinfo=UTC), False),
        (VERIFIED, DUE, datetime(2026, 7, 2, tzinfo=UTC), False),
        (OPEN, None, datetime(2026, 7, 2, tzinfo=UTC), False),
    ],
)
def test_overdue(state: ActionState, due_on: date | None, now: datetime, late: bool) -> None:
    assert is_overdue(state, due_on, now) is late


TRAINING = PlannedAction("Run two training days", "Head of HR", DUE)


@pytest.mark.parametrize(
    ("improvement", "lacks"),
    [
        (
            PlannedImprovement("Standard 5"),
            ["Standard 5: add an action, or say why none is needed."],
        ),
        (
            PlannedImprovement("Standard 5", no_action_reason=" \n"),
            ["Standard 5: add an action, or say why none is needed."],
        ),
        (PlannedImprovement("Standard 5", [TRAINING]), []),
        (PlannedImprovement("Standard 5", no_action_reason="The service closed in May"), []),
        (
            PlannedImprovement("Standard 5", no_action_reason="Not our duty", reason_refused=True),
            ["Standard 5: QA did not accept the reason for no action. Add one, or say more."],
        ),
        (
            PlannedImprovement(
                "Standard 5", [TRAINING], no_action_reason="Not our duty", reason_refused=True
            ),
            [],
        ),
        (
            PlannedImprovement("Standard 5", [TRAINING, PlannedAction(" ", "", None)]),
            [
                "Standard 5, action 2: say what will be done.",
                "Standard 5, action 2: say who will do it.",
                "Standard 5, action 2: give the date it is due.",
            ],
        ),
    ],
)
def test_what_a_plan_lacks(improvement: PlannedImprovement, lacks: list[str]) -> None:
    assert plan_lacks([improvement]) == lacks


def test_every_improvement_is_looked_at() -> None:
    improvements = [PlannedImprovement("Standard 2"), PlannedImprovement("Standard 5", [TRAINING])]
    assert len(plan_lacks([*improvements, PlannedImprovement("Standard 7")])) == 2
    assert plan_lacks([]) == []


FIRST, SECOND, THIRD = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (2, 3, 4))

PLANS = [
    # improvements opened, returned, accepted: where the plan stands
    ([], None, None, PlanState.NOT_ASKED),
    ([FIRST], None, None, PlanState.TO_RETURN),
    ([FIRST], SECOND, None, PlanState.WITH_QA),
    ([FIRST, THIRD], SECOND, None, PlanState.WITH_QA),
    ([FIRST], SECOND, False, PlanState.ASKED_AGAIN),
    ([FIRST], SECOND, True, PlanState.ACCEPTED),
    ([FIRST, THIRD], SECOND, True, PlanState.TO_RETURN),
    ([FIRST, THIRD], SECOND, False, PlanState.ASKED_AGAIN),
]


@pytest.mark.parametrize(("opened", "returned", "accepted", "state"), PLANS)
def test_where_a_plan_stands(
    opened: list[datetime], returned: datetime | None, accepted: bool | None, state: PlanState
) -> None:
    assert plan_state(opened, returned, accepted) is state


REASONS = [
    # improvement opened, returned, accepted: does a change need a reason?
    (FIRST, None, None, False),
    (FIRST, SECOND, None, True),
    (FIRST, SECOND, True, True),
    (FIRST, SECOND, False, False),
    (THIRD, SECOND, True, False),
    (THIRD, SECOND, None, False),
]


@pytest.mark.parametrize(("opened", "returned", "accepted", "needed"), REASONS)
def test_a_change_needs_a_reason_while_qa_has_the_plan_and_after(
    opened: datetime, returned: datetime | None, accepted: bool | None, needed: bool
) -> None:
    assert change_needs_reason(opened, returned, accepted) is needed
