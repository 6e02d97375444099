"""The pages of filling in, as a browser without JavaScript sees them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from s11audit.domain.enums import ReturnState
from s11audit.models import Response, SendBack
from s11audit.queries.responses import response_for
from s11audit.services.responses import save_response
from tests import factories
from tests.integration.responses.filling import NOW, Scene, reload, scene, whole
from tests.integration.responses.test_submitting import fill_in, send
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

JSON = {"Accept": "application/json"}


def url(at: Scene, path: str) -> str:
    return f"/returns/{at.return_.id}/{path}"


def form_of(page: str) -> dict[str, str]:
    """What a browser would send back from the standard's form, untouched."""
    sent: dict[str, str] = {}
    form = page[page.index('id="standard-form"') :]
    for tag in re.findall(r"<input[^>]+>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        chosen = 'type="radio"' not in tag and 'type="checkbox"' not in tag
        if name and (chosen or re.search(r"\schecked", tag)):
            sent[name[1]] = unescape(value[1]) if value else ""
    areas = r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>'
    for name_of, text in re.findall(areas, form, re.S):
        sent[name_of] = unescape(text)
    return sent


def test_home_says_what_is_asked_and_what_comes_next(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    page = client.get(f"/agencies/{at.membership.id}").text
    for words in (
        "Due 25 March 2026",
        "0 of 9 standards complete",
        "Tom Reed",
        "What happens next",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ReturnState.IN_PROGRESS, "Fill in the 9 standards that are not complete"),
        (ReturnState.SUBMITTED, "The board office checks the return"),
        (ReturnState.IN_REVIEW, "is rating your return"),
        (ReturnState.RATED, "The ratings are published"),
        (ReturnState.CLOSED, "This audit is closed"),
    ],
)
def test_home_words_every_state(
    client: FlaskClient, session: Session, state: ReturnState, words: str
) -> None:
    at = scene(session)
    at.return_.state = state
    session.commit()
    sign_in(client, at.contributor)
    assert words in client.get(f"/agencies/{at.membership.id}").text


