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
from s11audit.services.log_hashes import canonical, digest
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


def excused(lines, number, **values):
    """Return the lines with one altered, and with an entry at their end that says of it what is
    said of an entry of 0.1.0 whose name was erased."""
    lines = altered(lines, number, **values)
    line, last = json.loads(lines[number - 1]), json.loads(lines[-1])
    columns = {
        name: line[name] for name in line if name not in ("previous_hash", "hash", "payload")
    }
    if line["version"] == 1:
        columns = columns | {"who": line["payload"]["who"]}
        del columns["version"]
    held = {name: line["payload"][name] for name in ("document", "salt", "who")}
    there = digest(canonical(held))
    item = {"entry": number, "from": there, "to": there, "row": digest(canonical(columns))}
    payload = {"document": canonical({"after": {"entries": [item]}}), "salt": "", "who": "x"}
    forged = {name: last[name] for name in columns | {"version": 2} if name != "address"} | {
        "sequence": last["sequence"] + 1,
        "payload_hash": digest(payload["document"]),
    }
    forged["hash"] = digest(last["hash"] + canonical(forged))
    return [*lines, json.dumps(forged | {"previous_hash": last["hash"], "payload": payload})]


def test_an_export_is_proved_by_the_printed_program(session, prove):
    board, person = make.board(session), make.user(session)
    jane = Actor(person.id, "Jane Łódź", "jane@example.org")
    add(session, board.id, jane, statement="We met Sam.")
    for number in range(3):
        add(session, board.id, OPERATOR, number=number)
    of_version_1(session)
    session.info["address"] = "2001:db8::7"
    add(session, board.id, jane, statement="“Sam” again.")
    for sequence, words in ((1, "We met -."), (6, "- again."), (6, "-")):
        take_out(session, sequence, words)
    assert erase_names(session, OPERATOR, Role.ADMIN, person.id, NOBODY, now=make.NOW) == 2
    session.commit()
    assert verify(session) == (10, None)

    lines = list(log_lines(session, f"board:{board.id}"))
    assert list(log_lines(session)) == lines and len(lines) == 10
    assert not any("Sam" in line or "Jane" in line for line in lines)
    first, sixth = json.loads(lines[0]), json.loads(lines[5])
    assert first["payload"]["redactions"] == 2 and sixth["payload"]["redactions"] == 3
    assert (sixth["address"], "address" in first) == ("2001:db8::7", False)
    head = row(session, 10).hash
    assert prove(lines) == (0, [f"board:{board.id}: 10 entries, head {head}", "whole"])

    payload = json.loads(lines[5])["payload"]
    for wrong, number in (
        (altered(lines, 1, role="qa"), 1),
        (altered(lines, 2, what="nothing"), 2),
        (altered(lines, 6, address="192.0.2.1"), 6),
        (altered(lines, 6, payload=payload | {"document": "{}"}), 6),
        ([*lines[:2], *lines[3:]], 4),
        (excused(lines, 6, role="qa"), 6),
        (excused(lines, 5, role="qa", version=1), 6),
    ):
        code, told = prove(wrong)
        assert (code, told[-1]) == (1, f"broken at ('board:{board.id}', {number})")
