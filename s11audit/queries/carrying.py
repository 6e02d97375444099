"""What a return of a later stage carries over from the stages before it (domain rule 20).

Until the agency begins, this is worked out afresh for every page, so that a rating published
meanwhile counts. From its first save on it is stored with the responses.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased, joinedload

from s11audit.domain.enums import Ask, AskFor, Basis, Rag, ReturnKind, ReturnState
from s11audit.models import (
    Answer,
    Confirmation,
    Evidence,
    EvidenceUse,
    Improvement,
    Membership,
    Publication,
    Rating,
    Response,
    Return,
    Stage,
    Submission,
)
from s11audit.queries.open_improvements import rated_since
from s11audit.queries.responses import evidence_of, responses_of, untouched_of
from s11audit.queries.scopes import is_follow_up
from s11audit.queries.successions import with_predecessors
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.carrying import Earlier, asks, latest, with_passed
from s11audit.tools.schema import Standard

_Counted = Select[bool, int, int, int, Rag, datetime, bool]


@dataclass(frozen=True)
class Carried:
    """One standard that an earlier stage has something of: how it is asked, the rating that it is
    asked on, and the response that was sent in then."""

    standard: Standard
    ask: Ask
    rating: Rating | None = None
    source: Response | None = None


@dataclass(frozen=True)
class Draft:
    """A return as it stands for the agency: its responses, those carried over among them, and
    the evidence."""

    responses: dict[int, Response]
    evidence: list[Evidence] = field(default_factory=list)

    def ask(self, number: int) -> Ask:
        """Return how a standard is asked."""
        response = self.responses.get(number)
        return response.ask if response is not None else Ask.FULL

    @property
    def taken_over(self) -> bool:
        """Whether anything was taken over and neither changed nor confirmed since."""
        return any(each.taken_over for each in self.responses.values())

    def asked(self, standards: Iterable[Standard], *ways: Ask) -> tuple[Standard, ...]:
        """Return those of the standards that are asked in one of these ways."""
        return tuple(each for each in standards if self.ask(each.number) in ways)


def follows_up(return_: Return) -> bool:
    """Return whether a return may carry anything over: it is of a later stage that is no sample
    audit, and not recorded history. Its stage must be loaded."""
    return is_follow_up(return_.stage) and return_.kind is not ReturnKind.RECORDED


def is_undecided(return_: Return) -> bool:
    """Return whether what a return carries over is still worked out afresh."""
    return follows_up(return_) and return_.state is ReturnState.NOT_STARTED


def draft_of(session: Session, return_: Return) -> Draft:
    """Return a return's responses and evidence, with what will be carried over where the agency
    has not begun. At most five queries. What is carried then is not in the session."""
    if not is_undecided(return_):
        return Draft(responses_of(session, return_.id), evidence_of(session, return_.id))
    responses = untouched_of(session, return_.id)
    carried = carried_for(session, return_)
    serving: dict[int, int] = {}
    for number, each in carried.items():
        held = responses.get(number)
        made = Response(id=-number, return_id=return_.id, standard=number, version=0)
        fill(made, each)
        if held is not None:
            made.id, made.version, made.assigned_to = held.id, held.version, held.assigned_to
            made.assigned_to_id = held.assigned_to_id
        made.asked_on = each.rating
        responses[number] = made
        if each.source is not None:
            serving[each.source.id] = made.id
    found = _evidence(session, or_(Evidence.return_id == return_.id, _serves(serving)))
    own = [item for item in found if item.return_id == return_.id]
    return Draft(responses, [*_offered(found, serving), *own])


def carried_for(session: Session, return_: Return) -> dict[int, Carried]:
    """Return what earlier stages of the cycle have of each standard that now applies to a return;
    a standard of which there is nothing is left out. Three queries."""
    standards = {each.number: each for each in standards_asked(session, return_)}
    ratings = ratings_so_far(session, return_)
    sources = _sources(session, return_)
    tool = tool_of(session, return_.stage.cycle.tool_version)
    answered = {
        number
        for number, source in sources.items()
        if number in standards
        and (
            source.self_rag is not None
            or tool.self_rating_for(standards[number]) is not AskFor.REQUIRED
        )
    }
    how = asks(
        standards,
        {number: rating.rag for number, rating in ratings.items()},
        answered,
    )
    return {
        number: Carried(standard, how[number], ratings.get(number), sources.get(number))
        for number, standard in standards.items()
        if number in ratings or number in sources
    }


def fill(response: Response, carried: Carried) -> None:
    """Write into an untouched response what is carried over: how it is asked, and the earlier
    statement and answers, marked as taken over. The self rating comes along only where the
    standard is asked whether it is still true."""
    source, still_true = carried.source, carried.ask is Ask.STILL_TRUE
    response.ask = carried.ask
    response.asked_on_id = carried.rating.id if carried.rating is not None else None
    response.progress = ""
    response.still_true_by, response.still_true_at, response.still_true_by_id = "", None, None
    response.complete = False
    response.taken_over_from_id = source.id if source is not None else None
    response.statement = source.statement if source is not None else ""
    # "Not applicable" is a rating: its reason comes along with it.
    kept = source is not None and still_true
    response.self_label = source.self_label if source is not None and kept else None
    response.self_rag = source.self_rag if source is not None and kept else None
    response.na_reason = source.na_reason if source is not None and kept else ""
    response.answers = [
        Answer(requirement=each.requirement, value=each.value)
        for each in (source.answers if source is not None else ())
    ]
    response.taken_over = [
        *(f"answer:{each.requirement}" for each in response.answers),
        *(name for name in ("na_reason", "self_label", "statement") if getattr(response, name)),
    ]


def ratings_so_far(session: Session, return_: Return) -> dict[int, Rating]:
    """Return the rating of each standard that counts so far for a return's agency: from the
    stages of the cycle before the return's. Two queries."""
    counted = _counted(session, return_.stage, [return_.membership_id]).get(
        return_.membership_id, {}
    )
    found = session.scalars(
        select(Rating)
        .where(Rating.id.in_([each.order for each in counted.values()]))
        .options(joinedload(Rating.publication))
    )
    return {rating.standard: rating for rating in found}


