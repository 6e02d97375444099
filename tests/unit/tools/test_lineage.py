"""What a tool's parts were in an earlier one: the file, what it must account for, what compares."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.tools import loader
from s11audit.tools.faults import ToolInvalid
from s11audit.tools.lineage import (
    Lineage,
    Relation,
    accounted_for,
    builtin_lineages,
    came_from,
    comparable,
    identity,
    parse,
    proposed,
    to_yaml,
)
from s11audit.tools.schema import Tool

OLD = loader.load_builtin("lancashire-2012")
NEW = loader.load_builtin("working-together-2023")
SHIPPED = builtin_lineages()[0]


def tool(numbers: list[int], key: str = "small", version: int = 1) -> Tool:
    return Tool.model_validate(
        {
            "key": key, "version": version, "title": "Small", "summary": "Small.",
            "ratings": [
                {"label": rag, "title": rag, "rag": rag} for rag in ("green", "amber", "red")
            ],
            "sections": [
                {
                    "title": "All",
                    "standards": [
                        {
                            "number": number, "title": f"T{number}", "meaning": "M.",
                            "requirements": [{"key": f"{number}.1", "text": "Asked."}],
                        }
                        for number in numbers
                    ],
                }
            ],
        }
    )  # fmt: skip


def test_the_shipped_lineage_accounts_for_both_tools() -> None:
    accounted_for(SHIPPED, NEW, OLD, "shipped")
    assert (SHIPPED.tool.key, SHIPPED.was.key) == (NEW.key, OLD.key)
    told = [each.of for each in SHIPPED.standards]
    assert told == [str(number) for number in range(1, 14)]
    assert Counter(each.relation for each in SHIPPED.standards)[Relation.NEW] == 4
    assert came_from(SHIPPED, "11.2") == ("5.2", "5.3")
    assert came_from(SHIPPED, "12.1") == ()
    assert SHIPPED.went_to(7) == (8, 9)


@pytest.mark.parametrize(
    ("number", "then", "marked", "words"),
    [
        (6, 9, True, "Was standard 9, reworded"),
        (9, None, False, "Not compared: a part of what standard 7 asked"),
        (1, None, False, "Not compared: merged from standards 1, 3, 4 and 8"),
        (12, None, False, "Not compared: new in this tool"),
    ],
)
def test_only_same_and_reworded_standards_compare(
    number: int, then: int | None, marked: bool, words: str
) -> None:
    found = comparable(SHIPPED, number)
    assert (found.number, found.marked, found.words) == (then, marked, words)


def test_a_tool_used_again_is_the_same_throughout() -> None:
    lineage = identity(OLD)
    accounted_for(lineage, OLD, OLD, "identity")
    assert {each.relation for each in lineage.standards} == {Relation.SAME}
    assert comparable(lineage, 5).words == "Was standard 5"


def test_a_new_version_proposes_by_number_and_wording() -> None:
    was, now = tool([1, 2]), tool([2, 3], version=2)
    lineage = proposed(now, was, date(2026, 11, 22))
    accounted_for(lineage, now, was, "proposed")
    assert [(each.of, each.relation.value) for each in lineage.requirements] == [
        ("2.1", "same"),
        ("3.1", "new"),
    ]
    assert [each.of for each in lineage.dropped.standards] == ["1"]
    assert parse(to_yaml(lineage), "again.yaml") == lineage


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('  - of: "4"\n    relation: new', '  - of: "4"\n    relation: split', "has one source"),
        ('    relation: reworded\n    from: ["9"]', '    relation: new\n    from: ["9"]',
         "What is new has no source."),
        ('relation: reworded\n    from: ["9"]', 'relation: same\n    from: ["77"]',
         "The earlier tool has no standard 77."),
        ('relation: merged\n    from: ["6.1", "6.2"]', 'relation: merged\n    from: ["6.1"]',
         "What is merged has two sources or more."),
        ('relation: reworded\n    from: ["9.3"]', 'relation: reworded\n    from: ["8.2"]',
         "is it split?"),
        ('- of: "12.3"', '- of: "12.4"', "Nothing is said of the requirement 12.3 of the tool."),
        ('    - of: "8.3"', '    - of: "8.2"', "Nothing comes from the requirement 8.3"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_path_and_reason(was: str, becomes: str, fault: str) -> None:
    text = shipped_text()
    assert was in text
    text = text.replace(was, becomes, 1)
    with pytest.raises(ToolInvalid) as caught:
        accounted_for(parse(text, "bad.yaml"), NEW, OLD, "bad.yaml", text)
    line = next(each for each in caught.value.lines() if fault in each)
    assert line.startswith("bad.yaml, line ")


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("relation: new", "relation: younger", "is not a choice here"),
        ("lineage: 1", "lineage: one", "must be a whole number"),
        ("date: 2026-11-22", "date: soon", "must be a date"),
        ("dropped:", "gone:", "“gone” is not known here"),
    ],
)
def test_a_file_of_the_wrong_shape_names_its_line(was: str, becomes: str, fault: str) -> None:
    with pytest.raises(ToolInvalid, match=fault) as caught:
        parse(shipped_text().replace(was, becomes, 1), "bad.yaml")
    assert "bad.yaml, line" in str(caught.value)


@st.composite
def lineages(draw: st.DrawFn) -> tuple[Lineage, Tool, Tool]:
    """Any two small tools with any sources, and the one relation each then has."""
    old = draw(st.lists(st.integers(1, 8), min_size=1, max_size=6, unique=True).map(sorted))
    new = draw(st.lists(st.integers(1, 8), min_size=1, max_size=6, unique=True).map(sorted))
    sources = {n: draw(st.lists(st.sampled_from(old), max_size=3, unique=True)) for n in new}
    uses = Counter(source for each in sources.values() for source in each)

    def relation(own: list[int]) -> str:
        if len(own) != 1:
            return "merged" if own else "new"
        return "split" if uses[own[0]] > 1 else draw(st.sampled_from(["same", "reworded"]))

    def entries(suffix: str) -> list[dict[str, object]]:
        return [
            {"of": f"{n}{suffix}", "relation": relation(own), "reason": "Because.",
             "from": [f"{each}{suffix}" for each in own]}
            for n, own in sources.items()
        ]  # fmt: skip

    gone = [n for n in old if n not in uses]
    lineage = Lineage.model_validate(
        {
            "lineage": 1, "date": "2026-11-22",
            "tool": {"key": "small", "version": 2}, "was": {"key": "small", "version": 1},
            "standards": entries(""), "requirements": entries(".1"),
            "dropped": {
                "standards": [{"of": str(n), "reason": "Gone."} for n in gone],
                "requirements": [{"of": f"{n}.1", "reason": "Gone."} for n in gone],
            },
        }
    )  # fmt: skip
    return lineage, tool(new, version=2), tool(old)


@given(lineages(), st.data())
def test_a_lineage_passes_exactly_when_everything_is_accounted_for(
    case: tuple[Lineage, Tool, Tool], data: st.DataObject
) -> None:
    lineage, now, was = case
    accounted_for(lineage, now, was, "x")
    sources = {source for each in lineage.standards for source in each.sources}
    gone = {each.of for each in lineage.dropped.standards}
    assert sources | gone == {str(each.number) for each in was.standards}
    assert not sources & gone
    left_out = data.draw(st.integers(0, len(lineage.standards) - 1))
    fewer = lineage.standards[:left_out] + lineage.standards[left_out + 1 :]
    with pytest.raises(ToolInvalid):
        accounted_for(lineage.model_copy(update={"standards": fewer}), now, was, "x")


def shipped_text() -> str:
    from importlib import resources

    folder = resources.files("s11audit.tools") / "lineages"
    name = "working-together-2023.1-from-lancashire-2012.1.yaml"
    return (folder / name).read_text(encoding="utf-8")
