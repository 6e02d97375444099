"""What an agency said in the last cycle, and what was made of it, beside the questions of this one
(domain rule 51). At most eight queries a standard; one where there is no earlier return."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from s11audit.domain.enums import RatingRole, ReturnKind, ReturnState
from s11audit.models import (
    Cycle,
    Membership,
    Publication,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
)
from s11audit.queries.lineages import Known, between
from s11audit.queries.open_improvements import StillOpen, open_before
from s11audit.queries.successions import carries_on, left_to, with_predecessors
from s11audit.queries.tools import tool_of
from s11audit.scoring.answers import read_answer
from s11audit.scoring.taking_over import Offer, has_anything, offer
from s11audit.tools.lineage import Relation
from s11audit.tools.schema import Standard, Tool


@dataclass(frozen=True)
class Agreed:
    """A published rating, in the words of its tool."""

    rag: str
    words: str
    comment: str
    improvement: str


@dataclass(frozen=True)
class WasStandard:
    """One standard as it was answered last time."""

    return_id: int
    number: int
    title: str
    agency: str
    self_rag: str | None
    self_words: str
    agreed: Agreed | None
    statement: str
    evidence: tuple[str, ...]

    @property
    def source(self) -> str:
        """How a form names it: "12.5" is standard 5 of return 12."""
        return f"{self.return_id}.{self.number}"


@dataclass(frozen=True)
class Beside:
    """An earlier answer beside one question."""

    return_id: int
    standard: int
    agency: str
    offer: Offer

    @property
    def source(self) -> str:
        """How a form names it: "12.5.5.2" is question 5.2, in standard 5 of return 12."""
        return f"{self.return_id}.{self.standard}.{self.offer.key}"


@dataclass(frozen=True)
class Origin:
    """What a question or a standard was, in words, and the lineage's reason."""

    relation: Relation
    words: str
    reason: str


@dataclass(frozen=True)
class Earlier:
    """All that stands beside one standard. `named` is the cycle it comes from; `agencies` are
    several where the agency was formed from several. Without a `known` lineage nothing can be
    set beside the questions."""

    named: str
    tool: str
    known: Known | None
    origin: Origin | None = None
    standards: Sequence[WasStandard] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Beside]] = field(default_factory=dict)
    improvements: Sequence[StillOpen] = ()
    several: bool = False

    @property
    def statements(self) -> list[WasStandard]:
        """The earlier standards that have an evidence statement."""
        return [each for each in self.standards if each.statement.strip()]

    def is_new(self, key: str) -> bool:
        """Whether a question is new in this tool."""
        origin = self.origins.get(key)
        return origin is not None and origin.relation is Relation.NEW


@dataclass(frozen=True)
class _Source:
    """A return of an earlier cycle with its standards as they were sent in last; of what the
    agency was formed from, as they stand where they were not sent in."""

    return_: Return
    parts: Sequence[Mapping[str, Any]]


def earlier_of(session: Session, return_: Return, standard: Standard) -> list[Earlier]:
    """Return what stands beside a standard of a full return: the last answers, ratings and
    comments of the agency, and of what it was formed from, one entry for each cycle that they
    come from, the latest first. An update carries over within its cycle: beside it stands only
    what several others said that the agency was formed from, which nobody can put together for
    it."""
    full = return_.kind is ReturnKind.FULL
    if not full and not carries_on(session, return_.membership_id):
        return []
    sources = _sources(session, return_)
    if not full:
        sources = [each for each in sources if _is_anothers(each, return_)]
        if len({each.return_.membership_id for each in sources}) < 2:
            return []
    if not sources:
        return []
    improvements = open_before(session, return_)
    cycles = list(
        {each.return_.stage.cycle_id: each.return_.stage.cycle for each in sources}.values()
    )
    return [
        _of_cycle(
            session,
            return_,
            standard,
            cycle,
            [each for each in sources if each.return_.stage.cycle_id == cycle.id],
            improvements,
        )
        for cycle in cycles
    ]


def _is_anothers(source: _Source, return_: Return) -> bool:
    """Whether a source is what another agency said in this cycle."""
    its = source.return_
    return (
        its.membership_id != return_.membership_id and its.stage.cycle_id == return_.stage.cycle_id
    )


