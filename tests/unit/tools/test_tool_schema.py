"""What a tool can tell of itself, and what it refuses to be."""

import pytest
from pydantic import ValidationError

from s11audit.domain.enums import AskFor, Category, Rag
from s11audit.tools.schema import Tool


def document(**changes):
    base = {
        "key": "small",
        "version": 1,
        "title": "A small tool",
        "summary": "For the tests.",
        "ratings": [
            {"label": "1", "title": "Outstanding", "rag": "green"},
            {"label": "2", "title": "Good", "rag": "green"},
            {"label": "3", "title": "Requires improvement", "rag": "amber"},
            {"label": "4", "title": "Inadequate", "rag": "red"},
        ],
        "sections": [
            {
                "title": "First",
                "standards": [
                    {
                        "number": 1,
                        "title": "For all",
                        "meaning": "It applies to all.",
                        "requirements": [
                            {"key": "1.1", "text": "For all."},
                            {"key": "1.2", "text": "For police.", "categories": ["police"]},
                        ],
                    },
                    {
                        "number": 4,
                        "title": "For the NHS",
                        "meaning": "It applies to NHS bodies.",
                        "categories": ["nhs_provider", "nhs_commissioner"],
                        "self_rating": "optional",
                        "evidence_statement": "absent",
                    },
                ],
            }
        ],
    }
    return {**base, **changes}


@pytest.fixture
def tool():
    return Tool.model_validate(document())


def test_sensible_defaults(tool):
    assert tool.statement_limit == 200
    assert (tool.thresholds.met_at, tool.thresholds.partly_above) == (95, 50)
    assert tool.self_rating is AskFor.REQUIRED
    assert tool.evidence_statement is AskFor.REQUIRED
    assert tool.standard(1).requirements[0].kind == "judgement"


def test_not_applicable_is_added_where_the_tool_has_no_such_rating(tool):
    assert tool.na_rating.label == "na"
    assert tool.na_rating is tool.ratings[-1]
    own = [*document()["ratings"], {"label": "out-of-scope", "title": "Out", "rag": "na"}]
    assert Tool.model_validate(document(ratings=own)).na_rating.label == "out-of-scope"


def test_finding_standards_requirements_and_ratings(tool):
    assert [standard.number for standard in tool.standards] == [1, 4]
    assert tool.standard(4).title == "For the NHS"
    assert tool.requirement("1.2").text == "For police."
    assert tool.rating("3").title == "Requires improvement"
    assert tool.rating_for_rag(Rag.GREEN).label == "1"
    for lookup, missing in ((tool.standard, 2), (tool.requirement, "9"), (tool.rating, "5")):
        with pytest.raises(KeyError):
            lookup(missing)


def test_limits_to_categories(tool):
    assert [s.number for s in tool.standards_for([Category.POLICE])] == [1]
    assert [s.number for s in tool.standards_for(["council", "nhs_provider"])] == [1, 4]
    assert [s.number for s in tool.standards_for([])] == [1]
    first = tool.standard(1)
    assert [r.key for r in first.requirements_for([Category.POLICE])] == ["1.1", "1.2"]
    assert [r.key for r in first.requirements_for([Category.OTHER])] == ["1.1"]
    (section, standards), *rest = tool.sections_for([Category.OTHER])
    assert (section.title, len(standards), rest) == ("First", 1, [])


def test_sections_without_standards_that_apply_are_passed_over():
    sections = document()["sections"]
    sections[0]["standards"] = sections[0]["standards"][1:]
    tool = Tool.model_validate(document(sections=sections))
    assert list(tool.sections_for([Category.POLICE])) == []


def test_a_standard_can_ask_otherwise_than_its_tool(tool):
    first, second = tool.standards
    assert tool.self_rating_for(first) is AskFor.REQUIRED
    assert tool.self_rating_for(second) is AskFor.OPTIONAL
    assert tool.evidence_statement_for(second) is AskFor.ABSENT


def test_translation_takes_whole_words_the_longest_term_and_the_first_place():
    terms = {"CRB": "DBS", "CRB check": "DBS check", "CAF": "early help assessment"}
    tool = Tool.model_validate(document(terms=terms))
    assert tool.translate("A CRB check, then a CRB check.") == (
        "A CRB check (now DBS check), then a CRB check."
    )
    assert tool.translate("The CRB, CAFs, café") == "The CRB (now DBS), CAFs, café"
    assert tool.translate("CAF") == "CAF (now early help assessment)"


def test_translation_without_terms_changes_nothing(tool):
    assert tool.translate("CRB check") == "CRB check"


def test_nothing_can_be_changed_or_added(tool):
    with pytest.raises(ValidationError):
        tool.title = "Other"
    with pytest.raises(ValidationError):
        Tool.model_validate(document(colour="blue"))


def test_a_tool_made_in_code_keeps_the_rules_too():
    ratings = [{"label": "g", "title": "Good", "rag": "green"}] * 2
    with pytest.raises(ValidationError, match="used by another rating") as raised:
        Tool.model_validate(document(ratings=ratings))
    assert "No rating stands for “red”" in str(raised.value)
