"""Answers to a tool's requirements: what each kind holds, and what it comes to (domain rule 2).

One frozen class for each kind of question. A new kind is one class here (or anywhere pure),
passed to `register`, and one field mapping for its form. An answer may be an unfinished draft:
it can always be stored and read back; `problems` says what stops it from being sent in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, Protocol, Self, TypeVar

from s11audit.domain import dates
from s11audit.domain.errors import Invalid
from s11audit.scoring.words import is_blank

Threshold = int | float | Decimal | Fraction
"""A percentage from 0 to 100 as a tool states it. A float is taken as it is written."""

NOT_ANSWERED = "Not answered"


class Outcome(StrEnum):
    """What an answer comes to. An unanswered requirement has none."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    NA = "na"


OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.MET: "Met",
    Outcome.PARTLY_MET: "Partly met",
    Outcome.NOT_MET: "Not met",
    Outcome.NA: "Not applicable",
}


class Answer(Protocol):
    """What every kind of answer can do.

    `counts` is False for kinds that are left out of the suggested rating; a counting answer
    whose `outcome` is None is unanswered.
    """

    kind: ClassVar[str]
    counts: ClassVar[bool]

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        """Read what `to_stored` gave; missing keys are blank. `Invalid` for a wrong type."""

    def to_stored(self) -> dict[str, object]:
        """Return the answer as JSON can hold it."""

    def is_blank(self) -> bool:
        """Return whether nothing has been chosen or typed."""

    def is_answered(self) -> bool:
        """Return whether the answer is whole and makes sense."""

    def problems(self, today: date) -> dict[str, str]:
        """Return what stops the answer from being sent in, by field name; `today` in London."""

    def outcome(self, met_at: Threshold, partly_above: Threshold) -> Outcome | None:
        """Return what the answer comes to; None when it is left out or not answered."""

    def in_words(self) -> str:
        """Return the answer as a person reads it."""


ANSWER_KINDS: dict[str, type[Answer]] = {}

AnswerClass = TypeVar("AnswerClass", bound=Answer)


def register(cls: type[AnswerClass]) -> type[AnswerClass]:
    """Make an answer class known by its `kind`; usable as a decorator.

    Raises `ValueError` when another class already has that kind.
    """
    if ANSWER_KINDS.setdefault(cls.kind, cls) is not cls:
        raise ValueError(f"There is already a kind of answer called {cls.kind!r}.")
    return cls


def read_answer(kind: str, stored: Mapping[str, object] | None) -> Answer:
    """Return the answer of `kind` that was stored; a blank one for None.

    Raises `Invalid` for an unknown kind or stored values of a wrong type.
    """
    if kind not in ANSWER_KINDS:
        raise Invalid(f"There is no kind of question called “{kind}”.")
    return ANSWER_KINDS[kind].from_stored(stored or {})


@register
@dataclass(frozen=True)
class Judgement:
    """Met, partly met, not met, or not applicable with a reason."""

    kind: ClassVar[str] = "judgement"
    counts: ClassVar[bool] = True

    value: Outcome | None = None
    na_reason: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        value = _text(stored, "value")
        if value and value not in list(Outcome):
            raise Invalid(f"“{value}” is no answer to a judgement.", {"value": _CHOOSE})
        return cls(Outcome(value) if value else None, _text(stored, "na_reason"))

    def to_stored(self) -> dict[str, object]:
        return {"value": self.value.value if self.value else None, "na_reason": self.na_reason}

    def is_blank(self) -> bool:
        return self.value is None and is_blank(self.na_reason)

    def is_answered(self) -> bool:
        """Not applicable is an answer only with its reason (domain rule 2)."""
        if self.value is Outcome.NA:
            return not is_blank(self.na_reason)
        return self.value is not None

    def problems(self, today: date) -> dict[str, str]:
        if self.value is None:
            return {"value": _CHOOSE}
        if not self.is_answered():
            return {"na_reason": "Say why this does not apply to your agency"}
        return {}

    def outcome(self, met_at: Threshold, partly_above: Threshold) -> Outcome | None:
        return self.value if self.is_answered() else None

    def in_words(self) -> str:
        if self.value is None:
            return NOT_ANSWERED
        words = OUTCOME_WORDS[self.value]
        if self.value is Outcome.NA:
            return f"{words}: {self.na_reason if self.is_answered() else 'no reason given'}"
        return words


