"""The confirmed way: the office returns a self-assessed result to the agency, and the agency
confirms it or corrects single standards. The office's ratings afterwards are in
`services.rating_again`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from s11audit.domain import lifecycle
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Basis, Rag, RatingRole, Role, Standing
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.models import (
    Confirmation,
    Cycle,
    Improvement,
    Rating,
    Return,
    ReturnedResult,
    Stage,
    Submission,
)
from s11audit.queries.confirming import Line, Result, result_of, returns_waiting
from s11audit.queries.contacts import people_to_write_to
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.queries.reviews import current_submission, part_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.compliance import in_words
from s11audit.scoring.confirming import (
    SHORTFALL,
    Correction,
    correction_problems,
    improvement_text,
)
from s11audit.scoring.words import is_blank
from s11audit.services import log, notices
from s11audit.services.carrying_on import carry_on
from s11audit.tools.schema import Tool

NOT_THIS_WAY = (
    "On this cycle QA rates every return. Only on a cycle where agencies confirm their own result"
    " is it returned to them."
)


def return_result(
    session: Session, actor: Actor, return_id: int, *, now: datetime
) -> ReturnedResult:
    """Return to the agency what its submission comes to, and tell its people.

    Raises NotFound and NotAllowed as `policy.check` does, and Refused for a return that is not
    submitted, not asked for, or of a cycle that QA rates.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RETURN_RESULT, facts_of(return_), sees=Can.SEE_RETURN)
    submission = current_submission(session, return_id)
    _must_be_confirmed_way(return_)
    if submission is None:
        raise Refused("This return has not been sent in.")
    return _return_all(session, actor, role, [(return_, submission)], now)[0]


def return_waiting_results(session: Session, actor: Actor, stage_id: int, *, now: datetime) -> int:
    """Return the results of every return of the stage that waits for it, and how many they were."""
    stage = session.scalars(
        select(Stage)
        .where(Stage.id == stage_id)
        .options(joinedload(Stage.cycle).joinedload(Cycle.board))
        .with_for_update(read=True, of=Stage)
    ).one()
    role = check(actor, Can.RETURN_RESULT, Facts(stage.cycle.board_id), sees=Can.SEE_BOARD)
    waiting = [(each[0], each[1]) for each in session.execute(returns_waiting(stage_id))]
    _return_all(session, actor, role, waiting, now)
    return len(waiting)


def _return_all(
    session: Session,
    actor: Actor,
    role: Role,
    sent_in: Sequence[tuple[Return, Submission]],
    now: datetime,
) -> list[ReturnedResult]:
    """Return these results, whose returns are locked, in few statements: a stage has many."""
    before = {}
    for return_, _submission in sent_in:
        _must_be_confirmed_way(return_)
        if return_.standing is not Standing.ASKED:
            raise Refused("This return is no longer asked for, so its result is not returned.")
        before[return_.id] = return_.state
        return_.state = lifecycle.after(Change.RETURN_RESULT, return_.state)
    made = [
        ReturnedResult(
            submission_id=submission.id,
            effective_at=now,
            recorded_at=now,
            returned_by_id=actor.user_id,
        )
        for _return, submission in sent_in
    ]
    session.add_all(made)
    session.flush()
    people = people_to_write_to(
        session, [return_.membership_id for return_, _submission in sent_in], london_today(now)
    )
    for (return_, submission), each in zip(sent_in, made, strict=True):
        log.record_for(
            session, return_, actor, role, "result.returned", ("returned_result", each.id),
            now=now, before={"state": before[return_.id]},
            after={"state": return_.state, "submission": submission.number},
        )  # fmt: skip
        notices.tell(
            session, people.get(return_.membership_id, []), "result_returned",
            f"result:{submission.id}", return_, path=f"/returns/{return_.id}/result", now=now,
            reference=submission.reference,
        )  # fmt: skip
    return made


