"""Reads of the agency's right of reply (domain rule 22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql import Select

from s11audit.domain.dates import end_of_day, london_today
from s11audit.domain.enums import Standing
from s11audit.models import Agreement, DisputeDecision, Reply, Return, SharedRating, Sharing

_WITH_ALL = (
    joinedload(Sharing.shared_by),
    joinedload(Sharing.publication),
    selectinload(Sharing.ratings).options(
        joinedload(SharedRating.agreement).joinedload(Agreement.agreed_by),
        joinedload(SharedRating.reply).options(
            joinedload(Reply.replied_by),
            selectinload(Reply.evidence),
            joinedload(Reply.decision).options(
                joinedload(DisputeDecision.decided_by), joinedload(DisputeDecision.agreement)
            ),
        ),
    ),
)


def _sharings() -> Select[Sharing]:
    return select(Sharing).options(*_WITH_ALL).execution_options(populate_existing=True)


def sharings_of(session: Session, return_id: int) -> list[Sharing]:
    """Return every time that agreed ratings of a return were shared with its agency, the latest
    first, with replies, their evidence and decisions, in three queries."""
    statement = _sharings().where(Sharing.return_id == return_id).order_by(Sharing.number.desc())
    return list(session.scalars(statement))


def open_sharing(session: Session, return_id: int) -> Sharing | None:
    """Return what is shared with the agency and not final yet, or None."""
    return session.scalar(
        _sharings().where(Sharing.return_id == return_id, Sharing.publication_id.is_(None))
    )


def sharing_by_id(session: Session, sharing_id: int) -> Sharing | None:
    """Return a sharing as it stands in the database now, or None."""
    return session.scalar(_sharings().where(Sharing.id == sharing_id))


def time_is_over(sharing: Sharing, now: datetime) -> bool:
    """Return whether the time for a reply has ended: with the end of its last day in London."""
    return sharing.reply_by is not None and now > end_of_day(sharing.reply_by)


def unanswered(sharing: Sharing) -> list[SharedRating]:
    """Return the shared ratings that the agency has neither accepted nor disputed."""
    return [each for each in sharing.ratings if each.reply is None]


def disputes(sharing: Sharing) -> list[SharedRating]:
    """Return the shared ratings that the agency disputed."""
    return [each for each in sharing.ratings if each.reply is not None and not each.reply.accepted]


def undecided(sharing: Sharing) -> list[SharedRating]:
    """Return the disputes that the sub-group has not decided yet."""
    return [each for each in disputes(sharing) if each.reply and each.reply.decision is None]


def may_be_final(sharing: Sharing, now: datetime) -> bool:
    """Return whether shared ratings are to be published: every dispute is decided, and the agency
    has answered all of them or its time is over. What it did not answer stands as agreed."""
    if undecided(sharing):
        return False
    return not unanswered(sharing) or time_is_over(sharing, now)


def latest_disputes(sharings: Sequence[Sharing]) -> dict[int, SharedRating]:
    """Return, by standard, the dispute of the latest time that it became final, if it was disputed
    then: what is shown beside the published rating. The sharings come the latest first."""
    found: dict[int, SharedRating] = {}
    seen: set[int] = set()
    for sharing in sharings:
        if sharing.publication_id is None:
            continue
        for each in sharing.ratings:
            if each.standard in seen:
                continue
            seen.add(each.standard)
            if each.reply is not None and not each.reply.accepted:
                found[each.standard] = each
    return found


def due_sharings(session: Session, now: datetime) -> list[int]:
    """Return the ids of open sharings whose last day in London is over and that wait for no
    decision, of returns that are asked for, the oldest first."""
    waiting = (
        select(Reply.id)
        .join(SharedRating, SharedRating.id == Reply.shared_rating_id)
        .outerjoin(DisputeDecision, DisputeDecision.reply_id == Reply.id)
        .where(
            SharedRating.sharing_id == Sharing.id,
            Reply.accepted.is_(False),
            DisputeDecision.id.is_(None),
        )
        .exists()
    )
    return list(
        session.scalars(
            select(Sharing.id)
            .join(Return, Return.id == Sharing.return_id)
            .where(
                Sharing.publication_id.is_(None),
                Sharing.reply_by < london_today(now),
                Return.standing == Standing.ASKED,
                ~waiting,
            )
            .order_by(Sharing.reply_by, Sharing.id)
        )
    )


@dataclass(frozen=True)
class Asked:
    """What an agency is asked to answer: until when, and how many ratings it has not answered."""

    reply_by: date
    unanswered: int


def asked_to_reply(session: Session, return_ids: Sequence[int]) -> dict[int, Asked]:
    """Return what is shared with the agency and not final, for those returns where there is any,
    in one query."""
    rows = session.execute(
        select(
            Sharing.return_id,
            Sharing.reply_by,
            (func.count(SharedRating.id) - func.count(Reply.id)).label("unanswered"),
        )
        .join(SharedRating, SharedRating.sharing_id == Sharing.id)
        .outerjoin(Reply, Reply.shared_rating_id == SharedRating.id)
        .where(
            Sharing.return_id.in_(return_ids),
            Sharing.publication_id.is_(None),
            Sharing.reply_by.is_not(None),
        )
        .group_by(Sharing.id, Sharing.return_id, Sharing.reply_by)
    )
    return {row.return_id: Asked(row.reply_by, row.unanswered) for row in rows}
