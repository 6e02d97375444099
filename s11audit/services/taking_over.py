"""Taking over what an agency said in an earlier cycle, deliberately, part by part (domain rule 51).

Nothing that was typed is replaced, and what is taken over stays marked (`Response.taken_over`)
until it is edited or confirmed; a return cannot be sent in before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Refused
from s11audit.domain.policy import Actor
from s11audit.models import Response, Return, TakeOver
from s11audit.queries.earlier import Beside, Earlier, WasStandard, earlier_of
from s11audit.queries.lineages import Known
from s11audit.queries.progress import is_complete
from s11audit.queries.responses import response_for
from s11audit.queries.tools import tool_of
from s11audit.scoring.answers import read_answer
from s11audit.scoring.words import is_blank
from s11audit.services import lineages
from s11audit.services.log import record_for
from s11audit.services.responses import (
    ProposedActionValues,
    ResponseValues,
    asked_standard,
    editable_return,
    save_response,
)
from s11audit.tools.lineage import COMPARABLE
from s11audit.tools.schema import Standard

EVERYTHING = "all"


@dataclass(frozen=True)
class _Taken:
    """One part with what it will say and where that comes from."""

    part: str
    text: str
    value: Mapping[str, object]
    return_id: int
    standard: int
    from_part: str
    known: Known


def take_over(
    session: Session, actor: Actor, return_id: int, standard: int, what: str, *, now: datetime
) -> list[str]:
    """Take over what the page offered and return the parts, as they are named in the log.

    `what` is "answer:5.2:12.5.5.2" (the answer to question 5.2 from what `Beside.source` names),
    "statement:12.5" (from `WasStandard.source`), or "all": every question that is blank and was
    the same or only reworded, and the statement where one is offered. Raises Refused where it
    cannot be taken over, with the reason; NotFound and NotAllowed by the policy.
    """
    return_, role = editable_return(session, actor, return_id, now=now)
    asked = asked_standard(session, return_, standard)
    response = response_for(session, return_id, standard, for_update=True)
    earlier = earlier_of(session, return_, asked)
    if what == EVERYTHING:
        taken = _everything(earlier, asked, return_, response)
    else:
        taken = [_one(earlier, asked, return_, response, what)]
    if not taken:
        raise Refused("There is nothing to take over here that you have not answered already.")
    based_on = response.version if response else 0
    values = _with(response, taken)
    response = save_response(
        session, actor, return_id, standard, values, based_on=based_on, now=now
    )
    _mark(session, actor, role, return_, asked, response, taken, now)
    return [each.part for each in taken]


def _everything(
    earlier: Sequence[Earlier], asked: Standard, return_: Return, response: Response | None
) -> list[_Taken]:
    taken: list[_Taken] = []
    for requirement in asked.requirements_for(return_.categories):
        if not _is_blank_answer(response, requirement.key, requirement.kind):
            continue
        offers = [
            _answer(each.known, requirement.key, beside)
            for each in earlier
            if each.known and each.origins[requirement.key].relation in COMPARABLE
            for beside in each.answers.get(requirement.key, ())
            if not beside.offer.why_not
        ]
        if len(offers) == 1:
            taken += offers
    statements = [
        _statement(each.known, was)
        for each in earlier
        if each.known and each.origin and each.origin.relation in COMPARABLE
        for was in each.statements
    ]
    if len(statements) == 1 and is_blank(response.statement if response else ""):
        taken += statements
    return taken


def _one(
    earlier: Sequence[Earlier],
    asked: Standard,
    return_: Return,
    response: Response | None,
    what: str,
) -> _Taken:
    kind, _, rest = what.partition(":")
    if kind == "statement":
        if not is_blank(response.statement if response else ""):
            raise Refused("You have written a statement already. Clear it to take over another.")
        for each in earlier:
            for was in each.statements:
                if each.known and was.source == rest:
                    return _statement(each.known, was)
    elif kind == "answer":
        key, _, source = rest.partition(":")
        kinds = {one.key: one.kind for one in asked.requirements_for(return_.categories)}
        for each in earlier:
            for beside in each.answers.get(key, ()):
                if each.known and beside.source == source and key in kinds:
                    if beside.offer.why_not:
                        raise Refused(beside.offer.why_not)
                    if not _is_blank_answer(response, key, kinds[key]):
                        raise Refused(
                            f"You have answered question {key} already. Clear it to take over "
                            "another answer."
                        )
                    return _answer(each.known, key, beside)
    raise Refused("What you chose is not offered here any more. Nothing was taken over.")


def _answer(known: Known, key: str, beside: Beside) -> _Taken:
    return _Taken(
        f"answer:{key}", "", beside.offer.value, beside.return_id, beside.standard,
        f"answer:{beside.offer.key}", known,
    )  # fmt: skip


def _statement(known: Known, was: WasStandard) -> _Taken:
    return _Taken("statement", was.statement, {}, was.return_id, was.number, "statement", known)


def _is_blank_answer(response: Response | None, key: str, kind: str) -> bool:
    stored = {each.requirement: each.value for each in response.answers} if response else {}
    return read_answer(kind, stored.get(key)).is_blank()


def _with(response: Response | None, taken: Sequence[_Taken]) -> ResponseValues:
    """Return the response as it is stored, with the parts that are taken over."""
    answers = {each.requirement: each.value for each in response.answers} if response else {}
    for each in taken:
        if each.part != "statement":
            answers[each.part.removeprefix("answer:")] = dict(each.value)
    statement = next((each.text for each in taken if each.part == "statement"), None)
    if response is None:
        return ResponseValues(statement=statement or "", answers=answers)
    return ResponseValues(
        statement=response.statement if statement is None else statement,
        self_label=response.self_label,
        na_reason=response.na_reason,
        answers=answers,
        proposed_actions=tuple(
            ProposedActionValues(each.what, each.owner, each.due_on)
            for each in response.proposed_actions
        ),
        progress=response.progress,
    )


def _mark(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    asked: Standard,
    response: Response,
    taken: Sequence[_Taken],
    now: datetime,
) -> None:
    parts = [each.part for each in taken]
    response.taken_over = sorted({*(response.taken_over or ()), *parts})
    tool = tool_of(session, return_.stage.cycle.tool_version)
    response.complete = is_complete(tool, asked, return_.categories, response, london_today(now))
    session.execute(
        delete(TakeOver).where(TakeOver.response_id == response.id, TakeOver.part.in_(parts))
    )
    used: dict[int, int | None] = {}
    for each in taken:
        if id(each.known) not in used:
            used[id(each.known)] = lineages.stored_id(session, actor, role, each.known, now=now)
        session.add(
            TakeOver(
                response_id=response.id,
                part=each.part,
                from_return_id=each.return_id,
                from_standard=each.standard,
                from_part=each.from_part,
                lineage_id=used[id(each.known)],
                taken_at=now,
                taken_by_id=actor.user_id,
            )
        )
    session.flush()
    record_for(
        session, return_, actor, role, "response.taken_over", ("response", response.id), now=now,
        after={
            "standard": asked.number,
            "parts": {
                each.part: f"return {each.return_id}, standard {each.standard}, {each.from_part}"
                for each in taken
            },
            "lineage": sorted({_named(each.known) for each in taken}),
        },
    )  # fmt: skip


def _named(known: Known) -> str:
    if known.same_tool:
        return f"{known.lineage.tool.words}, used again"
    lineage = known.lineage
    return f"{lineage.tool.words} from {lineage.was.words}, lineage version {lineage.lineage}"