def confirm_result(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    name: str,
    designation: str,
    corrections: Mapping[int, Correction] | None = None,
    now: datetime,
) -> Confirmation:
    """Confirm the result that was returned, with `corrections` by standard, and return the
    confirmation.

    Appends a self rating for each standard that is rated, each superseding the one before it, and
    opens an improvement for each that is red or amber, for advisory agencies too (domain rules 6
    and 7). The return is then rated, and closed where its stage is. The office is told. Raises
    Invalid with a problem for each field, Refused where nothing waits to be confirmed.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.CONFIRM_RESULT, facts_of(return_), sees=Can.SEE_RETURN)
    result = _waiting(session, return_)
    tool = tool_of(session, return_.stage.cycle.tool_version)
    wanted = dict(corrections or {})
    name, designation = " ".join(name.split()), " ".join(designation.split())
    _check(name, designation, wanted, result, tool)
    made = Confirmation(
        return_id=return_.id,
        submission_id=result.submission.id,
        name=name,
        designation=designation,
        effective_at=now,
        recorded_at=now,
        confirmed_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    ratings = _append_ratings(session, actor, made, result, tool, wanted, now)
    _open_improvements(session, actor, return_, result, ratings, tool, now)
    before = return_.state
    return_.state = lifecycle.after(Change.CONFIRM, before)
    if return_.stage.closed_at is not None:
        return_.state = lifecycle.after(Change.CLOSE, return_.state)
    session.flush()
    log.record_for(
        session, return_, actor, role, "result.confirmed", ("confirmation", made.id), now=now,
        before={"state": before},
        after={
            "state": return_.state, "submission": result.submission.number, "name": name,
            "designation": designation,
            "corrections": {
                str(number): {"label": each.label, "reason": each.reason.strip()}
                for number, each in sorted(wanted.items())
            },
        },
    )  # fmt: skip
    after = result_of(session, return_)
    notices.tell(
        session, notices.panel(session, return_, (Role.OFFICE,), now), "result_confirmed",
        f"confirmed:{made.id}", return_, path=f"/returns/{return_.id}/result", now=now,
        confirmation=made, corrections=len(wanted),
        compliance=in_words(after.confirmed) if after and after.confirmed else "",
    )  # fmt: skip
    return made


def _waiting(session: Session, return_: Return) -> Result:
    _must_be_confirmed_way(return_)
    lifecycle.after(Change.CONFIRM, return_.state)
    result = result_of(session, return_)
    if result is None or not result.waits_for_agency:
        raise Refused("The board office has not returned the result of this return.")
    return result


def _must_be_confirmed_way(return_: Return) -> None:
    if return_.stage.cycle.basis is not Basis.CONFIRMED:
        raise Refused(NOT_THIS_WAY)


def _check(
    name: str, designation: str, wanted: Mapping[int, Correction], result: Result, tool: Tool
) -> None:
    problems = {}
    if is_blank(name):
        problems["name"] = "Enter the name of the person who confirms the result"
    if is_blank(designation):
        problems["designation"] = "Enter their designation"
    sent_in = {line.standard.number: line.own.label if line.own else None for line in result.lines}
    labels = {choice.label: choice.rag for choice in tool.ratings}
    problems |= correction_problems(wanted, sent_in, labels)
    if problems:
        raise Invalid("The result was not confirmed.", problems)


def _append_ratings(
    session: Session,
    actor: Actor,
    confirmation: Confirmation,
    result: Result,
    tool: Tool,
    wanted: Mapping[int, Correction],
    now: datetime,
) -> list[Rating]:
    found = []
    for line in result.lines:
        number, own = line.standard.number, line.own
        correction = wanted.get(number)
        if correction is None and own is None:
            continue
        made = Rating(
            return_id=confirmation.return_id,
            standard=number,
            role=RatingRole.SELF,
            rater_id=actor.user_id,
            rated_at=now,
            supersedes_id=own.id if own else None,
            confirmation_id=confirmation.id,
        )
        if correction is not None:
            choice = tool.rating(correction.label)
            made.label, made.rag, made.reason = choice.label, choice.rag, correction.reason.strip()
            made.na_reason = made.reason if choice.rag is Rag.NA else ""
        else:
            assert own is not None
            made.label, made.rag, made.na_reason = own.label, own.rag, own.na_reason
        session.add(made)
        found.append(made)
    session.flush()
    return found


def _open_improvements(
    session: Session,
    actor: Actor,
    return_: Return,
    result: Result,
    ratings: list[Rating],
    tool: Tool,
    now: datetime,
) -> None:
    submission = current_submission(session, return_.id, with_snapshot=True)
    assert submission is not None
    by_number: dict[int, Line] = {line.standard.number: line for line in result.lines}
    for rating in ratings:
        if rating.rag not in SHORTFALL:
            continue
        part = part_of(submission.snapshot, rating.standard) or {}
        improvement = Improvement(
            rating_id=rating.id,
            return_id=return_.id,
            membership_id=return_.membership_id,
            standard=rating.standard,
            text=improvement_text(
                rating.standard,
                by_number[rating.standard].standard.title,
                tool.rating(rating.label).title,
                [each["what"] for each in part.get("proposed_actions", ())],
            ),
            opened_at=now,
        )
        session.add(improvement)
        session.flush()
        carry_on(session, actor, return_, improvement, effective_at=now, now=now)
