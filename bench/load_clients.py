"""Eight clients in processes of their own, each saving as fast as it is answered."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from bench.figures import Figures
from bench.http_client import Browser, form_values

SECONDS = 10


@dataclass(frozen=True)
class Task:
    """What one client does: where it posts, with which values, as whom."""

    port: int
    path: str
    values: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]
    follows_version: bool


def saves_under_load(what: str, tasks: Sequence[Task]) -> tuple[float, Figures]:
    """Run every task at once for ten seconds. Returns saves a second, and their times."""
    barrier = multiprocessing.Barrier(len(tasks))
    with multiprocessing.Pool(len(tasks), _share, (barrier,)) as pool:
        found = pool.map(_save, tasks, chunksize=1)
    times = [each for one in found for each in one]
    return len(times) / SECONDS, Figures.of(what, times)


_barrier: Barrier | None = None


def _share(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _save(task: Task) -> list[float]:
    browser = Browser(task.port, dict(task.cookies))
    version = int(dict(task.values).get("based_on", "0"))
    if _barrier is not None:
        _barrier.wait()
    times = []
    end = time.perf_counter() + SECONDS
    number = 0
    while time.perf_counter() < end:
        number += 1
        values = _changed(task, version, number)
        answer = browser.post(task.path, values, json=True)
        if answer.status != 200:
            raise RuntimeError(f"{task.path}: answered {answer.status}")
        version += 1
        times.append(answer.milliseconds)
    return times


def _changed(task: Task, version: int, number: int) -> list[tuple[str, str]]:
    values: dict[str, Any] = dict(task.values)
    values["statement"] = f"{values['statement'][:900]} Typed so far: {number}"
    if task.follows_version:
        values["based_on"] = str(version)
    return list(values.items())


def task_of(browser: Browser, port: int, path: str) -> Task:
    """Return the task of saving the form on that page, as its page stands now."""
    page = browser.get(path).body.decode()
    values = tuple(form_values(page, "statement"))
    return Task(port, path, values, tuple(browser.cookies.items()), True)