def _of_cycle(
    session: Session,
    return_: Return,
    standard: Standard,
    cycle: Cycle,
    sources: Sequence[_Source],
    improvements: Sequence[StillOpen],
) -> Earlier:
    was = tool_of(session, cycle.tool_version)
    known = between(
        session, return_.membership.board_id, return_.stage.cycle.tool_version, cycle.tool_version
    )
    if known is None:
        return Earlier(cycle.name, was.title, None)
    origin = known.lineage.standard(standard.number)
    numbers = {int(number) for number in origin.sources}
    questions = standard.requirements_for(return_.categories)
    found = [known.lineage.requirement(question.key) for question in questions]
    parts = _parts(sources)
    agreed = _agreed(session, sources, was)
    return Earlier(
        named=cycle.name,
        tool=was.title,
        known=known,
        origin=_origin(origin.relation, origin.reason),
        standards=[
            _was(source, part, was, agreed) for number, source, part in parts if number in numbers
        ],
        origins={each.of: _origin(each.relation, each.reason) for each in found},
        answers={
            question.key: [
                Beside(
                    source.return_.id,
                    number,
                    source.return_.membership.name,
                    offer(question.kind, each),
                )
                for number, source, part in parts
                for each in part["requirements"]
                if each["key"] in sourced.sources
            ]
            for question, sourced in zip(questions, found, strict=True)
        },
        improvements=[
            each
            for each in improvements
            if each.tool_version_id == cycle.tool_version_id and each.standard in numbers
        ],
        several=len({source.return_.membership_id for source in sources}) > 1
        or any(source.return_.membership_id != return_.membership_id for source in sources),
    )


def _sources(session: Session, return_: Return) -> list[_Source]:
    """Return the returns of each agency's last cycle, the latest cycle and stage first: the
    agency's own before this cycle; those of what it was formed from, in this cycle too."""
    cycle = return_.stage.cycle
    rows = session.execute(
        _earlier_returns(),
        {
            "membership_id": return_.membership_id,
            "board_id": return_.membership.board_id,
            "cycle_id": cycle.id,
            "opened_at": cycle.opened_at,
        },
    ).all()
    last: dict[int, int] = {}
    for found, _submission in rows:
        last.setdefault(found.membership_id, found.stage.cycle_id)
    chosen = [
        (row[0], row[1]) for row in rows if last[row[0].membership_id] == row[0].stage.cycle_id
    ]
    sent = [submission_id for _return, submission_id in chosen if submission_id is not None]
    snapshots = (
        {row[0]: row[1] for row in session.execute(_SNAPSHOTS, {"ids": sent})} if sent else {}
    )
    drafts = _drafts(session, [found for found, submission_id in chosen if submission_id is None])
    return [
        _Source(
            found,
            snapshots[submission_id]["standards"] if submission_id else drafts[found.id],
        )
        for found, submission_id in chosen
    ]


# Every page of a standard reads these: each is put together once, which takes longer than to read.
_SNAPSHOTS = select(Submission.id, Submission.snapshot).where(
    Submission.id.in_(bindparam("ids", expanding=True))
)


@cache
def _earlier_returns() -> Select[Any]:
    """The returns that `membership_id` may carry on into the cycle `cycle_id`, each with its
    newest submission that it may."""
    own: BindParameter[int] = bindparam("membership_id")
    newest = (
        select(Submission.return_id, func.max(Submission.id).label("id"))
        .join(Return, Return.id == Submission.return_id)
        .join(Return.membership)
        .where(left_to(own))
        .group_by(Submission.return_id)
        .subquery()
    )
    # A draft is carried on only where its agency does not go on writing it.
    left_behind = and_(Return.state == ReturnState.IN_PROGRESS, Membership.ends_on.is_not(None))
    return (
        select(Return, newest.c.id)
        .join(Return.membership)
        .join(Return.stage)
        .join(Stage.cycle)
        .join(Cycle.tool_version)
        .outerjoin(newest, newest.c.return_id == Return.id)
        .where(
            Membership.board_id == bindparam("board_id"),
            Return.membership_id.in_(with_predecessors(own)),
            Cycle.recorded.is_(False),
            Cycle.contents_removed_at.is_(None),  # nothing is left to take over (domain rule 79)
            or_(
                and_(Cycle.opened_at < bindparam("opened_at"), newest.c.id.is_not(None)),
                and_(
                    Stage.cycle_id == bindparam("cycle_id"),
                    Return.membership_id != own,
                    or_(newest.c.id.is_not(None), left_behind),
                ),
            ),
        )
        .options(
            contains_eager(Return.membership),
            contains_eager(Return.stage)
            .contains_eager(Stage.cycle)
            .contains_eager(Cycle.tool_version),
        )
        .order_by(Cycle.opened_at.desc(), Cycle.id.desc(), Stage.number.desc(), Return.id)
    )


