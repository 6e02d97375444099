"""Example values for the addresses of every page, out of the filled board.

A new route needs an entry here only where one of its arguments is new, or where its page looks
different in different states.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from tests.support.filled_builder import SLUG, FilledBoard
from tests.support.page_walk import Values

REVIEWED = ("rated_alone", "moderated", "shared", "disputed")
SENT = ("submitted", "in_review", "rated", "closed")
WITH_PLAN = ("submitted", "rated", "plan_open", "plan_with_qa", "plan_underway")


def by_argument(made: FilledBoard) -> dict[str, list[Any]]:
    """Return the examples of each argument's name."""
    each = made.return_ids
    return {
        "board": [SLUG],
        "membership_id": [made.membership_id],
        "return_id": [each[name] for name in ("in_progress", "submitted", "rated")],
        "cycle_id": [made.cycle_ids["in_progress"], made.cycle_ids["recorded"]],
        "stage_id": [made.ids["stage_id"]],
        "number": [1],
        "token": [made.ids["token"]],
        "passkey_id": [1],
        "grant_id": [made.ids["lead_grant_id"], made.ids["scrutineer_grant_id"]],
        "user_id": [made.user_ids["contributor"]],
        "key": [made.ids["tool"][0]],
        "version": [made.ids["tool"][1]],
        "was_key": ["lancashire-2012"],
        "was_version": [1],
        "provider": ["none"],
        "kind": ["agencies", "returns", "compliance-table"],
        **{name: [value] for name, value in made.ids["meeting"].items()},
        "theme_id": [made.ids["theme_id"]],
        "point_id": [made.ids["point_id"]],
        "redaction_id": [made.ids["redaction_id"]],
        "tag_id": [made.ids["tag_id"]],
        "file_format": ["pdf", "xlsx", "csv", "html", "json"],
    }


def by_endpoint(made: FilledBoard) -> dict[str, list[Values]]:
    """Return whole sets of arguments for the routes whose pages differ by state."""

    def of(states: Iterable[str], **values: Any) -> list[Values]:
        return [{"return_id": made.return_ids[state], **values} for state in states]

    found = _answers(made, of) | _filling_in(made, of) | _afterwards(made, of) | _visits(made, of)
    for endpoint, more in _updates(made, of).items():
        found[endpoint] = [*found.get(endpoint, []), *more]
    return found


def _updates(made: FilledBoard, of: Any) -> dict[str, list[Values]]:
    """The second year, and sample audits."""
    begun, sent = made.return_ids["update"], made.return_ids["update_in_review"]
    updated = made.ids[f"updated_{begun}"]
    confirmed = made.ids[f"still_true_{begun}"]
    years = ("update", "confirmation", "update_in_review")
    return {
        "responses.tasks": of(years),
        "responses.still_true": of(years),
        "responses.confirm": of(("confirmation",)),
        "responses.check": of(("update",)),
        "responses.submission": of(("update_in_review",), number=1),
        "responses.standard": [
            *of(("update",), number=updated),
            *of(("update",), number=updated, check="yes"),
            *of(("update", "confirmation"), number=confirmed),
        ],
        "reviews.overview": of(("update_in_review",)),
        "reviews.standard": [
            *of(("update_in_review",), number=made.ids[f"updated_{sent}"]),
            *of(("update_in_review",), number=made.ids[f"still_true_{sent}"]),
        ],
        "cycles.open_sample": [
            {"board": SLUG},
            {"board": SLUG, "tool": "lancashire-2012"},
        ],
    }


def _answers(made: FilledBoard, of: Any) -> dict[str, list[Values]]:
    """The confirmed way, the figures, an escalation and the meetings about a return."""
    plain = {"board": SLUG}
    steps = [of(("late",), step_id=step)[0] for step in made.ids["steps"][:2]]
    held, coming = (of(("plan_underway",), challenge_id=each)[0] for each in made.ids["challenges"])
    return {
        "confirming.results": [{**plain, "stage_id": made.ids["confirmed_stage_id"]}],
        "confirming.return_one": of(("to_return",)),
        "confirming.result": of(("to_return", "to_confirm", "confirmed")),
        "confirming.confirm": of(("to_confirm",)),
        "confirming.rate_again": of(("confirmed",), number=17),
        "escalations.index": [plain, {**plain, "show": "stopped"}],
        "escalations.show": of(("late", "not_started", "submitted")),
        "escalations.begin": of(("late",)),
        **{f"escalations.{name}": steps[1:] for name in ("letter", "pdf", "done")},
        "escalations.preview": steps,
        "challenges.index": of(("plan_underway", "not_started")),
        "challenges.show": [held, coming],
        "challenges.sheet": [held, coming],
        **{
            f"challenges.{name}": [coming]
            for name in ("change", "questions", "share", "outcome", "add_action")
        },
        "challenges.done": [{**held, "agreed_id": made.ids["agreed_id"]}],
    }


