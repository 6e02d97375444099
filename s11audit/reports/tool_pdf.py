"""An audit tool printed blank, with its guidance and space to write."""

from typing import TYPE_CHECKING

from s11audit.domain.enums import AskFor, Category
from s11audit.domain.wording import in_words
from s11audit.scoring.answers import OUTCOME_WORDS
from s11audit.tools.schema import Requirement, Standard, Tool

if TYPE_CHECKING:
    from s11audit.reports.paper import Paper

ASKED = {AskFor.REQUIRED: "", AskFor.OPTIONAL: " (if you wish)"}


def tool_pdf(tool: Tool) -> bytes:
    """Return the tool as a PDF to read through or to fill in by hand."""
    from s11audit.reports.paper import Paper  # ReportLab is heavy: loaded when it is needed

    paper = Paper(
        tool.title, author="s11audit", running=f"{tool.title}, version {tool.version}"
    )  # fmt: skip
    paper.text(tool.title, "title")
    paper.text(f"Version {tool.version}: {len(tool.standards)} standards", "small")
    paper.rule()
    paper.text(tool.translate(tool.summary))
    paper.text(tool.source, "small")
    _details(paper)
    _ratings(paper, tool)
    for section in tool.sections:
        paper.text(section.title, "title")
        for standard in section.standards:
            _standard(paper, tool, standard)
    _declaration(paper)
    return paper.pdf()


def _details(paper: "Paper") -> None:
    paper.text("Your organisation", "heading")
    for label in ("Organisation", "Filled in by", "Date"):
        paper.text(f"{label}:", "lead")
        paper.lines(1)


def _ratings(paper: "Paper", tool: Tool) -> None:
    paper.text("The ratings", "heading")
    for choice in tool.ratings:
        words = in_words(choice.rag)
        stands = "" if choice.title == words else f" ({words.lower()})"
        paper.text(choice.descriptor, bold=f"{choice.title}{stands}.")


def _standard(paper: "Paper", tool: Tool, standard: Standard) -> None:
    paper.text(f"Standard {standard.number}: {standard.title}", "section")
    paper.text(tool.translate(standard.meaning))
    if standard.guidance:
        paper.text(tool.translate(standard.guidance), "small", bold="Guidance:")
    _only_for(paper, standard.categories)
    for requirement in standard.requirements:
        _requirement(paper, tool, requirement)
    statement = tool.evidence_statement_for(standard)
    if statement is not AskFor.ABSENT:
        paper.text(
            f"Evidence statement, at most {tool.statement_limit} words{ASKED[statement]}", "label"
        )
        paper.lines(max(4, min(24, tool.statement_limit // 12)))
        paper.text("Evidence attached or linked", "label")
        paper.lines(2)
    rating = tool.self_rating_for(standard)
    if rating is not AskFor.ABSENT:
        paper.text(f"Your rating{ASKED[rating]}", "label")
        paper.choices([choice.title for choice in tool.ratings])
        paper.text("If it does not apply, say why:", "lead")
        paper.lines(1)
        paper.text("If you fall short: what will be done, by whom and by when?", "lead")
        paper.lines(3)


def _requirement(paper: "Paper", tool: Tool, requirement: Requirement) -> None:
    essential = " Essential." if requirement.essential else ""
    paper.text(tool.translate(requirement.text) + essential, "lead", bold=requirement.key)
    _only_for(paper, requirement.categories)
    if requirement.guidance:
        paper.text(tool.translate(requirement.guidance), "small", bold="Guidance:")
    if requirement.example:
        paper.text(tool.translate(requirement.example), "small", bold="Example:")
    if requirement.kind == "judgement":
        paper.choices(list(OUTCOME_WORDS.values()))
        paper.text("If it is not applicable, say why:", "lead")
        paper.lines(1)
    elif requirement.kind == "percentage":
        paper.text(
            "How many: ____________   out of: ____________   on date: ______________", "answer"
        )
        paper.choices(["Not known"])
        paper.text("If it is not known, say why:", "lead")
        paper.lines(1)
    else:
        paper.lines(2)


def _only_for(paper: "Paper", categories: tuple[Category, ...]) -> None:
    if categories:
        paper.text(
            ", ".join(in_words(each) for each in categories) + ".", "small", bold="Only for:"
        )


def _declaration(paper: "Paper") -> None:
    paper.text("Declaration", "heading")
    paper.text(
        "I make this return on behalf of the organisation named above. To the best of my knowledge "
        "it is true and complete."
    )
    for label in ("Name", "Designation", "E-mail", "Date"):
        paper.text(f"{label}:", "lead")
        paper.lines(1)
