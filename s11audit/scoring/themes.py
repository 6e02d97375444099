"""Counts what was tagged with a theme: agencies, never passages, and always of how many."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from s11audit.domain.enums import Category, TagKind

FEWEST = 3
"""A published figure of a category stands for at least so many agencies that returned."""


Group = tuple[Category, ...]
"""Categories that are counted together; mostly one."""


@dataclass(frozen=True)
class Returned:
    """An agency that returned in the stage, its categories, and the standards it was asked."""

    agency: int
    categories: tuple[Category, ...]
    standards: frozenset[int]


@dataclass(frozen=True)
class Tagged:
    """A passage of an agency was tagged under a standard."""

    agency: int
    standard: int
    kind: TagKind


@dataclass(frozen=True)
class Count:
    """How many agencies a theme was found at, as what, and of how many that returned."""

    agencies: int
    strengths: int
    developments: int
    of: int

    @property
    def words(self) -> str:
        """Return "5 of 26 returned"."""
        return f"{self.agencies:,} of {self.of:,} returned"


@dataclass(frozen=True)
class ThemeCounts:
    """A theme's figures for one stage: in all, by category and by standard."""

    total: Count
    by_category: Mapping[Group, Count]
    by_standard: Mapping[int, Count]


@dataclass(frozen=True)
class Frame:
    """Who is counted over: all agencies that returned, and those of each group of categories and
    of each standard. It is made once for all themes of a stage."""

    everybody: frozenset[int]
    groups: Mapping[Group, frozenset[int]]
    standards: Mapping[int, frozenset[int]]


def frame_of(returned: Collection[Returned], groups: Collection[Group] | None = None) -> Frame:
    """Return who is counted over, by these groups of categories, or else by each category. An
    agency of two categories is in both; categories and standards that nobody returned for are
    left out."""
    numbers = sorted({number for each in returned for number in each.standards})
    return Frame(
        frozenset(each.agency for each in returned),
        {
            group: frozenset(each.agency for each in returned if set(group) & set(each.categories))
            for group in (alone(returned) if groups is None else groups)
        },
        {
            number: frozenset(each.agency for each in returned if number in each.standards)
            for number in numbers
        },
    )


def theme_counts(frame: Frame, tags: Iterable[Tagged]) -> ThemeCounts:
    """Return the figures of one theme's tags. Tags of agencies that have not returned count
    nowhere."""
    counted = [each for each in tags if each.agency in frame.everybody]
    of_standard: dict[int, list[Tagged]] = {}
    for each in counted:
        of_standard.setdefault(each.standard, []).append(each)
    return ThemeCounts(
        _count(frame.everybody, counted),
        {group: _count(members, counted) for group, members in frame.groups.items()},
        {
            number: _count(members, of_standard.get(number, []))
            for number, members in frame.standards.items()
        },
    )


def _count(members: frozenset[int], tags: Iterable[Tagged]) -> Count:
    found = [each for each in tags if each.agency in members]
    return Count(
        len({each.agency for each in found}),
        len({each.agency for each in found if each.kind is TagKind.STRENGTH}),
        len({each.agency for each in found if each.kind is TagKind.DEVELOPMENT}),
        len(members),
    )


def alone(returned: Iterable[Returned]) -> tuple[Group, ...]:
    """Return each category that anybody returned in, by itself."""
    found = {category for each in returned for category in each.categories}
    return tuple((category,) for category in Category if category in found)


def published_groups(returned: Collection[Returned]) -> tuple[Group, ...]:
    """Return the categories as they may be published: each alone where at least three agencies
    of it returned; the smaller ones together, with as many of the next smallest as it takes for
    three agencies, so that no figure, and no rest of a sum, stands for one or two. Nothing where
    even all together are fewer."""
    members = {
        group[0]: {each.agency for each in returned if group[0] in each.categories}
        for group in alone(returned)
    }
    order = list(Category)
    by_size = sorted(members, key=lambda each: (len(members[each]), order.index(each)))
    together: list[Category] = [each for each in by_size if len(members[each]) < FEWEST]
    rest = [each for each in by_size if each not in together]
    while together and len(set[int]().union(*(members[each] for each in together))) < FEWEST:
        if not rest:
            return ()
        together.append(rest.pop(0))
    groups: list[Group] = [(each,) for each in order if each in rest]
    if together:
        groups.append(tuple(each for each in order if each in together))
    return tuple(groups)


def enough_to_publish(returned: int) -> bool:
    """Return whether so many agencies returned that a figure tells of none in particular."""
    return returned >= FEWEST


def names_in(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the agencies' names that a text holds, as whole words, whatever their
    capitals, punctuation or a leading "the"; and their initials in capitals where there are three
    or more ("NVC"). A person has to read the text all the same: no list knows every nickname."""
    words, capitals = f" {_plain(text)} ", set(re.findall(r"[A-Z]{3,}", text))
    found = []
    for name in names:
        plain = _plain(name).removeprefix("the ")
        initials = "".join(word[0] for word in name.split() if word[0].isupper())
        if (plain and f" {plain} " in words) or (len(initials) >= 3 and initials in capitals):
            found.append(name)
    return tuple(found)


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).casefold()
    return " ".join(re.findall(r"\w+", re.sub(r"['’]", "", composed)))


def is_part_of(passage: str, whole: str) -> bool:
    """Return whether a passage consists of words of a text as they stand, white space aside."""
    return bool(passage.split()) and " ".join(passage.split()) in " ".join(whole.split())
