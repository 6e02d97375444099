"""`s11audit screening` on returns that were imported: planted faults are found, and no others."""

import csv
import io
import json
import random

from tests.integration.commands.conftest import operator  # noqa: F401  (a fixture)

AGENCIES = ("dale Police", "Ærø Trust", "Barton Council", "Cedar Trust")
_TEXT = """
children families staff managers audit visit record plan review nurse officer team learning change
supervision feedback meeting quarter report survey risk referral support early help voice listen
decision panel home club youth worker practice induction rota shift clinic ward housing library
coach carer parent baby park event winter week letter poster leaflet screen form score trend figure
outcome owner follow close open begin share send meet write read ask show find try build mend
"""
WORDS = _TEXT.split()
BASE = ("--board", "vale", "--cycle", "Audit")


def prose(chance, count):
    return " ".join(chance.choice(WORDS) for _ in range(count)).capitalize() + "."


def innocent(chance):
    """Nine standards an agency, amber, each with a statement of its own that names staff, dates,
    figures and places, as returns do."""
    return {
        (agency, standard): {
            "agency": agency,
            "standard": standard,
            "self_rating": "amber",
            "statement": f"{prose(chance, 40)} Jane Hill, our Director of Nursing, told the board "
            f"of {agency} on {standard} March 2026 that {90 + standard} of 100 files (County Hall, "
            "PR1 8XJ) were read. Call 0800 1111 or write to safeguarding@barton.gov.uk.",
            "submitted_on": "2026-03-05",
        }
        for agency in AGENCIES
        for standard in range(1, 10)
    }


def written(rows):
    out = io.StringIO()
    table = csv.DictWriter(
        out,
        ["agency", "standard", "self_rating", "statement", "submitted_on", "agreed_rating",
         "improvement", "rated_on"],
    )  # fmt: skip
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def prepared(operator, rows, stages="2026-12-18"):  # noqa: F811
    operator.ok("board", "add", "vale", "North Vale")
    agencies = "agency,category,participation\n" + "\n".join(f"{a},council,full" for a in AGENCIES)
    operator.ok("import", "agencies", operator.write("a.csv", agencies), "--board", "vale")
    operator.ok(
        "cycle", "open", "--board", "vale", "--name", "Audit", "--tool", "lancashire-2012",
        "--due", stages,
    )  # fmt: skip
    operator.ok("import", "returns", operator.write("r.csv", written(rows)), *BASE)


def test_an_innocent_board_has_no_points_and_last_time_is_read_too(operator):  # noqa: F811
    rows = innocent(random.Random(1))
    prepared(operator, rows.values(), "2026-12-18,2027-12-18")
    assert json.loads(operator.ok("screening", *BASE, "--format", "json")) == []
    assert operator.ok("screening", *BASE) == "0 points.\n"

    # A year later one standard says the same, with its standards turned round.
    later = innocent(random.Random(2))
    later["Barton Council", 5]["statement"] = rows["Barton Council", 6]["statement"]
    later["Barton Council", 7]["statement"] = rows["Cedar Trust", 7]["statement"]
    for row in later.values():
        row["submitted_on"] = "2026-06-05"
    operator.ok(
        "import",
        "returns",
        operator.write("r2.csv", written(later.values())),
        *BASE,
        "--stage",
        "2",
    )
    found = json.loads(operator.ok("screening", *BASE, "--stage", "2", "--format", "json"))
    assert found == [
        {
            "agency": "Barton Council",
            "standard": 5,
            "rule": "copied",
            "passage": rows["Barton Council", 6]["statement"][:-1],
        }
    ]


def test_planted_faults_are_each_found_once_in_a_stated_order(operator):  # noqa: F811
    chance = random.Random(1)
    rows = innocent(chance)
    rows["Barton Council", 1]["statement"] = prose(chance, 29)
    rows["Barton Council", 2]["statement"] = prose(chance, 30)
    copied = rows["Barton Council", 3]["statement"]
    rows["Cedar Trust", 8]["statement"] = copied.replace("Barton", "Cedar") + prose(chance, 8)
    rows["Ærø Trust", 2]["statement"] = rows["Ærø Trust", 1]["statement"].upper()
    rows["dale Police", 4] |= {"self_rating": "na", "statement": "Not applicable to us"}
    rows["dale Police", 5] |= {"self_rating": "na", "statement": "We run no premises"}
    rows["dale Police", 6]["statement"] += " Jamie Smith, born 12/03/2015, NHS 943 476 5919."
    rows["dale Police", 7]["self_rating"] = "green"
    rows["dale Police", 8]["statement"] = ""
    prepared(operator, rows.values())
    found = json.loads(operator.ok("screening", *BASE, "--format", "json"))
    assert [(each["agency"], each["standard"], each["rule"]) for each in found] == [
        ("Barton Council", 1, "short"),
        ("Barton Council", 3, "copied"),
        ("Cedar Trust", 8, "copied"),
        ("dale Police", 4, "na_reason"),
        ("dale Police", 6, "personal_data"),
        ("dale Police", 7, "no_evidence"),
        ("dale Police", 8, "missing"),
        ("Ærø Trust", 1, "copied"),
        ("Ærø Trust", 2, "copied"),
    ]
    assert all(set(each) == {"agency", "standard", "rule", "passage"} for each in found)
    assert found[0]["passage"] == rows["Barton Council", 1]["statement"]
    assert found[4]["passage"] in rows["dale Police", 6]["statement"]

    # The lists that the background drafts say the same.
    assert operator.ok("screening", *BASE, "--draft") == "4 lists are drafted.\n"
    assert operator.ok("screening", *BASE, "--draft") == "0 lists are drafted.\n"
    assert json.loads(operator.ok("screening", *BASE, "--format", "json")) == found
    told = operator.ok("screening", *BASE)
    assert "Cedar Trust, standard 8, copied: " in told and told.endswith("9 points.\n")

    for wrong in (
        ("--board", "no", "--cycle", "Audit"),
        ("--board", "vale", "--cycle", "Other"),
        (*BASE, "--stage", "2"),
        (*BASE, "--format", "pdf"),
        ("--board", "vale"),
    ):
        assert operator.refused("screening", *wrong)
