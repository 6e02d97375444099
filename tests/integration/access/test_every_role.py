"""Every role at every route: of its own place, of another agency, of another board.

Routes come from the URL map, so that a new one is tried as soon as it is there; what each role
must be answered stands in `expected`.
"""

import pytest
from sqlalchemy import event

from s11audit.domain import policy
from s11audit.domain.enums import AGENCY_ROLES, RETURN_ROLES, Role
from s11audit.domain.errors import NotAllowed, NotFound
from s11audit.extensions import db
from s11audit.models import Base
from s11audit.services import grants
from s11audit.views import guards
from tests import factories as make
from tests.integration.access.expected import AT_HOME, ROLES
from tests.integration.access.world import build
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIXED = {
    "key": "lancashire-2012",
    "version": 1,
    "was_key": "working-together-2023",
    "was_version": 1,
    "number": 1,
}


KNOWN = {*FIXED, "board", "return_id", "membership_id"}


@pytest.fixture
def world(session):
    return build(session)


@pytest.fixture
def decided(monkeypatch):
    """What the guard of the last request decided: y, 3 or 4."""
    found = []
    real = policy.check

    def check(*args, **more):
        try:
            role = real(*args, **more)
        except NotFound:
            found.append("4")
            raise
        except NotAllowed:
            found.append("3")
            raise
        found.append("y")
        return role

    monkeypatch.setattr(guards.policy, "check", check)
    return found


def guarded_rules(app):
    """Return (rule, what it names, permission) of every route that names a place."""
    rules = []
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", (None, None))
        if guard[1] is not None:
            rules.append((rule, guard[0], guard[1].value))
    return sorted(rules, key=lambda found: found[0].rule)


def method_of(rule):
    return "GET" if "GET" in rule.methods else "POST"


def address(app, rule, place, agency, **others):
    """Return the address of a rule at a place and agency."""
    values = {
        **FIXED,
        **place.ids,
        "board": place.board.slug,
        **agency.ids,
        "return_id": agency.return_.id,
        "membership_id": agency.membership.id,
        **others,
    }
    for name, converter in rule._converters.items():
        if hasattr(converter, "items"):
            values[name] = min(converter.items)
    with app.test_request_context():
        return app.url_map.bind("localhost").build(
            rule.endpoint, {name: values[name] for name in rule.arguments}
        )


def outcome(client, decided, rule, path):
    """Return y, 3 or 4: what the guard decided; a refusal must be the answer too."""
    decided.clear()
    answer = client.open(path, method=method_of(rule))
    assert decided, f"{path}: the guard asked nothing ({answer.status_code})"
    if decided[0] != "y":
        assert answer.status_code == {"3": 403, "4": 404}[decided[0]], path
    assert answer.status_code < 500, f"{path}: {answer.status_code}"
    return decided[0]


def test_each_kind_of_permission_is_expected(app):
    kinds = {(kind, action) for _, kind, action in guarded_rules(app)}
    assert kinds <= set(AT_HOME), "say in expected.py what each role is answered"


@SQLITE
@pytest.mark.parametrize("role", ROLES)
def test_at_home(app, world, client, decided, role):
    sign_in(client, world.people[role])
    agency = world.here.agencies[0]
    wrong = []
    for rule, kind, action in guarded_rules(app):
        want = AT_HOME[kind, action][ROLES.index(role)]
        path = address(app, rule, world.here, agency)
        if rule.endpoint == "installation.end_administrator":
            path = path.replace(str(world.here.ids["grant_id"]), "999999")
        got = outcome(client, decided, rule, path)
        if got != want:
            wrong.append(f"{method_of(rule)} {rule.rule}: {got} instead of {want}")
        sign_in(client, world.people[role])
    assert wrong == []


@SQLITE
@pytest.mark.parametrize("role", ROLES)
def test_on_another_board(app, world, client, decided, role):
    sign_in(client, world.people[role])
    wrong = []
    for rule, kind, action in guarded_rules(app):
        if kind == "installation":
            continue
        want = AT_HOME[kind, action][0] if role is Role.ADMIN else "4"
        path = address(app, rule, world.there, world.there.agencies[0])
        got = outcome(client, decided, rule, path)
        if got != want:
            wrong.append(f"{method_of(rule)} {rule.rule}: {got} instead of {want}")
    assert wrong == []


@SQLITE
@pytest.mark.parametrize("role", ROLES)
def test_at_another_agency_of_the_board(app, world, client, decided, role):
    sign_in(client, world.people[role])
    wrong = []
    for rule, kind, action in guarded_rules(app):
        if kind not in ("membership", "return"):
            continue
        want = (
            "4"
            if role in (*AGENCY_ROLES, *RETURN_ROLES)
            else AT_HOME[kind, action][ROLES.index(role)]
        )
        got = outcome(client, decided, rule, address(app, rule, world.here, world.here.agencies[1]))
        if got != want:
            wrong.append(f"{method_of(rule)} {rule.rule}: {got} instead of {want}")
    assert wrong == []


