"""Puts returns, submissions, publications and plans straight into the tables, at chosen times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count

from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    ActionState,
    Category,
    Participation,
    Rag,
    RatingRole,
    ReturnKind,
    ReturnState,
    Standing,
)
from s11audit.models import (
    Action,
    Board,
    Cycle,
    Improvement,
    Membership,
    MonitoringFlag,
    PlanSubmission,
    Publication,
    Rating,
    RecordedOutcome,
    Return,
    SendBack,
    StandingChange,
    Submission,
)
from tests import factories

_number = count(1)
LETTERS = {"g": Rag.GREEN, "a": Rag.AMBER, "r": Rag.RED, "n": Rag.NA, "-": None}


def at(day: str, hour: int = 12) -> datetime:
    """That day at that hour, UTC."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=hour)


def ratings(letters: str, first: int = 1) -> dict[int, Rag | None]:
    """Read "ggar-n": a letter a standard; - is not rated."""
    return {number: LETTERS[letter] for number, letter in enumerate(letters, start=first)}


class Asked:
    """An agency's return, and what happens to it."""

    def __init__(
        self,
        session: Session,
        board: Board,
        cycle: Cycle,
        name: str,
        *,
        categories: tuple[Category, ...] = (Category.OTHER,),
        participation: Participation = Participation.FULL,
        stage: int = 1,
        membership: Membership | None = None,
    ) -> None:
        self.session = session
        self.membership = membership or factories.membership(
            session, board, name, categories=categories, participation=participation
        )
        self.return_: Return = factories.return_(session, self.membership, cycle, stage=stage)
        self.submissions: list[Submission] = []
        self.improvements: dict[int, Improvement] = {}
        self.publications = 0
        self.plans = 0
        self._latest: dict[int, int] = {}

    def _add(self, made: object) -> None:
        self.session.add(made)
        self.session.flush()

    def submit(self, when: datetime, given: Mapping[int, Rag | None]) -> Asked:
        """Send the return in."""
        made = Submission(
            return_id=self.return_.id,
            number=len(self.submissions) + 1,
            reference=f"TEST-{next(_number)}",
            self_ratings={str(n): rag.value if rag else None for n, rag in given.items()},
            snapshot={},
            signatory_name="Ann Example",
            signatory_designation="Director",
            signatory_email="ann@example.org",
            late=False,
            effective_at=when,
            recorded_at=when,
        )
        self._add(made)
        self.submissions.append(made)
        self.return_.state = ReturnState.SUBMITTED
        return self

    def send_back(self, when: datetime) -> Asked:
        """Give the last submission back."""
        made = SendBack(
            submission_id=self.submissions[-1].id,
            reason="Two answers are missing.",
            effective_at=when,
            recorded_at=when,
        )
        self._add(made)
        return self

    def stand(self, when: datetime, standing: Standing, reason: str) -> Asked:
        """Excuse the return, say it is nil, and so on."""
        made = StandingChange(
            return_id=self.return_.id,
            standing=standing,
            reason=reason,
            effective_at=when,
            recorded_at=when,
        )
        self._add(made)
        self.return_.standing = standing
        return self

    def publish(self, when: datetime, given: Mapping[int, Rag | None]) -> Asked:
        """Publish agreed ratings; red and amber open an improvement each."""
        self.publications += 1
        publication = Publication(
            return_id=self.return_.id,
            number=self.publications,
            effective_at=when,
            recorded_at=when,
        )
        self._add(publication)
        for standard, rag in given.items():
            if rag is None:
                continue
            short = rag in (Rag.RED, Rag.AMBER)
            rating = Rating(
                return_id=self.return_.id,
                standard=standard,
                role=RatingRole.AGREED,
                label=rag.value,
                rag=rag,
                improvement="Do better." if short else "",
                na_reason="It does not apply." if rag is Rag.NA else "",
                rated_at=when,
                publication_id=publication.id,
                supersedes_id=self._latest.get(standard),
            )
            self._add(rating)
            self._latest[standard] = rating.id
            if short:
                improvement = Improvement(
                    rating_id=rating.id,
                    return_id=self.return_.id,
                    membership_id=self.membership.id,
                    standard=standard,
                    text="Do better.",
                    opened_at=when,
                )
                self._add(improvement)
                self.improvements[standard] = improvement
        return self

    def return_plan(self, when: datetime) -> Asked:
        """Return the action plan."""
        self.plans += 1
        made = PlanSubmission(
            return_id=self.return_.id,
            number=self.plans,
            snapshot={},
            effective_at=when,
            recorded_at=when,
        )
        self._add(made)
        return self

    def act(
        self,
        standard: int,
        added: datetime,
        *,
        verified: datetime | None = None,
        removed: datetime | None = None,
    ) -> Action:
        """Add an action to the latest improvement of a standard."""
        made = Action(
            improvement_id=self.improvements[standard].id,
            number=next(_number),
            what="Train all staff",
            owner="Head of learning",
            due_on=date(2026, 9, 30),
            state=ActionState.VERIFIED if verified else ActionState.OPEN,
            added_at=added,
            verified_at=verified,
            removed_at=removed,
        )
        self._add(made)
        return made

    def accept_no_action(self, standard: int, when: datetime) -> Asked:
        """QA accepts the reason for taking no action."""
        self.improvements[standard].no_action_reason = "It ends in May."
        self.improvements[standard].no_action_accepted_at = when
        self.session.flush()
        return self

    def flag(
        self, when: datetime, raised: bool, *, standard: int = 1, action: Action | None = None
    ) -> Asked:
        """Raise or lift a monitoring flag."""
        made = MonitoringFlag(
            return_id=self.return_.id,
            standard=standard,
            action_id=action.id if action else None,
            raised=raised,
            effective_at=when,
            recorded_at=when,
        )
        self._add(made)
        return self

    def record(self, cells: Sequence[str]) -> Asked:
        """Keep the six cells of a published table."""
        self.return_.kind = ReturnKind.RECORDED
        made = RecordedOutcome(
            return_id=self.return_.id,
            completed=cells[0],
            self_assessed=cells[1],
            plan_returned=cells[2],
            actions_completed=cells[3],
            monitored=cells[4],
            current=cells[5],
        )
        self._add(made)
        return self
