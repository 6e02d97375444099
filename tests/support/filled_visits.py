"""Draws and visits on the filled board, by the services: a draw that is made and two that wait, a
visit under way, one that is finished, one whose findings are shared, and a cancelled one."""

from __future__ import annotations

from datetime import timedelta

from s11audit.domain.dates import london_today
from s11audit.domain.enums import VisitResult
from s11audit.models import Visit
from s11audit.queries.draws import Stratum
from s11audit.queries.returns import return_by_id
from s11audit.services import draws, visit_findings, visit_teams, visits
from s11audit.services.visit_findings import Written
from tests import factories as make
from tests.support.filled_builder import Builder

NOT_SO = Written(
    VisitResult.NOT_CONFIRMED,
    seen="Six of ten files held a signed record.",
    spoken_to="Two team managers and a trainer",
    proposed_label="amber",
    proposed_reason="The records do not bear out the claim.",
    proposed_improvement="Complete the records of every team.",
)
SO = Written(VisitResult.CONFIRMED, seen="Minutes of four meetings.", spoken_to="The chief officer")


def draw_and_visit(builder: Builder) -> None:
    """Draw in three stages, and visit the main agency four times."""
    session, office = builder.session, builder.actor("office")
    _visitor(builder)
    _draws(builder)
    arranged = _arrange(builder, "submitted", team=True)
    member = visit_teams.add(
        session, office, arranged.return_id, arranged.id,
        "invited.peer@vale.example", now=builder.later(),
    )  # fmt: skip
    builder.made.ids["member_id"] = member.id
    visitor = builder.actor("visitor")
    visit_findings.save(
        session, visitor, arranged.return_id, arranged.id, 1, SO, now=builder.later()
    )
    for state, share in (("in_review", False), ("rated", True)):
        visit = _arrange(builder, state, team=False)
        for standard, written in ((1, SO), (2, NOT_SO)):
            visit_findings.save(
                session, office, visit.return_id, visit.id, standard, written, now=builder.later()
            )
        visits.finish(session, office, visit.return_id, visit.id, now=builder.later())
        if share:
            visits.share(session, office, visit.return_id, visit.id, now=builder.later())
    cancelled = _arrange(builder, "closed", team=False)
    visits.cancel(
        session, office, cancelled.return_id, cancelled.id, "The building is closed that week.",
        now=builder.later(),
    )  # fmt: skip


def _visitor(builder: Builder) -> None:
    """An account that holds no role but that of a visitor."""
    user = make.user(builder.session, email="visitor@north-vale.example", name="Peer Oyelaran")
    builder.users["visitor"] = user
    builder.made.people["visitor"] = user.email
    builder.made.user_ids["visitor"] = user.id


def _draws(builder: Builder) -> None:
    session, office = builder.session, builder.actor("office")
    statutory = [Stratum(None, True, 2)]
    found = {}
    for state in ("submitted", "rated", "in_review"):
        stage = return_by_id(session, builder.made.return_ids[state]).stage_id
        later = london_today(builder.now) + timedelta(days=9)
        if state == "submitted":
            made = draws.draw_at_once(
                session, office, builder.board.id, stage, statutory, "2026", now=builder.later()
            )
        else:
            public = draws.PublicDraw("National Lottery Lotto", later) if state == "rated" else None
            made = draws.freeze(
                session, office, builder.board.id, stage, statutory, public=public,
                now=builder.later(),
            )  # fmt: skip
        found[state] = made.id
        builder.made.ids["drawn_stage_id"] = stage
    builder.made.ids["draws"] = found


def _arrange(builder: Builder, state: str, *, team: bool) -> Visit:
    session, office = builder.session, builder.actor("office")
    day = london_today(builder.now) + timedelta(days=20)
    visit = visits.arrange(
        session, office, builder.made.return_ids[state], day, place="Town Hall", alone=not team,
        now=builder.later(),
    )  # fmt: skip
    if team:
        visitor = builder.users["visitor"]
        visit_teams.add(
            session, office, visit.return_id, visit.id, visitor.email, now=builder.later()
        )
    builder.made.ids.setdefault("visits", {})[state] = visit.id
    return visit
