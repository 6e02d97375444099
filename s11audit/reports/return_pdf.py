"""A frozen submission as a PDF: everything the agency sent in, as it was sent."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from s11audit.domain import dates
from s11audit.domain.enums import Category, EvidenceKind, Participation
from s11audit.domain.wording import in_words
from s11audit.tools.schema import Tool

if TYPE_CHECKING:
    from s11audit.reports.paper import Paper

NOT_RATED = "Not rated"


def return_pdf(snapshot: Mapping[str, Any], tool: Tool, *, log: str = "") -> bytes:
    """Return the PDF of a submission's snapshot. `tool` gives the ratings their words; `log`, at
    the foot, says how far the log had come."""
    from s11audit.reports.paper import Paper  # ReportLab is heavy: loaded when it is needed

    stage = f"{snapshot['cycle']}, stage {snapshot['stage']}"
    paper = Paper(
        f"Section 11 return of {snapshot['agency']}",
        author=snapshot["agency"],
        running=f"{snapshot['agency']} – {stage} – {snapshot['reference']}",
        log=log,
    )
    paper.text(snapshot["agency"], "title")
    paper.text(f"Section 11 return to {snapshot['board']}: {stage}", "lead")
    paper.rule()
    _front(paper, snapshot)
    for standard in snapshot["standards"]:
        _standard(paper, standard, tool)
    return paper.pdf()


def _front(paper: "Paper", snapshot: Mapping[str, Any]) -> None:
    submitted = dates.moment_in_words(datetime.fromisoformat(snapshot["submitted_at"]))
    late = ", after the due date" if snapshot["late"] else ""
    signatory = snapshot["signatory"]
    paper.facts(
        [
            ("Reference", snapshot["reference"]),
            ("Submitted", f"{submitted}{late}"),
            ("Due", _day(snapshot["due_on"])),
            ("Audit tool", f"{snapshot['tool']['title']}, version {snapshot['tool']['version']}"),
            (
                "Kind of organisation",
                ", ".join(in_words(Category(each)) for each in snapshot["categories"]),
            ),
            ("Participation", in_words(Participation(snapshot["participation"]))),
            ("Given by", f"{signatory['name']}, {signatory['designation']}"),
            ("E-mail", signatory["email"]),
            ("Declaration", signatory["declaration"]),
            *([("Entered", snapshot["entered"]["in_words"])] if "entered" in snapshot else []),
        ]
    )


def _standard(paper: "Paper", standard: Mapping[str, Any], tool: Tool) -> None:
    paper.text(f"Standard {standard['number']}: {standard['title']}", "section")
    paper.text(_rating(standard["self_rating"], tool), "lead", bold="Self rating:")
    if standard["self_rating"]["na_reason"]:
        paper.text(standard["self_rating"]["na_reason"], bold="Why it does not apply:")
    _followed_up(paper, standard, tool)
    for requirement in standard["requirements"]:
        text = tool.translate(requirement["text"])
        paper.text(text, "lead", bold=requirement["key"])
        paper.text(requirement["in_words"], "answer", bold="Answer:")
    if standard["statement"]:
        paper.text("Evidence statement", "label")
        paper.text(standard["statement"])
    if standard["evidence"]:
        paper.text("Evidence", "label")
        for item in standard["evidence"]:
            paper.text(_evidence(item), "answer")
    if standard["proposed_actions"]:
        paper.text("What will be done", "label")
        for number, action in enumerate(standard["proposed_actions"], start=1):
            paper.text(_action(action), "answer", bold=f"{number}.")


def _followed_up(paper: "Paper", standard: Mapping[str, Any], tool: Tool) -> None:
    """Say, for a standard of a later stage, what it followed up and whether it is still true."""
    before, confirmed = standard.get("rating_before"), standard.get("still_true")
    if before:
        paper.text(_rating(before, tool), bold="Agreed rating before:")
    if confirmed:
        told = f"Confirmed by {confirmed['name']} on {_day(confirmed['on'])}."
        paper.text(f"{told} What follows was said before.", bold="Still true:")
    if standard.get("progress"):
        paper.text("Progress since then", "label")
        paper.text(standard["progress"])


def _rating(rating: Mapping[str, Any], tool: Tool) -> str:
    """Return the rating in the tool's words and, where they differ, what they stand for."""
    if not rating["label"]:
        return NOT_RATED
    choice = tool.rating(rating["label"])
    words = in_words(choice.rag)
    return choice.title if choice.title == words else f"{choice.title} ({words.lower()})"


def _evidence(item: Mapping[str, Any]) -> str:
    made = f"made {_day(item['made_on'])}" if item["made_on"] else ""
    review = f"review by {_day(item['review_on'])}" if item["review_on"] else ""
    held = f"when it was sent in: {item['held'].rstrip('.')}" if item.get("held") else ""
    named = item["file"] or item["link"] or ""
    parts = [in_words(EvidenceKind(item["kind"])), named, made, review, held]
    told = "; ".join(part for part in parts if part)
    return f"{item['description']} ({told})" if item["description"] else told


def _action(action: Mapping[str, Any]) -> str:
    owner = f"by {action['owner']}" if action["owner"] else ""
    due = f"due {_day(action['due_on'])}" if action["due_on"] else ""
    told = ", ".join(part for part in (owner, due) if part)
    return f"{action['what']} ({told})" if told else action["what"]


def _day(iso: str) -> str:
    return dates.in_words(date.fromisoformat(iso))
