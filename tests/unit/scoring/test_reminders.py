"""When people are reminded: by example, and over any sequence of days run or missed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.scoring.reminders import (
    Schedule,
    day_to_send,
    latest_step,
    step_owed,
    until_due,
    week_owed,
)

DUE = date(2026, 3, 31)  # two days after the clocks go forward
LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("late", "step"),
    [(-29, None), (-28, -28), (-15, -28), (-14, -14), (-1, -1), (0, -1), (6, -1), (7, 7),
     (13, 7), (14, 14), (700, 700), (703, 700)],
)  # fmt: skip
def test_steps_of_the_default_schedule(late, step):
    assert latest_step(Schedule(), late) == step


def test_a_schedule_may_stop_at_the_due_date_and_name_the_day_itself():
    schedule = Schedule((3, 0), 0)
    assert [latest_step(schedule, late) for late in (-4, -3, -1, 0, 40)] == [None, -3, -3, 0, 0]


def test_steps_before_somebody_owed_it_are_no_reminder_of_theirs():
    joined = DUE - timedelta(days=20)
    owed = [
        step_owed(Schedule(), DUE, DUE - timedelta(days=days), since=joined, last=None)
        for days in (20, 15, 14)
    ]
    assert owed == [None, None, -14]


schedules = st.builds(
    Schedule,
    st.lists(st.integers(0, 60), max_size=6, unique=True).map(tuple),
    st.sampled_from([0, 1, 2, 7, 10, 30]),
)


@given(schedules, st.sets(st.integers(-70, 90), max_size=60), st.integers(-70, 20))
def test_over_any_days_run_or_missed_each_step_comes_once_and_the_latest_is_never_lost(
    schedule, days, since
):
    """Worked out the long way: a step's day is the due date and so many days."""
    every_step = {-days for days in schedule.before}
    if schedule.every:
        every_step |= set(range(schedule.every, 100, schedule.every))
    sent: list[int] = []
    for late in sorted(days):
        step = step_owed(
            schedule,
            DUE,
            DUE + timedelta(days=late),
            since=DUE + timedelta(days=since),
            last=sent[-1] if sent else None,
        )
        if step is not None:
            sent.append(step)
        come = [each for each in every_step if each <= late]
        if come and max(come) >= since:
            assert max(come) in sent
    assert len(sent) == len(set(sent)) <= len(days)
    assert set(sent) <= {step for step in every_step if step >= since}


@given(st.sets(st.integers(0, 60), max_size=40))
def test_once_a_week_whichever_days_ran(days):
    start, told = date(2026, 3, 2), []  # a Monday
    for day in sorted(days):
        week = week_owed(
            start + timedelta(days=day), since=LONG_AGO, last=told[-1] if told else None
        )
        if week is not None:
            told.append(week)
    assert told == sorted({start + timedelta(days=day - day % 7) for day in days})
    assert week_owed(date(2026, 3, 4), since=date(2026, 3, 3), last=None) is None


def test_the_hour_is_londons():
    """7am is 7 o'clock UTC on Saturday, 28 March 2026, and 6 o'clock the day after."""
    for day, hour, minute, sends in (
        (28, 6, 59, False), (28, 7, 0, True), (29, 5, 59, False), (29, 6, 0, True),
    ):  # fmt: skip
        now = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        assert (day_to_send(now, 7) == date(2026, 3, day)) is sends
    # 1am is left out on that Sunday, and midnight in London is 11pm UTC from then on.
    assert day_to_send(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), 1) == date(2026, 3, 29)
    assert day_to_send(datetime(2026, 3, 29, 23, 0, tzinfo=UTC), 0) == date(2026, 3, 30)


def test_how_far_off_in_words():
    words = [until_due(DUE, DUE + timedelta(days=late)) for late in (-14, -1, 0, 1, 7)]
    assert words == ["in 14 days", "tomorrow", "today", "yesterday", "7 days ago"]
