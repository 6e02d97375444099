"""The command line as the README gives it: what each command says and leaves behind."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from s11audit import transactions
from s11audit.cli import main
from s11audit.domain.dates import in_words, london_today
from s11audit.tools import loader
from tests.integration.commands.running import Operator
from tests.support.tampering import unguarded

AGENCIES = """agency,category,participation
Ærø Trust,nhs_provider,full
Blue Council,council;education,full
Court Service,other,advisory
"""


@pytest.fixture
def board(operator: Operator) -> Operator:
    """An operator with a board of three agencies."""
    operator.ok("board", "add", "north", "North Shire Board")
    operator.ok("import", "agencies", operator.write("agencies.csv", AGENCIES), "--board", "north")
    return operator


def test_init_makes_the_database_and_may_be_repeated(operator: Operator) -> None:
    assert operator.ok("init") == "The database is ready.\n"
    assert operator.ok("init") == "The database is ready.\n"
    assert "board" in operator.everything()


def test_a_command_makes_an_empty_database_ready(operator: Operator) -> None:
    told = operator.ok("board", "add", "north", "North Shire Board")
    assert told == "The board “North Shire Board” is ready. Its short name is north.\n"
    assert "There is already a board" in operator.refused("board", "add", "north", "Again")
    assert "small letters" in operator.refused("board", "add", "North!", "X")


def test_a_database_of_another_version_is_not_touched(operator: Operator) -> None:
    operator.ok("init")
    engine = create_engine(operator.url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert "run s11audit init" in operator.refused("log", "verify")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    engine.dispose()
    assert "later version" in operator.refused("log", "verify")


def test_cycle_open_makes_the_returns_of_every_stage(board: Operator) -> None:
    today = london_today(datetime.now(UTC))
    due = [today + timedelta(days=20), today + timedelta(days=385)]
    told = board.ok(
        "cycle", "open", "--board", "north", "--name", "Audit", "--tool", "lancashire-2012",
        "--due", ",".join(day.isoformat() for day in due), "--include-advisory",
    )  # fmt: skip
    assert told.splitlines() == [
        "The cycle “Audit” is open on Section 11 audit tool 2012 (Lancashire).",
        f"Stage 1: due {in_words(due[0])}, open now, 3 returns.",
        f"Stage 2: due {in_words(due[1])}, opens {in_words(due[0] + timedelta(days=1))}, "
        "3 returns.",
    ]
    other = board.ok(
        "cycle", "open", "--board", "north", "--name", "Other", "--tool", "working-together-2023",
        "--due", due[0].isoformat(), "--basis", "confirmed",
    )  # fmt: skip
    assert "2 returns." in other


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--board", "nowhere", "--due", "2030-01-01"], "There is no board “nowhere”."),
        (["--board", "north", "--due", "2030-02-30"], "“2030-02-30” is not a date"),
        (["--board", "north", "--due", "20300201"], "“20300201” is not a date"),
        (["--board", "north", "--due", "2030-W01-1"], "“2030-W01-1” is not a date"),
        (["--board", "north", "--due", ""], "is not a date"),
        (["--board", "north", "--due", "2031-01-01,2030-01-01"], ""),
        (["--board", "north"], "Missing option '--due'."),
        (["--board", "north", "--due", "2030-01-01", "--basis", "none"], "'none' is not one of"),
    ],
)
def test_cycle_open_refuses_in_one_sentence(board: Operator, options: list[str], told: str) -> None:
    before = board.everything()
    refused = board.refused(
        "cycle", "open", "--name", "Audit", "--tool", "lancashire-2012", *options
    )
    assert told in refused
    assert refused.count("\n") == 1
    assert board.everything() == before


def test_an_unknown_tool_and_a_name_that_is_taken(board: Operator) -> None:
    options = ["--board", "north", "--name", "Audit", "--due", "2030-01-01"]
    assert "no tool" in board.refused("cycle", "open", *options, "--tool", "nonsense")
    board.ok("cycle", "open", *options, "--tool", "lancashire-2012")
    board.refused("cycle", "open", *options, "--tool", "lancashire-2012")


def test_user_add_prints_a_link_that_works_once(board: Operator) -> None:
    told = board.ok("user", "add", "a@example.org", "--role", "office", "--board", "north")
    assert told.splitlines()[-1].startswith("http://127.0.0.1:8000/invitations/")
    told = board.ok(
        "user", "add", "b@example.org", "--role", "lead", "--board", "north", "--agency",
        "ÆRØ TRUST",
    )  # fmt: skip
    assert "lead" in told
    assert "http" in board.ok("user", "add", "c@example.org", "--role", "admin")
    told = board.ok("user", "add", "d@example.org", "--role", "scrutineer", "--board", "north")
    assert "until" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--role", "lead", "--agency", "X"], "--agency needs --board."),
        (["--role", "lead", "--board", "north"], "give --board and --agency"),
        (["--role", "office"], "give --board alone"),
        (["--role", "office", "--board", "north", "--agency", "X"], "give --board alone"),
        (["--role", "admin", "--board", "north"], "leave --board out"),
        (["--role", "king"], "'king' is not one of"),
        (["--role", "lead", "--board", "north", "--agency", "Nobody"], "no agency “Nobody”"),
    ],
)
def test_user_add_refuses_what_does_not_fit(board: Operator, options: list[str], told: str) -> None:
    assert told in board.refused("user", "add", "a@example.org", *options)


def test_user_add_refuses_what_is_no_address(board: Operator) -> None:
    board.refused("user", "add", "not an address", "--role", "office", "--board", "north")


def test_tools_are_listed_checked_and_added(operator: Operator) -> None:
    listed = operator.ok("tools", "list")
    for key in loader.builtin_keys():
        assert f"{key}  version 1" in listed
    own = loader.builtin_text("lancashire-2012").replace("key: lancashire-2012", "key: ours")
    file = operator.write("ours.yaml", own)
    assert operator.ok("tools", "check", file) == (
        "ours.yaml is in order: ours version 1, 9 standards with 24 requirements.\n"
    )
    assert "ours version 1" in operator.ok("tools", "add", file)
    assert "added for every board" in operator.ok("tools", "list")
    assert "already published" in operator.refused("tools", "add", file)
    wrong = operator.write("wrong.yaml", own.replace("rag: green", "rag: orange"))
    for command in ("check", "add"):
        assert "wrong.yaml, line 28, ratings.1.rag: " in operator.refused("tools", command, wrong)
    assert "cannot be read" in operator.refused("tools", "check", str(operator.folder / "none"))


def test_the_log_is_exported_and_verified(board: Operator) -> None:
    assert board.ok("log", "verify").startswith("The log is whole: ")
    everything = board.ok("log", "export").splitlines()
    of_board = board.ok("log", "export", "--board", "north").splitlines()
    of_installation = board.ok("log", "export", "--installation").splitlines()
    assert [*of_board, *of_installation] == everything
    last = json.loads(of_board[-1])
    assert (
        board.ok("log", "verify", "--head", last["hash"][:12])
        .splitlines()[1]
        .startswith(f"That hash is entry {last['sequence']} of board north, made at ")
    )
    assert "is in no chain of it" in board.refused("log", "verify", "--head", "0" * 64, code=1)
    assert "--head needs a hash" in board.refused("log", "verify", "--head", "what")
    assert "not both" in board.refused("log", "export", "--board", "north", "--installation")
    file = board.folder / "log.jsonl"
    board.ok("log", "export", "-o", str(file))
    assert file.read_text(encoding="utf-8").splitlines() == everything
    engine = create_engine(board.url)
    with engine.begin() as connection, unguarded(connection):
        connection.execute(text("UPDATE audit_log SET who = 'somebody' WHERE sequence = 2"))
    engine.dispose()
    told = board.refused("log", "verify", code=1)
    assert told == "The log is broken at board:1, entry 2: the row was altered.\n"
    with engine.begin() as connection, unguarded(connection):
        connection.execute(text("DELETE FROM audit_payload"))
        connection.execute(text("DELETE FROM audit_log"))
    engine.dispose()
    told = board.refused("log", "verify", code=1)
    assert told == "The log is broken at board:1, entry 1: row 1 is missing.\n"
    nowhere = Operator(board.folder / "elsewhere")
    for command in (("log", "verify"), ("log", "export")):
        assert "There is no database of s11audit at sqlite" in nowhere.refused(*command, code=1)
    assert not (nowhere.folder / "data" / "s11audit.db").exists()
    nowhere.ok("init")
    assert nowhere.ok("log", "verify") == "The log is whole: 0 entries checked.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["board", "add", "x"], "Missing argument 'NAME'."),
        (["import", "agencies"], "Missing argument 'FILE'."),
        (["report"], "Missing argument 'compliance|standards'. Choose from: compliance, standards"),
        (["board", "add", "x", "bad\udcff"], "holds a character that cannot be shown"),
        (["log", "verify", "bad\udcff"], "Got unexpected extra argument"),
        (["user", "add", "bad\udcff@example.org", "--role", "admin"], "not text in UTF-8"),
        (["report", "nothing"], "'nothing' is not one of 'compliance', 'standards'."),
        (["serve", "--port", "x"], "'x' is not a valid integer range"),
        (["--nonsense"], "No such option"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(
    operator: Operator, arguments: list[str], told: str
) -> None:
    refused = operator.refused(*arguments)
    assert told in refused
    assert refused.count("\n") == 1


def test_a_setting_that_cannot_be_read(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S11AUDIT_MAIL_PORT", "many")
    assert "S11AUDIT_MAIL_PORT: 'many' cannot be read" in operator.refused("log", "verify")
    assert "S11AUDIT_MAIL_PORT" in operator.refused("init")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("S11AUDIT_SECRET_KEY", "too-short", "it must be at least 32 characters"),
        ("S11AUDIT_DATABASE_URL", "mysql://host/name", "must be SQLite or PostgreSQL"),
    ],
)
def test_a_setting_that_cannot_be_used(
    tmp_path: Path, variable: str, value: str, told: str
) -> None:
    env = {"S11AUDIT_DATA": str(tmp_path), variable: value}
    result = CliRunner(env=env).invoke(main, ["log", "verify"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{variable}: ") or variable in result.stderr
    assert told in result.stderr
    assert "too-short" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("This is no folder.")
    told = Operator(tmp_path, "sqlite://").refused("log", "verify")
    assert told.startswith("S11AUDIT_DATA: ")
    assert "cannot be used as a folder" in told


def test_an_empty_setting_counts_as_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"S11AUDIT_DATA": "", "S11AUDIT_MAIL_PORT": "", "S11AUDIT_DATABASE_URL": ""}
    assert CliRunner(env=env).invoke(main, ["init"]).exit_code == 0
    assert (tmp_path / "instance" / "s11audit.db").is_file()


def test_a_database_that_is_out_of_reach_or_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Operator(tmp_path, f"sqlite:///{tmp_path}/no/such/folder/x.db")
    told = away.refused("log", "verify", code=1)
    assert told.startswith("The database cannot be used: ")
    assert "See that it runs, and that S11AUDIT_DATABASE_URL" in told
    assert told.count("\n") == 1
    operator = Operator(tmp_path)
    operator.ok("init")
    monkeypatch.setattr(transactions, "BUSY_SECONDS", 0)
    with closing(sqlite3.connect(tmp_path / "data" / "s11audit.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        told = operator.refused("board", "add", "north", "North", code=1)
    assert "Somebody else is writing. Do it again in a minute." in told


def test_reports_are_written_whole_in_every_format(board: Operator) -> None:
    board.ok(
        "cycle", "open", "--board", "north", "--name", "Audit", "--tool", "lancashire-2012",
        "--due", "2030-01-01",
    )  # fmt: skip
    options = ["--board", "north", "--cycle", "audit"]
    starts = {"json": b"{", "html": b"<!", "pdf": b"%PDF", "xlsx": b"PK"}
    for kind in ("compliance", "standards"):
        for file_format in ("json", "csv", "html", "pdf", "xlsx"):
            file = board.folder / f"{kind}.{file_format}"
            done = board.run("report", kind, *options, "--format", file_format, "-o", str(file))
            assert re.fullmatch(r"Log: board north, entry \d+, [0-9a-f]{64}\n", done.stderr)
            assert file.read_bytes().startswith(starts.get(file_format, b""))
    report = json.loads((board.folder / "compliance.json").read_text(encoding="utf-8"))
    assert (report["board"], report["cycle"], report["stage"]) == ("north", "Audit", 1)
    assert [row["agency"] for row in report["rows"]] == ["Blue Council", "Ærø Trust"]
    file = str(board.folder / "x.json")
    for wrong in (
        ["--cycle", "None", "--format", "json"],
        ["--cycle", "Audit", "--stage", "2", "--format", "json"],
        ["--cycle", "Audit", "--as-at", "2999-01-01", "--format", "json"],
        ["--cycle", "Audit", "--as-at", "yesterday", "--format", "json"],
        ["--cycle", "Audit", "--format", "docx"],
    ):
        board.refused("report", "compliance", "--board", "north", *wrong, "-o", file)
    board.refused("report", "compliance", *options, "--format", "json")
    board.refused(
        "report", "compliance", *options, "--format", "json", "-o", str(board.folder / "no" / "x")
    )
    assert not list(board.folder.glob(".s11audit-*"))
    assert not Path(file).exists()


def test_a_report_never_replaces_what_is_no_file(board: Operator) -> None:
    board.ok("cycle", "open", "--board", "north", "--name", "Audit", "--tool", "lancashire-2012",
             "--due", "2030-01-01")  # fmt: skip
    command = ["report", "compliance", "--board", "north", "--cycle", "Audit", "--format", "json"]
    pipe = board.folder / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as readers:
        read = readers.submit(pipe.read_bytes)
        board.ok(*command, "-o", str(pipe))
        assert read.result(10).startswith(b"{")
    assert pipe.is_fifo()
    link = board.folder / "latest.json"
    link.symlink_to("kept.json")
    board.ok(*command, "-o", str(link))
    assert link.is_symlink()
    assert (board.folder / "kept.json").read_bytes().startswith(b"{")


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "s11audit", "board", "add", "x"],
        capture_output=True, text=True, check=False,
        env={"S11AUDIT_DATA": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Missing argument 'NAME'.\n"