@cache
def _published() -> Select[int, Rating]:
    """The agreed ratings of the returns `ids` in the cycle `cycle_id`, the latest last."""
    return (
        select(Return.membership_id, Rating)
        .join(Rating, Rating.return_id == Return.id)
        .join(Publication, Publication.id == Rating.publication_id)
        .join(Return.stage)
        .where(
            Stage.cycle_id == bindparam("cycle_id"),
            Return.id.in_(bindparam("ids", expanding=True)),
            Rating.role == RatingRole.AGREED,
        )
        .order_by(Publication.effective_at, Publication.id, Rating.id)
    )


def _drafts(session: Session, returns: Sequence[Return]) -> dict[int, list[dict[str, Any]]]:
    """Return the standards of returns that were not sent in, in the shape of a snapshot."""
    parts: dict[int, list[dict[str, Any]]] = {each.id: [] for each in returns}
    if not returns:
        return parts
    tools = {each.id: tool_of(session, each.stage.cycle.tool_version) for each in returns}
    for response in session.scalars(
        select(Response)
        .where(Response.return_id.in_(parts))
        .order_by(Response.return_id, Response.standard)
        .options(selectinload(Response.answers))
    ):
        standard = tools[response.return_id].standard(response.standard)
        stored = {each.requirement: each.value for each in response.answers}
        parts[response.return_id].append(
            {
                "number": standard.number,
                "title": standard.title,
                "requirements": [
                    {
                        "key": each.key,
                        "kind": each.kind,
                        "text": each.text,
                        "answer": stored.get(each.key),
                        "in_words": read_answer(each.kind, stored.get(each.key)).in_words(),
                    }
                    for each in standard.requirements
                ],
                "statement": response.statement,
                "self_rating": {"label": response.self_label, "rag": response.self_rag},
                "evidence": (),
            }
        )
    return parts


def _parts(sources: Iterable[_Source]) -> list[tuple[int, _Source, Mapping[str, Any]]]:
    """Return each agency's latest part for each standard that says anything, by the agency's name
    and the standard's number."""
    found: dict[tuple[int, int], tuple[int, _Source, Mapping[str, Any]]] = {}
    for source in sources:
        for part in source.parts:
            key = (source.return_.membership_id, int(part["number"]))
            if key not in found and has_anything(part):
                found[key] = (key[1], source, part)
    return sorted(
        found.values(),
        key=lambda each: (each[1].return_.membership.name_key, each[1].return_.id, each[0]),
    )


def _agreed(
    session: Session, sources: Sequence[_Source], was: Tool
) -> dict[tuple[int, int], Agreed]:
    """Return each standard's latest published rating in the cycle, by membership and number."""
    ids = [source.return_.id for source in sources]
    cycle_id = sources[0].return_.stage.cycle_id
    rows = session.execute(_published(), {"cycle_id": cycle_id, "ids": ids})
    return {
        (member, rating.standard): Agreed(
            rating.rag.value, _title(was, rating.label), rating.comment, rating.improvement
        )
        for member, rating in rows
    }


def _was(
    source: _Source,
    part: Mapping[str, Any],
    was: Tool,
    agreed: Mapping[tuple[int, int], Agreed],
) -> WasStandard:
    member, number = source.return_.membership_id, int(part["number"])
    rating = part["self_rating"]
    return WasStandard(
        return_id=source.return_.id,
        number=number,
        title=part["title"],
        agency=source.return_.membership.name,
        self_rag=rating["rag"],
        self_words=_title(was, rating["label"]) if rating["label"] else "",
        agreed=agreed.get((member, number)),
        statement=part["statement"],
        evidence=tuple(
            f"{each['file'] or each['link']}: {each['description']}" for each in part["evidence"]
        ),
    )


def _title(tool: Tool, label: str) -> str:
    try:
        return tool.rating(label).title
    except KeyError:
        return label


_RELATIONS = {
    Relation.SAME: "The same as last time",
    Relation.REWORDED: "Reworded since last time",
    Relation.SPLIT: "A part of what was asked last time",
    Relation.MERGED: "Merged from what was asked last time",
    Relation.NEW: "New in this tool",
    Relation.DROPPED: "No longer asked",
}


def _origin(relation: Relation, reason: str) -> Origin:
    return Origin(relation, _RELATIONS[relation], reason)
