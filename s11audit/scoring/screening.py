"""The first read of a return that came in: what the board office should look at (domain rule 15).

Everything but likeness to other agencies, for which the texts of all are needed: `likeness`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from s11audit.domain.enums import AskFor, EvidenceKind, Rag, ScreeningRule
from s11audit.scoring import likeness
from s11audit.scoring.answers import Answer, Judgement, Outcome, Percentage, Text, Threshold
from s11audit.scoring.evidence_marks import marks
from s11audit.scoring.personal_data import personal_data
from s11audit.scoring.ratings import Suggestion
from s11audit.scoring.reasons import is_real_reason
from s11audit.scoring.words import count_words, is_blank

FEWEST_WORDS = 30
MOST_POINTS = 20
LONGEST_PASSAGE = 2000

_NO_SUGGESTION = Suggestion(None, "")
_RANK = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2}
_WORDS = {Rag.RED: "Red", Rag.AMBER: "Amber", Rag.GREEN: "Green", Rag.NA: "Not applicable"}


@dataclass(frozen=True)
class ReadAnswer:
    """A requirement that was asked, and what was answered."""

    key: str
    answer: Answer


@dataclass(frozen=True)
class ReadEvidence:
    """A piece of evidence: its kind, how it is called, when it is to be reviewed."""

    kind: EvidenceKind
    name: str
    review_on: date | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadStandard:
    """An agency's part for one standard, as it was sent in.

    `carried`: its statement was carried over from last time, to be brought up to date by its
    `progress`; `still_true`: the agency said that all of it still holds.
    """

    number: int
    statement_ask: AskFor = AskFor.REQUIRED
    self_rating_ask: AskFor = AskFor.REQUIRED
    self_rating: Rag | None = None
    na_reason: str = ""
    statement: str = ""
    answers: tuple[ReadAnswer, ...] = ()
    suggestion: Suggestion = _NO_SUGGESTION
    evidence: tuple[ReadEvidence, ...] = ()
    proposed: tuple[str, ...] = ()
    progress: str = ""
    carried: bool = False
    still_true: bool = False


@dataclass(frozen=True)
class LastTime:
    """What the agency sent in before: its statements by standard, and its percentages by the key
    of the requirement that asks the same now."""

    called: str = "last time"
    statements: Mapping[int, str] = field(default_factory=dict)
    percentages: Mapping[str, Percentage] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadReturn:
    """A return as it was sent in on a day in London. `met_at` is the tool's upper threshold.

    `holds_answers` is False for one that came from a file without answers to the questions: they
    cannot be missing then.
    """

    agency: str
    sent_on: date
    standards: Sequence[ReadStandard]
    met_at: Threshold = 95
    holds_answers: bool = True
    last: LastTime | None = None


@dataclass(frozen=True)
class Point:
    """Something to look at: where, which rule, the passage, and what it is like or seems to be."""

    standard: int
    rule: ScreeningRule
    passage: str
    about: str = ""


_ORDER = {rule: place for place, rule in enumerate(ScreeningRule)}


def in_order(points: Sequence[Point]) -> list[Point]:
    """Return the points of a return by standard, then in the order of the rules; those of one
    rule as they were found."""
    return sorted(points, key=lambda point: (point.standard, _ORDER[point.rule]))


def read_alone(return_: ReadReturn) -> list[Point]:
    """Return every point of a return that can be found without the other agencies' returns, but
    for what is copied."""
    points = [point for standard in return_.standards for point in _of_standard(return_, standard)]
    return in_order(points)


def copied_from_last_time(return_: ReadReturn) -> dict[int, Point]:
    """Return, by standard, the statements that are like one of the agency's own last time."""
    if return_.last is None:
        return {}
    earlier = [
        (number, shingles)
        for number, text in sorted(return_.last.statements.items())
        if (shingles := likeness.shingles(text))
    ]
    found: dict[int, Point] = {}
    for standard in return_.standards:
        if not comparable(standard) or standard.carried:
            continue
        own = likeness.shingles(standard.statement)
        # Its own standard first, then the others in their order.
        places = sorted(earlier, key=lambda each: (each[0] != standard.number, each[0]))
        number = likeness.first_alike(own, places)
        if number is not None:
            found[standard.number] = copied(
                standard,
                return_.last.statements[number],
                f"standard {number} of {return_.last.called}",
            )
    return found


def comparable(standard: ReadStandard) -> bool:
    """Return whether the statement of a standard is held against others at all."""
    return standard.self_rating is not Rag.NA and not is_blank(standard.statement)


def copied(standard: ReadStandard, other: str, about: str) -> Point:
    """Return the point that a statement is like `other`, which `about` names."""
    passage = likeness.shared_passage(standard.statement, other) or standard.statement
    return Point(standard.number, ScreeningRule.COPIED, _cut(passage), about)


