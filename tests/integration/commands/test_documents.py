"""The pages on commands and settings say what the code does: no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from s11audit.cli import main
from s11audit.exchange import agencies, compliance_table, return_rows
from s11audit.paths import settings_module

DOCS = Path(__file__).resolve().parents[3] / "docs"


def commands(group: click.Group, prefix: str) -> dict[str, click.Command]:
    """Return every command below a group by its full name."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix} {name}")
        else:
            found[f"{prefix} {name}"] = command
    return found


COMMANDS = commands(main, "s11audit")


def sections() -> dict[str, str]:
    """Return what docs/commands.md says of each command."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `([^`]+)`$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_command_has_its_section_and_no_other() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_accepted_and_every_option_is_shown(name: str) -> None:
    section, command = sections()[name], COMMANDS[name]
    options = {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts[:1]
    }
    shown = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", section)) - {"-"}
    known = {option for each in command.params for option in each.opts} | {"--help"}
    assert shown <= known
    missing = {option for option in options if option not in shown and f"`{option}" not in section}
    assert missing <= {"--output"}, missing


def test_every_setting_is_listed_and_no_other() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `S11AUDIT_(\w+)` \| [^|]+ \| (.+) \|$", text, flags=re.MULTILINE))
    assert rows == {each.name: each.purpose for each in settings_module().SETTINGS}


def test_every_column_of_the_imports_is_explained() -> None:
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    for column in (
        *agencies.COLUMNS, *agencies.OPTIONAL, *return_rows.COLUMNS, *compliance_table.COLUMNS,
    ):  # fmt: skip
        assert f"| `{column}` |" in text, column
