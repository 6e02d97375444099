"""A board reads a lineage, takes a proposal, and adds its own."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import StoredLineage
from s11audit.queries.lineages import between
from s11audit.tools.lineage import parse, to_yaml
from tests.integration.lineage.new_cycle import new_cycle
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_board_adds_a_better_lineage(client: FlaskClient, session: Session) -> None:
    at = new_cycle(session)
    sign_in(client, at.office)
    page = f"/boards/{at.board.slug}/tools/working-together-2023/1/lineage"
    shown = client.get(page).text
    assert "Merged: 1, 3, 4, 8" in shown and "Dropped: 8.3" in shown
    text = client.get(f"{page}/lancashire-2012/1.yaml").text
    proposal = client.get(f"{page}/leicestershire-rutland-2011/1.yaml").text
    assert parse(proposal, "proposal.yaml").was.key == "leicestershire-rutland-2011"
    assert client.get(f"{page}/working-together-2023/1.yaml").status_code == 404

    def add(content: str) -> str:
        file = (BytesIO(content.encode()), "ours.yaml")
        return client.post(page, data={"file": file, "add": "y"}, follow_redirects=True).text

    assert "has no standard 99" in add(text.replace("of: '1'", "of: '99'", 1))
    assert "The lineage is added" in add(text)
    assert "Version 1 of this lineage is stored already" in add(text)
    better = parse(text, "ours.yaml").model_copy(update={"lineage": 2})
    assert "The lineage is added" in add(to_yaml(better))
    rows = session.scalars(select(StoredLineage)).all()
    assert [(each.board_id, each.version) for each in rows] == [(at.board.id, 1), (at.board.id, 2)]
    used = between(session, at.board.id, at.cycle.tool_version, at.before.tool_version)
    assert used is not None and used.own and used.lineage.lineage == 2
