"""Drafting in the background: one by one as at once, whatever the order, killed or not."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from s11audit.domain.enums import PointState, ScreeningOutcome, ScreeningRule
from s11audit.jobs import screenings
from s11audit.models import (
    Answer,
    Response,
    Screening,
    ScreeningPoint,
    SendBack,
    StatementPrint,
)
from s11audit.queries.returns import return_by_id
from s11audit.queries.screened import reading_of, same_question, screen_stage
from s11audit.queries.screening import not_drafted
from s11audit.scoring import likeness
from s11audit.services import returns, screening
from s11audit.tools import loader
from tests import factories as make
from tests.factories import NOW
from tests.support.killing import killed_half_way
from tests.support.reviewing import panel, send, sent_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = " ".join(f"word{number}" for number in range(40))


def say(session, return_, texts):
    """Have a return that was sent in say these texts: taken back and sent in again."""
    for number, text in texts.items():
        response = session.scalars(
            select(Response).where(Response.return_id == return_.id, Response.standard == number)
        ).one()
        response.statement = text
    session.flush()
    return send(session, return_by_id(session, return_.id), now=NOW + timedelta(minutes=1))


def a_stage(session, agencies=3):
    """Returns of a stage: the first and the last say the same of standard 2 and 5."""
    found = panel(session)
    all_returns = [found.return_]
    for _ in range(agencies - 1):
        all_returns.append(sent_in(session, make.membership(session, found.board), found.cycle))
    for number, return_ in enumerate(all_returns):
        own = {n: " ".join(f"own{number}x{n}x{w}" for w in range(35)) for n in range(1, 10)}
        say(session, return_, own)
    say(session, all_returns[0], {2: TEXT})
    say(session, all_returns[-1], {5: f"{TEXT} and some more"})
    session.commit()
    return found, all_returns


def drafted(session):
    session.expire_all()
    return sorted(
        (point.screening.submission.return_id, point.standard, point.rule, point.passage)
        for point in session.scalars(select(ScreeningPoint))
    )


def at_once(session, stage_id):
    return sorted(
        (each.point.standard, each.point.rule, each.point.passage)
        for each in screen_stage(session, stage_id)
    )


def test_drafting_one_by_one_finds_what_reading_at_once_finds(session):
    found, all_returns = a_stage(session)
    assert screenings.draft_waiting(NOW) == 3
    points = drafted(session)
    assert sorted(point[1:] for point in points) == at_once(session, found.return_.stage_id)
    copied = [point[:2] for point in points if point[2] is ScreeningRule.COPIED]
    assert copied == [(all_returns[0].id, 2), (all_returns[-1].id, 5)]
    assert screenings.draft_waiting(NOW) == 0

    # One that comes in later is read alone, and the list that is like it gets its entry; a
    # screening that is over is left as it is.
    for each in all_returns[1:]:
        one = session.scalars(
            select(Screening).where(Screening.submission.has(return_id=each.id))
        ).one()
        one.outcome, one.concluded_at = ScreeningOutcome.PASSED, NOW
    session.commit()
    late = sent_in(session, make.membership(session, found.board), found.cycle)
    first_one = " ".join(f"own0x1x{w}" for w in range(35))
    second_one = " ".join(f"own1x1x{w}" for w in range(35))
    say(session, late, {7: first_one, 8: second_one})
    session.commit()
    assert screenings.draft_waiting(NOW) == 1
    new = [point[:3] for point in drafted(session) if point not in points]
    copied = [each[:2] for each in new if each[2] is ScreeningRule.COPIED]
    assert copied == [(all_returns[0].id, 1), (late.id, 7), (late.id, 8)]


@SQLITE
def test_a_failure_at_one_return_holds_up_no_other_and_is_tried_again(session, monkeypatch):
    found, all_returns = a_stage(session)
    real, bad = screenings.readings_of, all_returns[1].id

    def failing(from_session, return_ids):
        if bad in return_ids:
            raise RuntimeError("unreadable")
        return real(from_session, return_ids)

    monkeypatch.setattr(screenings, "readings_of", failing)
    assert screenings.draft_waiting(NOW) == 2
    monkeypatch.undo()
    assert session.scalars(not_drafted()).all() == [bad]
    session.rollback()
    assert screenings.draft_waiting(NOW) == 1
    assert sorted(point[1:] for point in drafted(session)) == at_once(
        session, found.return_.stage_id
    )


@SQLITE
def test_what_was_read_is_dropped_where_the_return_went_back_in_the_meantime(session, app):
    found, _ = a_stage(session, agencies=2)
    reading = reading_of(session, found.return_.id)
    returns.send_back(
        session, found.actor(session, "office"), found.return_.id, "Please add more.", now=NOW
    )
    assert not screening.draft(session, reading, now=NOW)
    session.commit()
    assert screenings.draft_waiting(NOW) == 1
    # Its new submission is compared with the others, and not with itself.
    say(session, found.return_, {2: TEXT, 3: "short"})
    session.commit()
    assert screenings.draft_waiting(NOW) == 1
    assert drafted(session)[0][1] == 2 and drafted(session)[0][2] is ScreeningRule.COPIED
    assert not screening.draft(session, reading_of(session, found.return_.id), now=NOW)


@SQLITE
def test_what_all_have_copied_keeps_few_prints_and_is_found_for_each(session, monkeypatch):
    monkeypatch.setattr(likeness, "BUCKET", 3)
    found, all_returns = a_stage(session, agencies=8)
    for return_ in all_returns:
        say(session, return_, {9: f"{TEXT} own{return_.id}"})
    session.commit()
    screenings.draft_stage(found.return_.stage_id, now=NOW)
    alike = {point[0] for point in drafted(session) if point[1:3] == (9, ScreeningRule.COPIED)}
    assert alike == {each.id for each in all_returns}
    most = session.scalars(
        select(func.count()).select_from(StatementPrint).group_by(StatementPrint.hash)
    ).all()
    assert max(most) == 3


@SQLITE
def test_a_killed_process_loses_nothing_and_the_next_goes_on(session, settings):
    found, all_returns = a_stage(session, agencies=10)
    script = """
