"""A chain of the log made by hand: entries added, redacted, and turned into those of 0.1.0."""

from sqlalchemy import select

from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.models import AuditLog, AuditPayload
from s11audit.services import log
from s11audit.services.log_hashes import digest, hashed_fields, row_hash
from s11audit.services.log_payloads import Change, redact_all
from s11audit.services.log_proof import UPGRADED
from tests import factories as make
from tests.support.tampering import unguarded

NOBODY = "A former safeguarding lead"


def add(session, board_id, actor, **after):
    log.record(
        session, actor, Role.LEAD, "thing.changed", "thing", 1,
        now=make.NOW, board_id=board_id, after=after,
    )  # fmt: skip
    session.commit()


def row(session, sequence):
    session.expire_all()
    return session.scalars(select(AuditLog).where(AuditLog.sequence == sequence)).one()


def payload(session, sequence):
    return session.get(AuditPayload, row(session, sequence).id)


def take_out(session, sequence, statement, **extra):
    change = Change(row(session, sequence).id, {"before": {}, "after": {"statement": statement}})
    redact_all(session, OPERATOR, Role.ADMIN, [change], by="redaction", now=make.NOW, **extra)
    session.commit()


def of_version_1(session):
    """Turn the chain into one of s11audit 0.1.0, as its upgrade leaves it, by the rule of then:
    rows hashed with the name, payloads without a salt; and the entry that ends them."""
    previous = "0" * 64
    with unguarded(session):
        for sequence in range(1, 5):
            one, held = row(session, sequence), payload(session, sequence)
            one.version, one.address, held.salt = 1, None, ""
            one.payload_hash = digest(held.document)
            fields = hashed_fields(one, one.payload_hash, sequence, who=held.who)
            assert {"version", "address"}.isdisjoint(fields)
            one.previous_hash, one.hash = previous, row_hash(previous, fields)
            previous = one.hash
            session.flush()
    chain = one.chain
    log.record(
        session, OPERATOR, Role.ADMIN, UPGRADED, "log", None,
        now=make.NOW, board_id=int(chain.partition(":")[2]), after={"entries": 4},
    )  # fmt: skip
    session.commit()
