"""Reads of meetings and of the executive's rolling programme."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from s11audit.domain.enums import MeetingKind, ReturnKind, ReturnState, Standing
from s11audit.domain.errors import NotFound
from s11audit.models import (
    Cycle,
    Meeting,
    Membership,
    Minutes,
    ProgrammeItem,
    Return,
    Stage,
)
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 50


def meeting_on(
    session: Session, board_id: int, meeting_id: int, *, for_update: bool = False
) -> Meeting:
    """Return the board's meeting. Raises NotFound."""
    statement = select(Meeting).where(Meeting.id == meeting_id, Meeting.board_id == board_id)
    if for_update:
        statement = statement.with_for_update()
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such meeting.")
    return found


@dataclass(frozen=True)
class MeetingRow:
    """A meeting in the list, with how many returns come to it and whether its minutes are
    approved."""

    meeting: Meeting
    returns: int
    minuted: bool


def list_meetings(
    session: Session, board_id: int, today: date, *, past: bool, page: int
) -> Page[Any]:
    """Return a page of the board's meetings to come, the next first, or of its past ones, the
    latest first, as `MeetingRow`."""
    items = (
        select(func.count(ProgrammeItem.id))
        .where(ProgrammeItem.meeting_id == Meeting.id)
        .correlate(Meeting)
        .scalar_subquery()
    )
    statement: Select[Any] = select(
        Meeting, items, exists().where(Minutes.meeting_id == Meeting.id)
    ).where(Meeting.board_id == board_id)
    if past:
        statement = statement.where(Meeting.held_on < today).order_by(
            Meeting.held_on.desc(), Meeting.id.desc()
        )
    else:
        statement = statement.where(Meeting.held_on >= today).order_by(Meeting.held_on, Meeting.id)
    found = page_of(session, statement, page=page, length=PAGE_LENGTH, rows=True)
    rows = [MeetingRow(row[0], row[1], bool(row[2])) for row in found.items]
    return Page(rows, found.number, found.pages, found.total)


def executive_meetings(session: Session, board_id: int) -> list[Meeting]:
    """Return the board's executive meetings by date."""
    return list(
        session.scalars(
            select(Meeting)
            .where(Meeting.board_id == board_id, Meeting.kind == MeetingKind.EXECUTIVE)
            .order_by(Meeting.held_on, Meeting.id)
        )
    )


def programme_stages(session: Session, board_id: int) -> list[Stage]:
    """Return the stages of a board whose returns can come to meetings, the latest first: those
    that have begun, recorded history aside."""
    return list(
        session.scalars(
            select(Stage)
            .join(Stage.cycle)
            .where(
                Cycle.board_id == board_id,
                Cycle.recorded.is_(False),
                exists().where(Return.stage_id == Stage.id),
            )
            .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number.desc())
            .options(contains_eager(Stage.cycle).joinedload(Cycle.tool_version))
        )
    )


@dataclass(frozen=True)
class Planned:
    """A return of a stage with its place on the programme, None where it has none."""

    return_id: int
    agency: str
    due_on: date
    state: ReturnState
    standing: Standing
    stage_id: int
    stage: str
    meeting_id: int | None
    position: int | None
    note: str


def planned_returns(
    session: Session,
    board_id: int,
    *,
    stage_id: int | None = None,
    meeting_ids: Collection[int] | None = None,
) -> list[Planned]:
    """Return the returns of a stage with their places, or those that come to some meetings, by
    place and agency, in one query. Of those not on the programme only those still asked for."""
    statement = (
        select(Return, Membership.name, Stage.number, Cycle.name, ProgrammeItem)
        .select_from(Return)
        .join(Membership, Membership.id == Return.membership_id)
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .outerjoin(ProgrammeItem, ProgrammeItem.return_id == Return.id)
        .where(Cycle.board_id == board_id, Return.kind != ReturnKind.RECORDED)
        .order_by(ProgrammeItem.position, Membership.name_key, Return.id)
    )
    if stage_id is not None:
        statement = statement.where(Return.stage_id == stage_id)
    if meeting_ids is not None:
        statement = statement.where(ProgrammeItem.meeting_id.in_(list(meeting_ids)))
    rows: Any = session.execute(statement)
    return [
        Planned(
            return_.id,
            agency,
            return_.due_on,
            return_.state,
            return_.standing,
            return_.stage_id,
            f"{cycle}, stage {number}",
            item.meeting_id if item else None,
            item.position if item else None,
            item.note if item else "",
        )
        for return_, agency, number, cycle, item in rows
        if item is not None or return_.standing is Standing.ASKED
    ]


def taken_places(session: Session, meeting_ids: Collection[int]) -> dict[int, int]:
    """Return how many returns come to each of these meetings, of whichever stage."""
    rows = session.execute(
        select(ProgrammeItem.meeting_id, func.count())
        .where(ProgrammeItem.meeting_id.in_(list(meeting_ids)))
        .group_by(ProgrammeItem.meeting_id)
    )
    return {row[0]: row[1] for row in rows}


def return_on(session: Session, board_id: int, return_id: int) -> Return:
    """Return the board's return with its agency and stage. Raises NotFound."""
    found = session.scalar(
        select(Return)
        .join(Return.membership)
        .where(Return.id == return_id, Membership.board_id == board_id)
        .options(
            contains_eager(Return.membership), joinedload(Return.stage).joinedload(Stage.cycle)
        )
    )
    if found is None:
        raise NotFound("There is no such return.")
    return found


def programme_item(
    session: Session, return_id: int, *, for_update: bool = False
) -> ProgrammeItem | None:
    """Return a return's place on the programme."""
    statement = select(ProgrammeItem).where(ProgrammeItem.return_id == return_id)
    if for_update:
        statement = statement.with_for_update()
    return session.scalar(statement)
