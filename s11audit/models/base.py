"""The declarative base, the naming convention of constraints, and the column types of ours."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, MetaData, String, types
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from s11audit.domain.enums import Category

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class UtcDateTime(types.TypeDecorator[datetime]):
    """A moment: aware datetimes go in and come out, UTC is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(types.TypeDecorator[StrEnum]):
    """A member of a closed list, stored as its value. The table's CHECK holds the list too."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        self.enum = enum
        super().__init__(max(len(member.value) for member in enum) + 8)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.enum(value)


class CategorySet(types.TypeDecorator[tuple[Category, ...]]):
    """An agency's categories, stored sorted and joined by ';' with one at each end.

    One column instead of a child table: every list of a thousand agencies reads it in the same
    query, and a filter is `LIKE '%;police;%'`.
    """

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value
        return ";" + ";".join(sorted({Category(item).value for item in value})) + ";"

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Category, ...] | None:
        if value is None:
            return None
        return tuple(Category(item) for item in value.strip(";").split(";") if item)


def one_of(column: str, values: Iterable[str], *, name: str | None = None) -> CheckConstraint:
    """Return the CHECK that keeps `column` (NULL aside) to `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f'"{column}" IN ({listed})', name=name or f"{column}_listed")


def migration_type(kind: str, item: Any, _context: Any) -> str | bool:
    """Write our column types into new migrations as the plain ones they store (Alembic's
    `render_item`): a migration must not change when the code does."""
    if kind == "type" and isinstance(item, types.TypeDecorator):
        plain = item.impl_instance
        return f"sa.{plain!r}"
    return False
