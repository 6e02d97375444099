"""Adding, changing, removing and downloading evidence through its pages."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import EvidenceKind, ReturnState, Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.models import Blob, Evidence, EvidenceUse, Response
from s11audit.services import evidence as service
from s11audit.services import log
from s11audit.services.evidence import EvidenceDetails, StoredFile
from s11audit.views import files
from tests import factories
from tests.integration.responses.filling import NOW, Scene, scene
from tests.integration.responses.test_submitting import fill_in, send
from tests.support.web import sign_in

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
AT = "https://www.example.org@example.net/"
SAID = {"description": "Supervision audit", "kind": "activity", "standards": ["1", "6"]}

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def url(at: Scene, path: str) -> str:
    return f"/returns/{at.return_.id}/{path}"


def upload(client: FlaskClient, at: Scene, content: bytes, name: str, **given: Any) -> Any:
    return client.post(
        url(at, "standards/1/evidence/file"),
        data={**SAID, **given, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


@only_sqlite
def test_a_file_serves_several_standards_and_is_a_download(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    dates = {"made_on-day": "1", "made_on-month": "2", "made_on-year": "2026"}
    answer = upload(client, at, PDF, "../Our policy.pdf", **dates)
    assert answer.status_code == 302
    for number in (1, 6):
        page = client.get(url(at, f"standards/{number}")).text
        assert "Our policy.pdf" in page and "Made on 1 February 2026" in page
    found = session.scalars(select(Evidence)).one()
    assert found.kind is EvidenceKind.ACTIVITY
    got = client.get(url(at, f"evidence/{found.id}/file"))
    assert got.data == PDF
    assert got.headers["Content-Disposition"] == 'attachment; filename="Our policy.pdf"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert session.scalars(select(Response.version)).all() == [0, 0]
    assert log.verify(session)[1] is None


@only_sqlite
@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "The file is empty"),
        (b"MZ\x90\x00", "policy.pdf", "is not such a file"),
        (b"x", "run.exe", "must be one of these kinds"),
        (b"", "", "Select a file"),
    ],
)
def test_a_wrong_file_is_told_with_all_else_kept(
    client: FlaskClient, session: Session, content: bytes, name: str, words: str
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    answer = upload(client, at, content, name)
    assert answer.status_code == 400
    assert words in answer.text and "Supervision audit" in answer.text
    assert answer.text.count(" checked") == 3
    assert session.scalars(select(Blob)).all() == []


@only_sqlite
@pytest.mark.parametrize("megabytes", [20.5, 24])
def test_a_file_over_the_limit_is_told_in_the_form(
    client: FlaskClient, session: Session, megabytes: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    answer = upload(client, at, PDF + b"x" * int(megabytes * 1024 * 1024), "large.pdf")
    assert answer.status_code == 400
    assert "no larger than 20 MB" in answer.text and "Supervision audit" in answer.text
    at.contributor.active = False
    session.commit()
    monkeypatch.setattr(files, "incoming", pytest.fail)  # no longer listened to for so long
    assert upload(client, at, PDF, "small.pdf").status_code == 401


@only_sqlite
def test_links_are_web_addresses(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    for wrong in ("", "javascript:alert(1)", "ftp://example.org/x", "https://", "two words", AT):
        answer = client.post(url(at, "standards/1/evidence/link"), data={**SAID, "url": wrong})
        assert answer.status_code == 400 and "Supervision audit" in answer.text, wrong
    sent = {**SAID, "url": "https://example.org/policy"}
    assert client.post(url(at, "standards/1/evidence/link"), data=sent).status_code == 302
    assert "https://example.org/policy" in client.get(url(at, "standards/6")).text


@only_sqlite
def test_changing_and_removing(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    upload(client, at, PDF, "policy.pdf")
    found = session.scalars(select(Evidence)).one()
    place = url(at, f"evidence/{found.id}")
    assert "Supervision audit" in client.get(place).text
    changed = {"description": "Newer", "kind": "outcome", "standards": ["2"]}
    assert client.post(place, data=changed).status_code == 302
    assert "policy.pdf" not in client.get(url(at, "standards/1")).text
    assert "policy.pdf" in client.get(url(at, "standards/1/evidence/use")).text
    assert "Newer" in client.get(url(at, "standards/2")).text
    assert "Remove this evidence?" in client.get(f"{place}/remove").text
    assert client.post(f"{place}/remove", data={}).status_code == 302
    assert "policy.pdf" not in client.get(url(at, "standards/2")).text
    session.rollback()
    assert found.removed_at is not None
    assert client.post(place, data=changed).status_code == 404


@only_sqlite
def test_qa_gets_the_files_of_what_was_submitted_only(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    fill_in(session, at)
    sign_in(client, at.contributor)
    upload(client, at, PDF, "sent.pdf")
    send(session, at)
    at.return_.state = ReturnState.IN_PROGRESS
    session.commit()
    upload(client, at, PDF + b"later", "draft.pdf")
    sent, draft = session.scalars(select(Evidence).order_by(Evidence.id)).all()
    elsewhere = factories.membership(session, at.board)
    stranger = factories.user(session, Role.LEAD, membership=elsewhere)
    session.commit()
    for user, answers in (
        (at.qa, (200, 404)),
        (at.office, (200, 200)),
        (at.lead, (200, 200)),
        (stranger, (404, 404)),
    ):
        sign_in(client, user)
        got = tuple(
            client.get(url(at, f"evidence/{each.id}/file")).status_code for each in (sent, draft)
        )
        assert got == answers, user.name


def test_evidence_begins_the_return_and_is_logged(session: Session) -> None:
    at = scene(session)
    actor = at.actor(session, at.contributor)
    file = StoredFile("a" * 64, 10, "application/pdf", "policy.pdf")
    details = EvidenceDetails("Policy", EvidenceKind.POLICY, (1, 2))
    added = service.add_file(session, actor, at.return_.id, file, details, now=NOW)
    again = service.add_file(session, actor, at.return_.id, file, details, now=NOW)
    session.commit()
    assert added.id != again.id and len(session.scalars(select(Blob)).all()) == 1
    assert len(session.scalars(select(EvidenceUse)).all()) == 4
    session.expire_all()
    assert at.return_.state is ReturnState.IN_PROGRESS
    assert log.verify(session)[0] == 3
    at.return_.state = ReturnState.SUBMITTED
    session.commit()
    with pytest.raises(Refused):
        service.remove(session, actor, at.return_.id, added.id, now=NOW)


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        (EvidenceDetails(" ", EvidenceKind.POLICY, (1,)), "description"),
        (EvidenceDetails("x" * 2001, EvidenceKind.POLICY, (1,)), "description"),
        (EvidenceDetails("x", EvidenceKind.POLICY, ()), "standards"),
        (EvidenceDetails("x", EvidenceKind.POLICY, (77,)), "standards"),
        (
            EvidenceDetails(
                "x", EvidenceKind.POLICY, (1,), factories.TODAY, factories.date(2020, 1, 1)
            ),
            "review_on",
        ),
    ],
)
def test_wrong_details_are_refused(
    session: Session, details: EvidenceDetails, problem: str
) -> None:
    at = scene(session)
    with pytest.raises(Invalid) as raised:
        service.add_link(
            session, at.actor(session, at.lead), at.return_.id, "https://example.org", details,
            now=NOW,
        )  # fmt: skip
    assert list(raised.value.problems) == [problem]
