"""Reads of the log for people: the history of a return, of a membership or of an action."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.history import Told, changes, standard_of, what_in_words
from s11audit.domain.wording import in_words
from s11audit.models import Action, AuditLog, AuditPayload, MonitoringFlag
from s11audit.queries.paging import Page, page_of

PAGE_LENGTH = 25
# What an agency fills in, told only to those who may see drafts.
_DRAFTS = ("response.", "evidence.")
# What the sub-group does among itself before ratings are shared or published.
_OF_THE_GROUP = ("rating.", "agreement.", "moderation.", "allotment.")
# What a visit writes, told only to those who see visits: the agency reads what is shared.
_OF_VISITS = (
    "visit.member_added",
    "visit.member_removed",
    "visit.finding_saved",
    "visit.worksheet_changed",
    "visit.finished",
    "visit.proposal_set_aside",
)
# What the board prepares: an agency sees of a challenge what is shared, and of an escalation the
# letters that reach it.
_OF_THE_BOARD = ("challenge.", "escalation.")


@dataclass(frozen=True)
class Happened:
    """One change: when, who (by name: addresses are not everybody's to see) in which role, what,
    and what was before and after."""

    at: datetime
    who: str
    role: str
    what: str
    code: str
    changes: list[Told]


def history_of_return(
    session: Session,
    return_id: int,
    *,
    page: int,
    drafts: bool,
    unpublished: bool,
    shared: bool = False,
    ratings: Collection[int] = (),
    user_id: int | None = None,
    visits: bool = False,
    screening: bool = False,
    board_side: bool = False,
) -> Page[Happened]:
    """Return a page of what happened to a return, newest first, in two queries.

    Without `drafts` the answers that were saved are not told, only that they were; without
    `unpublished` the sub-group's own work is left out: ratings are told once they are published,
    and with it, of reviewers' ratings only these `ratings` are told, and those that the reader
    (`user_id`) gave (domain rule 21); without
    `shared` what was said of the ratings shared with the agency;
    without `visits` what was written on a visit and who is in its team; without `screening` what
    the board office made of the first read: the agency is told of it when the return comes back;
    without `board_side` how the board prepares challenges and escalates.
    """
    condition = AuditLog.return_id == return_id
    if not unpublished:
        for prefix in _OF_THE_GROUP:
            condition &= ~AuditLog.what.startswith(prefix)
    else:
        given = AuditLog.what == "rating.given"
        condition &= or_(
            ~given, AuditLog.subject_id.in_(list(ratings)), AuditLog.user_id == user_id
        )
    if not shared:
        condition &= ~AuditLog.what.startswith("reply.") & (AuditLog.what != "ratings.shared")
    if not visits:
        condition &= AuditLog.what.not_in(_OF_VISITS)
    if not board_side:
        for prefix in _OF_THE_BOARD:
            condition &= ~AuditLog.what.startswith(prefix)
    if not screening:
        condition &= ~AuditLog.what.startswith("screening.")
    return _page(session, condition, page, drafts)


def history_of_membership(session: Session, membership_id: int, *, page: int) -> Page[Happened]:
    """Return a page of what happened to a membership itself, newest first, in two queries."""
    condition = (AuditLog.subject == "membership") & (AuditLog.subject_id == membership_id)
    return _page(session, condition, page, True)


def history_of_action(session: Session, action_id: int, *, page: int) -> Page[Happened]:
    """Return a page of what happened to an action, newest first: what it says, its progress, its
    verification and its monitoring, beginning with the actions of earlier stages that it carries
    on. Three queries."""
    ids = _actions_behind(session, action_id)
    flags = select(MonitoringFlag.id).where(MonitoringFlag.action_id.in_(ids))
    condition = ((AuditLog.subject == "action") & AuditLog.subject_id.in_(ids)) | (
        (AuditLog.subject == "monitoring_flag") & AuditLog.subject_id.in_(flags)
    )
    return _page(session, condition, page, True)


def _actions_behind(session: Session, action_id: int) -> list[int]:
    """Return the action's id with those of the actions that it carries on."""
    behind = (
        select(Action.id, Action.continues_id).where(Action.id == action_id).cte(recursive=True)
    )
    earlier = select(Action.id, Action.continues_id).join(
        behind, Action.id == behind.c.continues_id
    )
    return list(session.scalars(select(behind.union_all(earlier).c.id)))


def _page(
    session: Session, condition: ColumnElement[bool], page: int, drafts: bool
) -> Page[Happened]:
    found = page_of(
        session,
        select(AuditLog, AuditPayload.document, AuditPayload.who)
        .outerjoin(AuditPayload, AuditPayload.log_id == AuditLog.id)
        .where(condition)
        .order_by(AuditLog.id.desc()),
        page=page,
        length=PAGE_LENGTH,
        rows=True,
    )
    told = [_happened(row, document, who, drafts) for row, document, who in found.items]
    return Page(told, found.number, found.pages, found.total)


def _happened(row: AuditLog, document: str | None, who: str | None, drafts: bool) -> Happened:
    payload = json.loads(document) if document else {}
    before, after = payload.get("before", {}), payload.get("after", {})
    standard = standard_of(before, after)
    hidden = not drafts and row.what.startswith(_DRAFTS)
    return Happened(
        at=row.at,
        who=(who or row.who).partition(" <")[0],
        role=in_words(Role(row.role)) if row.role and row.user_id else "",
        what=what_in_words(row.what) + (f": standard {standard}" if standard else ""),
        code=row.what,
        changes=[] if hidden else changes(before, after),
    )
