"""`s11audit person`: the copy for somebody who asks, and what is refused."""

import json
import zipfile
from pathlib import Path

from tests.integration.commands.running import Operator


def test_a_copy_is_written_for_whoever_asks(operator: Operator) -> None:
    operator.ok("board", "add", "north", "North Board")
    operator.ok("user", "add", "anna@example.org", "--role", "office", "--board", "north")
    file = str(operator.folder / "anna.zip")
    assert file in operator.ok("person", "export", "anna@example.org", "-o", file, "--name", "Anna")
    with zipfile.ZipFile(file) as archive:
        held = json.loads(archive.read("held.json"))
    assert [each["role"] for each in held["invitations"]] == ["Board office"]
    assert held["account"] is None
    nobody = str(operator.folder / "nobody.zip")
    said = operator.refused("person", "export", "nobody@example.org", "-o", nobody)
    assert "Nothing is held" in said
    asked = ("person", "erase", "anna@example.org", "--confirm", "x", "--reason", "Asked.")
    assert "anna@example.org names no account" in operator.refused(*asked)
    assert "names no account" in operator.refused("user", "unbind", "anna@example.org")
    assert Path(file).stat().st_mode & 0o777 == 0o600  # what it holds is that person's
    away = str(operator.folder / "no folder" / "anna.zip")
    said = operator.refused(
        "person", "export", "anna@example.org", "-o", away, "--name", "Anna", code=1
    )
    assert f"{away}: the file cannot be written (No such file or directory)." in said
    assert "The log is whole" in operator.ok("log", "verify")
