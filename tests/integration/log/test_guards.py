"""The database itself refuses to change the log, and lets a payload be redacted only."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.models import AuditLog, AuditPayload
from s11audit.services import log
from s11audit.services.log_hashes import payload_hash
from s11audit.services.log_payloads import Change, erase_names, redact_all
from s11audit.services.log_proof import UNREADABLE, Break, erased_row, verify
from tests import factories as make
from tests.integration.log.chains import NOBODY, add, of_version_1, payload, row, take_out
from tests.support.tampering import unguarded

SALT = "5" * 32
FORBIDDEN = [
    "UPDATE audit_log SET role = 'qa' WHERE sequence = 1",
    "UPDATE audit_log SET address = NULL",
    "DELETE FROM audit_log",
    "DELETE FROM audit_payload",
    "UPDATE audit_payload SET document = '{}'",
    "UPDATE audit_payload SET document = '{}', redactions = 1, redacted_at = NULL",
    f"UPDATE audit_payload SET redactions = 2, redacted_at = '2026-01-01', salt = '{SALT}'",
    "UPDATE audit_payload SET redactions = 1, redacted_at = '2026-01-01'",
    "UPDATE audit_payload SET log_id = 99 WHERE log_id = 1",
]
ONLY_THERE = {
    "postgresql": ["TRUNCATE audit_log CASCADE", "TRUNCATE audit_payload"],
    "sqlite": [
        "INSERT OR REPLACE INTO audit_payload (log_id, document) VALUES (1, '{}')",
        "INSERT OR REPLACE INTO audit_log (chain, sequence, at, who, role, what, subject,"
        " payload_hash, previous_hash, hash) SELECT chain, sequence, at, 'x', role, what, subject,"
        " payload_hash, previous_hash, 'x' FROM audit_log WHERE id = 1",
    ],
}


@pytest.fixture
def person(session):
    return make.user(session)


@pytest.fixture
def chained(session, person):
    """A board's chain of four: a person's change with a name in it, and three of the operator."""
    board = make.board(session)
    actor = Actor(person.id, "Jane Doe", "jane@example.org")
    session.info["address"] = "192.0.2.7"
    add(session, board.id, actor, statement="We met Sam Smith on 4 March.")
    session.info["address"] = None
    for number in range(3):
        add(session, board.id, OPERATOR, number=number)
    session.commit()
    return board.id


def test_a_change_of_the_log_is_refused_whoever_makes_it(session, chained):
    for statement in FORBIDDEN + ONLY_THERE[session.get_bind().dialect.name]:
        with pytest.raises(DBAPIError, match="log cannot be changed"):
            session.execute(text(statement))
        session.rollback()
    assert verify(session) == (4, None)


def test_a_row_says_which_address_it_came_from_and_is_sealed_with_it(session, chained):
    assert (row(session, 1).address, row(session, 2).address) == ("192.0.2.7", None)
    with unguarded(session):
        row(session, 1).address = "198.51.100.1"
    assert verify(session)[1].reason == "the row was altered"


def test_a_redacted_payload_still_proves_and_again_when_redacted_twice(session, chained):
    before = row(session, 1).hash
    take_out(session, 1, "We met [redacted] on 4 March.")
    assert verify(session) == (5, None)
    take_out(session, 1, "We met [redacted] on [redacted].", reference="redaction 2")
    assert verify(session) == (6, None)
    stored = payload(session, 1)
    assert "Sam Smith" not in stored.document and stored.redactions == 2
    assert row(session, 1).hash == before
    named = payload(session, 6).document
    assert '"by":"redaction"' in named and '"entry":1' in named and "redaction 2" in named


def test_a_redaction_that_no_entry_names_is_a_break(session, chained):
    session.execute(
        text(
            "UPDATE audit_payload SET document = '{}', redactions = 1,"
            f" redacted_at = '2026-01-01', salt = '{SALT}' WHERE log_id = :id"
        ),
        {"id": row(session, 2).id},
    )
    found = verify(session)[1]
    assert (found.sequence, found.reason) == (2, "its before and after were altered")


def test_what_was_changed_after_or_before_its_redaction_or_put_back_is_a_break(session, chained):
    original = payload(session, 1)
    kept = (original.document, original.salt)
    take_out(session, 1, "We met [redacted].")
    with unguarded(session):
        payload(session, 1).document = '{"after":{},"before":{}}'
    assert verify(session)[1].reason == "its before and after were altered"
    session.rollback()
    with unguarded(session):
        held = payload(session, 1)
        held.document, held.salt = kept
        held.redactions, held.redacted_at = 0, None
    assert verify(session)[1].reason == "it was redacted, and what was redacted is back"
    session.rollback()
    with unguarded(session):
        payload(session, 2).document = '{"after":{"number":9},"before":{}}'
    take_out(session, 2, "-")
    assert verify(session)[1].sequence == 2


def test_what_a_redaction_says_stays_and_only_its_name_can_be_erased(session, chained, person):
    jane = Actor(person.id, "Jane Doe", "jane@example.org")
    empty = Change(row(session, 1).id, {"before": {}, "after": {}})
    redact_all(session, jane, Role.OFFICE, [empty], by="redaction", now=make.NOW)
    session.commit()
    assert erase_names(session, OPERATOR, Role.ADMIN, person.id, NOBODY, now=make.NOW) == 2
    session.commit()
    changes = [Change(row(session, 5).id, document={"before": {}, "after": {}})]
    assert redact_all(session, OPERATOR, None, changes, by="redaction", now=make.NOW) == 0
    assert verify(session) == (6, None)
    for sequence in (1, 5):
        assert payload(session, sequence).who == NOBODY
        assert row(session, sequence).who == f"account {person.id}"
    everything = str(session.execute(select(AuditLog)).all()) + str(
        session.execute(select(AuditPayload.who, AuditPayload.document)).all()
    )
    assert "Jane" not in everything and "jane@" not in everything


def test_a_forged_redaction_excuses_no_altered_row(session, chained):
    """Somebody who may drop triggers alters a row, says of it what is said of rows of 0.1.0 whose
    name was erased, has an entry of their own name it so, and does as much to every row before."""
    for changed, version, found in (
        ([2], 2, (2, "the row was altered")),
        ([2], 1, (2, "the row was altered")),
        ([1, 2], 1, (3, "the rows before it pass for those of s11audit 0.1.0")),
        ([1, 2, 3, 4, 5, 6, 7], 1, (8, "the rows before it pass for those of s11audit 0.1.0")),
    ):
        said = [excused(session, sequence, version) for sequence in changed]
        log.record(
            session, OPERATOR, Role.ADMIN, "log.redacted", "log", None,
            now=make.NOW, board_id=chained, after={"by": "erasure", "entries": [*said, 3, {}]},
        )  # fmt: skip
        session.commit()
        assert verify(session)[1] == Break(f"board:{chained}", *found)


def excused(session, sequence, version):
    """Alter a row, and return what an entry has to say that is to excuse it."""
    with unguarded(session):
        altered, held = row(session, sequence), payload(session, sequence)
        altered.role, altered.version = "qa", version
        held.redactions, held.redacted_at = 1, make.NOW
    there = payload_hash(held.document, held.who, held.salt)
    item = {"entry": sequence, "from": there, "to": there}
    return item | {"row": erased_row(altered, held.who)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_row_that_cannot_be_read_is_a_break(session, chained):
    for column, found in (
        ("version", Break(f"board:{chained}", 2, "the row was altered")),
        ("at", Break("the first chain", 1, UNREADABLE)),
    ):
        with unguarded(session):
            session.execute(text(f"UPDATE audit_log SET {column} = 'x' WHERE sequence = 2"))
        assert verify(session)[1] == found


def test_rows_of_the_first_version_prove_redacted_and_erased_too(session, chained, person):
    of_version_1(session)
    assert verify(session) == (5, None)
    take_out(session, 1, "We met [redacted].")
    assert verify(session) == (6, None)
    erase_names(session, OPERATOR, Role.ADMIN, person.id, NOBODY, now=make.NOW)
    session.commit()
    take_out(session, 1, "[redacted]")
    assert verify(session) == (8, None)
    with unguarded(session):
        row(session, 1).role = "qa"
    found = verify(session)[1]
    assert (found.sequence, found.reason) == (1, "the row was altered")
