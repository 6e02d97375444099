"""How far reviewers' ratings of one standard lie apart, in words (domain rule 21)."""

from collections.abc import Sequence

from s11audit.scoring.words import listed
from s11audit.tools.schema import RatingChoice


def differ(choices: Sequence[RatingChoice]) -> bool:
    """Return whether reviewers chose different ratings."""
    return len({choice.label for choice in choices}) > 1


def in_words(choices: Sequence[RatingChoice]) -> str:
    """Return "Reviewers differ: green and red", each rating once, in the tool's order as given, or
    that they agree, or that nobody rated."""
    titles: list[str] = []
    for choice in choices:
        if choice.title.lower() not in titles:
            titles.append(choice.title.lower())
    if not titles:
        return "No reviewer has rated this standard"
    if len(choices) == 1:
        return f"One reviewer: {titles[0]}"
    if len(titles) == 1:
        return f"Reviewers agree: {titles[0]}"
    return f"Reviewers differ: {listed(titles)}"
