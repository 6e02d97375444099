"""Agencies that merge, split, are renamed or close (domain rule 53).

What is under way passes to the successor: open improvements, returns that were not sent in,
people. What was sent in stays where it is, under the old name, and the successor reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today, start_of_day
from s11audit.domain.enums import Ask, ReturnKind, Role, Standing, SuccessionKind
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import several_lines
from s11audit.models import FormerName, Grant, Improvement, Membership, Return, Succession, name_key
from s11audit.queries.passing_on import (
    UNSENT,
    Heir,
    Passing,
    heirs_named,
    passing_from,
    stages_with_return,
)
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import hold_stage, return_by_id
from s11audit.services import agencies, grants, log
from s11audit.services.returns import change_standing
from s11audit.services.succession_letters import people_of, tell_of_succession

MOST_SUCCESSORS = 6


@dataclass(frozen=True)
class Wanted:
    """What becomes of an agency. `names` are the successors', each known on the board or new; a
    split that names the agency itself leaves it on the board.

    For a split, `improvements`, `returns` and `people` map an id (of an improvement, a return, a
    grant) to the place of a successor in `names`; what is not mapped goes to the first.
    """

    kind: SuccessionKind
    on: date
    reason: str
    names: tuple[str, ...] = ()
    standing: Standing = Standing.WITHDRAWN
    improvements: Mapping[int, int] = field(default_factory=dict)
    returns: Mapping[int, int] = field(default_factory=dict)
    people: Mapping[int, int] = field(default_factory=dict)


def preview(
    session: Session, actor: Actor, membership_id: int, wanted: Wanted, *, now: datetime
) -> tuple[Passing, list[Heir]]:
    """Check what is wanted and return what would pass, and to whom. Nothing is changed. Raises
    Invalid, Refused, NotFound and NotAllowed as the change itself does."""
    membership, _role = _for_change(session, actor, membership_id, lock=False)
    heirs = _checked(session, membership, wanted, now)
    return passing_from(session, membership, london_today(now)), heirs


def merging_too(
    session: Session, actor: Actor, membership_id: int, wanted: Wanted, names: Sequence[str]
) -> list[Membership]:
    """Return the other agencies that merged into the same one, by their names; each is then
    previewed and merged as the first is. Raises Invalid (field others) for a name that is not on
    the board, stands there twice, or is one that something else is said of."""
    membership, _role = _for_change(session, actor, membership_id, lock=False)
    others = heirs_named(session, membership.board_id, names)
    into = {name_key(name) for name in wanted.names}
    seen = {membership.name_key}
    for other in others:
        message = ""
        if wanted.kind is not SuccessionKind.MERGED:
            message = "Name others only where several merged into one"
        elif other.membership is None:
            message = f"“{other.name}” is not on this board"
        elif other.membership.name_key in into:
            message = f"“{other.name}” is what they merged into: leave it out here"
        elif other.membership.name_key in seen:
            message = f"“{other.name}” stands there already"
        if message:
            raise Invalid("Nothing was changed yet.", {"others": message})
        seen.add(name_key(other.name))
    return [other.membership for other in others if other.membership is not None]


def succeed(
    session: Session, actor: Actor, membership_id: int, wanted: Wanted, *, now: datetime
) -> list[Membership]:
    """Merge, split, rename or close an agency and return its successors (itself where it was
    renamed, none where it closed). The people of all of them are told by e-mail.

    Raises Invalid for a name, day or reason that will not do; Refused where the agency has left
    the board; NotFound and NotAllowed by the policy.
    """
    membership, role = _for_change(session, actor, membership_id)
    heirs = _checked(session, membership, wanted, now)
    reason = several_lines(wanted.reason, "reason", "reason")
    old_name = membership.name
    people = people_of(session, [membership], now)
    if wanted.kind is SuccessionKind.RENAMED:
        agencies.rename(session, membership, wanted.names[0], until=start_of_day(wanted.on))
        successors = [membership]
    elif wanted.kind is SuccessionKind.CLOSED:
        successors = []
        _stop_returns(session, actor, membership, wanted, reason, now)
    else:
        successors = [
            heir.membership or _added(session, actor, membership, heir.name, now) for heir in heirs
        ]
        _pass_on(session, actor, role, membership, successors, wanted, reason, now)
    if wanted.kind is not SuccessionKind.RENAMED and membership not in successors:
        membership.ends_on = wanted.on
    _add_rows(session, actor, membership, successors, wanted, reason, now)
    renamed = wanted.kind is SuccessionKind.RENAMED
    told = [each.name for each in successors]
    log.record(
        session, actor, role, f"membership.{wanted.kind.value}", "membership", membership.id,
        now=now, board_id=membership.board_id, before={"name": old_name} if renamed else {},
        after={"on": wanted.on, "reason": reason}
        | ({"name": membership.name} if renamed else {"successors": told} if told else {}),
    )  # fmt: skip
    session.flush()
    people += [each for each in people_of(session, successors, now) if each not in people]
    tell_of_succession(
        session, people, membership, old_name, successors, wanted.kind, wanted.on, now=now
    )
    return successors


def _for_change(
    session: Session, actor: Actor, membership_id: int, *, lock: bool = True
) -> tuple[Membership, Role]:
    statement = select(Membership).where(Membership.id == membership_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise NotFound("There is no such agency.")
    role = policy.check(actor, Can.MANAGE_AGENCIES, Facts(found.board_id), sees=Can.SEE_BOARD)
    return found, role


def _checked(session: Session, membership: Membership, wanted: Wanted, now: datetime) -> list[Heir]:
    """Return the successors; Invalid with the fields on, reason and names, Refused."""
    today = london_today(now)
    if membership.ends_on is not None and membership.ends_on <= today:
        raise Refused(f"{membership.name} left the board on {in_words(membership.ends_on)}.")
    problems: dict[str, str] = {}
    if wanted.on > today:
        problems["on"] = "The day must be today or earlier: record it once it has happened"
    elif wanted.on < membership.starts_on:
        problems["on"] = f"The day must be on or after {in_words(membership.starts_on)}"
    if not wanted.reason.strip():
        problems["reason"] = "Enter the reason"
    names = [" ".join(name.split()) for name in wanted.names if name.strip()]
    heirs = heirs_named(session, membership.board_id, names)
    if wrong := _wrong_names(membership, wanted.kind, heirs, today):
        problems["names"] = wrong
    if problems:
        raise Invalid("Nothing was changed yet.", problems)
    return heirs


def _wrong_names(
    membership: Membership, kind: SuccessionKind, heirs: Sequence[Heir], today: date
) -> str:
    if kind is SuccessionKind.CLOSED:
        return "An agency that closes has no successor: leave the names empty" if heirs else ""
    if any(len(heir.name) > 200 for heir in heirs):
        return "A name must be 200 characters or fewer"
    if kind is SuccessionKind.RENAMED:
        if len(heirs) != 1:
            return "Enter the new name, and no other"
        other = heirs[0].membership
        if other is not None and other.id != membership.id:
            return f"“{other.name}” is already on this board: merge the two instead"
        return (
            "" if heirs[0].name != membership.name else "Enter a name that is not the present one"
        )
    known = [heir.membership.id for heir in heirs if heir.membership is not None]
    if len({heir.name.casefold() for heir in heirs}) < len(heirs):
        return "A name stands there twice"
    for heir in heirs:
        member = heir.membership
        if member and member.ends_on is not None and member.ends_on <= today:
            return f"“{member.name}” left the board on {in_words(member.ends_on)}"
    if kind is SuccessionKind.MERGED:
        if len(heirs) != 1:
            return "Enter the one agency that it merged into"
        return "An agency cannot merge into itself" if membership.id in known else ""
    if not 2 <= len(heirs) <= MOST_SUCCESSORS:
        return f"Enter two to {MOST_SUCCESSORS} agencies that it split into, one on each line"
    return ""


def _added(
    session: Session, actor: Actor, like: Membership, name: str, now: datetime
) -> Membership:
    return agencies.add_membership(
        session, actor, like.board_id, name, categories=like.categories,
        participation=like.participation, duty=like.duty, now=now,
    )  # fmt: skip


def _pass_on(
    session: Session,
    actor: Actor,
    role: Role,
    membership: Membership,
    successors: Sequence[Membership],
    wanted: Wanted,
    reason: str,
    now: datetime,
) -> None:
    def heir_of(chosen: Mapping[int, int], of: int) -> Membership:
        place = chosen.get(of, 0)
        return successors[place] if 0 <= place < len(successors) else successors[0]

    passing = passing_from(session, membership, london_today(now))
    stages = [each.stage_id for each in passing.returns]
    taken = stages_with_return(session, [each.id for each in successors], stages)
    for each in passing.returns:
        heir = heir_of(wanted.returns, each.id)
        if heir.id == membership.id:
            continue
        if (heir.id, each.stage_id) in taken:
            verb = "Merged into" if wanted.kind is SuccessionKind.MERGED else "Passed to"
            why = f"{verb} {heir.name}: {reason}"[:2000]
            change_standing(session, actor, each.id, Standing.WITHDRAWN, why, now=now)
        else:
            _pass_return(session, actor, role, each.id, membership, heir, wanted.on, now)
    for improvement in passing.improvements:
        heir = heir_of(wanted.improvements, improvement.id)
        if heir.id != membership.id:
            _pass_improvement(session, actor, role, improvement.id, membership, heir, now)
    for grant in passing.grants:
        heir = heir_of(wanted.people, grant.id)
        if heir.id != membership.id:
            _pass_grant(session, actor, role, grant, heir, now)
    others = [each for each in successors if each.id != membership.id]
    if membership not in successors:
        for invitation in passing.invitations:
            invitation.membership_id = others[0].id
            log.record(
                session, actor, role, "invitation.passed", "invitation", invitation.id, now=now,
                board_id=membership.board_id, before={"agency": membership.name},
                after={"agency": others[0].name},
            )  # fmt: skip


def _pass_return(
    session: Session,
    actor: Actor,
    role: Role,
    return_id: int,
    membership: Membership,
    heir: Membership,
    on: date,
    now: datetime,
) -> None:
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    if return_.state not in UNSENT:  # it was sent in while this was being looked at: it stays
        return
    afresh = _ask_afresh(session, return_)
    session.add(FormerName(return_id=return_id, name=membership.name, until=start_of_day(on)))
    return_.membership_id = heir.id
    session.flush()
    session.refresh(return_, ["membership"])
    log.record_for(
        session, return_, actor, role, "return.passed", now=now,
        before={"agency": membership.name},
        after={"agency": heir.name} | ({"asked_afresh": afresh} if afresh else {}),
    )  # fmt: skip


def _ask_afresh(session: Session, return_: Return) -> list[int]:
    """Ask in full what was only to be confirmed, beginning from what was said, and return these
    standards: the rating that it would have kept is the old agency's."""
    afresh = []
    for number, response in sorted(responses_of(session, return_.id).items()):
        if response.ask is Ask.STILL_TRUE:
            afresh.append(number)
            response.ask, response.asked_on_id, response.asked_on = Ask.FULL, None, None
            response.still_true_by, response.still_true_at = "", None
            response.still_true_by_id = None
            response.complete = False
            response.version += 1
    if return_.kind is ReturnKind.CONFIRMATION:
        return_.kind = ReturnKind.UPDATE
    return afresh


