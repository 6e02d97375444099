"""The log's chains: whole under many writers at once, and every change to a stored row is found."""

import multiprocessing
import threading

import pytest
from sqlalchemy import delete, func, select, update

from s11audit import create_app
from s11audit.domain.enums import Role
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.models import AuditLog, AuditPayload, Board
from s11audit.services import log
from s11audit.services.log import verify
from s11audit.services.log_hashes import hashed_fields, payload_hash, row_hash
from s11audit.transactions import writing
from tests import factories as make
from tests.support.databases import close_engines
from tests.support.tampering import unguarded

EACH = 12


def note(session, board_id, what="thing.changed", **after):
    log.record(
        session, OPERATOR, Role.ADMIN, what, "thing", 1,
        now=make.NOW, board_id=board_id, after=after,
    )  # fmt: skip


@pytest.fixture
def chained(session):
    """Five rows on one board's chain and two on the installation's."""
    board = make.board(session)
    for number in range(5):
        note(session, board.id, number=number)
    note(session, None, name="Łódź")
    note(session, None)
    session.commit()
    assert verify(session) == (7, None)
    return f"board:{board.id}"


def row(session, chain, sequence):
    return session.scalars(
        select(AuditLog).where(AuditLog.chain == chain, AuditLog.sequence == sequence)
    ).one()


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def broken(session):
    session.commit()
    session.expire_all()
    _count, found = verify(session)
    assert found is not None
    return found


@ON_SQLITE
@pytest.mark.parametrize(
    "values",
    [
        {"who": "somebody else"},
        {"role": "qa"},
        {"what": "nothing.happened"},
        {"subject": "other"},
        {"subject_id": 2},
        {"at": make.datetime(2020, 1, 1, tzinfo=make.UTC)},
        {"payload_hash": "0" * 64},
        {"address": "192.0.2.1"},
        {"version": 1},
    ],
)
def test_an_altered_row_is_found(session, chained, values):
    with unguarded(session):
        session.execute(
            update(AuditLog).where(AuditLog.id == row(session, chained, 3).id).values(values)
        )
    found = broken(session)
    assert (found.chain, found.sequence, found.reason) == (chained, 3, "the row was altered")


@ON_SQLITE
def test_an_altered_row_with_its_hash_made_anew_is_found_at_the_next(session, chained):
    with unguarded(session):
        altered = row(session, chained, 3)
        altered.who = "somebody else"
        fields = hashed_fields(altered, altered.payload_hash, 3)
        altered.hash = row_hash(altered.previous_hash, fields)
    found = broken(session)
    assert (found.sequence, found.reason) == (4, "it does not follow the row before it")


@ON_SQLITE
def test_an_altered_before_and_after_is_found(session, chained):
    with unguarded(session):
        payload = session.get(AuditPayload, row(session, chained, 2).id)
        payload.document = payload.document.replace("1", "2")
    found = broken(session)
    assert (found.sequence, found.reason) == (2, "its before and after were altered")


@ON_SQLITE
def test_an_altered_before_and_after_with_its_hash_made_anew_is_found(session, chained):
    with unguarded(session):
        altered = row(session, chained, 2)
        payload = session.get(AuditPayload, altered.id)
        payload.document = payload.document.replace("1", "2")
        altered.payload_hash = payload_hash(payload.document, payload.who, payload.salt)
    assert broken(session).reason == "the row was altered"


@ON_SQLITE
def test_a_missing_before_and_after_is_found(session, chained):
    with unguarded(session):
        gone = row(session, chained, 2).id
        session.execute(delete(AuditPayload).where(AuditPayload.log_id == gone))
    assert broken(session).reason == "its before and after are missing"


