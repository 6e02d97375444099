"""The office's page of the reminders, and a person's own."""

import pytest
from sqlalchemy import select

from s11audit.domain.enums import Role
from s11audit.models import AuditLog, Digest, Reminder, ReminderSchedule
from s11audit.services.digest_words import SUBJECT, TEXT
from tests import factories as make
from tests.support.web import sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def schedules(session):
    """What is stored now."""
    session.rollback()
    return session.scalars(select(ReminderSchedule)).all()


def test_the_office_sets_days_and_words(session, client):
    board = make.board(session, name="North Board")
    member = make.membership(session, board)
    return_ = make.return_(session, member, make.cycle(session, board))
    office = make.user(session, Role.OFFICE, board=board)
    session.commit()
    sign_in(client, office)
    at = f"/boards/{board.slug}/reminders"
    page = client.get(at).text
    assert 'value="28, 14, 7, 1"' in page and "Nobody has been reminded yet." in page
    for typed, said in (
        ({"days_before": "28; x", "every_days": "7"}, "Enter numbers of days with commas"),
        (
            {"days_before": f"1{' ' * 90_000}x", "every_days": "7"},  # and answered at once
            "Enter numbers of days with commas",
        ),
        ({"days_before": "400", "every_days": "7"}, "a number of days from 0 to 365"),
        ({"days_before": "7", "every_days": ""}, "Enter a number of days, or 0 for none"),
        ({"days_before": "7", "every_days": "-1"}, "a number of days from 0 to 365"),
        ({"days_before": ",".join(map(str, range(20))), "every_days": "7"}, "12 days or fewer"),
    ):
        assert said in client.post(at, data=typed).text
    assert schedules(session) == []
    sent = {"days_before": "7 21, 7", "every_days": "0", "remind_of": ["returns", "weekly"]}
    assert client.post(at, data=sent).status_code == 302
    (stored,) = schedules(session)
    assert (stored.days_before, stored.every_days) == ([21, 7], 0)
    assert (stored.returns_on, stored.actions_on, stored.weekly_on) == (True, False, True)

    words = f"{at}/words"
    page = client.get(words).text
    assert "{things} for {board}" in page and "Go back to the standard words" not in page
    for text, said in (
        ("Dear {nme}: {list}", "{nme} is not known"),
        ("Hello", "The text must hold {list}"),
        ("", "Enter the text of the e-mail"),
    ):
        assert said in client.post(words, data={"subject": "S", "text": text, "save": "y"}).text
    mine = {"subject": "{things}!", "text": "From {board}:\n{list}"}
    page = client.post(words, data=mine | {"preview": "y"}).text
    assert "2 things to do!" in page and "Dear Amira Khan," in page and "From North Board:" in page
    (stored,) = schedules(session)
    assert stored.subject == ""
    client.post(words, data=mine | {"save": "y"})
    (stored,) = schedules(session)
    assert (stored.subject, stored.text) == (mine["subject"], mine["text"])
    assert "From {board}:" in client.get(words).text
    client.post(words, data={"reset": "y"})
    (stored,) = schedules(session)
    assert (stored.subject, stored.text) == ("", "")
    client.post(words, data={"subject": SUBJECT, "text": TEXT, "save": "y"})
    (stored,) = schedules(session)
    assert (stored.subject, stored.text) == ("", ""), "the standard words are not kept as one's own"
    logged = session.scalars(select(AuditLog.what).order_by(AuditLog.id)).all()
    assert logged == ["reminders.changed"] + ["reminders.worded"] * 3

    digest = Digest(user_id=office.id, day=make.TODAY, made_at=make.NOW)
    session.add(digest)
    session.flush()
    session.add(Reminder(
        digest_id=digest.id, user_id=office.id, board_id=board.id, kind="return",
        subject_id=return_.id, return_id=return_.id, due_on=make.TODAY, step=-14,
    ))  # fmt: skip
    session.commit()
    assert "4 March 2026" in client.get(at).text
    page = client.get(f"/returns/{return_.id}").text
    assert "Reminder sent to 1 person" in page
    assert "Of the return, 14 days before the due date" in page
    page = client.get(f"/boards/{board.slug}/chase?return={return_.id}").text
    assert "The last reminder about it was sent on 4 March 2026 to 1 person." in page
