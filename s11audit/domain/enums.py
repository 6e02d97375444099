"""The closed lists of the field's words. Each member's value is what is stored."""

from enum import StrEnum


class Rag(StrEnum):
    """What a rating says. "Not rated" is the absence of a rating and is no member."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NA = "na"


class Category(StrEnum):
    """What kind of organisation an agency is."""

    COUNCIL = "council"
    DISTRICT_COUNCIL = "district_council"
    NHS_PROVIDER = "nhs_provider"
    NHS_COMMISSIONER = "nhs_commissioner"
    POLICE = "police"
    PROBATION = "probation"
    EDUCATION = "education"
    VOLUNTARY = "voluntary"
    OTHER = "other"


class Participation(StrEnum):
    """Full: asked and rated. Advisory: takes part, is not rated."""

    FULL = "full"
    ADVISORY = "advisory"


class Duty(StrEnum):
    """Whether section 11 binds the agency or it takes part by invitation."""

    STATUTORY = "statutory"
    INVITED = "invited"


class Role(StrEnum):
    """What a person may be granted. See `domain.policy` for what each may do."""

    ADMIN = "admin"
    OFFICE = "office"
    QA = "qa"
    CHAIR = "chair"
    VIEWER = "viewer"
    SCRUTINEER = "scrutineer"
    LEAD = "lead"
    CONTRIBUTOR = "contributor"
    VISITOR = "visitor"


BOARD_ROLES = (Role.OFFICE, Role.QA, Role.CHAIR, Role.VIEWER, Role.SCRUTINEER)
AGENCY_ROLES = (Role.LEAD, Role.CONTRIBUTOR)
# A visitor's is held for one return.
RETURN_ROLES = (Role.VISITOR,)


class Basis(StrEnum):
    """How a cycle arrives at "compliance now"."""

    AGREED = "agreed"
    CONFIRMED = "confirmed"


class ComplianceRule(StrEnum):
    """How standards' ratings add up to an agency's compliance (domain rule 3)."""

    UNANIMOUS = "unanimous"
    WEAKEST = "weakest"


class Compliance(StrEnum):
    """An agency's overall compliance; `ADVISORY` only in the last column of the table."""

    FULLY = "fully"
    PARTIALLY = "partially"
    NON = "non"
    ADVISORY = "advisory"
    NOT_KNOWN = "not_known"


class Cell(StrEnum):
    """What a plan, actions or monitoring cell of the compliance table can say (blank is None)."""

    YES = "yes"
    NO = "no"
    UNDERWAY = "underway"
    NA = "na"


class ReturnKind(StrEnum):
    FULL = "full"
    UPDATE = "update"
    CONFIRMATION = "confirmation"
    RECORDED = "recorded"


class EntryForm(StrEnum):
    """In what form a return came that the board office enters."""

    PAPER = "paper"
    WORD = "word"
    SPREADSHEET = "spreadsheet"
    E_MAIL = "e_mail"


class ReturnState(StrEnum):
    """Where a return stands; changed only through `domain.lifecycle`."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    RATED = "rated"
    CLOSED = "closed"


class Standing(StrEnum):
    """Whether the return is asked for. Excused, nil and withdrawn returns are not counted."""

    ASKED = "asked"
    EXCUSED = "excused"
    NIL = "nil"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


UNCOUNTED_STANDINGS = (Standing.EXCUSED, Standing.NIL, Standing.WITHDRAWN)


class RatingRole(StrEnum):
    """In which role a rating was given."""

    SELF = "self"
    REVIEWER = "reviewer"
    AGREED = "agreed"


class EvidenceKind(StrEnum):
    POLICY = "policy"
    ACTIVITY = "activity"
    OUTCOME = "outcome"
    CHILDS_VOICE = "childs_voice"


class EscalationKind(StrEnum):
    """A step taken with an agency whose return does not come, in their order."""

    REMINDER = "reminder"
    MANAGER = "manager"
    CHAIR_LETTER = "chair_letter"
    EXECUTIVE = "executive"


class ScanState(StrEnum):
    """Whether a stored file has been looked at for viruses. A file that waits for the scanner is
    held: it is kept, and nobody can open it (domain rule 74)."""

    NOT_SCANNED = "not_scanned"
    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"


class RedactionKind(StrEnum):
    """What a redaction took out: a passage, a file, or the details of a person's account."""

    PASSAGE = "passage"
    FILE = "file"
    PERSON = "person"


