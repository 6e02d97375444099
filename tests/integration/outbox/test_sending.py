"""The outbox: one message an occasion, sent once the server has taken it, none ever lost."""

import smtplib
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from s11audit.adapters.mail import set_up_mail
from s11audit.domain.enums import Role
from s11audit.jobs import outbox as jobs
from s11audit.models import OutboxMessage
from s11audit.models.outbox import HELD_BACK, MOST_ATTEMPTS
from s11audit.services import outbox
from s11audit.services.letters import letter
from s11audit.transactions import writing
from tests import factories as make
from tests.support.web import sign_in


class Mailbox:
    """A mail server's handler that keeps what it takes and refuses whom it is told to."""

    def __init__(self):
        self.taken = []
        self.refuse = set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Taken"


@pytest.fixture
def mailbox(app):
    """A real SMTP server in a thread of its own, and the application set to send by it."""
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    app.config |= {
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": port,
        "MAIL_USE_TLS": False,
        "MAIL_SENDER": "audit@example.org",
        "BASE_URL": "https://audit.example.org",
    }
    set_up_mail(app)
    yield box
    controller.stop()


def queue(session, key, to="a@example.org", **more):
    values = {"subject": "Łódź\nInjected: yes", "body": "Dear Żofia\n", "board_id": None} | more
    return outbox.queue(session, dedupe_key=key, to_email=to, now=datetime.now(UTC), **values)


def test_one_message_an_occasion(session):
    assert queue(session, "published:1") is True
    assert queue(session, "published:1") is False
    session.commit()
    assert queue(session, "published:1") is False
    assert len(session.scalars(select(OutboxMessage)).all()) == 1


def test_a_change_that_is_rolled_back_sends_nothing(session, mailbox):
    queue(session, "x")
    session.rollback()
    assert jobs.send_waiting() == (0, 0)
    assert mailbox.taken == []


def test_messages_are_sent_once_with_secrets_cleared(session, mailbox):
    queue(session, "one")
    queue(session, "two", "b@example.org", body="The link: https://x/1\n", secret=True)
    session.commit()
    assert jobs.send_waiting() == (2, 0)
    assert jobs.send_waiting() == (0, 0)
    first, second = mailbox.taken
    assert (first["To"], first["From"], first["Subject"]) == (
        "a@example.org",
        "audit@example.org",
        "Łódź Injected: yes",
    )
    assert first.get_content().strip() == "Dear Żofia"
    assert "https://x/1" in second.get_content()
    assert first["Message-ID"] != second["Message-ID"]
    session.expire_all()
    kept = {one.dedupe_key: one for one in session.scalars(select(OutboxMessage))}
    assert kept["one"].sent_at and kept["one"].body == "Dear Żofia\n"
    assert kept["two"].sent_at and "https://x/1" not in kept["two"].body


def test_a_refused_message_waits_longer_each_time_and_holds_up_no_other(session, mailbox):
    mailbox.refuse.add("gone@example.org")
    queue(session, "gone", "gone@example.org")
    queue(session, "fine")
    session.commit()
    assert jobs.send_waiting() == (1, 1)
    session.expire_all()
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.sent_at.is_(None))).one()
    assert message.attempts == 1 and "550 No such mailbox" in message.last_error
    assert jobs.send_waiting() == (0, 0)
    mailbox.refuse.clear()
    assert jobs.send_waiting(datetime.now(UTC) + timedelta(minutes=2)) == (1, 0)
    waits = [jobs.wait_after(attempts) for attempts in (1, 2, 3, 7, 19)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 60, 60)]


def test_a_message_refused_too_often_is_given_up_until_somebody_asks(session, mailbox):
    board = make.board(session)
    office = make.user(session, Role.OFFICE, board=board)
    queue(session, "gone", board_id=board.id)
    session.execute(update(OutboxMessage).values(attempts=jobs.MOST_ATTEMPTS))
    session.commit()
    assert jobs.send_waiting() == (0, 0)
    message_id = session.scalars(select(OutboxMessage.id)).one()
    with writing() as write:
        outbox.try_again(
            write, make.actor(session, office), message_id, board_id=board.id, now=datetime.now(UTC)
        )
    assert jobs.send_waiting() == (1, 0)


