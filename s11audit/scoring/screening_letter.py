"""The ready letter that sends a return back: its confirmed points, as requests to the agency.

It goes out by e-mail, so that it repeats no personal data, and it names no other agency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s11audit.domain.enums import ScreeningRule as R
from s11audit.scoring.personal_data import personal_data

LONGEST_QUOTE = 160

# What the agency is asked to do, by rule; {passage} is what was found.
REQUESTS: dict[R | None, str] = {
    R.MISSING: "{passage}. Please add it.",
    R.NA_REASON: "Not applicable or not known, without a reason that says why: {passage}. "
    "Please give the reason.",
    R.SHORT: "The evidence statement has fewer than 30 words. Please say what you do, how you "
    "know that it works, and what difference it has made.",
    R.COPIED: "The evidence statement is the same, or nearly the same, as {other}. Please write "
    "it for this standard, and as things stand now.",
    R.ABOVE_SUGGESTION: "{passage} Please look at the rating again, or say in the statement why "
    "you rate it higher.",
    R.NO_EVIDENCE: "It is rated green, but there is no evidence. Please attach or link to some.",
    R.POLICY_ONLY: "It is rated green, and all the evidence is policies: {passage}. Please add "
    "evidence of what is done, or of the difference it makes.",
    R.OUT_OF_DATE: "This evidence is past its review date. {passage}. Please bring it up to date.",
    R.PERCENTAGE_LOW: "{passage}. Please say what you will do about it.",
    R.PERCENTAGE_CHANGED: "{passage}. Please check the figures, and say why they changed so much.",
    R.PERSONAL_DATA: "It seems to hold personal data ({about}). Please take it out: a return "
    "must not name or identify a child or a family.",
    None: "{passage}",
}
OPENING = (
    "Thank you for your return. We have read it, and ask you to look at the following before it "
    "goes to the quality assurance group."
)
CLOSING = "Please change or add what is needed, and submit the return again."


@dataclass(frozen=True)
class Confirmed:
    """A point that was confirmed; `rule` is None for one that was added by hand."""

    standard: int
    rule: R | None
    passage: str
    about: str = ""


def letter(points: Sequence[Confirmed], titles: Mapping[int, str]) -> str:
    """Return the letter: the points by standard in their order, each as a request. `titles` names
    the standards. Requests that would read the same are made once."""
    parts = [OPENING]
    for number in sorted({point.standard for point in points}):
        title = titles.get(number, "")
        requests = dict.fromkeys(_request(point) for point in points if point.standard == number)
        heading = f"Standard {number}, {title}" if title else f"Standard {number}"
        parts.append("\n".join([heading, *(f"- {each}" for each in requests)]))
    return "\n\n".join([*parts, CLOSING])


def _request(point: Confirmed) -> str:
    return REQUESTS[point.rule].format(
        passage=point.passage if point.rule is None else _quote(point),
        about=point.about or "a name or a number",
        other=_other(point.about),
    )


def _quote(point: Confirmed) -> str:
    """The passage on one line, cut where it is long, and left out where it is personal."""
    text = " ".join(point.passage.split()).rstrip(".")
    if personal_data(text):
        return "(not repeated here: it seems to hold personal data)"
    if point.rule is R.ABOVE_SUGGESTION:
        return f"{text}."
    return f"{text[:LONGEST_QUOTE].rsplit(' ', 1)[0]} …" if len(text) > LONGEST_QUOTE else text


def _other(about: str) -> str:
    """What the statement is like, with other agencies left unnamed."""
    first = about.split(";")[0]
    if first.endswith("of this return"):
        return f"{first}’s"
    return "the one you sent in last time" if "the agency’s own return" in first else "another one"
