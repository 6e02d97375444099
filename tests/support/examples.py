"""Example values for the addresses of every page, out of the filled board.

A new route needs an entry here only where one of its arguments is new, or where the page looks
different in different states.
"""

from __future__ import annotations

from typing import Any

from tests.support.filled_board import SLUG, FilledBoard
from tests.support.page_walk import Values

EVERY_STATE = (
    "not_started", "in_progress", "sent_back", "submitted", "in_review", "rated", "plan_open",
    "plan_with_qa", "plan_underway", "closed", "late", "excused", "advisory",
)  # fmt: skip


def by_argument(made: FilledBoard) -> dict[str, list[Any]]:
    """Return the examples of each argument's name."""
    return {
        "board": [SLUG],
        "membership_id": [made.membership_id],
        "return_id": [made.return_ids[name] for name in ("in_progress", "submitted", "rated")],
        "cycle_id": [made.cycle_ids["in_progress"]],
        "stage_id": [made.ids["stage_id"]],
        "number": [1],
        "token": [made.ids["token"], "no-such-token"],
        "grant_id": [made.ids["lead_grant_id"], made.ids["scrutineer_grant_id"]],
        "improvement_id": [made.ids["improvement_id"]],
    }


def by_endpoint(made: FilledBoard) -> dict[str, list[Values]]:
    """Return whole sets of arguments for the routes whose pages differ by state."""
    each = made.return_ids
    return {
        "responses.tasks": [{"return_id": each[name]} for name in EVERY_STATE],
        "responses.check": [{"return_id": each[name]} for name in EVERY_STATE],
        "responses.submit": [{"return_id": each[name]} for name in ("not_started", "late")],
        "responses.standard": [
            {"return_id": each["not_started"], "number": 5},
            {"return_id": each["in_progress"], "number": 3},
            {"return_id": each["in_progress"], "number": 5},
            {"return_id": each["in_progress"], "number": 6},
            {"return_id": each["in_progress"], "number": 5, "check": "yes"},
            {"return_id": each["in_progress"], "number": 6, "check": "yes"},
            {"return_id": each["in_progress"], "number": 3, "another": "yes"},
            {"return_id": each["submitted"], "number": 3},
            {"return_id": each["closed"], "number": 5},
        ],
    }
