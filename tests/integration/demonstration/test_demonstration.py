"""The demonstration: what it holds, and that it touches no other database."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit import create_app
from s11audit.demonstration import build, people, texts
from s11audit.domain.enums import ActionState, Category, ReturnState, Role, Standing
from s11audit.domain.errors import Refused
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import (
    Action,
    AuditLog,
    Board,
    Cycle,
    Evidence,
    Grant,
    Membership,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
    User,
)
from s11audit.reports.build import build_compliance
from s11audit.reports.data import ComplianceReport
from s11audit.services import log
from tests import factories
from tests.integration.demonstration.conftest import NOW
from tests.support.databases import Databases, close_engines, settings_for

LINKS = 25
REAL = ("leicestershire-and-rutland", "lancashire")


# One process loads the demonstration once for all of these.
pytestmark = pytest.mark.xdist_group("demonstration")


def compliance(session: Session, slug: str, cycle: str) -> ComplianceReport:
    found = session.scalars(
        select(Cycle).join(Cycle.board).where(Board.slug == slug, Cycle.name.startswith(cycle))
    ).one()
    return build_compliance(session, OPERATOR, found.id, 1, now=NOW)


def test_leicestershire_and_rutland_is_as_published(session: Session) -> None:
    found = compliance(session, "leicestershire-and-rutland", "Section 11 audit 2011")
    assert (found.asked, found.returned) == (27, 26)
    assert (found.initial["fully"], found.initial["partially"]) == (3, 23)
    now = {word: found.current[word] for word in ("fully", "partially", "advisory", "not_known")}
    assert now == {"fully": 12, "partially": 9, "advisory": 2, "not_known": 4}


def test_lancashire_has_27_returns_and_not_one_rating(session: Session) -> None:
    found = compliance(session, "lancashire", "Section 11 audit 2012/13")
    assert (found.asked, found.returned) == (27, 27)
    assert found.initial["not_known"] == found.current["not_known"] == 27
    kinds = session.scalars(
        select(Membership.categories).join(Membership.board).where(Board.slug == "lancashire")
    ).all()
    assert sum(Category.DISTRICT_COUNCIL in each for each in kinds) == 12
    assert sum(Category.NHS_COMMISSIONER in each for each in kinds) == 3


def test_no_rating_is_made_up_for_a_real_agency(session: Session) -> None:
    real = select(Board.id).where(Board.slug.in_(REAL))
    for table in (Rating, Submission):
        rows = (
            select(func.count())
            .select_from(table)
            .join(Return, Return.id == table.return_id)
            .join(Membership, Membership.id == Return.membership_id)
            .where(Membership.board_id.in_(real))
        )
        assert session.scalar(rows) == 0
    invented = {agency.name for agency in texts.agencies()}
    names = session.scalars(select(Membership.name).where(Membership.board_id.in_(real)))
    assert not invented & set(names)


def test_the_invented_partnership_has_lancashires_mix(session: Session) -> None:
    def mix(slug: str) -> list[tuple[Category, ...]]:
        rows = select(Membership.categories).join(Membership.board).where(Board.slug == slug)
        return sorted(session.scalars(rows))

    assert mix("fellmere-and-harrowdale") == mix("lancashire")


def test_every_state_is_there_to_be_worked_on(session: Session) -> None:
    rows = session.execute(
        select(Cycle.name, Return.state, Return.standing, func.count())
        .join(Stage, Stage.id == Return.stage_id)
        .join(Cycle, Cycle.id == Stage.cycle_id)
        .join(Board, Board.id == Cycle.board_id)
        .where(Board.slug == "fellmere-and-harrowdale", Stage.number == 1)
        .group_by(Cycle.name, Return.state, Return.standing)
    ).all()
    current = {(state, standing) for name, state, standing, _ in rows if "2023" in name}
    for state in (
        ReturnState.NOT_STARTED, ReturnState.IN_PROGRESS, ReturnState.SUBMITTED,
        ReturnState.IN_REVIEW, ReturnState.RATED,
    ):  # fmt: skip
        assert (state, Standing.ASKED) in current
    assert {standing for _, standing in current} == set(Standing)
    first = {
        (state, count) for name, state, _, count in rows if name.startswith("Section 11 audit 2025")
    }
    assert first == {(ReturnState.RATED, 26), (ReturnState.SUBMITTED, 1)}
    due = session.scalar(
        select(Stage.due_on)
        .join(Stage.cycle)
        .where(Cycle.name.contains("Working Together"), Stage.number == 1)
    )
    assert due == NOW.date() + timedelta(days=21)
    assert set(session.scalars(select(Action.state))) == set(ActionState)
    assert session.scalar(select(func.count()).select_from(Evidence))


def test_there_is_a_sign_in_for_each_role(session: Session) -> None:
    printed = people.sign_ins()
    for person in people.PEOPLE:
        assert person.email in printed
        assert session.scalar(select(User.id).where(User.email == person.email))
    assert people.PASSWORD in printed
    held = select(Grant.role).join(Grant.user).where(User.email.in_(p.email for p in people.PEOPLE))
    assert set(session.scalars(held)) == set(Role)


@pytest.mark.parametrize("person", people.PEOPLE, ids=lambda person: person.account)
def test_each_of_them_signs_in_and_goes_where_their_first_page_leads(
    app: Flask, person: people.Person
) -> None:
    client = app.test_client()
    form = {"email": person.email, "password": people.PASSWORD}
    assert client.post("/login", data=form).status_code == 302
    home = client.get("/", follow_redirects=True)
    assert home.status_code == 200
    links = set(re.findall(r'href="(/(?:boards|agencies|returns)/[^"#]*)"', home.get_data(True)))
    assert links
    for link in sorted(links)[:LINKS]:
        assert client.get(link, follow_redirects=True).status_code == 200, link


def test_its_history_is_real(session: Session) -> None:
    count, broken = log.verify(session)
    assert broken is None
    assert count > 1000
    days = session.execute(
        select(func.min(AuditLog.at), func.max(AuditLog.at)).where(AuditLog.chain == "board:3")
    ).one()
    assert days[1] - days[0] > timedelta(days=365)
    late = session.scalars(select(AuditLog.at).where(AuditLog.at > NOW)).all()
    assert not late


def test_statements_differ_and_keep_to_the_limit(session: Session) -> None:
    from s11audit.scoring.words import count_words

    # What a later year carries over is the same on purpose.
    first = select(Response.statement).join(Return).join(Stage).where(Stage.number == 1)
    said = session.scalars(first.where(Response.statement != "")).all()
    assert len(set(said)) > 0.9 * len(said)
    assert max(map(count_words, said)) <= 200
    assert not [text for text in said if re.search(r"[{}]|  ", text)]


def test_the_loading_told_how_far_it_was(told: list[int]) -> None:
    assert told == sorted(told)
    assert len(told) > 500


def test_a_second_loading_changes_nothing(app: Flask) -> None:
    with app.app_context():
        before = db.session.scalar(select(func.count()).select_from(AuditLog))
        assert not build.load()
        assert db.session.scalar(select(func.count()).select_from(AuditLog)) == before


def test_a_database_of_somebody_elses_is_refused(databases: Databases, tmp_path: Path) -> None:
    other = create_app(settings_for(databases.make("postgresql"), tmp_path))
    with other.app_context():
        session = db.sessionmaker()
        factories.board(session, "ours")
        session.commit()
        session.close()
        with pytest.raises(Refused, match="S11AUDIT_DATA"):
            build.load()
        assert db.session.scalars(select(Board.slug)).all() == ["ours"]
    close_engines(other)
