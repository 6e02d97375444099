"""The list of what was green or not applicable, for saying whether it is still true."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, Rag
from s11audit.models import Rating, Response, Return
from s11audit.queries.carried_plans import own_ratings_before
from s11audit.queries.carrying import draft_of
from s11audit.queries.tools import standards_asked
from s11audit.tools.schema import Standard

SUMMARY = 240


@dataclass(frozen=True)
class Row:
    """One such standard: the rating that counts, the agency's own rating then, the beginning of
    what it said, and what it has said of it now."""

    standard: Standard
    rating: Rating
    own: Rating | None
    summary: str
    response: Response

    @property
    def changed(self) -> bool:
        """Whether the agency said that it has changed."""
        return self.response.ask is Ask.FULL

    @property
    def confirmed_by(self) -> str:
        """Who confirmed that it is still true, empty where nobody has yet."""
        return self.response.still_true_by

    @property
    def confirmed_at(self) -> datetime | None:
        """When that was."""
        return self.response.still_true_at

    @property
    def said(self) -> bool | None:
        """Whether it was said to be still true; None: nothing was said yet."""
        if self.changed:
            return False
        return True if self.confirmed_at is not None else None


def can_be_said(response: Response | None) -> bool:
    """Return whether the agency may say of the response's standard that it is still true: it was
    green or not applicable, whatever the agency has said of it since."""
    rating = response.asked_on if response is not None else None
    return (
        response is not None
        and rating is not None
        and rating.rag not in (Rag.AMBER, Rag.RED)
        and response.taken_over_from_id is not None
    )


def rows_of(session: Session, return_: Return) -> list[Row]:
    """Return the standards of which the agency may say whether they are still true."""
    responses = draft_of(session, return_).responses
    found = [
        (standard, responses[standard.number])
        for standard in standards_asked(session, return_)
        if can_be_said(responses.get(standard.number))
    ]
    own = own_ratings_before(session, return_) if found else {}
    return [
        Row(standard, rating, own.get(standard.number), _shortened(response.statement), response)
        for standard, response in found
        if (rating := response.asked_on) is not None
    ]


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= SUMMARY:
        return words
    return words[:SUMMARY].rsplit(" ", 1)[0] + " …"
