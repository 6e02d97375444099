"""Returns as the first read takes them: the current submissions of a stage, with what each agency
sent in last time (domain rule 15)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, aliased

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import EvidenceKind, Rag, ReturnKind, Standing
from s11audit.models import (
    Cycle,
    Membership,
    PaperEntry,
    Return,
    SendBack,
    Stage,
    Submission,
    ToolVersion,
)
from s11audit.queries.lineages import lineages_to
from s11audit.queries.reviews import suggestion_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.answers import Percentage, read_answer
from s11audit.scoring.likeness import Shingles, alike_among, shingles
from s11audit.scoring.screening import (
    LastTime,
    Point,
    ReadAnswer,
    ReadEvidence,
    ReadReturn,
    ReadStandard,
    comparable,
    copied,
    copied_from_last_time,
    in_order,
    read_alone,
)
from s11audit.tools.lineage import COMPARABLE, ToolName
from s11audit.tools.schema import Tool

A_BATCH = 100
SameQuestion = Mapping[str, str]


@dataclass(frozen=True)
class Sent:
    """A current submission, and where it belongs."""

    submission_id: int
    return_id: int
    membership_id: int
    stage_id: int
    agency: str
    effective_at: datetime
    imported: bool

    @property
    def at(self) -> tuple[datetime, int]:
        """Its place in time among the agency's submissions."""
        return (self.effective_at, self.submission_id)


@dataclass(frozen=True)
class Reading:
    """What the first read of one return found by itself, and its statements by standard with
    their shingles, for those of other agencies to be held against."""

    sent: Sent
    points: list[Point]
    last: dict[int, Point]
    standards: dict[int, ReadStandard]
    shingles: dict[int, Shingles]


@dataclass(frozen=True)
class Found:
    """A point of a return, with the agency's name."""

    agency: str
    point: Point


def current_submissions() -> Select[*tuple[Any, ...]]:
    """Return the statement that finds what the first read looks at, as `Sent` rows: of each return
    that is asked for the latest submission, unless it was sent back; recorded history aside."""
    later = aliased(Submission)
    newest = (
        select(later.id)
        .where(later.return_id == Submission.return_id, later.number > Submission.number)
        .exists()
    )
    return (
        select(
            Submission.id,
            Submission.return_id,
            Return.membership_id,
            Return.stage_id,
            Membership.name,
            Submission.effective_at,
            (Submission.entered_for.is_not(None) & PaperEntry.id.is_(None)).label("imported"),
        )
        .join(Return, Return.id == Submission.return_id)
        .join(Membership, Membership.id == Return.membership_id)
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .outerjoin(PaperEntry, PaperEntry.submission_id == Submission.id)
        .where(
            ~newest,
            SendBack.id.is_(None),
            Return.standing == Standing.ASKED,
            Return.kind != ReturnKind.RECORDED,
        )
    )


def sent_in(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Sent]:
    """Return what a statement built on `current_submissions` finds."""
    return [
        Sent(
            submission_id=row.id,
            return_id=row.return_id,
            membership_id=row.membership_id,
            stage_id=row.stage_id,
            agency=row.name,
            effective_at=row.effective_at,
            imported=bool(row.imported),
        )
        for row in session.execute(statement)
    ]


def screen_stage(
    session: Session, stage_id: int, told: Callable[[int, int], None] = lambda done, of: None
) -> list[Found]:
    """Return every point of every submitted return of a stage: by the agency's name, standard and
    rule. Stores nothing and needs nothing stored; `told` is called with how many of how many
    returns are read. The cost grows with the number of returns."""
    sent = sorted(
        sent_in(session, current_submissions().where(Return.stage_id == stage_id)),
        key=lambda each: (each.agency.casefold(), each.agency, each.return_id),
    )
    points: list[list[Point]] = []
    standards: dict[tuple[int, int], ReadStandard] = {}
    last: dict[tuple[int, int], Point] = {}
    for place, read in enumerate(read_returns(session, sent)):
        points.append(read_alone(read))
        last |= {(place, number): p for number, p in copied_from_last_time(read).items()}
        standards |= {(place, s.number): s for s in read.standards if comparable(s)}
        told(place + 1, len(sent))
    twins = alike_among((key, standard.statement) for key, standard in standards.items())
    for key in sorted(twins.keys() | last.keys()):
        place, number = key
        if key in twins:
            other = twins[key]
            about = name_of(sent[place], number, sent[other[0]], other[1])
            point = copied(standards[key], standards[other].statement, about)
            point = both(point, last.get(key))
        else:
            point = last[key]
        points[place].append(point)
    return [
        Found(each.agency, point)
        for each, own in zip(sent, points, strict=True)
        for point in in_order(own)
    ]


