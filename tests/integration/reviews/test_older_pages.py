"""Forms that were opened before somebody else went on: nothing typed is lost, and nothing is
shared, accepted or decided that the person did not see."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.queries.replies import open_sharing
from s11audit.services import moderation, replies
from tests.factories import NOW
from tests.integration.reviews.test_moderation import DUE, SQLITE, both_finished, two
from tests.support.web import sign_in

pytestmark = SQLITE
TYPED = "Words that took\nme an hour."


def given_back(answer: object) -> bool:
    """Whether a page says that nothing was saved and shows what was typed."""
    text = answer.text  # type: ignore[attr-defined]
    return answer.status_code == 409 and "What you typed" in text and TYPED in text  # type: ignore[attr-defined]


def test_what_was_typed_into_an_older_page_is_given_back(
    client: FlaskClient, session: Session
) -> None:
    found = two(session)
    both_finished(session, found)
    chair = found.actor(session, "chair")
    for number in range(1, 10):
        moderation.agree(
            session, chair, found.return_.id, number, label="amber" if number == 2 else "green",
            reason="The audits outweigh the gap.", improvement="Show it." if number == 2 else "",
            improvement_due_on=DUE if number == 2 else None, now=NOW,
        )  # fmt: skip
    session.commit()
    base = f"/returns/{found.return_.id}"
    sign_in(client, found.chair)
    page = client.get(f"{base}/review/publish").text
    seen = page.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    # The chair reads the page, another one changes what was agreed, and the first one goes on.
    moderation.agree(
        session, chair, found.return_.id, 9, label="green", comment="Seen on a visit.",
        reason="It was seen on a visit.", now=NOW,
    )  # fmt: skip
    session.commit()
    older = client.post(f"{base}/review/publish", data={"seen": seen})
    assert older.status_code == 409
    assert "A rating has changed since you opened the page" in older.text
    assert open_sharing(session, found.return_.id) is None
    session.rollback()
    seen = older.text.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    assert client.post(f"{base}/review/publish", data={"seen": seen}).status_code == 302
    agreeing = {"label": "green", "comment": TYPED, "based_on": "0", "save": "yes"}
    answer = client.post(f"{base}/moderation/2", data=agreeing)
    assert given_back(answer)
    assert f'href="{base}"' in answer.text

    sign_in(client, found.lead)
    shared = open_sharing(session, found.return_.id)
    assert shared is not None
    older = client.post(f"{base}/reply/accept", data={"sharing": shared.id + 1})
    assert older.status_code == 409
    lead = found.actor(session, "lead")
    replies.dispute(session, lead, found.return_.id, 2, reason="Read the audit.", now=NOW)
    session.commit()
    assert given_back(client.post(f"{base}/reply/2", data={"reason": TYPED}))
    assert client.get(f"{base}/reply/2").location == f"{base}/reply"

    replies.decide(session, chair, found.return_.id, 2, reason="It was read.", now=NOW)
    session.commit()
    sign_in(client, found.chair)
    decision = {"decision": "keep", "reason": TYPED}
    assert given_back(client.post(f"{base}/disputes/2", data=decision))
    assert client.get(f"{base}/disputes/2").location == f"{base}/reply"
    assert client.get(f"{base}/disputes/3").status_code == 404
