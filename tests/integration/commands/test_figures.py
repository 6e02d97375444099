"""The main job on real input and on three hundred made-up agencies, whose figures this test works
out by itself from what it wrote into the file."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from s11audit.demonstration.texts import packaged
from tests.integration.commands.running import Operator

COLUMNS = (
    "agency", "standard", "self_rating", "statement", "submitted_on", "agreed_rating",
    "improvement", "rated_on",
)  # fmt: skip
WORDS = ("fully", "partially", "non", "advisory", "not_known")
STANDARDS = range(1, 10)


def report(operator: Operator, kind: str, *options: str) -> dict[str, Any]:
    file = operator.folder / "report.json"
    operator.ok("report", kind, *options, "--format", "json", "-o", str(file))
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_the_published_table_of_leicestershire_and_rutland(operator_anywhere: Operator) -> None:
    operator = operator_anywhere
    operator.ok("board", "add", "lr", "Leicestershire and Rutland")
    file = operator.write("table.csv", packaged("leicestershire-rutland-2011.csv"))
    into = ["--board", "lr", "--cycle", "Audit 2011"]
    assert "Nothing was changed" in operator.ok(
        "import", "compliance-table", file, *into, "--dry-run"
    )
    assert "27 recorded returns added" in operator.ok("import", "compliance-table", file, *into)
    assert "27 unchanged" in operator.ok("import", "compliance-table", file, *into)
    found = report(operator, "compliance", *into)
    assert (found["asked"], found["returned"]) == (27, 26)
    assert found["initial"] == dict(zip(WORDS, (3, 23, 0, 0, 0), strict=True))
    assert found["current"] == dict(zip(WORDS, (12, 9, 0, 2, 4), strict=True))
    rows = {row["agency"]: row for row in found["rows"]}
    assert rows["LCC CYPS CSC"] == {
        "agency": "LCC CYPS CSC", "category": ["other"], "returned": "yes", "initial": "fully",
        "plan_returned": "na", "actions_completed": "yes", "monitored": "na", "current": "fully",
    }  # fmt: skip
    assert rows["Crown Prosecution Service"]["returned"] == "no"
    assert rows["Crown Prosecution Service"]["initial"] == "partially"


def overall(ratings: list[str | None]) -> str:
    """Domain rule 3, `unanimous`, written down a second time."""
    counted = [rating for rating in ratings if rating != "na"]
    if not counted or None in counted:
        return "not_known"
    if set(counted) == {"green"}:
        return "fully"
    return "non" if set(counted) == {"red"} else "partially"


def made_up(number: int, chance: random.Random) -> dict[str, Any]:
    """One agency: when it sent in, how it rates itself, what was agreed and when."""
    name = f"Agency {number:03d}" if number % 7 else f"ÆGENCY {number:03d}"
    submitted = date(2024, 1, 1) + timedelta(days=chance.randrange(200))
    mood = chance.choice(("fine", "fine", "mixed", "mixed", "dire"))
    choices = {
        "fine": ["green"],
        "mixed": ["green", "green", "amber", "red", "na"],
        "dire": ["red"],
    }
    own = {each: chance.choice(choices[mood]) for each in STANDARDS}
    rated = {}
    part = chance.choice((0, 0, 4, 9, 9, 9))
    for each in list(STANDARDS)[:part]:
        rag = chance.choice([own[each], own[each], "amber", "green"])
        rated[each] = (rag, submitted + timedelta(days=chance.choice((0, 30, 60))))
    return {
        "name": name,
        "advisory": number % 11 == 0,
        "submitted": submitted if number % 5 else None,
        "own": own,
        "rated": rated if number % 5 and number % 11 else {},
    }


def rows_of(agency: dict[str, Any]) -> list[list[str]]:
    rows = []
    for each in STANDARDS:
        own = agency["own"][each]
        rag, day = agency["rated"].get(each, ("", ""))
        rows.append([
            agency["name"].lower() if each == 2 else agency["name"],
            str(each),
            own,
            "It does not apply, because we do not recruit." if own == "na" else "We do this. " * 20,
            agency["submitted"].isoformat() if agency["submitted"] else "",
            rag,
            "Do this, and show it." if rag in ("red", "amber") else "",
            str(day),
        ])  # fmt: skip
    return rows if agency["submitted"] else rows[:4]


@pytest.mark.slow
def test_three_hundred_agencies(operator: Operator) -> None:
    chance = random.Random(11)  # made-up figures, the same every time
    agencies = [made_up(number, chance) for number in range(1, 301)]
    by_file = io.StringIO()
    writer = csv.writer(by_file)
    writer.writerow(["participation", "agency", "category", "duty"])
    for agency in agencies:
        part = "advisory" if agency["advisory"] else "full"
        writer.writerow([part, agency["name"], "district_council; council", "invited"])
    operator.ok("board", "add", "big", "Big Board")
    operator.ok("import", "agencies", operator.write("a.csv", by_file.getvalue()), "--board", "big")
    into = ["--board", "big", "--cycle", "Audit"]
    operator.ok(
        "cycle", "open", "--board", "big", "--name", "Audit", "--tool", "lancashire-2012", "--due",
        "2024-06-30", "--include-advisory",
    )  # fmt: skip
    by_file = io.StringIO()
    writer = csv.writer(by_file)
    writer.writerow(COLUMNS)
    for agency in agencies:
        writer.writerows(rows_of(agency))
    file = operator.write("r.csv", "\ufeff" + by_file.getvalue())
    assert "300 returns added" in operator.ok("import", "returns", file, *into)
    assert operator.ok("log", "verify").startswith("The log is whole")
    for as_at in (None, date(2024, 3, 31), date(2024, 7, 1)):
        check_figures(operator, agencies, into, as_at)


def check_figures(
    operator: Operator, agencies: list[dict[str, Any]], into: list[str], as_at: date | None
) -> None:
    """Both reports as at a day, or today, say what follows from the made-up agencies."""
    cut = as_at or date(2030, 1, 1)
    expected: list[tuple[str, str, str, str]] = []
    for agency in agencies:
        returned = bool(agency["submitted"]) and agency["submitted"] <= cut
        published = {
            each: rag for each, (rag, day) in agency["rated"].items() if returned and day <= cut
        }
        current = (
            "advisory"
            if agency["advisory"]
            else overall([published.get(each) for each in STANDARDS])
        )
        initial = overall(list(agency["own"].values())) if returned else "not_known"
        expected.append((agency["name"], "yes" if returned else "no", initial, current))
    options = [*into, *(["--as-at", as_at.isoformat()] if as_at else [])]
    found = report(operator, "compliance", *options)
    cells = [
        (row["agency"], row["returned"], row["initial"], row["current"]) for row in found["rows"]
    ]
    assert cells == sorted(expected, key=lambda row: (row[0].casefold(), row[0]))
    assert found["asked"] == 300
    assert found["returned"] == sum(row[1] == "yes" for row in expected)
    initial = Counter(row[2] for row in expected if row[1] == "yes")
    current = Counter(row[3] for row in expected)
    assert found["initial"] == {word: initial[word] for word in WORDS}
    assert found["current"] == {word: current[word] for word in WORDS}

    standards = report(operator, "standards", *options)
    full = [agency for agency in agencies if not agency["advisory"]]
    assert standards["asked"] == len(full)
    for counted in standards["standards"]:
        own: Counter[str] = Counter()
        agreed: Counter[str] = Counter()
        for agency in full:
            returned = agency["submitted"] and agency["submitted"] <= cut
            own[agency["own"][counted["number"]] if returned else "not_rated"] += 1
            rag, day = agency["rated"].get(counted["number"], ("not_rated", date.min))
            agreed[rag if day <= cut else "not_rated"] += 1
        keys = ("green", "amber", "red", "na", "not_rated")
        assert counted["self"] == {key: own[key] for key in keys}
        assert counted["agreed"] == {key: agreed[key] for key in keys}
