"""The steps of an escalation and when it is stopped (domain rule 42)."""

from datetime import date

import pytest

from s11audit.domain.enums import EscalationKind as K
from s11audit.domain.enums import ReturnState as S
from s11audit.domain.enums import Standing
from s11audit.scoring.escalation import drafted, proposed_days, stopped_because

DUE = date(2026, 3, 31)


def test_steps_follow_from_the_due_date():
    assert proposed_days(DUE, date(2026, 4, 1)) == {
        K.REMINDER: date(2026, 4, 1),
        K.MANAGER: date(2026, 4, 8),
        K.CHAIR_LETTER: date(2026, 4, 15),
        K.EXECUTIVE: date(2026, 4, 29),
    }


def test_a_late_beginning_keeps_the_distance_between_the_steps():
    assert proposed_days(DUE, date(2026, 6, 1)) == {
        K.REMINDER: date(2026, 6, 1),
        K.MANAGER: date(2026, 6, 8),
        K.CHAIR_LETTER: date(2026, 6, 15),
        K.EXECUTIVE: date(2026, 6, 29),
    }


@pytest.mark.parametrize(
    ("state", "standing", "is_in", "stopped"),
    [
        (S.NOT_STARTED, Standing.ASKED, False, ""),
        (S.IN_PROGRESS, Standing.ASKED, False, ""),
        (S.CLOSED, Standing.ASKED, False, ""),
        (S.NOT_STARTED, Standing.DECLINED, False, ""),
        (S.SUBMITTED, Standing.ASKED, True, "The return has come in."),
        (S.CLOSED, Standing.ASKED, True, "The return has come in."),
        (S.NOT_STARTED, Standing.EXCUSED, False, "The return is no longer asked for."),
    ],
)
def test_what_stops_it(state, standing, is_in, stopped):
    assert stopped_because(state, standing, is_in) == stopped


@pytest.mark.parametrize("kind", list(K))
def test_every_letter_is_whole(kind):
    subject, text = drafted(
        kind, agency="Vale College", board="North Vale", cycle="Audit", due_on=DUE, link="x"
    )
    assert "Vale College" in subject
    assert "31 March 2026" in text
    assert "{" not in subject + text