@SQLITE
def test_a_deactivated_account_opens_nothing(app, session, world, client):
    """Every route, in turn for every role: as if nobody were signed in, though the sessions went
    on when the account was closed."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "guard", ("public",))[0] != "public"
    ]
    clients = []
    for role in ROLES:
        clients.append(client.application.test_client())
        sign_in(clients[-1], world.people[role])
        assert clients[-1].get("/places").status_code == 200
        world.people[role].active = False
    session.commit()
    ids = {**world.here.ids, **world.here.agencies[0].ids}
    for number, rule in enumerate(rules):
        others = {name: 1 for name in rule.arguments if name not in KNOWN and name not in ids}
        path = address(app, rule, world.here, world.here.agencies[0], **others)
        answer = clients[number % len(clients)].open(path, method=method_of(rule))
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login"), path
    assert len(rules) > 200


def test_what_lies_elsewhere_is_not_reached_by_way_of_ones_own(app, world, client):
    """An id of another board's or agency's object below an address of one's own is not found."""
    tried, wrong = 0, []
    here, there = world.here, world.there
    for rule, kind, action in guarded_rules(app):
        roles = [role for role, letter in zip(ROLES, AT_HOME[kind, action], strict=True)
                 if letter == "y" and role is not Role.ADMIN]  # fmt: skip
        if kind == "board":
            foreign = {name: there.ids[name] for name in rule.arguments & set(there.ids)}
        elif kind == "return":
            sibling = here.agencies[1].ids
            foreign = {name: sibling[name] for name in rule.arguments & set(sibling)}
        else:
            foreign = {}
        for role, (name, value) in ((r, f) for r in roles for f in foreign.items()):
            path = address(app, rule, here, here.agencies[0], **{name: value})
            for method in sorted(rule.methods & {"GET", "POST"}):
                sign_in(client, world.people[role])
                answer = client.open(path, method=method)
                tried += 1
                if answer.status_code != 404:
                    wrong.append(f"{role.value} {method} {rule.rule} {name}: {answer.status_code}")
    assert tried > 20
    assert wrong == []


@SQLITE
def test_reading_changes_nothing(app, session, world, client):
    """No GET of anybody writes to the database. (A HEAD is answered by the same view.)"""
    written = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def watch(_connection, _cursor, statement, *_):
        if statement.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "REPLACE"):
            written.append(statement)

    for role in ROLES:
        sign_in(client, world.people[role])
        for rule, _kind, _action in guarded_rules(app):
            if "GET" not in rule.methods:
                continue
            path = address(app, rule, world.here, world.here.agencies[0])
            client.get(path)
            assert written == [], rule.rule
    assert len(Base.metadata.tables) > 20


@pytest.mark.parametrize("action", ["rate", "publish", "decide_plan", "see_unpublished"])
def test_nobody_judges_an_agency_where_they_hold_a_role(
    app, session, client, world, decided, action
):
    """Domain: nobody rates, verifies or publishes where they hold a role, on whichever board."""
    chair = world.people[Role.CHAIR]
    own, other = world.here.agencies
    elsewhere = make.membership(session, world.there.board, agency=own.membership.agency)
    make.grant(session, chair, Role.CONTRIBUTOR, membership=elsewhere)
    session.commit()
    sign_in(client, chair)
    rules = [
        rule for rule, kind, found in guarded_rules(app) if (kind, found) == ("return", action)
    ]
    assert rules
    for rule in rules:
        assert outcome(client, decided, rule, address(app, rule, world.here, own)) == "3"
        assert outcome(client, decided, rule, address(app, rule, world.here, other)) == "y"


def test_a_role_that_ended_or_ran_out_opens_nothing(app, session, client, world):
    board = world.here.board
    ended = make.user(session)
    grant = make.grant(session, ended, Role.OFFICE, board=board)
    over = make.user(session)
    make.grant(session, over, Role.SCRUTINEER, board=board, until=make.date(2026, 1, 1))
    session.commit()
    for person, before in ((ended, 200), (over, 404)):
        sign_in(client, person)
        assert client.get(f"/boards/{board.slug}/returns").status_code == before
    office = make.actor(session, world.people[Role.OFFICE])
    grants.end_role(session, office, grant.id, board_id=board.id, now=make.NOW)
    session.commit()
    sign_in(client, ended)
    assert client.get(f"/boards/{board.slug}/returns").status_code == 404