def readings_of(session: Session, return_ids: Sequence[int]) -> list[Reading]:
    """Read the current submissions of these returns, in their order, a fixed number of queries for
    each hundred; those that have none that is screened are left out."""
    found = {
        each.return_id: each
        for each in sent_in(session, current_submissions().where(Return.id.in_(return_ids)))
    }
    sent = [found[return_id] for return_id in return_ids if return_id in found]
    return [
        _reading(each, read) for each, read in zip(sent, read_returns(session, sent), strict=True)
    ]


def reading_of(session: Session, return_id: int) -> Reading | None:
    """Read a return's current submission; None where it has none that is screened."""
    return next(iter(readings_of(session, [return_id])), None)


def _reading(sent: Sent, read: ReadReturn) -> Reading:
    standards = {each.number: each for each in read.standards if comparable(each)}
    return Reading(
        sent,
        read_alone(read),
        copied_from_last_time(read),
        standards,
        {
            number: hashed
            for number, each in standards.items()
            if (hashed := shingles(each.statement))
        },
    )


def both(point: Point, last: Point | None) -> Point:
    """Return a copied point that says of both what its statement is like."""
    if last is None:
        return point
    return Point(point.standard, point.rule, point.passage, f"{point.about}; {last.about}")


def name_of(own: Sent, number: int, other: Sent, other_number: int) -> str:
    """Return how a point of `own` names the statement that it is like."""
    if own.return_id == other.return_id:
        return f"standard {other_number} of this return"
    return f"standard {other_number} of {other.agency}"


def read_returns(session: Session, sent: Sequence[Sent]) -> Iterator[ReadReturn]:
    """Yield each of these submissions as the rules read it, with what the agency sent in before,
    in their order; four queries a batch."""
    stages = _stages(session, sent)
    asked: dict[tuple[int, str, int], SameQuestion] = {}
    for first in range(0, len(sent), A_BATCH):
        batch = sent[first : first + A_BATCH]
        before = _submissions_before(session, batch)
        wanted = [each.submission_id for each in batch] + list(before.values())
        documents = _documents(session, wanted)
        for each in batch:
            document = documents[each.submission_id]
            board_id, tool = stages[each.stage_id]
            last = None
            if each.submission_id in before:
                earlier = documents[before[each.submission_id]]
                was = (earlier["tool"]["key"], earlier["tool"]["version"])
                if (each.stage_id, *was) not in asked:
                    asked[each.stage_id, *was] = same_question(session, board_id, tool, was)
                last = _last_time(earlier, asked[each.stage_id, *was])
            yield read_document(tool, each, document, last)


def read_document(
    tool: Tool, sent: Sent, document: Mapping[str, Any], last: LastTime | None
) -> ReadReturn:
    """Return a frozen submission as the rules read it, beside what was sent in last time."""
    return ReadReturn(
        agency=sent.agency,
        sent_on=london_today(sent.effective_at),
        standards=[_standard(tool, part) for part in document["standards"]],
        met_at=tool.thresholds.met_at,
        holds_answers=not sent.imported
        or any(item["answer"] for part in document["standards"] for item in part["requirements"]),
        last=last,
    )


