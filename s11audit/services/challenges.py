"""A challenge: a meeting with an agency about its return, from the drafted questions to what was
agreed (domain rule 43)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import ReturnKind, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import (
    Challenge,
    ChallengeAction,
    ChallengeMember,
    ChallengeQuestion,
    Return,
)
from s11audit.queries import challenges as read
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.scoring.challenge import draft_questions
from s11audit.scoring.words import is_blank
from s11audit.services import log, notices

MOST_QUESTIONS = 200


@dataclass(frozen=True)
class Question:
    """A question as a person wants it: `id` of the one that it changes, None for a new one. A
    blank text takes it away."""

    id: int | None
    text: str
    standard: int | None = None


def arrange(
    session: Session,
    actor: Actor,
    return_id: int,
    *,
    held_on: date | None,
    place: str = "",
    panel: Sequence[tuple[str, str]] = (),
    now: datetime,
) -> Challenge:
    """Arrange a challenge with the panel's (name, post), draft its questions and return it.

    Raises Invalid with a problem for each field; Refused for recorded history.
    """
    return_, role = _at(session, actor, return_id)
    if return_.kind is ReturnKind.RECORDED:
        raise Refused("This return is recorded history.")
    place = _checked(held_on, place, panel)
    assert held_on is not None
    number = 1 + (
        session.scalar(select(func.max(Challenge.number)).where(Challenge.return_id == return_.id))
        or 0
    )
    made = Challenge(
        return_id=return_.id, number=number, held_on=held_on, place=place, made_at=now,
        made_by_id=actor.user_id,
        members=_members(panel),
        questions=[
            ChallengeQuestion(number=place_, standard=each.standard, source=each.source,
                              text=each.text)
            for place_, each in enumerate(
                draft_questions(read.facts_for_questions(session, return_, now)), start=1
            )
        ],
    )  # fmt: skip
    session.add(made)
    session.flush()
    _log(session, actor, role, "challenge.arranged", return_, made, now, {}, _told(made))
    return made


def change(
    session: Session,
    actor: Actor,
    return_id: int,
    challenge_id: int,
    *,
    held_on: date | None,
    place: str,
    panel: Sequence[tuple[str, str]],
    now: datetime,
) -> Challenge:
    """Change when and where a challenge is held and who is on its panel. Refused once finished."""
    return_, role, found = _open(session, actor, return_id, challenge_id)
    place = _checked(held_on, place, panel)
    assert held_on is not None
    before = _told(found)
    found.held_on, found.place = held_on, place
    if [(each.name, each.post) for each in found.members] != list(panel):
        found.members.clear()
        session.flush()
        found.members.extend(_members(panel))
    session.flush()
    _log(session, actor, role, "challenge.changed", return_, found, now, before, _told(found))
    return found


def save_questions(
    session: Session,
    actor: Actor,
    return_id: int,
    challenge_id: int,
    questions: Sequence[Question],
    *,
    now: datetime,
) -> Challenge:
    """Replace the questions of a challenge by these, in their order, and return it.

    Those left out or blank go; one that somebody else took out meanwhile is added again. Raises
    Invalid for a text that is too long, Refused once finished.
    """
    return_, role, found = _open(session, actor, return_id, challenge_id)
    known = {each.id: each for each in found.questions}
    asked = {each.number for each in standards_asked(session, return_)}
    before = {"questions": [each.text for each in found.questions]}
    kept: list[ChallengeQuestion] = []
    problems: dict[str, str] = {}
    for index, wanted in enumerate(questions[:MOST_QUESTIONS]):
        if is_blank(wanted.text):
            continue
        try:
            text = several_lines(wanted.text, f"text_{index}", "question", 2000)
        except Invalid as error:
            problems |= error.problems
            continue
        if wanted.id is not None and wanted.id in known:
            known[wanted.id].text = text
            kept.append(known[wanted.id])
        else:
            standard = wanted.standard if wanted.standard in asked else None
            kept.append(ChallengeQuestion(text=text, standard=standard, source=""))
    if problems:
        raise Invalid("The questions were not saved.", problems)
    # Numbers are unique: those that stay step aside before they are counted anew.
    for each in found.questions:
        each.number = -each.id
    session.flush()
    found.questions[:] = kept
    for number, each in enumerate(kept, start=1):
        each.number = number
    session.flush()
    after = {"questions": [each.text for each in found.questions]}
    _log(session, actor, role, "challenge.questions_changed", return_, found, now, before, after)
    return found


def share(
    session: Session, actor: Actor, return_id: int, challenge_id: int, *, now: datetime
) -> Challenge:
    """Share day, panel and questions with the agency, whose people are told. Refused where it was
    shared already or has no panel."""
    return_, role, found = _open(session, actor, return_id, challenge_id)
    if found.shared_at is not None:
        raise Refused("It has been shared with the agency already.")
    if not found.members:
        raise Refused("Say who is on the panel before you share it.")
    found.shared_at = now
    session.flush()
    _log(session, actor, role, "challenge.shared", return_, found, now, {}, _told(found))
    _tell(session, return_, found, "challenge_shared", now)
    return found


def save_outcome(
    session: Session,
    actor: Actor,
    return_id: int,
    challenge_id: int,
    *,
    answers: Mapping[int, str],
    outcome: str,
    finish: bool = False,
    now: datetime,
) -> Challenge:
    """Keep what the agency answered, by question id, and the outcome; `finish` ends the challenge.

    The agency then sees answers, outcome and actions, also where the questions were not shared
    before, and is told. Raises Invalid without an outcome to finish with; Refused once finished.
    """
    return_, role, found = _open(session, actor, return_id, challenge_id)
    if unknown := set(answers) - {each.id for each in found.questions}:
        raise NotFound(f"There is no such question: {sorted(unknown)[0]}.")
    if finish and is_blank(outcome):
        raise Invalid("It was not finished.", {"outcome": "Enter the outcome"})
    before = {"outcome": found.outcome, "answers": _answers(found)}
    for each in found.questions:
        if each.id in answers:
            each.answer = answers[each.id].strip()
    found.outcome = outcome.strip()
    if finish:
        found.finished_at, found.finished_by_id = now, actor.user_id
        found.shared_at = found.shared_at or now
    session.flush()
    after = {"outcome": found.outcome, "answers": _answers(found)}
    what = "challenge.finished" if finish else "challenge.outcome_saved"
    _log(session, actor, role, what, return_, found, now, before, after)
    if finish:
        _tell(session, return_, found, "challenge_finished", now)
    return found


def add_action(
    session: Session,
    actor: Actor,
    return_id: int,
    challenge_id: int,
    *,
    what: str,
    owner: str,
    due_on: date | None,
    now: datetime,
) -> ChallengeAction:
    """Add what was agreed to be done, by whom and by when, and return it; also afterwards."""
    return_, role = _at(session, actor, return_id)
    found = read.challenge_in(session, return_id, challenge_id)
    problems: dict[str, str] = {}
    for field, words, text, read_text, longest in (
        ("what", "action", what, several_lines, 2000),
        ("owner", "name or post of who will do it", owner, one_line, 200),
    ):
        try:
            read_text(text, field, words, longest)
        except Invalid as error:
            problems |= error.problems
    if due_on is None:
        problems["due_on"] = "Enter when it is due"
    if problems or due_on is None:
        raise Invalid("The action was not saved.", problems)
    made = ChallengeAction(
        challenge_id=found.id, number=len(found.actions) + 1, what=what.strip(),
        owner=" ".join(owner.split()), due_on=due_on,
    )  # fmt: skip
    session.add(made)
    session.flush()
    after = {"what": made.what, "owner": made.owner, "due_on": made.due_on}
    _log(session, actor, role, "challenge.action_added", return_, found, now, {}, after)
    return made


def finish_action(
    session: Session,
    actor: Actor,
    return_id: int,
    challenge_id: int,
    action_id: int,
    *,
    done_on: date | None,
    note: str = "",
    now: datetime,
) -> ChallengeAction:
    """Say when an action was done. Raises Invalid for no day or one in the future, Refused where it
    was done already."""
    return_, role = _at(session, actor, return_id)
    found = read.challenge_in(session, return_id, challenge_id)
    action = read.action_of(found, action_id)
    if action.done_on is not None:
        raise Refused("This action is done already.")
    if done_on is None or done_on > london_today(now):
        words = "Enter the day on which it was done" if done_on is None else (
            "The day on which it was done must not be in the future"
        )  # fmt: skip
        raise Invalid("Nothing was recorded.", {"done_on": words})
    action.done_on, action.done_note = done_on, note.strip()
    session.flush()
    after = {"what": action.what, "done_on": done_on, "note": action.done_note}
    _log(session, actor, role, "challenge.action_done", return_, found, now, {}, after)
    return action


def _at(session: Session, actor: Actor, return_id: int) -> tuple[Return, Role]:
    return_ = return_by_id(session, return_id, for_update=True)
    return return_, check(actor, Can.RUN_CHALLENGE, facts_of(return_), sees=Can.SEE_CHALLENGE)


def _open(
    session: Session, actor: Actor, return_id: int, challenge_id: int
) -> tuple[Return, Role, Challenge]:
    return_, role = _at(session, actor, return_id)
    found = read.challenge_in(session, return_id, challenge_id)
    if found.finished_at is not None:
        raise Refused("This meeting is finished, so it cannot be changed.")
    return return_, role, found


def _checked(held_on: date | None, place: str, panel: Sequence[tuple[str, str]]) -> str:
    problems: dict[str, str] = {}
    if held_on is None:
        problems["held_on"] = "Enter the day of the meeting"
    place = " ".join(place.split())
    if len(place) > 300:
        problems["place"] = "The place must be 300 characters or fewer"
    if any(is_blank(name) or len(name) > 200 or len(post) > 200 for name, post in panel):
        problems["panel"] = "Each name and each post must be 200 characters or fewer"
    if problems:
        raise Invalid("The meeting was not saved.", problems)
    return place


def _members(panel: Sequence[tuple[str, str]]) -> list[ChallengeMember]:
    return [
        ChallengeMember(number=number, name=name, post=post)
        for number, (name, post) in enumerate(panel, start=1)
    ]


def _answers(challenge: Challenge) -> dict[str, str]:
    return {str(each.number): each.answer for each in challenge.questions if each.answer}


def _told(challenge: Challenge) -> dict[str, object]:
    return {
        "held_on": challenge.held_on,
        "place": challenge.place,
        "panel": [", ".join(filter(None, (one.name, one.post))) for one in challenge.members],
    }


def _log(
    session: Session,
    actor: Actor,
    role: Role,
    what: str,
    return_: Return,
    challenge: Challenge,
    now: datetime,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    log.record_for(
        session, return_, actor, role, what, ("challenge", challenge.id), now=now,
        before=before, after=after,
    )  # fmt: skip


def _tell(
    session: Session, return_: Return, challenge: Challenge, letter: str, now: datetime
) -> None:
    notices.tell(
        session, notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        letter, f"{letter}:{challenge.id}", return_,
        path=f"/returns/{return_.id}/challenges/{challenge.id}", now=now,
        held_on=challenge.held_on, place=challenge.place,
    )  # fmt: skip
