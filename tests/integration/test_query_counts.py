"""Every page of a board asks the database the same number of questions for 30 agencies as for
300, and at most twelve."""

import pytest
from sqlalchemy import select

from s11audit.domain.policy import PERMISSIONS
from s11audit.models import Stage, User
from tests.support import examples, filled_board, page_walk
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.many_agencies import add_agencies
from tests.support.web import sign_in

ROLES = ("office", "chair", "qa", "scrutineer", "viewer", "admin")
PLACES = ("board", "installation", "signed_in")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_of_a_board_asks_more_of_more_agencies(app, session, client):
    made = filled_board.build(session, app.config["EVIDENCE_URL"])
    wanted = [made.cycle_ids["in_progress"], made.cycle_ids["late"]]
    stages = session.scalars(
        select(Stage).where(Stage.cycle_id.in_(wanted), Stage.number == 1)
    ).all()
    add_agencies(session, made.board_id, stages, 25, made.now)
    session.commit()
    pages = list(_pages(app, session, made, client))
    assert len({endpoint for endpoint, _, _ in pages}) >= 30
    few = _walk(client, pages)
    session.rollback()
    add_agencies(session, made.board_id, stages, 270, made.now)
    session.commit()
    many = _walk(client, pages)
    wrong = [
        f"{path}: {few[path]} queries for 30 agencies, {many[path]} for 300"
        for _, _, path in pages
        if many[path] != few[path] or many[path] > MOST_QUERIES
    ]
    assert wrong == []


def _pages(app, session, made, client):
    """Yield (endpoint, person, path) of every page of a board or of the installation. To find
    them they are opened once, which reads the tools into memory, too."""
    found, _ = page_walk.addresses(app, examples.by_argument(made), examples.by_endpoint(made))
    people = {role: session.get_one(User, made.user_ids[role]) for role in ROLES}
    session.rollback()
    for address in found:
        kind, action = getattr(app.view_functions[address.endpoint], "guard", ("", None))
        if kind not in PLACES or ("/reports/" in address.path and "." in address.path):
            continue
        may = {role.value for role in PERMISSIONS[action]} if action else set(ROLES)
        person = next((people[role] for role in ROLES if role in may), None)
        if person is None:
            continue
        sign_in(client, person)
        answer = client.get(address.path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield address.endpoint, person, address.path


def _walk(client, pages):
    """Return the number of queries of each page by its path."""
    counts = {}
    for _, person, path in pages:
        sign_in(client, person)
        with counted_queries() as statements:
            assert client.get(path).status_code == 200
        counts[path] = len(statements)
    return counts
