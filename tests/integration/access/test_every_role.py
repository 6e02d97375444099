"""Every role at every route: of its own place, of another agency, of another board.

Routes come from the URL map, so that a new one is tried as soon as it is there; what each role
must be answered stands in `expected`.
"""

from itertools import product

import pytest

from s11audit.domain import policy
from s11audit.domain.enums import AGENCY_ROLES, RETURN_ROLES, Role
from s11audit.domain.errors import NotAllowed, NotFound
from s11audit.services import grants
from s11audit.views import errors, guards
from tests import factories as make
from tests.integration.access.expected import AT_HOME, ROLES
from tests.integration.access.world import build
from tests.support.counting import counted_queries, written
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


class Opened(Exception):
    """The guard let the request in."""


@pytest.fixture
def decided(monkeypatch):
    """What the guard of the last request decided: y, 3 or 4. A request that it lets in goes no
    further, so that nothing changes; that each page answers is for the walk through every page
    (tests/browser), and what forms do for the tests of each. A refusal is answered without a page
    around it."""
    found = []
    real = policy.check

    def check(*args, **more):
        try:
            real(*args, **more)
        except NotFound:
            found.append("4")
            raise
        except NotAllowed:
            found.append("3")
            raise
        found.append("y")
        raise Opened

    monkeypatch.setattr(guards.policy, "check", check)
    monkeypatch.setattr(errors, "render_template", lambda name, **_values: name)
    return found


def signed_in(world, client):
    """Return a client for each role, at which its person is signed in."""
    clients = {role: client.application.test_client() for role in ROLES}
    for role, each in clients.items():
        sign_in(each, world.people[role])
    return clients


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
    try:
        answer = client.open(path, method=method_of(rule))
    except Opened:
        assert decided == ["y"], path
        return "y"
    assert decided, f"{path}: the guard asked nothing ({answer.status_code})"
    assert answer.status_code == {"3": 403, "4": 404}[decided[0]], path
    return decided[0]


def test_each_kind_of_permission_is_expected(app):
    kinds = {(kind, action) for _, kind, action in guarded_rules(app)}
    assert kinds <= set(AT_HOME), "say in expected.py what each role is answered"


@SQLITE
def test_every_role_at_every_place(app, world, client, decided):
    """At home, at another agency of the board, and on another board."""
    here, there = world.here, world.there
    clients = signed_in(world, client)
    wrong, tried = [], 0
    for role, (rule, kind, action) in product(ROLES, guarded_rules(app)):
        at_home = AT_HOME[kind, action][ROLES.index(role)]
        of_agency = role in (*AGENCY_ROLES, *RETURN_ROLES)
        wanted = [("at home", here, here.agencies[0], at_home)]
        if kind in ("membership", "return"):
            at_other = "4" if of_agency else at_home
            wanted.append(("at another agency", here, here.agencies[1], at_other))
        if kind != "installation":
            elsewhere = AT_HOME[kind, action][0] if role is Role.ADMIN else "4"
            wanted.append(("on another board", there, there.agencies[0], elsewhere))
        for where, place, agency, want in wanted:
            tried += 1
            got = outcome(clients[role], decided, rule, address(app, rule, place, agency))
            if got != want:
                wrong.append(f"{role.value} {where}: {method_of(rule)} {rule.rule}: {got}")
    assert wrong == []
    assert tried > 5_000


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


@SQLITE
def test_what_lies_elsewhere_is_not_reached_by_way_of_ones_own(app, world, client, monkeypatch):
    """An id of another board's or agency's object below an address of one's own is not found."""
    monkeypatch.setattr(errors, "render_template", lambda name, **_values: name)
    tried, wrong = 0, []
    here, there = world.here, world.there
    clients = signed_in(world, client)
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
                answer = clients[role].open(path, method=method)
                tried += 1
                if answer.status_code != 404:
                    wrong.append(f"{role.value} {method} {rule.rule} {name}: {answer.status_code}")
    assert tried > 300
    assert wrong == []


@SQLITE
def test_reading_changes_nothing(app, world, client):
    """No GET writes to the database: every route, by the first role that may. (A HEAD is answered
    by the same view; tests/browser watches each role on each page.)"""
    clients = signed_in(world, client)
    opened = 0
    with counted_queries() as statements:
        for rule, kind, action in guarded_rules(app):
            letters = AT_HOME[kind, action]
            if "GET" in rule.methods and "y" in letters:
                path = address(app, rule, world.here, world.here.agencies[0])
                opened += clients[ROLES[letters.index("y")]].get(path).status_code == 200
                assert written(statements) == [], rule.rule
    assert opened > 100


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
