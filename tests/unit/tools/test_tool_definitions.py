"""The three tools that come with the software say what their sources say."""

import re
from pathlib import Path

import pytest

from s11audit.domain.enums import AskFor, Category, ComplianceRule, Rag
from s11audit.domain.errors import NotFound
from s11audit.tools import loader
from s11audit.tools.schema import Tool

KEYS = ("lancashire-2012", "leicestershire-rutland-2011", "working-together-2023")


def requirements(tool: Tool) -> list:
    return [item for standard in tool.standards for item in standard.requirements]


def texts(tool: Tool) -> list[str]:
    found = [tool.title, tool.summary, tool.source]
    found += [choice.descriptor for choice in tool.ratings]
    for standard in tool.standards:
        found += [standard.title, standard.meaning, standard.guidance]
    for requirement in requirements(tool):
        found += [requirement.text, requirement.guidance, requirement.example]
    return found


def test_three_tools_come_with_the_software():
    assert loader.builtin_keys() == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_each_loads_under_its_own_name(key):
    tool = loader.load_builtin(key)
    assert tool.key == key
    assert tool.version == 1
    assert loader.parse(loader.builtin_text(key), key) == tool


def test_an_unknown_name_is_not_found():
    with pytest.raises(NotFound, match=r"no built-in tool “\.\./secret”"):
        loader.load_builtin("../secret")


@pytest.mark.parametrize("key", KEYS)
def test_texts_are_whole_tidy_and_printable(key):
    for text in texts(loader.load_builtin(key)):
        assert text and text == text.strip()
        assert not re.search(r"  |\n|TODO|TBC", text)
        assert "'" not in text, "use a typographic apostrophe"
        assert text.count("“") == text.count("”")


@pytest.mark.parametrize("key", KEYS)
def test_every_rating_has_a_descriptor(key):
    tool = loader.load_builtin(key)
    assert [choice.rag for choice in tool.ratings] == [Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA]
    assert tool.compliance_rule is ComplianceRule.UNANIMOUS


@pytest.mark.parametrize("key", ["lancashire-2012", "working-together-2023"])
def test_every_requirement_has_guidance_and_an_example(key):
    for requirement in requirements(loader.load_builtin(key)):
        assert len(requirement.guidance.split()) >= 10, requirement.key
        assert len(requirement.example.split()) >= 10, requirement.key


def test_lancashire_has_nine_standards_and_24_requirements():
    tool = loader.load_builtin("lancashire-2012")
    assert [standard.title for standard in tool.standards] == [
        "Leadership",
        "Commitment",
        "Accountability and governance",
        "Service development and review",
        "Training",
        "Supervision",
        "Safe recruitment",
        "Interagency working",
        "Information sharing",
    ]
    counts = [len(standard.requirements) for standard in tool.standards]
    assert counts == [2, 2, 2, 2, 3, 2, 5, 3, 3]
    assert len(requirements(tool)) == 24
    kinds = {item.key: item.kind for item in requirements(tool)}
    assert [key for key, kind in kinds.items() if kind == "percentage"] == ["5.2", "5.3"]
    assert set(kinds.values()) == {"judgement", "percentage"}


def test_lancashire_asks_for_a_statement_and_says_that_the_self_rating_is_added():
    tool = loader.load_builtin("lancashire-2012")
    assert tool.statement_limit == 200
    assert tool.evidence_statement is AskFor.REQUIRED
    assert tool.self_rating is AskFor.REQUIRED
    assert "self rating is our addition" in tool.source


def test_every_lancashire_standard_applies_to_every_category():
    tool = loader.load_builtin("lancashire-2012")
    for category in Category:
        assert tool.standards_for([category]) == tool.standards
    limited = [item.key for item in requirements(tool) if item.categories]
    assert limited == ["8.3"]
    joint_work = tool.standard(8)
    assert [item.key for item in joint_work.requirements_for([Category.COUNCIL])][-1] == "8.3"
    assert [item.key for item in joint_work.requirements_for([Category.OTHER])][-1] == "8.2"
    both = [Category.NHS_COMMISSIONER, Category.NHS_PROVIDER]
    assert len(joint_work.requirements_for(both)) == 3


def test_lancashire_explains_its_old_terms_where_it_uses_them():
    tool = loader.load_builtin("lancashire-2012")
    shown = {item.key: tool.translate(item.text) for item in requirements(tool)}
    assert "a CRB check (now DBS check)" in shown["7.2"]
    assert "CAF (now early help assessment)" in shown["8.3"]
    assert "the LSCB (now safeguarding partnership)" in shown["6.1"]


def test_working_together_has_thirteen_standards_of_two_to_five_requirements():
    tool = loader.load_builtin("working-together-2023")
    assert [standard.title for standard in tool.standards] == [
        "Accountability",
        "Board-level lead",
        "A culture of listening to children",
        "Whistleblowing",
        "Escalation",
        "Information sharing",
        "Designated practitioner",
        "Safe recruitment",
        "Allegations against staff",
        "Supervision and support",
        "Training",
        "Contracted-out services",
        "A culture of safety and equality",
    ]
    for standard in tool.standards:
        for category in Category:
            assert 2 <= len(standard.requirements_for([category])) <= 5
        assert 2 <= len(standard.requirements) <= 5
    assert {item.kind for item in requirements(tool)} == {"judgement", "percentage", "text"}
    assert sum(item.kind == "percentage" for item in requirements(tool)) >= 4
    assert any(item.essential for item in requirements(tool))
    assert any(item.categories for item in requirements(tool))


def test_leicestershire_and_rutland_has_thirty_self_rated_questions_in_seven_themes():
    tool = loader.load_builtin("leicestershire-rutland-2011")
    assert [section.title for section in tool.sections] == [
        "Training delivery",
        "Safeguarding is everyone’s business",
        "Think Family",
        "Serious case reviews",
        "Looked after children",
        "Induction",
        "Safe recruitment",
    ]
    assert [standard.number for standard in tool.standards] == list(range(1, 31))
    assert requirements(tool) == []
    assert all(standard.meaning.endswith("?") for standard in tool.standards)
    assert {choice.label: choice.rag for choice in tool.ratings} == {
        "fully": Rag.GREEN,
        "partially": Rag.AMBER,
        "non": Rag.RED,
        "na": Rag.NA,
    }
    for standard in tool.standards:
        assert tool.self_rating_for(standard) is AskFor.REQUIRED
        assert tool.evidence_statement_for(standard) is AskFor.ABSENT
    assert "the board’s own wording was not published" in tool.source


def test_the_example_in_the_docs_is_a_tool():
    page = Path(__file__).parents[3] / "docs" / "tools.md"
    example = page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    tool = loader.parse(example, "docs/tools.md")
    assert [item.key for item in requirements(tool)] == ["1.1", "1.2"]
    for name in [*Tool.model_fields, *Category]:
        assert f"`{name}`" in page.read_text(encoding="utf-8")
