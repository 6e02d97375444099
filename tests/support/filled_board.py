"""A board where everything has happened once, built by the services as people would do it.

Its main agency has a return in every state, each in a cycle of its own, so that one lead, one
QA member and so on can open every page in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit import paths
from s11audit.adapters.storage import storage_at
from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Duty, EvidenceKind, Participation, Rag, Role, Standing
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.exchange import compliance_table
from s11audit.models import Cycle, Grant, Improvement, Membership, Return, Stage, User
from s11audit.queries.returns import return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.services import (
    accounts,
    actions,
    agencies,
    boards,
    chasing,
    cycles,
    evidence,
    plans,
    responses,
    returns,
    reviews,
    submitting,
    tools,
)
from s11audit.services.evidence import EvidenceDetails
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.services.submissions import Signatory
from tests import factories as make

SLUG = "north-vale"
BOARD = "North Vale Safeguarding Children Partnership"
MAIN_AGENCY = "Northvale Borough Council"
OTHERS = (
    ("Vale and Marches Hospitals NHS Foundation Trust", Category.NHS_PROVIDER),
    ("North Vale Constabulary", Category.POLICE),
    ("Three Rivers Further Education College", Category.EDUCATION),
)
ADVISORY = "Vale Early Years Network"
SIGNATORY = Signatory("Rosalind Okafor", "Chief Executive", "r.okafor@example.org")
STATES = (
    "not_started", "other_tool", "recent_tool", "in_progress", "sent_back", "submitted",
    "in_review", "rated", "plan_open", "plan_with_qa", "plan_underway", "closed", "late",
    "excused",
)  # fmt: skip
TOOLS = {"other_tool": "leicestershire-rutland-2011", "recent_tool": "working-together-2023"}
NEW_PERSON = "ines.novak@vale-hospitals.example"
OWN_TOOL = "north-vale-own"
RECORDED = paths.PACKAGE / "demonstration" / "leicestershire-rutland-2011.csv"
DOCUMENT = b"%PDF-1.4\n%%EOF\n"


@dataclass
class FilledBoard:
    """What was built: ids by name, for the addresses of pages."""

    board_id: int
    now: datetime
    people: dict[str, str] = field(default_factory=dict)
    """E-mail address by role; the password is factories.PASSWORD."""
    user_ids: dict[str, int] = field(default_factory=dict)
    membership_id: int = 0
    cycle_ids: dict[str, int] = field(default_factory=dict)
    return_ids: dict[str, int] = field(default_factory=dict)
    """The main agency's returns by state; "advisory" is the advisory agency's."""
    ids: dict[str, Any] = field(default_factory=dict)
    """Other ids and tokens, by the name of the address's argument."""


class _Builder:
    """Does the work of people in their order, on one session."""

    def __init__(self, session: Session, now: datetime, evidence_url: str) -> None:
        self.session = session
        self.now = now
        self.evidence_url = evidence_url
        session.info.setdefault("base_url", "http://127.0.0.1:8000")
        board = boards.add_board(session, OPERATOR, SLUG, BOARD, now=now)
        self.made = FilledBoard(board.id, now)
        self.board = board
        self.users: dict[str, User] = {}

    def actor(self, role: str) -> Actor:
        return make.actor(self.session, self.users[role], london_today(self.now))

    def person(self, role: Role, name: str, at: Membership | None = None) -> None:
        board = None if at or role is Role.ADMIN else self.board
        user = make.user(
            self.session,
            role,
            board=board,
            membership=at,
            email=f"{role.value}@north-vale.example",
            name=name,
        )
        self.users[role.value] = user
        self.made.people[role.value] = user.email
        self.made.user_ids[role.value] = user.id

    def agency(self, name: str, category: Category, **more: Any) -> Membership:
        values: dict[str, Any] = {
            "categories": (category,),
            "participation": Participation.FULL,
            "duty": Duty.STATUTORY,
            **more,
        }
        joined = self.now - timedelta(days=90)
        return agencies.add_membership(
            self.session, OPERATOR, self.board.id, name, now=joined, **values
        )

    def cycle(self, name: str, tool: str = "lancashire-2012", *, days: int = 21) -> Cycle:
        today = london_today(self.now)
        due = [today + timedelta(days=days), today + timedelta(days=days + 365)]
        opened = self.now if days > 0 else self.now - timedelta(days=60)
        return cycles.open_cycle(
            self.session, OPERATOR, self.board.id, name, tool, due,
            include_advisory=True, now=opened,
        )  # fmt: skip

    def return_of(self, cycle: Cycle, membership_id: int) -> Return:
        found = self.session.scalars(
            select(Return)
            .join(Stage)
            .where(
                Stage.cycle_id == cycle.id,
                Stage.number == 1,
                Return.membership_id == membership_id,
            )
        ).one()
        return return_by_id(self.session, found.id)

    def later(self, minutes: int = 1) -> datetime:
        """Let time go on, so that each event has its own moment."""
        self.now += timedelta(minutes=minutes)
        return self.now


