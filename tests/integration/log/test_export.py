"""The exported log, proved by the program that docs/formats.md prints, which is not ours to run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.exchange.log_lines import log_lines
from s11audit.services.log_payloads import erase_names
from s11audit.services.log_proof import verify
from tests import factories as make
from tests.integration.log.chains import NOBODY, add, of_version_1, row, take_out

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture
def prove(tmp_path):
    """Return the function that runs the printed program on lines and returns what it says last."""
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    (printed,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    program, export = tmp_path / "prove.py", tmp_path / "log.jsonl"
    program.write_text(printed, encoding="utf-8")

    def run(lines):
        export.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(program), str(export)], capture_output=True, text=True
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()

    return run


def altered(lines, number, **values):
    """Return the lines with the columns of one of them changed."""
    line = json.loads(lines[number - 1]) | values
    return [*lines[: number - 1], json.dumps(line), *lines[number:]]


def test_an_export_is_proved_by_the_printed_program(session, prove):
    board, person = make.board(session), make.user(session)
    jane = Actor(person.id, "Jane Łódź", "jane@example.org")
    add(session, board.id, jane, statement="We met Sam.")
    for number in range(3):
        add(session, board.id, OPERATOR, number=number)
    of_version_1(session)
    session.info["address"] = "2001:db8::7"
    add(session, board.id, jane, statement="“Sam” again.")
    for sequence, words in ((1, "We met -."), (5, "- again."), (5, "-")):
        take_out(session, sequence, words)
    assert erase_names(session, OPERATOR, Role.ADMIN, person.id, NOBODY, now=make.NOW) == 2
    session.commit()
    assert verify(session) == (9, None)

    lines = list(log_lines(session, f"board:{board.id}"))
    assert list(log_lines(session)) == lines and len(lines) == 9
    assert not any("Sam" in line or "Jane" in line for line in lines)
    first, fifth = json.loads(lines[0]), json.loads(lines[4])
    assert first["payload"]["redactions"] == 2 and fifth["payload"]["redactions"] == 3
    assert (fifth["address"], "address" in first) == ("2001:db8::7", False)
    head = row(session, 9).hash
    assert prove(lines) == (0, [f"board:{board.id}: 9 entries, head {head}", "whole"])

    payload = json.loads(lines[4])["payload"]
    for wrong, number in (
        (altered(lines, 1, role="qa"), 1),
        (altered(lines, 2, what="nothing"), 2),
        (altered(lines, 5, address="192.0.2.1"), 5),
        (altered(lines, 5, payload=payload | {"document": "{}"}), 5),
        ([*lines[:2], *lines[3:]], 4),
    ):
        code, told = prove(wrong)
        assert (code, told[-1]) == (1, f"broken at ('board:{board.id}', {number})")
