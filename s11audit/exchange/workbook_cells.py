"""What a workbook asks of one standard, a cell for each part of the answer, and how the cells'
texts become the values that are saved.

A cell has a reference that says which part it is; a new kind of question needs one entry in
`KINDS`. An empty cell says nothing: it leaves what is stored as it is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from s11audit.domain.enums import AskFor, Category
from s11audit.scoring.answers import OUTCOME_WORDS, Judgement, Outcome, Percentage, Text
from s11audit.scoring.words import is_blank
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.tools.schema import Requirement, Standard, Tool

ACTIONS = 5
DAY = "date"
CHOICE = "choice"
TEXT = "text"
NUMBER = "number"
LONG = "long"


@dataclass(frozen=True)
class Cell:
    """One cell to fill in: its reference, the question's number as people read it, what is
    asked, what kind of text it takes and, for a choice, the code that each of its words stands
    for."""

    ref: str
    number: str
    asks: str
    kind: str = TEXT
    choices: Mapping[str, str] | None = None
    help: str = ""


@dataclass(frozen=True)
class Kind:
    """How the answers of one kind go into cells: (name of the part, what is asked, kind,
    choices), their stored values as texts, and back. `gives_way` names a part that is dropped
    where the workbook changes one of the others and not it."""

    parts: tuple[tuple[str, str, str, Mapping[str, str] | None], ...]
    texts: Callable[[Mapping[str, object]], dict[str, str]]
    stored: Callable[[Mapping[str, str]], Mapping[str, object]]
    gives_way: str = ""


def _judgement(texts: Mapping[str, str]) -> Mapping[str, object]:
    value = texts.get("value", "")
    return Judgement(Outcome(value) if value else None, texts.get("na_reason", "")).to_stored()


def _percentage_texts(stored: Mapping[str, object]) -> dict[str, str]:
    answer = Percentage.from_stored(stored)
    unread = dict(answer.unread)
    return {
        "numerator": unread.get("numerator", _digits(answer.numerator)),
        "denominator": unread.get("denominator", _digits(answer.denominator)),
        "as_of": unread.get("as_of", answer.as_of.isoformat() if answer.as_of else ""),
        "not_known_reason": answer.not_known_reason if answer.not_known else "",
    }


def _percentage(texts: Mapping[str, str]) -> Mapping[str, object]:
    reason = texts.get("not_known_reason", "")
    return Percentage.from_typed(
        texts.get("numerator", ""),
        texts.get("denominator", ""),
        texts.get("as_of", ""),
        not is_blank(reason),
        reason,
    ).to_stored()


def _digits(number: int | None) -> str:
    return "" if number is None else str(number)


_OUTCOMES = {words: outcome.value for outcome, words in OUTCOME_WORDS.items()}

KINDS: dict[str, Kind] = {
    Judgement.kind: Kind(
        (
            ("value", "", CHOICE, _OUTCOMES),
            ("na_reason", "Where it does not apply: why", TEXT, None),
        ),
        lambda stored: {name: str(stored.get(name) or "") for name in ("value", "na_reason")},
        _judgement,
    ),
    Percentage.kind: Kind(
        (
            ("numerator", "How many", NUMBER, None),
            ("denominator", "Out of how many", NUMBER, None),
            ("as_of", "On which date the numbers were taken", DAY, None),
            ("not_known_reason", "Where it is not known: why", TEXT, None),
        ),
        _percentage_texts,
        _percentage,
        gives_way="not_known_reason",  # numbers were given at last
    ),
    Text.kind: Kind(
        (("text", "", LONG, None),),
        lambda stored: {"text": str(stored.get("text") or "")},
        lambda texts: Text(texts.get("text", "")).to_stored(),
    ),
}


def cells_of(
    tool: Tool, standard: Standard, categories: tuple[Category, ...], *, progress: bool
) -> list[Cell]:
    """Return what a workbook asks of a standard, in the order of its page. `progress`: it
    is asked for an update, which tells what has been done."""
    cells = [
        cell
        for requirement in standard.requirements_for(categories)
        for cell in _cells_of_question(tool, requirement)
    ]
    if progress:
        cells.append(Cell("progress", "", "What has been done since the last stage", LONG))
    if tool.evidence_statement_for(standard) is not AskFor.ABSENT:
        limit = f"At most {tool.statement_limit} words."
        cells.append(Cell("statement", "", "Evidence statement", LONG, help=limit))
    choices = {
        choice.title: choice.label
        for choice in tool.ratings
        if tool.self_rating_for(standard) is not AskFor.ABSENT or choice == tool.na_rating
    }
    cells.append(Cell("self_label", "", "Your own rating", CHOICE, choices))
    cells.append(Cell("na_reason", "", "Where the standard does not apply: why", TEXT))
    for number in range(1, ACTIONS + 1):
        cells += [
            Cell(f"action:{number}:what", "", f"Action {number}: what will be done"),
            Cell(f"action:{number}:owner", "", f"Action {number}: who will do it"),
            Cell(f"action:{number}:due_on", "", f"Action {number}: by when", DAY),
        ]
    return cells


def _cells_of_question(tool: Tool, requirement: Requirement) -> Iterator[Cell]:
    """A kind of question that no workbook knows is answered on the page only."""
    for index, (name, asks, kind, choices) in enumerate(
        KINDS[requirement.kind].parts if requirement.kind in KINDS else ()
    ):
        question = tool.translate(requirement.text) if index == 0 else ""
        text = ". ".join(part.rstrip(".") for part in (question, asks) if part)
        yield Cell(
            f"answer:{requirement.key}:{name}",
            requirement.key if index == 0 else "",
            text,
            kind,
            choices,
            requirement.guidance if index == 0 else "",
        )


def texts_of(values: ResponseValues, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the filled-in cells of a standard by reference. `kinds` maps a requirement's key to
    the kind of its answer."""
    texts = {
        "statement": values.statement,
        "self_label": values.self_label or "",
        "na_reason": values.na_reason,
        "progress": values.progress,
    }
    for key, stored in values.answers.items():
        if kinds.get(key) in KINDS:
            found = KINDS[kinds[key]].texts(stored)
            texts |= {f"answer:{key}:{name}": text for name, text in found.items()}
    for number, action in enumerate(values.proposed_actions[:ACTIONS], 1):
        texts[f"action:{number}:what"] = action.what
        texts[f"action:{number}:owner"] = action.owner
        texts[f"action:{number}:due_on"] = action.due_on.isoformat() if action.due_on else ""
    return {ref: text for ref, text in texts.items() if not is_blank(text)}


