"""What the pages of filling in cost: a fixed number of statements, whatever there is to show."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.integration.responses.filling import scene
from tests.integration.responses.test_submitting import fill_in, send
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_pages_take_at_most_twelve_queries(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    sign_in(client, at.lead)
    base = f"/returns/{at.return_.id}"
    paths = [f"/agencies/{at.membership.id}", *(
        f"{base}/{path}" for path in ("tasks", "standards/1", "check", "submit", "assignments",
                                      "standards/1/evidence/file", "standards/1/evidence/link")
    )]  # fmt: skip
    client.get(paths[2])  # the tool is read once a process
    costs = {}
    for path in paths:
        with counted_queries() as seen:
            assert client.get(path).status_code == 200
        costs[path] = len(seen)
    send(session, at)
    with counted_queries() as seen:
        assert client.get(f"{base}/submissions/1").status_code == 200
    costs["submission"] = len(seen)
    assert 0 < max(costs.values()) <= MOST_QUERIES, costs


def test_a_save_takes_few_statements(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    address = f"/returns/{at.return_.id}/standards/1"
    sent = {"statement": "One", "answer-1.1-value": "met"}
    client.post(address, data={**sent, "based_on": "0"}, headers={"Accept": "application/json"})
    with counted_queries() as seen:
        answer = client.post(
            address,
            data={**sent, "statement": "Two", "based_on": "1"},
            headers={"Accept": "application/json"},
        )
    assert answer.get_json()["version"] == 2
    assert len(seen) <= 12, "\n".join(seen)
