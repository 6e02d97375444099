"""Every text that the database holds is classified, once, and the page on privacy says the same."""

from pathlib import Path

import sqlalchemy as sa

from s11audit.domain.held import HELD, Held
from s11audit.models import Base
from s11audit.models.base import CategorySet, EnumText
from tests.support.held_table import table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_text_column_is_classified() -> None:
    found, known = set(), set()
    for each in Base.metadata.tables.values():
        for column in each.columns:
            if isinstance(column.type, CategorySet | EnumText):
                continue
            kind = column.type
            plain = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
            if isinstance(plain, sa.String | sa.JSON | sa.LargeBinary):
                found.add(f"{each.name}.{column.name}")
    for name, kept in HELD.items():
        known |= {f"{name}.{column}" for column in kept.columns}
    assert found - known == set(), "say in s11audit/domain/held.py what these columns hold"
    assert known - found == set(), "s11audit/domain/held.py names columns that there are not"


def test_what_people_wrote_of_people_names_them() -> None:
    for name, kept in HELD.items():
        personal = {Held.PERSON, Held.ACCOUNT} & set(kept.columns.values())
        assert kept.whom or not personal, name


def test_the_page_on_privacy_has_the_table() -> None:
    page = (DOCS / "privacy.md").read_text()
    assert table() in page, "write it anew: python -m tests.support.held_table"
