"""A board's own tool by file: faults by line, a draft to look at, then published for good."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import ToolVersion
from s11audit.services import tools
from s11audit.tools import loader
from s11audit.tools.faults import ToolInvalid
from tests import factories as make
from tests.factories import NOW
from tests.support.office import an_office
from tests.support.web import sign_in


def a_file(key: str = "our-own", version: int = 1, title: str = "") -> bytes:
    text = loader.builtin_text("lancashire-2012")
    text = text.replace("key: lancashire-2012", f"key: {key}")
    text = text.replace("\nversion: 1\n", f"\nversion: {version}\n")
    if title:
        lines = [f"title: {title}" if one.startswith("title:") else one for one in text.split("\n")]
        text = "\n".join(lines)
    return text.encode()


def add(session: Session, board_id: int | None, text: bytes, publish: bool = False) -> ToolVersion:
    return tools.add_tool(
        session, OPERATOR, text, "f.yaml", board_id=board_id, publish=publish, now=NOW
    )


def test_a_built_in_tool_is_stored_once(session: Session) -> None:
    one = tools.stored_version(session, OPERATOR, "lancashire-2012", now=NOW)
    two = tools.stored_version(session, OPERATOR, "lancashire-2012", now=NOW)
    assert one.id == two.id
    one.sha256 = "0" * 64
    session.flush()
    with pytest.raises(Refused, match="altered"):
        tools.stored_version(session, OPERATOR, "lancashire-2012", now=NOW)


def test_a_draft_can_be_replaced_and_a_published_version_cannot(session: Session) -> None:
    board = make.board(session)
    draft = add(session, board.id, a_file())
    again = add(session, board.id, a_file(title="Another title"))
    assert (draft.id, again.title) == (again.id, "Another title")
    with pytest.raises(NotFound):
        tools.stored_version(session, OPERATOR, "our-own", now=NOW, board_id=board.id)
    tools.publish_tool(session, OPERATOR, draft.id, now=NOW)
    for change in (
        lambda: tools.publish_tool(session, OPERATOR, draft.id, now=NOW),
        lambda: tools.remove_draft(session, OPERATOR, draft.id, now=NOW),
    ):
        with pytest.raises(Refused):
            change()
    with pytest.raises(Invalid, match="Write version: 2"):
        add(session, board.id, a_file(title="A third title"))
    newer = add(session, board.id, a_file(version=2), publish=True)
    found = tools.stored_version(session, OPERATOR, "our-own", now=NOW, board_id=board.id)
    assert found.id == newer.id


def test_a_boards_tool_is_its_own(session: Session) -> None:
    board, other = make.board(session), make.board(session)
    made = add(session, board.id, a_file(), publish=True)
    with pytest.raises(NotFound):
        tools.stored_version(session, OPERATOR, "our-own", now=NOW, board_id=other.id)
    with pytest.raises(Invalid, match="taken"):
        add(session, other.id, a_file(version=2))
    with pytest.raises(Invalid, match="comes with the service"):
        add(session, board.id, a_file("lancashire-2012", 9))
    elsewhere = make.actor(session, make.user(session, Role.OFFICE, board=other))
    viewer = make.actor(session, make.user(session, Role.VIEWER, board=board))
    with pytest.raises(NotFound):
        tools.publish_tool(session, elsewhere, made.id, now=NOW)
    for actor, at, error in (
        (elsewhere, board.id, NotFound), (viewer, board.id, NotAllowed), (elsewhere, None, NotFound)
    ):  # fmt: skip
        with pytest.raises(error):
            tools.add_tool(session, actor, a_file("x"), "f", board_id=at, publish=False, now=NOW)


def test_faults_name_their_lines(session: Session) -> None:
    with pytest.raises(ToolInvalid) as refused:
        add(session, None, a_file().replace(b"version: 1", b"version: one", 1))
    assert refused.value.faults[0].line


def test_by_page(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 3)
    sign_in(client, office.office)
    at = f"{office.at}/tools"

    def send(text: bytes, name: str = "our.yaml") -> str:
        file = {"file": (BytesIO(text), name)}
        return client.post(f"{at}/add", data=file, follow_redirects=True).text

    wrong = send(b"key: our-own\nversion: one\n")
    assert "our.yaml has" in wrong
    assert "This must be a whole number" in wrong
    for text, said in (
        (b"", "empty"), (b"\xff\xfe\x00", ""), (b"x" * (1024 * 1024 + 1), "1 MB or smaller"),
        (b"&a [*a]", ""), (a_file("lancashire-2012", 2), "comes with the service"),
    ):  # fmt: skip
        answer = send(text)
        assert "There is a problem" in answer, text[:20]
        assert said in answer
    assert "Choose the file of the tool" in client.post(f"{at}/add", data={}).text
    assert "<b>" not in send(b"key: 1", "<b>.yaml").replace("<b>s11</b>", "")
    draft = send(a_file())
    assert "This is a draft" in draft
    assert "Draft" in client.get(at).text
    assert "our-own" not in client.get(f"{office.at}/cycles/open").text
    preview = client.get(f"{at}/our-own/1/standards/5").text
    assert "Nothing that you type here is saved" in preview
    assert "Out of how many" in preview
    assert client.get(f"{at}/our-own/1/standards/77").status_code == 404
    assert client.get(f"{at}/our-own/2").status_code == 404
    pdf = client.get(f"{at}/our-own/1/blank.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert "attachment" in pdf.headers["Content-Disposition"]
    assert client.post(f"{at}/lancashire-2012/1/publish").status_code == 404
    assert client.post(f"{at}/our-own/1/publish").status_code == 302
    assert client.post(f"{at}/our-own/1/publish").status_code == 409
    assert client.post(f"{at}/our-own/1/remove", data={}).status_code == 409
    assert "our-own" in client.get(f"{office.at}/cycles/open").text
    send(a_file(version=2))
    assert client.post(f"{at}/our-own/2/remove", data={}).status_code == 302
    session.rollback()
    assert list(
        session.scalars(select(ToolVersion.version).where(ToolVersion.key == "our-own"))
    ) == [1]
    assert "key: lancashire-2012" in client.get(f"{at}/pattern/lancashire-2012.yaml").text
    assert client.get(f"{at}/pattern/nothing.yaml").status_code == 404


def test_a_draft_of_another_board_does_not_exist(session: Session, client: FlaskClient) -> None:
    office = an_office(session, 3)
    other = make.board(session)
    add(session, other.id, a_file())
    session.commit()
    sign_in(client, office.office)
    for path in ("", "/standards/1", "/blank.pdf"):
        assert client.get(f"{office.at}/tools/our-own/1{path}").status_code == 404
    assert client.post(f"{office.at}/tools/our-own/1/publish").status_code == 404
