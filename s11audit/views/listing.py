"""What lists read from their address, and the addresses of their other pages."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import current_app, request, url_for

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_SEARCH = 200


def page_number() -> int:
    """Return the page that the address asks for; 1 where it says nothing sensible."""
    text = request.args.get("page", "")
    return int(text) if text.isdecimal() and len(text) <= 6 else 1


def number_in(name: str) -> int | None:
    """Return a number from the address, or None where there is none that could be an id."""
    return number_of(request.args.get(name))


def number_of(text: str | int | None) -> int | None:
    """Return the number that `text` is, or None where it is none that could be an id. A hidden
    field that was left out of what was sent holds the number that the page was made with."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def choice_in(name: str, choices: type[Choice]) -> Choice | None:
    """Return a member of a closed list from the address, or None."""
    text = request.args.get(name, "")
    return choices(text) if text in {member.value for member in choices} else None


def search_in(name: str = "search") -> str:
    """Return the words searched for, without what no database can hold."""
    text = request.args.get(name, "").encode("utf-8", "ignore").decode()
    return " ".join(text.replace("\x00", "").split())[:LONGEST_SEARCH]


def same_list(**changed: Any) -> str:
    """Return the address of this list with the filters it has, some of them changed; the page
    is left out unless given."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}
    kept = {name: value for name, value in (kept | changed).items() if value not in (None, "")}
    assert request.endpoint is not None  # a list is drawn for an address that leads to it
    return url_for(request.endpoint, **{**(request.view_args or {}), **kept})


def page_url() -> Callable[[int], str]:
    """Return the function that gives the address of another page of this list."""
    return lambda number: same_list(page=number)


def link_to(endpoint: str, **values: Any) -> str | None:
    """Return a page's address; None where the installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
