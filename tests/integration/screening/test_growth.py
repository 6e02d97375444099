"""What screening costs grows with the number of returns and no faster: work is counted, as the
clock depends on the machine."""

import pytest
from sqlalchemy import event, select

from bench import screening as bench
from s11audit.extensions import db
from s11audit.jobs import screenings
from s11audit.models import Return
from s11audit.queries.screened import readings_of, screen_stage
from s11audit.scoring import likeness
from s11audit.services import drafting
from tests.factories import NOW

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Work:
    """Counts the statements compared and the queries sent."""

    def __init__(self, monkeypatch):
        self.compared = self.queries = 0
        real = likeness.alike

        def counted(one, other):
            self.compared += 1
            return real(one, other)

        monkeypatch.setattr(likeness, "alike", counted)
        event.listen(db.engine, "before_cursor_execute", self._query)

    def _query(self, *_told):
        self.queries += 1

    def of(self, what):
        """Do it, and return how many statements were compared and how many queries sent."""
        self.compared = self.queries = 0
        what()
        return self.compared, self.queries


@SQLITE
def test_each_ten_returns_cost_the_same_however_many_are_there_already(session, monkeypatch):
    monkeypatch.setattr(likeness, "BUCKET", 4)
    monkeypatch.setattr(screenings, "TOGETHER", 10)
    stage_id = bench.fill(session, 60)
    session.commit()
    work = Work(monkeypatch)
    waiting = session.scalars(select(Return.id).order_by(Return.id)).all()
    readings = readings_of(session, waiting)
    own = 9 * 8 * 10  # in each return, every statement is held against its eight others

    def draft(some):
        drafting.draft_all(session, some, now=NOW)
        session.commit()

    costs = [
        work.of(lambda first=first: draft(readings[first : first + 10]))
        for first in range(0, 50, 10)
    ]
    # The paragraph that all share is held against the four that keep its prints, at any size.
    shared = 10 * likeness.BUCKET
    assert all(own <= compared <= own + 3 * shared for compared, _ in costs)
    assert max(queries for _, queries in costs[1:]) <= costs[1][1] + 2 <= 35

    # Those that come in later are held against a few, and no more of the others are read again.
    read = []
    monkeypatch.setattr(drafting, "_shingles", lambda text: read.append(text) or frozenset())
    compared, queries = work.of(lambda: screenings.draft_stage(stage_id, now=NOW))
    assert queries <= 45 and compared <= own + 3 * shared and len(read) <= 3 * shared
    assert screenings.draft_stage(stage_id, now=NOW) == 0


@SQLITE
def test_reading_a_stage_at_once_sends_no_query_a_return(session, monkeypatch):
    stage_id = bench.fill(session, 30)
    session.commit()
    work = Work(monkeypatch)
    compared, queries = work.of(lambda: screen_stage(session, stage_id))
    assert queries <= 8
    assert 0 < compared <= 30 * 9 * 2