def kept_ratings(session: Session, return_: Return) -> list[Rating]:
    """Return the published ratings of earlier stages that stand in this return, because its agency
    was only asked whether the standard is still true: QA need not rate these again. One query, and
    none for a first stage."""
    if not follows_up(return_):
        return []
    return list(
        session.scalars(
            select(Rating)
            .join(Response, Response.asked_on_id == Rating.id)
            .where(
                Response.return_id == return_.id,
                Response.ask == Ask.STILL_TRUE,
                Rating.publication_id.is_not(None),
            )
            .order_by(Rating.id)
            .options(joinedload(Rating.publication), joinedload(Rating.rater))
        )
    )


def standards_to_rate(session: Session, return_: Return) -> tuple[Standard, ...]:
    """Return the standards of a return that QA has to rate: those asked, less those that were only
    asked whether they are still true, which keep their latest published rating."""
    kept = {rating.standard for rating in kept_ratings(session, return_)}
    return tuple(each for each in standards_asked(session, return_) if each.number not in kept)


def rags_so_far(
    session: Session, stage: Stage, memberships: Collection[int]
) -> dict[int, dict[int, Rag]]:
    """Return what the ratings that count before a stage say, by membership and standard. One
    query, without an object a row."""
    return {
        member: {number: each.rag for number, each in ratings.items()}
        for member, ratings in _counted(session, stage, memberships).items()
    }


def _counted(
    session: Session, stage: Stage, memberships: Collection[int]
) -> dict[int, dict[int, Earlier]]:
    """Return the ratings that count: agreed ones that were published and, on a confirmed cycle,
    what agencies confirmed; and those of other agencies whose improvements passed to these and are
    not made good by a later rating (domain rule 53). One query."""
    earlier: dict[int, list[Earlier]] = {}
    passed: dict[int, list[Earlier]] = {}
    found = session.execute(
        union_all(_own_ratings(stage, memberships), _passed_ratings(stage, memberships))
    )
    for came_over, member, id_, standard, rag, at, published in found:
        kept = passed if came_over else earlier
        kept.setdefault(member, []).append(Earlier(standard, rag, at, id_, bool(published)))
    return {
        member: with_passed(latest(earlier.get(member, ())), passed.get(member, ()))
        for member in earlier.keys() | passed.keys()
    }


