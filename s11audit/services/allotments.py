"""Allotting returns to reviewers: evenly over a stage, or one by hand (domain rule 21)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts, check, holds_role_at
from s11audit.domain.texts import several_lines
from s11audit.models import Allotment, Return, Stage, User
from s11audit.queries.allotments import Candidate, candidates, returns_to_allot
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.scoring.allotment import ToAllot, allot_evenly
from s11audit.services import letters, log, outbox
from s11audit.services.rateable import must_be_rateable

NOT_A_REVIEWER = "Choose a QA member or the QA chair of this board"
OWN_AGENCY = "{name} holds a role at this agency, so they cannot review its return."


def allot_stage(
    session: Session,
    actor: Actor,
    stage_id: int,
    *,
    reviewers: Collection[int],
    per_return: int,
    now: datetime,
) -> int:
    """Give every return of a stage that is not yet published `per_return` reviewers, evenly among
    these people, and return how many allotments were made. What is allotted already stays.

    Nobody gets their own agency. Each reviewer is written to once. Raises Invalid where somebody
    is not a live QA member or chair of the board, and Refused where they are too few, or where
    agencies confirm their own results.
    """
    stage = session.scalar(select(Stage).where(Stage.id == stage_id).with_for_update())
    if stage is None:
        raise NotFound("There is no such stage.")
    board_id = stage.cycle.board_id
    role = check(actor, Can.ALLOT, Facts(board_id), sees=Can.SEE_BOARD)
    if stage.cycle.basis is Basis.CONFIRMED:
        raise Refused("On this cycle agencies confirm their own results, so nobody reviews them.")
    people = {each.user.id: each for each in candidates(session, board_id, london_today(now))}
    if not reviewers:
        raise Invalid("Nothing was allotted.", {"reviewers": "Choose at least one reviewer"})
    if not set(reviewers) <= people.keys():
        raise Invalid("Nothing was allotted.", {"reviewers": NOT_A_REVIEWER})
    chosen = {number: people[number].actor for number in reviewers}
    returns = {each.return_.id: each for each in returns_to_allot(session, stage_id)}
    found = allot_evenly(
        [
            ToAllot(
                each.return_.id,
                tuple(one.reviewer_id for one in each.reviewers),
                frozenset(
                    number
                    for number, person in chosen.items()
                    if holds_role_at(person, facts_of(each.return_))
                ),
            )
            for each in returns.values()
            if not each.open
        ],
        chosen,
        per_return,
    )
    given: dict[int, int] = {}
    for return_id in sorted(found):
        for number in found[return_id]:
            _add(session, actor, role, returns[return_id].return_, people[number].user, now)
            given[number] = given.get(number, 0) + 1
    for number, count in sorted(given.items()):
        _tell(session, stage, people[number].user, count, now)
    return sum(given.values())


def allot(
    session: Session, actor: Actor, return_id: int, reviewer_id: int, *, now: datetime
) -> Allotment:
    """Add a reviewer to a return, by hand, and return the allotment.

    Raises Invalid where they are not a live QA member or chair of the board or review it already,
    and Refused for their own agency, or once the ratings lie open.
    """
    return_, role, _round = _for_change(session, actor, return_id)
    person = _reviewer(session, return_, reviewer_id, now)
    allotment = _add(session, actor, role, return_, person, now)
    _tell(session, return_.stage, person, 1, now, return_)
    return allotment


def reallot(
    session: Session,
    actor: Actor,
    return_id: int,
    allotment_id: int,
    to: int | None,
    reason: str,
    *,
    now: datetime,
) -> Allotment:
    """Take a return from a reviewer, for a `reason`, and give it to another (None: to nobody). What
    the former one wrote is kept, and no longer counts. Returns the allotment that ended.

    Raises as `allot`, and Invalid without a reason.
    """
    return_, role, found = _for_change(session, actor, return_id)
    reason = several_lines(reason, "reason", "reason for the change")
    ended = next((each for each in found.reviewers if each.id == allotment_id), None)
    if ended is None:
        raise NotFound("There is no such reviewer of this return.")
    person = _reviewer(session, return_, to, now) if to is not None else None
    ended.ended_at = now
    ended.ended_by_id = actor.user_id
    ended.reason = reason
    session.flush()
    log.record_for(
        session, return_, actor, role, "allotment.ended", ("allotment", ended.id), now=now,
        before={"reviewer": ended.reviewer.name}, after={"reason": reason},
    )  # fmt: skip
    if person is not None:
        _add(session, actor, role, return_, person, now)
        _tell(session, return_.stage, person, 1, now, return_)
    return ended


def take(
    session: Session, return_: Return, actor: Actor, role: Role, found: Round, *, now: datetime
) -> None:
    """Make the actor, who rates, a reviewer of the return where they are none yet. The caller has
    locked the return and checked that they may rate it."""
    if actor.user_id is None or found.allotment_of(actor.user_id) is not None:
        return
    person = session.get_one(User, actor.user_id)
    _add(session, actor, role, return_, person, now)


def _for_change(session: Session, actor: Actor, return_id: int) -> tuple[Return, Role, Round]:
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.ALLOT, facts_of(return_), sees=Can.SEE_RETURN)
    must_be_rateable(return_)
    found = round_of(session, return_)
    if found.open:
        raise Refused(
            "The reviewers’ ratings lie open, so the reviewers of this return can no longer change."
        )
    return return_, role, found


def _reviewer(session: Session, return_: Return, user_id: int, now: datetime) -> User:
    board_id = return_.membership.board_id
    people: Sequence[Candidate] = candidates(session, board_id, london_today(now))
    person = next((each for each in people if each.user.id == user_id), None)
    if person is None:
        raise Invalid("Nothing was allotted.", {"reviewer": NOT_A_REVIEWER})
    if holds_role_at(person.actor, facts_of(return_)):
        raise Refused(OWN_AGENCY.format(name=person.user.name))
    held = session.scalar(
        select(Allotment.id).where(
            Allotment.return_id == return_.id,
            Allotment.reviewer_id == user_id,
            Allotment.ended_at.is_(None),
        )
    )
    if held is not None:
        message = f"{person.user.name} reviews this return already"
        raise Invalid(f"{message}.", {"reviewer": message})
    return person.user


def _add(
    session: Session, actor: Actor, role: Role, return_: Return, person: User, now: datetime
) -> Allotment:
    allotment = Allotment(
        return_id=return_.id,
        reviewer_id=person.id,
        allotted_at=now,
        allotted_by_id=actor.user_id,
    )
    session.add(allotment)
    session.flush()
    log.record_for(
        session, return_, actor, role, "allotment.made", ("allotment", allotment.id), now=now,
        after={"reviewer": person.name},
    )  # fmt: skip
    return allotment


def _tell(
    session: Session,
    stage: Stage,
    person: User,
    count: int,
    now: datetime,
    return_: Return | None = None,
) -> None:
    """Write to a reviewer: one letter for all that they were given at once."""
    board = stage.cycle.board
    subject, body = letters.letter(
        "returns_allotted",
        name=person.name,
        board=board.name,
        cycle=stage.cycle.name,
        stage=stage.number,
        count=count,
        agency=return_.membership.name if return_ is not None else "",
        link=f"{session.info.get('base_url', '')}/boards/{board.slug}/reviews",
    )
    what = f"return:{return_.id}" if return_ is not None else f"stage:{stage.id}"
    outbox.queue(
        session,
        dedupe_key=f"allotted:{what}:{person.id}:{now.isoformat()}",
        to_email=person.email,
        subject=subject,
        body=body,
        board_id=board.id,
        now=now,
    )
