"""Reads of action plans. See `queries.plan_lists` for the lists of plans. Callers check what the
actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from s11audit.domain.enums import ActionEventKind, ActionState
from s11audit.domain.errors import NotFound
from s11audit.models import Action, ActionEvent, Improvement, PlanSubmission
from s11audit.queries.reviews import current_submission, part_of
from s11audit.scoring.actions import (
    PlannedAction,
    PlannedImprovement,
    PlanState,
    change_needs_reason,
    plan_lacks,
    plan_state,
)

TAKEN_OVER = (
    "Taken over from action {number} that was proposed for standard {standard} in {reference}."
)


@dataclass(frozen=True)
class Proposal:
    """An action that the agency proposed when it submitted, offered to be taken over.

    `number` is its place among those of its standard, from 1; `note` marks the action that took
    it over.
    """

    number: int
    standard: int
    what: str
    owner: str
    due_on: str | None
    note: str

    @property
    def due_day(self) -> date | None:
        """When it is due, if that was said."""
        return date.fromisoformat(self.due_on) if self.due_on else None

    @property
    def whole(self) -> bool:
        """Whether it can be taken over as it is."""
        return bool(self.what.strip() and self.owner.strip() and self.due_on)


@dataclass(frozen=True)
class Plan:
    """A return's plan: its improvements with their actions, and how often it was returned,
    oldest first. `offered` are the proposals not taken over yet, by standard."""

    improvements: Sequence[Improvement]
    returned: Sequence[PlanSubmission]
    offered: dict[int, list[Proposal]] = field(default_factory=dict)

    @property
    def current(self) -> list[Improvement]:
        """Those improvements that do not go on in the plan of a later stage."""
        return [each for each in self.improvements if each.superseded_by_id is None]

    @property
    def latest(self) -> PlanSubmission | None:
        """The plan as it was returned last, if it was."""
        return self.returned[-1] if self.returned else None

    @property
    def accepted(self) -> bool | None:
        """What QA decided on the plan as it was returned last; None while it has not."""
        latest = self.latest
        return latest.decision.accepted if latest and latest.decision else None

    @property
    def state(self) -> PlanState:
        """Where the plan stands."""
        latest = self.latest
        return plan_state(
            [each.opened_at for each in self.current],
            latest.effective_at if latest else None,
            self.accepted,
        )

    @property
    def can_be_returned(self) -> bool:
        """Whether it is the agency's turn."""
        return self.state in (PlanState.TO_RETURN, PlanState.ASKED_AGAIN)

    def needs_reason(self, improvement: Improvement) -> bool:
        """Whether a change of this improvement's actions needs a reason."""
        latest = self.latest
        return change_needs_reason(
            improvement.opened_at, latest.effective_at if latest else None, self.accepted
        )

    def reason_refused(self, improvement: Improvement) -> bool:
        """Whether QA has turned down the reason for no action as it stands."""
        latest = self.latest
        if self.accepted is not False or latest is None or improvement.no_action_accepted_at:
            return False
        return any(
            part["id"] == improvement.id
            and part["no_action_reason"] == improvement.no_action_reason != ""
            for part in latest.snapshot["improvements"]
        )

    def lacks(self) -> list[str]:
        """What must be put right before the plan is returned (domain rule 11)."""
        return plan_lacks(
            [
                PlannedImprovement(
                    label=f"Standard {each.standard}",
                    actions=[
                        PlannedAction(action.what, action.owner, action.due_on)
                        for action in live_actions(each)
                    ],
                    no_action_reason=each.no_action_reason,
                    reason_refused=self.reason_refused(each),
                )
                for each in self.current
            ]
        )


def live_actions(improvement: Improvement) -> list[Action]:
    """Return the actions of an improvement that have not been removed."""
    return [action for action in improvement.actions if action.removed_at is None]


def all_verified(improvement: Improvement) -> bool:
    """Return whether QA has verified every action of an improvement, and there is one."""
    actions = live_actions(improvement)
    return bool(actions) and all(each.state is ActionState.VERIFIED for each in actions)