@register
@dataclass(frozen=True)
class Percentage:
    """So many of so many on a date; or not known, with a reason, which counts as not met.

    There is no "not applicable": a denominator of 0 is refused, and an agency with nobody to
    count says so as the reason for "not known". What was typed and could not be read as a
    number or a date is kept in `unread` as (field, text), so that a draft loses nothing.
    """

    kind: ClassVar[str] = "percentage"
    counts: ClassVar[bool] = True

    numerator: int | None = None
    denominator: int | None = None
    as_of: date | None = None
    not_known: bool = False
    not_known_reason: str = ""
    unread: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_typed(
        cls,
        numerator: str,
        denominator: str,
        as_of: str | date | None,
        not_known: bool = False,
        not_known_reason: str = "",
    ) -> Self:
        """Read what a person typed: "1,240" is a number, `as_of` a date or YYYY-MM-DD.

        Whatever cannot be read is kept in `unread`.
        """
        unread: list[tuple[str, str]] = []
        counts: list[int | None] = []
        for name, typed in (("numerator", numerator), ("denominator", denominator)):
            counts.append(_whole_number(typed))
            if counts[-1] is None and not is_blank(typed):
                unread.append((name, typed))
        day = as_of if isinstance(as_of, date) else _day(as_of or "")
        if day is None and isinstance(as_of, str) and not is_blank(as_of):
            unread.append(("as_of", as_of))
        return cls(counts[0], counts[1], day, not_known, not_known_reason, tuple(unread))

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        day = _text(stored, "as_of")
        if day and _day(day) is None:
            raise Invalid("The stored date is no date.", {"as_of": "Enter a real date"})
        not_known, unread = stored.get("not_known", False), stored.get("unread", {})
        if not isinstance(not_known, bool) or not isinstance(unread, Mapping):
            raise Invalid("The stored percentage cannot be read.")
        return cls(
            _number(stored, "numerator"),
            _number(stored, "denominator"),
            _day(day),
            not_known,
            _text(stored, "not_known_reason"),
            tuple((str(name), str(typed)) for name, typed in unread.items()),
        )

    def to_stored(self) -> dict[str, object]:
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "not_known": self.not_known,
            "not_known_reason": self.not_known_reason,
            "unread": dict(self.unread),
        }

    def is_blank(self) -> bool:
        return self == Percentage()

    def is_answered(self) -> bool:
        """Whole numbers that make sense, with their date; or not known, with its reason.

        Numbers beside "not known" are kept and do not count.
        """
        if self.not_known:
            return not is_blank(self.not_known_reason)
        return not self.unread and self.as_of is not None and self._share() is not None

    def problems(self, today: date) -> dict[str, str]:
        if self.not_known:
            return {} if self.is_answered() else {"not_known_reason": "Say why it is not known"}
        unread = dict(self.unread)
        found: dict[str, str] = {}
        for name in ("numerator", "denominator"):
            number: int | None = getattr(self, name)
            if name in unread:
                found[name] = "Enter a whole number, such as 45"
            elif number is None:
                found[name] = "Enter a number, or choose “not known”"
            elif number < 0:
                found[name] = "Enter a number that is not below 0"
        if "denominator" not in found and self.denominator == 0:
            found["denominator"] = (
                "The total must be at least 1. If there is nobody to count, choose “not known” "
                "and say so"
            )
        if not found and self._share() is None:
            found["numerator"] = (
                f"Enter a number that is not above the total of {self.denominator:,}"
            )
        if "as_of" in unread:
            found["as_of"] = "Enter a real date"
        elif self.as_of is None:
            found["as_of"] = "Enter the date the numbers were taken"
        elif self.as_of > today:
            found["as_of"] = "Enter a date that is not in the future"
        return found

    def outcome(self, met_at: Threshold, partly_above: Threshold) -> Outcome | None:
        """Met at or above `met_at`, partly met strictly above `partly_above`, compared exactly."""
        if not self.is_answered():
            return None
        share = None if self.not_known else self._share()
        if share is None:
            return Outcome.NOT_MET
        if share >= _exact(met_at):
            return Outcome.MET
        return Outcome.PARTLY_MET if share > _exact(partly_above) else Outcome.NOT_MET

    def share(self) -> Fraction | None:
        """Return the exact percentage; None where it is not known or not fully answered."""
        return self._share() if self.is_answered() and not self.not_known else None

    def in_words(self) -> str:
        if self.not_known:
            return (
                f"Not known: {self.not_known_reason if self.is_answered() else 'no reason given'}"
            )
        if self.is_blank():
            return NOT_ANSWERED
        unread = dict(self.unread)
        shown = {
            name: unread.get(name, "not given" if number is None else f"{number:,}")
            for name, number in (("numerator", self.numerator), ("denominator", self.denominator))
        }
        share = None if unread else self._share()
        percent = "" if share is None else f" ({_percent_in_words(share)})"
        day = dates.in_words(self.as_of) if self.as_of else unread.get("as_of", "a date not given")
        return f"{shown['numerator']} of {shown['denominator']}{percent}, at {day}"

    def _share(self) -> Fraction | None:
        """The exact percentage; None where the two numbers make none."""
        if self.numerator is None or self.denominator is None:
            return None
        if self.denominator < 1 or not 0 <= self.numerator <= self.denominator:
            return None
        return Fraction(100 * self.numerator, self.denominator)


@register
@dataclass(frozen=True)
class Text:
    """A short answer in words; left out of the suggested rating."""

    kind: ClassVar[str] = "text"
    counts: ClassVar[bool] = False

    text: str = ""

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        return cls(_text(stored, "text"))

    def to_stored(self) -> dict[str, object]:
        return {"text": self.text}

    def is_blank(self) -> bool:
        return is_blank(self.text)

    def is_answered(self) -> bool:
        return not self.is_blank()

    def problems(self, today: date) -> dict[str, str]:
        return {} if self.is_answered() else {"text": "Enter an answer"}

    def outcome(self, met_at: Threshold, partly_above: Threshold) -> Outcome | None:
        return None

    def in_words(self) -> str:
        return NOT_ANSWERED if self.is_blank() else self.text


_CHOOSE = "Choose met, partly met, not met or not applicable"


def _exact(threshold: Threshold) -> Fraction:
    return Fraction(str(threshold)) if isinstance(threshold, float) else Fraction(threshold)


def _percent_in_words(share: Fraction) -> str:
    """One decimal at most, rounded down: what is below a threshold never reads as if at it."""
    tenths = share * 10 // 1
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def _whole_number(typed: str) -> int | None:
    digits = typed.strip().replace(",", "").replace(" ", "")
    unsigned = digits.removeprefix("-")
    if not (unsigned.isascii() and unsigned.isdigit() and len(unsigned) <= 9):
        return None
    return int(digits)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def _text(stored: Mapping[str, object], key: str) -> str:
    value = stored.get(key)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"The stored value of {key} is no text.", {key: "Enter words"})
    return value or ""


def _number(stored: Mapping[str, object], key: str) -> int | None:
    value = stored.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise Invalid(f"The stored value of {key} is no whole number.", {key: "Enter a number"})
    return value
