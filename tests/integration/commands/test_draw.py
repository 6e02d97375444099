"""`s11audit draw`: the picks, worked out here with hashlib, and what is left behind."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from tests.integration.commands.running import Operator

AGENCIES = """agency,category,participation,duty
Zed Council,council,full,statutory
Ærø Council,council;district_council,full,statutory
beta Council,council,full,invited
Court,council,advisory,statutory
Delta District,district_council,full,statutory
Eck District,district_council,full,invited
"""
COUNCILS = ["beta Council", "Zed Council", "Ærø Council"]
DISTRICTS = ["Delta District", "Eck District", "Ærø Council"]


def by_hand(seed: str, names: list[str], count: int) -> list[str]:
    return sorted(names, key=lambda n: sha256(f"{seed}:{n}".encode()).hexdigest())[:count]


@pytest.fixture
def stage(operator: Operator) -> Operator:
    operator.ok("board", "add", "north", "North Shire Board")
    operator.ok("import", "agencies", operator.write("a.csv", AGENCIES), "--board", "north")
    operator.ok(
        "cycle", "open", "--board", "north", "--name", "Audit", "--tool", "lancashire-2012",
        "--due", "2026-01-01,2027-01-01", "--include-advisory",
    )  # fmt: skip
    return operator


def drawn(stage: Operator, *options: str) -> dict[str, object]:
    base = ("draw", "--board", "north", "--cycle", "Audit", "--format", "json")
    return json.loads(stage.ok(*base, *options))


def refused(stage: Operator, *options: str) -> str:
    before = stage.everything()
    told = stage.refused("draw", "--board", "north", "--cycle", "Audit", *options)
    assert stage.everything() == before
    assert len(told.splitlines()) == 1
    return told


def test_one_stratum_a_redraw_and_what_is_refused(stage: Operator) -> None:
    council = ("--category", "council")
    assert drawn(stage, "--stage", "1", *council, "--count", "2", "--seed", "säed 1") == {
        "seed": "säed 1", "pool": COUNCILS, "picked": by_hand("säed 1", COUNCILS, 2),
    }  # fmt: skip
    assert "draw 1 of this stage" in refused(stage, *council, "--count", "1", "--seed", "again")
    again = drawn(
        stage, *council, "--statutory", "--count", "1", "--seed", "b", "--reason", "One left",
    )  # fmt: skip
    assert again["pool"] == ["Zed Council", "Ærø Council"]
    assert again["picked"] == by_hand("b", ["Zed Council", "Ærø Council"], 1)
    assert len(stage.everything()["draw"]) == 2
    why = ("--reason", "x")
    holds = refused(stage, *council, "--count", "4", "--seed", "x", *why)
    assert "the pool (Council) holds 3 agencies" in holds
    assert "Enter the seed" in refused(stage, *council, "--count", "1", "--seed", "", *why)
    assert "no stage 7" in refused(stage, *council, "--count", "1", "--seed", "x", "--stage", "7")
    refused(stage, *council, "--count", "1", "--seed", "x", "--stage", "9" * 20)
    refused(stage, *council, "--count", "0", "--seed", "x", *why)
    refused(stage, "--category", "bank", "--count", "1", "--seed", "x", *why)
    assert "--category" in refused(stage, "--count", "1", "--seed", "x", *why)
    assert "same order" in refused(stage, *council, "--count", "1", "--count", "1", "--seed", "x")
    # Another stage is another draw.
    assert drawn(stage, "--stage", "2", *council, "--count", "1", "--seed", "s")["pool"] == COUNCILS
    stage.ok("log", "verify")


def test_several_strata(stage: Operator) -> None:
    found = drawn(
        stage, "--category", "district_council", "--count", "2", "--statutory", "--count", "3",
        "--seed", "2026",
    )  # fmt: skip
    statutory = ["Delta District", "Zed Council", "Ærø Council"]
    assert found == {
        "seed": "2026",
        "strata": [
            {"seed": "2026", "pool": DISTRICTS, "picked": by_hand("2026", DISTRICTS, 2)},
            {"seed": "2026", "pool": statutory, "picked": by_hand("2026", statutory, 3)},
        ],
    }
    both = drawn(
        stage, "--stage", "2", "--category", "council", "--category", "district_council",
        "--count", "1", "--count", "2", "--statutory", "--seed", "2026",
    )  # fmt: skip
    pools = [each["pool"] for each in both["strata"]]  # type: ignore[attr-defined]
    assert pools == [["Zed Council", "Ærø Council"], ["Delta District", "Ærø Council"]]


def test_the_text_says_how_to_draw_again(stage: Operator) -> None:
    told = stage.ok("draw", "--board", "north", "--cycle", "Audit", "--category", "council",
                    "--count", "1", "--seed", "s")  # fmt: skip
    for name in COUNCILS:
        assert sha256(f"s:{name}".encode()).hexdigest() in told
    assert "SEED:AGENCY NAME" in told and "sha256sum" in told and "in one step" in told
    assert f"picked  {sha256(('s:' + by_hand('s', COUNCILS, 1)[0]).encode()).hexdigest()}" in told
