"""One standard of a frozen submission as QA reads it: in words, with its suggestion."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from s11audit.domain.enums import Ask, EvidenceKind, Rag
from s11audit.queries.reviews import suggestion_of
from s11audit.scoring.answers import Outcome, read_answer
from s11audit.scoring.ratings import Suggestion, differs
from s11audit.tools.schema import RatingChoice, Standard, Tool


@dataclass(frozen=True)
class SubmittedAnswer:
    """The answer to one requirement; `outcome` is None where it comes to nothing."""

    key: str
    text: str
    essential: bool
    in_words: str
    outcome: Outcome | None


@dataclass(frozen=True)
class SubmittedEvidence:
    """A file or a link that the agency offered for the standard."""

    id: int
    kind: EvidenceKind
    description: str
    file: str | None
    sha256: str | None
    link: str | None
    made_on: date | None
    review_on: date | None


@dataclass(frozen=True)
class SubmittedAction:
    """What the agency proposed to do."""

    what: str
    owner: str
    due_on: date | None


@dataclass(frozen=True)
class SubmittedStandard:
    """The agency's part for one standard, as it was sent in."""

    standard: Standard
    meaning: str
    answers: list[SubmittedAnswer]
    statement: str
    self_choice: RatingChoice | None
    na_reason: str
    suggestion: Suggestion
    differs: bool
    evidence: list[SubmittedEvidence]
    proposed: list[SubmittedAction]
    asked: Ask = Ask.FULL
    before: RatingChoice | None = None
    """The rating that an update or a confirmation was asked on, in the tool's words."""
    progress: str = ""
    still_true_by: str = ""
    still_true_on: date | None = None


def submitted_standard(tool: Tool, standard: Standard, part: dict[str, Any]) -> SubmittedStandard:
    """Return a snapshot's part for a standard, the tool's outdated terms explained."""
    essential = {item.key for item in standard.requirements if item.essential}
    own = part["self_rating"]
    choice = tool.rating(own["label"]) if own["label"] else None
    suggestion = suggestion_of(tool, standard, part)
    before, confirmed = part.get("rating_before"), part.get("still_true") or {}
    return SubmittedStandard(
        standard=standard,
        meaning=tool.translate(standard.meaning),
        answers=[_answer(tool, item, item["key"] in essential) for item in part["requirements"]],
        statement=part["statement"],
        self_choice=choice,
        na_reason=own["na_reason"],
        suggestion=suggestion,
        differs=differs(suggestion.rag, Rag(own["rag"]) if own["rag"] else None),
        evidence=[_evidence(item) for item in part["evidence"]],
        proposed=[
            SubmittedAction(item["what"], item["owner"], _day(item["due_on"]))
            for item in part["proposed_actions"]
        ],
        asked=Ask(part.get("asked", Ask.FULL)),
        before=tool.rating(before["label"]) if before else None,
        progress=part.get("progress", ""),
        still_true_by=confirmed.get("name", ""),
        still_true_on=_day(confirmed.get("on")),
    )


def _answer(tool: Tool, item: dict[str, Any], essential: bool) -> SubmittedAnswer:
    answer = read_answer(item["kind"], item["answer"])
    outcome = answer.outcome(tool.thresholds.met_at, tool.thresholds.partly_above)
    text = tool.translate(item["text"])
    return SubmittedAnswer(item["key"], text, essential, answer.in_words(), outcome)


def _evidence(item: dict[str, Any]) -> SubmittedEvidence:
    return SubmittedEvidence(
        id=item["id"],
        kind=EvidenceKind(item["kind"]),
        description=item["description"],
        file=item["file"],
        sha256=item.get("sha256"),
        link=item["link"],
        made_on=_day(item["made_on"]),
        review_on=_day(item["review_on"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