def _filling_in(made: FilledBoard, of: Any) -> dict[str, list[Values]]:
    evidence = made.ids["evidence"]
    begun = ("in_progress",)
    return {
        "responses.tasks": of(
            (
                "not_started",
                "other_tool",
                "in_progress",
                "sent_back",
                "submitted",
                "late",
                "excused",
            )
        ),
        "responses.check": of(("not_started", "in_progress", "sent_back", "closed")),
        "responses.submit": of(("not_started", "sent_back", "submitted")),
        "responses.standard": [
            *of(("not_started",), number=5),
            *of(("other_tool",), number=1),
            *of(("recent_tool",), number=3),
            *of(("recent_tool",), number=6),
            *of(begun, number=1),
            *of(begun, number=3),
            *of(begun, number=5, check="yes"),
            *of(begun, number=6, check="yes"),
            *of(begun, number=3, another="yes"),
            *of(("submitted",), number=3),
        ],
        "responses.submission": of(("submitted", "sent_back", "closed"), number=1),
        "responses.latest_submission": of(("submitted",)),
        **{
            f"responses.{name}": of(("submitted",), number=1)
            for name in ("submitted", "submission_pdf", "submission_json")
        },
        "evidence.download": of(begun, evidence_id=evidence["file"]),
        **{
            f"evidence.{name}": [
                *of(begun, evidence_id=evidence["file"]),
                *of(begun, evidence_id=evidence["link"]),
            ]
            for name in ("change", "remove")
        },
        "evidence.use": of(("in_progress", "update"), number=2),
    }


def _visits(made: FilledBoard, of: Any) -> dict[str, list[Values]]:
    """Return the addresses of draws and visits, each state of them."""
    found: dict[str, int] = made.ids["visits"]

    def visits(states: Iterable[str], **values: Any) -> list[Values]:
        return [
            {"return_id": made.return_ids[each], "visit_id": found[each], **values}
            for each in states
        ]

    plain = {"board": SLUG}
    stage = {**plain, "stage_id": made.ids["drawn_stage_id"]}
    under_way = ("submitted",)
    return {
        "visits.index": [plain, {**plain, "stage": made.ids["drawn_stage_id"]}],
        "visits.freeze": [stage],
        "visits.report": [stage, {**plain, "stage_id": made.ids["stage_id"]}],
        "visits.report_file": [{**stage, "file_format": name} for name in ("pdf", "xlsx", "html")],
        "visits.draw": [{**plain, "draw_id": each} for each in made.ids["draws"].values()],
        "visits.give_up": [{**plain, "draw_id": made.ids["draws"]["in_review"]}],
        "visits.download": [{**plain, "draw_id": made.ids["draws"]["submitted"]}],
        "visits.of_return": of(("submitted", "rated", "closed", "not_started")),
        "visits.arrange": of(("not_started",)),
        "visits.show": visits(found),
        **{
            f"visits.{name}": visits(under_way)
            for name in ("change", "cancel", "team", "paper", "pdf")
        },
        "visits.standard": visits(("submitted", "rated"), number=1),
        "visits.lines": visits(under_way, number=1),
        "visits.set_aside": visits(("in_review",), number=2),
    }


