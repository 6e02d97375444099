"""Using evidence again that the agency has given already: no second upload."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor
from s11audit.models import Evidence, Return
from s11audit.queries.evidence import standards_served
from s11audit.queries.evidence_reuse import offered
from s11audit.queries.tools import standards_asked
from s11audit.services.evidence import EvidenceDetails, StoredFile, add_to_sent, change
from s11audit.services.responses import begin, editable_return


def use_again(
    session: Session,
    actor: Actor,
    return_id: int,
    standard: int,
    evidence_ids: Collection[int],
    *,
    now: datetime,
) -> list[Evidence]:
    """Have evidence that the agency has given serve a standard of a return, and return it.

    Evidence of the return itself serves that standard too; evidence of another of the agency's
    returns is offered again, as it was described there. Raises NotFound, NotAllowed, Refused, and
    Invalid where none is chosen.
    """
    return_, role = editable_return(session, actor, return_id, now=now)
    if standard not in {each.number for each in standards_asked(session, return_)}:
        raise NotFound("There is no such standard in this return.")
    if not evidence_ids:
        message = "Select the evidence to use"
        raise Invalid(f"{message}.", {"chosen": message})
    found = offered(session, return_, evidence_ids)
    if len(found) < len(set(evidence_ids)):
        raise NotFound("There is no such evidence.")
    used = []
    for _, item in sorted(found.items()):
        if item.return_id != return_.id:
            begin(session, actor, role, return_, now=now)
            used.append(_offered_again(session, actor, role, return_, item, standard, now))
            continue
        details = EvidenceDetails(
            item.description,
            item.kind,
            sorted({*standards_served(session, item), standard}),
            item.made_on,
            item.review_on,
        )
        used.append(change(session, actor, return_id, item.id, details, now=now))
    return used


def _offered_again(
    session: Session,
    actor: Actor,
    role: Role,
    return_: Return,
    item: Evidence,
    standard: int,
    now: datetime,
) -> Evidence:
    """Offer a piece of evidence of another return with this one, as it was described there."""
    source: StoredFile | str = item.url or ""
    if item.blob is not None:
        blob = item.blob
        source = StoredFile(blob.sha256, blob.size, blob.media_type, item.filename or "")
    details = EvidenceDetails(item.description, item.kind, [standard], item.made_on, item.review_on)
    added = add_to_sent(session, actor, role, return_, source, details, now=now)
    added.carried_from_id = item.id
    session.flush()
    return added
