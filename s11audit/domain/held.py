"""What the database holds in words, column by column: the one place that says so.

Redaction, the export of what is held on a person, erasing, and the table of `docs/privacy.md` all
read it here. A test finds a text column that no line of it names.
"""

from dataclasses import dataclass
from enum import StrEnum


class Held(StrEnum):
    """What a text column holds."""

    WORDS = "words"  # what people wrote: redacted wherever a passage stands in it
    PERSON = "person"  # names, posts and addresses of people on a record: redacted likewise
    ACCOUNT = "account"  # belongs to an account or invitation: changed there, erased with it
    SECRET = "secret"  # what an account signs in with: shown and exported to nobody
    LOG = "log"  # the log: changed by the log's own door only
    NAME = "name"  # names of boards, agencies and cycles
    PUBLIC = "public"  # tools, draws, figures: nothing that a person wrote of a person
    CODE = "code"  # keys, hashes, and words out of closed lists; a key goes with what it is made of


@dataclass(frozen=True)
class Kept:
    """One table: what a place in it is called to people, what it holds and on whom, and its text
    columns. `whom` is empty where it is about nobody."""

    place: str
    whom: str
    columns: dict[str, Held]


# The names under which a document holds what nobody wrote: words out of closed lists, days, keys.
CODES = frozenset(
    (
        "as_of", "asked", "attendance", "basis", "categories", "category", "due_on", "duty", "form",
        "format", "key", "kind", "label", "made_on", "on", "participation", "proposed_label",
        "proposed_rag", "published_at", "rag", "received_on", "reference", "result", "returned_at",
        "review_on", "role", "rule", "self_label", "sha256", "source", "standing", "state",
        "submitted_at", "value",
    )
)  # fmt: skip

W, P, A, S, L, N, X, C = (
    Held.WORDS,
    Held.PERSON,
    Held.ACCOUNT,
    Held.SECRET,
    Held.LOG,
    Held.NAME,
    Held.PUBLIC,
    Held.CODE,
)

_STAFF = "staff of agencies"
_WRITERS = "staff of agencies and of the board; whoever the text names"
_OFFICE = "staff of the board; whoever the text names"
_SERVED = "people with an account"

