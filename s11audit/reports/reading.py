"""Reads what the database keeps, or adds up, as one text. Many agencies share the same, and pages
are opened again: reading is most of a large table's time, so that each text is read once."""

import json
from collections.abc import Mapping
from functools import lru_cache

from s11audit.domain.enums import Category, Rag
from s11audit.scoring.compliance_table import ImprovementFacts

Ratings = Mapping[int, Rag | None]
RAGS = {rag.value: rag for rag in Rag}


@lru_cache(maxsize=4096)
def read_self(stored: str) -> Ratings:
    """Read a submission's self ratings as they are stored."""
    return {int(number): RAGS[rag] if rag else None for number, rag in json.loads(stored).items()}


@lru_cache(maxsize=4096)
def read_improvements(told: str) -> tuple[ImprovementFacts, ...]:
    """Read "2:1:0 0:0:1": actions, verified, reason for none accepted."""
    found = (tuple(map(int, each.split(":"))) for each in told.split())
    return tuple(ImprovementFacts(actions, done, bool(none)) for actions, done, none in found)


@lru_cache(maxsize=4096)
def read_agreed(ratings: str) -> Ratings:
    """Read "1:green 2:amber:disputed", without what was disputed."""
    parts = (part.split(":") for part in ratings.split(" "))
    return {int(part[0]): RAGS[part[1]] for part in parts}


@lru_cache(maxsize=4096)
def read_disputed(ratings: str) -> frozenset[int]:
    """Read which standards of "1:green 2:amber:disputed" were disputed."""
    parts = (part.split(":") for part in ratings.split(" "))
    return frozenset(int(part[0]) for part in parts if len(part) > 2)


@lru_cache(maxsize=1024)
def read_categories(stored: str) -> tuple[Category, ...]:
    """Read a return's categories as they are stored, in the order of the list of categories."""
    held = set(stored.strip(";").split(";"))
    return tuple(category for category in Category if category.value in held)
