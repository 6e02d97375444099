"""The ratings behind the sub-group's figures of a stage (domain rule 41), in six queries whatever
the number of agencies. The caller has checked the actor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import UNCOUNTED_STANDINGS, Category, Rag, RatingRole
from s11audit.domain.policy import Actor, Facts, holds_role_at
from s11audit.models import (
    Agreement,
    Allotment,
    Membership,
    Opening,
    Publication,
    Rating,
    Return,
    SendBack,
    Stage,
    Submission,
)
from s11audit.queries.tools import in_scope, tool_of
from s11audit.scoring import agreement as rules
from s11audit.scoring.agreement import Differences, Pair
from s11audit.tools.schema import Standard


@dataclass(frozen=True)
class StandardFigures:
    """One standard: the own ratings against the agreed ones, and the reviewers' agreement."""

    standard: Standard
    differences: Differences
    agreement: rules.Agreement


@dataclass(frozen=True)
class CategoryFigures:
    """The agencies of one category; an agency of several counts in each."""

    category: Category
    agencies: int
    differences: Differences


@dataclass(frozen=True)
class StageFigures:
    """The figures of a stage. `returned` of `asked` returns are in, `published` of them have a
    published rating, `moderated` have ratings of several reviewers that were agreed on."""

    asked: int
    returned: int
    published: int
    moderated: int
    differences: Differences
    agreement: rules.Agreement
    standards: Sequence[StandardFigures]
    categories: Sequence[CategoryFigures]


@dataclass(frozen=True)
class _Sent:
    """A return as it was sent in last."""

    at: datetime
    self_ratings: Mapping[str, str | None]


def figures_of_stage(session: Session, actor: Actor, stage: Stage) -> StageFigures:
    """Return the figures of a stage, of which the cycle and its tool version are loaded.

    Reviewers' ratings of an agency at which the actor holds a role are left out: they are not for
    their eyes (docs/access.md).
    """
    returns, own_agency = _returns(session, actor, stage)
    sent = _submissions(session, stage.id)
    agreed = _first_agreed(session, stage.id, sent)
    reviewed = {
        key: given
        for key, given in _reviewed(session, stage.id).items()
        if key[0] in returns and key[0] not in own_agency
    }
    compared: dict[tuple[int, int], Pair] = {
        (return_id, number): (_own(sent[return_id], number), rag)
        for (return_id, number), rag in agreed.items()
        if return_id in returns
    }
    tool = tool_of(session, stage.cycle.tool_version)
    standards = in_scope(tool, tuple(Category), stage.scope_standards)
    return StageFigures(
        asked=len(returns),
        returned=sum(return_id in sent for return_id in returns),
        published=len({return_id for return_id, _number in compared}),
        moderated=len({key[0] for key, given in reviewed.items() if len(given) > 1}),
        differences=rules.differences(compared.values()),
        agreement=rules.agreement(rules.reviewer_pairs(reviewed)),
        standards=[
            StandardFigures(
                each,
                rules.differences(pair for key, pair in compared.items() if key[1] == each.number),
                rules.agreement(
                    rules.reviewer_pairs(
                        {key: given for key, given in reviewed.items() if key[1] == each.number}
                    )
                ),
            )
            for each in standards
        ],
        categories=_by_category(returns, compared),
    )


def _by_category(
    returns: Mapping[int, tuple[Category, ...]], compared: Mapping[tuple[int, int], Pair]
) -> list[CategoryFigures]:
    found = []
    for category in Category:
        ids = {return_id for return_id, held in returns.items() if category in held}
        if ids:
            pairs = [pair for key, pair in compared.items() if key[0] in ids]
            found.append(CategoryFigures(category, len(ids), rules.differences(pairs)))
    return found


def _own(sent: _Sent, number: int) -> Rag | None:
    given = sent.self_ratings.get(str(number))
    return Rag(given) if given else None


def _returns(
    session: Session, actor: Actor, stage: Stage
) -> tuple[dict[int, tuple[Category, ...]], set[int]]:
    """Return the categories of each return that counts, and which are of the actor's agencies."""
    rows = session.execute(
        select(Return.id, Return.categories, Membership.id, Membership.agency_id)
        .join(Return.membership)
        .where(Return.stage_id == stage.id, Return.standing.not_in(UNCOUNTED_STANDINGS))
        .order_by(Membership.name_key, Return.id)
    ).all()
    board_id = stage.cycle.board_id
    own = {row[0] for row in rows if holds_role_at(actor, Facts(board_id, row[2], row[3], row[0]))}
    return {row[0]: row[1] for row in rows}, own


