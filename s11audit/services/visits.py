"""Visits (domain rule 31): arranging one, its date, finishing, sharing, cancelling.

A visit may be arranged at any time, also after its stage has closed. What it proposes changes no
rating: QA does that."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Basis, ReturnKind, Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Actor, Can, check, holds_role_at
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import Return, Visit, VisitFinding, VisitItem
from s11audit.queries.draws import drawn_by
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.queries.visits import latest_snapshot, sheet_of, team_of, visit_of
from s11audit.scoring.words import is_blank, listed
from s11audit.scoring.worksheet import draft
from s11audit.services import grants, log, notices, visit_teams

AGENCY = (Role.LEAD, Role.CONTRIBUTOR)


def arrange(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_on: date,
    *,
    place: str = "",
    alone: bool = False,
    draw_id: int | None = None,
    now: datetime,
) -> Visit:
    """Arrange a visit with its worksheet, drafted from the latest submission, and return it.

    `alone`: the actor goes, without a team. `draw_id` is the draw that took the agency. Raises
    Refused where the actor would visit an agency of their own, for recorded history, and where
    another visit of the return is still open; Invalid for a draw that did not take it.
    """
    return_, role = _check(session, actor, return_id, Can.MANAGE_VISITS)
    if return_.kind is ReturnKind.RECORDED:
        raise Refused("This is recorded history: there is no return to test on a visit.")
    if alone and holds_role_at(actor, facts_of(return_)):
        raise Refused(grants.own_agency(return_.membership))
    _check_draw(session, return_, draw_id)
    others = session.scalars(
        select(Visit).where(Visit.return_id == return_.id).order_by(Visit.number)
    ).all()
    if any(each.is_open for each in others):
        raise Refused("A visit to this agency is arranged already. Finish or cancel it first.")
    visit = Visit(
        return_id=return_.id,
        number=len(others) + 1,
        draw_id=draw_id,
        visit_on=visit_on,
        place=_place(place),
        alone=alone,
        coordinator_id=actor.user_id,
        arranged_at=now,
    )
    session.add(visit)
    session.flush()
    lines = _draft(session, return_, visit)
    log.record_for(
        session, return_, actor, role, "visit.arranged", ("visit", visit.id), now=now,
        after={
            "number": visit.number, "visit_on": visit_on, "place": visit.place, "alone": alone,
            "draw": draw_id, "worksheet_lines": lines,
        },
    )  # fmt: skip
    _tell(session, return_, visit, "visit_arranged", f"visit:{visit.id}:arranged", now)
    return visit


def change(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_id: int,
    visit_on: date,
    *,
    place: str = "",
    now: datetime,
) -> Visit:
    """Move an open visit to another day or place; the agency and those who go are told."""
    return_, role = _check(session, actor, return_id, Can.MANAGE_VISITS)
    visit = open_visit(session, return_id, visit_id)
    before: dict[str, object] = {"visit_on": visit.visit_on, "place": visit.place}
    visit.visit_on, visit.place = visit_on, _place(place)
    after: dict[str, object] = {"visit_on": visit_on, "place": visit.place}
    if before != after:
        _log(session, return_, actor, role, "visit.changed", visit, now, after, before=before)
        occasion = f"visit:{visit.id}:moved:{now.isoformat()}"
        _tell(session, return_, visit, "visit_moved", occasion, now)
        _tell_visitors(session, actor, return_, visit, "visit_moved", occasion, now)
    return visit


def cancel(
    session: Session, actor: Actor, return_id: int, visit_id: int, reason: str, *, now: datetime
) -> None:
    """Cancel an open visit, with a reason; the visitors' roles end, and they and the agency are
    told."""
    return_, role = _check(session, actor, return_id, Can.MANAGE_VISITS)
    visit = open_visit(session, return_id, visit_id)
    visit.cancelled_reason = several_lines(reason, "reason", "reason")
    visit.cancelled_at = now
    _log(session, return_, actor, role, "visit.cancelled", visit, now,
         {"number": visit.number, "reason": visit.cancelled_reason})  # fmt: skip
    visit_teams.end_all(session, actor, role, return_, visit, now=now)
    occasion = f"visit:{visit.id}:cancelled"
    _tell(session, return_, visit, "visit_cancelled", occasion, now)
    _tell_visitors(session, actor, return_, visit, "visit_cancelled", occasion, now)


def finish(
    session: Session, actor: Actor, return_id: int, visit_id: int, *, now: datetime
) -> Visit:
    """Close a visit: its findings are fixed, what it proposes goes to QA, and the visitors' roles
    end. Raises Invalid, with a problem for each standard, where something lacks, and Refused
    where no standard has a result."""
    return_, role = _check(session, actor, return_id, Can.CARRY_OUT_VISIT)
    visit = open_visit(session, return_id, visit_id)
    sheet = sheet_of(session, return_, visit)
    if not sheet.looked_at:
        raise Refused("No standard has a finding yet. Say first what the visit found.")
    problems = {
        f"standard_{part.standard.number}": f"Standard {part.standard.number}: {words}"
        for part in sheet.parts
        for words in list(part.lacks.values())[:1]
    }
    if problems:
        numbers = [name.removeprefix("standard_") for name in problems]
        raise Invalid(f"The findings of standard {listed(numbers)} are not complete.", problems)
    visit.finished_at = now
    visit.finished_by_id = actor.user_id
    found = {
        str(part.standard.number): part.finding.result.value
        for part in sheet.parts
        if part.finding.result
    }
    _log(session, return_, actor, role, "visit.finished", visit, now,
         {"number": visit.number, "results": found})  # fmt: skip
    visit_teams.end_all(session, actor, role, return_, visit, now=now)
    if any(part.finding.proposed_label for part in sheet.parts):
        deciding = notices.panel(session, return_, _who_decides(return_), now)
        notices.tell(
            session,
            [
                each
                for each in deciding
                if not grants.works_at(session, return_.membership, user_id=each.id)
            ],
            "visit_proposes",
            f"visit:{visit.id}:proposes",
            return_,
            path=f"/returns/{return_.id}/visits/{visit.id}",
            now=now,
        )
    return visit


def share(session: Session, actor: Actor, return_id: int, visit_id: int, *, now: datetime) -> Visit:
    """Share what a finished visit found with the agency, which is told. Raises Refused where it is
    not finished or shared already."""
    return_, role = _check(session, actor, return_id, Can.MANAGE_VISITS)
    visit = visit_of(session, return_id, visit_id, for_update=True)
    if visit.finished_at is None:
        raise Refused("The visit is not finished, so its findings cannot be shared yet.")
    if visit.shared_at is not None:
        raise Refused("The findings are shared already.")
    visit.shared_at = now
    visit.shared_by_id = actor.user_id
    _log(session, return_, actor, role, "visit.shared", visit, now, {"number": visit.number})
    _tell(session, return_, visit, "visit_shared", f"visit:{visit.id}:shared", now)
    return visit


def open_visit(session: Session, return_id: int, visit_id: int) -> Visit:
    """Return a visit of the return, locked. Raises NotFound, and Refused where it is finished or
    cancelled."""
    visit = visit_of(session, return_id, visit_id, for_update=True)
    if visit.finished_at is not None:
        raise Refused("This visit is finished, so it can no longer be changed.")
    if visit.cancelled_at is not None:
        raise Refused("This visit was cancelled.")
    return visit


def _who_decides(return_: Return) -> tuple[Role, ...]:
    """Return who rates the return's standards: the office where agencies confirm their result."""
    if return_.stage.cycle.basis is Basis.CONFIRMED:
        return (Role.OFFICE,)
    return (Role.QA, Role.CHAIR)


