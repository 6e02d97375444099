"""What is written on a visit: ticks, notes and findings, and what becomes of a proposed rating
(domain rule 31)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import ItemKind, Participation, Rag, Role, VisitResult
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.domain.texts import printable, several_lines
from s11audit.models import Return, Visit, VisitFinding, VisitItem
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.tools import tool_of
from s11audit.queries.visits import visit_of
from s11audit.scoring.words import is_blank, normalise_line_ends
from s11audit.services import log
from s11audit.services.visits import open_visit

LONGEST_TEXT = 10_000
MOST_LINES = 100


@dataclass(frozen=True)
class Written:
    """What a visitor wrote of one standard. `ticked` and `notes` are by the line's id."""

    result: VisitResult | None = None
    seen: str = ""
    spoken_to: str = ""
    proposed_label: str | None = None
    proposed_reason: str = ""
    proposed_improvement: str = ""
    ticked: frozenset[int] = frozenset()
    notes: Mapping[int, str] = field(default_factory=dict)


def save(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_id: int,
    standard: int,
    written: Written,
    *,
    based_on: int | None = None,
    now: datetime,
) -> VisitFinding:
    """Keep what was written of one standard and return the finding; saving what stands already
    changes nothing. It may be incomplete: finishing the visit asks for what lacks.

    `based_on` is the version that the person saw (None: do not compare); Conflict where it was
    saved since. Raises Invalid for what cannot be stored, Refused where the visit is over.
    """
    return_, role = _check(session, actor, return_id, Can.CARRY_OUT_VISIT)
    visit = open_visit(session, return_id, visit_id)
    finding = _finding(session, visit, standard)
    items = _items(session, visit, standard)
    rag = _proposed_rag(session, return_, written.proposed_label)
    before = _logged(finding, items)
    version = finding.version
    finding.result = written.result
    finding.seen = _text(written.seen, "seen")
    finding.spoken_to = _text(written.spoken_to, "spoken_to")
    finding.proposed_label = written.proposed_label or None
    finding.proposed_rag = rag
    finding.proposed_reason = _text(written.proposed_reason, "proposed_reason")
    finding.proposed_improvement = _text(written.proposed_improvement, "proposed_improvement")
    for item in items:
        item.done = item.id in written.ticked
        item.note = _text(written.notes.get(item.id, ""), f"note_{item.id}")
    after = _logged(finding, items)
    if before == after:
        return finding
    if based_on is not None and based_on != version:
        raise Conflict(
            "Somebody else saved this standard while you were working on it. Nothing you typed is "
            "lost: read theirs below, then save again to replace it.",
            version,
        )
    finding.version += 1
    finding.saved_at = now
    finding.saved_by_id = actor.user_id
    session.flush()
    changed = [name for name in after if before.get(name) != after[name]]
    log.record_for(
        session, return_, actor, role, "visit.finding_saved", ("visit", visit.id), now=now,
        before={"standard": standard} | {name: before.get(name) for name in changed},
        after={"standard": standard} | {name: after[name] for name in changed},
    )  # fmt: skip
    return finding


def change_lines(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_id: int,
    standard: int,
    lines: Mapping[int, str],
    added: Mapping[ItemKind, str],
    *,
    now: datetime,
) -> None:
    """Reword, remove (an empty text) and add lines of the worksheet for one standard.

    `lines` are by id; `added` holds new ones of each kind, one to a line of text. Raises Invalid
    for a text that is too long or for too many lines, Refused where the visit is over.
    """
    return_, role = _check(session, actor, return_id, Can.CARRY_OUT_VISIT)
    visit = open_visit(session, return_id, visit_id)
    _finding(session, visit, standard)
    items = _items(session, visit, standard)
    before = [item.text for item in items]
    kept: list[VisitItem] = []
    for item in items:
        text = _text(lines.get(item.id, item.text), f"line_{item.id}").strip()
        if text:
            item.text = text
            kept.append(item)
        else:
            session.delete(item)
    place = max((item.place for item in items), default=0)
    for kind, texts in added.items():
        for text in _text(texts, f"add_{kind.value}").split("\n"):
            if not is_blank(text):
                place += 1
                new = VisitItem(
                    visit_id=visit.id, standard=standard, place=place, kind=kind, text=text.strip()
                )
                session.add(new)
                kept.append(new)
    if len(kept) > MOST_LINES:
        raise Invalid(f"A standard has at most {MOST_LINES} lines on the worksheet.")
    session.flush()
    after = [item.text for item in kept]
    if before != after:
        log.record_for(
            session, return_, actor, role, "visit.worksheet_changed", ("visit", visit.id), now=now,
            before={"standard": standard, "lines": before},
            after={"standard": standard, "lines": after},
        )  # fmt: skip


