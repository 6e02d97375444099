"""A thousand agencies on a board, put straight into the tables a thousand rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    ActionState,
    Category,
    Duty,
    Participation,
    Rag,
    RatingRole,
    ReturnKind,
    ReturnState,
    Role,
    Standing,
)
from s11audit.models import (
    Action,
    Agency,
    Grant,
    Improvement,
    Membership,
    Publication,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
    User,
)

STATES = (
    ReturnState.NOT_STARTED,
    ReturnState.IN_PROGRESS,
    ReturnState.SUBMITTED,
    ReturnState.IN_REVIEW,
    ReturnState.RATED,
)
SENT = STATES[2:]
RAGS = (Rag.GREEN, Rag.AMBER, Rag.RED)


def add_agencies(
    session: Session, board_id: int, stages: Sequence[Stage], number: int, now: datetime
) -> None:
    """Add so many agencies, each with a lead and a return for every stage given: a fifth in each
    state, the rated ones with a plan. Flushes."""
    spot = len(session.scalars(select(Membership.id).where(Membership.board_id == board_id)).all())
    names = [f"Further agency {spot + each:04} of the Vale" for each in range(number)]
    agencies = _insert(session, Agency, [{"name": name, "created_at": now} for name in names])
    members = _insert(
        session,
        Membership,
        [
            {
                "board_id": board_id,
                "agency_id": agency,
                "name": name,
                "name_key": name.casefold(),
                "categories": (list(Category)[each % 9],),
                "participation": Participation.FULL,
                "duty": Duty.STATUTORY,
                "starts_on": (now - timedelta(days=400)).date(),
            }
            for each, (agency, name) in enumerate(zip(agencies, names, strict=True))
        ],
    )
    people = _insert(
        session,
        User,
        [
            {
                "email": f"lead{member}@vale.example",
                "name": f"Lead {member}",
                "active": True,
                "fs_uniquifier": uuid4().hex,
                "created_at": now,
            }
            for member in members
        ],
    )
    _insert(
        session,
        Grant,
        [
            {"user_id": user, "role": Role.LEAD, "membership_id": member, "granted_at": now}
            for user, member in zip(people, members, strict=True)
        ],
    )
    for stage in stages:
        _returns(session, stage, members, now)


def _returns(session: Session, stage: Stage, members: Sequence[int], now: datetime) -> None:
    states = [STATES[each % len(STATES)] for each in range(len(members))]
    ids = _insert(
        session,
        Return,
        [
            {
                "stage_id": stage.id,
                "membership_id": member,
                "kind": ReturnKind.FULL,
                "state": state,
                "standing": Standing.ASKED,
                "categories": (list(Category)[each % 9],),
                "participation": Participation.FULL,
                "first_due_on": stage.due_on,
                "due_on": stage.due_on,
                "made_at": now,
            }
            for each, (member, state) in enumerate(zip(members, states, strict=True))
        ],
    )
    made = list(zip(ids, members, states, strict=True))
    sent = [(return_, member, state) for return_, member, state in made if state in SENT]
    _insert(
        session,
        Response,
        [
            {
                "return_id": return_,
                "standard": number,
                "statement": f"What we do about standard {number}.",
                "self_label": "green",
                "self_rag": Rag.GREEN,
                "complete": True,
                "saved_at": now,
            }
            for return_, _, state in made
            if state is not ReturnState.NOT_STARTED
            for number in range(1, 4)
        ],
    )
    _insert(
        session,
        Submission,
        [
            {
                "return_id": return_,
                "number": 1,
                "reference": f"MANY-{return_}",
                "self_ratings": {str(number): "green" for number in range(1, 10)},
                "signatory_name": "A",
                "signatory_designation": "B",
                "signatory_email": "c@vale.example",
                "late": False,
                "effective_at": now,
                "recorded_at": now,
                "snapshot": {},
            }
            for return_, _, _ in sent
        ],
    )
    rated = [(return_, member) for return_, member, state in sent if state is ReturnState.RATED]
    _plans(session, rated, now)


def _plans(session: Session, rated: Sequence[tuple[int, int]], now: datetime) -> None:
    """Published ratings, with an improvement and an action for each amber or red one."""
    publications = _insert(
        session,
        Publication,
        [
            {"return_id": return_, "number": 1, "effective_at": now, "recorded_at": now}
            for return_, _ in rated
        ],
    )
    rows = [
        {
            "return_id": return_,
            "standard": number,
            "role": RatingRole.AGREED,
            "label": (rag := RAGS[number % 3]).value,
            "rag": rag,
            "improvement": "" if rag is Rag.GREEN else "Train.",
            "rated_at": now,
            "publication_id": publication,
        }
        for (return_, _), publication in zip(rated, publications, strict=True)
        for number in range(1, 10)
    ]
    ratings = _insert(session, Rating, rows)
    member_of = dict(rated)
    improvements = _insert(
        session,
        Improvement,
        [
            {
                "rating_id": rating,
                "return_id": row["return_id"],
                "membership_id": member_of[row["return_id"]],
                "standard": row["standard"],
                "text": "Train.",
                "opened_at": now,
            }
            for rating, row in zip(ratings, rows, strict=True)
            if row["rag"] is not Rag.GREEN
        ],
    )
    _insert(
        session,
        Action,
        [
            {
                "improvement_id": improvement,
                "number": 1,
                "what": "Train the reception staff",
                "owner": "Ann",
                "due_on": (now + timedelta(days=each % 40 - 20)).date(),
                "state": list(ActionState)[each % 4],
                "added_at": now,
            }
            for each, improvement in enumerate(improvements)
        ],
    )


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert the rows and return their ids in the rows' order."""
    if not rows:
        return []
    statement = insert(table).returning(table.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))
