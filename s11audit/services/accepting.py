"""Accepting a return of which nothing is to be rated (domain rule 20)."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain import lifecycle, policy
from s11audit.domain.enums import Role
from s11audit.domain.errors import Refused
from s11audit.domain.lifecycle import Change
from s11audit.domain.policy import Actor, Can
from s11audit.models import Publication, Return
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.returns import facts_of, hold_stage, return_by_id
from s11audit.queries.reviews import latest_publication
from s11audit.services import log, notices
from s11audit.services.publications import publish_ratings
from s11audit.services.rateable import submission_in_review


def accept_as_it_is(
    session: Session, actor: Actor, return_id: int, *, now: datetime
) -> Publication:
    """Accept a return whose every standard was said to be still true and that QA rated none of
    again: its standards keep their ratings, and the return becomes rated. Return the publication,
    which holds no rating. The agency is told.

    Raises NotFound or NotAllowed by the policy, and Refused where a standard is to be rated or
    was, or where the return was published already.
    """
    hold_stage(session, return_id)
    return_ = return_by_id(session, return_id, for_update=True)
    role = policy.check(actor, Can.PUBLISH, facts_of(return_), sees=Can.SEE_RETURN)
    submission_in_review(session, return_)
    if not may_be_accepted(return_, round_of(session, return_)):
        raise Refused("Standards of this return are rated or to be rated: go on with the ratings.")
    if latest_publication(session, return_id) is not None:
        raise Refused("This return has been accepted already.")
    publication = publish_ratings(session, actor, return_, [], effective_at=now, now=now)
    before = return_.state
    return_.state = lifecycle.after(Change.PUBLISH, before)
    if return_.stage.closed_at is not None:
        return_.state = lifecycle.after(Change.CLOSE, return_.state)
    log.record_for(
        session, return_, actor, role, "return.accepted", now=now,
        before={"state": before}, after={"state": return_.state},
    )  # fmt: skip
    notices.tell(
        session,
        notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        "return_accepted",
        f"accepted:{return_.id}",
        return_,
        path=f"/returns/{return_.id}/ratings",
        now=now,
    )
    return publication


def may_be_accepted(return_: Return, found: Round) -> bool:
    """Return whether nothing of a return under review is rated or to be rated."""
    return (
        lifecycle.allowed(Change.PUBLISH, return_.state)
        and found.submission is not None
        and found.sharing is None
        and not found.in_play
        and all(
            each.agreed is not None and each.agreed.return_id != return_.id for each in found.stands
        )
    )
