"""Reads of a return's responses and its evidence."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from s11audit.models import Evidence, Response


def responses_of(session: Session, return_id: int) -> dict[int, Response]:
    """Return a return's responses by standard number, with answers and proposed actions, in
    three queries. A standard nobody has touched has no response."""
    found = session.scalars(
        select(Response)
        .where(Response.return_id == return_id)
        .order_by(Response.standard)
        .options(
            selectinload(Response.answers),
            selectinload(Response.proposed_actions),
            joinedload(Response.assigned_to),
            joinedload(Response.saved_by),
        )
    )
    return {response.standard: response for response in found}


def response_for(
    session: Session, return_id: int, standard: int, *, for_update: bool = False
) -> Response | None:
    """Return one response with its answers and proposed actions, or None.

    `for_update` locks the row and reads it afresh.
    """
    statement = (
        select(Response)
        .where(Response.return_id == return_id, Response.standard == standard)
        .options(selectinload(Response.answers), selectinload(Response.proposed_actions))
    )
    if for_update:
        statement = statement.with_for_update(of=Response).execution_options(populate_existing=True)
    return session.scalar(statement)


def evidence_of(session: Session, return_id: int) -> list[Evidence]:
    """Return a return's evidence that has not been removed, oldest first, with its file and
    which responses it serves, in two queries."""
    return list(
        session.scalars(
            select(Evidence)
            .where(Evidence.return_id == return_id, Evidence.removed_at.is_(None))
            .order_by(Evidence.id)
            .options(
                joinedload(Evidence.blob),
                joinedload(Evidence.added_by),
                selectinload(Evidence.uses),
            )
        )
    )