def _standard(tool: Tool, part: Mapping[str, Any]) -> ReadStandard:
    own, standard = part["self_rating"], tool.standard(part["number"])
    return ReadStandard(
        number=standard.number,
        statement_ask=tool.evidence_statement_for(standard),
        self_rating_ask=tool.self_rating_for(standard),
        self_rating=Rag(own["rag"]) if own["rag"] else None,
        na_reason=own["na_reason"],
        statement=part["statement"],
        answers=tuple(
            ReadAnswer(item["key"], read_answer(item["kind"], item["answer"]))
            for item in part["requirements"]
        ),
        suggestion=suggestion_of(tool, standard, dict(part)),
        evidence=tuple(
            ReadEvidence(
                EvidenceKind(item["kind"]),
                item["description"] or item["file"] or item["link"] or "Evidence",
                date.fromisoformat(item["review_on"]) if item["review_on"] else None,
                (item["file"] or "",),
            )
            for item in part["evidence"]
        ),
        proposed=tuple(item["what"] for item in part["proposed_actions"]),
        progress=part.get("progress") or "",
        carried=part.get("asked") in ("update", "still_true"),
        still_true=part.get("still_true") is not None,
    )


def _last_time(earlier: Mapping[str, Any], same: SameQuestion) -> LastTime:
    """What was sent in before. Percentages are told by the requirement that asks the same now."""
    day = in_words(london_today(datetime.fromisoformat(earlier["submitted_at"])))
    answers = {
        item["key"]: read_answer(item["kind"], item["answer"])
        for part in earlier["standards"]
        for item in part["requirements"]
    }
    return LastTime(
        called=f"the agency’s own return of {day} ({earlier['cycle']}, stage {earlier['stage']})",
        statements={part["number"]: part["statement"] for part in earlier["standards"]},
        percentages={
            now: answer
            for key, now in same.items()
            if isinstance(answer := answers.get(key), Percentage)
        },
    )


def same_question(
    session: Session, board_id: int, tool: Tool, was: tuple[str, int]
) -> SameQuestion:
    """Return, by the key of an earlier tool's requirement, the one of `tool` that asks the same:
    as the lineage between the two says; without one, the one of the same key in the same tool."""
    if was != (tool.key, tool.version):
        name = ToolName(key=tool.key, version=tool.version)
        for known in lineages_to(session, board_id, name):
            if (known.lineage.was.key, known.lineage.was.version) == was:
                return {
                    each.sources[0]: each.of
                    for each in known.lineage.requirements
                    if each.relation in COMPARABLE
                }
    if was[0] != tool.key:
        return {}
    return {item.key: item.key for standard in tool.standards for item in standard.requirements}


def _stages(session: Session, sent: Sequence[Sent]) -> dict[int, tuple[int, Tool]]:
    """Return the board and the tool of each stage."""
    rows = session.execute(
        select(Stage.id, Cycle.board_id, ToolVersion)
        .join(Stage.cycle)
        .join(Cycle.tool_version)
        .where(Stage.id.in_({each.stage_id for each in sent}))
    )
    return {stage_id: (board_id, tool_of(session, version)) for stage_id, board_id, version in rows}


def _submissions_before(session: Session, batch: Sequence[Sent]) -> dict[int, int]:
    """Return, by submission, the agency's latest one of an earlier stage or cycle, where there is
    one: not of the same return, and not one that was sent back."""
    own = {each.membership_id for each in batch}
    found: dict[int, list[tuple[tuple[datetime, int], int, int]]] = {}
    for row in session.execute(
        select(Return.membership_id, Submission.return_id, Submission.effective_at, Submission.id)
        .join(Return, Return.id == Submission.return_id)
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .where(and_(Return.membership_id.in_(own), SendBack.id.is_(None)))
    ):
        found.setdefault(row.membership_id, []).append(
            ((row.effective_at, row.id), row.return_id, row.id)
        )
    before: dict[int, int] = {}
    for each in batch:
        earlier = [
            (at, submission_id)
            for at, return_id, submission_id in found.get(each.membership_id, ())
            if return_id != each.return_id and at < each.at
        ]
        if earlier:
            before[each.submission_id] = max(earlier)[1]
    return before


def _documents(session: Session, submission_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {
        row.id: row.snapshot
        for row in session.execute(
            select(Submission.id, Submission.snapshot).where(Submission.id.in_(submission_ids))
        )
    }
