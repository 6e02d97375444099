"""`s11audit backup`, `restore` and `check`, as an operator runs them."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.integration.commands.running import Operator


def test_a_board_is_backed_up_and_restored(operator: Operator) -> None:
    assert "the database is empty" in operator.refused("backup", str(operator.folder / "a.zip"))
    operator.ok("board", "add", "north-shire", "North Shire")
    file = str(operator.folder / "a.zip")
    said = operator.ok("backup", file)
    assert "read back and checked" in said and "SHA-256 " in said
    assert operator.refused("backup", file).endswith("A backup never writes over a file.\n")
    other = Operator(operator.folder / "other")
    (operator.folder / "other").mkdir()
    before = operator.everything()
    said = other.ok("restore", file)
    assert f"The backup of {datetime.now(UTC).day} " in said
    assert "The log is whole: 2 entries checked." in said
    assert other.everything()["board"] == before["board"]
    assert "The database is not empty." in other.refused("restore", file)
    assert "not a backup of s11audit" in other.refused("restore", other.write("b.zip", "Dear Sir"))
    assert "No such file" in other.refused("restore", "nowhere.zip", code=1)
    said = other.refused("backup", "nowhere/a.zip", code=1)
    assert said.startswith("nowhere/a.zip: the backup cannot be written (No such file")
    assert "Name a file in a folder that is there" in said
    looked = other.run("check", "--deep")
    assert looked.exit_code == 1
    assert looked.stdout.splitlines() == [
        "worker (wrong): It has not been heard of at all. Start s11audit-worker or s11audit serve.",
        "1 thing is wrong.",
    ]
