"""Two boards with agencies, people of every role, and an object of each kind at each place."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from s11audit.domain.enums import (
    AGENCY_ROLES,
    BOARD_ROLES,
    RETURN_ROLES,
    ActionEventKind,
    ActionState,
    AttendanceKind,
    EscalationKind,
    EvidenceKind,
    LineBasis,
    MeetingKind,
    PointOrigin,
    PointState,
    Rag,
    RatingRole,
    RedactionKind,
    ReturnState,
    Role,
    ScreeningRule,
    SeedSource,
    TagKind,
    TagSource,
)
from s11audit.domain.policy import OPERATOR
from s11audit.models import (
    Action,
    ActionEvent,
    Allotment,
    Attendance,
    Board,
    Challenge,
    ChallengeAction,
    Draw,
    DrawCandidate,
    DrawStratum,
    EnquiryLine,
    EscalationStep,
    Evidence,
    Improvement,
    Invitation,
    Meeting,
    MeetingDecision,
    Membership,
    OutboxMessage,
    Publication,
    Rating,
    Redaction,
    Return,
    Screening,
    ScreeningPoint,
    Stage,
    Theme,
    ThemeTag,
    User,
    Visit,
    VisitFinding,
    VisitMember,
)
from s11audit.queries.returns import return_by_id
from s11audit.services.submissions import Signatory, freeze
from tests import factories as make


@dataclass
class Agency:
    """An agency with its return and what lies below it, by the names used in addresses."""

    membership: Membership
    return_: Return
    ids: dict[str, int]


@dataclass
class Place:
    """A board with two agencies and what lies on it, by the names used in addresses."""

    board: Board
    agencies: list[Agency]
    ids: dict[str, int]


@dataclass
class World:
    """Two boards; the people hold their roles on the first, agency roles at its first agency."""

    here: Place
    there: Place
    people: dict[Role, User] = field(default_factory=dict)


def build(session: Session) -> World:
    """Make the world and commit it."""
    world = World(_place(session), _place(session))
    for role in Role:
        user = make.user(session)
        make.grant(
            session,
            user,
            role,
            board=world.here.board if role in BOARD_ROLES else None,
            membership=world.here.agencies[0].membership if role in AGENCY_ROLES else None,
            return_=world.here.agencies[0].return_ if role in RETURN_ROLES else None,
            until=make.date(2999, 1, 1) if role is Role.SCRUTINEER else None,
        )
        world.people[role] = user
    session.commit()
    return world


def _place(session: Session) -> Place:
    board = make.board(session)
    cycle = make.cycle(session, board)
    stage = session.query(Stage).filter_by(cycle_id=cycle.id).one()
    theme = Theme(board_id=board.id, name="Supervision", name_key="supervision", added_at=make.NOW)
    session.add(theme)
    session.flush()
    agencies = []
    for _ in range(2):
        member = make.membership(session, board)
        return_ = make.return_(session, member, cycle, state=ReturnState.RATED)
        below = _below(session, return_) | {"tag_id": _tag(session, theme, return_).id}
        agencies.append(Agency(member, return_, below))
    somebody = make.user(session)
    grant = make.grant(session, somebody, Role.VIEWER, board=board)
    return Place(
        board,
        agencies,
        {
            "cycle_id": cycle.id,
            "stage_id": stage.id,
            "membership_id": agencies[0].membership.id,
            "grant_id": grant.id,
            "user_id": somebody.id,
            "draw_id": _draw(session, stage, agencies[0].return_).id,
            "invitation_id": _invitation(session, board).id,
            "message_id": _message(session, board).id,
            "redaction_id": _redaction(session, board, somebody).id,
            **_meeting(session, board, agencies[0].return_),
            "theme_id": theme.id,
            "tag_id": agencies[0].ids["tag_id"],
        },
    )


def _meeting(session: Session, board: Board, return_: Return) -> dict[str, int]:
    meeting = Meeting(
        board_id=board.id,
        kind=MeetingKind.QA,
        held_on=make.TODAY,
        title="QA sub-group",
        added_at=make.NOW,
    )
    session.add(meeting)
    session.flush()
    line = EnquiryLine(
        meeting_id=meeting.id,
        return_id=return_.id,
        standard=1,
        basis=LineBasis.HAND,
        draft_key="hand:1",
        text="Who reads the log?",
    )
    decision = MeetingDecision(
        meeting_id=meeting.id,
        number=1,
        return_id=return_.id,
        text="Agree.",
        recorded_at=make.NOW,
    )
    attendance = Attendance(
        meeting_id=meeting.id, name="Ann", name_key="ann", kind=AttendanceKind.PRESENT
    )
    session.add_all([line, decision, attendance])
    session.flush()
    return {
        "meeting_id": meeting.id,
        "line_id": line.id,
        "decision_id": decision.id,
        "attendance_id": attendance.id,
    }


def _tag(session: Session, theme: Theme, return_: Return) -> ThemeTag:
    made = ThemeTag(
        theme_id=theme.id,
        kind=TagKind.STRENGTH,
        return_id=return_.id,
        standard=1,
        source=TagSource.STATEMENT,
        passage="Staff are supervised.",
        passage_hash="x",
        tagged_at=make.NOW,
    )
    session.add(made)
    session.flush()
    return made


def _draw(session: Session, stage: Stage, return_: Return) -> Draw:
    candidate = DrawCandidate(place=1, return_id=return_.id, name="A")
    made = Draw(
        stage_id=stage.id,
        number=1,
        seed_source=SeedSource.GENERATED,
        frozen_at=make.NOW,
        strata=[DrawStratum(number=1, statutory=True, wanted=1, pool=[candidate])],
    )
    session.add(made)
    session.flush()
    return made


def _invitation(session: Session, board: Board) -> Invitation:
    made = Invitation(
        email=f"invited-{board.id}@example.org",
        role=Role.QA,
        board_id=board.id,
        token_hash=f"{board.id:064}",
        sent_at=make.NOW,
        expires_at=make.datetime(2999, 1, 1, tzinfo=make.UTC),
    )
    session.add(made)
    session.flush()
    return made


def _message(session: Session, board: Board) -> OutboxMessage:
    made = OutboxMessage(
        dedupe_key=f"x:{board.id}",
        board_id=board.id,
        to_email="a@example.org",
        subject="s",
        body="b",
        created_at=make.NOW,
        next_attempt_at=make.NOW,
    )
    session.add(made)
    session.flush()
    return made


def _redaction(session: Session, board: Board, by: User) -> Redaction:
    made = Redaction(
        uid=f"{board.id:032x}",
        kind=RedactionKind.FILE,
        board_id=board.id,
        blob_sha256="0" * 64,
        tombstone="[redacted on 4 March 2026]",
        reason="It named a child.",
        places={str(board.id): {"Evidence": 1}},
        made_at=make.NOW,
        by_id=by.id,
        by_role="office",
    )
    session.add(made)
    session.flush()
    return made


def _below(session: Session, return_: Return) -> dict[str, int]:
    evidence = Evidence(
        return_id=return_.id,
        url="https://example.org",
        description="A link",
        kind=EvidenceKind.POLICY,
        added_at=make.NOW,
    )
    publication = Publication(
        return_id=return_.id, number=1, effective_at=make.NOW, recorded_at=make.NOW
    )
    session.add_all([evidence, publication])
    session.flush()
    rating = Rating(
        return_id=return_.id,
        standard=1,
        role=RatingRole.AGREED,
        label="red",
        rag=Rag.RED,
        improvement="Do better",
        rated_at=make.NOW,
        publication_id=publication.id,
    )
    session.add(rating)
    session.flush()
    improvement = Improvement(
        rating_id=rating.id,
        return_id=return_.id,
        membership_id=return_.membership_id,
        standard=1,
        text="Do better",
        opened_at=make.NOW,
    )
    session.add(improvement)
    session.flush()
    action = Action(
        improvement_id=improvement.id,
        number=1,
        what="Train",
        owner="Ann",
        due_on=make.TODAY,
        state=ActionState.OPEN,
        added_at=make.NOW,
    )
    session.add(action)
    session.flush()
    session.add(
        ActionEvent(
            action_id=action.id,
            kind=ActionEventKind.ADDED,
            effective_at=make.NOW,
            recorded_at=make.NOW,
        )
    )
    session.flush()
    step = EscalationStep(
        return_id=return_.id,
        kind=EscalationKind.REMINDER,
        due_on=make.TODAY,
        subject="s",
        text="t",
        made_at=make.NOW,
    )
    session.add(step)
    session.flush()
    challenge = Challenge(
        return_id=return_.id,
        number=1,
        held_on=make.TODAY,
        made_at=make.NOW,
        shared_at=make.NOW,
        actions=[ChallengeAction(number=1, what="Train", owner="Ann", due_on=make.TODAY)],
    )
    session.add(challenge)
    session.flush()
    visit = Visit(return_id=return_.id, number=1, visit_on=make.TODAY, arranged_at=make.NOW)
    session.add(visit)
    session.flush()
    member = VisitMember(
        visit_id=visit.id,
        email=f"peer{visit.id}@example.org",
        user_id=make.user(session).id,
        added_at=make.NOW,
    )
    session.add_all([member, VisitFinding(visit_id=visit.id, standard=1)])
    session.flush()
    submission = freeze(
        session, OPERATOR, return_by_id(session, return_.id),
        Signatory("Ann", "Director", "ann@example.org"),
        effective_at=make.NOW, now=make.NOW,
    )  # fmt: skip
    screening = Screening(submission_id=submission.id, drafted_at=make.NOW)
    allotment = Allotment(
        return_id=return_.id, reviewer_id=make.user(session).id, allotted_at=make.NOW
    )
    session.add_all([screening, allotment])
    session.flush()
    point = ScreeningPoint(
        screening_id=screening.id,
        standard=1,
        rule=ScreeningRule.SHORT,
        passage="Yes.",
        origin=PointOrigin.AUTOMATIC,
        state=PointState.OPEN,
        added_at=make.NOW,
    )
    session.add(point)
    session.flush()
    return {
        "point_id": point.id,
        "visit_id": visit.id,
        "member_id": member.id,
        "step_id": step.id,
        "challenge_id": challenge.id,
        "agreed_id": challenge.actions[0].id,
        "allotment_id": allotment.id,
        "evidence_id": evidence.id,
        "improvement_id": improvement.id,
        "action_id": action.id,
    }