def build(session: Session, evidence_url: str) -> FilledBoard:
    """Build the board on an open session and return what was made; the caller commits.

    Everything happened in the last two days. Files are put into the store at `evidence_url`.
    """
    builder = _Builder(session, datetime.now(UTC) - timedelta(days=2), evidence_url)
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
            f"Audit: {state.replace('_', ' ')}", days=-3 if state == "late" else 21
        )
        made.cycle_ids[state] = cycle.id
        made.return_ids[state] = builder.return_of(cycle, main.id).id
        _ACTS[state](builder, builder.return_of(cycle, main.id))
    current = session.get_one(Cycle, made.cycle_ids["in_progress"])
    made.return_ids["advisory"] = builder.return_of(current, advisory.id).id
    made.ids["stage_id"] = builder.return_of(current, main.id).stage_id
    late = session.get_one(Cycle, made.cycle_ids["late"])
    made.ids["late_stage_id"] = builder.return_of(late, main.id).stage_id
    made.ids["other_membership_id"] = others[0].id
    _office_work(builder, builder.return_of(current, others[1].id))
    _history_and_tools(builder)
    session.flush()
    return made


def _people(builder: _Builder, main: Membership) -> None:
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


def fill_in(builder: _Builder, return_: Return, upto: int = 9) -> None:
    """The contributor fills in the standards up to a number: 3 amber with what will be done."""
    today = london_today(builder.now)
    for standard in standards_asked(builder.session, return_):
        if standard.number > upto:
            continue
        rag = Rag.AMBER if standard.number == 3 else Rag.GREEN
        proposed = ()
        if rag is Rag.AMBER:
            proposed = (
                ProposedActionValues(
                    "Put the out-of-hours number on every team’s rota",
                    "Head of Operations",
                    today + timedelta(days=90),
                ),
            )
        values = ResponseValues(
            statement=f"What we do about standard {standard.number}.\nAn audit in March showed it.",
            self_label=rag.value,
            answers={each.key: _answer(each.kind, rag, builder) for each in standard.requirements},
            proposed_actions=proposed,
        )
        stored = responses.response_for(builder.session, return_.id, standard.number)
        responses.save_response(
            builder.session, builder.actor("contributor"), return_.id, standard.number, values,
            based_on=stored.version if stored else 0, now=builder.later(),
        )  # fmt: skip


def attach(builder: _Builder, return_: Return) -> None:
    """The contributor attaches a file and a link to the first standard."""
    session, by = builder.session, builder.actor("contributor")
    stored = storage_at(builder.evidence_url).put(BytesIO(DOCUMENT))
    file = evidence.add_file(
        session, by, return_.id,
        evidence.StoredFile(stored.sha256, stored.size, "application/pdf", "case-audit.pdf"),
        EvidenceDetails("Audit of 20 cases", EvidenceKind.ACTIVITY, (1,)), now=builder.later(),
    )  # fmt: skip
    link = evidence.add_link(
        session, by, return_.id, "https://www.north-vale.example/what-children-said",
        EvidenceDetails("What children said", EvidenceKind.CHILDS_VOICE, (1, 2)),
        now=builder.later(),
    )  # fmt: skip
    builder.made.ids.setdefault("evidence", {"file": file.id, "link": link.id})


def _answer(kind: str, rag: Rag, builder: _Builder) -> dict[str, object]:
    if kind == "percentage":
        day = london_today(builder.now) - timedelta(days=30)
        return {"numerator": 118, "denominator": 126, "as_of": day.isoformat()}
    return {"value": "partly_met" if rag is Rag.AMBER else "met", "na_reason": ""}


def _nothing(builder: _Builder, return_: Return) -> None:
    """Leave it as it is."""


def _begin(builder: _Builder, return_: Return) -> None:
    fill_in(builder, return_, upto=4)
    attach(builder, return_)
    lead = builder.actor("lead")
    responses.assign(
        builder.session, lead, return_.id, 5, builder.users["contributor"].id, now=builder.later()
    )
    responses.save_response(
        builder.session, lead, return_.id, 6,
        ResponseValues(statement="word " * 230, self_label="red"), based_on=0, now=builder.later(),
    )  # fmt: skip


def _submit(builder: _Builder, return_: Return) -> None:
    fill_in(builder, return_)
    submitting.submit(
        builder.session, builder.actor("lead"), return_.id, SIGNATORY, True, now=builder.later()
    )


def _send_back(builder: _Builder, return_: Return) -> None:
    _submit(builder, return_)
    reason = "Standard 5 gives the training figures of last year. Please use this year’s."
    returns.send_back(
        builder.session, builder.actor("office"), return_.id, reason, now=builder.later()
    )


def _review(builder: _Builder, return_: Return, upto: int = 4) -> None:
    fill_in(builder, return_, upto=1)
    attach(builder, return_)
    _submit(builder, return_)
    reviews.start_review(builder.session, builder.actor("qa"), return_.id, now=builder.later())
    for standard in standards_asked(builder.session, return_):
        if standard.number <= upto:
            rag = {3: Rag.AMBER, 4: Rag.RED}.get(standard.number, Rag.GREEN)
            _rate(builder, return_, standard.number, rag)


