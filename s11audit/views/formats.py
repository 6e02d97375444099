"""How addresses name things and how templates word them: converters and filters."""

from datetime import datetime
from enum import StrEnum

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from s11audit.domain import dates
from s11audit.domain.wording import in_words
from s11audit.scoring.differences import Piece, differences, folded


class Slug(BaseConverter):
    """A board's slug or a tool's key: lower-case letters, digits and hyphens."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class Number(IntegerConverter):
    """A number that the database can hold; a larger one names nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def words(value: StrEnum | None) -> str:
    """Return how a member of a closed list is shown, "Not started"; None is an empty text."""
    return "" if value is None else in_words(value)


def day(moment: datetime) -> str:
    """Return the day in London of a moment, "4 March 2026"."""
    return dates.in_words(dates.london_today(moment))


def told_apart(before: str, after: str) -> list[Piece]:
    """Return the pieces by which a page shows what changed, word by word (domain rule 75)."""
    return folded(differences(before, after))


def register(app: Flask) -> None:
    """Add the converters, the filters `date`, `day`, `moment` and `words`, and `differences`."""
    app.url_map.converters["int"] = Number
    app.url_map.converters["slug"] = Slug
    app.jinja_env.filters["date"] = dates.in_words
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["moment"] = dates.moment_in_words
    app.jinja_env.filters["words"] = words
    app.jinja_env.globals["differences"] = told_apart
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
