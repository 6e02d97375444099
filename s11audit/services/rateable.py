"""What a return has to be for its standards to be rated, and what a rating has to say."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from s11audit.domain.enums import Basis, Participation, Rag, ReturnState, Standing
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.models import Agreement, Rating, Return, Submission
from s11audit.queries.reviews import current_submission
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.words import is_blank
from s11audit.tools.schema import RatingChoice

RATEABLE = (ReturnState.IN_REVIEW, ReturnState.RATED, ReturnState.CLOSED)
SHORTFALL = (Rag.AMBER, Rag.RED)


def must_be_rateable(return_: Return) -> None:
    """Raise Refused for a return that QA does not rate: advisory, not asked for, or of a cycle on
    which the agency confirms its own result."""
    if return_.stage.cycle.basis is Basis.CONFIRMED:
        raise Refused(
            "On this cycle the agency confirms its own result, and the board office rates it again"
            " once its plan is verified."
        )
    if return_.participation is Participation.ADVISORY:
        raise Refused("This agency takes part in an advisory role, so it is not rated.")
    if return_.standing is not Standing.ASKED:
        raise Refused("This return is no longer asked for, so it is not rated.")


def submission_in_review(session: Session, return_: Return) -> Submission:
    """Return the submission that is being reviewed; Refused where there is none."""
    must_be_rateable(return_)
    if return_.state not in RATEABLE:
        raise Refused(
            "Start the review before you rate."
            if return_.state is ReturnState.SUBMITTED
            else "This return has not been sent in, so it cannot be rated."
        )
    submission = current_submission(session, return_.id)
    if submission is None:
        raise Refused("This return has not been sent in, so it cannot be rated.")
    return submission


def choice_of(session: Session, return_: Return, standard: int, label: str) -> RatingChoice:
    """Return the tool's rating of that label for a standard of the return. Raises NotFound for a
    standard that it does not have, and Invalid for a label that the tool does not know."""
    if standard not in {each.number for each in standards_asked(session, return_)}:
        raise NotFound("There is no such standard in this return.")
    try:
        return tool_of(session, return_.stage.cycle.tool_version).rating(label)
    except KeyError:
        raise Invalid("The rating was not saved.", {"label": "Choose a rating"}) from None


@dataclass(frozen=True)
class Wanted:
    """What a person asks to be stored of a rating or an agreement."""

    choice: RatingChoice
    comment: str
    improvement: str
    improvement_due_on: date | None
    na_reason: str
    monitor: bool

    @classmethod
    def of(
        cls,
        choice: RatingChoice,
        *,
        comment: str,
        improvement: str,
        improvement_due_on: date | None,
        na_reason: str,
        monitor: bool,
    ) -> "Wanted":
        """Return it with texts trimmed, and without a reason or a date that does not belong to the
        choice."""
        return cls(
            choice,
            comment.strip(),
            improvement.strip(),
            improvement_due_on if choice.rag in SHORTFALL else None,
            na_reason.strip() if choice.rag is Rag.NA else "",
            monitor,
        )

    def same_as(self, stored: Rating | Agreement) -> bool:
        """Return whether `stored` says the same already."""
        return (
            stored.label == self.choice.label
            and stored.comment == self.comment
            and stored.improvement == self.improvement
            and stored.improvement_due_on == self.improvement_due_on
            and stored.na_reason == self.na_reason
            and stored.monitor == self.monitor
        )

    def problems(self, today: date, *, date_needed: bool = False) -> dict[str, str]:
        """Return what is wrong, by field (domain rules 1 and 11)."""
        problems: dict[str, str] = {}
        short = self.choice.rag in SHORTFALL
        if short and is_blank(self.improvement):
            problems["improvement"] = "Say what improvement is required: amber and red need one"
        if not short and self.improvement:
            problems["improvement"] = (
                "Only amber and red take a required improvement. Clear it, or move it to the"
                " comment"
            )
        if self.choice.rag is Rag.NA and is_blank(self.na_reason):
            problems["na_reason"] = "Say why the standard does not apply to this agency"
        if short and date_needed and self.improvement_due_on is None:
            problems["improvement_due_on"] = "Enter the date by which the improvement is due"
        if short and self.improvement_due_on is not None and self.improvement_due_on < today:
            problems["improvement_due_on"] = "The due date must be today or later"
        return problems


def logged(stored: Rating | Agreement | None) -> dict[str, object]:
    """Return a rating or an agreement as the log tells it."""
    if stored is None:
        return {}
    told: dict[str, object] = {
        "standard": stored.standard,
        "label": stored.label,
        "rag": stored.rag,
        "comment": stored.comment,
        "improvement": stored.improvement,
        "na_reason": stored.na_reason,
        "monitor": stored.monitor,
    }
    if stored.improvement_due_on is not None:
        told["improvement_due_on"] = stored.improvement_due_on
    return told
