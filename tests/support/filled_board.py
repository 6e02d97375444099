"""A board where everything has happened once, built by the services as people would do it.

Its main agency has a return in every state, each in a cycle of its own, so that one lead, one
QA member and so on can open every page in every state.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit import paths
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Duty, Participation, Role, SuccessionKind
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import compliance_table
from s11audit.models import Cycle, Grant, Membership, Return
from s11audit.services import (
    accounts,
    calendars,
    chasing,
    digests,
    hand_overs,
    leaving,
    redactions,
    returns,
    tools,
)
from s11audit.services.successions import Wanted, succeed
from tests import factories as make
from tests.support import (
    filled_answers,
    filled_meetings,
    filled_reviews,
    filled_screenings,
    filled_updates,
    filled_visits,
)
from tests.support.filled_builder import (
    ADVISORY,
    MAIN_AGENCY,
    NEW_PERSON,
    OTHERS,
    OWN_TOOL,
    RECORDED,
    STATES,
    TOOLS,
    Builder,
    FilledBoard,
)
from tests.support.filled_states import ACTS


def build(session: Session, evidence_url: str) -> FilledBoard:
    """Build the board on an open session and return what was made; the caller commits.

    Everything happened in the last two days. Files are put into the store at `evidence_url`.
    """
    builder = Builder(session, datetime.now(UTC) - timedelta(days=2), evidence_url)
    made = builder.made
    main = builder.agency(MAIN_AGENCY, Category.COUNCIL)
    made.membership_id = main.id
    others = [builder.agency(name, category) for name, category in OTHERS]
    advisory = builder.agency(
        ADVISORY, Category.VOLUNTARY, participation=Participation.ADVISORY, duty=Duty.INVITED
    )
    _people(builder, main)
    for state in STATES:
        cycle = builder.cycle(
            f"Audit: {state.replace('_', ' ')}",
            TOOLS.get(state, "lancashire-2012"),
            days=-3 if state == "late" else 21,
        )
        made.cycle_ids[state] = cycle.id
        made.return_ids[state] = builder.return_of(cycle, main.id).id
        ACTS[state](builder, builder.return_of(cycle, main.id))
    current = session.get_one(Cycle, made.cycle_ids["in_progress"])
    made.return_ids["advisory"] = builder.return_of(current, advisory.id).id
    made.ids["stage_id"] = builder.return_of(current, main.id).stage_id
    late = session.get_one(Cycle, made.cycle_ids["late"])
    made.ids["late_stage_id"] = builder.return_of(late, main.id).stage_id
    made.ids["other_membership_id"] = others[0].id
    _merge(builder, advisory.name)
    _office_work(builder, builder.return_of(current, others[1].id))
    filled_meetings.tag(builder, made.return_ids["rated"])
    filled_meetings.meet(builder, made.return_ids["rated"], made.return_ids["in_review"])
    filled_reviews.review(builder, main.id)
    filled_visits.draw_and_visit(builder)
    filled_screenings.screen(builder)
    filled_answers.confirm(builder, main.id)
    filled_answers.press(builder)
    filled_answers.meet(builder)
    filled_updates.follow_up(builder)
    _history_and_tools(builder)
    session.flush()
    return made


def _people(builder: Builder, main: Membership) -> None:
    for role, name in (
        (Role.ADMIN, "Sam Reyes"),
        (Role.OFFICE, "Harriet Coyle"),
        (Role.QA, "Dilys Morgan-Price"),
        (Role.CHAIR, "Jonah Whitlock"),
        (Role.VIEWER, "Councillor Ada Brightwell"),
    ):
        builder.person(role, name)
    builder.person(Role.LEAD, "Amira Khan", main)
    builder.person(Role.CONTRIBUTOR, "Tom Ashdown", main)
    scrutineer = make.user(
        builder.session, email="scrutineer@north-vale.example", name="Professor Lin Oduya"
    )
    make.grant(
        builder.session, scrutineer, Role.SCRUTINEER, board=builder.board,
        until=london_today(builder.now) + timedelta(days=60),
    )  # fmt: skip
    builder.users["scrutineer"] = scrutineer
    builder.made.people["scrutineer"] = scrutineer.email
    builder.made.user_ids["scrutineer"] = scrutineer.id


def _office_work(builder: Builder, other: Return) -> None:
    """An extension, invitations that wait, and letters that wait in the outbox."""
    session, office = builder.session, builder.actor("office")
    today = london_today(builder.now)
    returns.extend(
        session, office, other.id, today + timedelta(days=35), "Their lead was ill.",
        now=builder.later(),
    )  # fmt: skip
    invitation, link = accounts.invite(
        session, office, NEW_PERSON, Role.LEAD, membership_id=other.membership_id,
        name="Ines Novak", now=builder.later(),
    )  # fmt: skip
    builder.made.ids["invitation_id"] = invitation.id
    builder.made.ids["token"] = link.rsplit("/", 1)[1]
    for role in (Role.LEAD, Role.SCRUTINEER, Role.CONTRIBUTOR, Role.ADMIN):
        grant = session.scalars(select(Grant).where(Grant.role == role)).one()
        builder.made.ids[f"{role.value}_grant_id"] = grant.id
    _people_change(builder)
    chasing.chase(
        session, office, builder.board.id,
        [builder.made.return_ids["late"]], "Your section 11 return is late",
        "Dear {name}, the return of {agency} was due on {due date}. {link}",
        batch="0" * 32, now=builder.later(),
    )  # fmt: skip
    builder.made.ids["feed_token"] = calendars.make_feed(
        session, office, builder.board.id, now=builder.later()
    )
    digests.send_batch(session, today, now=builder.later(), limit=1000)
    builder.made.ids["redaction_id"] = redactions.redact_passage(
        session, office, builder.board.id, "Their lead was ill",
        "It said of a person why they were away.", now=builder.later(),
    ).id  # fmt: skip


def _people_change(builder: Builder) -> None:
    """A note to a successor, an invitation to a mailbox that is shared, a closed account."""
    session = builder.session
    lead, member = builder.actor("lead"), builder.made.membership_id
    hand_overs.save_note(
        session, lead, member, "Tom Ashdown has the training figures.", now=builder.later()
    )
    _invitation, link = accounts.invite(
        session, lead, builder.made.people["contributor"], Role.CONTRIBUTOR,
        membership_id=member, name="Una Green", shared=True, now=builder.later(),
    )  # fmt: skip
    builder.made.ids["shared_token"] = link.rsplit("/", 1)[1]
    gone = make.user(session, Role.VIEWER, board=builder.board, name="Gil Moore")
    leaving.deactivate(session, builder.actor("admin"), gone.id, now=builder.later())
    builder.made.ids["closed_user_id"] = gone.id


def _history_and_tools(builder: Builder) -> None:
    """A published table of 2011, a draft of the board's own tool, and a way to a new password."""
    session, board_id = builder.session, builder.board.id
    name = "Recorded 2011"
    compliance_table.apply(
        session, OPERATOR, board_id, name, RECORDED.read_bytes(), RECORDED.name,
        now=builder.later(),
    )  # fmt: skip
    recorded = session.scalars(select(Cycle).where(Cycle.name == name)).one()
    builder.made.cycle_ids["recorded"] = recorded.id
    text = (paths.PACKAGE / "tools" / "lancashire-2012.yaml").read_text()
    draft = tools.add_tool(
        session, builder.actor("office"),
        text.replace("key: lancashire-2012", f"key: {OWN_TOOL}").encode(), "own.yaml",
        board_id=board_id, publish=False, now=builder.later(),
    )  # fmt: skip
    builder.made.ids["tool"] = (draft.key, draft.version)
    lead = builder.users["lead"]
    builder.made.ids["reset_token"] = generate_reset_password_token(lead)


def _merge(builder: Builder, into: str) -> None:
    """A small agency merged into another, which had a longer name then."""
    project = builder.agency("Marsh Lane Youth Project", Category.VOLUNTARY)
    builder.made.ids["merged_membership_id"] = project.id
    day = london_today(builder.now)
    for kind, name in (
        (SuccessionKind.RENAMED, "Marsh Lane Project"),
        (SuccessionKind.MERGED, into),
    ):
        wanted = Wanted(kind, day, "One board of trustees runs both.", (name,))
        succeed(builder.session, builder.actor("office"), project.id, wanted, now=builder.later())