class ActionState(StrEnum):
    """An action is done when QA has verified it, not when the agency says so (rule 12). One that
    is carried on goes on in the plan of a later stage (rule 26)."""

    OPEN = "open"
    UNDERWAY = "underway"
    REPORTED_COMPLETE = "reported_complete"
    VERIFIED = "verified"
    CARRIED_ON = "carried_on"


class ActionEventKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    PROGRESS = "progress"
    REPORTED_COMPLETE = "reported_complete"
    ASKED_AGAIN = "asked_again"
    VERIFIED = "verified"
    REMOVED = "removed"


class AskFor(StrEnum):
    """What a tool says of a part of the answer: is it required, optional or absent?"""

    REQUIRED = "required"
    OPTIONAL = "optional"
    ABSENT = "absent"


class ReminderKind(StrEnum):
    """What a digest reminds of: by the board's schedule (a due date), or once a week."""

    RETURN = "return"
    ACTION = "action"
    REPLY = "reply"
    RESULT = "result"
    PLAN = "plan"
    RATE = "rate"
    VERIFY = "verify"
    OFFICE = "office"


class TagKind(StrEnum):
    """Whether a passage that was tagged with a theme is a strength or an area for development."""

    STRENGTH = "strength"
    DEVELOPMENT = "development"


class TagSource(StrEnum):
    """Where a tagged passage comes from."""

    REQUIREMENT = "requirement"
    STATEMENT = "statement"
    RATING = "rating"


class MeetingKind(StrEnum):
    EXECUTIVE = "executive"
    QA = "qa"


class AttendanceKind(StrEnum):
    PRESENT = "present"
    APOLOGIES = "apologies"


class LineBasis(StrEnum):
    """What a line of enquiry draws on, which says who may read it."""

    HAND = "hand"
    SCREENING = "screening"
    RETURN = "return"
    RATINGS = "ratings"


class SeedSource(StrEnum):
    """Where the seed of a draw comes from: given with the command, made by the service after the
    pool was frozen, or a public number that nobody could know when it was."""

    GIVEN = "given"
    GENERATED = "generated"
    PUBLIC = "public"


class ItemKind(StrEnum):
    """What a line of a visit's worksheet asks for."""

    DOCUMENT = "document"
    CLAIM = "claim"
    PERSON = "person"


class VisitResult(StrEnum):
    """What a visit found of a standard's claims."""

    CONFIRMED = "confirmed"
    PARTLY = "partly"
    NOT_CONFIRMED = "not_confirmed"


class Ask(StrEnum):
    """How a standard of a return is asked: in full, for an update on what is amber or red, or
    only whether what was said is still true (domain rule 20)."""

    FULL = "full"
    UPDATE = "update"
    STILL_TRUE = "still_true"


class ScreeningRule(StrEnum):
    """What the first read of a return can find (domain rule 15), in the order it is listed."""

    MISSING = "missing"
    NA_REASON = "na_reason"
    SHORT = "short"
    COPIED = "copied"
    ABOVE_SUGGESTION = "above_suggestion"
    NO_EVIDENCE = "no_evidence"
    POLICY_ONLY = "policy_only"
    OUT_OF_DATE = "out_of_date"
    PERCENTAGE_LOW = "percentage_low"
    PERCENTAGE_CHANGED = "percentage_changed"
    PERSONAL_DATA = "personal_data"


class PointOrigin(StrEnum):
    """Who put a point on the list of a screening."""

    AUTOMATIC = "automatic"
    BY_HAND = "by_hand"


class PointState(StrEnum):
    """What the board office says to a point."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class ScreeningOutcome(StrEnum):
    """How a screening ended."""

    PASSED = "passed"
    SENT_BACK = "sent_back"


class SuccessionKind(StrEnum):
    """What became of an agency on a board (domain rule 53)."""

    MERGED = "merged"
    SPLIT = "split"
    RENAMED = "renamed"
    CLOSED = "closed"
