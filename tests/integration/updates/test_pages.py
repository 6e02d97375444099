"""The agency's pages of the second year, walked without scripts."""

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ActionState, Rag
from s11audit.jobs.carrying import decide_kinds
from s11audit.models import Action, Improvement, Submission
from s11audit.services import actions, returns
from tests.factories import NOW, TODAY
from tests.integration.updates.second_year import AMBER_2_RED_5, LATER, second_year
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _form(page: str) -> dict[str, str]:
    """What a page's form holds without anything typed: hidden fields, texts, chosen radios."""
    values = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    values |= dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', page))
    hidden = re.findall(r'<input id="[^"]+" name="([^"]+)" type="hidden" value="([^"]*)"', page)
    for name, value in hidden:
        values[name] = value.replace("&#34;", '"').replace("&quot;", '"')
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', page):
        values[name] = text
    for tag in re.findall(r"<input[^>]* type=\"radio\"[^>]* checked[^>]*>", page):
        found = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]+)"', tag)
        if found[0] and found[1]:
            values[found[0][1]] = found[1][1]
    for tag in re.findall(r"<input[^>]* type=\"text\"[^>]*>", page):
        found = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]+)"', tag)
        if found[0] and found[1]:
            values[found[0][1]] = found[1][1]
    return values


@SQLITE
def test_an_update_from_home_to_submission(session: Session, client: FlaskClient) -> None:
    year = second_year(session, AMBER_2_RED_5)
    lead = year.actor(session, "lead")
    improvement = session.scalars(select(Improvement).where(Improvement.standard == 2)).one()
    action = actions.add_action(
        session, lead, improvement.id, what="Name a deputy", owner="Head", due_on=TODAY, now=NOW
    )
    session.commit()
    decide_kinds(LATER)
    sign_in(client, year.lead)
    second, first = f"/returns/{year.second.id}", f"/returns/{year.first.id}"

    home = client.get(f"/agencies/{year.agency.id}").get_data(as_text=True)
    assert "This is an update." in home and "Confirm your return" not in home
    with counted_queries() as asked:
        tasks = client.get(f"{second}/tasks").get_data(as_text=True)
    assert len(asked) <= MOST_QUERIES, asked
    assert "2. " in tasks and f"{second}/standards/2" in tasks
    assert f"{second}/standards/3" not in tasks
    assert "7 standards rated green or not applicable: 1, 3, 4, 6, 7, 8, 9" in tasks

    with counted_queries() as asked:
        page = client.get(f"{second}/standards/2").get_data(as_text=True)
    assert len(asked) <= MOST_QUERIES, asked
    for said in (
        "QA on standard 2.", "Improve standard 2.", "Name a deputy", "Overdue",
        "What we do about standard 2.", "https://example.org/policy", "From before",
    ):  # fmt: skip
        assert said in page
    # Before the agency has saved anything, the evidence of last year cannot be changed from here.
    assert "/evidence/" not in page.partition("Evidence")[2].partition("example.org")[2][:400]

    # What is typed is kept when one goes on to report on an action, and one comes back.
    typed = _form(page) | {
        "progress": "A deputy is named.", "report": f"complete:{year.first.id}:{action.id}",
    }  # fmt: skip
    answer = client.post(f"{second}/standards/2", data=typed)
    step = f"{first}/plan/actions/{action.id}/complete?update={year.second.id}"
    assert answer.location == step
    answer = client.post(step, data={"note": "She began on Monday."})
    assert answer.location == f"{second}/standards/2#before"
    session.expire_all()
    assert session.get_one(Action, action.id).state is ActionState.REPORTED_COMPLETE

    page = client.get(f"{second}/standards/2").get_data(as_text=True)
    assert "A deputy is named." in page and "She began on Monday." in page
    assert "Reported complete" in page
    for number in (2, 5):
        page = client.get(f"{second}/standards/{number}").get_data(as_text=True)
        saved = _form(page) | {
            "progress": "Done.", "self_label": "green", "still_holds": "y", "to_tasks": "yes",
        }  # fmt: skip
        if number == 5:
            # Stage 1 was sent in without these figures.
            for key in ("5.2", "5.3"):
                saved |= {f"answer-{key}-not_known": "y", f"answer-{key}-not_known_reason": "New."}
            saved |= {"statement": "Written anew."}
        assert client.post(f"{second}/standards/{number}", data=saved).status_code == 302
    check = client.get(f"{second}/check").get_data(as_text=True)
    assert "Say whether this is still true or has changed" in check
    assert "Answer question" not in check

    form = {"name": "Amira Khan"} | {f"standard-{n}": "still_true" for n in (1, 3, 4, 6, 7, 8)}
    answer = client.post(f"{second}/still-true", data=form | {"name": ""})
    assert answer.status_code == 400
    assert "Enter the name of the person who confirms this" in answer.get_data(as_text=True)
    answer = client.post(f"{second}/still-true", data=form, follow_redirects=True)
    assert "1 standard is still to be looked at" in answer.get_data(as_text=True)
    client.post(f"{second}/still-true", data={"standard-9": "changed"})
    tasks = client.get(f"{second}/tasks").get_data(as_text=True)
    assert "You said that this has changed." in tasks and f"{second}/standards/9" in tasks
    client.post(f"{second}/still-true", data=form | {"standard-9": "still_true"})
    stands = client.get(f"/agencies/{year.second.membership_id}/hand-over").get_data(as_text=True)
    assert "9 of 9 standards complete" in stands and f"{second}/still-true#still-true-1" in stands

    signed = {"name": "Pat Lee", "designation": "Chief", "email": "pat@example.org"}
    answer = client.post(f"{second}/submit", data=signed | {"declared": "y"})
    assert answer.location == f"{second}/submissions/1/submitted"
    read = client.get(f"{second}/submissions/1").get_data(as_text=True)
    assert "Confirmed as still true by Amira Khan on" in read
    assert "Progress since then" in read and "Agreed rating before" in read
    assert client.get(f"{second}/submissions/1/return.pdf").status_code == 200
    sign_in(client, year.qa)
    assert client.get(f"{second}").status_code == 200


