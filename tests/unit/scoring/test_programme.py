"""The rolling programme's proposals, and quarters."""

from datetime import date

from s11audit.domain.quarters import Quarter, quarter_of, read_quarter
from s11audit.scoring.programme import Slot, ToPlan, proposals

DUE = date(2026, 3, 1)
TOO_SOON = Slot(1, date(2026, 3, 28))  # 27 days after
MAY, JULY = Slot(2, date(2026, 5, 12)), Slot(3, date(2026, 7, 14), taken=1)


def test_returns_are_spread_over_the_meetings_after_their_review():
    returns = [ToPlan(1, "college", DUE), ToPlan(2, "Ambulance Trust", DUE),
               ToPlan(3, "Police", DUE), ToPlan(4, "Late", date(2026, 8, 1))]  # fmt: skip
    # In name order: Ambulance Trust to May (0 against 1), College to May (1 and 1: the earlier),
    # Police to July (2 against 1); nothing comes after August.
    assert proposals(returns, [TOO_SOON, MAY, JULY]) == {2: 2, 1: 2, 3: 3}
    assert proposals(returns, []) == {}
    assert proposals(returns[:1], [Slot(5, date(2026, 3, 29))]) == {1: 5}
    assert proposals([ToPlan(1, "College", date.max)], [MAY]) == {}


def test_quarters():
    third = Quarter(2026, 3)
    assert (third.first_day, third.last_day) == (date(2026, 7, 1), date(2026, 9, 30))
    assert third.words == "July to September 2026"
    assert (str(third), read_quarter("2026-Q3")) == ("2026-Q3", third)
    assert (Quarter(2026, 4).next, Quarter(2027, 1).before) == (Quarter(2027, 1), Quarter(2026, 4))
    assert [quarter_of(date(2026, month, 1)).number for month in (1, 3, 4, 12)] == [1, 1, 2, 4]
    assert read_quarter("2026-Q5") is read_quarter("0001-Q1") is read_quarter("x") is None
