"""Filling in a return: saving a standard, sharing the work out.

A save is cheap: it reads the return, the response and its answers, and writes what changed. Its
cost does not depend on how many agencies there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain import dates, lifecycle, policy
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Ask, AskFor, Rag, ReturnKind, Role, Standing
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can
from s11audit.domain.wording import in_words
from s11audit.models import Answer, ProposedAction, Response, Return, User
from s11audit.queries.carrying import is_undecided
from s11audit.queries.progress import is_complete
from s11audit.queries.responses import colleagues, response_for
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.answers import read_answer
from s11audit.scoring.as_at import is_open
from s11audit.scoring.carrying import left_over
from s11audit.scoring.words import is_blank, normalise_line_ends
from s11audit.services.carrying import carry_over
from s11audit.services.log import record_for
from s11audit.tools.schema import Standard, Tool

LONGEST_TEXT = 100_000
MOST_ACTIONS = 20

_Parts = dict[str, Any]
"""A response by its parts, as the log names them: statement, answer:5.2, proposed_actions ..."""


@dataclass(frozen=True)
class ProposedActionValues:
    """What will be done, by whom and by when; a draft may leave any of it out."""

    what: str = ""
    owner: str = ""
    due_on: date | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it is given."""
        return is_blank(self.what) and is_blank(self.owner) and self.due_on is None


@dataclass(frozen=True)
class ResponseValues:
    """One standard as it was filled in. `answers` maps a requirement's key to what its answer
    class stores. `still_holds`: what was taken over and is not changed was confirmed."""

    statement: str = ""
    self_label: str | None = None
    na_reason: str = ""
    answers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    proposed_actions: tuple[ProposedActionValues, ...] = ()
    progress: str = ""
    still_holds: bool = False


def save_response(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    values: ResponseValues,
    *,
    based_on: int,
    now: datetime,
) -> Response:
    """Save one standard of a return as a draft and return the response.

    `based_on` is the version that the person worked from, 0 where there was none; Conflict where
    a colleague has saved another since. Only what changed is written and logged, and nothing
    where nothing did. A statement over the word limit is kept (domain rule 8). Raises NotFound,
    NotAllowed, Refused (the return cannot be changed now) and Invalid.
    """
    return_, role = editable_return(session, actor, return_id, now=now)
    tool = tool_of(session, return_.stage.cycle.tool_version)
    asked = asked_standard(session, return_, standard)
    wanted = _checked(tool, asked, return_, values)
    response = response_for(session, return_id, standard, for_update=True)
    stored = _stored(response)
    _keep_track(stored, wanted, values.still_holds)
    before, after = _differences(stored, wanted)
    if not after:
        return response or _blank_response(return_id, standard)
    if based_on != (response.version if response else 0):
        raise Conflict(
            "Somebody else saved this standard after you opened it.",
            response.version if response else 0,
        )
    if response is None:
        response = _blank_response(return_id, standard)
        session.add(response)
    begin(session, actor, role, return_, now=now)
    _ask_in_full(return_, response)
    _write(session, tool, response, wanted, after)
    response.complete = is_complete(tool, asked, return_.categories, response, london_today(now))
    response.version += 1
    response.saved_at = now
    response.saved_by_id = actor.user_id
    session.flush()
    record_for(
        session,
        return_,
        actor,
        role,
        "response.saved",
        ("response", response.id),
        now=now,
        before={"standard": standard, **before},
        after={"standard": standard, **after},
    )
    return response


def assign(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    user_id: int | None,
    *,
    now: datetime,
) -> None:
    """Put a standard into the hands of a colleague, or (None) of nobody in particular.

    Raises Invalid where the person holds no role at the agency, Refused where the return cannot
    be changed now.
    """
    return_, role = editable_return(session, actor, return_id, now=now, action=Can.ASSIGN)
    asked_standard(session, return_, standard)
    if user_id is not None:
        people = colleagues(session, return_.membership_id, london_today(now))
        if user_id not in {person.user.id for person in people}:
            raise Invalid("Choose somebody who works on this return.")
    response = ensure_response(session, return_id, standard)
    if response.assigned_to_id == user_id:
        return
    before = _name_of(session, response.assigned_to_id)
    response.assigned_to_id = user_id
    record_for(
        session,
        return_,
        actor,
        role,
        "response.assigned",
        ("response", response.id),
        now=now,
        before={"standard": standard, "assigned_to": before},
        after={"standard": standard, "assigned_to": _name_of(session, user_id)},
    )


