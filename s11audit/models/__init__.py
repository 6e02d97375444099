"""The tables, a module a noun. Importing this package registers them all."""

from s11audit.models.accounts import Grant, Invitation, Role, User
from s11audit.models.actions import (
    Action,
    ActionEvent,
    Improvement,
    PlanDecision,
    PlanSubmission,
)
from s11audit.models.agencies import Agency, Membership, name_key
from s11audit.models.agreements import (
    Agreement,
    DisputeDecision,
    Reply,
    ReplyEvidence,
    SharedRating,
    Sharing,
)
from s11audit.models.allotments import Allotment, Opening
from s11audit.models.audit_log import AuditLog, AuditPayload
from s11audit.models.base import Base
from s11audit.models.boards import Board
from s11audit.models.calendars import CalendarFeed
from s11audit.models.challenges import (
    Challenge,
    ChallengeAction,
    ChallengeMember,
    ChallengeQuestion,
)
from s11audit.models.confirmations import Confirmation, ReturnedResult
from s11audit.models.cycles import Cycle, Stage
from s11audit.models.draws import Draw, DrawCandidate, DrawStratum
from s11audit.models.escalations import EscalationStep
from s11audit.models.evidence import Blob, Evidence, EvidenceUse, PendingUpload
from s11audit.models.hand_overs import HandOver, HandOverNote
from s11audit.models.health import WorkerBeat
from s11audit.models.lineages import StoredLineage
from s11audit.models.meetings import (
    Attendance,
    ConflictOfInterest,
    EnquiryLine,
    Meeting,
    MeetingDecision,
    Minutes,
    ProgrammeItem,
)
from s11audit.models.outbox import OutboxMessage
from s11audit.models.paper_entries import PaperEntry
from s11audit.models.redactions import Redaction
from s11audit.models.reminders import (
    Digest,
    DigestChoice,
    DigestDay,
    Reminder,
    ReminderSchedule,
)
from s11audit.models.retention import RetentionRun
from s11audit.models.returns import (
    Answer,
    Extension,
    ProposedAction,
    RecordedOutcome,
    Response,
    Return,
    SendBack,
    StandingChange,
    Submission,
)
from s11audit.models.reviews import MonitoringFlag, Publication, Rating
from s11audit.models.screening import Screening, ScreeningPoint, StatementPrint
from s11audit.models.sign_in import (
    Authenticator,
    Passkey,
    RecoveryCode,
    SignInTry,
    SpentChallenge,
    UserSession,
)
from s11audit.models.successions import FormerName, Succession
from s11audit.models.take_overs import TakeOver
from s11audit.models.themes import Theme, ThemeTag
from s11audit.models.tools import ToolVersion
from s11audit.models.user_identities import UserIdentity
from s11audit.models.visits import Visit, VisitFinding, VisitItem, VisitMember

__all__ = [
    "Action",
    "ActionEvent",
    "Agency",
    "Agreement",
    "Allotment",
    "Answer",
    "Attendance",
    "AuditLog",
    "AuditPayload",
    "Authenticator",
    "Base",
    "Blob",
    "Board",
    "CalendarFeed",
    "Challenge",
    "ChallengeAction",
    "ChallengeMember",
    "ChallengeQuestion",
    "Confirmation",
    "ConflictOfInterest",
    "Cycle",
    "Digest",
    "DigestChoice",
    "DigestDay",
    "DisputeDecision",
    "Draw",
    "DrawCandidate",
    "DrawStratum",
    "EnquiryLine",
    "EscalationStep",
    "Evidence",
    "EvidenceUse",
    "Extension",
    "FormerName",
    "Grant",
    "HandOver",
    "HandOverNote",
    "Improvement",
    "Invitation",
    "Meeting",
    "MeetingDecision",
    "Membership",
    "Minutes",
    "MonitoringFlag",
    "Opening",
    "OutboxMessage",
    "PaperEntry",
    "Passkey",
    "PendingUpload",
    "PlanDecision",
    "PlanSubmission",
    "ProgrammeItem",
    "ProposedAction",
    "Publication",
    "Rating",
    "RecordedOutcome",
    "RecoveryCode",
    "Redaction",
    "Reminder",
    "ReminderSchedule",
    "Reply",
    "ReplyEvidence",
    "Response",
    "RetentionRun",
    "Return",
    "ReturnedResult",
    "Role",
    "Screening",
    "ScreeningPoint",
    "SendBack",
    "SharedRating",
    "Sharing",
    "SignInTry",
    "SpentChallenge",
    "Stage",
    "StandingChange",
    "StatementPrint",
    "StoredLineage",
    "Submission",
    "Succession",
    "TakeOver",
    "Theme",
    "ThemeTag",
    "ToolVersion",
    "User",
    "UserIdentity",
    "UserSession",
    "Visit",
    "VisitFinding",
    "VisitItem",
    "VisitMember",
    "WorkerBeat",
    "name_key",
]
