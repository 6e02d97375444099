"""The history of a rating: everything that one standard of a return was ever rated, in every role
(domain rule 75), as far as the reader may see it (domain rule 21)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Rag, RatingRole
from s11audit.domain.history import Told
from s11audit.models import Agreement, Rating, Return
from s11audit.queries.moderation import agreements_of, round_of
from s11audit.queries.paging import Page
from s11audit.queries.reviews import ratings_of
from s11audit.tools.schema import Tool

PAGE_LENGTH = 25
WHAT = {
    RatingRole.SELF: "Self rating",
    RatingRole.REVIEWER: "Reviewer’s rating",
    RatingRole.AGREED: "Published rating",
}


@dataclass(frozen=True)
class Rated:
    """One rating: when, what kind of rating it is, who gave it, and what it says otherwise than
    the one that it follows. `superseded`: a later one of its kind has taken its place; `counts`:
    it is the latest published one. `stage` names the earlier stage that it was published in."""

    at: datetime
    what: str
    who: str
    rag: Rag
    title: str
    changes: list[Told]
    reason: str
    superseded: bool
    counts: bool = False
    disputed: bool = False
    stage: str = ""


def history_of_rating(
    session: Session,
    return_: Return,
    number: int,
    tool: Tool,
    *,
    user_id: int | None,
    unpublished: bool,
    page: int = 1,
) -> Page[Rated]:
    """Return a page of all ratings of a standard, the latest first, in nine queries at most.

    Without `unpublished` that is left out which the sub-group keeps to itself: reviewers' ratings,
    what it agreed before publication, and why. With it, a reviewer's rating is told once the reader
    (`user_id`) may see it.
    """
    found = round_of(session, return_)
    own = ratings_of(session, return_.id, (RatingRole.SELF,), standard=number)
    shared = [
        each
        for each in found.ratings
        if each.standard == number
        and (each.role is RatingRole.AGREED or (unpublished and found.visible(each, user_id)))
    ]
    agreed = agreements_of(session, return_.id, number)[::-1] if unpublished else []
    told = [
        *_ratings(return_, tool, [*own, *shared], unpublished),
        *_agreements(tool, agreed),
    ]
    told.sort(key=lambda each: each.at)
    told.reverse()
    pages = max(1, -(-len(told) // PAGE_LENGTH))
    at = min(max(page, 1), pages)
    return Page(told[(at - 1) * PAGE_LENGTH : at * PAGE_LENGTH], at, pages, len(told))


def _ratings(
    return_: Return, tool: Tool, ratings: Sequence[Rating], unpublished: bool
) -> Iterable[Rated]:
    """Each rating beside the one before it of the same role and, for reviewers, person."""
    last: dict[tuple[RatingRole, int | None], Rating] = {}
    ordered = sorted(ratings, key=lambda each: each.id)
    newest = {_thread(each): each.id for each in ordered}
    for each in ordered:
        before = last.get(_thread(each))
        last[_thread(each)] = each
        is_last = newest[_thread(each)] == each.id
        yield Rated(
            at=each.rated_at,
            what=WHAT[each.role],
            who=_who(each),
            rag=each.rag,
            title=tool.rating(each.label).title,
            changes=_changes(tool, before, each),
            reason=each.reason if unpublished or each.role is RatingRole.SELF else "",
            superseded=not is_last,
            counts=is_last and each.role is RatingRole.AGREED,
            disputed=each.disputed,
            stage="an earlier stage" if each.return_id != return_.id else "",
        )


def _thread(rating: Rating) -> tuple[RatingRole, int | None]:
    return rating.role, rating.rater_id if rating.role is RatingRole.REVIEWER else None


def _who(rating: Rating) -> str:
    name = rating.rater.name if rating.rater else ""
    if rating.role is RatingRole.SELF:
        return f"The agency: {name}" if name else "The agency"
    return name or "QA"


def _agreements(tool: Tool, agreed: Sequence[Agreement]) -> Iterable[Rated]:
    before: Agreement | None = None
    for each in agreed:
        yield Rated(
            at=each.agreed_at,
            what="Agreed by the sub-group",
            who=each.agreed_by.name if each.agreed_by else "QA",
            rag=each.rag,
            title=tool.rating(each.label).title,
            changes=_changes(tool, before, each),
            reason=each.reason,
            superseded=each is not agreed[-1],
        )
        before = each


def _changes(
    tool: Tool, before: Rating | Agreement | None, after: Rating | Agreement
) -> list[Told]:
    was, becomes = _fields(tool, before), _fields(tool, after)
    return [
        Told(name, was.get(name, ""), text)
        for name, text in becomes.items()
        if was.get(name, "") != text
    ]


def _fields(tool: Tool, rating: Rating | Agreement | None) -> dict[str, str]:
    if rating is None:
        return {}
    due = rating.improvement_due_on
    return {
        "Rating": tool.rating(rating.label).title,
        "Why it does not apply": rating.na_reason,
        "Comment": rating.comment,
        "Required improvement": rating.improvement,
        "Improvement due": in_words(due) if due else "",
        "To be monitored": "Yes" if rating.monitor else "",
    }