@SQLITE
def test_a_confirmation_is_one_page(session: Session, client: FlaskClient) -> None:
    year = second_year(session, {3: Rag.NA})
    session.commit()
    decide_kinds(LATER)
    sign_in(client, year.lead)
    confirm = f"/returns/{year.second.id}/confirm"
    home = client.get(f"/agencies/{year.agency.id}").get_data(as_text=True)
    assert confirm in home

    missing = client.post(confirm, data={"standard-1": "still_true"})
    page = missing.get_data(as_text=True)
    assert missing.status_code == 400 and page.count("Say whether standard") == 16  # twice each
    assert "Confirm that the declaration is given" in page

    whole = {f"standard-{number}": "still_true" for number in range(1, 10)}
    whole |= {"name": "Pat Lee", "designation": "Chief", "email": "pat@example.org"}
    changed = client.post(confirm, data=whole | {"standard-4": "changed", "declared": "y"})
    assert changed.location == f"/returns/{year.second.id}/tasks"
    client.post(f"/returns/{year.second.id}/still-true", data=whole)
    done = client.post(confirm, data=whole | {"declared": "y"})
    assert done.location == f"/returns/{year.second.id}/submissions/1/submitted"
    sent = session.scalars(select(Submission).where(Submission.return_id == year.second.id)).one()
    assert sent.self_ratings == dict.fromkeys(map(str, range(1, 10)), "green")
    assert client.get(confirm).status_code == 200

    # Sent back, it is the same page again, with what was said.
    office = year.actor(session, "office")
    session.rollback()
    returns.send_back(session, office, year.second.id, "Look again.", now=datetime.now(UTC))
    session.commit()
    again = client.get(confirm).text
    assert again.count("Confirmed as still true by Pat Lee") == 9
    assert again.count('value="still_true" checked') == 9
    done = client.post(confirm, data=whole | {"declared": "y"})
    assert done.location == f"/returns/{year.second.id}/submissions/2/submitted"
