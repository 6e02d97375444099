"""Fills a database with a board of any number of agencies, fast, straight into the tables.

Every agency has a rated return in the cycle "Rated" and one in progress in the cycle "Current",
each on the nine standards of `lancashire-2012`. Ratings and texts follow from the numbers alone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_security import hash_password
from sqlalchemy import insert
from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    ActionState,
    Basis,
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
    Answer,
    Board,
    Cycle,
    Grant,
    Improvement,
    Membership,
    PlanSubmission,
    Publication,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
    ToolVersion,
    User,
    name_key,
)
from s11audit.tools import loader

PASSWORD = "a long password for measuring"
CLIENTS = 8
STATEMENT = (
    "Our safeguarding lead meets every team each quarter and reads the cases with them. " * 10
)


@dataclass(frozen=True)
class Loaded:
    """What the measurements need to know: `leads` pairs an address with its agency's current
    return; the others are addresses of people and ids."""

    board: str
    rated_cycle: int
    current_cycle: int
    leads: tuple[tuple[str, int], ...]
    office: str
    viewer: str


def fill(session: Session, agencies: int) -> Loaded:
    """Make one board of so many agencies; the caller commits. Returns what to measure by."""
    now = datetime.now(UTC)
    board = Board(slug="bench", name="Bench Partnership", reply_days=0, created_at=now)
    tool = loader.load_builtin("lancashire-2012")
    version = ToolVersion(
        key=tool.key,
        version=tool.version,
        title=tool.title,
        sha256=loader.sha256_of(tool),
        document=loader.canonical_json(tool),
        added_at=now,
        published_at=now,
    )
    session.add_all([board, version])
    session.flush()
    members = add_members(session, board.id, agencies, now)
    rated = add_cycle(session, board.id, version.id, "Rated", now - timedelta(days=400))
    current = add_cycle(session, board.id, version.id, "Current", now - timedelta(days=7))
    _rated_returns(session, rated, members, now - timedelta(days=300))
    first = _current_returns(session, current, members, now)
    leads = _people(session, board.id, members, now)
    return Loaded(
        board=board.slug,
        rated_cycle=rated.cycle_id,
        current_cycle=current.cycle_id,
        leads=tuple((email, first + position) for position, email in enumerate(leads)),
        office="office@bench.example",
        viewer="viewer@bench.example",
    )


def _many(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5000):
        session.execute(insert(model), rows[start : start + 5000])


def add_members(session: Session, board_id: int, count: int, now: datetime) -> list[int]:
    names = [f"Agency of the {number}th Parish of Bench" for number in range(1, count + 1)]
    _many(
        session,
        Agency,
        [{"id": i, "name": name, "created_at": now} for i, name in enumerate(names, 1)],
    )
    categories = list(Category)
    _many(
        session,
        Membership,
        [
            {
                "id": i,
                "board_id": board_id,
                "agency_id": i,
                "name": name,
                "name_key": name_key(name),
                "categories": (categories[i % len(categories)],),
                "participation": Participation.FULL,
                "duty": Duty.STATUTORY,
                "starts_on": date(2020, 1, 1),
                "ends_on": None,
            }
            for i, name in enumerate(names, 1)
        ],
    )
    return list(range(1, count + 1))


def add_cycle(
    session: Session, board_id: int, version_id: int, name: str, opened: datetime
) -> Stage:
    cycle = Cycle(
        board_id=board_id,
        name=name,
        name_key=name_key(name),
        tool_version_id=version_id,
        basis=Basis.AGREED,
        include_advisory=False,
        opened_at=opened,
    )
    session.add(cycle)
    session.flush()
    stage = Stage(
        cycle_id=cycle.id,
        number=1,
        opens_on=opened.date(),
        opened_at=opened,
        due_on=(opened + timedelta(days=60)).date(),
    )
    session.add(stage)
    session.flush()
    return stage


def add_returns(
    session: Session, stage: Stage, members: list[int], state: ReturnState, first: int
) -> list[int]:
    categories = list(Category)
    ids = [first + position for position in range(len(members))]
    _many(
        session,
        Return,
        [
            {
                "id": return_id,
                "stage_id": stage.id,
                "membership_id": member,
                "kind": ReturnKind.FULL,
                "state": state,
                "standing": Standing.ASKED,
                "categories": (categories[member % len(categories)],),
                "participation": Participation.FULL,
                "first_due_on": stage.due_on,
                "due_on": stage.due_on,
                "made_at": stage.opened_at,
            }
            for return_id, member in zip(ids, members, strict=True)
        ],
    )
    return ids


def _rag(return_id: int, standard: int) -> Rag:
    return (Rag.GREEN, Rag.GREEN, Rag.AMBER, Rag.GREEN, Rag.RED)[(return_id + standard) % 5]


def _responses(session: Session, returns: list[int], first: int, at: datetime) -> None:
    rows = [
        {
            "id": first + position * 9 + standard - 1,
            "return_id": return_id,
            "standard": standard,
            "version": 3,
            "complete": standard < 9,
            "statement": STATEMENT,
            "self_label": _rag(return_id, standard).value,
            "self_rag": _rag(return_id, standard),
            "na_reason": "",
            "saved_at": at,
        }
        for position, return_id in enumerate(returns)
        for standard in range(1, 10)
    ]
    _many(session, Response, rows)
    tool = loader.load_builtin("lancashire-2012")
    keys = {
        standard.number: [item.key for item in standard.requirements if item.kind == "judgement"]
        for standard in tool.standards
    }
    _many(
        session,
        Answer,
        [
            {"response_id": row["id"], "requirement": key, "value": {"value": "met"}}
            for row in rows
            for key in keys[row["standard"]]
        ],
    )


def _sent_in(number: int) -> dict[str, Any]:
    """Return a standard's part of a submission, as pages of a later cycle read it."""
    return {
        "number": number,
        "title": f"Standard {number}",
        "statement": STATEMENT,
        "self_rating": {"label": "green", "rag": "green", "na_reason": ""},
        "requirements": [],
        "evidence": [],
        "proposed_actions": [],
    }


