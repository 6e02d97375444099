"""What the tests of filling in begin from: one agency with its people and one return."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, ReturnState, Role
from s11audit.domain.policy import Actor
from s11audit.models import Board, Cycle, Membership, Return, User
from s11audit.services.responses import ResponseValues
from s11audit.tools import loader
from tests import factories

NOW = factories.NOW


@dataclass
class Scene:
    """A board with one agency on lancashire-2012, its lead, a contributor, office and QA."""

    board: Board
    membership: Membership
    cycle: Cycle
    return_: Return
    lead: User
    contributor: User
    office: User
    qa: User

    def actor(self, session: Session, user: User) -> Actor:
        return factories.actor(session, user)


def scene(session: Session, *, tool: str = "lancashire-2012", **cycle: object) -> Scene:
    """Make and commit it."""
    board = factories.board(session)
    membership = factories.membership(
        session, board, "Fellmere Health Trust", categories=(Category.NHS_PROVIDER,)
    )
    made = factories.cycle(session, board, tool=tool, **cycle)  # type: ignore[arg-type]
    return_ = factories.return_(session, membership, made)
    found = Scene(
        board,
        membership,
        made,
        return_,
        lead=factories.user(session, Role.LEAD, membership=membership, name="Amira Khan"),
        contributor=factories.user(
            session, Role.CONTRIBUTOR, membership=membership, name="Tom Reed"
        ),
        office=factories.user(session, Role.OFFICE, board=board, name="Olive Office"),
        qa=factories.user(session, Role.QA, board=board, name="Quentin Ames"),
    )
    session.commit()
    return found


def whole(number: int, label: str = "green") -> ResponseValues:
    """A complete answer to a standard of lancashire-2012."""
    standard = loader.load_builtin("lancashire-2012").standard(number)
    answers: dict[str, dict[str, object]] = {}
    for requirement in standard.requirements:
        answers[requirement.key] = (
            {"value": "met"}
            if requirement.kind == "judgement"
            else {"numerator": 96, "denominator": 100, "as_of": "2026-01-31"}
        )
    return ResponseValues(f"What we do for standard {number}.", label, "", answers)


def reload(session: Session, return_: Return) -> Return:
    """The return as it is stored now."""
    session.expire_all()
    found = session.get(Return, return_.id)
    assert found is not None
    return found


__all__ = ["NOW", "ReturnState", "Scene", "reload", "scene", "whole"]
