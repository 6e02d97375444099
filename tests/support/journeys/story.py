"""Who is in the whole story, and what they fill in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from s11audit.tools import loader
from s11audit.tools.schema import Standard
from tests.support.journeys.filling_in import Proposed, StandardAnswers

TOOL = "lancashire-2012"
BOARD = "Thornmere Safeguarding Children Board"
SLUG = "thornmere"
COUNCIL = "Thornmere Borough Council"
OTHER_AGENCIES = (
    ("Thornmere Constabulary", ("Police",)),
    ("Fells and Lakes NHS Foundation Trust", ("NHS provider", "Voluntary")),
)
CYCLE = "Section 11 audit 2026"
DOCUMENT = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
LINK = "https://www.thornmere.example/what-young-people-told-us"


@dataclass(frozen=True)
class Somebody:
    """A person of the story: name, address, and the role they are invited to."""

    name: str
    email: str
    role: str
    agency: str = ""

    @property
    def place(self) -> str:
        """Where the role is held."""
        return self.agency or BOARD


OFFICE = Somebody("Harriet Coyle", "harriet.coyle@thornmere.example", "Board office")
LEAD = Somebody("Amira Khan", "amira.khan@thornmere.example", "Safeguarding lead", COUNCIL)
CONTRIBUTOR = Somebody("Tom Ashdown", "tom.ashdown@thornmere.example", "Contributor", COUNCIL)
QA = Somebody("Dilys Morgan-Price", "dilys.morgan@thornmere.example", "QA member")
CHAIR = Somebody("Jonah Whitlock", "jonah.whitlock@thornmere.example", "QA chair")
VIEWER = Somebody("Ada Brightwell", "ada.brightwell@thornmere.example", "Board member")
INVITED = (LEAD, CONTRIBUTOR, QA, CHAIR, VIEWER)

AMBER, RED = 3, 5
"""The standards that QA finds short of green; the agency rates the first amber itself."""


def tool_title() -> str:
    """Return the title by which the office chooses the tool."""
    return loader.load_builtin(TOOL).title


def standard_names() -> list[str]:
    """Return "1. Leadership" and so on."""
    return [f"{each.number}. {each.title}" for each in _standards()]


def nine_standards(today: date) -> list[StandardAnswers]:
    """Return what the agency fills in: all met and green, but for the amber one."""
    return [
        StandardAnswers(
            number=each.number,
            title=each.title,
            answers={
                asked.key: (118, 126, today - timedelta(days=30))
                if asked.kind == "percentage"
                else ("Partly met" if each.number == AMBER and asked.key == "3.2" else "Met")
                for asked in each.requirements
            },
            statement=f"How we meet “{each.title}”.\nAn audit in March found what had changed.",
            rating="Partially compliant" if each.number == AMBER else "Fully compliant",
            actions=(proposed(today),) if each.number == AMBER else (),
        )
        for each in _standards()
    ]


def proposed(today: date) -> Proposed:
    """Return the action that the agency proposes for the amber standard."""
    return Proposed(
        "Put the out-of-hours number on the rota of every team",
        "Head of Operations",
        today + timedelta(days=60),
    )


def added(today: date) -> Proposed:
    """Return the action that the lead adds for the red standard."""
    return Proposed(
        "Book the refresher course for the eight who missed it",
        "Training Manager",
        today + timedelta(days=90),
    )


def _standards() -> list[Standard]:
    tool = loader.load_builtin(TOOL)
    return [standard for section in tool.sections for standard in section.standards]
