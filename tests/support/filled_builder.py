"""The hands that build the filled board, and what they leave behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit import paths
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Duty, Participation, Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import Cycle, Membership, Return, Stage, User
from s11audit.queries.returns import return_by_id
from s11audit.services import (
    agencies,
    boards,
    cycles,
)
from tests import factories as make

SLUG = "north-vale"
BOARD = "North Vale Safeguarding Children Partnership"
MAIN_AGENCY = "Northvale Borough Council"
OTHERS = (
    ("Vale and Marches Hospitals NHS Foundation Trust", Category.NHS_PROVIDER),
    ("North Vale Constabulary", Category.POLICE),
    ("Three Rivers Further Education College", Category.EDUCATION),
)
ADVISORY = "Vale Early Years Network"
STATES = (
    "not_started", "other_tool", "in_progress", "sent_back", "submitted",
    "in_review", "rated", "plan_open", "plan_with_qa", "plan_underway", "closed", "late",
    "excused", "recent_tool",
)  # fmt: skip
TOOLS = {"other_tool": "leicestershire-rutland-2011", "recent_tool": "working-together-2023"}
NEW_PERSON = "ines.novak@vale-hospitals.example"
OWN_TOOL = "north-vale-own"
RECORDED = paths.PACKAGE / "demonstration" / "leicestershire-rutland-2011.csv"


@dataclass
class FilledBoard:
    """What was built: ids by name, for the addresses of pages."""

    board_id: int
    now: datetime
    people: dict[str, str] = field(default_factory=dict)
    """E-mail address by role; the password is factories.PASSWORD."""
    user_ids: dict[str, int] = field(default_factory=dict)
    membership_id: int = 0
    cycle_ids: dict[str, int] = field(default_factory=dict)
    return_ids: dict[str, int] = field(default_factory=dict)
    """The main agency's returns by state; "advisory" is the advisory agency's."""
    ids: dict[str, Any] = field(default_factory=dict)
    """Other ids and tokens, by the name of the address's argument."""


class Builder:
    """Does the work of people in their order, on one session."""

    def __init__(self, session: Session, now: datetime, evidence_url: str) -> None:
        self.session = session
        self.now = now
        self.evidence_url = evidence_url
        session.info.setdefault("base_url", "http://127.0.0.1:8000")
        board = boards.add_board(session, OPERATOR, SLUG, BOARD, reply_days=0, now=now)
        self.made = FilledBoard(board.id, now)
        self.board = board
        self.users: dict[str, User] = {}

    def actor(self, role: str) -> Actor:
        return make.actor(self.session, self.users[role], london_today(self.now))

    def person(self, role: Role, name: str, at: Membership | None = None) -> None:
        board = None if at or role is Role.ADMIN else self.board
        user = make.user(
            self.session,
            role,
            board=board,
            membership=at,
            email=f"{role.value}@north-vale.example",
            name=name,
        )
        self.users[role.value] = user
        self.made.people[role.value] = user.email
        self.made.user_ids[role.value] = user.id

    def agency(self, name: str, category: Category, **more: Any) -> Membership:
        values: dict[str, Any] = {
            "categories": (category,),
            "participation": Participation.FULL,
            "duty": Duty.STATUTORY,
            **more,
        }
        joined = self.now - timedelta(days=90)
        return agencies.add_membership(
            self.session, OPERATOR, self.board.id, name, now=joined, **values
        )

    def cycle(self, name: str, tool: str = "lancashire-2012", *, days: int = 21) -> Cycle:
        today = london_today(self.now)
        due = [today + timedelta(days=days), today + timedelta(days=days + 365)]
        opened = self.now if days > 0 else self.now - timedelta(days=60)
        return cycles.open_cycle(
            self.session, OPERATOR, self.board.id, name, tool, due,
            include_advisory=True, now=opened,
        )  # fmt: skip

    def return_of(self, cycle: Cycle, membership_id: int) -> Return:
        found = self.session.scalars(
            select(Return)
            .join(Stage)
            .where(
                Stage.cycle_id == cycle.id,
                Stage.number == 1,
                Return.membership_id == membership_id,
            )
        ).one()
        return return_by_id(self.session, found.id)

    def later(self, minutes: int = 1) -> datetime:
        """Let time go on, so that each event has its own moment."""
        self.now += timedelta(minutes=minutes)
        return self.now
