"""Filling in a return offline: a workbook goes out, comes back, is compared and then applied.

What comes back is compared with what is stored now: where a colleague has saved a standard since
the workbook was made, it is said so, and the person chooses standard by standard.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor, Can, check
from s11audit.exchange import workbooks
from s11audit.exchange.workbook_cells import Cell, cells_of, texts_of, with_texts
from s11audit.models import Response, Return
from s11audit.queries.carrying import draft_of
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.services.responses import (
    ProposedActionValues,
    ResponseValues,
    editable_return,
    save_response,
)

CHANGED = "Somebody changed the return while you looked at this."


@dataclass(frozen=True)
class Change:
    """One cell that differs: what is asked, what is stored and what the workbook says."""

    asks: str
    stored: str
    wanted: str


@dataclass(frozen=True)
class Differences:
    """What a workbook would change in one standard. `saved_since`: somebody saved the standard
    after the workbook was made."""

    number: int
    title: str
    changes: tuple[Change, ...]
    saved_since: bool


def write_workbook(session: Session, actor: Actor, return_id: int) -> bytes:
    """Return a return as a workbook to be filled in offline. Raises NotFound and NotAllowed."""
    return_ = return_by_id(session, return_id)
    check(actor, Can.SEE_DRAFT, facts_of(return_), sees=Can.SEE_RETURN)
    return workbooks.write(_cover(return_), _sheets(session, return_))


def read_workbook(
    session: Session, actor: Actor, return_id: int, data: bytes, file: str
) -> workbooks.Filled:
    """Return what a workbook that came back holds. Raises ImportRefused with its faults."""
    return_ = return_by_id(session, return_id)
    check(actor, Can.FILL_IN, facts_of(return_), sees=Can.SEE_RETURN)
    return workbooks.read(data, file, _cover(return_), _sheets(session, return_))


def differences(session: Session, return_: Return, filled: workbooks.Filled) -> list[Differences]:
    """Return what the workbook would change now, a standard each, in the tool's order."""
    found = []
    for sheet in _sheets(session, return_):
        texts = filled.texts.get(sheet.number, {})
        changes = tuple(
            Change(_asked(cell), _words(cell, sheet.texts), _words(cell, texts))
            for cell in sheet.cells
            if cell.ref in texts and texts[cell.ref] != sheet.texts.get(cell.ref, "")
        )
        if changes:
            since = filled.versions.get(sheet.number, 0) != sheet.version
            found.append(Differences(sheet.number, sheet.title, changes, since))
    return found


def left_out(session: Session, return_: Return, filled: workbooks.Filled) -> list[int]:
    """Return the standards that the workbook was written with and that are not filled in any
    more: since then somebody has said that they are still true."""
    asked = {sheet.number for sheet in _sheets(session, return_)}
    return sorted(filled.versions.keys() - asked)


def digest(found: Collection[Differences]) -> str:
    """Return a fingerprint of what was shown: the same differences have the same one."""
    return sha256(repr(sorted(found, key=lambda each: each.number)).encode()).hexdigest()


def apply(
    session: Session,
    actor: Actor,
    return_id: int,
    filled: workbooks.Filled,
    chosen: Collection[int],
    *,
    shown: str,
    now: datetime,
) -> int:
    """Save the chosen standards as the workbook has them; return how many were changed.

    Everything is saved or nothing. `shown` is the digest of the differences that the person
    saw; Invalid where they are no longer the same. Other errors are those of `save_response`.
    """
    return_, _role = editable_return(session, actor, return_id, now=now)
    found = differences(session, return_, filled)
    if digest(found) != shown:
        raise Invalid(CHANGED)
    tool = tool_of(session, return_.stage.cycle.tool_version)
    responses = responses_of(session, return_id)
    wanted = [each.number for each in found if each.number in chosen]
    for number in wanted:
        response = responses.get(number)
        save_response(
            session,
            actor,
            return_id,
            number,
            with_texts(
                values_of(response),
                {each.key: each.kind for each in tool.standard(number).requirements},
                filled.texts[number],
            ),
            based_on=response.version if response else 0,
            now=now,
        )
    return len(wanted)


def values_of(response: Response | None) -> ResponseValues:
    """Return a stored response as the values that would save it again."""
    if response is None:
        return ResponseValues()
    return ResponseValues(
        statement=response.statement,
        self_label=response.self_label,
        na_reason=response.na_reason,
        answers={each.requirement: each.value for each in response.answers},
        proposed_actions=tuple(
            ProposedActionValues(each.what, each.owner, each.due_on)
            for each in response.proposed_actions
        ),
        progress=response.progress,
    )


def _cover(return_: Return) -> workbooks.Cover:
    stage = return_.stage
    return workbooks.Cover(
        return_id=return_.id,
        tool_sha256=stage.cycle.tool_version.sha256,
        agency=return_.membership.name,
        board=return_.membership.board.name,
        stage=f"{stage.cycle.name}, stage {stage.number}",
        due_on=return_.due_on,
    )


def _sheets(session: Session, return_: Return) -> list[workbooks.Sheet]:
    """Return the standards to fill in; those that are only to be confirmed as still true are
    confirmed, or said to have changed, on the service."""
    tool = tool_of(session, return_.stage.cycle.tool_version)
    responses = draft_of(session, return_).responses
    sheets = []
    for standard in standards_asked(session, return_):
        response = responses.get(standard.number)
        if response is not None and response.ask is Ask.STILL_TRUE:
            continue
        kinds = {each.key: each.kind for each in standard.requirements}
        update = response is not None and response.ask is Ask.UPDATE
        sheets.append(
            workbooks.Sheet(
                number=standard.number,
                title=standard.title,
                meaning=standard.meaning,
                cells=cells_of(tool, standard, return_.categories, progress=update),
                texts=texts_of(values_of(response), kinds),
                version=response.version if response else 0,
            )
        )
    return sheets


def _asked(cell: Cell) -> str:
    """Return what a cell asks; a part of a question follows the question's number."""
    parts = cell.ref.split(":")
    key = parts[1] if parts[0] == "answer" else ""
    return f"{key}: {cell.asks}" if key else cell.asks


def _words(cell: Cell, texts: Mapping[str, str]) -> str:
    text = texts.get(cell.ref, "")
    if cell.choices:
        return next((words for words, code in cell.choices.items() if code == text), "")
    return text
