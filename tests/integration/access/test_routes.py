"""Every route of the URL map is guarded, typed and safe to open."""

import pytest
from werkzeug.routing import IntegerConverter

from s11audit.domain.policy import Can
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Open to anybody. Flask-Security's own pages check the person themselves.
PUBLIC = {
    "health.alive",
    "health.ready",
    "health.metrics",
    "statements.accessibility",
    "statements.privacy",
    "static",
    "security.static",
    "security.login",
    "security.logout",
    "security.forgot_password",
    "security.reset_password",
    "security.change_password",
    "second_factor.code",
    "passkeys.sign_in",
    "invitations.invitation",
    "invitations.accept",
    "calendars.feed",
    "sign_on.begin",
    "sign_on.finish",
    "sign_on.invited",
}
# The only texts in addresses that are neither numbers nor one of a list.
TEXTS = {"token", "filename"}
SAFE = {"GET", "HEAD", "OPTIONS"}


def test_every_route_is_guarded_or_on_the_public_list(app):
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", None)
        if guard is None or guard[0] == "public":
            assert rule.endpoint in PUBLIC, f"{rule.rule} ({rule.endpoint}) has no guard"
        else:
            assert rule.endpoint not in PUBLIC, rule.endpoint
            assert guard[1] is None or isinstance(guard[1], Can)


def test_the_public_list_names_nothing_that_is_gone(app):
    assert set(app.view_functions) >= PUBLIC


def test_the_parts_of_addresses_are_typed(app):
    for rule in app.url_map.iter_rules():
        for name, converter in rule._converters.items():
            kind = type(converter).__name__
            if kind in ("UnicodeConverter", "PathConverter"):
                assert name in TEXTS, f"{rule.rule}: {name} may be any text"


def test_an_address_names_the_place_its_guard_asks_for(app):
    names = {"board": "board", "membership": "membership_id", "return": "return_id"}
    for rule in app.url_map.iter_rules():
        guard = getattr(app.view_functions[rule.endpoint], "guard", (None, None))
        if guard[0] in names:
            assert names[guard[0]] in rule.arguments, rule.rule


def test_routes_answer_only_what_they_should(app):
    for rule in app.url_map.iter_rules():
        assert rule.methods <= SAFE | {"POST"}, rule.rule


def test_who_is_not_signed_in_is_led_to_sign_in(app, client):
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        values = {name: _example(rule, name) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        method = "GET" if "GET" in rule.methods else "POST"
        answer = client.open(path, method=method)
        assert answer.status_code == 302, rule.rule
        assert answer.location.startswith("/login"), rule.rule


def test_what_does_not_exist_is_not_found(client, session):
    from s11audit.domain.enums import Role
    from tests import factories as make

    admin = make.user(session, Role.ADMIN)
    session.commit()
    sign_in(client, admin)
    huge = 10**18
    for path in ("/boards/none", f"/returns/{huge}", f"/agencies/{huge}", "/returns/0",
                 "/boards/../admin", "/returns/-1", "/boards/none/people/1"):  # fmt: skip
        assert client.get(path).status_code == 404, path


def _example(rule, name):
    converter = rule._converters[name]
    if hasattr(converter, "items"):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"
