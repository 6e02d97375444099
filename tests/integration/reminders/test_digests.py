"""Digests: to whom, about what, once each, whatever is killed."""

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update

from s11audit import create_app
from s11audit.domain.enums import (
    ActionState,
    Rag,
    RatingRole,
    ReminderKind,
    ReturnState,
    Role,
    Standing,
)
from s11audit.extensions import db
from s11audit.jobs.reminders import send_digests
from s11audit.models import (
    Action,
    Agreement,
    Allotment,
    Digest,
    DigestChoice,
    Extension,
    Grant,
    Improvement,
    OutboxMessage,
    PlanSubmission,
    Publication,
    Rating,
    Reminder,
    ReminderSchedule,
    Response,
    ReturnedResult,
    SharedRating,
    Sharing,
    Stage,
    Submission,
)
from s11audit.queries.owed import Owed
from s11audit.services import digests
from s11audit.services.digest_words import Part, digest
from s11audit.transactions import writing
from tests import factories as make
from tests.support.counting import counted_queries
from tests.support.databases import close_engines

AT = "https://audit.example.org"
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FEBRUARY = datetime(2026, 2, 2, tzinfo=UTC)
DUE = date(2026, 4, 1)  # a Wednesday; make.TODAY is Wednesday, 4 March: 28 days before


@pytest.fixture
def mailing(app, monkeypatch):
    """An application that can send: none is sent here, it is only queued."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "mail.example.org")
    monkeypatch.setitem(app.config, "BASE_URL", "https://audit.example.org")
    return app


def morning(day):
    """Eight o'clock UTC of a day: past seven in London, summer or winter."""
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


def run(*days):
    """Run the sweep on the mornings of these days, twice each."""
    for day in days:
        send_digests(morning(day))
        send_digests(morning(day) + timedelta(hours=1))


def mail(session):
    """Every letter so far, as {(to, day): body}."""
    session.rollback()
    return {
        (one.to_email, one.created_at.date()): one.body
        for one in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    }


def days_of(session, email):
    return [day for to, day in mail(session) if to == email]


def a_board(session, agencies=1, **more):
    board = make.board(session, **more)
    cycle = make.cycle(session, board, name="Audit 2026", due=(DUE,))
    made = []
    for _ in range(agencies):
        member = make.membership(session, board)
        made.append((member, make.return_(session, member, cycle)))
    return board, made


def held_since(session, person, moment):
    """Have a person's roles been given at that moment."""
    session.execute(update(Grant).where(Grant.user_id == person.id).values(granted_at=moment))


