"""The report on a stage's visits: whom the draw took, who was visited, and what was found."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import Board
from s11audit.queries.cycles import stage_on
from s11audit.queries.tools import tool_of
from s11audit.queries.visit_figures import AgencyVisited, Results, visits_counted
from s11audit.reports.documents import Cell, Document, Part, Table
from s11audit.scoring.words import counted

NOTE = (
    "Findings count once they are shared with their agency. Of several visits to one agency the"
    " agency’s row shows the latest. A rating that a visit proposes changes nothing by itself."
)


def build_visits(
    session: Session, actor: Actor, board: Board, stage_id: int, *, now: datetime
) -> Document:
    """Return the report on the visits of a stage of that board. Raises NotFound, NotAllowed."""
    policy.check(actor, Can.READ_REPORTS, Facts(board.id), sees=Can.SEE_BOARD)
    stage = stage_on(session, board.id, stage_id)
    figures = visits_counted(session, stage.id)
    scope = stage.scope_standards
    titles = [
        (each.number, each.title)
        for each in tool_of(session, stage.cycle.tool_version).standards
        if scope is None or each.number in scope
    ]
    return Document(
        kind="visits",
        title="Visits",
        board=board.slug,
        board_name=board.name,
        about=f"{stage.cycle.name}, stage {stage.number}",
        as_at=london_today(now),
        statements=[
            f"{counted(figures.drawn, 'agency was', 'agencies were')} drawn,"
            f" {figures.drawn_and_visited} of them visited."
            f" {figures.visited} visited in all.",
            f"The findings of {figures.shared} of {counted(figures.visited, 'visit', 'visits')}"
            " are shared with the agency and counted here.",
        ],
        parts=[
            Part(
                "By standard",
                table=Table(
                    f"What {counted(figures.shared, 'visit', 'visits')} found, by standard",
                    ("Standard", "Looked at", "Confirmed", "Partly confirmed", "Not confirmed",
                     "Other rating proposed"),
                    [
                        [f"{number}. {title}", *_cells(figures.by_standard.get(number))]
                        for number, title in titles
                    ],
                    weights=(4, 1, 1, 1, 1, 1),
                ),
            ),
            Part(
                "By agency",
                table=Table(
                    "Agencies that were drawn or visited",
                    ("Agency", "Chosen", "Visit", "Standards looked at", "Confirmed",
                     "Partly confirmed", "Not confirmed", "Other rating proposed"),
                    [_row(each) for each in figures.agencies],
                    weights=(3, 1, 2, 1, 1, 1, 1, 1),
                    empty="No agency has been drawn or visited.",
                ),
            ),
        ],
        notes=[NOTE],
        wide=True,
    )  # fmt: skip


def _cells(found: Results | None) -> list[Cell]:
    if found is None:
        return [0, "", "", "", ""]
    of = found.looked_at
    numbers = (found.confirmed, found.partly, found.not_confirmed, found.proposed)
    return [of, *(f"{number} of {of}" for number in numbers)]


def _row(each: AgencyVisited) -> list[Cell]:
    if each.visit_on is None:
        stands = "Not arranged"
    elif each.finished:
        stands = in_words(each.visit_on) + ("" if each.shared else ", not shared yet")
    else:
        stands = f"Arranged for {in_words(each.visit_on)}"
    return [
        each.name,
        "By draw" if each.drawn else "By hand",
        stands,
        *(_cells(each.results) if each.shared else ["", "", "", "", ""]),
    ]
