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
    "return.entry_started": "Board office began to enter the return from its original",
    "return.entry_stopped": "Board office stopped entering the return from its original",
    "return.kind_decided": "What the return asks was worked out",
    "return.carried_over": "Carried over from the stage before",
    "return.still_true": "Said what is still true",
    "return.accepted": "Accepted by QA: every standard keeps its rating",
    "return.submitted": "Return submitted",
    "return.sent_back": "Sent back to the agency",
    "return.extended": "Due date extended",
    "return.standing_changed": "Marked as asked, excused, nil, withdrawn or declined",
    "return.chased": "E-mail sent to chase the return",
    "return.closed": "Closed with its stage",
    "return.review_started": "Review started",
    "screening.drafted": "Read for screening",
    "screening.point_confirmed": "Screening: point confirmed",
    "screening.points_confirmed": "Screening: points confirmed",
    "screening.point_dismissed": "Screening: point dismissed",
    "screening.point_added": "Screening: point added",
    "screening.passed": "Screening: passed to QA",
    "screening.sent_back": "Screening: sent back",
    "return.published": "Ratings published",
    "return.imported": "Return imported",
    "return.recorded": "Recorded history imported",
    "response.saved": "Answers saved",
    "response.assigned": "Standard given to a colleague",
    "response.taken_over": "Answers taken over from an earlier return",
    "evidence.refused": "File refused: the virus scanner found something in it",
    "evidence.infected": "File refused after it was added: the virus scanner found something in it",
    "rating.given": "Rating given, not yet published",
    "rating.finished": "Reviewer finished",
    "rating.reopened": "Reviewer took back that they had finished",
    "allotment.made": "Given to a reviewer",
    "allotment.ended": "Taken from a reviewer",
    "moderation.opened": "Moderation opened before all reviewers had finished",
    "agreement.made": "Rating agreed, not yet published",
    "ratings.shared": "Agreed ratings shared with the agency",
    "reply.accepted": "Agreed ratings accepted by the agency",
    "reply.disputed": "Agreed rating disputed by the agency",
    "reply.decided": "Dispute decided",
    "result.returned": "Result returned to the agency",
    "result.confirmed": "Result confirmed by the agency",
    "result.rated_again": "Standard rated again by the board office",
    "escalation.begun": "Escalation begun",
    "escalation.changed": "Escalation: letter or day changed",
    "escalation.step_taken": "Escalation: step taken",
    "challenge.arranged": "Meeting arranged",
    "challenge.changed": "Meeting changed",
    "challenge.questions_changed": "Meeting: questions changed",
    "challenge.shared": "Meeting shared with the agency",
    "challenge.outcome_saved": "Meeting: answers and outcome saved",
    "challenge.finished": "Meeting finished",
    "challenge.action_added": "Meeting: action added",
    "challenge.action_done": "Meeting: action done",
    "action.added": "Action added",
    "action.changed": "Action changed",
    "action.progress": "Progress on the action",
    "action.reported_complete": "Action reported complete",
    "action.asked_again": "Action not verified: asked again",
    "action.verified": "Action verified",
    "action.removed": "Action removed from the plan",
    "monitoring.raised": "Flagged for monitoring",
    "monitoring.lifted": "Monitoring ended",
    "plan.returned": "Action plan returned",
    "plan.accepted": "Action plan accepted",
    "plan.asked_again": "Action plan asked for again",
    "improvement.no_action": "Reason for taking no action given",
    "calendar.made": "Calendar feed made",
    "calendar.renewed": "Calendar feed given a new address",
    "calendar.stopped": "Calendar feed stopped",
    "reminders.changed": "Reminders changed",
    "reminders.worded": "Words of the reminders changed",
    "reminders.wanted": "Own reminders turned on or off",
    "visit.arranged": "Visit arranged",
    "visit.changed": "Visit changed",
    "visit.cancelled": "Visit cancelled",
    "visit.member_added": "Visitor added to the team",
    "visit.member_removed": "Visitor taken out of the team",
    "visit.finding_saved": "Finding of a visit saved",
    "visit.worksheet_changed": "Worksheet of a visit changed",
    "visit.finished": "Visit finished",
    "visit.shared": "Findings of a visit shared with the agency",
    "visit.proposal_set_aside": "Rating that a visit proposed set aside",
    "membership.added": "Agency added to the board",
    "membership.changed": "Agency changed",
    "membership.ended": "Membership ended",
    "membership.resumed": "Membership started again",
    "redaction.made": "Passage or file redacted",
    "redaction.ledger_applied": "Redactions done again after a backup was restored",
    "user.erased": "Personal details of an account erased",
    "user.held_exported": "Copy taken of what is held on a person",
    "role.given": "Role given",
    "role.ended": "Role ended",
}
FIELDS = {
    "due_on": "Due date",
    "what": "What will be done",
    "owner": "Who will do it",
    "url": "Address of the link",
    "visit_on": "Day of the visit",
    "was_due_on": "Due date before",
    "ends_on": "End of the membership",
    "to": "Sent to",
    "label": "Rating, as the tool names it",
    "self_label": "Self rating, as the tool names it",
    "na_reason": "Why it does not apply",
    "improvement_due_on": "Improvement due",
    "reply_by": "Answer asked for until the end of",
    "value": "Answer",
    "duty": "Duty",
    "rag": "Rating",
    "ratings": "Ratings",
    "email": "E-mail address",
    "self_rag": "Self rating",
}
_LISTS: dict[str, type[StrEnum] | tuple[type[StrEnum], ...]] = {
    "state": (e.ReturnState, e.ActionState),
    "standing": e.Standing,
    "kind": (e.ReturnKind, e.EvidenceKind),
    "participation": e.Participation,
    "duty": e.Duty,
    "categories": e.Category,
    "rag": e.Rag,
    "result": e.VisitResult,
    "results": e.VisitResult,
    "proposed_rag": e.Rag,
    "self_rag": e.Rag,
    "label": e.Rag,
    "self_label": e.Rag,
    "role": e.Role,
    "rule": e.ScreeningRule,
}
_ANSWERS = {
    "met": "Met",
    "partly_met": "Partly met",
    "not_met": "Not met",
    "na": "Not applicable",
}
_SILENT = ("standard", "publication", "version", "sha256", "action")
# A rating's label, and the field that says what it stands for.
_LABELS = {"label": "rag", "self_label": "self_rag"}
_NUMBER = re.compile(r"(\d+)")
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


