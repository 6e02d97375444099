"""Domain rule 2: what each kind of answer holds and comes to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Rag
from s11audit.domain.errors import Invalid
from s11audit.scoring.answers import (
    ANSWER_KINDS,
    Answer,
    Judgement,
    Outcome,
    Percentage,
    Text,
    Threshold,
    read_answer,
    register,
)
from s11audit.scoring.ratings import RequirementFacts, suggest

TODAY = date(2026, 3, 4)
MARCH = date(2026, 3, 1)

maybe_number = st.none() | st.integers(-5, 10**9)
answers = st.one_of(
    st.builds(Judgement, st.none() | st.sampled_from(Outcome), st.text(max_size=8)),
    st.builds(Text, st.text(max_size=8)),
    st.builds(
        Percentage,
        maybe_number,
        maybe_number,
        st.none() | st.dates(),
        st.booleans(),
        st.text(max_size=8),
    ),
    st.builds(Percentage.from_typed, st.text(max_size=5), st.text(max_size=5), st.text(max_size=9)),
)


def percentage(numerator: int, denominator: int) -> Percentage:
    return Percentage(numerator, denominator, MARCH)


@given(answers, st.dates())
def test_every_answer_comes_back_from_store_and_agrees_with_itself(
    answer: Answer, today: date
) -> None:
    stored = json.loads(json.dumps(answer.to_stored()))
    assert read_answer(answer.kind, stored) == answer
    if not answer.problems(today):
        assert answer.is_answered()
    if answer.is_blank():
        assert not answer.is_answered()
        assert answer.in_words() == "Not answered"
    assert (answer.outcome(95, 50) is not None) == (answer.counts and answer.is_answered())


def test_a_blank_answer_of_every_kind() -> None:
    for kind in ("judgement", "percentage", "text"):
        answer = read_answer(kind, None)
        assert answer.is_blank()
        assert not answer.is_answered()
        assert answer.problems(TODAY)
        assert answer.outcome(95, 50) is None


@pytest.mark.parametrize("value", list(Outcome))
def test_a_judgement_comes_to_what_was_chosen(value: Outcome) -> None:
    answer = Judgement(value, "We employ nobody")
    assert answer.outcome(95, 50) is value
    assert answer.problems(TODAY) == {}


def test_not_applicable_without_its_reason_is_no_answer() -> None:
    answer = Judgement(Outcome.NA, " \n ")
    assert not answer.is_answered()
    assert not answer.is_blank()
    assert answer.outcome(95, 50) is None
    assert answer.problems(TODAY) == {"na_reason": "Say why this does not apply to your agency"}
    assert answer.in_words() == "Not applicable: no reason given"


def test_a_judgement_in_words() -> None:
    assert Judgement(Outcome.PARTLY_MET).in_words() == "Partly met"
    assert Judgement(Outcome.NA, "No staff").in_words() == "Not applicable: No staff"


@pytest.mark.parametrize(
    ("numerator", "denominator", "met_at", "partly_above", "outcome"),
    [
        (90, 100, 90, 50, Outcome.MET),  # at the upper threshold
        (45, 50, 90, 50, Outcome.MET),
        (899, 1000, 90, 50, Outcome.PARTLY_MET),
        (89_999_999, 100_000_000, 90, 50, Outcome.PARTLY_MET),
        (501, 1000, 90, 50, Outcome.PARTLY_MET),
        (50, 100, 90, 50, Outcome.NOT_MET),  # at the lower one: strictly above is needed
        (0, 7, 90, 50, Outcome.NOT_MET),
        (0, 7, 90, 0, Outcome.NOT_MET),
        (1, 7, 90, 0, Outcome.PARTLY_MET),
        (7, 7, 100, 0, Outcome.MET),
        (0, 1, 0, 0, Outcome.MET),
        (1, 3, Fraction(100, 3), 0, Outcome.MET),
        (1, 1000, 0.1, 0, Outcome.MET),  # 0.1 as written, not as a binary float
        (3, 1000, 0.3, 0, Outcome.MET),
        (29, 100, 29.0, 0, Outcome.MET),
        (875, 1000, Decimal("87.5"), 50, Outcome.MET),
        (3, 1000, 90, 0.3, Outcome.NOT_MET),
    ],
)
def test_percentage_thresholds(
    numerator: int,
    denominator: int,
    met_at: Threshold,
    partly_above: Threshold,
    outcome: Outcome,
) -> None:
    assert percentage(numerator, denominator).outcome(met_at, partly_above) is outcome


@given(st.integers(1, 10**9), st.data(), st.integers(0, 100), st.integers(0, 100))
def test_percentage_thresholds_by_whole_numbers(
    denominator: int, data: st.DataObject, first: int, second: int
) -> None:
    numerator = data.draw(st.integers(0, denominator))
    lower, upper = sorted((first, second))
    if numerator * 100 >= upper * denominator:
        expected = Outcome.MET
    elif numerator * 100 > lower * denominator:
        expected = Outcome.PARTLY_MET
    else:
        expected = Outcome.NOT_MET
    assert percentage(numerator, denominator).outcome(upper, lower) is expected


def test_not_known_with_a_reason_counts_as_not_met_whatever_the_numbers() -> None:
    answer = Percentage(50, 50, MARCH, True, "The records moved")
    assert answer.outcome(95, 50) is Outcome.NOT_MET
    assert answer.problems(TODAY) == {}
    assert answer.in_words() == "Not known: The records moved"


def test_not_known_without_a_reason_is_no_answer() -> None:
    answer = Percentage(not_known=True)
    assert answer.outcome(95, 50) is None
    assert not answer.is_blank()
    assert answer.problems(TODAY) == {"not_known_reason": "Say why it is not known"}
    assert answer.in_words() == "Not known: no reason given"


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (Percentage(), {"numerator", "denominator", "as_of"}),
        (Percentage(45, 50), {"as_of"}),
        (Percentage(45, None, MARCH), {"denominator"}),
        (Percentage(None, 50, MARCH), {"numerator"}),
        (Percentage(51, 50, MARCH), {"numerator"}),
        (Percentage(-1, 50, MARCH), {"numerator"}),
        (Percentage(0, -1, MARCH), {"denominator"}),
        (Percentage(0, 0, MARCH), {"denominator"}),
        (Percentage(45, 50, date(2026, 3, 5)), {"as_of"}),
        (Percentage(45, 50, TODAY), set()),
        (Percentage(50, 50, MARCH), set()),
        (Percentage(0, 50, MARCH), set()),
    ],
)
def test_percentage_problems(answer: Percentage, fields: set[str]) -> None:
    assert set(answer.problems(TODAY)) == fields


@pytest.mark.parametrize(
    "answer",
    [
        Percentage(45, 50),
        Percentage(51, 50, MARCH),
        Percentage(-1, 50, MARCH),
        Percentage(0, 0, MARCH),
        Percentage(45, 50, MARCH, unread=(("numerator", "45ish"),)),
    ],
)
def test_a_percentage_that_makes_no_sense_is_unanswered(answer: Percentage) -> None:
    assert not answer.is_answered()
    assert answer.outcome(95, 50) is None


def test_nothing_typed_is_lost() -> None:
    answer = Percentage.from_typed("45ish", "all 50", "31 2 2026", False, "")
    assert answer.unread == (
        ("numerator", "45ish"),
        ("denominator", "all 50"),
        ("as_of", "31 2 2026"),
    )
    assert answer.problems(TODAY) == {
        "numerator": "Enter a whole number, such as 45",
        "denominator": "Enter a whole number, such as 45",
        "as_of": "Enter a real date",
    }
    assert answer.in_words() == "45ish of all 50, at 31 2 2026"
    assert Percentage.from_stored(answer.to_stored()) == answer


@pytest.mark.parametrize(
    ("typed", "number"),
    [("45", 45), (" 1,240 ", 1240), ("-3", -3), ("999999999", 999_999_999)],
)
def test_numbers_that_are_read(typed: str, number: int) -> None:
    answer = Percentage.from_typed(typed, "", None)
    assert (answer.numerator, answer.unread) == (number, ())


@pytest.mark.parametrize("typed", ["4.5", "four", "1e3", "²", "٣", "--4", "-", "1" * 5000, "50%"])
def test_numbers_that_are_kept_as_typed(typed: str) -> None:
    answer = Percentage.from_typed(typed, "", None)
    assert (answer.numerator, answer.unread) == (None, (("numerator", typed),))


def test_dates_are_read() -> None:
    assert Percentage.from_typed("", "", "2026-03-01").as_of == MARCH
    assert Percentage.from_typed("", "", MARCH).as_of == MARCH
    assert Percentage.from_typed(" ", "", "").is_blank()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (percentage(45, 50), "45 of 50 (90%), at 1 March 2026"),
        (percentage(1240, 1860), "1,240 of 1,860 (66.6%), at 1 March 2026"),
        (percentage(8999, 10000), "8,999 of 10,000 (89.9%), at 1 March 2026"),
        (Percentage(45, None), "45 of not given, at a date not given"),
        (Percentage(45, 40, MARCH), "45 of 40, at 1 March 2026"),
    ],
)
def test_a_percentage_in_words(answer: Percentage, words: str) -> None:
    assert answer.in_words() == words


def test_text_is_left_out() -> None:
    answer = Text("Our policy is on the intranet")
    assert answer.is_answered()
    assert not Text.counts
    assert answer.outcome(95, 50) is None
    assert answer.problems(TODAY) == {}
    assert answer.in_words() == "Our policy is on the intranet"
    assert Text(" \u3000").problems(TODAY) == {"text": "Enter an answer"}


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("judgement", {"value": "perhaps"}),
        ("judgement", {"value": 3}),
        ("percentage", {"numerator": "45"}),
        ("percentage", {"numerator": True}),
        ("percentage", {"as_of": "yesterday"}),
        ("percentage", {"not_known": "yes"}),
        ("percentage", {"unread": ["45ish"]}),
        ("text", {"text": ["a"]}),
        ("colour", {}),
    ],
)
def test_what_no_answer_stores_is_refused(kind: str, stored: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_answer(kind, stored)


@dataclass(frozen=True)
class YesNo:
    """A kind of question that the product does not have."""

    kind: ClassVar[str] = "yes_no"
    counts: ClassVar[bool] = True

    yes: bool | None = None

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        yes = stored.get("yes")
        return cls(yes if isinstance(yes, bool) else None)

    def to_stored(self) -> dict[str, object]:
        return {"yes": self.yes}

    def is_blank(self) -> bool:
        return self.yes is None

    def is_answered(self) -> bool:
        return self.yes is not None

    def problems(self, today: date) -> dict[str, str]:
        return {} if self.is_answered() else {"yes": "Choose yes or no"}

    def outcome(self, met_at: Threshold, partly_above: Threshold) -> Outcome | None:
        if self.yes is None:
            return None
        return Outcome.MET if self.yes else Outcome.NOT_MET

    def in_words(self) -> str:
        return {None: "Not answered", True: "Yes", False: "No"}[self.yes]


@pytest.fixture
def yes_no() -> Iterator[None]:
    register(YesNo)
    yield
    del ANSWER_KINDS["yes_no"]


@pytest.mark.usefixtures("yes_no")
def test_a_new_kind_is_one_class() -> None:
    answer = read_answer("yes_no", {"yes": True})
    facts = RequirementFacts("1.1", False, answer.counts, answer.outcome(95, 50))
    assert suggest([facts]).rag is Rag.GREEN


def test_a_kind_is_registered_once() -> None:
    assert register(Text) is Text

    @dataclass(frozen=True)
    class Another(YesNo):
        kind: ClassVar[str] = "text"

    with pytest.raises(ValueError, match="text"):
        register(Another)
    assert set(ANSWER_KINDS) == {"judgement", "percentage", "text"}