def _rated_returns(session: Session, stage: Stage, members: list[int], at: datetime) -> None:
    ids = add_returns(session, stage, members, ReturnState.RATED, 1)
    _responses(session, ids, 1, at)
    _many(
        session,
        Submission,
        [
            {
                "return_id": i,
                "number": 1,
                "reference": f"S11-{i:05d}-1",
                "snapshot": {"standards": [_sent_in(number) for number in range(1, 10)]},
                "self_ratings": {str(s): _rag(i, s).value for s in range(1, 10)},
                "signatory_name": "A Director",
                "signatory_designation": "Director",
                "signatory_email": "director@bench.example",
                "late": False,
                "effective_at": at,
                "recorded_at": at,
            }
            for i in ids
        ],
    )
    published = at + timedelta(days=30)
    _many(
        session,
        Publication,
        [
            {
                "id": i,
                "return_id": i,
                "number": 1,
                "effective_at": published,
                "recorded_at": published,
            }
            for i in ids
        ],
    )
    agreed = [(i, standard, _rag(i, standard + 1)) for i in ids for standard in range(1, 10)]
    _many(
        session,
        Rating,
        [
            {
                "id": number,
                "return_id": i,
                "standard": standard,
                "role": RatingRole.AGREED,
                "label": rag.value,
                "rag": rag,
                "na_reason": "",
                "comment": "Seen at the review meeting.",
                "improvement": "" if rag is Rag.GREEN else "Show what changed for children.",
                "monitor": False,
                "reason": "",
                "rated_at": published,
                "publication_id": i,
            }
            for number, (i, standard, rag) in enumerate(agreed, 1)
        ],
    )
    short = [
        (number, i, standard)
        for number, (i, standard, rag) in enumerate(agreed, 1)
        if rag is not Rag.GREEN
    ]
    _plans(session, short, published)


def _plans(session: Session, short: list[tuple[int, int, int]], published: datetime) -> None:
    _many(
        session,
        Improvement,
        [
            {
                "id": number,
                "rating_id": rating,
                "return_id": i,
                "membership_id": i,
                "standard": standard,
                "text": "Show what changed for children.",
                "opened_at": published,
                "no_action_reason": "",
            }
            for number, (rating, i, standard) in enumerate(short, 1)
        ],
    )
    later = published + timedelta(days=20)
    _many(
        session,
        Action,
        [
            {
                "improvement_id": number,
                "number": 1,
                "what": "Ask children and report what they said.",
                "owner": "Head of service",
                "due_on": (later + timedelta(days=90)).date(),
                "state": ActionState.VERIFIED if number % 2 else ActionState.UNDERWAY,
                "added_at": later,
                "verified_at": later + timedelta(days=60) if number % 2 else None,
            }
            for number, _row in enumerate(short, 1)
        ],
    )
    _many(
        session,
        PlanSubmission,
        [
            {
                "return_id": i,
                "number": 1,
                "snapshot": {},
                "effective_at": later,
                "recorded_at": later,
            }
            for i in sorted({i for _rating, i, _standard in short})
        ],
    )


def _current_returns(session: Session, stage: Stage, members: list[int], now: datetime) -> int:
    first = len(members) + 1
    ids = add_returns(session, stage, members, ReturnState.IN_PROGRESS, first)
    _responses(session, ids, len(members) * 9 + 1, now - timedelta(days=1))
    return first


def _people(session: Session, board_id: int, members: list[int], now: datetime) -> list[str]:
    hashed = hash_password(PASSWORD)

    def person(email: str, name: str) -> User:
        return User(
            email=email,
            name=name,
            password=hashed,
            active=True,
            fs_uniquifier=email,
            created_at=now,
        )

    leads = [person(f"lead{n}@bench.example", f"Lead {n}") for n in members[:CLIENTS]]
    office = person("office@bench.example", "Office")
    viewer = person("viewer@bench.example", "Viewer")
    session.add_all([*leads, office, viewer])
    session.flush()
    session.add_all(
        Grant(user_id=lead.id, role=Role.LEAD, membership_id=member, granted_at=now)
        for lead, member in zip(leads, members, strict=False)
    )
    session.add(Grant(user_id=office.id, role=Role.OFFICE, board_id=board_id, granted_at=now))
    session.add(Grant(user_id=viewer.id, role=Role.VIEWER, board_id=board_id, granted_at=now))
    session.flush()
    return [lead.email for lead in leads]
