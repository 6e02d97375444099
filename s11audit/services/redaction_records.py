"""What every redaction has in common: who may, the reason, and what is kept and logged of it."""

from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.enums import Role
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import several_lines
from s11audit.models import Redaction
from s11audit.services import log, redacted_texts
from s11audit.services.redacted_texts import Hit, Look


def check_may(actor: Actor, board_id: int | None) -> Role:
    """Return the role by which the actor redacts in the board's record, or in all."""
    return policy.check(actor, Can.REDACT, Facts(board_id), sees=Can.SEE_BOARD)


def checked_reason(reason: str) -> str:
    """Return the reason as it is kept. Raises Invalid, its problem under "reason"."""
    return several_lines(reason, "reason", "reason")


def store(
    session: Session,
    actor: Actor,
    role: Role,
    made: Redaction,
    hits: list[Hit],
    look: Look,
    *,
    tombstone: str,
    reason: str,
    now: datetime,
) -> Redaction:
    """Change what was found, keep what is kept of the redaction, and log it."""
    made.uid = token_hex(16)
    made.tombstone = tombstone
    made.reason = reason
    made.made_at = now
    made.by_id = actor.user_id
    made.by_role = role.value
    made.places = {}
    session.add(made)
    session.flush()
    counts = redacted_texts.change(
        session, actor, role, hits, look, by="redaction", reference=f"redaction {made.id}", now=now
    )
    made.places = counts
    session.flush()
    log.record(
        session, actor, role, "redaction.made", "redaction", made.id,
        now=now, board_id=made.board_id, after=_in_log(made),
    )  # fmt: skip
    return made


def _in_log(made: Redaction) -> dict[str, Any]:
    kept = {
        "kind": made.kind,
        "salt": made.salt,
        "digest": made.digest,
        "length": made.length,
        "words": made.words,
        "sha256": made.blob_sha256,
        "user_id": made.user_id,
    }
    return {name: value for name, value in kept.items() if value is not None} | {
        "uid": made.uid,
        "reason": made.reason,
        "places": made.places,
    }
