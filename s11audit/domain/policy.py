"""Who may do what: one table of permissions, asked by guards, services and templates alike.

An actor holds grants; each is a role for a board, for an agency on a board, or for the
installation. `can` says whether any of them allows an action on an object, whose place is given
as `Facts`. What the object's state allows is `domain.lifecycle`'s to say.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from s11audit.domain.enums import Role
from s11audit.domain.errors import NotAllowed, NotFound


class Can(StrEnum):
    """Every permission, by name."""

    # The installation
    MANAGE_INSTALLATION = "manage_installation"
    # A board
    SEE_BOARD = "see_board"
    MANAGE_AGENCIES = "manage_agencies"
    MANAGE_CYCLES = "manage_cycles"
    MANAGE_TOOLS = "manage_tools"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_RETURNS = "manage_returns"
    IMPORT = "import"
    SEE_OUTBOX = "see_outbox"
    REDACT = "redact"
    READ_REPORTS = "read_reports"
    CHECK_PAPER = "check_paper"
    RETAIN = "retain"
    LIST_RETURNS = "list_returns"
    # An agency on a board
    SEE_AGENCY = "see_agency"
    INVITE_CONTRIBUTOR = "invite_contributor"
    HAND_OVER = "hand_over"
    # A return
    SEE_RETURN = "see_return"
    SEE_DRAFT = "see_draft"
    FILL_IN = "fill_in"
    ASSIGN = "assign"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    SEE_HISTORY = "see_history"
    SCREEN = "screen"
    # Quality assurance
    SEE_QUEUE = "see_queue"
    SEE_UNPUBLISHED = "see_unpublished"
    RATE = "rate"
    PUBLISH = "publish"
    ALLOT = "allot"
    MODERATE = "moderate"
    # The agency's right of reply
    SEE_SHARED = "see_shared"
    REPLY = "reply"
    # The action plan
    SEE_PLAN = "see_plan"
    EDIT_PLAN = "edit_plan"
    RETURN_PLAN = "return_plan"
    DECIDE_PLAN = "decide_plan"
    # The confirmed way
    RETURN_RESULT = "return_result"
    CONFIRM_RESULT = "confirm_result"
    RATE_AGAIN = "rate_again"
    # Figures, escalation, challenge
    SEE_FIGURES = "see_figures"
    SEE_ESCALATION = "see_escalation"
    ESCALATE = "escalate"
    SEE_CHALLENGE = "see_challenge"
    RUN_CHALLENGE = "run_challenge"
    # Draws and visits
    SEE_VISITS = "see_visits"
    MANAGE_VISITS = "manage_visits"
    SEE_SUBMISSION = "see_submission"
    SEE_VISIT = "see_visit"
    CARRY_OUT_VISIT = "carry_out_visit"
    # Themes
    SEE_THEMES = "see_themes"
    MANAGE_THEMES = "manage_themes"
    TAG = "tag"
    # Meetings
    MANAGE_MEETINGS = "manage_meetings"
    READ_PACK = "read_pack"
    APPROVE_MINUTES = "approve_minutes"


R = Role

# Which roles hold each permission. Board roles hold it for everything of their board, agency
# roles for what belongs to their agency on that board, admin for the installation.
PERMISSIONS: dict[Can, tuple[Role, ...]] = {
    Can.MANAGE_INSTALLATION: (R.ADMIN,),
    Can.SEE_BOARD: (R.ADMIN, R.OFFICE, R.QA, R.CHAIR, R.VIEWER, R.SCRUTINEER),
    Can.MANAGE_AGENCIES: (R.OFFICE,),
    Can.MANAGE_CYCLES: (R.OFFICE,),
    Can.MANAGE_TOOLS: (R.ADMIN, R.OFFICE),
    Can.MANAGE_PEOPLE: (R.ADMIN, R.OFFICE),
    Can.MANAGE_RETURNS: (R.OFFICE,),
    Can.IMPORT: (R.OFFICE,),
    Can.SEE_OUTBOX: (R.ADMIN, R.OFFICE),
    # A passage or a file is taken out of the record, by the office out of its own board's.
    Can.REDACT: (R.ADMIN, R.OFFICE),
    Can.READ_REPORTS: (R.OFFICE, R.QA, R.CHAIR, R.VIEWER, R.SCRUTINEER),
    Can.CHECK_PAPER: (R.ADMIN, R.OFFICE),
    Can.RETAIN: (R.OFFICE,),
    Can.LIST_RETURNS: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.SEE_AGENCY: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.SCRUTINEER),
    Can.INVITE_CONTRIBUTOR: (R.LEAD,),
    Can.HAND_OVER: (R.LEAD,),
    Can.SEE_RETURN: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    # What an agency has not sent in yet is its own, and the office's who helps it.
    Can.SEE_DRAFT: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.SCRUTINEER),
    Can.FILL_IN: (R.LEAD, R.CONTRIBUTOR),
    Can.ASSIGN: (R.LEAD,),
    Can.SUBMIT: (R.LEAD,),
    Can.SEND_BACK: (R.OFFICE,),
    Can.SEE_HISTORY: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.SCREEN: (R.OFFICE,),
    Can.SEE_QUEUE: (R.QA, R.CHAIR),
    Can.SEE_UNPUBLISHED: (R.QA, R.CHAIR, R.SCRUTINEER),
    Can.RATE: (R.QA, R.CHAIR),
    Can.PUBLISH: (R.CHAIR,),
    Can.ALLOT: (R.OFFICE, R.CHAIR),
    Can.MODERATE: (R.CHAIR,),
    # Agreed ratings are shared with the agency alone, before they count.
    Can.SEE_SHARED: (R.LEAD, R.CONTRIBUTOR, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.REPLY: (R.LEAD,),
    Can.SEE_PLAN: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.EDIT_PLAN: (R.LEAD, R.CONTRIBUTOR),
    Can.RETURN_PLAN: (R.LEAD,),
    Can.DECIDE_PLAN: (R.QA, R.CHAIR),
    Can.RETURN_RESULT: (R.OFFICE,),
    Can.CONFIRM_RESULT: (R.LEAD,),
    Can.RATE_AGAIN: (R.OFFICE,),
    Can.SEE_FIGURES: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.SEE_ESCALATION: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.ESCALATE: (R.OFFICE, R.CHAIR),
    # An agency sees of a challenge what was shared with it.
    Can.SEE_CHALLENGE: (R.LEAD, R.CONTRIBUTOR, R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.RUN_CHALLENGE: (R.OFFICE, R.QA, R.CHAIR),
    Can.SEE_VISITS: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.MANAGE_VISITS: (R.OFFICE,),
    # The copy that was sent in, which is all of a return that a visitor reads.
    Can.SEE_SUBMISSION: (
        R.LEAD,
        R.CONTRIBUTOR,
        R.OFFICE,
        R.QA,
        R.CHAIR,
        R.SCRUTINEER,
        R.VISITOR,
    ),
    Can.SEE_VISIT: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER, R.VISITOR),
    Can.CARRY_OUT_VISIT: (R.OFFICE, R.VISITOR),
    Can.SEE_THEMES: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.MANAGE_THEMES: (R.OFFICE, R.QA, R.CHAIR),
    Can.TAG: (R.OFFICE, R.QA, R.CHAIR),
    Can.MANAGE_MEETINGS: (R.OFFICE, R.CHAIR),
    Can.READ_PACK: (R.OFFICE, R.QA, R.CHAIR, R.SCRUTINEER),
    Can.APPROVE_MINUTES: (R.CHAIR,),
}

# On a cycle of basis `confirmed` the board office follows the plan and verifies its actions.
ALSO_ON_CONFIRMED: dict[Can, tuple[Role, ...]] = {Can.DECIDE_PLAN: (R.OFFICE,)}

# A return that came on paper, while the board office enters it.
ALSO_WHILE_ENTERED: dict[Can, tuple[Role, ...]] = {
    Can.FILL_IN: (R.OFFICE,),
    Can.SUBMIT: (R.OFFICE,),
}

# Nobody does these for an agency at which they hold a role.
BARRED_FOR_OWN_AGENCY = frozenset(
    {
        Can.SEE_UNPUBLISHED,
        Can.RATE,
        Can.PUBLISH,
        Can.ALLOT,
        Can.MODERATE,
        Can.DECIDE_PLAN,
        Can.TAG,
        Can.RATE_AGAIN,
        Can.RUN_CHALLENGE,
        Can.SEE_VISIT,
        Can.CARRY_OUT_VISIT,
    }
)


@dataclass(frozen=True)
class Held:
    """One live grant: the role, and the board it lies on (None for an administrator) and, for an
    agency role, the membership and its agency; for a visitor, the one return. `inherited`: it
    reaches an agency that has ended and that the person's came from (domain rule 53)."""

    role: Role
    board_id: int | None = None
    membership_id: int | None = None
    agency_id: int | None = None
    return_id: int | None = None
    inherited: bool = False


