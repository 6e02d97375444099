"""What the demonstration shows of the sub-group's process and the three-year cycle."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.demonstration import visiting
from s11audit.domain.enums import (
    PointState,
    Rag,
    RatingRole,
    ReturnKind,
    ReturnState,
    ScreeningOutcome,
    SuccessionKind,
)
from s11audit.domain.policy import OPERATOR
from s11audit.models import (
    Challenge,
    Cycle,
    DisputeDecision,
    Draw,
    EscalationStep,
    Improvement,
    Minutes,
    OutboxMessage,
    PaperEntry,
    ProgrammeItem,
    Rating,
    Reminder,
    Reply,
    Return,
    Screening,
    ScreeningPoint,
    Sharing,
    Stage,
    Succession,
    TakeOver,
    ThemeTag,
    Visit,
    VisitFinding,
)
from s11audit.queries.figures import figures_of_stage

pytestmark = pytest.mark.xdist_group("demonstration")


def stage_of(session: Session, cycle: str, number: int = 1) -> Stage:
    return session.scalars(
        select(Stage).join(Cycle).where(Cycle.name.contains(cycle), Stage.number == number)
    ).one()


def states(session: Session, stage: Stage) -> set[tuple[ReturnKind, ReturnState]]:
    rows = session.execute(select(Return.kind, Return.state).where(Return.stage_id == stage.id))
    return {(kind, state) for kind, state in rows}


def how_many(session: Session, what: object, *where: object) -> int:
    rows = select(func.count()).select_from(what).where(*where)  # type: ignore[arg-type]
    return session.scalar(rows) or 0


def test_returns_are_screened_passed_and_sent_back(session: Session) -> None:
    assert set(session.scalars(select(ScreeningPoint.state))) == set(PointState)
    assert set(session.scalars(select(Screening.outcome))) == {None, *ScreeningOutcome}
    assert how_many(session, ScreeningPoint, ScreeningPoint.rule.is_(None))


def test_reviewers_disagree_and_the_agency_answers(session: Session) -> None:
    found = figures_of_stage(session, OPERATOR, stage_of(session, "Working Together"))
    assert found.agreement.kappa is not None
    shared = session.scalars(select(Sharing).where(Sharing.publication_id.is_(None))).all()
    disputes = select(Reply.id).where(Reply.accepted.is_(False))
    undecided = ~select(DisputeDecision.id).where(DisputeDecision.reply_id == Reply.id).exists()
    assert len(shared) == 2  # one waits for its reply, one for a decision
    assert len(session.scalars(disputes).all()) == 2
    assert len(session.scalars(disputes.where(undecided)).all()) == 1
    disputed = session.scalars(select(Rating).where(Rating.disputed)).one()
    assert (disputed.role, disputed.rag) == (RatingRole.AGREED, Rag.AMBER)


def test_a_draw_was_made_and_a_visit_overturned_a_rating(session: Session) -> None:
    drawn = session.scalars(select(Draw).where(Draw.seed == visiting.NUMBER)).one()
    assert len(drawn.strata) == 2
    assert how_many(session, Draw, Draw.seed.is_(None)) == 1
    visits = session.scalars(select(Visit)).all()
    assert sum(visit.is_open for visit in visits) == 2
    proposed = select(VisitFinding).where(VisitFinding.proposed_label.is_not(None))
    assert len(session.scalars(proposed).all()) == 2


def test_the_second_year_is_under_way(session: Session) -> None:
    assert states(session, stage_of(session, "Section 11 audit 2025", 2)) >= {
        (ReturnKind.UPDATE, ReturnState.IN_PROGRESS),
        (ReturnKind.UPDATE, ReturnState.SUBMITTED),
        (ReturnKind.UPDATE, ReturnState.RATED),
        (ReturnKind.CONFIRMATION, ReturnState.SUBMITTED),
    }
    assert how_many(session, TakeOver)


def test_a_second_board_confirms_its_own_results(session: Session) -> None:
    found = {state for _kind, state in states(session, stage_of(session, "self-assessment"))}
    assert found == {
        ReturnState.NOT_STARTED, ReturnState.SUBMITTED, ReturnState.IN_REVIEW, ReturnState.RATED,
    }  # fmt: skip
    confirmed = select(Improvement.id).join(Rating, Rating.id == Improvement.rating_id)
    own = confirmed.where(Rating.confirmation_id.is_not(None))
    assert len(session.scalars(own).all()) == 4  # three of the council, one of the youth trust


@pytest.mark.parametrize(
    ("what", "least"),
    [
        (Challenge, 2),
        (EscalationStep, 12),
        (PaperEntry, 1),
        (ProgrammeItem, 6),
        (Minutes, 1),
        (ThemeTag, 20),
        (Reminder, 1),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_the_years_work_is_there(session: Session, what: object, least: int) -> None:
    assert how_many(session, what) >= least


def test_agencies_have_changed_and_letters_were_sent(session: Session) -> None:
    kinds = set(session.scalars(select(Succession.kind)))
    assert kinds == {SuccessionKind.MERGED, SuccessionKind.RENAMED}
    digests = select(OutboxMessage).where(OutboxMessage.dedupe_key.startswith("digest"))
    assert all(each.sent_at for each in session.scalars(digests))
