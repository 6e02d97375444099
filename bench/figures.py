"""Figures of one measurement: minimum, median and 95th percentile, in milliseconds."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What was measured, how often, and the three figures."""

    what: str
    count: int
    minimum: float
    median: float
    p95: float

    @classmethod
    def of(cls, what: str, milliseconds: Sequence[float]) -> "Figures":
        """Return the figures of these times."""
        ordered = sorted(milliseconds)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
        return cls(what, len(ordered), ordered[0], statistics.median(ordered), p95)

    def row(self) -> str:
        """Return the row of a Markdown table."""
        return (
            f"| {self.what} | {self.count} | {self.minimum:.1f} | {self.median:.1f} "
            f"| {self.p95:.1f} |"
        )


HEAD = "| what | runs | min ms | median ms | p95 ms |\n|---|---:|---:|---:|---:|"


def timed(what: str, work: Callable[[], object], runs: int, warm: int = 3) -> Figures:
    """Run `work` so many times after `warm` that do not count, and return its figures."""
    for _each in range(warm):
        work()
    times = []
    for _each in range(runs):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return Figures.of(what, times)


def answered(
    what: str, request: Callable[[], "HasTime"], runs: int, warm: int = 3, expect: int = 200
) -> Figures:
    """Send a request so many times and return the figures of its answers. Raises RuntimeError
    where one has another status than expected."""
    times = []
    for number in range(warm + runs):
        answer = request()
        if answer.status != expect:
            raise RuntimeError(f"{what}: answered {answer.status}")
        if number >= warm:
            times.append(answer.milliseconds)
    return Figures.of(what, times)


class HasTime:
    """What `answered` needs of an answer."""

    status: int
    milliseconds: float
