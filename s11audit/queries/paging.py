"""Lists by the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list: its items, its number from 1, how many pages and items there are."""

    items: Sequence[Item]
    number: int
    pages: int
    total: int


def page_of(
    session: Session,
    ordered: Select[*tuple[Any, ...]],
    *,
    page: int,
    length: int,
    rows: bool = False,
) -> Page[Any]:
    """Return a page of what `ordered` (which has a total order) finds, in two queries. A number
    out of range leads to the nearest page. With `rows` items are rows, else single values."""
    total = session.scalar(select(func.count()).select_from(ordered.order_by(None).subquery())) or 0
    pages = max(1, -(-total // length))
    number = min(max(page, 1), pages)
    limited = ordered.limit(length).offset((number - 1) * length)
    items = session.execute(limited).all() if rows else session.scalars(limited).all()
    return Page(items, number, pages, total)