import time
from datetime import UTC, datetime
from s11audit import create_app
from s11audit.jobs import screenings
screenings.TOGETHER, batches, real = 3, [], screenings.readings_of

def slow(*args):
    batches.append(args)
    if len(batches) == 3:
        print("half way", flush=True)
        time.sleep(60)
    return real(*args)

screenings.readings_of = slow
with create_app().app_context():
    screenings.draft_waiting(datetime.now(UTC))
"""
    killed_half_way(script, settings)
    before = session.scalar(select(func.count()).select_from(Screening))
    assert before == 6  # two batches stand
    session.rollback()
    assert screenings.draft_waiting(NOW) == len(all_returns) - before
    assert sorted(point[1:] for point in drafted(session)) == at_once(
        session, found.return_.stage_id
    )
    assert {point.state for point in session.scalars(select(ScreeningPoint))} == {PointState.OPEN}


@SQLITE
def test_last_time_is_the_agencys_latest_earlier_submission(session):
    found = panel(session)
    agency, board = found.agency, found.board

    def sent(percent, days, *, tool="lancashire-2012", text="", key="5.2", back=False):
        cycle = make.cycle(session, board, tool=tool)
        return_ = return_by_id(session, make.return_(session, agency, cycle).id)
        number = int(key.split(".")[0])
        session.add(
            Response(
                return_id=return_.id,
                standard=number,
                statement=text,
                answers=[
                    Answer(
                        requirement=key,
                        value={"numerator": percent, "denominator": 100, "as_of": "2026-03-01"},
                    )
                ],
            )
        )
        session.flush()
        submission = send(session, return_, now=NOW + timedelta(days=days))
        if back:
            moment = NOW + timedelta(days=days)
            session.add(
                SendBack(
                    submission_id=submission.id,
                    reason="r",
                    effective_at=moment,
                    recorded_at=moment,
                )
            )
        session.flush()
        return return_.id

    sent(60, 1)
    sent(96, 2, text=TEXT)
    sent(10, 3, back=True)
    now = sent(75, 5, text=TEXT)
    sent(10, 6)
    reading = reading_of(session, now)
    [changed] = [p for p in reading.points if p.rule is ScreeningRule.PERCENTAGE_CHANGED]
    assert "75 of 100" in changed.passage and "Last time: 96 of 100" in changed.passage
    assert "own return of 6 March 2026" in reading.last[5].about

    # Another tool: texts are compared, figures only where the question is the same.
    other = reading_of(session, sent(99, 7, tool="working-together-2023", key="11.1", text=TEXT))
    assert not [p for p in other.points if p.rule is ScreeningRule.PERCENTAGE_CHANGED]
    recent = loader.load_builtin("working-together-2023")
    same = same_question(session, board.id, recent, ("lancashire-2012", 1))
    assert (
        same
        and "5.2" not in same
        and set(same.values())
        <= {item.key for standard in recent.standards for item in standard.requirements}
    )
    old = loader.load_builtin("lancashire-2012")
    assert same_question(session, board.id, old, ("lancashire-2012", 9))["5.2"] == "5.2"
    assert same_question(session, board.id, old, ("something-else", 1)) == {}