def set_aside(
    session: Session,
    actor: Actor,
    return_id: int,
    visit_id: int,
    standard: int,
    reason: str,
    *,
    now: datetime,
) -> None:
    """QA does not follow the rating that a finished visit proposed, and says why. Raises Refused
    where none is proposed or it was set aside already."""
    return_, role = _check(session, actor, return_id, Can.RATE)
    visit = visit_of(session, return_id, visit_id, for_update=True)
    finding = _finding(session, visit, standard)
    if visit.finished_at is None or finding.proposed_label is None:
        raise Refused("This visit proposes no rating for the standard.")
    if finding.set_aside_at is not None:
        raise Refused("This proposal was set aside already.")
    finding.set_aside_reason = several_lines(reason, "reason", "reason")
    finding.set_aside_at = now
    finding.set_aside_by_id = actor.user_id
    log.record_for(
        session, return_, actor, role, "visit.proposal_set_aside", ("visit", visit.id), now=now,
        after={"standard": standard, "reason": finding.set_aside_reason},
    )  # fmt: skip


def _check(session: Session, actor: Actor, return_id: int, action: Can) -> tuple[Return, Role]:
    return_ = return_by_id(session, return_id, for_update=True)
    return return_, check(actor, action, facts_of(return_), sees=Can.SEE_SUBMISSION)


def _finding(session: Session, visit: Visit, standard: int) -> VisitFinding:
    found = session.scalar(
        select(VisitFinding)
        .where(VisitFinding.visit_id == visit.id, VisitFinding.standard == standard)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such standard on this worksheet.")
    return found


def _items(session: Session, visit: Visit, standard: int) -> list[VisitItem]:
    return list(
        session.scalars(
            select(VisitItem)
            .where(VisitItem.visit_id == visit.id, VisitItem.standard == standard)
            .order_by(VisitItem.kind, VisitItem.place, VisitItem.id)
        )
    )


def _proposed_rag(session: Session, return_: Return, label: str | None) -> Rag | None:
    if not label:
        return None
    if return_.participation is Participation.ADVISORY:
        message = "This agency takes part in an advisory role, so it is not rated"
        raise Invalid(f"{message}.", {"proposed_label": message})
    try:
        rag = tool_of(session, return_.stage.cycle.tool_version).rating(label).rag
    except KeyError:
        rag = Rag.NA
    if rag is Rag.NA:
        raise Invalid("Choose a rating.", {"proposed_label": "Choose one of the ratings"})
    return rag


def _text(text: str, field_name: str) -> str:
    text = normalise_line_ends(text)
    if len(text) > LONGEST_TEXT:
        message = f"This must be {LONGEST_TEXT:,} characters or fewer"
        raise Invalid(f"{message}.", {field_name: message})
    if not printable(text):
        message = "This holds a character that cannot be shown"
        raise Invalid(f"{message}.", {field_name: message})
    return text


def _logged(finding: VisitFinding, items: list[VisitItem]) -> dict[str, object]:
    return {
        "result": finding.result.value if finding.result else None,
        "seen": finding.seen,
        "spoken_to": finding.spoken_to,
        "proposed_label": finding.proposed_label,
        "proposed_rag": finding.proposed_rag.value if finding.proposed_rag else None,
        "proposed_reason": finding.proposed_reason,
        "proposed_improvement": finding.proposed_improvement,
        "ticked": [item.text for item in items if item.done],
        "notes": [f"{item.text}: {item.note}" for item in items if item.note],
    }
