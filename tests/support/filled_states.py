"""What people do with a return until it is in a state, by the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from sqlalchemy import select

from s11audit.adapters.storage import storage_at
from s11audit.domain.dates import london_today
from s11audit.domain.enums import EvidenceKind, Rag, Standing
from s11audit.models import Improvement, Return
from s11audit.queries.tools import standards_asked
from s11audit.services import (
    actions,
    cycles,
    evidence,
    plans,
    responses,
    returns,
    reviews,
    submitting,
    taking_over,
)
from s11audit.services.evidence import EvidenceDetails
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.services.submissions import Signatory
from tests.support.filled_builder import Builder

SIGNATORY = Signatory("Rosalind Okafor", "Chief Executive", "r.okafor@example.org")
DOCUMENT = b"%PDF-1.4\n%%EOF\n"


def fill_in(builder: Builder, return_: Return, upto: int = 9) -> None:
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


def attach(builder: Builder, return_: Return) -> None:
    """The contributor attaches a file and a link to the first standard, and to the fourth a policy
    that is past its review date."""
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
    overdue = london_today(builder.now) - timedelta(days=40)
    evidence.add_link(
        session, by, return_.id, "https://www.north-vale.example/whistleblowing",
        EvidenceDetails("Whistleblowing policy", EvidenceKind.POLICY, (4,), None, overdue),
        now=builder.later(),
    )  # fmt: skip
    builder.made.ids.setdefault("evidence", {"file": file.id, "link": link.id})


def _answer(kind: str, rag: Rag, builder: Builder) -> dict[str, object]:
    if kind == "percentage":
        day = london_today(builder.now) - timedelta(days=30)
        return {"numerator": 118, "denominator": 126, "as_of": day.isoformat()}
    return {"value": "partly_met" if rag is Rag.AMBER else "met", "na_reason": ""}


def _nothing(builder: Builder, return_: Return) -> None:
    """Leave it as it is."""


def _begin(builder: Builder, return_: Return) -> None:
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


def _submit(builder: Builder, return_: Return) -> None:
    fill_in(builder, return_)
    submitting.submit(
        builder.session, builder.actor("lead"), return_.id, SIGNATORY, True, now=builder.later()
    )


def _send_back(builder: Builder, return_: Return) -> None:
    _submit(builder, return_)
    reason = "Standard 5 gives the training figures of last year. Please use this year’s."
    returns.send_back(
        builder.session, builder.actor("office"), return_.id, reason, now=builder.later()
    )


def _review(builder: Builder, return_: Return, upto: int = 4) -> None:
    fill_in(builder, return_, upto=1)
    attach(builder, return_)
    _submit(builder, return_)
    reviews.start_review(builder.session, builder.actor("qa"), return_.id, now=builder.later())
    for standard in standards_asked(builder.session, return_):
        if standard.number <= upto:
            rag = {3: Rag.AMBER, 4: Rag.RED}.get(standard.number, Rag.GREEN)
            _rate(builder, return_, standard.number, rag)


def _rate(builder: Builder, return_: Return, number: int, rag: Rag, reason: str = "") -> None:
    short = rag in (Rag.AMBER, Rag.RED)
    reviews.rate(
        builder.session, builder.actor("qa"), return_.id, number, label=rag.value,
        comment=f"The panel read the evidence for standard {number}.",
        improvement="Show how staff away from the office know whom to tell." if short else "",
        monitor=rag is Rag.RED, reason=reason, now=builder.later(),
    )  # fmt: skip


def _publish(builder: Builder, return_: Return) -> None:
    _review(builder, return_, upto=9)
    reviews.publish(builder.session, builder.actor("chair"), return_.id, now=builder.later())


def _publish_green(builder: Builder, return_: Return) -> None:
    _submit(builder, return_)
    reviews.start_review(builder.session, builder.actor("qa"), return_.id, now=builder.later())
    for standard in standards_asked(builder.session, return_):
        _rate(builder, return_, standard.number, Rag.GREEN)
    reviews.publish(builder.session, builder.actor("chair"), return_.id, now=builder.later())


def _improvements(builder: Builder, return_: Return) -> list[Improvement]:
    return list(
        builder.session.scalars(
            select(Improvement)
            .where(Improvement.return_id == return_.id)
            .order_by(Improvement.standard)
        )
    )


def _plan_open(builder: Builder, return_: Return) -> None:
    _publish(builder, return_)
    builder.made.ids["improvement_id"] = _improvements(builder, return_)[0].id


def _plan_returned(builder: Builder, return_: Return) -> None:
    _publish(builder, return_)
    session, lead = builder.session, builder.actor("lead")
    third, fourth = _improvements(builder, return_)
    actions.take_over(session, lead, third.id, 1, now=builder.later())
    plans.give_reason(
        session, lead, fourth.id, reason="The service closes in June.", now=builder.later()
    )
    plans.return_plan(session, lead, return_.id, now=builder.later())


def _plan_underway(builder: Builder, return_: Return) -> None:
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


def _close(builder: Builder, return_: Return) -> None:
    _publish_green(builder, return_)
    cycles.close_stage(
        builder.session, builder.actor("office"), return_.stage_id, now=builder.later()
    )


def _excuse(builder: Builder, return_: Return) -> None:
    returns.change_standing(
        builder.session, builder.actor("office"), return_.id, Standing.EXCUSED,
        "The council was joined with its neighbour in April.", now=builder.later(),
    )  # fmt: skip


def _take_over(builder: Builder, return_: Return) -> None:
    """The contributor takes over what was said in the last cycle, on another tool."""
    taking_over.take_over(
        builder.session, builder.actor("contributor"), return_.id, 6, "all", now=builder.later()
    )


ACTS: dict[str, Callable[[Builder, Return], None]] = {
    "not_started": _nothing,
    "other_tool": _nothing,
    "recent_tool": _take_over,
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
