"""A frozen return and a blank tool as PDF, read back by pypdf."""

import re
import sys
from io import BytesIO
from subprocess import run
from typing import Any

import pytest
from pypdf import PdfReader

from s11audit.reports.return_pdf import return_pdf
from s11audit.reports.tool_pdf import tool_pdf
from s11audit.tools import loader
from s11audit.tools.schema import Tool

LANCASHIRE = loader.load_builtin("lancashire-2012")


def words(pdf: bytes) -> str:
    """The document's text with every run of white space as one space."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def snapshot(tool: Tool = LANCASHIRE, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "format": "s11audit-return-1",
        "reference": "S11-00012-2",
        "board": "Llŵyd & Łódź Safeguarding Partnership",
        "agency": "Oadby & Wigston <Borough> Council",
        "categories": ["district_council", "other"],
        "participation": "full",
        "cycle": "Audit 2026",
        "stage": 1,
        "tool": {"key": tool.key, "version": 1, "title": tool.title, "sha256": "0"},
        "due_on": "2026-03-25",
        "submitted_at": "2026-03-29T01:30:00+00:00",
        "late": True,
        "signatory": {
            "name": "Ann Example",
            "designation": "Director",
            "email": "ann@example.org",
            "declaration": "I make this return.",
        },
        "standards": [
            {
                "number": standard.number,
                "title": standard.title,
                "requirements": [
                    {
                        "key": each.key,
                        "kind": each.kind,
                        "text": each.text,
                        "answer": None,
                        "in_words": f"Not applicable: reason {each.key}",
                    }
                    for each in standard.requirements
                ],
                "statement": f"Statement of {standard.number}.\nIts second line & <more>.",
                "self_rating": {"label": "amber", "rag": "amber", "na_reason": ""},
                "proposed_actions": [],
                "evidence": [],
            }
            for standard in tool.standards
        ],
    }
    return made | more


def test_a_return_tells_everything_that_was_sent_in() -> None:
    sent = snapshot()
    sent["standards"][0]["proposed_actions"] = [
        {"what": "Train all staff", "owner": "Head of HR", "due_on": "2026-09-30"},
        {"what": "Say so", "owner": "", "due_on": None},
    ]
    sent["standards"][0]["evidence"] = [
        {
            "id": 1,
            "kind": "childs_voice",
            "description": "What children told us",
            "file": "voices.pdf",
            "sha256": "0",
            "size": 3,
            "link": None,
            "made_on": "2026-01-02",
            "review_on": None,
        }
    ]
    sent["standards"][1]["self_rating"] = {"label": None, "rag": None, "na_reason": ""}
    sent["standards"][2]["self_rating"] = {"label": "na", "rag": "na", "na_reason": "No staff."}
    text = words(return_pdf(sent, LANCASHIRE))
    for expected in (
        "Oadby & Wigston <Borough> Council",
        "Llŵyd & Łódź Safeguarding Partnership",
        "Reference: S11-00012-2",
        "Submitted: 29 March 2026 at 2:30am, after the due date",
        "Ann Example, Director",
        "District council, Other",
        "Self rating: Partially compliant (amber)",
        "Self rating: Not rated",
        "Why it does not apply: No staff.",
        "Train all staff (by Head of HR, due 30 September 2026)",
        "2. Say so",
        "What children told us (Child’s voice; voices.pdf; made 2 January 2026)",
    ):
        assert expected in text
    for standard in LANCASHIRE.standards:
        assert f"Standard {standard.number}: {standard.title}" in text
        assert f"Statement of {standard.number}. Its second line & <more>." in text
        for requirement in standard.requirements:
            assert f"Not applicable: reason {requirement.key}" in text


def test_very_long_answers_go_over_to_the_next_page() -> None:
    sent = snapshot()
    sent["standards"][0]["statement"] = "word " * 8000
    sent["standards"][1]["statement"] = "W" * 20_000
    sent["standards"][2]["requirements"][0]["in_words"] = "Not applicable: " + "because " * 3000
    text = words(return_pdf(sent, LANCASHIRE))
    assert text.count("word ") >= 8000
    assert sum(len(run) for run in re.findall("W{5,}", text)) == 20_000
    assert text.count("because") == 3000


def test_characters_that_cannot_be_drawn_do_no_harm() -> None:
    sent = snapshot()
    sent["standards"][0]["statement"] = "a\x00b\x07c\u200bd\ud800e\tf 漢 😀"
    assert "abcde f" in words(return_pdf(sent, LANCASHIRE))


def test_the_document_says_what_it_is() -> None:
    reader = PdfReader(BytesIO(return_pdf(snapshot(), LANCASHIRE)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Section 11 return of Oadby & Wigston <Borough> Council"
    assert reader.metadata.author == "Oadby & Wigston <Borough> Council"
    assert reader.root_object["/Lang"] == "en-GB"
    count = len(reader.pages)
    assert f"Page 2 of {count}" in reader.pages[1].extract_text()


@pytest.mark.parametrize(
    "key", ["lancashire-2012", "leicestershire-rutland-2011", "working-together-2023"]
)
def test_a_blank_tool_holds_all_its_questions_and_guidance(key: str) -> None:
    tool = loader.load_builtin(key)
    text = re.sub(r"Page \d+ of \d+", "", words(tool_pdf(tool)))
    text = " ".join(text.replace(f"{tool.title}, version {tool.version}", "").split())
    asked = [tool.summary, *(choice.descriptor for choice in tool.ratings)]
    for standard in tool.standards:
        asked += [standard.title, standard.meaning, standard.guidance]
        for requirement in standard.requirements:
            asked += [requirement.text, requirement.guidance, requirement.example]
    missing = [each for each in asked if " ".join(tool.translate(each).split()) not in text]
    assert missing == []


def test_a_blank_tool_has_space_for_an_answer_in_words() -> None:
    document = LANCASHIRE.model_dump(mode="json")
    document["sections"][0]["standards"][0]["requirements"][1]["kind"] = "text"
    assert words(tool_pdf(Tool.model_validate(document)))


def test_reportlab_is_loaded_only_when_something_is_drawn() -> None:
    code = (
        "import s11audit.reports.return_pdf, s11audit.reports.tool_pdf, sys;"
        "sys.exit('reportlab' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
