"""How the log is told to people: what happened, and what was before and after, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from s11audit.domain import dates, wording
from s11audit.domain import enums as e

WHAT = {
    "return.made": "Asked for a return",
    "return.begun": "Return begun",
    "return.submitted": "Return submitted",
    "return.sent_back": "Sent back to the agency",
    "return.extended": "Due date extended",
    "return.standing_changed": "Marked as asked, excused, nil, withdrawn or declined",
    "return.chased": "E-mail sent to chase the return",
    "return.closed": "Closed with its stage",
    "return.review_started": "Review started",
    "return.published": "Ratings published",
    "return.imported": "Return imported",
    "return.recorded": "Recorded history imported",
    "response.saved": "Answers saved",
    "response.assigned": "Standard given to a colleague",
    "rating.given": "Rating given, not yet published",
    "monitoring.raised": "Flagged for monitoring",
    "monitoring.lifted": "Monitoring ended",
    "plan.returned": "Action plan returned",
    "plan.accepted": "Action plan accepted",
    "plan.asked_again": "Action plan asked for again",
    "improvement.no_action": "Reason for taking no action given",
    "membership.added": "Agency added to the board",
    "membership.changed": "Agency changed",
    "membership.ended": "Membership ended",
    "membership.resumed": "Membership started again",
    "role.given": "Role given",
    "role.ended": "Role ended",
}
FIELDS = {
    "due_on": "Due date",
    "was_due_on": "Due date before",
    "ends_on": "End of the membership",
    "to": "Sent to",
    "self_label": "Self rating",
    "self_rag": "Self rating (red, amber, green)",
    "na_reason": "Why it does not apply",
    "value": "Answer",
    "duty": "Duty",
    "rag": "Rating (red, amber, green)",
}
_LISTS: dict[str, type[StrEnum]] = {
    "state": e.ReturnState,
    "standing": e.Standing,
    "kind": e.ReturnKind,
    "participation": e.Participation,
    "duty": e.Duty,
    "categories": e.Category,
    "rag": e.Rag,
    "self_rag": e.Rag,
    "role": e.Role,
}
_ANSWERS = {
    "met": "Met",
    "partly_met": "Partly met",
    "not_met": "Not met",
    "na": "Not applicable",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


@dataclass(frozen=True)
class Told:
    """One field that changed: its name, and how it read before and after."""

    name: str
    before: str
    after: str


def what_in_words(what: str) -> str:
    """Return what happened, in words; a code that has none is read out ("Action added")."""
    return WHAT.get(what) or what.replace(".", " ").replace("_", " ").capitalize()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Told]:
    """Return each field that differs, those after first, in the order of their names."""
    names = sorted({*before, *after})
    return [
        Told(_field(name), _value(name, before.get(name)), _value(name, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _field(name: str) -> str:
    if name.startswith("answer:"):
        return f"Question {name.removeprefix('answer:')}"
    return FIELDS.get(name) or name.replace("_", " ").capitalize()


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_value(name, each) for each in value)
    if isinstance(value, Mapping):
        parts = [(str(key), _value(str(key), each)) for key, each in sorted(value.items())]
        given = {key: text for key, text in parts if text}
        if given.keys() == {"value"}:
            return given["value"]
        return "; ".join(f"{_field(key)}: {text}" for key, text in given.items())
    text = str(value)
    if name == "value":
        return _ANSWERS.get(text, text)
    listed = _LISTS.get(name)
    if listed is not None and text in {member.value for member in listed}:
        return wording.in_words(listed(text))
    if _DAY.fullmatch(text):
        return dates.in_words(date.fromisoformat(text))
    if _MOMENT.fullmatch(text):
        return dates.moment_in_words(datetime.fromisoformat(text))
    return text
