"""Reads of what was taken over from an earlier cycle."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.models import Response, TakeOver


def taken_from(session: Session, return_id: int) -> dict[int, list[dict[str, object]]]:
    """Return for each standard of a return what of it was taken over, and from where, for its
    snapshot; whatever became of the parts since. One query."""
    found: dict[int, list[dict[str, object]]] = {}
    for standard, each in session.execute(
        select(Response.standard, TakeOver)
        .join(TakeOver, TakeOver.response_id == Response.id)
        .where(Response.return_id == return_id)
        .order_by(Response.standard, TakeOver.part)
    ):
        found.setdefault(standard, []).append(
            {
                "part": each.part,
                "from_return": each.from_return_id,
                "from_standard": each.from_standard,
                "from_part": each.from_part,
            }
        )
    return found
