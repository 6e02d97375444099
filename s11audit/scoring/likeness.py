"""Whether two statements say the same, near enough, and finding those that do (domain rule 15).

A statement is taken as its shingles: every run of three words, letters' case and punctuation left
aside. Two are alike where at least half of the shingles that either has are in both (Jaccard).
So that not every statement has to be held against every other, each is found by its prints, the
twenty-one smallest of its shingles' hashes, two of which have to be shared. Of two that are just
alike, twenty of twenty-one random shingles of both together would have to be of one only for the
pair to be missed: 22 / 2^21, once in 95,000 times. That two statements share two prints by chance
is rare, so that hardly any are compared that are not alike, however many there are.
"""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from heapq import nsmallest
from operator import xor
from struct import Struct
from typing import TypeVar

SHINGLE = 3
"""So many words make a shingle."""
ALIKE_PERCENT = 50
"""So many per cent of the shingles of both have to be shared."""
FEWEST_WORDS = 10
"""A statement of fewer words is never taken for a copy: there are only so many ways to say it."""
PRINTS = 21
SHARED = 2
"""So many prints are shared by those that are compared, or one where a text has no more than two:
then one may be half of all."""
BUCKET = 50
"""A hash is kept for this many statements and for no more: what a thousand agencies have all
copied is found through the first fifty of them, and looking up costs the same for all."""
LOOKED_AT = 100
"""So many candidates are read in full, those first that share the most prints."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
Key = TypeVar("Key", bound=Hashable)
Shingles = frozenset[int]


class _Hashes(dict[str, tuple[int, int, int]]):
    """Three hashes of each word, for it as the first, second and third of a shingle: of 60 bits,
    as an integer of two digits is quickest. A table of the words in use, begun afresh when long."""

    def __missing__(self, word: str) -> tuple[int, int, int]:
        if len(self) >= MOST_WORDS:
            self.clear()
        digest = _THREE.unpack(blake2b(word.encode(), digest_size=24).digest())
        self[word] = found = (digest[0] >> 4, digest[1] >> 4, digest[2] >> 4)
        return found


_THREE = Struct(">3Q")
MOST_WORDS = 100_000
_hashes = _Hashes()


def shingles(text: str) -> Shingles:
    """Return the shingles of a text as hashes of 60 bits, the same on every machine; none for a
    text of fewer than FEWEST_WORDS words."""
    words = _WORD.findall(_plain(text))
    if len(words) < FEWEST_WORDS:
        return frozenset()
    # Each word has a random number for each place; the three of a run are put together by
    # exclusive or (tabulation hashing), which is as good as hashing the run and much quicker.
    first, second, third = zip(*map(_hashes.__getitem__, words), strict=True)
    return frozenset(map(xor, map(xor, first, second[1:]), third[2:]))


def alike(one: Shingles, other: Collection[int]) -> bool:
    """Return whether two texts say the same, near enough; `other` holds each shingle once."""
    shared = len(one.intersection(other))
    return shared > 0 and 100 * shared >= ALIKE_PERCENT * (len(one) + len(other) - shared)


def prints(of: Shingles) -> tuple[int, ...]:
    """Return the hashes by which a text is found: its PRINTS smallest, in order."""
    return tuple(nsmallest(PRINTS, of))


def likeliest(shared: Mapping[Key, int], prints: int) -> list[Key]:
    """Return the candidates to read in full, of how many prints each shares with a text that has
    so many: the most first, of equals the one that comes first in the mapping."""
    needed = SHARED if prints > SHARED else 1
    enough = [key for key, count in shared.items() if count >= needed]
    return sorted(enough, key=lambda key: -shared[key])[:LOOKED_AT]


def alike_among(texts: Iterable[tuple[Key, str]]) -> dict[Key, Key]:
    """Return every text that is like another, by key, with the one it is found to be like.

    Keys differ. Each of a pair is in the answer. The cost grows with the number of texts, not
    with its square: a text is held against LOOKED_AT others at the most.
    """
    # In order and packed: the first few are the prints, and a thousand returns fit in memory.
    packed = {key: array("q", sorted(hashed)) for key, text in texts if (hashed := shingles(text))}
    buckets: dict[int, list[Key]] = {}
    for key, own in packed.items():
        for mark in own[:PRINTS]:
            bucket = buckets.setdefault(mark, [])
            if len(bucket) < BUCKET:
                bucket.append(key)
    found: dict[Key, Key] = {}
    for key, own in packed.items():
        shared = Counter(other for mark in own[:PRINTS] for other in buckets[mark] if other != key)
        candidates = likeliest(shared, len(own[:PRINTS]))
        hashes = frozenset(own) if candidates else frozenset()
        for other in candidates:
            if alike(hashes, packed[other]):
                found[key] = other
                found.setdefault(other, key)
                break
    return found


def first_alike(own: Shingles, others: Sequence[tuple[Key, Shingles]]) -> Key | None:
    """Return the first of a few others that a text is like, or None."""
    return next((key for key, other in others if alike(own, other)), None)


def shared_passage(text: str, other: str) -> str:
    """Return the longest run of words of `text` that `other` has too, as `text` writes it."""
    spans = [match.span() for match in _WORD.finditer(text)]
    own = [_plain_word(text[first:last]) for first, last in spans]
    theirs = [_plain_word(word) for word in _WORD.findall(other)]
    run = SequenceMatcher(None, own, theirs, autojunk=False).find_longest_match()
    if not run.size:
        return ""
    return text[spans[run.a][0] : spans[run.a + run.size - 1][1]]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


_plain_word = lru_cache(maxsize=20_000)(_plain)
