"""Collects the quarterly exception report: what is late, red, overdue or disputed at its end."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import end_of_day, in_words, london_today, start_of_day
from s11audit.domain.enums import UNCOUNTED_STANDINGS, Rag, Standing
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Actor, Can, Facts, can, check
from s11audit.domain.quarters import Quarter
from s11audit.models import Board, ToolVersion
from s11audit.queries.exceptions import ActionAt, RatedAt, open_actions_at, ratings_at, returns_at
from s11audit.queries.tools import tool_of
from s11audit.reports.documents import Document, Part, Table


def build_exceptions(
    session: Session, actor: Actor, board: Board, quarter: Quarter, *, now: datetime
) -> Document:
    """Return the exception report of a quarter: as at its last day, or as at today while it runs.
    Raises Invalid for a quarter that has not begun."""
    check(actor, Can.READ_REPORTS, Facts(board.id))
    today = london_today(now)
    if quarter.first_day > today:
        raise Invalid("This quarter has not begun.", {"quarter": "Choose a quarter that has begun"})
    as_at = min(quarter.last_day, today)
    since, by = start_of_day(quarter.first_day), end_of_day(as_at)
    asked = [
        each
        for each in returns_at(session, board.id, since, by)
        if each.standing not in UNCOUNTED_STANDINGS
    ]
    returned = sum(each.returned for each in asked)
    late = [
        each
        for each in asked
        if each.standing is Standing.ASKED and not each.returned and each.due_on < as_at
    ]
    came_late = [
        each
        for each in asked
        if each.returned and each.was_late and each.submitted_at and each.submitted_at >= since
    ]
    ratings = [each for each in ratings_at(session, board.id, since, by) if each.rag is not Rag.NA]
    red = [each for each in ratings if each.rag is Rag.RED]
    disputed = [each for each in ratings if each.disputed]
    actions = open_actions_at(session, board.id, by)
    overdue = [each for each in actions if each.due_on < as_at]
    titles = _titles(session, [*red, *disputed])
    rated_words = f"of {len(ratings):,} ratings of standards"
    asked_words = f"of {len(asked):,} asked ({returned:,} returned)"
    return Document(
        "exceptions",
        "Quarterly exception report",
        board.slug,
        board.name,
        quarter.words,
        as_at,
        [
            f"Returns: {len(late):,} late {asked_words};"
            f" {len(came_late):,} came in late in the quarter.",
            f"Ratings: {len(red):,} red and {len(disputed):,} disputed {rated_words}.",
            f"Actions: {len(overdue):,} overdue of {len(actions):,} open or underway.",
        ],
        [
            Part(
                f"Late returns: {len(late):,} {asked_words}",
                table=Table(
                    "Late returns",
                    ("Agency", "Cycle and stage", "Due", "Days late"),
                    [
                        (each.agency, f"{each.cycle}, stage {each.stage}", in_words(each.due_on),
                         (as_at - each.due_on).days)
                        for each in late
                    ],
                    (4, 3, 2, 1),
                    "No return is late.",
                ),
            ),
            Part(
                f"Returns that came in late: {len(came_late):,} {asked_words}",
                table=Table(
                    "Returns that came in late in the quarter",
                    ("Agency", "Cycle and stage", "Due", "Came in"),
                    [
                        (each.agency, f"{each.cycle}, stage {each.stage}", in_words(each.due_on),
                         in_words(london_today(each.submitted_at)))
                        for each in came_late
                        if each.submitted_at
                    ],
                    (4, 3, 2, 2),
                    "No return came in late.",
                ),
            ),
            Part(
                f"Red ratings: {len(red):,} {rated_words}",
                table=_ratings("Red ratings", red, titles, "No standard is rated red."),
            ),
            Part(
                f"Overdue actions: {len(overdue):,} of {len(actions):,} open or underway",
                table=_actions(overdue, can(actor, Can.SEE_PLAN, Facts(board.id))),
            ),
            Part(
                f"Disputed ratings: {len(disputed):,} {rated_words}",
                table=_ratings("Disputed ratings", disputed, titles, "No rating is disputed."),
            ),
        ],
        [
            "Returns are those of stages open at some time in the quarter; ratings are the latest"
            " of their cycles that were published or, where agencies confirm their own result,"
            " confirmed; standards that do not apply are left out; actions are those of all cycles,"
            " since improvements outlive them.",
        ],
        wide=True,
    )  # fmt: skip


def _actions(overdue: list[ActionAt], sees_plans: bool) -> Table:
    """Return the overdue actions, with their words and owners for those who may read plans."""
    heads: tuple[str, ...] = ("Agency", "Standard", "Due")
    weights: tuple[float, ...] = (3, 1.2, 2)
    rows: list[tuple[str | int, ...]] = [
        (each.agency, each.standard, in_words(each.due_on)) for each in overdue
    ]
    if sees_plans:
        heads, weights = (*heads, "Action", "Owner"), (*weights, 4, 2)
        rows = [(*row, each.what, each.owner) for row, each in zip(rows, overdue, strict=True)]
    return Table("Overdue actions", heads, rows, weights, "No action is overdue.")


def _ratings(
    caption: str, ratings: list[RatedAt], titles: dict[tuple[int, int], str], empty: str
) -> Table:
    rows = [
        (
            each.agency,
            f"{each.standard}. {titles.get((each.tool_version_id, each.standard), '')}".strip(),
            f"{each.rag.value.capitalize()}",
            "Yes" if each.disputed else "",
            each.cycle,
            in_words(london_today(each.since)),
        )
        for each in ratings
    ]
    heads = ("Agency", "Standard", "Rating", "Disputed", "Cycle", "Since")
    return Table(caption, heads, rows, (3, 4, 1.3, 1.3, 2, 2), empty)


def _titles(session: Session, ratings: list[RatedAt]) -> dict[tuple[int, int], str]:
    """Return standards' titles by tool version and number; a tool is read once a process."""
    found = {}
    for version_id in sorted({each.tool_version_id for each in ratings}):
        tool = tool_of(session, session.get_one(ToolVersion, version_id))
        found.update({(version_id, each.number): each.title for each in tool.standards})
    return found
