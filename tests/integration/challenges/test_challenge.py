"""A meeting with an agency about its return, through the pages: what each side sees, and when."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from s11audit.domain.enums import PointOrigin, PointState, Rag, ScreeningRule
from s11audit.models import Challenge, OutboxMessage, Screening, ScreeningPoint, Submission
from s11audit.queries.challenges import challenge_in
from s11audit.services import challenges
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, rated
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MEETING = {
    "held_on-day": "9", "held_on-month": "3", "held_on-year": "2026", "place": "County Hall",
    "panel": "Charlie Hope, Chair\nQuinn Able\n",
}  # fmt: skip


def posted(client, path, **values):
    answer = client.post(path, data=values)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def test_a_meeting_from_questions_to_actions(session, client):
    of = panel(session, rag=Rag.GREEN)
    rated(session, of, {3: Rag.AMBER})
    submission = session.scalars(select(Submission)).one()
    screening = Screening(submission_id=submission.id, drafted_at=NOW)
    session.add(screening)
    session.flush()
    for state, number in ((PointState.CONFIRMED, 5), (PointState.DISMISSED, 6)):
        session.add(
            ScreeningPoint(
                screening_id=screening.id, standard=number, rule=ScreeningRule.COPIED,
                passage="The very words of another agency", origin=PointOrigin.AUTOMATIC,
                state=state, word="Fine", added_at=NOW, decided_at=NOW,
            )
        )  # fmt: skip
    session.commit()
    home = f"/returns/{of.return_.id}/challenges"
    sign_in(client, of.qa)
    one = posted(client, f"{home}/new", **MEETING)
    page = client.get(one).text
    assert "and it was agreed as “" in page
    assert "Your statement is like one that was given elsewhere" in page
    assert "very words of another agency" not in page
    session.commit()
    made = session.scalars(select(Challenge)).one()
    assert [(each.standard, each.source) for each in made.questions] == [
        (3, "self_above_agreed"), (3, "shortfall"), (5, "screening_copied"),
        (None, "late_plan"),
    ]  # fmt: skip
    # Edited: the second and the last go, one is added by hand.
    first, second, third, plan = made.questions
    fields = {
        "id_0": first.id, "text_0": first.text, "id_1": second.id, "text_1": " ",
        "id_2": third.id, "text_2": "Whose words are these?", "id_3": plan.id,
        "text_3": "", "id_4": "", "text_4": "Who is your deputy?", "standard_4": "2",
    }  # fmt: skip
    posted(client, f"{one}/questions", **fields)
    # Not the agency's to see before it is shared.
    sign_in(client, of.lead)
    assert client.get(one).status_code == 404
    assert client.get(f"{one}/sheet.pdf").status_code == 404
    assert "There is no meeting" in client.get(home).text
    assert client.post(f"{one}/share").status_code == 403
    assert "Meeting arranged" not in client.get(f"/returns/{of.return_.id}/history").text
    sign_in(client, of.office)
    assert "Meeting arranged" in client.get(f"/returns/{of.return_.id}/history").text
    posted(client, f"{one}/share")
    session.commit()
    made = challenge_in(session, of.return_.id, made.id)
    asked = [(each.number, each.standard, each.text) for each in made.questions]
    assert asked[1:] == [(2, 5, "Whose words are these?"), (3, 2, "Who is your deputy?")]
    letters = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    told = [each for each in letters if "a meeting about your safeguarding audit" in each.subject]
    assert {each.to_email for each in told} == {of.lead.email, of.contributor.email}
    answers = {f"answer_{each.id}": f"Answer {each.number}" for each in made.questions}
    assert "Enter the outcome" in client.post(f"{one}/outcome", data=answers | {"finish": "y"}).text
    posted(client, f"{one}/outcome", **answers, outcome="Two things are agreed.", save="y")
    due = {"due_on-day": "1", "due_on-month": "6", "due_on-year": "2026"}
    posted(client, f"{one}/actions/add", what="Name a deputy", owner="Director", **due)
    # Shared: day, panel and questions, and no more.
    sign_in(client, of.lead)
    with counted_queries() as queries:
        page = client.get(one).text
    assert len(queries) <= MOST_QUERIES
    assert "Charlie Hope, Chair" in page
    assert "Who is your deputy?" in page
    assert "County Hall" in page
    for hidden in ("Answer 3", "Two things are agreed", "Name a deputy"):
        assert hidden not in page
    sign_in(client, of.office)
    posted(client, f"{one}/outcome", **answers, outcome="Two things are agreed.", finish="y")
    assert client.post(f"{one}/questions", data=fields).status_code == 409
    sign_in(client, of.lead)
    page = client.get(one).text
    for shown in ("Answer 3", "Two things are agreed", "Name a deputy"):
        assert shown in page
    assert client.get(f"{one}/sheet.pdf").mimetype == "application/pdf"
    # The action is followed afterwards.
    session.commit()
    made = challenge_in(session, of.return_.id, made.id)
    sign_in(client, of.office)
    done = {"done_on-day": "5", "done_on-month": "3", "done_on-year": "2026"}
    posted(client, f"{one}/actions/{made.actions[0].id}/done", **done, note="Named on Monday")
    assert "1 of 1 done" in client.get(home).text


def test_only_what_is_published_is_asked_about(session):
    of = panel(session, rag=Rag.GREEN)
    rated(session, of, {3: Rag.RED}, publish=False)
    made = challenges.arrange(
        session, of.actor(session, "office"), of.return_.id, held_on=NOW.date(),
        now=NOW + timedelta(days=1),
    )  # fmt: skip
    assert made.questions == []