def _check(session: Session, actor: Actor, return_id: int, action: Can) -> tuple[Return, Role]:
    return_ = return_by_id(session, return_id, for_update=True)
    return return_, check(actor, action, facts_of(return_), sees=Can.SEE_SUBMISSION)


def _check_draw(session: Session, return_: Return, draw_id: int | None) -> None:
    if draw_id is None:
        return
    if drawn_by(session, return_.id, draw_id) is None:
        raise Invalid("That draw did not take this agency.")


def _draft(session: Session, return_: Return, visit: Visit) -> int:
    """Add the worksheet's lines and an empty finding for each standard asked."""
    parts = latest_snapshot(session, return_.id)
    lines = 0
    for standard in standards_asked(session, return_):
        session.add(VisitFinding(visit_id=visit.id, standard=standard.number))
        for place, item in enumerate(draft(standard, parts.get(standard.number)), 1):
            lines += 1
            session.add(
                VisitItem(
                    visit_id=visit.id,
                    standard=standard.number,
                    place=place,
                    kind=item.kind,
                    text=item.text,
                )
            )
    session.flush()
    return lines


def _place(place: str) -> str:
    return "" if is_blank(place) else one_line(place, "place", "place", 300)


def _tell(
    session: Session, return_: Return, visit: Visit, letter: str, occasion: str, now: datetime
) -> None:
    notices.tell(
        session,
        notices.agency_people(session, return_, AGENCY, now),
        letter,
        occasion,
        return_,
        path=f"/returns/{return_.id}/visits",
        now=now,
        visit_on=in_words(visit.visit_on),
        place=visit.place,
        reason=visit.cancelled_reason,
    )


def _tell_visitors(
    session: Session,
    actor: Actor,
    return_: Return,
    visit: Visit,
    letter: str,
    occasion: str,
    now: datetime,
) -> None:
    """Tell those who go, the actor aside. After a cancelled visit the link leads to their start
    page: they no longer reach the return."""
    people = [visit.coordinator] if visit.alone else []
    people += [each.person for each in team_of(session, visit.id)]
    notices.tell(
        session,
        [each for each in people if each and each.id != actor.user_id],
        letter,
        occasion,
        return_,
        path=f"/returns/{return_.id}/visits/{visit.id}" if visit.is_open else "/",
        now=now,
        visit_on=in_words(visit.visit_on),
        place=visit.place,
        reason=visit.cancelled_reason,
    )


def _log(
    session: Session,
    return_: Return,
    actor: Actor,
    role: Role,
    what: str,
    visit: Visit,
    now: datetime,
    after: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
) -> None:
    log.record_for(
        session, return_, actor, role, what, ("visit", visit.id),
        now=now, before=before, after=after,
    )  # fmt: skip