def plan_of(session: Session, return_id: int) -> Plan:
    """Return the plan of a return as it stands, with the proposals still offered."""
    improvements = list(
        session.scalars(
            select(Improvement)
            .where(Improvement.return_id == return_id)
            .order_by(Improvement.standard, Improvement.opened_at, Improvement.id)
            .options(
                joinedload(Improvement.rating),
                selectinload(Improvement.actions),
            )
            .execution_options(populate_existing=True)
        )
    )
    returned = list(
        session.scalars(
            select(PlanSubmission)
            .where(PlanSubmission.return_id == return_id)
            .order_by(PlanSubmission.number)
            .options(
                joinedload(PlanSubmission.decision),
                joinedload(PlanSubmission.submitted_by),
                undefer(PlanSubmission.snapshot),
            )
            .execution_options(populate_existing=True)
        )
    )
    return Plan(improvements, returned, _offered(session, return_id, improvements))


def _offered(
    session: Session, return_id: int, improvements: Sequence[Improvement]
) -> dict[int, list[Proposal]]:
    if not improvements:
        return {}
    submission = current_submission(session, return_id, with_snapshot=True)
    if submission is None:
        return {}
    taken = set(
        session.scalars(
            select(ActionEvent.note)
            .join(Action, Action.id == ActionEvent.action_id)
            .join(Improvement, Improvement.id == Action.improvement_id)
            .where(
                Improvement.return_id == return_id,
                ActionEvent.kind == ActionEventKind.ADDED,
                ActionEvent.note != "",
                Action.removed_at.is_(None),
            )
        )
    )
    return {
        standard: [
            proposal
            for proposal in proposals(submission.snapshot, submission.reference, standard)
            if proposal.note not in taken
        ]
        for standard in {each.standard for each in improvements}
    }


def proposals(snapshot: dict[str, Any], reference: str, standard: int) -> list[Proposal]:
    """Return the actions that a frozen submission proposed for a standard."""
    part = part_of(snapshot, standard)
    return [
        Proposal(
            number,
            standard,
            item["what"],
            item["owner"],
            item["due_on"],
            TAKEN_OVER.format(number=number, standard=standard, reference=reference),
        )
        for number, item in enumerate((part or {}).get("proposed_actions", ()), start=1)
    ]


def improvement_in(session: Session, return_id: int, improvement_id: int) -> Improvement:
    """Return an improvement of a return with its rating and actions. Raises NotFound."""
    found = session.scalar(
        select(Improvement)
        .where(Improvement.id == improvement_id, Improvement.return_id == return_id)
        .options(joinedload(Improvement.rating), selectinload(Improvement.actions))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such improvement.")
    return found


def action_in(session: Session, return_id: int, action_id: int) -> Action:
    """Return an action of a return's plan, also one that was removed, with its improvement.
    Raises NotFound."""
    found = session.scalar(
        select(Action)
        .join(Action.improvement)
        .where(Action.id == action_id, Improvement.return_id == return_id)
        .options(joinedload(Action.improvement).selectinload(Improvement.actions))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such action.")
    return found


def return_id_of(session: Session, *, action_id: int = 0, improvement_id: int = 0) -> int:
    """Return the id of the return to which an action or an improvement belongs. Raises NotFound."""
    statement = select(Improvement.return_id)
    if action_id:
        statement = statement.join(Improvement.actions).where(Action.id == action_id)
    else:
        statement = statement.where(Improvement.id == improvement_id)
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such part of a plan.")
    return found


def events_of(session: Session, action_ids: Sequence[int]) -> dict[int, list[ActionEvent]]:
    """Return what happened to these actions, oldest first, with who did it, in one query."""
    events: dict[int, list[ActionEvent]] = {action_id: [] for action_id in action_ids}
    for event in session.scalars(
        select(ActionEvent)
        .where(ActionEvent.action_id.in_(action_ids))
        .order_by(ActionEvent.effective_at, ActionEvent.id)
        .options(joinedload(ActionEvent.by))
    ):
        events[event.action_id].append(event)
    return events