def _afterwards(made: FilledBoard, of: Any) -> dict[str, list[Values]]:
    actions = made.ids["actions"]
    on_action = [
        {"return_id": made.return_ids["plan_underway"], "action_id": number}
        for number in actions.values()
    ]
    reported = {"return_id": made.return_ids["plan_underway"], "action_id": actions["reported"]}
    open_part = of(("plan_open",), improvement_id=made.ids["improvement_id"])
    plain = {"board": SLUG}
    return {
        "returns.index": [plain, {**plain, "state": "late"}, {**plain, "search": "no such"}],
        "returns.show": of(
            (
                "not_started",
                "in_progress",
                "sent_back",
                "in_review",
                "plan_underway",
                "closed",
                "late",
                "excused",
                "advisory",
            )
        ),
        "chasing.write": [
            {**plain, "return": made.return_ids["late"]},
            {**plain, "stage": made.ids["late_stage_id"]},
        ],
        "returns.extend": of(("in_progress", "submitted")),
        "returns.standing": of(("in_progress", "excused")),
        "returns.send_back": of(("submitted", "in_progress")),
        "screening.show": of(("submitted", "in_review", "rated", "in_progress")),
        "screening.dismiss": of(("submitted",), point_id=made.ids["point_id"]),
        **{f"screening.{name}": of(("submitted",)) for name in ("add", "send_back")},
        "screening.index": [plain, {**plain, "show": "passed"}, {**plain, "search": "no such"}],
        "reviews.overview": of((*SENT, "advisory", *REVIEWED)),
        "moderation.page": of(("submitted", "in_review", "rated", *REVIEWED)),
        "moderation.open_early": of(("in_review",)),
        "moderation.standard": of(("moderated",), number=2),
        "moderation.dispute": of(("shared",), number=2),
        "replies.page": of(("rated", "shared", "disputed")),
        "replies.dispute": of(("shared",), number=3),
        "allotments.of_return": of(("submitted", "rated_alone", "moderated")),
        "allotments.change": of(("rated_alone",), allotment_id=made.ids["allotment_id"]),
        "reviews.standard": [
            *of(("submitted", "rated"), number=1),
            *of(("in_review",), number=3),
            *of(("in_review",), number=9),
        ],
        "reviews.publish": of(("in_review", "rated", "moderated")),
        "reviews.published": of(("submitted", "rated", "plan_underway", "disputed")),
        "reviews.following": of(("submitted",)),
        "actions.plan": of(WITH_PLAN),
        "actions.return_plan": of(("plan_open", "plan_with_qa")),
        "actions.decide": of(("plan_with_qa", "plan_open")),
        "actions.returned": of(("plan_underway",), number=1),
        "actions.monitor": of(("plan_underway",), number=4),
        "actions.action": on_action,
        "histories.action": on_action,
        "histories.rating": [
            *of(("submitted", "rated"), number=1),
            *of(("in_review", "disputed"), number=3),
        ],
        "actions.change": on_action[2:],
        "actions.add": [*open_part, {**open_part[0], "proposal": 1}],
        "actions.no_action": open_part,
        "actions.agency_step": [
            {**of_one, "step": step}
            for of_one, step in product(on_action[2:3], ("progress", "complete", "remove"))
        ],
        "actions.qa_step": [{**reported, "step": step} for step in ("verify", "ask-again")],
        "reports.compliance": [
            {**plain, "cycle_id": made.cycle_ids[name], "number": 1}
            for name in ("rated", "recorded")
        ],
        "meetings.show": [
            {**plain, "meeting_id": made.ids[name]} for name in ("executive_id", "approved_id")
        ],
        "meetings.minutes": [
            {**plain, "meeting_id": made.ids["meeting"]["meeting_id"]},
            {**plain, "meeting_id": made.ids["approved_id"]},
        ],
        **{
            f"meetings.{name}": [{**plain, "file_format": kind} for kind in ("pdf", "html")]
            for name in ("plan_file", "exceptions_file")
        },
        **{
            f"meetings.{name}": [
                {**plain, "meeting_id": made.ids["meeting"]["meeting_id"], "file_format": "pdf"}
            ]
            for name in ("pack_file", "minutes_file")
        },
        "meetings.place": [
            {**plain, "return_id": made.return_ids[name]} for name in ("rated", "submitted")
        ],
        **{
            f"themes.{name}": [{**plain, **more, "stage": made.ids["theme_stage_id"]}]
            for name, more in (
                ("index", {}),
                ("show", {"theme_id": made.ids["theme_id"]}),
                ("published", {}),
            )
        },
        "meetings.exceptions": [plain, {**plain, "quarter": "2999-Q1"}],
        "meetings.plan": [plain, {**plain, "stage": made.ids["theme_stage_id"]}],
        "themes.of_return": of(("rated",)),
        "themes.standard": of(("rated",), number=1),
        "themes.tag": of(("rated",), number=1),
        "themes.published_file": [
            {**plain, "file_format": name} for name in ("pdf", "xlsx", "html")
        ],
        "themes.remove": of(("rated",), number=1, tag_id=made.ids["tag_id"]),
        "invitations.invitation": [
            {"token": made.ids["token"]},
            {"token": made.ids["shared_token"]},
            {"token": made.ids["shared_token"], "own": "yes"},
        ],
        "agency_people.replace": [{**plain, "grant_id": made.ids["lead_grant_id"]}],
        "installation.end_administrator": [{"grant_id": made.ids["admin_grant_id"]}],
        "agency_people.end": [
            {"membership_id": made.membership_id, "grant_id": made.ids["contributor_grant_id"]}
        ],
        "person_accounts.show": [
            {"user_id": each}
            for each in (
                made.ids["closed_user_id"],
                made.user_ids["admin"],
                made.user_ids["contributor"],
            )
        ],
        "calendars.feed": [{"token": made.ids["feed_token"]}],
        "security.reset_password": [{"token": made.ids["reset_token"]}],
        "agencies.show": [
            {**plain, "membership_id": each}
            for each in (made.membership_id, made.ids["merged_membership_id"])
        ],
        "reports.comparison": [
            {**plain, "cycle_id": made.cycle_ids[name], "number": 1}
            for name in ("recent_tool", "rated", "late")
        ],
        "reports.comparison_file": [
            {**plain, "cycle_id": made.cycle_ids["rated"], "number": 1, "file_format": name}
            for name in ("csv", "xlsx")
        ],
        "tools.lineage": [
            {**plain, "key": made.ids["tool"][0], "version": made.ids["tool"][1]},
            {**plain, "key": "working-together-2023", "version": 1},
        ],
        "tools.pattern": [{**plain, "key": "lancashire-2012"}],
        "tools.show": [
            {**plain, "key": made.ids["tool"][0], "version": made.ids["tool"][1]},
            {**plain, "key": "lancashire-2012", "version": 1},
        ],
    }