def standard_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> int | None:
    """Return the number of the standard that a change is about, None where it is about none."""
    number = after.get("standard", before.get("standard"))
    return number if isinstance(number, int) else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Told]:
    """Return each field that reads differently, in the order of their names.

    Left out are the standard, which is told with what happened, numbers of ours, and a label that
    says no more than the rating beside it.
    """
    told = [
        Told(_field(name), _value(name, before.get(name)), _value(name, after.get(name)))
        for name in sorted({*before, *after}, key=_place)
        if name not in _SILENT and not (name in _LABELS and _repeats(name, before, after))
    ]
    return [each for each in told if each.before != each.after]


def _key_place(item: tuple[str, Any]) -> list[tuple[int, str]]:
    return _place(str(item[0]))


def _place(name: str) -> list[tuple[int, str]]:
    """Sort numbers in names as numbers: question 3.2 before 3.10."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in _NUMBER.split(name)]


def _repeats(name: str, *stored: Mapping[str, Any]) -> bool:
    return all(each.get(name) in (None, "", each.get(_LABELS[name])) for each in stored)


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
        parts = [
            (str(key), _value(str(key), each))
            for key, each in sorted(value.items(), key=_key_place)
        ]
        given = {key: text for key, text in parts if text}
        if given.keys() == {"value"}:
            return given["value"]
        if name == "ratings":
            return "\n".join(f"Standard {key}: {_value('rag', value[key])}" for key in given)
        return "; ".join(f"{_field(key)}: {text}" for key, text in given.items())
    text = str(value)
    if name == "value":
        return _ANSWERS.get(text, text)
    lists = _LISTS.get(name, ())
    for listed in lists if isinstance(lists, tuple) else (lists,):
        if text in {member.value for member in listed}:
            return wording.in_words(listed(text))
    if _DAY.fullmatch(text):
        return dates.in_words(date.fromisoformat(text))
    if _MOMENT.fullmatch(text):
        return dates.moment_in_words(datetime.fromisoformat(text))
    return text
