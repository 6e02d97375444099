"""Which answers of an earlier cycle can be taken over (domain rule 51). Plain values in and out."""

from collections.abc import Mapping
from dataclasses import dataclass

from s11audit.scoring.answers import read_answer
from s11audit.scoring.words import is_blank

_KINDS = {"judgement": "a judgement", "percentage": "a figure", "text": "a text"}


@dataclass(frozen=True)
class Offer:
    """An earlier answer beside a question. `why_not` says why it cannot be taken over; empty
    where it can."""

    key: str
    question: str
    words: str
    value: Mapping[str, object]
    why_not: str


def offer(kind: str, earlier: Mapping[str, object]) -> Offer:
    """Return the offer of an earlier answer, as a snapshot holds it ("key", "kind", "text",
    "answer", "in_words"), for a question of `kind`."""
    was_kind = str(earlier["kind"])
    value = earlier.get("answer")
    stored = dict(value) if isinstance(value, Mapping) else {}
    answer = read_answer(was_kind, stored)
    why_not = ""
    if answer.is_blank():
        why_not = "It was not answered."
    elif was_kind != kind:
        why_not = (
            f"It was {_KINDS.get(was_kind, 'another kind of question')} and is "
            f"{_KINDS.get(kind, 'another')} now, so it cannot be taken over."
        )
    return Offer(
        str(earlier["key"]), str(earlier["text"]), str(earlier["in_words"]), stored, why_not
    )


def is_offered_for(current_blank: bool, offered: Offer) -> bool:
    """Whether an answer can be taken over now: nothing that was typed is replaced."""
    return current_blank and not offered.why_not


def has_anything(part: Mapping[str, object]) -> bool:
    """Whether a snapshot's part for a standard says anything at all."""
    requirements = part.get("requirements")
    answers = [
        each.get("answer") for each in (requirements if isinstance(requirements, list) else [])
    ]
    rating = part.get("self_rating")
    rated = rating.get("rag") if isinstance(rating, Mapping) else None
    return bool(any(answers) or not is_blank(str(part.get("statement") or "")) or rated)