HELD: dict[str, Kept] = {
    # People
    "user": Kept(
        "Account",
        _SERVED,
        {"email": A, "sign_in_name": A, "name": A, "password": S, "fs_uniquifier": S},
    ),
    "user_session": Kept(
        "Where one is signed in", _SERVED, {"token_hash": S, "device": A, "address": A}
    ),
    "user_identity": Kept("Single sign-on", _SERVED, {"provider": A, "issuer": A, "subject": A}),
    "authenticator": Kept("Authenticator app", _SERVED, {"secret": S}),
    "recovery_code": Kept("Recovery code", _SERVED, {"code_hash": S}),
    "passkey": Kept("Passkey", _SERVED, {"name": A, "credential_id": S, "public_key": S}),
    "sign_in_try": Kept("Try to sign in", "", {"key": C}),
    "spent_challenge": Kept("Challenge of a passkey", "", {"hash": C}),
    "invitation": Kept("Invitation", "people invited", {"email": A, "name": A, "token_hash": S}),
    "hand_over_note": Kept("Note for a successor", _WRITERS, {"text": W}),
    "calendar_feed": Kept("Calendar feed", _SERVED, {"token_hash": S}),
    "outbox": Kept(
        "Letter by e-mail",
        _SERVED,
        {"dedupe_key": C, "to_email": A, "subject": W, "body": W, "last_error": W},
    ),
    "reminder_schedule": Kept(
        "Wording of the reminders", "", {"days_before": C, "subject": W, "text": W}
    ),
    "worker_beat": Kept("Sign of life of the worker", "", {"machine": C}),
    # Boards, agencies, tools
    "board": Kept("Board", "", {"slug": C, "name": N}),
    "agency": Kept("Agency", "", {"name": N}),
    "membership": Kept("Agency on the board", "", {"name": N, "name_key": N}),
    "former_name": Kept("Former name of an agency", "", {"name": N}),
    "succession": Kept("Succession of agencies", _OFFICE, {"reason": W}),
    "cycle": Kept("Cycle", "", {"name": N, "name_key": N}),
    "stage": Kept("Stage", "", {"scope_standards": C, "scope_categories": C}),
    "tool_version": Kept("Audit tool", "", {"key": C, "title": X, "sha256": C, "document": X}),
    "lineage": Kept(
        "Lineage of tools", "", {"tool_key": C, "was_key": C, "sha256": C, "document": X}
    ),
    # A return
    "answer": Kept("Answer", _WRITERS, {"requirement": C, "value": W}),
    "response": Kept(
        "Statement of a standard",
        _WRITERS,
        {
            "statement": W,
            "self_label": X,
            "na_reason": W,
            "taken_over": C,
            "progress": W,
            "still_true_by": P,
        },
    ),
    "proposed_action": Kept("Proposed action", _WRITERS, {"what": W, "owner": P}),
    "evidence": Kept(
        "Evidence", _WRITERS, {"blob_sha256": C, "filename": W, "url": W, "description": W}
    ),
    "blob": Kept(
        "Stored file", _WRITERS, {"sha256": C, "media_type": C, "scan_problem": X, "found": X}
    ),
    "pending_upload": Kept("File on its way into the store", "", {"sha256": C}),
    "paper_entry": Kept("Original on paper", _STAFF, {"blob_sha256": C, "filename": W}),
    "submission": Kept(
        "Submission",
        _WRITERS,
        {
            "reference": C,
            "self_ratings": C,
            "signatory_name": P,
            "signatory_designation": P,
            "signatory_email": P,
            "entered_for": P,
            "snapshot": W,
        },
    ),
    "send_back": Kept("Reason for sending back", _OFFICE, {"reason": W}),
    "extension": Kept("Reason for an extension", _OFFICE, {"reason": W}),
    "standing_change": Kept("Reason for a change of standing", _OFFICE, {"reason": W}),
    "recorded_outcome": Kept(
        "Recorded outcome",
        "",
        {
            "completed": C,
            "self_assessed": C,
            "plan_returned": C,
            "actions_completed": C,
            "monitored": C,
            "current": C,
        },
    ),
    "take_over": Kept("Answer taken over", "", {"part": C, "from_part": C}),
    "confirmation": Kept("Confirmation of a result", _STAFF, {"name": P, "designation": P}),
    # Quality assurance
    "screening_point": Kept("Screening point", _WRITERS, {"passage": W, "about": W, "word": W}),
    "allotment": Kept("Allotment to a reviewer", _OFFICE, {"reason": W}),
    "moderation_opening": Kept("Reason for opening moderation", _OFFICE, {"reason": W}),
    "rating": Kept(
        "Rating",
        _OFFICE,
        {"label": X, "na_reason": W, "comment": W, "improvement": W, "reason": W},
    ),
    "agreement": Kept(
        "Agreed rating",
        _OFFICE,
        {"label": X, "na_reason": W, "comment": W, "reason": W, "improvement": W},
    ),
    "reply": Kept("Dispute of a rating", _WRITERS, {"reason": W}),
    "dispute_decision": Kept("Decision on a dispute", _OFFICE, {"reason": W}),
    "monitoring_flag": Kept("Monitoring flag", _OFFICE, {"reason": W}),
    "theme": Kept("Theme", "whoever the text names", {"name": W, "name_key": C}),
    "theme_tag": Kept(
        "Passage of a theme",
        _WRITERS,
        {"requirement": C, "passage": W, "passage_hash": C, "public_text": W},
    ),
    # The plan
    "improvement": Kept("Improvement", _OFFICE, {"text": W, "no_action_reason": W}),
    "action": Kept("Action", _WRITERS, {"what": W, "owner": P}),
    "action_event": Kept("Progress of an action", _WRITERS, {"note": W}),
    "plan_submission": Kept("Action plan as returned", _WRITERS, {"snapshot": W}),
    "plan_decision": Kept("Decision on an action plan", _OFFICE, {"reason": W}),
    # Draws, visits, escalation, challenge
    "draw": Kept(
        "Draw",
        _OFFICE,
        {"public_draw": X, "reason": W, "seed": X, "given_up_reason": W},
    ),
    "draw_candidate": Kept("Candidate of a draw", "", {"name": N, "digest": C}),
    "visit": Kept("Visit", _OFFICE, {"place": W, "cancelled_reason": W}),
    "visit_member": Kept("Visitor", "visitors", {"email": P}),
    "visit_item": Kept("Line of a visit’s worksheet", _OFFICE, {"text": W, "note": W}),
    "visit_finding": Kept(
        "Finding of a visit",
        _WRITERS,
        {
            "seen": W,
            "spoken_to": P,
            "proposed_label": X,
            "proposed_reason": W,
            "proposed_improvement": W,
            "set_aside_reason": W,
        },
    ),
    "escalation_step": Kept(
        "Escalation step",
        _OFFICE,
        {"to_name": P, "to_email": P, "subject": W, "text": W, "note": W, "sent_to": P},
    ),
    "challenge": Kept("Challenge meeting", _OFFICE, {"place": W, "outcome": W}),
    "challenge_member": Kept("Member of a challenge", "people at meetings", {"name": P, "post": P}),
    "challenge_question": Kept(
        "Question of a challenge", _WRITERS, {"source": C, "text": W, "answer": W}
    ),
    "challenge_action": Kept(
        "Action of a challenge", _WRITERS, {"what": W, "owner": P, "done_note": W}
    ),
    # Meetings
    "meeting": Kept(
        "Meeting",
        _OFFICE,
        {"starts_at": X, "place": W, "title": W, "other_items": W, "notes": W},
    ),
    "attendance": Kept(
        "Attendance at a meeting", "people at meetings", {"name": P, "name_key": C, "from_where": P}
    ),
    "programme_item": Kept("Return on a meeting’s programme", _OFFICE, {"note": W}),
    "enquiry_line": Kept("Line of enquiry", _OFFICE, {"draft_key": C, "text": W}),
    "meeting_decision": Kept("Decision of a meeting", _OFFICE, {"text": W, "owner": P}),
    "minutes": Kept("Minutes as approved", _OFFICE, {"snapshot": W}),
    "retention_run": Kept(
        "Removal at the end of retention",
        "",
        {"by_role": C, "digest": C, "removed": C, "kept": C},
    ),
    # The record
    "audit_log": Kept(
        "Log",
        _SERVED,
        {
            "chain": C,
            "who": L,
            "role": C,
            "what": C,
            "subject": C,
            "payload_hash": C,
            "previous_hash": C,
            "hash": C,
            "address": L,
        },
    ),
    "audit_payload": Kept("Log: before and after", _WRITERS, {"document": L, "who": L, "salt": C}),
    "redaction": Kept(
        "Redaction",
        _OFFICE,
        {
            "uid": C,
            "by_role": C,
            "blob_sha256": C,
            "salt": C,
            "digest": C,
            "reason": W,
            "tombstone": X,
            "places": C,
        },
    ),
}


def columns_of(table: str, *kinds: Held) -> tuple[str, ...]:
    """Return the columns of a table that hold one of these."""
    return tuple(name for name, kind in HELD[table].columns.items() if kind in kinds)