def test_a_server_that_is_away_costs_no_attempt(session, mailbox, app):
    queue(session, "one")
    session.commit()
    port = app.config["MAIL_PORT"]
    app.config["MAIL_PORT"] = 1
    set_up_mail(app)
    assert jobs.send_waiting() == (0, 1)
    session.expire_all()
    message = session.scalars(select(OutboxMessage)).one()
    assert message.attempts == 0 and message.last_error
    app.config["MAIL_PORT"] = port
    set_up_mail(app)
    assert jobs.send_waiting(datetime.now(UTC) + jobs.SERVER_AWAY) == (1, 0)


def test_a_crash_after_the_claim_loses_nothing(session, mailbox, monkeypatch):
    queue(session, "one")
    session.commit()

    def crash(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(smtplib.SMTP, "sendmail", crash)
        with pytest.raises(KeyboardInterrupt):
            jobs.send_waiting()
    assert jobs.send_waiting() == (0, 0), "still claimed"
    assert jobs.send_waiting(datetime.now(UTC) + jobs.CLAIM) == (1, 0)


def test_a_crash_after_sending_sends_again_under_the_same_id(session, mailbox, monkeypatch):
    queue(session, "one")
    session.commit()
    real = jobs.writing
    calls = []

    def dying():
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return real()

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "writing", dying)
        with pytest.raises(KeyboardInterrupt):
            jobs.send_waiting()
    assert jobs.send_waiting(datetime.now(UTC) + jobs.CLAIM) == (1, 0)
    assert [one["Message-ID"] for one in mailbox.taken] == [mailbox.taken[0]["Message-ID"]] * 2


def test_more_than_a_batch_is_sent(session, mailbox):
    for number in range(jobs.BATCH + 5):
        queue(session, f"n{number}", f"p{number}@example.org")
    session.commit()
    assert jobs.send_waiting() == (jobs.BATCH + 5, 0)
    assert len({one["To"] for one in mailbox.taken}) == jobs.BATCH + 5


def test_without_a_server_the_office_reads_the_links_of_its_own_board(session, client):
    board, other = make.board(session), make.board(session)
    office = make.user(session, Role.OFFICE, board=board)
    admin = make.user(session, Role.ADMIN)
    for key, place in (("mine", board.id), ("theirs", other.id), ("reset", None)):
        queue(session, key, f"{key}@example.org", board_id=place, secret=True,
              body=f"https://audit.example.org/{key}\n")  # fmt: skip
    session.commit()
    assert jobs.send_waiting() == (0, 0)
    sign_in(client, office)
    page = client.get(f"/boards/{board.slug}/outbox").text
    assert "https://audit.example.org/mine" in page
    assert "theirs@example.org" not in page and "reset@example.org" not in page
    assert client.get("/admin/outbox").status_code == 404
    client.application.config["MAIL_SERVER"] = "mail.example.org"
    page = client.get(f"/boards/{board.slug}/outbox").text
    assert "mine@example.org" in page and "https://audit.example.org/mine" not in page
    held = update(OutboxMessage).values(attempts=MOST_ATTEMPTS, last_error=HELD_BACK)
    session.execute(held)  # as after a backup was restored
    session.commit()
    page = client.get(f"/boards/{board.slug}/outbox").text
    assert "Held back" in page and "Send it now" in page
    assert "The mail server said" not in page and "Not sent after" not in page
    sign_in(client, admin)
    assert "reset@example.org" in client.get("/admin/outbox").text


def test_a_letters_first_line_is_its_subject():
    subject, body = letter("password_changed", name="Ann", at=make.NOW, link="https://x/reset")
    assert subject == "Your password for s11audit was changed"
    assert body.startswith("Dear Ann,\n") and "4 March 2026 at 12:00pm" in body