def _rate(builder: _Builder, return_: Return, number: int, rag: Rag, reason: str = "") -> None:
    short = rag in (Rag.AMBER, Rag.RED)
    reviews.rate(
        builder.session, builder.actor("qa"), return_.id, number, label=rag.value,
        comment=f"The panel read the evidence for standard {number}.",
        improvement="Show how staff away from the office know whom to tell." if short else "",
        monitor=rag is Rag.RED, reason=reason, now=builder.later(),
    )  # fmt: skip


def _publish(builder: _Builder, return_: Return) -> None:
    _review(builder, return_, upto=9)
    reviews.publish(builder.session, builder.actor("chair"), return_.id, now=builder.later())


def _publish_green(builder: _Builder, return_: Return) -> None:
    _submit(builder, return_)
    reviews.start_review(builder.session, builder.actor("qa"), return_.id, now=builder.later())
    for standard in standards_asked(builder.session, return_):
        _rate(builder, return_, standard.number, Rag.GREEN)
    reviews.publish(builder.session, builder.actor("chair"), return_.id, now=builder.later())


def _improvements(builder: _Builder, return_: Return) -> list[Improvement]:
    return list(
        builder.session.scalars(
            select(Improvement)
            .where(Improvement.return_id == return_.id)
            .order_by(Improvement.standard)
        )
    )


def _plan_open(builder: _Builder, return_: Return) -> None:
    _publish(builder, return_)
    builder.made.ids["improvement_id"] = _improvements(builder, return_)[0].id


def _plan_returned(builder: _Builder, return_: Return) -> None:
    _publish(builder, return_)
    session, lead = builder.session, builder.actor("lead")
    third, fourth = _improvements(builder, return_)
    actions.take_over(session, lead, third.id, 1, now=builder.later())
    plans.give_reason(
        session, lead, fourth.id, reason="The service closes in June.", now=builder.later()
    )
    plans.return_plan(session, lead, return_.id, now=builder.later())


def _plan_underway(builder: _Builder, return_: Return) -> None:
    _publish(builder, return_)
    session, lead, qa = builder.session, builder.actor("lead"), builder.actor("qa")
    today = london_today(builder.now)
    third, fourth = _improvements(builder, return_)
    done = actions.take_over(session, lead, third.id, 1, now=builder.later())
    made: dict[str, int] = {"verified": done.id}
    for name, what, days in (
        ("reported", "Train the reception staff of both sites", 30),
        ("underway", "Ask young people what they think of the leaflet", 60),
        ("overdue", "Name a deputy for the safeguarding lead", -1),
    ):
        added = actions.add_action(
            session, lead, fourth.id, what=what, owner="Head of Service",
            due_on=today + timedelta(days=days), now=builder.later(),
        )  # fmt: skip
        made[name] = added.id
    plans.return_plan(session, lead, return_.id, now=builder.later())
    plans.decide_plan(session, qa, return_.id, accepted=True, now=builder.later())
    for name in ("verified", "reported", "underway"):
        actions.add_progress(
            session, lead, made[name], note="Two of three sites done.", now=builder.later()
        )
    for name in ("verified", "reported"):
        actions.report_complete(
            session, lead, made[name], note="Done; the minutes are attached.", now=builder.later()
        )
    actions.verify_action(
        session, qa, made["verified"], note="Seen at the visit.", now=builder.later()
    )
    builder.made.ids["actions"] = made


def _close(builder: _Builder, return_: Return) -> None:
    _publish_green(builder, return_)
    cycles.close_stage(
        builder.session, builder.actor("office"), return_.stage_id, now=builder.later()
    )


def _excuse(builder: _Builder, return_: Return) -> None:
    returns.change_standing(
        builder.session, builder.actor("office"), return_.id, Standing.EXCUSED,
        "The council was joined with its neighbour in April.", now=builder.later(),
    )  # fmt: skip


_ACTS: dict[str, Callable[[_Builder, Return], None]] = {
    "not_started": _nothing,
    "other_tool": _nothing,
    "recent_tool": _nothing,
    "in_progress": _begin,
    "sent_back": _send_back,
    "submitted": _submit,
    "in_review": _review,
    "rated": _publish_green,
    "plan_open": _plan_open,
    "plan_with_qa": _plan_returned,
    "plan_underway": _plan_underway,
    "closed": _close,
    "late": _nothing,
    "excused": _excuse,
}


def _office_work(builder: _Builder, other: Return) -> None:
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
    for role in (Role.LEAD, Role.SCRUTINEER):
        grant = session.scalars(select(Grant).where(Grant.role == role)).one()
        builder.made.ids[f"{role.value}_grant_id"] = grant.id
    chasing.chase(
        session, office, builder.board.id,
        [builder.made.return_ids["late"]], "Your section 11 return is late",
        "Dear {name}, the return of {agency} was due on {due date}. {link}",
        batch="0" * 32, now=builder.later(),
    )  # fmt: skip


def _history_and_tools(builder: _Builder) -> None:
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
