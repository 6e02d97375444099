"""The agency says of what was green or not applicable whether it is still true (domain rule 20)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, ReturnKind, Role
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor
from s11audit.models import Response, Return, Submission
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import return_by_id
from s11audit.queries.still_true import can_be_said
from s11audit.queries.tools import standards_asked
from s11audit.scoring.carrying import kind_of
from s11audit.scoring.words import is_blank
from s11audit.services import log
from s11audit.services.carrying import set_kind
from s11audit.services.responses import begin, editable_return
from s11audit.services.submissions import Signatory
from s11audit.services.submitting import checked, submit


def say_still_true(
    session: Session,
    actor: Actor,
    return_id: int,
    answers: Mapping[int, bool],
    name: str,
    *,
    now: datetime,
) -> Return:
    """Say of standards that were green or not applicable whether each is still true (True) or has
    changed (False), by name and on this day; return the return. One that has changed is asked in
    full, beginning from what was said before.

    Raises Invalid without a name, for a standard that was not asked so, and for one said to be
    still true whose answers have been changed meanwhile; else as `editable_return`.
    """
    return_, role = editable_return(session, actor, return_id, now=now)
    name = " ".join(name.split())
    held = responses_of(session, return_id)
    problems: dict[str, str] = {}
    if any(answers.values()):
        if is_blank(name):
            problems["name"] = "Enter the name of the person who confirms this"
        elif len(name) > 200:
            problems["name"] = "The name must be 200 characters or fewer"
    for number, still_true in answers.items():
        response = held.get(number)
        if response is None or not can_be_said(response):
            problems[f"standard-{number}"] = f"Standard {number} is not asked in this way"
        elif still_true and response.ask is Ask.FULL and not _is_as_carried(response):
            problems[f"standard-{number}"] = (
                f"You have changed the answers of standard {number} in this return, so that they "
                "are no longer what was said before"
            )
    if problems:
        raise Invalid("Nothing was saved.", problems)
    said: dict[str, str] = {}
    for number, still_true in sorted(answers.items()):
        if _say(held[number], still_true, name, actor, now):
            said[str(number)] = "still true" if still_true else "changed"
    if said:
        _after_saying(session, actor, role, return_, held, said, name, now)
    return return_


def confirm_return(
    session: Session,
    actor: Actor,
    return_id: int,
    answers: Mapping[int, bool],
    signatory: Signatory,
    declared: bool,
    *,
    now: datetime,
) -> Submission | None:
    """Confirm on one page a return of which every standard was green or not applicable, and send
    it in; the signatory is who confirms each standard. Return the submission, or None where a
    standard was said to have changed: that is then kept, and the return is to be filled in.

    Raises Invalid where the signatory, the declaration or a standard is missing, by field; else
    as `submit`.
    """
    if not all(answers.values()):
        name = signatory.name if not is_blank(signatory.name) else actor.name
        say_still_true(session, actor, return_id, answers, name, now=now)
        return None
    return_ = return_by_id(session, return_id)
    problems = {
        f"standard-{each.number}": f"Say whether standard {each.number} is still true"
        for each in standards_asked(session, return_)
        if each.number not in answers
    }
    try:
        signatory = checked(signatory, declared)
    except Invalid as error:
        problems |= error.problems
    if problems:
        raise Invalid("The return was not submitted.", problems)
    say_still_true(session, actor, return_id, answers, signatory.name, now=now)
    return submit(session, actor, return_id, signatory, declared, now=now)


def _is_as_carried(response: Response) -> bool:
    """Whether nothing of the response was changed since it was carried over."""
    return response.saved_at is None


def _say(response: Response, still_true: bool, name: str, actor: Actor, now: datetime) -> bool:
    """Note what the agency says of one standard; return whether that is new."""
    was = (response.ask, response.still_true_by if response.still_true_at else None)
    response.ask = Ask.STILL_TRUE if still_true else Ask.FULL
    if was == (response.ask, name if still_true else None):
        return False
    response.still_true_by = name if still_true else ""
    response.still_true_at = now if still_true else None
    response.still_true_by_id = actor.user_id if still_true else None
    response.complete = still_true
    response.version += 1
    return True


def _after_saying(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    held: Mapping[int, Response],
    said: Mapping[str, str],
    name: str,
    now: datetime,
) -> None:
    begin(session, actor, role, return_, now=now)
    how = [
        held[each.number].ask if each.number in held else Ask.FULL
        for each in standards_asked(session, return_)
    ]
    kind = kind_of(how)
    # A standard that has changed is asked in full, but the return still follows another up.
    set_kind(return_, ReturnKind.UPDATE if kind is ReturnKind.FULL else kind)
    session.flush()
    log.record_for(
        session, return_, actor, role, "return.still_true", now=now,
        after={"standards": dict(said), "name": name, "kind": return_.kind},
    )  # fmt: skip