@ON_SQLITE
@pytest.mark.parametrize("sequence", [1, 3])
def test_a_removed_row_is_found(session, chained, sequence):
    gone = row(session, chained, sequence).id
    with unguarded(session):
        session.execute(delete(AuditPayload).where(AuditPayload.log_id == gone))
        session.execute(delete(AuditLog).where(AuditLog.id == gone))
    found = broken(session)
    assert (found.sequence, found.reason) == (sequence + 1, f"row {sequence} is missing")


@ON_SQLITE
def test_rows_that_changed_places_are_found(session, chained):
    second, third = row(session, chained, 2), row(session, chained, 3)
    with unguarded(session):
        second.sequence = 99
        session.flush()
        third.sequence = 2
        session.flush()
        second.sequence = 3
    assert broken(session).sequence == 2


@ON_SQLITE
def test_a_row_put_in_by_hand_is_found(session, chained):
    last = row(session, chained, 5)
    session.add(
        AuditLog(
            chain=chained, sequence=6, at=make.NOW, user_id=None, who="x", role="", what="x",
            subject="x", subject_id=None, return_id=None, payload_hash="0" * 64,
            previous_hash=last.hash, hash="1" * 64,
        )
    )  # fmt: skip
    assert broken(session).sequence == 6


@ON_SQLITE
def test_a_change_rolled_back_leaves_no_row_and_a_row_never_stays_without_its_change(session):
    with session.begin_nested():
        pass
    note(session, None)
    session.rollback()
    session.commit()
    assert verify(session) == (0, None)


def test_a_failed_write_logs_nothing(app, session):
    with pytest.raises(RuntimeError), writing() as write:
        write.add(Board(slug="x", name="x", created_at=make.NOW))
        note(write, None)
        raise RuntimeError
    assert verify(session) == (0, None)
    assert session.scalar(select(func.count(Board.id))) == 0


def test_threads_that_write_to_one_chain_wait_for_each_other(app, session):
    board = make.board(session)
    session.commit()
    board_id, failures = board.id, []

    def work(name):
        try:
            with app.app_context():
                for number in range(EACH):
                    with writing() as write:
                        note(write, board_id, who=name, number=number)
                        if number % 3 == 0:
                            note(write, None, who=name)
        except Exception as error:  # the test names it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert verify(session) == (6 * EACH + 6 * EACH // 3, None)
    rows = session.scalars(
        select(AuditLog.sequence)
        .where(AuditLog.chain == f"board:{board_id}")
        .order_by(AuditLog.sequence)
    ).all()
    assert rows == list(range(1, 6 * EACH + 1))


def _work(settings, board_id, name):
    app = create_app(settings, pages=False)
    with app.app_context():
        for number in range(EACH):
            with writing() as write:
                note(write, board_id, who=name, number=number)
    close_engines(app)


def test_processes_that_write_to_one_chain_wait_for_each_other(settings, session):
    board = make.board(session)
    session.commit()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(settings, board.id, f"p{n}")) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert verify(session) == (2 * EACH, None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_chains_lock_is_waited_for_before_its_end_is_read(app, session):
    """Two transactions that began together: the second commits after the first, on its head."""
    board = make.board(session)
    session.commit()
    first, second = db.sessionmaker(), db.sessionmaker()
    for one in (first, second):
        assert one.scalar(select(func.count(AuditLog.id))) == 0  # both have begun, and have read
        note(one, board.id)
    first.commit()
    second.commit()
    assert verify(session) == (2, None)
    level = session.connection().get_isolation_level()
    assert level == "READ COMMITTED"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_boards_do_not_wait_for_each_other(app, session):
    """While one board's chain is locked, another board's change goes through."""
    one, other = make.board(session), make.board(session)
    session.commit()
    holding = db.sessionmaker()
    note(holding, one.id)
    holding.flush()
    log._append(holding)  # as far as the commit, which does not come
    done = threading.Event()

    def work():
        with app.app_context(), writing() as write:
            note(write, other.id)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert done.wait(20)
    finally:
        holding.rollback()
        holding.close()
        thread.join()
    assert verify(session) == (1, None)