def editable_return(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    now: datetime,
    action: Can = Can.FILL_IN,
    change: Change = Change.BEGIN,
) -> tuple[Return, Role]:
    """Lock a return that the actor may change now; return it and the role it is done in.

    Raises NotFound or NotAllowed by the policy, and Refused where the state, the stage or the
    return's standing does not allow `change`. After the due date it is allowed until the office
    closes the stage (domain rule 9). A return of a later stage that was not begun gets what it
    carries over first (domain rule 20).
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = policy.check(actor, action, facts_of(return_), sees=Can.SEE_RETURN)
    if reason := why_not_editable(return_, now, change):
        raise Refused(reason)
    if is_undecided(return_):
        carry_over(session, actor, role, return_, now=now)
    return return_, role


def why_not_editable(return_: Return, now: datetime, change: Change = Change.BEGIN) -> str:
    """Return why nobody can make `change` to the return now, in words; empty where one can."""
    if return_.standing is not Standing.ASKED:
        return f"This return cannot be changed, because it is {in_words(return_.standing).lower()}."
    try:
        lifecycle.after(change, return_.state)
    except Refused as refusal:
        return str(refusal)
    stage = return_.stage
    if stage.closed_at is not None and stage.closed_at <= now:
        return "This return cannot be changed, because the board office has closed the audit."
    if not is_open(stage.opens_on, stage.opened_at, stage.closed_at, now):
        opens = dates.in_words(stage.opens_on)
        return f"This return cannot be filled in yet: the audit opens on {opens}."
    return ""


def asked_standard(session: Session, return_: Return, number: int) -> Standard:
    """Return the standard of that number; NotFound where it is not asked of this return."""
    for standard in standards_asked(session, return_):
        if standard.number == number:
            return standard
    raise NotFound("There is no such standard in this return.")


def begin(session: Session, actor: Actor, role: Role, return_: Return, *, now: datetime) -> None:
    """Put a return in progress; the first time this is logged."""
    state = lifecycle.after(Change.BEGIN, return_.state)
    if state is return_.state:
        return
    record_for(
        session,
        return_,
        actor,
        role,
        "return.begun",
        now=now,
        before={"state": return_.state},
        after={"state": state},
    )
    return_.state = state


def ensure_response(session: Session, return_id: int, standard: int) -> Response:
    """Return the response, adding an empty one of version 0 where there is none, so that a page
    that somebody has open still saves."""
    response = response_for(session, return_id, standard, for_update=True)
    if response is None:
        response = _blank_response(return_id, standard)
        session.add(response)
        session.flush()
    return response


def _blank_response(return_id: int, standard: int) -> Response:
    return Response(
        return_id=return_id,
        standard=standard,
        version=0,
        statement="",
        na_reason="",
        progress="",
        ask=Ask.FULL,
        taken_over=[],
        answers=[],
        proposed_actions=[],
    )


def _checked(tool: Tool, standard: Standard, return_: Return, values: ResponseValues) -> _Parts:
    """Return the values as they are stored; Invalid names each part that cannot be."""
    problems: dict[str, str] = {}
    if values.self_label is not None:
        _check_label(tool, standard, values.self_label, problems)
    kinds = {each.key: each.kind for each in standard.requirements_for(return_.categories)}
    answers: dict[str, dict[str, object]] = {}
    for key, value in values.answers.items():
        if key not in kinds:
            raise Invalid(f"Question {key} is not asked of this agency.")
        answer = read_answer(kinds[key], _tidied(value))
        if not answer.is_blank():
            answers[key] = answer.to_stored()
            _check_length(f"answer:{key}", str(answers[key]), problems)
    actions = [
        {"what": normalise_line_ends(each.what), "owner": each.owner.strip(), "due_on": each.due_on}
        for each in values.proposed_actions
        if not each.is_blank
    ]
    if len(actions) > MOST_ACTIONS:
        problems["actions"] = f"Give at most {MOST_ACTIONS} actions"
    for number, action in enumerate(actions):
        _check_length(f"actions:{number}", str(action["what"]), problems)
        if len(str(action["owner"])) > 200:
            problems[f"actions:{number}"] = "Who will do it must be 200 characters or fewer"
    parts: _Parts = {
        "statement": normalise_line_ends(values.statement),
        "self_label": values.self_label,
        "na_reason": normalise_line_ends(values.na_reason),
        "progress": normalise_line_ends(values.progress),
        "proposed_actions": actions,
        **{f"answer:{key}": value for key, value in answers.items()},
    }
    for name in ("statement", "na_reason", "progress"):
        _check_length(name, str(parts[name]), problems)
    if problems:
        raise Invalid("Some of this could not be saved. It is still on the page.", problems)
    return parts


def _check_label(tool: Tool, standard: Standard, label: str, problems: dict[str, str]) -> None:
    try:
        choice = tool.rating(label)
    except KeyError:
        problems["self_label"] = "Select one of the ratings"
        return
    if tool.self_rating_for(standard) is AskFor.ABSENT and choice.rag is not Rag.NA:
        problems["self_label"] = "This standard takes no self rating"


def _check_length(name: str, text: str, problems: dict[str, str]) -> None:
    if len(text) > LONGEST_TEXT:
        problems[name] = (
            f"This is {len(text):,} characters long, too long to be kept here. Shorten it to "
            f"{LONGEST_TEXT:,} or fewer, or attach it as a file"
        )


def _tidied(value: Mapping[str, object]) -> dict[str, object]:
    return {
        name: normalise_line_ends(each) if isinstance(each, str) else each
        for name, each in value.items()
    }


def _stored(response: Response | None) -> _Parts:
    if response is None:
        return {
            "statement": "", "self_label": None, "na_reason": "", "progress": "",
            "taken_over": [], "proposed_actions": [],
        }  # fmt: skip
    return {
        "statement": response.statement,
        "self_label": response.self_label,
        "na_reason": response.na_reason,
        "progress": response.progress,
        "taken_over": list(response.taken_over),
        "proposed_actions": [
            {"what": each.what, "owner": each.owner, "due_on": each.due_on}
            for each in response.proposed_actions
        ],
        **{f"answer:{each.requirement}": each.value for each in response.answers},
    }


def _ask_in_full(return_: Return, response: Response) -> None:
    """To change what was only asked whether it is still true is to say that it has changed."""
    if response.ask is Ask.STILL_TRUE:
        response.ask = Ask.FULL
        response.still_true_by, response.still_true_at, response.still_true_by_id = "", None, None
        return_.kind = ReturnKind.UPDATE


def _keep_track(stored: _Parts, wanted: _Parts, still_holds: bool) -> None:
    """Put into `wanted` which parts are still as they were taken over."""
    changed = [name for name in {*stored, *wanted} if stored.get(name) != wanted.get(name)]
    wanted["taken_over"] = left_over(stored["taken_over"], changed, still_holds)


def _differences(stored: _Parts, wanted: _Parts) -> tuple[_Parts, _Parts]:
    """Return the parts that change, as they were and as they will be (None: no answer)."""
    changed = [name for name in sorted({*stored, *wanted}) if stored.get(name) != wanted.get(name)]
    return (
        {name: stored.get(name) for name in changed},
        {name: wanted.get(name) for name in changed},
    )


def _write(
    session: Session, tool: Tool, response: Response, wanted: _Parts, changed: _Parts
) -> None:
    response.statement = wanted["statement"]
    response.na_reason = wanted["na_reason"]
    response.progress = wanted["progress"]
    response.taken_over = wanted["taken_over"]
    label = wanted["self_label"]
    response.self_label = label
    response.self_rag = tool.rating(label).rag if label is not None else None
    held = {each.requirement: each for each in response.answers}
    for name in changed:
        key = name.removeprefix("answer:")
        if key == name:
            continue
        if name not in wanted:
            response.answers.remove(held[key])
            session.delete(held[key])
        elif key in held:
            held[key].value = wanted[name]
        else:
            response.answers.append(Answer(requirement=key, value=wanted[name]))
    if "proposed_actions" in changed:
        _write_actions(session, response, wanted["proposed_actions"])


def _write_actions(session: Session, response: Response, actions: list[dict[str, Any]]) -> None:
    held = list(response.proposed_actions)
    for surplus in held[len(actions) :]:
        response.proposed_actions.remove(surplus)
        session.delete(surplus)
    for number, action in enumerate(actions, start=1):
        if number <= len(held):
            row = held[number - 1]
            row.what, row.owner, row.due_on = action["what"], action["owner"], action["due_on"]
        else:
            response.proposed_actions.append(ProposedAction(number=number, **action))


def _name_of(session: Session, user_id: int | None) -> str | None:
    user = session.get(User, user_id) if user_id is not None else None
    return user.name if user else None
