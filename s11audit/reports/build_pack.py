"""Collects the pack for a meeting of the QA sub-group, and its minutes, as one reader may see
them: what is hidden from the reader is left out, and it is said how much.

The pack takes a fixed number of queries, whatever the number of agencies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words, london_today, moment_in_words
from s11audit.domain.enums import AttendanceKind, LineBasis
from s11audit.domain.policy import Actor, Can, Facts, can, check, holds_role_at
from s11audit.domain.wording import in_words as word
from s11audit.models import Board, Meeting, Minutes
from s11audit.queries.opinions import Opened, opened_of
from s11audit.queries.packs import (
    LineRow,
    PackItem,
    actions_to_verify,
    disputes_to_decide,
    in_review,
    lines_of,
    plans_to_decide,
    visits_proposals,
)
from s11audit.reports.documents import Document, Part, Table
from s11audit.scoring.words import counted

MOST_SHOWN = 100
HIDDEN = "Only for those who see unpublished ratings"


class Section(StrEnum):
    """What is up for decision."""

    AGREE = "agree"
    WAITING = "waiting"
    DISPUTES = "disputes"
    VISITS = "visits"
    PLANS = "plans"
    ACTIONS = "actions"


HEADINGS = {
    Section.AGREE: "Ratings to agree",
    Section.WAITING: "Still with the reviewers",
    Section.DISPUTES: "Disputes to decide",
    Section.VISITS: "Ratings that visits propose",
    Section.PLANS: "Action plans to decide",
    Section.ACTIONS: "Actions to verify",
}


@dataclass(frozen=True)
class Listed:
    """A section as the reader sees it: the first hundred items, and how many there are."""

    section: Section
    items: Sequence[PackItem]
    total: int

    @property
    def heading(self) -> str:
        return HEADINGS[self.section]

    @property
    def left(self) -> str:
        """What is said where not all are shown."""
        more = self.total - len(self.items)
        return f"And {more:,} more." if more else ""


@dataclass(frozen=True)
class Pack:
    """A meeting's pack for one reader. `own` items about agencies where the reader holds a role
    are left out, and `hidden` lines that draw on ratings the reader does not see yet."""

    meeting: Meeting
    sections: Sequence[Listed]
    lines: Sequence[LineRow]
    own: int
    hidden: int
    as_at: date

    @property
    def left_out(self) -> list[str]:
        """Say what the reader is not shown."""
        told = []
        if self.own:
            told.append(
                f"{counted(self.own, 'item is', 'items are')} left out for you, because you hold a"
                " role at the agency."
            )
        if self.hidden:
            told.append(
                f"{counted(self.hidden, 'line of enquiry is', 'lines of enquiry are')} left out"
                " for you, because they draw on ratings that you do not see."
            )
        return told


def meeting_pack(
    session: Session, actor: Actor, board_id: int, meeting: Meeting, *, now: datetime
) -> Pack:
    """Return the pack of a QA meeting as the actor may see it now."""
    check(actor, Can.READ_PACK, Facts(board_id))
    reviewed = in_review(session, board_id)
    lines = lines_of(session, meeting.id)
    opened = opened_of(
        session, {each.return_id for each in reviewed} | {each.return_id for each in lines}
    )
    sees = can(actor, Can.SEE_UNPUBLISHED, Facts(board_id))
    disputes = disputes_to_decide(session, board_id)
    everything = {
        Section.AGREE: [each for each in reviewed if _opened(opened, each.return_id).now],
        Section.WAITING: [each for each in reviewed if not _opened(opened, each.return_id).now],
        Section.DISPUTES: disputes if sees else [each._replace(told=HIDDEN) for each in disputes],
        Section.VISITS: visits_proposals(session, board_id),
        Section.PLANS: plans_to_decide(session, board_id),
        Section.ACTIONS: actions_to_verify(session, board_id),
    }
    own = 0
    sections = []
    for section, items in everything.items():
        shown = _without_own(actor, board_id, items)
        own += len(items) - len(shown)
        sections.append(Listed(section, shown[:MOST_SHOWN], len(shown)))
    others = _without_own(actor, board_id, lines)
    own += len(lines) - len(others)
    readable = [
        each
        for each in others
        if each.basis is not LineBasis.RATINGS
        or (sees and _is_readable(_opened(opened, each.return_id)))
    ]
    return Pack(meeting, sections, readable, own, len(others) - len(readable), london_today(now))


Item = TypeVar("Item", PackItem, LineRow)


def _without_own(actor: Actor, board_id: int, items: Sequence[Item]) -> list[Item]:
    return [
        each
        for each in items
        if not holds_role_at(actor, Facts(board_id, each.membership_id, each.agency_id))
    ]


def _opened(opened: dict[int, Opened], return_id: int) -> Opened:
    return opened.get(return_id, Opened())


def _is_readable(opened: Opened) -> bool:
    return opened.now or opened.published_at is not None


def pack_document(pack: Pack, board: Board) -> Document:
    """Return a pack as a document."""
    parts = []
    for each in pack.sections:
        rows = [
            (item.agency, item.where, "" if item.standard is None else item.standard, item.told)
            for item in each.items
        ]
        texts = [each.left] if each.left else []
        heads = ("Agency", "Cycle and stage", "Standard", "What")
        table = Table(each.heading, heads, rows, (3, 2.4, 1.2, 4), "None.")
        parts.append(Part(f"{each.heading}: {each.total:,}", texts, table=table))
    rows_ = [(each.agency, each.standard, each.text) for each in pack.lines]
    columns = ("Agency", "Standard", "What to ask")
    table = Table("Lines of enquiry", columns, rows_, (3, 1.2, 7), "None has been drafted.")
    parts.append(Part(f"Lines of enquiry: {len(pack.lines):,}", table=table))
    return Document(
        "pack", f"Pack: {pack.meeting.title}", board.slug, board.name,
        _held(pack.meeting), pack.as_at, pack.left_out, parts,
    )  # fmt: skip


def minutes_document(
    actor: Actor,
    board: Board,
    snapshot: dict[str, Any],
    approved: Minutes | None,
    *,
    now: datetime,
) -> Document:
    """Return minutes as a document: of the frozen copy, or of a draft. Decisions about agencies
    where the reader holds a role are left out."""
    check(actor, Can.READ_PACK, Facts(board.id))
    decisions = visible_decisions(actor, board.id, snapshot)
    left = len(snapshot["decisions"]) - len(decisions)
    told = [_standing(approved)]
    if left:
        told.append(
            f"{counted(left, 'decision is', 'decisions are')} left out for you, because you hold a"
            " role at the agency."
        )
    held = date.fromisoformat(snapshot["held_on"])
    about = ", ".join(
        each for each in (in_words(held), snapshot["starts_at"], snapshot["place"]) if each
    )
    parts = [
        Part(word(kind), items=_people(snapshot, kind) or ["Nobody is recorded."])
        for kind in AttendanceKind
    ]
    parts.append(Part("Conflicts of interest", items=_conflicts(snapshot) or ["None declared."]))
    if snapshot["notes"]:
        parts.append(Part("Notes", snapshot["notes"].split("\n\n")))
    heads = ("Number", "About", "Decision", "Who", "By when")
    rows = [
        (
            each["number"],
            _about(each),
            each["text"],
            each["owner"],
            in_words(date.fromisoformat(each["due_on"])) if each["due_on"] else "",
        )
        for each in decisions
    ]
    table = Table("Decisions", heads, rows, (1.1, 3, 5, 2, 2), "No decision is recorded.")
    parts.append(Part("Decisions", table=table))
    return Document(
        "minutes", f"Minutes: {snapshot['title']}", board.slug, board.name, about,
        london_today(approved.approved_at if approved else now), told, parts,
    )  # fmt: skip


def visible_decisions(
    actor: Actor, board_id: int, snapshot: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the decisions of minutes without those about agencies of the actor's."""
    return [
        each
        for each in snapshot["decisions"]
        if each["membership"] is None
        or not holds_role_at(actor, Facts(board_id, each["membership"], each["agency_id"]))
    ]


def _standing(approved: Minutes | None) -> str:
    if approved is None:
        return "Draft: these minutes are not approved yet."
    by = f" by {approved.approved_by.name}" if approved.approved_by else ""
    return f"Approved{by} on {moment_in_words(approved.approved_at)}."


def _people(snapshot: dict[str, Any], kind: AttendanceKind) -> list[str]:
    return [
        f"{each['name']}, {each['from']}" if each["from"] else each["name"]
        for each in snapshot["attendance"]
        if each["kind"] == kind.value
    ]


def _conflicts(snapshot: dict[str, Any]) -> list[str]:
    return [
        f"{each['name']}: {conflict['agency']}"
        for each in snapshot["attendance"]
        for conflict in each["conflicts"]
    ]


def _about(decision: dict[str, Any]) -> str:
    if not decision["agency"]:
        return ""
    standard = f", standard {decision['standard']}" if decision["standard"] else ""
    return f"{decision['agency']} ({decision['stage']}){standard}"


def _held(meeting: Meeting) -> str:
    return ", ".join(
        each for each in (in_words(meeting.held_on), meeting.starts_at, meeting.place) if each
    )
