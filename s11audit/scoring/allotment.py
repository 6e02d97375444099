"""Allotting returns to reviewers evenly (domain rule 21)."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from s11audit.domain.errors import Refused

FEWEST, MOST = 1, 5


@dataclass(frozen=True)
class ToAllot:
    """A return with the reviewers it has already, and those who may not review it."""

    return_id: int
    taken: tuple[int, ...] = ()
    barred: frozenset[int] = frozenset()


def allot_evenly(
    returns: Sequence[ToAllot], reviewers: Collection[int], per_return: int
) -> dict[int, tuple[int, ...]]:
    """Return the reviewers to be added to each return, so that each has `per_return` of them.

    What was allotted before stays and counts towards each reviewer's share. Nobody is given a
    return twice or one that they may not review. The shares are as even as that allows: no return
    can be passed on, over whatever detour, from somebody to another who has two fewer. The same
    input gives the same answer. Raises Refused where a return cannot have so many.
    """
    if not FEWEST <= per_return <= MOST:
        raise Refused(f"A return has {FEWEST} to {MOST} reviewers.")
    people = sorted(set(reviewers))
    load = dict.fromkeys(people, 0)
    for each in returns:
        for person in each.taken:
            if person in load:
                load[person] += 1
    wanted = [each for each in returns if len(each.taken) < per_return]
    offered = {
        each.return_id: [
            person for person in people if person not in each.barred and person not in each.taken
        ]
        for each in wanted
    }
    _refuse_too_few(wanted, offered, per_return)
    given: dict[int, set[int]] = {}
    for each in sorted(wanted, key=lambda each: (len(offered[each.return_id]), each.return_id)):
        order = sorted(offered[each.return_id], key=lambda person: (load[person], person))
        chosen = order[: per_return - len(each.taken)]
        given[each.return_id] = set(chosen)
        for person in chosen:
            load[person] += 1
    _even_out(given, {number: frozenset(each) for number, each in offered.items()}, load)
    return {number: tuple(sorted(chosen)) for number, chosen in given.items()}


def _refuse_too_few(
    wanted: Sequence[ToAllot], offered: Mapping[int, Sequence[int]], per_return: int
) -> None:
    short = [each for each in wanted if len(offered[each.return_id]) < per_return - len(each.taken)]
    if short:
        returns = "1 return" if len(short) == 1 else f"{len(short)} returns"
        each_has = "1 reviewer" if per_return == 1 else f"{per_return} reviewers"
        raise Refused(
            f"There are too few reviewers for {each_has} a return: {returns} would have fewer,"
            " because nobody reviews their own agency. Choose more people, or fewer a return."
        )


def _even_out(
    given: dict[int, set[int]], offered: Mapping[int, frozenset[int]], load: dict[int, int]
) -> None:
    """Pass returns on along the shortest chain from the fullest share that can give to one that
    is at least two smaller, until there is no such chain."""
    moved = True
    while moved:
        moved = False
        for person in sorted(load, key=lambda one: (-load[one], one)):
            chain = _chain(person, given, offered, load)
            if chain:
                for return_id, giver, taker in chain:
                    given[return_id].remove(giver)
                    given[return_id].add(taker)
                load[person] -= 1
                load[chain[-1][2]] += 1
                moved = True
                break


def _chain(
    start: int,
    given: Mapping[int, set[int]],
    offered: Mapping[int, frozenset[int]],
    load: Mapping[int, int],
) -> list[tuple[int, int, int]]:
    """Return the steps (return, giver, taker) from `start` to the smallest share within reach that
    is at least two below its own; none where there is none."""
    holds: dict[int, list[int]] = {}
    for return_id in sorted(given):
        for person in given[return_id]:
            holds.setdefault(person, []).append(return_id)
    came: dict[int, tuple[int, int]] = {}
    seen, queue = {start}, deque([start])
    while queue:
        giver = queue.popleft()
        for return_id in holds.get(giver, ()):
            for taker in sorted(offered[return_id] - given[return_id] - seen):
                seen.add(taker)
                came[taker] = (return_id, giver)
                queue.append(taker)
    ends = [person for person in came if load[start] - load[person] >= 2]
    if not ends:
        return []
    steps: list[tuple[int, int, int]] = []
    taker = min(ends, key=lambda person: (load[person], person))
    while taker != start:
        return_id, giver = came[taker]
        steps.append((return_id, giver, taker))
        taker = giver
    return steps[::-1]