def _own_ratings(stage: Stage, memberships: Collection[int]) -> _Counted:
    counts: ColumnElement[bool] = Rating.publication_id.is_not(None)
    if stage.cycle.basis is Basis.CONFIRMED:
        counts = or_(counts, Rating.confirmation_id.is_not(None))
    return (
        select(
            false().label("came_over"),
            Return.membership_id,
            Rating.id,
            Rating.standard,
            Rating.rag,
            func.coalesce(Publication.effective_at, Confirmation.effective_at),
            Publication.effective_at.is_not(None),
        )
        .select_from(Rating)
        .join(Return, Return.id == Rating.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .outerjoin(Publication, Publication.id == Rating.publication_id)
        .outerjoin(Confirmation, Confirmation.id == Rating.confirmation_id)
        .where(
            Stage.cycle_id == stage.cycle_id,
            Stage.id != stage.id,
            Return.membership_id.in_(memberships),
            counts,
        )
    )


def _passed_ratings(stage: Stage, memberships: Collection[int]) -> _Counted:
    return (
        select(
            true(),
            Improvement.membership_id,
            Rating.id,
            Rating.standard,
            Rating.rag,
            Improvement.opened_at,
            Rating.publication_id.is_not(None),
        )
        .select_from(Improvement)
        .join(Rating, Rating.id == Improvement.rating_id)
        .join(Return, Return.id == Improvement.return_id)
        .join(Stage, Stage.id == Return.stage_id)
        .where(
            Stage.cycle_id == stage.cycle_id,
            Stage.id != stage.id,
            Improvement.membership_id.in_(memberships),
            Return.membership_id != Improvement.membership_id,
            Improvement.superseded_by_id.is_(None),
            ~rated_since(),
        )
    )


def _sources(session: Session, return_: Return) -> dict[int, Response]:
    """Return of each standard the response that was sent in last, in any other stage; where the
    agency itself sent none in, that of the one agency that it carries on (domain rule 53). What
    several of those said is not put together here: it stands beside the question instead."""
    sent = (
        select(Submission.return_id, func.max(Submission.effective_at).label("at"))
        .group_by(Submission.return_id)
        .subquery()
    )
    found = session.execute(
        select(Return.membership_id, Response)
        .join(Return, Return.id == Response.return_id)
        .join(Return.membership)
        .join(Stage, Stage.id == Return.stage_id)
        .join(sent, sent.c.return_id == Return.id)
        .where(
            Stage.cycle_id == return_.stage.cycle_id,
            Stage.id != return_.stage_id,
            Return.membership_id.in_(with_predecessors(return_.membership_id)),
            or_(
                Return.membership_id == return_.membership_id,
                Membership.ends_on.is_not(None),  # one that goes on may have changed it since
            ),
        )
        .order_by(sent.c.at, Response.id)
        .options(joinedload(Response.answers))
    ).unique()
    held: dict[int, dict[int, Response]] = {}
    for member, response in found:
        held.setdefault(response.standard, {})[member] = response
    own = return_.membership_id
    return {
        standard: by_member[own] if own in by_member else next(iter(by_member.values()))
        for standard, by_member in held.items()
        if own in by_member or len(by_member) == 1
    }


def _offered(found: Iterable[Evidence], serving: dict[int, int]) -> list[Evidence]:
    """Return the evidence that serves the sources, as serving what is carried over from them."""
    return [
        Evidence(
            id=item.id, return_id=item.return_id, blob_sha256=item.blob_sha256,
            filename=item.filename, url=item.url, description=item.description, kind=item.kind,
            made_on=item.made_on, review_on=item.review_on, added_at=item.added_at,
            carried_from_id=item.id, blob=item.blob,
            uses=[EvidenceUse(response_id=serving[each]) for each in served],
        )
        for item in found
        if (served := _served(item, serving))
    ]  # fmt: skip


def evidence_to_carry(
    session: Session, sources: Collection[int]
) -> list[tuple[Evidence, list[int]]]:
    """Return the evidence that serves any of these responses and was not removed, oldest first,
    each with which of them it serves. One query."""
    if not sources:
        return []
    found = _evidence(session, _serves(sources))
    return [(item, _served(item, sources)) for item in found]


def _evidence(session: Session, which: ColumnElement[bool]) -> Sequence[Evidence]:
    return (
        session.scalars(
            select(Evidence)
            .where(Evidence.removed_at.is_(None), which)
            .order_by(Evidence.id)
            .options(
                joinedload(Evidence.blob),
                joinedload(Evidence.added_by),
                joinedload(Evidence.uses),
            )
        )
        .unique()
        .all()
    )


def _serves(sources: Collection[int]) -> ColumnElement[bool]:
    used = aliased(EvidenceUse)
    return exists().where(and_(used.evidence_id == Evidence.id, used.response_id.in_(sources)))


def _served(item: Evidence, sources: Collection[int]) -> list[int]:
    return sorted(use.response_id for use in item.uses if use.response_id in sources)