@dataclass(frozen=True)
class Actor:
    """Who acts: an account and its live grants, or the operator at the command line."""

    user_id: int | None
    name: str
    email: str = ""
    grants: tuple[Held, ...] = ()
    is_operator: bool = field(default=False)

    @property
    def who(self) -> str:
        """How the log names the actor."""
        return f"{self.name} <{self.email}>" if self.email else self.name


OPERATOR = Actor(user_id=None, name="operator", is_operator=True)


@dataclass(frozen=True)
class Facts:
    """Where an object lies: its board, its membership and agency where it belongs to one, and its
    return where it is one or a part of one. `confirmed`: it belongs to a cycle of basis
    `confirmed`; `entered`: it came on paper and the board office enters it."""

    board_id: int | None = None
    membership_id: int | None = None
    agency_id: int | None = None
    return_id: int | None = None
    confirmed: bool = False
    entered: bool = False


INSTALLATION = Facts()


def role_for(actor: Actor, action: Can, facts: Facts) -> Role | None:
    """Return the role by which `actor` may do `action` there, or None where they may not.

    The operator may do everything, in the role of admin. Where several of the actor's grants
    allow it, the one that the permission table names first is used.
    """
    if actor.is_operator:
        return Role.ADMIN
    if action in BARRED_FOR_OWN_AGENCY and holds_role_at(actor, facts):
        return None
    held = {grant.role for grant in actor.grants if _reaches(grant, facts)}
    roles = PERMISSIONS[action]
    if facts.confirmed:
        roles += ALSO_ON_CONFIRMED.get(action, ())
    if facts.entered:
        roles += ALSO_WHILE_ENTERED.get(action, ())
    return next((role for role in roles if role in held), None)


