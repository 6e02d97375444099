"""The states of a return and who may change them (domain rule 10). Nothing else changes a state."""

from dataclasses import dataclass
from enum import StrEnum

from s11audit.domain.enums import ReturnState, Role
from s11audit.domain.errors import Refused
from s11audit.domain.wording import in_words

S = ReturnState


class Change(StrEnum):
    """What can happen to a return's state."""

    BEGIN = "begin"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    START_REVIEW = "start_review"
    RETURN_RESULT = "return_result"
    CONFIRM = "confirm"
    PUBLISH = "publish"
    CLOSE = "close"


@dataclass(frozen=True)
class Rule:
    """From which states a change is allowed, where it leads, and which roles make it."""

    sources: tuple[ReturnState, ...]
    target: ReturnState
    roles: tuple[Role, ...]


RULES: dict[Change, Rule] = {
    # The first save begins a return; any later save leaves it in progress. The office begins and
    # submits only what came on paper and is entered by it.
    Change.BEGIN: Rule(
        (S.NOT_STARTED, S.IN_PROGRESS), S.IN_PROGRESS, (Role.LEAD, Role.CONTRIBUTOR, Role.OFFICE)
    ),
    Change.SUBMIT: Rule((S.NOT_STARTED, S.IN_PROGRESS), S.SUBMITTED, (Role.LEAD, Role.OFFICE)),
    Change.SEND_BACK: Rule((S.SUBMITTED, S.IN_REVIEW), S.IN_PROGRESS, (Role.OFFICE,)),
    Change.START_REVIEW: Rule((S.SUBMITTED,), S.IN_REVIEW, (Role.QA, Role.CHAIR)),
    # On a cycle of basis `confirmed` the agency's confirmation stands where QA's rating does.
    Change.RETURN_RESULT: Rule((S.SUBMITTED,), S.IN_REVIEW, (Role.OFFICE,)),
    Change.CONFIRM: Rule((S.IN_REVIEW,), S.RATED, (Role.LEAD,)),
    Change.PUBLISH: Rule((S.IN_REVIEW, S.RATED), S.RATED, (Role.CHAIR,)),
    # Closing the stage ends what was not sent in and what is finished. A return under review
    # stays there until it is published, and is closed by that.
    Change.CLOSE: Rule((S.NOT_STARTED, S.IN_PROGRESS, S.RATED), S.CLOSED, (Role.OFFICE,)),
}

_REFUSALS: dict[Change, str] = {
    Change.BEGIN: "This return cannot be changed, because it is {state}.",
    Change.SUBMIT: "This return cannot be submitted, because it is already {state}.",
    Change.SEND_BACK: "This return cannot be sent back, because it is {state}.",
    Change.START_REVIEW: "The review cannot be started, because the return is {state}.",
    Change.RETURN_RESULT: "The result cannot be returned, because the return is {state}.",
    Change.CONFIRM: "The result cannot be confirmed, because the return is {state}.",
    Change.PUBLISH: "The ratings cannot be published, because the return is {state}.",
    Change.CLOSE: "The return cannot be closed, because it is {state}.",
}


def allowed(change: Change, state: ReturnState) -> bool:
    """Return whether `change` may be made to a return in `state`."""
    return state in RULES[change].sources


def after(change: Change, state: ReturnState) -> ReturnState:
    """Return the state that `change` leads to from `state`; Refused where it may not be made."""
    if not allowed(change, state):
        raise Refused(_REFUSALS[change].format(state=in_words(state).lower()))
    return RULES[change].target
