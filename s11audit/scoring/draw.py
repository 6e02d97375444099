"""The random sample of agencies for visits (domain rule 30): a draw that anybody can redo.

The pool stands in report order. Each agency's place is the SHA-256, in hex, of `SEED:AGENCY NAME`
in UTF-8; the pool is sorted by it and the first ones are taken. Names are taken as they are
stored, character by character: nothing is normalised, trimmed or put in lower case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from shlex import quote
from typing import Any

from s11audit.domain.errors import Invalid
from s11audit.domain.texts import printable
from s11audit.scoring.words import counted, is_blank

LONGEST_SEED = 200


@dataclass(frozen=True)
class Ranked:
    """An agency of the pool and its hash, 64 hex digits."""

    name: str
    digest: str


@dataclass(frozen=True)
class Drawn:
    """One stratum, drawn: the pool in report order, the same agencies in the order of their
    hashes, and how many of them were taken."""

    pool: tuple[str, ...]
    ranked: tuple[Ranked, ...]
    count: int

    @property
    def picked(self) -> tuple[str, ...]:
        """The agencies that were taken, in the order of their hashes."""
        return tuple(each.name for each in self.ranked[: self.count])


def report_order(name: str) -> tuple[str, str]:
    """Return what names are sorted by in every report: casefolded, then exact."""
    return name.casefold(), name


def digest(seed: str, name: str) -> str:
    """Return the SHA-256 of `SEED:AGENCY NAME` in UTF-8, in hex."""
    return sha256(f"{seed}:{name}".encode()).hexdigest()


def check_seed(seed: str) -> str:
    """Return the seed as it was given; Invalid where it is empty, too long or no text."""
    if is_blank(seed):
        raise _invalid("seed", "Enter the seed")
    if len(seed) > LONGEST_SEED:
        raise _invalid("seed", f"The seed must be {LONGEST_SEED} characters or fewer")
    if not printable(seed) or "\n" in seed or "\t" in seed:
        raise _invalid("seed", "The seed holds a character that cannot be shown")
    return seed


def check_count(count: int, held: int, of: str) -> None:
    """Raise Invalid unless `count` agencies can be taken from a pool of `held`; `of` names it."""
    if count < 1:
        raise _invalid("count", "At least 1 agency must be drawn")
    if count > held:
        holds = counted(held, "agency", "agencies") if held else "no agency"
        raise _invalid("count", f"{count} cannot be drawn: the pool ({of}) holds {holds}")


def draw(seed: str, names: Iterable[str], count: int, *, of: str = "all") -> Drawn:
    """Draw `count` agencies by the seed. Raises Invalid for an empty seed and where the pool
    (`of` names it) holds fewer."""
    check_seed(seed)
    pool = tuple(sorted(names, key=report_order))
    check_count(count, len(pool), of)
    ranked = sorted(
        (Ranked(name, digest(seed, name)) for name in pool),
        key=lambda each: (each.digest, *report_order(each.name)),
    )
    return Drawn(pool, tuple(ranked), count)


def document(seed: str, strata: Sequence[Drawn]) -> dict[str, Any]:
    """Return a draw as JSON gives it: `seed`, `pool` and `picked` for one stratum; for several,
    `seed` and `strata`, a list of the same objects."""
    each = [
        {"seed": seed, "pool": list(drawn.pool), "picked": list(drawn.picked)} for drawn in strata
    ]
    return each[0] if len(each) == 1 else {"seed": seed, "strata": each}


METHOD = (
    "The pool is the stage’s full members that are asked, in name order.",
    "For each agency of the pool, the text SEED:AGENCY NAME is written in UTF-8, with the seed and"
    " the name exactly as they stand here, and its SHA-256 is worked out in hex.",
    "The agencies are sorted by this hash, smallest first, and the first ones are taken.",
)


def command_for(seed: str, count: int) -> str:
    """Return the line for a shell that does it all again, given the pool in `pool.txt`, a name a
    line."""
    hashed = f"$(printf '%s' {quote(seed + ':')}\"$name\" | sha256sum | cut -c1-64)"
    return (
        f'while IFS= read -r name; do printf \'%s  %s\\n\' "{hashed}" "$name"; '
        f"done < pool.txt | LC_ALL=C sort | head -n {count}"
    )


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(f"{message}.", {field: message})