def with_texts(
    values: ResponseValues, kinds: Mapping[str, str], texts: Mapping[str, str]
) -> ResponseValues:
    """Return `values` with what the cells say (`texts`, by reference); what no cell says stays."""
    old = texts_of(values, kinds)
    given = {ref: text for ref, text in texts.items() if not is_blank(text)}
    new = old | given
    answers = dict(values.answers)
    for key, kind in kinds.items():
        changed = _of_question(key, given)
        if kind in KINDS and changed:
            parts = _of_question(key, new)
            if KINDS[kind].gives_way not in changed:
                parts.pop(KINDS[kind].gives_way, None)
            answers[key] = KINDS[kind].stored(parts)
    actions = [
        ProposedActionValues(
            new.get(f"action:{number}:what", ""),
            new.get(f"action:{number}:owner", ""),
            _day(new.get(f"action:{number}:due_on", "")),
        )
        for number in range(1, ACTIONS + 1)
    ]
    return replace(
        values,
        statement=new.get("statement", ""),
        self_label=new.get("self_label") or None,
        na_reason=new.get("na_reason", ""),
        progress=new.get("progress", ""),
        answers=answers,
        proposed_actions=(
            *(each for each in actions if not each.is_blank),
            *values.proposed_actions[ACTIONS:],
        ),
    )


def _of_question(key: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of one question's cells, by the names of its parts."""
    start = f"answer:{key}:"
    return {ref.removeprefix(start): text for ref, text in texts.items() if ref.startswith(start)}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
