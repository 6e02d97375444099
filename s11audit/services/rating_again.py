"""The confirmed way, afterwards: the board office rates a standard again once it has verified what
the agency planned (domain rules 6, 7 and 12)."""

from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.enums import Basis, Participation, Rag, ReturnState, Role, Standing
from s11audit.domain.errors import Conflict, Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, check
from s11audit.models import MonitoringFlag, Publication, Return
from s11audit.queries.actions import all_verified, live_actions, plan_of
from s11audit.queries.confirming import Line, result_of
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.reviews import flags_of
from s11audit.queries.tools import tool_of
from s11audit.scoring.confirming import SHORTFALL, is_better
from s11audit.scoring.words import is_blank
from s11audit.services import log, notices
from s11audit.services.publications import Agreed, publish_ratings
from s11audit.tools.schema import RatingChoice

SOMEBODY_ELSE = (
    "This standard has been rated since you opened the page. Nothing you typed is lost: read the"
    " rating that stands now, then save again to replace it."
)


def rate_again(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    *,
    label: str,
    reason: str,
    comment: str = "",
    improvement: str = "",
    monitor: bool = False,
    based_on: int | None = None,
    now: datetime,
) -> Publication:
    """Publish the office's rating of one standard of a confirmed result, and return the
    publication.

    `reason` says what was seen, and for not applicable why the standard does not apply. Amber and
    red need an improvement. A better rating needs every action for the standard to be verified, or
    the reason for none accepted. `based_on` is the id of the rating that the person saw; Conflict
    where another stands now. The agency is told. Raises Invalid with a problem for each field, and
    Refused where the result is not confirmed, the agency is advisory or not asked.
    """
    return_ = return_by_id(session, return_id, for_update=True)
    role = check(actor, Can.RATE_AGAIN, facts_of(return_), sees=Can.SEE_RETURN)
    line = line_to_rate(session, return_, standard)
    stands = line.latest
    if based_on is not None and based_on != (stands.id if stands else 0):
        raise Conflict(SOMEBODY_ELSE, stands.id if stands else 0)
    choice = _checked(session, return_, label, reason, improvement)
    if stands is not None and is_better(choice.rag, stands.rag):
        _must_be_settled(session, return_.id, standard)
    publication = publish_ratings(
        session,
        actor,
        return_,
        [
            Agreed(
                standard=standard,
                label=choice.label,
                rag=choice.rag,
                comment=comment.strip(),
                improvement=improvement.strip(),
                na_reason=reason.strip() if choice.rag is Rag.NA else "",
                monitor=monitor,
                reason=reason.strip(),
            )
        ],
        effective_at=now,
        now=now,
    )
    if not monitor and (standard, None) in flags_of(session, return_.id):
        session.add(
            MonitoringFlag(
                return_id=return_.id, standard=standard, raised=False, reason=reason.strip(),
                effective_at=now, recorded_at=now, flagged_by_id=actor.user_id,
            )
        )  # fmt: skip
    session.flush()
    log.record_for(
        session, return_, actor, role, "result.rated_again", ("publication", publication.id),
        now=now, before={"standard": standard, "label": stands.label if stands else None},
        after={"standard": standard, "label": choice.label, "reason": reason.strip()},
    )  # fmt: skip
    notices.tell(
        session, notices.agency_people(session, return_, (Role.LEAD, Role.CONTRIBUTOR), now),
        "standard_rated_again", f"published:{return_.id}:{publication.number}", return_,
        path=f"/returns/{return_.id}/result", now=now, standard=standard, rating=choice.title,
        improvement=improvement.strip(),
    )  # fmt: skip
    return publication


def line_to_rate(session: Session, return_: Return, standard: int) -> Line:
    """Return how a standard of a confirmed result stands; NotFound where the return has none such,
    Refused where the office does not rate it."""
    if return_.stage.cycle.basis is not Basis.CONFIRMED:
        raise Refused("On this cycle QA rates the standards.")
    if return_.participation is Participation.ADVISORY:
        raise Refused("This agency takes part in an advisory role, so it is not rated.")
    if return_.standing is not Standing.ASKED:
        raise Refused("This return is no longer asked for, so it is not rated.")
    result = result_of(session, return_)
    if (
        result is None
        or result.confirmation is None
        or return_.state not in (ReturnState.RATED, ReturnState.CLOSED)
    ):
        raise Refused("The agency has not confirmed its result yet, so it is not rated again.")
    for line in result.lines:
        if line.standard.number == standard:
            return line
    raise NotFound("There is no such standard in this return.")


def _checked(
    session: Session, return_: Return, label: str, reason: str, improvement: str
) -> RatingChoice:
    problems: dict[str, str] = {}
    choice: RatingChoice | None = None
    try:
        choice = tool_of(session, return_.stage.cycle.tool_version).rating(label)
    except KeyError:
        problems["label"] = "Choose a rating"
    if is_blank(reason):
        problems["reason"] = "Say what you saw that this rating rests on"
    if choice is not None:
        short = choice.rag in SHORTFALL
        if short and is_blank(improvement):
            problems["improvement"] = "Say what improvement is required: amber and red need one"
        if not short and not is_blank(improvement):
            problems["improvement"] = (
                "Only amber and red take a required improvement. Clear it, or move it to the"
                " comment"
            )
    if problems or choice is None:
        raise Invalid("The rating was not saved.", problems)
    return choice


def _must_be_settled(session: Session, return_id: int, standard: int) -> None:
    left = [
        each
        for each in plan_of(session, return_id).improvements
        if each.standard == standard
        and each.superseded_by_id is None
        and not all_verified(each)
        and (live_actions(each) or each.no_action_accepted_at is None)
    ]
    if left:
        raise Refused(
            "Verify the agency’s actions for this standard first, or accept its reason for taking"
            " none. Nothing turns green by itself."
        )
