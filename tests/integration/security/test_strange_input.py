"""Every form of every page and every kind of file, sent what no person would type: nothing ends in
a failure (500), and the log stays whole. `python -m bench.fuzz` does the same ten thousand times.
"""

from __future__ import annotations

from tests.support.fuzzing.run import Fuzzed

CASES = 200


def test_no_strange_input_ends_in_a_failure(fuzzed: Fuzzed) -> None:
    outcome = fuzzed.run(CASES, seed=CASES)
    fuzzed.put_back()
    assert outcome.failures == []
    assert outcome.breaks == []
    assert outcome.forms > 100
    assert outcome.sent == CASES
    assert outcome.entries > CASES
    # Most of what is sent gets past the first look, else nothing is tried.
    assert outcome.answers[200] + outcome.answers[302] > CASES // 2