def _submissions(session: Session, stage_id: int) -> dict[int, _Sent]:
    """Return the latest submission of each return, unless it was sent back."""
    newest = (
        select(Submission.return_id, func.max(Submission.number).label("number"))
        .join(Return, Return.id == Submission.return_id)
        .where(Return.stage_id == stage_id)
        .group_by(Submission.return_id)
        .subquery()
    )
    rows = session.execute(
        select(Submission.return_id, Submission.effective_at, Submission.self_ratings)
        .join(
            newest,
            and_(newest.c.return_id == Submission.return_id, newest.c.number == Submission.number),
        )
        .outerjoin(SendBack, SendBack.submission_id == Submission.id)
        .where(SendBack.id.is_(None))
    )
    return {return_id: _Sent(at, given) for return_id, at, given in rows}


def _first_agreed(
    session: Session, stage_id: int, sent: Mapping[int, _Sent]
) -> dict[tuple[int, int], Rag]:
    """Return, by return and standard, the first rating published on the latest submission: what
    the sub-group made of that, and not what became of it once the plan was carried out."""
    rows = session.execute(
        select(Rating.return_id, Rating.standard, Rating.rag, Publication.effective_at)
        .join(Publication, Publication.id == Rating.publication_id)
        .join(Return, Return.id == Rating.return_id)
        .where(Return.stage_id == stage_id)
        .order_by(Publication.effective_at, Rating.id)
    )
    found: dict[tuple[int, int], Rag] = {}
    for return_id, number, rag, at in rows:
        if return_id in sent and at >= sent[return_id].at:
            found.setdefault((return_id, number), rag)
    return found


def _reviewed(session: Session, stage_id: int) -> dict[tuple[int, int], list[Rag]]:
    """Return, by return and standard, each reviewer's last rating from before the moderation.

    Only of standards that the sub-group has agreed on for the first time: what is not agreed yet,
    and what is rated again for a later round, is not counted. Nor is what somebody wrote who was
    replaced before, or what was given on an earlier submission than the one that was agreed on.
    """
    agreed: dict[tuple[int, int], tuple[datetime, datetime]] = {}
    for return_id, number, agreed_at, opened_at, sent_at in session.execute(
        select(
            Agreement.return_id,
            Agreement.standard,
            Agreement.agreed_at,
            Opening.opened_at,
            Submission.effective_at,
        )
        .join(Return, Return.id == Agreement.return_id)
        .join(Submission, Submission.id == Agreement.submission_id)
        .outerjoin(
            Opening,
            and_(
                Opening.return_id == Agreement.return_id,
                Opening.submission_id == Agreement.submission_id,
                Opening.round == Agreement.round,
            ),
        )
        .where(Return.stage_id == stage_id, Agreement.supersedes_id.is_(None))
        .order_by(Agreement.id)
    ):
        until = min(agreed_at, opened_at or agreed_at)
        agreed.setdefault((return_id, number), (sent_at, until))
    replaced = _replaced(session, stage_id)
    latest: dict[tuple[int, int], dict[int | None, Rag]] = {}
    for return_id, number, rater_id, rag, rated_at in session.execute(
        select(Rating.return_id, Rating.standard, Rating.rater_id, Rating.rag, Rating.rated_at)
        .join(Return, Return.id == Rating.return_id)
        .where(Return.stage_id == stage_id, Rating.role == RatingRole.REVIEWER)
        .order_by(Rating.id)
    ):
        key = (return_id, number)
        if key not in agreed:
            continue
        sent_at, until = agreed[key]
        ended = replaced.get((return_id, rater_id))
        if sent_at <= rated_at <= until and (ended is None or ended > until):
            latest.setdefault(key, {})[rater_id] = rag
    return {key: list(given.values()) for key, given in latest.items()}


def _replaced(session: Session, stage_id: int) -> dict[tuple[int, int | None], datetime]:
    """Return when each person was last taken off a return that they review no more."""
    rows = session.execute(
        select(Allotment.return_id, Allotment.reviewer_id, func.max(Allotment.ended_at))
        .join(Return, Return.id == Allotment.return_id)
        .where(Return.stage_id == stage_id)
        .group_by(Allotment.return_id, Allotment.reviewer_id)
        .having(func.count() == func.count(Allotment.ended_at))
    )
    return {
        (return_id, reviewer_id): ended
        for return_id, reviewer_id, ended in rows
        if ended is not None
    }
