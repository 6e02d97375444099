"""Returns with two reviewers: rated alone, moderated, and shared with the agency."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Rag, Role
from s11audit.models import Evidence, Return
from s11audit.queries.tools import standards_asked
from s11audit.services import allotments, moderation, replies, reviews, sharing
from tests import factories as make
from tests.support import filled_states
from tests.support.filled_builder import Builder

SECOND = "second reviewer"


def review(builder: Builder, membership_id: int) -> None:
    """Three returns of an agency: one reviewer has finished; all have; the agency has the agreed
    ratings, accepted one, disputes one, and once disputed one that was kept."""
    second = make.user(
        builder.session,
        Role.QA,
        board=builder.board,
        email="second.qa@north-vale.example",
        name="Ffion Abara",
    )
    builder.users[SECOND] = second
    for state, act in (
        ("rated_alone", _alone),
        ("moderated", _moderated),
        ("shared", _shared),
        ("disputed", _disputed),
    ):
        cycle = builder.cycle(f"Audit: {state.replace('_', ' ')}")
        builder.made.cycle_ids[state] = cycle.id
        return_ = builder.return_of(cycle, membership_id)
        builder.made.return_ids[state] = return_.id
        builder.board.reply_days = 14
        filled_states.fill_in(builder, return_, upto=1)
        filled_states.attach(builder, return_)
        filled_states._submit(builder, return_)
        act(builder, return_)
        builder.board.reply_days = 0
    builder.session.flush()


def _alone(builder: Builder, return_: Return) -> None:
    for who in ("qa", SECOND):
        allotment = allotments.allot(
            builder.session, builder.actor("office"), return_.id, builder.users[who].id,
            now=builder.later(),
        )  # fmt: skip
    # The first stays changeable: the ratings of that return are not open.
    builder.made.ids.setdefault("allotment_id", allotment.id)
    reviews.start_review(builder.session, builder.actor("qa"), return_.id, now=builder.later())
    _rate(builder, return_, "qa", {2: Rag.AMBER, 4: Rag.RED})


def _moderated(builder: Builder, return_: Return) -> None:
    _alone(builder, return_)
    former = make.user(
        builder.session, Role.QA, board=builder.board,
        email=f"former{return_.id}@north-vale.example", name="Geraint Poole",
    )  # fmt: skip
    _hand_over(builder, return_, former.id)
    _rate(builder, return_, SECOND, {2: Rag.RED, 3: Rag.AMBER, 4: Rag.RED})
    _agree(builder, return_, upto=4)


def _hand_over(builder: Builder, return_: Return, former: int) -> None:
    """Somebody else was a reviewer for a while."""
    office = builder.actor("office")
    gone = allotments.allot(builder.session, office, return_.id, former, now=builder.later())
    allotments.reallot(
        builder.session, office, return_.id, gone.id, None, "Moved to another post.",
        now=builder.later(),
    )  # fmt: skip


def _shared(builder: Builder, return_: Return) -> None:
    _alone(builder, return_)
    _rate(builder, return_, SECOND, {2: Rag.RED, 3: Rag.AMBER, 4: Rag.RED})
    _agree(builder, return_, upto=9)
    chair, lead = builder.actor("chair"), builder.actor("lead")
    sharing.share(builder.session, chair, return_.id, now=builder.later())
    replies.accept(builder.session, lead, return_.id, [1], now=builder.later())
    evidence = builder.session.scalars(
        select(Evidence.id).where(Evidence.return_id == return_.id).order_by(Evidence.id)
    ).first()
    replies.dispute(
        builder.session, lead, return_.id, 2,
        reason="The audit of 20 files was left out. Eighteen of them show what was asked.",
        evidence_ids=[evidence] if evidence else [], now=builder.later(),
    )  # fmt: skip


def _disputed(builder: Builder, return_: Return) -> None:
    _shared(builder, return_)
    chair, lead = builder.actor("chair"), builder.actor("lead")
    replies.decide(
        builder.session, chair, return_.id, 2,
        reason="The audit is from before the new procedure. The rating stands.",
        now=builder.later(),
    )  # fmt: skip
    replies.accept(builder.session, lead, return_.id, now=builder.later())


def _rate(builder: Builder, return_: Return, who: str, rags: dict[int, Rag]) -> None:
    for standard in standards_asked(builder.session, return_):
        rag = rags.get(standard.number, Rag.GREEN)
        short = rag in (Rag.AMBER, Rag.RED)
        reviews.rate(
            builder.session, builder.actor(who), return_.id, standard.number, label=rag.value,
            comment=f"Read with the evidence: standard {standard.number} is {rag.value}.",
            improvement="Show how staff away from the office know whom to tell." if short else "",
            now=builder.later(),
        )  # fmt: skip
    moderation.finish(builder.session, builder.actor(who), return_.id, now=builder.later())


def _agree(builder: Builder, return_: Return, *, upto: int) -> None:
    today = london_today(builder.now)
    for standard in standards_asked(builder.session, return_):
        if standard.number > upto:
            continue
        rag = {2: Rag.AMBER, 3: Rag.GREEN, 4: Rag.RED}.get(standard.number, Rag.GREEN)
        short = rag in (Rag.AMBER, Rag.RED)
        moderation.agree(
            builder.session, builder.actor("chair"), return_.id, standard.number, label=rag.value,
            comment=f"The group read both views of standard {standard.number}.",
            reason="The audits outweigh what one reviewer missed.",
            improvement="Show how staff away from the office know whom to tell." if short else "",
            improvement_due_on=today + timedelta(days=120) if short else None,
            now=builder.later(),
        )  # fmt: skip