def _pass_improvement(
    session: Session,
    actor: Actor,
    role: Role,
    improvement_id: int,
    membership: Membership,
    heir: Membership,
    now: datetime,
) -> None:
    row = session.get_one(Improvement, improvement_id, with_for_update=True)
    row.membership_id = heir.id
    log.record(
        session, actor, role, "improvement.passed", "improvement", row.id, now=now,
        board_id=membership.board_id, return_id=row.return_id,
        before={"agency": membership.name}, after={"agency": heir.name},
    )  # fmt: skip


def _pass_grant(
    session: Session, actor: Actor, role: Role, grant: Grant, heir: Membership, now: datetime
) -> None:
    place = grants.place_of(session, grant.role, board_id=None, membership_id=heir.id)
    grants.end_role(session, actor, grant.id, board_id=heir.board_id, now=now)
    grants.give(session, actor, grant.user_id, grant.role, place, grant.until, now=now, by=role)


def _stop_returns(
    session: Session,
    actor: Actor,
    membership: Membership,
    wanted: Wanted,
    reason: str,
    now: datetime,
) -> None:
    if wanted.standing not in (Standing.WITHDRAWN, Standing.EXCUSED):
        message = "Select whether its open returns are withdrawn or excused"
        raise Invalid(f"{message}.", {"standing": message})
    for each in passing_from(session, membership, london_today(now)).returns:
        why = f"The agency closed on {in_words(wanted.on)}: {reason}"[:2000]
        change_standing(session, actor, each.id, wanted.standing, why, now=now)


def _add_rows(
    session: Session,
    actor: Actor,
    membership: Membership,
    successors: Sequence[Membership],
    wanted: Wanted,
    reason: str,
    now: datetime,
) -> None:
    renamed = wanted.kind is SuccessionKind.RENAMED
    ids: list[int | None] = [each.id for each in successors if renamed or each.id != membership.id]
    for successor_id in ids or [None]:
        session.add(
            Succession(
                predecessor_id=membership.id,
                successor_id=successor_id,
                kind=wanted.kind,
                on=wanted.on,
                reason=reason,
                recorded_at=now,
                recorded_by_id=actor.user_id,
            )
        )


__all__ = ["Heir", "Passing", "Wanted", "merging_too", "preview", "succeed"]
