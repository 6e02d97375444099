"""What CONTRIBUTING.md says of files, checked."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 500
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
KINDS = {".py", ".html", ".js", ".css", ".md", ".yaml", ".toml", ".txt", ".json"}
FIXED = ("s11audit", "s11audit/forms", "s11audit/scoring", "migrations", "templates", "tests")


def ours() -> Iterator[Path]:
    """Every text file that git keeps or will keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in KINDS and path.is_file():
            yield path


def test_the_fixed_names_of_the_top_level_are_there() -> None:
    for name in FIXED:
        assert (ROOT / name).is_dir(), name
    for name in ("config.py", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        assert (ROOT / name).is_file(), name


def test_no_file_of_code_is_longer_than_it_may_be() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in ours()
        if path.suffix in (".py", ".html", ".js", ".css")
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
        and path.parent.name != "migrations"
    }
    assert not long


def test_every_name_says_what_is_inside() -> None:
    assert not [path for path in ours() if path.stem in VAGUE or path.parent.name in VAGUE]


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"(#|//|<!--|\{#|/\*)\s*(TODO|FIXME|XXX)\b")
    assert not [path for path in ours() if marks.search(path.read_text(encoding="utf-8"))]


def test_no_package_registry_is_named() -> None:
    hosts = re.compile(r"registry\.npm" r"js\.org|py" r"pi\.org|registry\.yarn" r"pkg\.com")
    assert not [path for path in ours() if hosts.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "s11audit").rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_module_and_public_function_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    if {"services", "queries", "domain", "scoring"} & set(path.parts):
        silent += [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert not silent
