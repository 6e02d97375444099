"""Storing imported returns: what the agencies said, sent in, and what was published of them.

Imported things have an effective time beside the recorded one (domain rule 5). The file gives
days; the moment in the day is noon in London for a submission and one o'clock for a publication,
or now where that has not come yet today. A report as at that day so includes both, in order.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from s11audit.domain.dates import LONDON, london_today
from s11audit.domain.enums import Ask, Rag, ReturnKind, ReturnState, Role
from s11audit.domain.lifecycle import Change, after
from s11audit.domain.policy import Actor
from s11audit.exchange.return_rows import AgencyRows, StandardRow
from s11audit.models import Response, Return, Submission
from s11audit.queries.progress import is_complete
from s11audit.services import log
from s11audit.services.carrying import drop_carried_evidence
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.services.submissions import Signatory, freeze
from s11audit.tools.schema import Tool

SUBMITTED_AT = time(12)
PUBLISHED_AT = time(13)
NO_REASON = "The imported file gives no reason."


@dataclass(frozen=True)
class ReturnPlan:
    """What is imported for one agency: the return, its rows by standard, and where it leads."""

    return_id: int
    agency: AgencyRows
    rows: Mapping[int, StandardRow]
    target: ReturnState


def write_responses(
    session: Session,
    tool: Tool,
    returns: Collection[ReturnPlan],
    locked: Mapping[int, Return],
    now: datetime,
) -> None:
    """Store what the agencies said. A response may be there already from an assignment, with what
    was carried over from an earlier stage: a file answers in full, so that this goes."""
    for each in returns:
        drop_carried_evidence(session, locked[each.return_id])
    there = {
        (response.return_id, response.standard): response
        for response in session.scalars(
            select(Response)
            .join(Return, Return.id == Response.return_id)
            .where(Return.id.in_([each.return_id for each in returns]))
            .options(selectinload(Response.answers))
        )
    }
    today = london_today(now)
    for each in returns:
        categories = locked[each.return_id].categories
        for number, row in each.rows.items():
            response = there.get((each.return_id, number))
            if response is None:
                response = Response(
                    return_id=each.return_id,
                    standard=number,
                    version=0,
                    statement="",
                    na_reason="",
                    answers=[],
                )
                session.add(response)
            if response.taken_over_from_id is not None:
                response.statement, response.na_reason, response.answers = "", "", []
                response.taken_over_from_id = None
            response.ask, response.asked_on_id, response.taken_over = Ask.FULL, None, []
            response.version += 1
            response.saved_at = now
            if row.self_rag is not None:
                response.self_rag = row.self_rag
                response.self_label = tool.rating_for_rag(row.self_rag).label
            if row.self_rag is Rag.NA:
                response.na_reason = row.statement
            else:
                response.statement = row.statement
            standard = tool.standard(number)
            response.complete = is_complete(tool, standard, categories, response, today)
    session.flush()


def import_return(
    session: Session,
    actor: Actor,
    role: Role,
    board_id: int,
    tool: Tool,
    return_: Return,
    planned: ReturnPlan,
    file: str,
    now: datetime,
) -> None:
    """Bring one return from "not started" to where its rows lead, by the lifecycle."""
    before = return_.state
    return_.state = after(Change.BEGIN, return_.state)
    if return_.kind is ReturnKind.CONFIRMATION:
        return_.kind = ReturnKind.UPDATE
    told: dict[str, object] = {"file": file}
    if planned.agency.submitted_on is not None:
        submission = _submit(session, actor, return_, planned.agency.submitted_on, file, now)
        return_.state = after(Change.SUBMIT, return_.state)
        told["submission"] = submission.reference
        told["submitted_on"] = planned.agency.submitted_on
    rated = {number: row for number, row in planned.rows.items() if row.agreed}
    if rated:
        return_.state = after(Change.START_REVIEW, return_.state)
        _publish(session, actor, tool, return_, rated, now)
        told["agreed"] = {str(number): row.agreed for number, row in sorted(rated.items())}
        if planned.target is ReturnState.RATED:
            return_.state = after(Change.PUBLISH, return_.state)
    log.record(
        session, actor, role, "return.imported", "return", return_.id, now=now, board_id=board_id,
        return_id=return_.id, before={"state": before}, after=told | {"state": return_.state},
    )  # fmt: skip


def _submit(
    session: Session, actor: Actor, return_: Return, day: date, file: str, now: datetime
) -> Submission:
    name = return_.membership.name
    return freeze(
        session,
        actor,
        return_,
        Signatory("Imported", f"From the file {file}"[:200], ""),
        effective_at=_moment(day, SUBMITTED_AT, now),
        now=now,
        entered_for=name,
    )


def _publish(
    session: Session,
    actor: Actor,
    tool: Tool,
    return_: Return,
    rated: Mapping[int, StandardRow],
    now: datetime,
) -> None:
    """Publish the agreed ratings on the days they were given, a publication a day, in order."""
    for day in sorted({row.rated_on for row in rated.values() if row.rated_on}):
        publish_ratings(
            session,
            actor,
            return_,
            [
                _agreed(number, row, row.agreed, tool)
                for number, row in sorted(rated.items())
                if row.rated_on == day and row.agreed
            ],
            effective_at=_moment(day, PUBLISHED_AT, now),
            now=now,
        )


def _agreed(number: int, row: StandardRow, rag: Rag, tool: Tool) -> Agreed:
    """Return the rating to publish. A file has no reason for an agreed na of its own: it is the
    agency's where the agency said na too."""
    reason = ""
    if rag is Rag.NA:
        reason = row.statement if row.self_rag is Rag.NA else NO_REASON
    return Agreed(
        standard=number,
        label=tool.rating_for_rag(rag).label,
        rag=rag,
        improvement=row.improvement,
        na_reason=reason,
    )


def _moment(day: date, at: time, now: datetime) -> datetime:
    """Return that time of the day in London, or `now` where it is still to come."""
    return min(datetime.combine(day, at, LONDON).astimezone(now.tzinfo), now)
