"""Evidence put to use: marked for QA, used again without a second upload, and what might identify
a child pointed out (domain rules 76 and 77)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import EvidenceKind, Rag, ReturnState, Role
from s11audit.domain.errors import NotFound
from s11audit.models import Blob, Evidence
from s11audit.services import evidence as service
from s11audit.services import log, moderation, reviews
from s11audit.services.evidence import EvidenceDetails
from s11audit.services.evidence_reuse import use_again
from tests import factories as make
from tests.factories import NOW
from tests.integration.evidence.test_evidence_pages import PDF, upload, url
from tests.integration.responses.filling import scene
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, send
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WILSON = "Emma Wilson, a 7 year old, told us. NHS 943 476 5919."


def test_a_green_on_policies_alone_is_marked_from_the_hint_to_publication(
    client: FlaskClient, session: Session
) -> None:
    found = panel(session, rag=Rag.GREEN)
    return_ = found.return_
    return_.state = ReturnState.IN_PROGRESS
    today = london_today(NOW)
    lead = found.actor(session, "lead")
    for number, kind, review_on in (
        (1, EvidenceKind.POLICY, None),
        (2, EvidenceKind.OUTCOME, today - timedelta(days=1)),
        (3, EvidenceKind.OUTCOME, today),
    ):
        details = EvidenceDetails(f"Piece {number}", kind, [number], None, review_on)
        address = f"https://example.org/{number}"
        service.add_link(session, lead, return_.id, address, details, now=NOW)
    session.commit()
    base = f"/returns/{return_.id}"
    sign_in(client, found.lead)
    assert "Only policies so far." in client.get(f"{base}/standards/1").text
    assert "Past its review date." in client.get(f"{base}/standards/2").text
    # Standard 3 was within its date when it was sent in.
    send(session, return_, now=NOW + timedelta(minutes=1))
    return_.state = ReturnState.SUBMITTED
    session.commit()
    sign_in(client, found.qa)
    with counted_queries() as asked:
        queue = client.get(f"/boards/{found.board.slug}/reviews").text
    assert len(asked) <= MOST_QUERIES
    assert "Evidence of 2 green standards marked" in queue
    for show, words in (("marked", found.agency.name), ("published", "No return is waiting")):
        assert words in client.get(f"/boards/{found.board.slug}/reviews?show={show}").text
    reviews.start_review(session, found.actor(session, "qa"), return_.id, now=NOW)
    for number in range(1, 10):
        reviews.rate(
            session, found.actor(session, "qa"), return_.id, number, label="green",
            now=NOW + timedelta(minutes=2),
        )  # fmt: skip
    moderation.finish(session, found.actor(session, "qa"), return_.id, now=NOW)
    session.commit()
    overview = client.get(f"{base}/review").text
    assert "Evidence: policies only" in overview
    page = client.get(f"{base}/review/1").text
    assert "Policies only" in page and "Piece 1" in page
    sign_in(client, found.chair)
    publish = client.get(f"{base}/review/publish").text
    # Today is long after NOW: what was within its date then is past it for QA's own green.
    assert publish.count("Evidence: policies only") == 1
    assert publish.count("Evidence: past its review date") == 2


def test_evidence_is_used_again_and_a_second_upload_is_told(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    assert upload(client, at, PDF, "Policy.pdf", standards=["1"]).status_code == 302
    again = upload(client, at, PDF, "Copy.pdf", description="The same", standards=["1"])
    told = client.get(again.location).text
    assert told.index('id="evidence"') < told.index("Copy.pdf is added")  # where one comes back to
    assert "stands already in this return as Policy.pdf, for standard 1" in told
    assert len(session.scalars(select(Blob)).all()) == 1
    path = url(at, "standards/2/evidence/use")
    assert client.post(path, data={}).status_code == 400
    assert client.post(path, data={"chosen": "999"}).status_code == 400
    first, second = session.scalars(select(Evidence.id).order_by(Evidence.id))
    assert "Policy.pdf" in client.get(path).text
    assert client.post(path, data={"chosen": [first]}).status_code == 302
    assert "Policy.pdf" in client.get(url(at, "standards/2")).text
    # A later cycle of the same agency: chosen from there, with nothing sent.
    session.rollback()
    later = make.return_(session, at.membership, make.cycle(session, at.board, name="Next"))
    session.commit()
    base = f"/returns/{later.id}/standards"
    page = client.get(f"{base}/3/evidence/use").text
    assert "Of your other returns" in page and "Copy.pdf" in page
    assert "Policy.pdf" not in page  # the same file is offered once, as it was given last
    assert client.post(f"{base}/3/evidence/use", data={"chosen": [second]}).status_code == 302
    with counted_queries() as asked:
        assert "Copy.pdf" in client.get(f"{base}/3").text
    assert len(asked) <= MOST_QUERIES
    copied = session.scalars(select(Evidence).where(Evidence.return_id == later.id)).one()
    assert (copied.carried_from_id, copied.description) == (second, "The same")
    assert len(session.scalars(select(Blob)).all()) == 1
    assert log.verify(session)[1] is None
    # Another agency's evidence is nobody else's to use.
    other = make.membership(session, at.board)
    theirs = make.return_(session, other, at.cycle)
    lead = make.user(session, Role.LEAD, membership=other)
    with pytest.raises(NotFound):
        use_again(session, make.actor(session, lead), theirs.id, 1, [first], now=NOW)


def test_what_might_identify_a_child_is_pointed_out_and_nothing_is_blocked(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    page = client.get(url(at, "standards/1")).text
    assert page.count("Do not name or identify children.") == 1  # for all that is asked here
    assert "Do not name or identify any." in page  # once more, where the statement is written
    answer = client.post(
        url(at, "standards/1"),
        data={"statement": WILSON, "based_on": "0", "save": "yes"},
    )
    assert answer.status_code == 302
    shown = client.get(answer.location).text
    assert f'href="{url(at, "standards/1")}#statement">Evidence statement</a>' in shown
    assert "an NHS number and a name with an age" in shown and WILSON in shown
    more = {"actions-0-what": f"See {WILSON}", "based_on": "1", "another": "yes"}
    answer = client.post(url(at, "standards/1"), data=more)
    assert answer.location.endswith("another=yes")  # not further down, where nobody would read it
    client.get(answer.location)
    assert "may identify a child" not in client.get(url(at, "standards/1")).text
    # As it is typed.
    sent = {"statement": f"{WILSON} More.", "based_on": "2"}
    saved = client.post(
        url(at, "standards/1"), data=sent, headers={"Accept": "application/json"}
    ).json
    assert saved["saved"] is True
    assert saved["pointed_out"] == [
        {
            "field": "Evidence statement",
            "holds": "an NHS number and a name with an age",
            "href": "#statement",
        }
    ]
    # The name of a file, and what is said of it.
    upload(client, at, PDF, "emma_wilson_aged_7.pdf", description="DOB 12/03/2018")
    shown = client.get(url(at, "standards/1")).text
    evidence = session.scalars(select(Evidence.id)).one()
    change = url(at, f"evidence/{evidence}")
    assert f'href="{change}">The file (its name)</a>: a name with an age' in shown
    assert "a date of birth" in shown
    assert "Check the file itself" in client.get(url(at, "standards/1/evidence/file")).text
    assert "Wilson" not in caplog.text and "5919" not in caplog.text


def test_what_stays_on_record_is_pointed_out_with_whom_to_tell(
    client: FlaskClient, session: Session
) -> None:
    found = panel(session)
    session.commit()
    sign_in(client, found.office)
    path = f"/returns/{found.return_.id}/send-back"
    answer = client.post(path, data={"reason": WILSON})
    assert answer.status_code == 302
    shown = client.get(answer.location).text
    assert "may identify a child" in shown and "tell the board office" in shown
    assert f'href="{path}' not in shown
