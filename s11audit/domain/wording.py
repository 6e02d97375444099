"""How the members of the closed lists are shown to people: one place for every page and report."""

import re
from collections.abc import Mapping
from enum import StrEnum

from s11audit.domain import enums as e

# By list first: members of two lists that share a value ("na") are equal as texts.
WORDS: dict[type[StrEnum], Mapping[StrEnum, str]] = {
    e.Rag: {
        e.Rag.GREEN: "Green",
        e.Rag.AMBER: "Amber",
        e.Rag.RED: "Red",
        e.Rag.NA: "Not applicable",
    },
    e.Category: {
        e.Category.COUNCIL: "Council",
        e.Category.DISTRICT_COUNCIL: "District council",
        e.Category.NHS_PROVIDER: "NHS provider",
        e.Category.NHS_COMMISSIONER: "NHS commissioner",
        e.Category.POLICE: "Police",
        e.Category.PROBATION: "Probation",
        e.Category.EDUCATION: "Education",
        e.Category.VOLUNTARY: "Voluntary",
        e.Category.OTHER: "Other",
    },
    e.Participation: {
        e.Participation.FULL: "Full",
        e.Participation.ADVISORY: "Advisory",
    },
    e.SuccessionKind: {
        e.SuccessionKind.MERGED: "Merged",
        e.SuccessionKind.SPLIT: "Split",
        e.SuccessionKind.RENAMED: "Renamed",
        e.SuccessionKind.CLOSED: "Closed",
    },
    e.Duty: {
        e.Duty.STATUTORY: "Statutory",
        e.Duty.INVITED: "Invited",
    },
    e.Role: {
        e.Role.ADMIN: "Administrator",
        e.Role.OFFICE: "Board office",
        e.Role.QA: "QA member",
        e.Role.CHAIR: "QA chair",
        e.Role.VIEWER: "Board member",
        e.Role.SCRUTINEER: "Scrutineer",
        e.Role.LEAD: "Safeguarding lead",
        e.Role.CONTRIBUTOR: "Contributor",
        e.Role.VISITOR: "Visitor",
    },
    e.Basis: {
        e.Basis.AGREED: "Agreed by QA",
        e.Basis.CONFIRMED: "Confirmed by the agency",
    },
    e.Compliance: {
        e.Compliance.FULLY: "Fully",
        e.Compliance.PARTIALLY: "Partially",
        e.Compliance.NON: "Non",
        e.Compliance.ADVISORY: "Advisory role",
        e.Compliance.NOT_KNOWN: "Not known",
    },
    e.Cell: {
        e.Cell.YES: "Yes",
        e.Cell.NO: "No",
        e.Cell.UNDERWAY: "Underway",
        e.Cell.NA: "N/A",
    },
    e.EntryForm: {
        e.EntryForm.PAPER: "On paper",
        e.EntryForm.WORD: "As a Word document",
        e.EntryForm.SPREADSHEET: "As a spreadsheet",
        e.EntryForm.E_MAIL: "In an e-mail",
    },
    e.ReturnKind: {
        e.ReturnKind.FULL: "Full audit",
        e.ReturnKind.UPDATE: "Update",
        e.ReturnKind.CONFIRMATION: "Confirmation",
        e.ReturnKind.RECORDED: "Recorded history",
    },
    e.Ask: {
        e.Ask.FULL: "In full",
        e.Ask.UPDATE: "Update",
        e.Ask.STILL_TRUE: "Still true or changed",
    },
    e.ReturnState: {
        e.ReturnState.NOT_STARTED: "Not started",
        e.ReturnState.IN_PROGRESS: "In progress",
        e.ReturnState.SUBMITTED: "Submitted",
        e.ReturnState.IN_REVIEW: "In review",
        e.ReturnState.RATED: "Rated",
        e.ReturnState.CLOSED: "Closed",
    },
    e.Standing: {
        e.Standing.ASKED: "Asked",
        e.Standing.EXCUSED: "Excused",
        e.Standing.NIL: "Nil return",
        e.Standing.WITHDRAWN: "Withdrawn",
        e.Standing.DECLINED: "Declined",
    },
    e.EscalationKind: {
        e.EscalationKind.REMINDER: "Reminder",
        e.EscalationKind.MANAGER: "Letter to the manager",
        e.EscalationKind.CHAIR_LETTER: "Chair’s letter",
        e.EscalationKind.EXECUTIVE: "Report to the executive",
    },
    e.RatingRole: {
        e.RatingRole.SELF: "Self",
        e.RatingRole.REVIEWER: "Reviewer",
        e.RatingRole.AGREED: "Agreed",
    },
    e.EvidenceKind: {
        e.EvidenceKind.POLICY: "Policy or procedure",
        e.EvidenceKind.ACTIVITY: "Activity",
        e.EvidenceKind.OUTCOME: "Outcome for children",
        e.EvidenceKind.CHILDS_VOICE: "Child’s voice",
    },
    e.ActionState: {
        e.ActionState.OPEN: "Open",
        e.ActionState.UNDERWAY: "Underway",
        e.ActionState.REPORTED_COMPLETE: "Reported complete",
        e.ActionState.VERIFIED: "Verified",
        e.ActionState.CARRIED_ON: "Carried on",
    },
    e.ActionEventKind: {
        e.ActionEventKind.ADDED: "Added",
        e.ActionEventKind.CHANGED: "Changed",
        e.ActionEventKind.PROGRESS: "Progress",
        e.ActionEventKind.REPORTED_COMPLETE: "Reported complete",
        e.ActionEventKind.ASKED_AGAIN: "Asked again",
        e.ActionEventKind.VERIFIED: "Verified",
        e.ActionEventKind.REMOVED: "Removed",
    },
    e.TagKind: {
        e.TagKind.STRENGTH: "Strength",
        e.TagKind.DEVELOPMENT: "Area for development",
    },
    e.TagSource: {
        e.TagSource.REQUIREMENT: "Answer to a requirement",
        e.TagSource.STATEMENT: "Evidence statement",
        e.TagSource.RATING: "QA’s comment",
    },
    e.MeetingKind: {
        e.MeetingKind.EXECUTIVE: "Executive",
        e.MeetingKind.QA: "QA sub-group",
    },
    e.AttendanceKind: {
        e.AttendanceKind.PRESENT: "Present",
        e.AttendanceKind.APOLOGIES: "Apologies",
    },
    e.LineBasis: {
        e.LineBasis.HAND: "Added by hand",
        e.LineBasis.SCREENING: "Screening",
        e.LineBasis.RETURN: "The return",
        e.LineBasis.RATINGS: "Ratings",
    },
    e.ReminderKind: {
        e.ReminderKind.RETURN: "Return",
        e.ReminderKind.ACTION: "Action",
        e.ReminderKind.REPLY: "Reply to the ratings",
        e.ReminderKind.RESULT: "Result to confirm",
        e.ReminderKind.PLAN: "Action plan",
        e.ReminderKind.RATE: "Ratings to give",
        e.ReminderKind.VERIFY: "Actions to verify",
        e.ReminderKind.OFFICE: "Work of the office",
    },
    e.SeedSource: {
        e.SeedSource.GIVEN: "Given with the command",
        e.SeedSource.GENERATED: "Generated after the pool was frozen",
        e.SeedSource.PUBLIC: "A public number, drawn after the pool was frozen",
    },
    e.ItemKind: {
        e.ItemKind.DOCUMENT: "Document to see",
        e.ItemKind.CLAIM: "Claim to test",
        e.ItemKind.PERSON: "Person to speak to",
    },
    e.VisitResult: {
        e.VisitResult.CONFIRMED: "Confirmed",
        e.VisitResult.PARTLY: "Partly confirmed",
        e.VisitResult.NOT_CONFIRMED: "Not confirmed",
    },
    e.ScreeningRule: {
        e.ScreeningRule.MISSING: "Something is missing",
        e.ScreeningRule.NA_REASON: "Not applicable without a real reason",
        e.ScreeningRule.SHORT: "Statement under 30 words",
        e.ScreeningRule.COPIED: "Statement like another",
        e.ScreeningRule.ABOVE_SUGGESTION: "Self rating above the suggestion",
        e.ScreeningRule.NO_EVIDENCE: "Green without evidence",
        e.ScreeningRule.POLICY_ONLY: "Green with policy evidence only",
        e.ScreeningRule.OUT_OF_DATE: "Evidence past its review date",
        e.ScreeningRule.PERCENTAGE_LOW: "Percentage below the threshold",
        e.ScreeningRule.PERCENTAGE_CHANGED: "Percentage changed by over 20 points",
        e.ScreeningRule.PERSONAL_DATA: "Likely personal data",
    },
    e.PointOrigin: {
        e.PointOrigin.AUTOMATIC: "Automatic",
        e.PointOrigin.BY_HAND: "Added by hand",
    },
    e.PointState: {
        e.PointState.OPEN: "Open",
        e.PointState.CONFIRMED: "Confirmed",
        e.PointState.DISMISSED: "Dismissed",
    },
    e.ScreeningOutcome: {
        e.ScreeningOutcome.PASSED: "Passed to QA",
        e.ScreeningOutcome.SENT_BACK: "Sent back",
    },
}


def in_words(member: StrEnum) -> str:
    """Return how a member of a closed list is shown: `ReturnState.NOT_STARTED` as "Not started"."""
    return WORDS[type(member)][member]


def as_judged(text: str, basis: e.Basis) -> str:
    """Return a text about who judges a plan as it reads on a cycle of that basis: where agencies
    confirm their results, the board office does what QA does elsewhere (domain rule 40)."""
    if basis is not e.Basis.CONFIRMED:
        return text
    told = text.replace("QA and the board office have", "QA has")
    told = re.sub(r"\bQA\b", "the board office", told)
    return re.sub(r"(^|\. )the board office", r"\1The board office", told)