def improvement(session, return_, *, days_ago=20):
    """A published red rating of standard 4 with its improvement, opened so long before TODAY."""
    at = make.NOW - timedelta(days=days_ago)
    publication = Publication(return_id=return_.id, number=1, effective_at=at, recorded_at=at)
    session.add(publication)
    session.flush()
    rating = Rating(
        return_id=return_.id, standard=4, role=RatingRole.AGREED, label="red", rag=Rag.RED,
        improvement="Train", rated_at=at, publication_id=publication.id,
    )  # fmt: skip
    session.add(rating)
    session.flush()
    made = Improvement(
        rating_id=rating.id, return_id=return_.id, membership_id=return_.membership_id,
        standard=4, text="Train", opened_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def shared(session, return_, reply_by):
    """A rating that was shared with the agency on TODAY and has no reply yet."""
    submission = Submission(
        return_id=return_.id, number=1, reference=f"R{return_.id}", self_ratings={}, snapshot={},
        signatory_name="A", signatory_designation="B", signatory_email="c@example.org", late=False,
        effective_at=make.NOW, recorded_at=make.NOW,
    )  # fmt: skip
    sharing = Sharing(return_id=return_.id, number=1, shared_at=make.NOW, reply_by=reply_by)
    session.add_all([submission, sharing])
    session.flush()
    agreed = Agreement(
        return_id=return_.id, submission_id=submission.id, round=0, standard=1, label="green",
        rag=Rag.GREEN, agreed_at=make.NOW,
    )  # fmt: skip
    session.add(agreed)
    session.flush()
    session.add(SharedRating(sharing_id=sharing.id, standard=1, agreement_id=agreed.id))
    session.flush()
    return submission


def action(session, of, number, due_on, state=ActionState.OPEN):
    made = Action(
        improvement_id=of.id, number=number, what="Train the reception staff", owner="Ann",
        due_on=due_on, state=state, added_at=make.NOW - timedelta(days=19),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_one_letter_a_day_with_everything_over_boards_and_agencies(session, mailing):
    north, ((council, its_return),) = a_board(session, slug="north", name="North Board")
    _, ((college, other),) = a_board(session, slug="south", name="South Board")
    lead = make.user(session, Role.LEAD, membership=council, email="lead@example.org", name="Ann")
    make.grant(session, lead, Role.LEAD, membership=college)
    held_since(session, lead, FEBRUARY)
    make.user(session, Role.QA, board=north, email="qa@example.org")
    make.user(session, Role.OFFICE, board=north, email="office@example.org")
    make.user(session, Role.VIEWER, board=north, email="viewer@example.org")
    other.state = ReturnState.RATED
    plan = improvement(session, other)
    action(session, plan, 1, make.TODAY + timedelta(days=1))
    action(session, plan, 2, make.TODAY - timedelta(days=8))
    action(session, plan, 3, make.TODAY, ActionState.VERIFIED)
    session.commit()
    send_digests(make.NOW.replace(hour=6, minute=59))
    assert mail(session) == {}
    send_digests(make.NOW.replace(hour=7))
    send_digests(make.NOW)
    assert mail(session) == {
        ("lead@example.org", make.TODAY): f"""Dear Ann,

North Board
-----------

At North Board, this is waiting for you:

* {council.name}: the return for Audit 2026, stage 1, which is due on 1 April 2026 (in 28 days).
  https://audit.example.org/returns/{its_return.id}/tasks

If you have just done it, you need do nothing more. If you need more time, or somebody else \
should do it, tell the board office.

South Board
-----------

At South Board, this is waiting for you:

* {college.name}: the action “Train the reception staff” (standard 4), which was due on \
24 February 2026 (8 days ago).
  https://audit.example.org/returns/{other.id}/plan/actions/2

* {college.name}: the action “Train the reception staff” (standard 4), which is due on \
5 March 2026 (tomorrow).
  https://audit.example.org/returns/{other.id}/plan/actions/1

* {college.name}: the action plan for Audit 2026, stage 1, is still to be returned.
  https://audit.example.org/returns/{other.id}/plan

If you have just done it, you need do nothing more. If you need more time, or somebody else \
should do it, tell the board office.

You get at most one such e-mail a day. To stop these e-mails, or to have the due dates in your \
calendar:

https://audit.example.org/calendar
"""
    }
    subject = session.scalars(select(OutboxMessage.subject)).one()
    assert subject == "4 things to do for 2 boards"
    assert session.scalar(select(func.count()).select_from(Reminder)) == 4
    its_return.state = ReturnState.SUBMITTED
    session.add(PlanSubmission(
        return_id=other.id, number=1, effective_at=make.NOW, recorded_at=make.NOW, snapshot={},
    ))  # fmt: skip
    session.commit()
    run(date(2026, 3, 9))  # Monday
    sent = mail(session)
    assert "* 1 submitted return waits.\n" in sent["office@example.org", date(2026, 3, 9)]
    counts = (("late", 5), ("submitted", 1))
    office = Owed(1, ReminderKind.OFFICE, north.id, north.id, make.TODAY, counts=counts)
    subject, _ = digest("Ann", [Part("North Board", "north", "", "", [office])], make.TODAY, "")
    assert subject == "6 things to do for North Board"
    assert ("lead@example.org", date(2026, 3, 9)) not in sent, "the action had its step on the 4th"
    assert len(sent) == 2


@SQLITE
def test_the_worked_examples_of_the_rule(session, mailing):
    """docs/rules.md, 14, one after the other on agencies of one board."""
    _board, agencies = a_board(session, 4)
    cases = ["plain", "submitted", "extended", "joined"]
    people = dict(zip(cases, agencies, strict=True))
    for name, (member, return_) in people.items():
        return_.first_due_on = return_.due_on = date(2026, 3, 31)
        return_.made_at = FEBRUARY
        return_.stage.opened_at = FEBRUARY
        lead = make.user(session, Role.LEAD, membership=member, email=f"{name}@example.org")
        held_since(session, lead, FEBRUARY)
    session.commit()

    def until(first, last):
        run(*(first + timedelta(days=n) for n in range((last - first).days + 1)))

    until(date(2026, 3, 1), date(2026, 3, 18))
    late = make.user(session, Role.LEAD, membership=people["joined"][0], email="second@example.org")
    held_since(session, late, datetime(2026, 3, 18, 12, tzinfo=UTC))
    session.commit()
    until(date(2026, 3, 19), date(2026, 3, 20))
    people["submitted"][1].state = ReturnState.SUBMITTED
    extended = people["extended"][1]
    session.add(make_extension(extended, date(2026, 4, 14), datetime(2026, 3, 20, 12, tzinfo=UTC)))
    extended.due_on = date(2026, 4, 14)
    session.commit()
    until(date(2026, 3, 21), date(2026, 4, 22))
    march = lambda *days: [date(2026, 3, day) for day in days]  # noqa: E731
    april = lambda *days: [date(2026, 4, day) for day in days]  # noqa: E731
    assert days_of(session, "plain@example.org") == march(3, 17, 24, 30) + april(7, 14, 21)
    assert days_of(session, "submitted@example.org") == march(3, 17)
    assert days_of(session, "extended@example.org") == march(3, 17, 31) + april(7, 13, 21)
    assert days_of(session, "second@example.org")[:2] == march(24, 30)


def make_extension(return_, due_on, at):
    return Extension(
        return_id=return_.id, was_due_on=return_.due_on, due_on=due_on, reason="r", given_at=at
    )


@SQLITE
def test_a_worker_that_stood_still_makes_up_once(session, mailing):
    _, ((member, _),) = a_board(session)
    make.user(session, Role.LEAD, membership=member, email="a@example.org")
    session.commit()
    run(make.TODAY, DUE - timedelta(days=5), DUE - timedelta(days=4), DUE - timedelta(days=1))
    run(DUE + timedelta(days=30), DUE + timedelta(days=31))
    far = [-28, -5, -1, 30]
    assert days_of(session, "a@example.org") == [DUE + timedelta(days=n) for n in far]
    assert session.scalars(select(Reminder.step).order_by(Reminder.id)).all() == [-28, -7, -1, 28]


@SQLITE
def test_who_owes_nothing_is_left_in_peace(session, mailing):
    """One agency for each reason; only the first one's people are written to."""
    board, agencies = a_board(session, 9)
    session.add(ReminderSchedule(
        board_id=board.id, returns_on=True, actions_on=False, weekly_on=False,
        days_before=[28], every_days=0, subject="Hello {name}", text="{board}: {list}",
    ))  # fmt: skip
    (owing, returned, excused, declined, ended, off, away, done, closed) = agencies
    everybody = {}
    for place in agencies:
        everybody[place] = make.user(session, Role.LEAD, membership=place[0])
    helper, finished = (
        make.user(session, Role.CONTRIBUTOR, membership=owing[0], email=f"{name}@example.org")
        for name in ("helper", "finished")
    )
    session.add_all([
        Response(return_id=owing[1].id, standard=2, assigned_to_id=helper.id, complete=True),
        Response(return_id=owing[1].id, standard=7, assigned_to_id=helper.id),
        Response(return_id=owing[1].id, standard=9, assigned_to_id=helper.id),
        Response(return_id=owing[1].id, standard=3, assigned_to_id=finished.id, complete=True),
    ])  # fmt: skip
    returned[1].state = ReturnState.SUBMITTED
    action(session, improvement(session, returned[1]), 1, DUE)  # the board has actions off
    excused[1].standing, declined[1].standing = Standing.EXCUSED, Standing.DECLINED
    ended[0].ends_on = make.TODAY - timedelta(days=1)
    session.add(DigestChoice(user_id=everybody[off].id, wanted=False, chosen_at=make.NOW))
    everybody[away].active = False
    session.execute(
        update(Grant)
        .where(Grant.user_id == everybody[done].id)
        .values(until=make.TODAY - timedelta(days=1))
    )
    later = make.cycle(session, board, due=(DUE, DUE + timedelta(days=10)))
    coming = make.return_(session, owing[0], later, stage=2)  # opens the day after DUE
    coming.due_on = DUE
    shut = make.cycle(session, board, due=(DUE,))
    stage = session.scalars(select(Stage).where(Stage.cycle_id == shut.id)).one()
    closed[1].stage_id, stage.closed_at = stage.id, make.NOW
    session.commit()
    run(make.TODAY)
    found = {to: body for (to, _), body in mail(session).items()}
    assert set(found) == {everybody[owing].email, "helper@example.org"}
    assert "not complete: standards 7 and 9." in found["helper@example.org"]
    assert set(session.scalars(select(OutboxMessage.subject))) == {
        f"Hello {everybody[owing].name}", f"Hello {helper.name}",
    }  # fmt: skip
    mailing.config["MAIL_SERVER"] = ""
    run(DUE)
    assert len(mail(session)) == 2, "without a mail server nothing piles up"


def many(session, agencies):
    """A board whose every agency has a lead, a return and an action."""
    board, made = a_board(session, agencies)
    for member, return_ in made:
        make.user(session, Role.LEAD, membership=member)
        action(session, improvement(session, return_), 1, DUE)
    make.user(session, Role.QA, board=board)
    make.user(session, Role.OFFICE, board=board)
    session.commit()


@SQLITE
def test_replies_and_what_waits_for_qa_and_the_office(session, mailing):
    board, ((member, shown), (_, sent_in), (_, late)) = a_board(session, 3)
    monday = date(2026, 3, 9)
    lead = make.user(session, Role.LEAD, membership=member, email="lead@example.org")
    make.user(session, Role.CONTRIBUTOR, membership=member, email="helper@example.org")
    qa = make.user(session, Role.QA, board=board, email="qa@example.org")
    make.user(session, Role.CHAIR, board=board, email="chair@example.org")
    make.user(session, Role.OFFICE, board=board, email="office@example.org")
    shown.state = sent_in.state = ReturnState.IN_REVIEW
    submission = shared(session, shown, make.TODAY + timedelta(days=14))
    waiting = improvement(session, sent_in)
    action(session, waiting, 1, DUE, ActionState.REPORTED_COMPLETE)
    late.due_on = make.TODAY
    session.add(ReturnedResult(
        submission_id=submission.id, effective_at=make.NOW, recorded_at=make.NOW
    ))  # fmt: skip
    session.add_all([
        Allotment(return_id=sent_in.id, reviewer_id=qa.id, allotted_at=FEBRUARY),
        Allotment(return_id=shown.id, reviewer_id=qa.id, allotted_at=FEBRUARY,
                  finished_at=make.NOW, finished_submission_id=submission.id, finished_round=0),
        PlanSubmission(return_id=sent_in.id, number=1, effective_at=make.NOW,
                       recorded_at=make.NOW, snapshot={}),
    ])  # fmt: skip
    session.commit()
    run(*(make.TODAY + timedelta(days=n) for n in range(16)))
    sent = mail(session)
    assert days_of(session, lead.email) == [
        make.TODAY + timedelta(days=n) for n in (0, 5, 7, 12, 13)
    ]
    result = (
        f"the result for Audit 2026, stage 1, is still to be confirmed.\n  {AT}/returns/{shown.id}"
    )
    assert result in sent[lead.email, monday] and "your reply" not in sent[lead.email, monday]
    assert "your reply to the ratings for Audit 2026" in sent[lead.email, make.TODAY]
    assert days_of(session, "helper@example.org") == []
    both = "1 action to verify and 1 action plan to accept or ask for again"
    assert (
        f"* 1 return to rate.\n  https://audit.example.org/boards/{board.slug}\n"
        in (sent["qa@example.org", monday])
    )
    assert both in sent["qa@example.org", monday] and both in sent["chair@example.org", monday]
    assert "to rate" not in sent["chair@example.org", monday]
    assert "* 1 return is late.\n" in sent["office@example.org", monday]
    weeks = [monday, monday + timedelta(days=7)]
    assert days_of(session, "office@example.org") == days_of(session, "qa@example.org") == weeks


@SQLITE
def test_a_batch_takes_a_fixed_number_of_queries(session, mailing):
    def queries(day):
        with counted_queries() as statements, writing() as write:
            assert digests.send_batch(write, day, now=morning(day), limit=1000)
        return len(statements)

    many(session, 2)
    few = queries(make.TODAY)
    many(session, 40)
    assert queries(make.TODAY + timedelta(days=14)) == few <= 24
    assert session.scalar(select(func.count()).select_from(Digest)) == 2 + 42


@SQLITE
def test_killed_at_random_the_sweep_ends_as_if_undisturbed(
    session, mailing, settings, tmp_path, monkeypatch
):
    """The process dies at a random statement, twelve times over; what is found then is what an
    undisturbed sweep of a copy of the database makes."""
    many(session, 12)
    copy = tmp_path / "copy.db"
    with sqlite3.connect(settings["DATABASE_URL"].removeprefix("sqlite:///")) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    monkeypatch.setattr(digests.send_batch, "__kwdefaults__", {"limit": 3})
    chance = random.Random(14)
    left = [0]

    @event.listens_for(db.engine, "before_cursor_execute")
    def die(*_):
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    deaths = 0
    for _ in range(12):
        left[0] = chance.randint(2, 30)
        try:
            send_digests(make.NOW)
        except KeyboardInterrupt:
            deaths += 1
    left[0] = 0
    send_digests(make.NOW)
    disturbed = letters(session)
    assert deaths >= 5
    undisturbed = create_app({**settings, "DATABASE_URL": f"sqlite:///{copy}"})
    undisturbed.config |= {"MAIL_SERVER": "x", "BASE_URL": "https://audit.example.org"}
    with undisturbed.app_context():
        send_digests(make.NOW)
        assert letters(db.session) == disturbed
        close_engines(undisturbed)
    assert len(disturbed) == 12 == len({to for to, _ in disturbed})
    assert session.scalar(select(func.count()).select_from(Reminder)) == 12 * 2


def test_two_workers_at_once_write_one_digest_a_person(session, mailing, monkeypatch):
    many(session, 6)
    monkeypatch.setattr(digests.send_batch, "__kwdefaults__", {"limit": 2})

    def work(_number):
        with mailing.app_context():
            send_digests(make.NOW)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(letters(session)) == 6
    assert session.scalar(select(func.count()).select_from(Reminder)) == 6 * 2


def letters(session):
    session.rollback()
    return sorted(
        tuple(row) for row in session.execute(select(OutboxMessage.to_email, OutboxMessage.body))
    )
