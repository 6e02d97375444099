"""Every threat of docs/security.md names a test that there is, and that is run."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def rows() -> list[list[str]]:
    """Return the cells of each row of the table of threats."""
    _, _, after = PAGE.read_text(encoding="utf-8").partition("\n## Threats\n")
    lines = [line for line in after.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def collected_from(path: str) -> frozenset[str]:
    """Return the tests that pytest collects from a file: its functions of that name, and none
    that it would skip or expect to fail."""
    file = ROOT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    left_out = ("skip", "xfail")
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(word in ast.dump(each) for each in node.decorator_list for word in left_out)
    )


def test_every_threat_names_a_test_that_is_run() -> None:
    assert len(rows()) > 60
    for row in rows():
        assert len(row) == 3, row
        assert all(row), row
        named = NAMED.findall(row[2])
        assert named, row
        for path, name in named:
            assert name in collected_from(path), f"{row[0]}: there is no {path}::{name}"


def test_no_threat_is_named_twice() -> None:
    told = [row[0] for row in rows()]
    assert sorted(told) == sorted(set(told))
