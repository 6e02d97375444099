"""A board's reminder schedule and its words, and whether a person wants the digests."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain import placeholders, policy
from s11audit.domain.enums import ReminderKind
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import Board, DigestChoice, ReminderSchedule
from s11audit.queries.owed import Owed
from s11audit.queries.reminders import Rules
from s11audit.scoring.reminders import DEFAULT, LONGEST_BEFORE, MOST_STEPS, Schedule
from s11audit.services import log
from s11audit.services.digest_words import IN_SUBJECT, PLACEHOLDERS, SUBJECT, TEXT, Part, digest

LONGEST_TEXT = 4000


def save_schedule(
    session: Session,
    actor: Actor,
    board_id: int,
    schedule: Schedule,
    *,
    returns_on: bool,
    actions_on: bool,
    weekly_on: bool,
    now: datetime,
) -> None:
    """Set on which days a board reminds, and of what. Raises Invalid."""
    role = policy.check(actor, Can.MANAGE_RETURNS, Facts(board_id), sees=Can.SEE_BOARD)
    problems = {}
    if len(set(schedule.before)) > MOST_STEPS:
        problems["days_before"] = f"Enter {MOST_STEPS} days or fewer"
    elif not all(0 <= days <= LONGEST_BEFORE for days in schedule.before):
        problems["days_before"] = f"Each must be a number of days from 0 to {LONGEST_BEFORE}"
    if not 0 <= schedule.every <= LONGEST_BEFORE:
        problems["every_days"] = f"Enter a number of days from 0 to {LONGEST_BEFORE}"
    if problems:
        raise Invalid("; ".join(problems.values()) + ".", problems)
    row = _row(session, board_id)
    before = _logged(row)
    row.days_before = sorted(set(schedule.before), reverse=True)
    row.every_days = schedule.every
    row.returns_on, row.actions_on, row.weekly_on = returns_on, actions_on, weekly_on
    if (after := _logged(row)) != before:
        log.record(
            session, actor, role, "reminders.changed", "board", board_id,
            now=now, board_id=board_id, before=before, after=after,
        )  # fmt: skip


def save_words(
    session: Session, actor: Actor, board_id: int, subject: str, text: str, *, now: datetime
) -> None:
    """Set the subject and text of a board's reminders; both empty: the default ones again.
    Raises Invalid as `checked_words`."""
    role = policy.check(actor, Can.MANAGE_RETURNS, Facts(board_id), sees=Can.SEE_BOARD)
    if subject or text:
        subject, text = checked_words(subject, text)
    row = _row(session, board_id)
    before = {"subject": row.subject, "text": row.text}
    row.subject = "" if subject == SUBJECT else subject
    row.text = "" if text == TEXT else text
    log.record(
        session, actor, role, "reminders.worded", "board", board_id, now=now, board_id=board_id,
        before=before, after={"subject": row.subject, "text": row.text},
    )  # fmt: skip


def checked_words(subject: str, text: str) -> tuple[str, str]:
    """Return both trimmed. Raises Invalid where one is empty, too long, holds an unknown word in
    braces, or the text leaves out {list}."""
    problems: dict[str, str] = {}
    for field, typed, known in (
        ("subject", subject, IN_SUBJECT),
        ("text", text, tuple(PLACEHOLDERS)),
    ):
        try:
            if field == "subject":
                one_line(typed, field, "subject", 200)
            else:
                several_lines(typed, field, "text of the e-mail", LONGEST_TEXT)
        except Invalid as error:
            problems |= error.problems
            continue
        if strange := placeholders.unknown(typed, known):
            listed = ", ".join(f"{{{name}}}" for name in known)
            problems[field] = f"{{{strange[0]}}} is not known. You can use {listed}"
        elif field == "text" and not placeholders.uses(typed, "list"):
            problems[field] = "The text must hold {list}, where what is due is listed"
    if problems:
        raise Invalid("; ".join(problems.values()) + ".", problems)
    return (
        one_line(subject, "subject", "subject", 200),
        several_lines(text, "text", "text", LONGEST_TEXT),
    )


def sample(board: Board, subject: str, text: str, today: date, base_url: str) -> tuple[str, str]:
    """Return a digest with these words as an invented lead would get it."""
    agency = "Northvale Borough Council"
    owed: Sequence[Owed] = (
        Owed(0, ReminderKind.RETURN, board.id, 1, today, today + timedelta(days=14), 1, agency,
             "Section 11 audit", 1, (3, 5)),
        Owed(0, ReminderKind.ACTION, board.id, 2, today, today - timedelta(days=7), 1, agency,
             standards=(4,), what="Train the reception staff of both sites"),
    )  # fmt: skip
    return digest(
        "Amira Khan", [Part(board.name, board.slug, subject, text, owed)], today, base_url
    )


def choose_digests(session: Session, actor: Actor, wanted: bool, *, now: datetime) -> None:
    """Turn the actor's own digests on or off. Raises NotFound for the operator."""
    if actor.user_id is None:
        raise NotFound("The operator gets no reminders.")
    choice = session.get(DigestChoice, actor.user_id, with_for_update=True)
    if choice is None:
        choice = DigestChoice(user_id=actor.user_id, wanted=True, chosen_at=now)
        session.add(choice)
    if choice.wanted is not wanted:
        choice.wanted, choice.chosen_at = wanted, now
        log.record(
            session, actor, None, "reminders.wanted", "user", actor.user_id,
            now=now, board_id=None, after={"wanted": wanted},
        )  # fmt: skip


def _row(session: Session, board_id: int) -> ReminderSchedule:
    session.get_one(Board, board_id, with_for_update=True)
    row = session.get(ReminderSchedule, board_id)
    if row is None:
        rules = Rules()
        row = ReminderSchedule(
            board_id=board_id,
            returns_on=rules.returns_on,
            actions_on=rules.actions_on,
            weekly_on=rules.weekly_on,
            days_before=list(DEFAULT.before),
            every_days=DEFAULT.every,
            subject="",
            text="",
        )
        session.add(row)
    return row


def _logged(row: ReminderSchedule) -> dict[str, Any]:
    return {
        "days_before": ", ".join(map(str, row.days_before)),
        "every_days": row.every_days,
        "returns": row.returns_on,
        "actions": row.actions_on,
        "weekly": row.weekly_on,
    }