def _of_standard(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    if standard.self_rating is Rag.NA:
        if not is_real_reason(standard.na_reason, return_.agency):
            yield _reason(standard, "", standard.na_reason)
    else:
        yield from _missing(return_, standard)
        yield from _reasons(return_, standard)
        yield from _short(standard)
        yield from _above(standard)
        yield from _evidence(return_, standard)
        yield from _percentages(return_, standard)
    yield from _personal(return_, standard)


def _missing(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    if standard.still_true:
        return
    if return_.holds_answers:
        for each in standard.answers:
            if not each.answer.is_answered() and not _lacks_reason(each.answer):
                yield _point(
                    standard,
                    ScreeningRule.MISSING,
                    f"Question {each.key}: {_lower(each.answer.in_words())}",
                )
    if standard.statement_ask is AskFor.REQUIRED and is_blank(standard.statement):
        yield _point(standard, ScreeningRule.MISSING, "There is no evidence statement")
    if standard.self_rating_ask is AskFor.REQUIRED and standard.self_rating is None:
        yield _point(standard, ScreeningRule.MISSING, "There is no self rating")


def _lacks_reason(answer: Answer) -> bool:
    """Whether the answer is whole but for its reason, which is another rule's."""
    if isinstance(answer, Judgement):
        return answer.value is Outcome.NA
    return isinstance(answer, Percentage) and answer.not_known


def _reasons(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    for each in standard.answers:
        if not _lacks_reason(each.answer):
            continue
        given = _given_reason(each.answer)
        if not is_real_reason(given, return_.agency):
            yield _reason(standard, each.key, given)


def _given_reason(answer: Answer) -> str:
    if isinstance(answer, Judgement):
        return answer.na_reason
    return answer.not_known_reason if isinstance(answer, Percentage) else ""


def _reason(standard: ReadStandard, key: str, given: str) -> Point:
    words = "no reason is given" if is_blank(given) else given
    passage = f"Question {key}: {words}" if key else words[:1].upper() + words[1:]
    return _point(standard, ScreeningRule.NA_REASON, passage)


def _short(standard: ReadStandard) -> Iterator[Point]:
    if standard.statement_ask is AskFor.ABSENT or standard.still_true:
        return
    if 0 < count_words(standard.statement) < FEWEST_WORDS:
        yield _point(standard, ScreeningRule.SHORT, standard.statement)


def _above(standard: ReadStandard) -> Iterator[Point]:
    own, suggested = standard.self_rating, standard.suggestion.rag
    if own in _RANK and suggested in _RANK and _RANK[own] > _RANK[suggested]:
        yield _point(
            standard,
            ScreeningRule.ABOVE_SUGGESTION,
            f"Rated {_WORDS[own].lower()}. Suggested: {_lower(standard.suggestion.reason)}",
        )


def _evidence(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    if standard.self_rating is not Rag.GREEN:
        return
    if not standard.evidence:
        yield _point(standard, ScreeningRule.NO_EVIDENCE, "Rated green, with no evidence")
        return
    for mark in marks(standard.self_rating, standard.evidence, return_.sent_on):
        yield _point(standard, mark.rule, mark.passage)


def _percentages(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    for each in standard.answers:
        answer = each.answer
        share = answer.share() if isinstance(answer, Percentage) else None
        if share is None:
            continue
        told = f"Question {each.key}: {answer.in_words()}"
        if share < Fraction(str(return_.met_at)):
            passage = f"{told}. The tool’s threshold is {return_.met_at}%"
            yield _point(standard, ScreeningRule.PERCENTAGE_LOW, passage)
        before = return_.last.percentages.get(each.key) if return_.last else None
        was = before.share() if before else None
        if before and not standard.still_true and was is not None and abs(share - was) > 20:
            passage = f"{told}. Last time: {before.in_words()}"
            yield _point(standard, ScreeningRule.PERCENTAGE_CHANGED, passage)


def _personal(return_: ReadReturn, standard: ReadStandard) -> Iterator[Point]:
    found = 0
    for text in _texts(standard):
        for each in personal_data(text, return_.sent_on):
            found += 1
            if found > MOST_POINTS:
                return
            yield Point(standard.number, ScreeningRule.PERSONAL_DATA, _cut(each.passage), each.kind)


def _texts(standard: ReadStandard) -> Iterator[str]:
    """Everything that was typed for the standard, in the order of its page."""
    for each in standard.answers:
        yield each.answer.text if isinstance(each.answer, Text) else _given_reason(each.answer)
    yield standard.statement
    yield standard.progress
    yield standard.na_reason
    for item in standard.evidence:
        yield item.name
        yield from item.texts
    yield from standard.proposed


def _point(standard: ReadStandard, rule: ScreeningRule, passage: str) -> Point:
    return Point(standard.number, rule, _cut(passage))


def _cut(passage: str) -> str:
    passage = passage.strip()
    if len(passage) <= LONGEST_PASSAGE:
        return passage
    return f"{passage[: LONGEST_PASSAGE - 2].rstrip()} …"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
