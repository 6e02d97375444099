"""What a return still lacks before it can be submitted (domain rules 8 and 9).

Nothing here stops a draft from being saved: it says what stands between the draft and sending in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from s11audit.domain.enums import Ask, AskFor, Rag
from s11audit.scoring.answers import Answer
from s11audit.scoring.words import count_words, counted, is_blank, words_over

SELF_RATING = "self_rating"
STATEMENT = "statement"
NA_REASON = "na_reason"
PROGRESS = "progress"
TAKEN_OVER = "taken_over"
STILL_TRUE = "still_true"


@dataclass(frozen=True)
class RequirementFacts:
    """A requirement that applies to the agency, and its answer (None: not begun)."""

    key: str
    answer: Answer | None
    required: bool = True


@dataclass(frozen=True)
class StandardFacts:
    """A standard that applies to the agency's categories: what the tool asks, what is there.

    `na`: the agency says that the standard does not apply to it; `na_reason` is why. In a later
    stage `ask` says how the standard is asked, `confirmed` that the agency has said it is still
    true, and `taken_over` that parts of it came from before and were not confirmed (rule 20).
    `carried`: nobody has saved it since these were carried in.
    """

    number: int
    self_rating_ask: AskFor
    statement_ask: AskFor
    word_limit: int | None
    requirements: Sequence[RequirementFacts] = ()
    self_rating: Rag | None = None
    statement: str = ""
    na: bool = False
    na_reason: str = ""
    ask: Ask = Ask.FULL
    progress: str = ""
    confirmed: bool = False
    taken_over: bool = False
    carried: bool = False

    @property
    def is_na(self) -> bool:
        """Marked as not applicable, by its own mark or by its self rating."""
        return self.na or self.self_rating is Rag.NA


@dataclass(frozen=True)
class Missing:
    """One thing to put right: the standard, the part of its page, and what to do.

    `part` is "requirement:5.2", "statement", "self_rating", "na_reason", "progress",
    "taken_over" or "still_true"; `field` is the answer's field for a requirement, else empty.
    """

    standard: int
    part: str
    message: str
    field: str = ""


class StandardState(StrEnum):
    """How far a standard of a return is."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"


def missing(standards: Iterable[StandardFacts], today: date) -> list[Missing]:
    """Return everything the return lacks, in the order of its pages; empty: fit to submit.

    `today` is the day in London.
    """
    return [each for standard in standards for each in missing_of(standard, today)]


def missing_of(standard: StandardFacts, today: date) -> list[Missing]:
    """Return what one standard lacks; one that does not apply needs only its reason (rule 9), and
    one that is only asked whether it is still true needs only that said (rule 20)."""
    number = standard.number
    if standard.ask is Ask.STILL_TRUE:
        if standard.confirmed:
            return []
        return [Missing(number, STILL_TRUE, "Say whether this is still true or has changed")]
    return _progress_of(standard) + _content_of(standard, today) + _taken_over_of(standard)


def _content_of(standard: StandardFacts, today: date) -> list[Missing]:
    number = standard.number
    if standard.is_na:
        if is_blank(standard.na_reason):
            why = "Say why this standard does not apply to your agency"
            return [Missing(number, NA_REASON, why)]
        return []
    lacks = [lack for each in standard.requirements for lack in _of_answer(number, each, today)]
    if standard.statement_ask is not AskFor.ABSENT:
        lacks += _of_statement(standard)
    if standard.self_rating_ask is AskFor.REQUIRED and standard.self_rating is None:
        lacks.append(Missing(number, SELF_RATING, "Choose a rating for this standard"))
    return lacks


def state_of(standard: StandardFacts, today: date) -> StandardState:
    """Return how far a standard is: nothing given yet, something, or all that is needed."""
    if _is_untouched(standard):
        return StandardState.NOT_STARTED
    lacks = missing_of(standard, today)
    return StandardState.IN_PROGRESS if lacks else StandardState.COMPLETE


@dataclass(frozen=True)
class Progress:
    """How many of the standards that apply are complete."""

    complete: int
    of: int

    def in_words(self) -> str:
        """Return "3 of 9 standards complete"."""
        return f"{self.complete} of {counted(self.of, 'standard', 'standards')} complete"


def progress(states: Iterable[StandardState]) -> Progress:
    """Count the complete ones among the standards' states."""
    all_states = list(states)
    return Progress(all_states.count(StandardState.COMPLETE), len(all_states))


def _progress_of(standard: StandardFacts) -> list[Missing]:
    if standard.ask is not Ask.UPDATE or not is_blank(standard.progress):
        return []
    return [Missing(standard.number, PROGRESS, "Say what progress has been made")]


def _taken_over_of(standard: StandardFacts) -> list[Missing]:
    if not standard.taken_over or standard.is_na:
        return []
    why = "Confirm what is marked “From before”, or change it"
    return [Missing(standard.number, TAKEN_OVER, why)]


def _of_answer(number: int, requirement: RequirementFacts, today: date) -> list[Missing]:
    part = f"requirement:{requirement.key}"
    answer = requirement.answer
    if answer is None or answer.is_blank():
        if not requirement.required:
            return []
        return [Missing(number, part, f"Answer question {requirement.key}")]
    return [
        Missing(number, part, f"Question {requirement.key}: {_lower_first(message)}", field)
        for field, message in answer.problems(today).items()
    ]


def _of_statement(standard: StandardFacts) -> list[Missing]:
    if is_blank(standard.statement):
        if standard.statement_ask is AskFor.REQUIRED:
            return [Missing(standard.number, STATEMENT, "Write the evidence statement")]
        return []
    over = words_over(standard.statement, standard.word_limit)
    if not over:
        return []
    length = counted(count_words(standard.statement), "word", "words")
    message = (
        f"The evidence statement is {length} long. Shorten it by "
        f"{counted(over, 'word', 'words')}, to {standard.word_limit} or fewer"
    )
    return [Missing(standard.number, STATEMENT, message)]


def _is_untouched(standard: StandardFacts) -> bool:
    if standard.ask is Ask.STILL_TRUE:
        return not standard.confirmed
    if standard.carried:
        return True
    answers_blank = all(
        each.answer is None or each.answer.is_blank() for each in standard.requirements
    )
    nothing_written = is_blank(standard.statement) and is_blank(standard.na_reason)
    return answers_blank and nothing_written and not standard.is_na and standard.self_rating is None


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]