def can(actor: Actor, action: Can, facts: Facts) -> bool:
    """Return whether `actor` may do `action` to an object that lies at `facts`."""
    return role_for(actor, action, facts) is not None


def check(actor: Actor, action: Can, facts: Facts, *, sees: Can | None = None) -> Role:
    """Return the role by which `actor` may do `action`.

    Raises NotAllowed where the actor may at least see the object (permission `sees`), else
    NotFound: what lies outside one's reach does not exist.
    """
    role = role_for(actor, action, facts)
    if role is not None:
        return role
    if sees is not None and can(actor, sees, facts):
        raise NotAllowed("You are not allowed to do this.")
    raise NotFound("There is nothing here that you can see.")


def holds_role_at(actor: Actor, facts: Facts) -> bool:
    """Return whether the actor holds a role at the agency, on whichever board."""
    return any(
        (facts.membership_id is not None and grant.membership_id == facts.membership_id)
        or (facts.agency_id is not None and grant.agency_id == facts.agency_id)
        for grant in actor.grants
    )


def _reaches(grant: Held, facts: Facts) -> bool:
    if grant.role is Role.ADMIN:
        return True
    if grant.return_id is not None:
        return grant.return_id == facts.return_id
    if grant.membership_id is not None:
        return grant.membership_id == facts.membership_id
    return grant.board_id is not None and grant.board_id == facts.board_id
