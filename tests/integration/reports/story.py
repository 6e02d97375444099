"""A small cycle that holds every situation of domain rule 6, with what is expected worked out by
hand. Standards 1 and 2 apply to all, standard 3 to the police only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Participation, Standing
from s11audit.models import Board, Cycle, ToolVersion
from s11audit.tools import loader
from s11audit.tools.schema import Tool
from tests import factories
from tests.support.reporting import Asked, at, ratings

DAY = date(2026, 3, 31)
NOW = at("2026-04-20")


@dataclass
class Story:
    board: Board
    cycle: Cycle
    asked: dict[str, Asked]


def small_tool(session: Session) -> ToolVersion:
    """A tool of three standards, the third for the police only."""
    tool = Tool.model_validate(
        {
            "key": "small",
            "version": 1,
            "title": "A small tool",
            "summary": "Three standards.",
            "ratings": [
                {"label": "green", "title": "Green", "rag": "green"},
                {"label": "amber", "title": "Amber", "rag": "amber"},
                {"label": "red", "title": "Red", "rag": "red"},
            ],
            "sections": [
                {
                    "title": "All",
                    "standards": [
                        {"number": 1, "title": "Leadership", "meaning": "Somebody leads."},
                        {"number": 2, "title": "Training", "meaning": "Staff know."},
                        {
                            "number": 3,
                            "title": "Custody",
                            "meaning": "Children are safe in it.",
                            "categories": ["police"],
                        },
                    ],
                }
            ],
        }
    )
    made = ToolVersion(
        key=tool.key,
        version=tool.version,
        title=tool.title,
        sha256=loader.sha256_of(tool),
        document=loader.canonical_json(tool),
        added_at=factories.NOW,
        published_at=factories.NOW,
    )
    session.add(made)
    session.flush()
    return made


def small_cycle(session: Session, board: Board, stages: int = 1) -> Cycle:
    """A cycle on the small tool."""
    due = tuple(date(2026 + number, 3, 25) for number in range(stages))
    made = factories.cycle(session, board, name="Audit 2026", due=due)
    made.tool_version_id = small_tool(session).id
    session.flush()
    return made


def tell(session: Session) -> Story:
    """Make the cycle."""
    board = factories.board(session, "meadow", "Meadow Safeguarding Partnership")
    cycle = small_cycle(session, board)
    asked: dict[str, Asked] = {}

    def ask(name: str, *categories: Category, advisory: bool = False) -> Asked:
        asked[name] = Asked(
            session,
            board,
            cycle,
            name,
            categories=categories or (Category.COUNCIL,),
            participation=Participation.ADVISORY if advisory else Participation.FULL,
        )
        return asked[name]

    march = {number: at(f"2026-03-{number:02}") for number in range(1, 32)}

    ashdale = ask("Ashdale Council", Category.VOLUNTARY, Category.COUNCIL)
    ashdale.submit(march[5], ratings("gg")).publish(march[20], ratings("gg"))
    ashdale.flag(march[21], True).flag(march[30], False)

    brook = ask("Brook Police", Category.POLICE)
    brook.submit(march[5], ratings("gar")).publish(march[20], ratings("gar"))
    brook.act(2, march[22], verified=march[26])
    monitored = brook.act(3, march[22])
    brook.return_plan(march[25]).flag(march[23], True, standard=3, action=monitored)

    ask("Cliff College").submit(march[10], ratings("ga")).send_back(march[12])
    ask("dale Trust").submit(march[10], ratings("rr")).send_back(at("2026-04-01"))
    ask("Elm Council").submit(march[5], ratings("gg")).stand(
        march[15], Standing.EXCUSED, "Merged with Ashdale Council."
    )
    ask("Fen Parish").stand(march[15], Standing.NIL, "It has no contact with children.")
    ask("Glen Charity").stand(at("2026-04-02"), Standing.WITHDRAWN, "It closed.")
    ask("Hill School").stand(march[15], Standing.DECLINED, "It answers to another board.")
    ask("Isle Fire", advisory=True).submit(march[6], ratings("gg"))
    ask("Jay Charity").submit(march[6], ratings("gn")).publish(march[20], ratings("gn"))

    kite = ask("Kite NHS Trust").submit(march[5], ratings("ra")).publish(march[10], ratings("ra"))
    kite.act(1, march[12], verified=march[20])
    kite.act(2, march[12], verified=march[21])
    kite.publish(march[22], ratings("gg"))

    lake = ask("Lake College").submit(march[6], ratings("ga")).publish(march[10], ratings("a-"))
    lake.act(1, march[12], removed=march[30])

    mill = ask("Mill Housing").submit(march[6], ratings("ga")).publish(march[10], ratings("ga"))
    mill.return_plan(march[17]).accept_no_action(2, march[18])

    ask("Nook Theatre").submit(march[6], ratings("gg")).publish(march[10], ratings("g-"))
    ask("Oak Library").submit(march[6], ratings("nn"))
    session.commit()
    return Story(board, cycle, asked)


# agency: returned, initial, plan returned, actions completed, monitored, current; on 31 March.
EXPECTED: dict[str, tuple[str, str, str | None, str | None, str | None, str]] = {
    "Ashdale Council": ("yes", "fully", "na", "na", None, "fully"),
    "Brook Police": ("yes", "partially", "yes", "underway", "yes", "partially"),
    "Cliff College": ("no", "not_known", None, None, None, "not_known"),
    "dale Trust": ("yes", "non", None, None, None, "not_known"),
    "Glen Charity": ("no", "not_known", None, None, None, "not_known"),
    "Hill School": ("no", "not_known", None, None, None, "not_known"),
    "Isle Fire": ("yes", "fully", None, None, None, "advisory"),
    "Jay Charity": ("yes", "fully", "na", "na", None, "fully"),
    "Kite NHS Trust": ("yes", "partially", "no", "yes", None, "fully"),
    "Lake College": ("yes", "partially", "no", None, None, "not_known"),
    "Mill Housing": ("yes", "partially", "yes", "yes", None, "partially"),
    "Nook Theatre": ("yes", "fully", None, None, None, "not_known"),
    "Oak Library": ("yes", "not_known", None, None, None, "not_known"),
}
INITIAL = {"fully": 4, "partially": 4, "non": 1, "advisory": 0, "not_known": 1}
CURRENT = {"fully": 3, "partially": 2, "non": 0, "advisory": 1, "not_known": 7}
ASKED, RETURNED = 13, 10