def test_a_button_saves_and_leads_on(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    sent = {
        "based_on": "0", "statement": "We lead.", "self_label": "amber", "answer-1.1-value": "na",
        "answer-1.1-na_reason": "Nobody is employed.", "actions-0-what": "Hire",
        "actions-0-owner": "HR", "actions-0-due_on-day": "30", "actions-0-due_on-month": "9",
        "actions-0-due_on-year": "2026",
    }  # fmt: skip
    answer = client.post(url(at, "standards/1"), data={**sent, "onward": "yes"})
    assert answer.location == url(at, "standards/2")
    page = client.get(url(at, "standards/1")).text
    assert form_of(page)["statement"] == "We lead."
    assert form_of(page)["answer-1.1-na_reason"] == "Nobody is employed."
    assert form_of(page)["actions-0-due_on-year"] == "2026"
    answer = client.post(url(at, "standards/9"), data={"based_on": "0", "onward": "yes"})
    assert answer.location == url(at, "tasks")


def test_an_unfinished_percentage_comes_back_as_typed(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    typed = {
        "answer-5.2-numerator": "about forty", "answer-5.2-denominator": "1,240",
        "answer-5.2-as_of-day": "31", "answer-5.2-as_of-month": "2",
        "answer-5.2-as_of-year": "2026",
    }  # fmt: skip
    client.post(url(at, "standards/5"), data={"based_on": "0", **typed})
    page = client.get(url(at, "standards/5")).text
    assert "Standard 5 is saved. Question 5.2 is not answered in full" in page
    back = form_of(page)
    assert {name: back[name] for name in typed} == {**typed, "answer-5.2-denominator": "1240"}


def test_a_wrong_date_of_an_action_is_told_and_all_else_is_saved(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    answer = client.post(
        url(at, "standards/1"),
        data={"based_on": "0", "statement": "Kept", "actions-0-what": "Do it",
              "actions-0-due_on-day": "31", "actions-0-due_on-month": "2",
              "actions-0-due_on-year": "2026"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "must be a real date" in answer.text
    assert form_of(answer.text)["actions-0-due_on-day"] == "31"
    assert form_of(answer.text)["based_on"] == "1"
    session.expire_all()
    stored = response_for(session, at.return_.id, 1)
    assert stored is not None and stored.statement == "Kept"
    # and from that page it can be put right
    right = {**form_of(answer.text), "actions-0-due_on-day": "28"}
    assert client.post(url(at, "standards/1"), data=right).status_code == 302


def test_autosave_answers_with_time_version_and_suggestion(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    sent = {"based_on": "0", "answer-1.1-value": "met", "answer-1.2-value": "met",
            "self_label": "red"}  # fmt: skip
    answer = client.post(url(at, "standards/1"), data=sent, headers=JSON)
    body: dict[str, Any] = answer.get_json()
    assert (answer.status_code, body["saved"], body["version"]) == (200, True, 1)
    assert re.fullmatch(r"\d{1,2}:\d\d[ap]m", body["at"])
    assert body["suggestion"] == {
        "rag": "green", "title": "Fully compliant", "differs": True,
        "reason": "Green: 1.1 and 1.2 are met.",
    }  # fmt: skip


def test_too_long_is_told_with_all_still_in_the_form(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    long = "é" * 100_001
    sent = {"based_on": "0", "statement": long, "na_reason": "Also kept"}
    answer = client.post(url(at, "standards/1"), data=sent)
    assert answer.status_code == 400
    assert "100,001 characters" in answer.text
    assert form_of(answer.text)["statement"] == long
    assert form_of(answer.text)["na_reason"] == "Also kept"
    answer = client.post(url(at, "standards/1"), data=sent, headers=JSON)
    assert "100,001 characters" in answer.get_json()["problems"][0]["text"]


def test_what_is_wrong_with_an_action_stands_at_that_action(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    sent = {
        "based_on": "0", "self_label": "red", "actions-0-what": " ", "actions-1-what": "Train all",
        "actions-1-owner": "o" * 201,
    }  # fmt: skip
    answer = client.post(url(at, "standards/1"), data=sent, headers=JSON)
    problem = answer.get_json()["problems"][0]
    assert problem["text"] == "Who will do it must be 200 characters or fewer"
    assert problem["href"] == "#actions-1-owner"


def test_strange_numbers_in_the_names_of_fields_fail_nothing(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    sent = {"based_on": "9" * 5000, "actions-²-what": "x", f"actions-{'9' * 5000}-what": "x"}
    assert client.post(url(at, "standards/1"), data=sent).status_code < 500


def two_versions(session: Session, at: Scene) -> None:
    """The lead saved standard 1 while the contributor had it open, empty."""
    save_response(
        session, at.actor(session, at.lead), at.return_.id, 1, whole(1), based_on=0, now=NOW
    )
    session.commit()


def test_the_second_to_save_sees_both_versions(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    opened = form_of(client.get(url(at, "standards/1")).text)
    two_versions(session, at)
    mine = {**opened, "statement": "What I wrote.", "answer-1.2-value": "not_met"}
    answer = client.post(url(at, "standards/1"), data=mine, headers=JSON)
    assert (answer.status_code, answer.get_json()["by"]) == (409, "Amira Khan")
    answer = client.post(url(at, "standards/1"), data=mine)
    assert answer.status_code == 409
    page = answer.text
    # Both are on the page: theirs beside, mine in the form; what I had not touched is theirs.
    assert "What we do for standard 1." in page and "Amira Khan" in page
    merged = form_of(page)
    assert merged["statement"] == "What I wrote."
    assert merged["answer-1.2-value"] == "not_met"
    assert merged["answer-1.1-value"] == "met"
    assert merged["self_label"] == "green"
    assert merged["based_on"] == "1"
    # Saving from there is based on the stored version.
    assert client.post(url(at, "standards/1"), data=merged).status_code == 302
    session.expire_all()
    stored = response_for(session, at.return_.id, 1)
    assert stored is not None
    assert (stored.version, stored.statement, stored.self_label) == (2, "What I wrote.", "green")


def test_a_third_save_meanwhile_is_shown_too(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    opened = form_of(client.get(url(at, "standards/1")).text)
    two_versions(session, at)
    merged = form_of(client.post(url(at, "standards/1"), data={**opened, "statement": "A"}).text)
    stored = session.query(Response).one()
    stored.version, stored.statement = 2, "Yet another"
    session.commit()
    answer = client.post(url(at, "standards/1"), data=merged)
    assert answer.status_code == 409
    assert "Yet another" in answer.text and form_of(answer.text)["statement"] == "A"


def test_a_wrong_date_is_kept_where_two_versions_meet(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    opened = form_of(client.get(url(at, "standards/1")).text)
    two_versions(session, at)
    mine = {**opened, "actions-0-what": "Do it", "actions-0-due_on-day": "99"}
    page = client.post(url(at, "standards/1"), data=mine).text
    assert form_of(page)["actions-0-due_on-day"] == "99"


def test_the_lead_shares_out_and_colleagues_see_it(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    sent = {"standard-3": str(at.contributor.id), "standard-4": str(at.lead.id)}
    assert client.post(url(at, "assignments"), data=sent).status_code == 302
    sign_in(client, at.contributor)
    assert "Tom Reed has this in hand" in client.get(url(at, "tasks")).text
    assert "You have this standard in hand" in client.get(url(at, "standards/3")).text
    assert client.get(url(at, "assignments")).status_code == 403


def test_a_draft_over_the_limit_is_marked(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.contributor)
    sent = {"based_on": "0", "statement": "word " * 201}
    client.post(url(at, "standards/1"), data=sent)
    assert "1 word too long" in client.get(url(at, "tasks")).text
    assert "1 word too long" in client.get(url(at, "standards/1")).text
    assert "Shorten it by 1 word" in client.get(url(at, "check")).text


def test_everything_missing_is_listed_with_its_place(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    sign_in(client, at.lead)
    page = client.get(url(at, "check")).text
    link = re.search(r'href="([^"]+)">Answer question 1\.2', page)
    assert link is not None
    address, _, anchor = unescape(link[1]).partition("#")
    target = client.get(address).text
    assert f'id="{anchor}"' in target and "Answer question 1.2" in target
    answer = client.post(
        url(at, "submit"),
        data={"name": "A B", "designation": "Chief", "email": "a@example.org", "declared": "y"},
        follow_redirects=True,
    )
    assert "are missing" in answer.text and 'value="Chief"' in answer.text
    assert "are missing" in client.get(url(at, "submit")).text
    assert reload(session, at.return_).state == "not_started"


def test_submit_confirm_and_download(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    sign_in(client, at.lead)
    assert client.post(url(at, "submit"), data={"name": "A B"}).text.count("error-message") == 3
    answer = client.post(
        url(at, "submit"),
        data={"name": "A B", "designation": "Chief", "email": "a@example.org", "declared": "y"},
    )
    page = client.get(answer.location).text
    reference = f"S11-{at.return_.id:05d}-1"
    assert reference in page and "Return submitted" in page
    copy = client.get(url(at, "submissions/1/return.json"))
    assert json.loads(copy.data)["reference"] == reference
    assert copy.headers["Content-Disposition"].startswith("attachment")
    paper = client.get(url(at, "submissions/1/return.pdf"))
    assert paper.data.startswith(b"%PDF") and paper.mimetype == "application/pdf"
    for download in (copy, paper):
        assert "no-store" in download.headers["Cache-Control"]


def test_what_was_sent_in_is_read_only_also_after_closing(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    fill_in(session, at)
    send(session, at)
    at.return_.state = ReturnState.CLOSED
    at.return_.stage.closed_at = NOW
    session.commit()
    sign_in(client, at.lead)
    for path in ("submissions/1", "submissions/1/return.json", "submissions/1/return.pdf"):
        assert client.get(url(at, path)).status_code == 200
    assert "standard-form" not in client.get(url(at, "standards/1")).text
    answer = client.post(url(at, "standards/1"), data={"based_on": "1", "statement": "Typed"})
    assert answer.status_code == 409 and "Typed" in answer.text
    assert "Past returns" in client.get(f"/agencies/{at.membership.id}").text


def test_sent_back_shows_its_reason_and_can_be_changed(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    fill_in(session, at)
    sent = send(session, at)
    session.add(
        SendBack(
            submission_id=sent.id, reason="Say more on supervision.", effective_at=NOW,
            recorded_at=NOW, sent_back_by_id=at.office.id,
        )
    )  # fmt: skip
    at.return_.state = ReturnState.IN_PROGRESS
    session.commit()
    sign_in(client, at.contributor)
    for path in (f"/agencies/{at.membership.id}", url(at, "tasks"), url(at, "submissions/1")):
        assert "Say more on supervision." in client.get(path).text
    sent_form = {"based_on": "1", "statement": "More.", "self_label": "green"}
    assert client.post(url(at, "standards/6"), data=sent_form).status_code == 302


def test_who_sees_drafts_and_submissions(client: FlaskClient, session: Session) -> None:
    at = scene(session)
    fill_in(session, at)
    send(session, at)
    for user, drafts in ((at.qa, 403), (at.office, 200), (at.lead, 200)):
        sign_in(client, user)
        assert client.get(url(at, "tasks")).status_code == drafts
        assert client.get(url(at, "standards/1")).status_code == drafts
        assert client.get(url(at, "submissions/1")).status_code == 200
    elsewhere = factories.user(session, factories.Role.QA, board=factories.board(session))
    session.commit()
    sign_in(client, elsewhere)
    for path in ("tasks", "submissions/1", "submissions/1/return.pdf"):
        assert client.get(url(at, path)).status_code == 404


def test_a_rating_unlike_the_suggested_one_stays_visible(
    client: FlaskClient, session: Session
) -> None:
    at = scene(session)
    fill_in(session, at, s2="amber")
    sign_in(client, at.lead)
    assert client.get(url(at, "check")).text.count("The answers suggest another rating.") == 1
    send(session, at)
    page = client.get(url(at, "submissions/1")).text
    assert page.count("The answers suggest another rating. Green: 2.1 and 2.2 are met.") == 1
