"""Two texts compared word by word (domain rule 75), for histories that people read.

A word is a run of characters other than Unicode White_Space (domain rule 8). White space belongs
to the word behind it and is compared with it, but never decides which words belong together.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from s11audit.scoring.words import WHITE_SPACE, count_words, javascript_class

FEW_WORDS = 4
"""A text this short is told as a whole: "4 March 2026" becomes "5 April 2026", not its parts."""
MOST_WORDS = 4000
"""Where more than this differs on either side, one is told as replaced by the other."""
AROUND = 12
"""So many unchanged words are shown on either side of a change."""

_SPACE, _WORD = javascript_class(), javascript_class(negated=True)
_TOKEN = re.compile(f"({_SPACE}*)({_WORD}+)")
_SPACES = "".join(map(chr, sorted(WHITE_SPACE)))


class Kind(StrEnum):
    """What became of a piece of text. FOLDED is unchanged too, and long."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    FOLDED = "folded"


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and what became of it."""

    kind: Kind
    text: str

    @property
    def words(self) -> int:
        """How many words it holds."""
        return count_words(self.text)


def differences(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from one text to the other, in their order.

    Without those that were added the pieces make up `before`, without those removed `after`.
    """
    old, new = _tokens(before), _tokens(after)
    if min(len(old), len(new)) <= FEW_WORDS and before != after:
        return _joined([Piece(Kind.REMOVED, before), Piece(Kind.ADDED, after)])
    return _joined(_pieces(old, new, _trailing(before), _trailing(after)))


def folded(pieces: Sequence[Piece], around: int = AROUND) -> list[Piece]:
    """Return the pieces with long unchanged stretches split: up to `around` words next to a change
    stay, what lies between is FOLDED. Where nothing changed nothing is folded."""
    found: list[Piece] = []
    last = len(pieces) - 1
    if not any(each.kind in (Kind.ADDED, Kind.REMOVED) for each in pieces):
        return list(pieces)
    for place, piece in enumerate(pieces):
        first = around if place else 0
        end = around if place < last else 0
        words = _tokens(piece.text)
        if piece.kind is not Kind.SAME or len(words) <= first + end + around:
            found.append(piece)
            continue
        texts = [space + word for space, word in words]
        cut = len(texts) - end
        tail = _trailing(piece.text)
        parts = ("".join(texts[:first]), "".join(texts[first:cut]), "".join(texts[cut:]) + tail)
        if not end:
            parts = (parts[0], parts[1] + tail, "")
        kinds = (Kind.SAME, Kind.FOLDED, Kind.SAME)
        found += [Piece(kind, text) for kind, text in zip(kinds, parts, strict=True) if text]
    return found


Token = tuple[str, str]


def _tokens(text: str) -> list[Token]:
    """Return each word with the white space before it."""
    # White space with no word behind it would be tried again from each of its characters.
    end = len(text) - len(_trailing(text))
    return [(match[1], match[2]) for match in _TOKEN.finditer(text, 0, end)]


def _trailing(text: str) -> str:
    return text[len(text.rstrip(_SPACES)) :]


def _pieces(
    old: Sequence[Token], new: Sequence[Token], old_end: str, new_end: str
) -> Iterator[Piece]:
    was, becomes = [word for _, word in old], [word for _, word in new]
    first = _common(was, becomes)
    last = _common(was[first:][::-1], becomes[first:][::-1])
    cut_old, cut_new = len(old) - last, len(new) - last
    yield from _kept(old[:first], new[:first])
    yield from _changed(old[first:cut_old], new[first:cut_new])
    yield from _kept(old[cut_old:], new[cut_new:])
    yield from _space(old_end, new_end)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two texts have in common at their beginning."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _changed(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Piece]:
    if not old or not new or max(len(old), len(new)) > MOST_WORDS:
        yield from _replaced(old, new)
        return
    long = len(old) + len(new) > 1000
    matcher = SequenceMatcher(
        None, [word for _, word in old], [word for _, word in new], autojunk=long
    )
    for how, i, j, k, m in matcher.get_opcodes():
        if how == "equal":
            yield from _kept(old[i:j], new[k:m])
        else:
            yield from _replaced(old[i:j], new[k:m])


def _kept(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Piece]:
    for (space, word), (new_space, _) in zip(old, new, strict=True):
        yield from _space(space, new_space)
        yield Piece(Kind.SAME, word)


def _replaced(old: Sequence[Token], new: Sequence[Token]) -> Iterator[Piece]:
    yield Piece(Kind.REMOVED, "".join(space + word for space, word in old))
    yield Piece(Kind.ADDED, "".join(space + word for space, word in new))


def _space(old: str, new: str) -> Iterator[Piece]:
    if old == new:
        yield Piece(Kind.SAME, old)
    else:
        yield Piece(Kind.REMOVED, old)
        yield Piece(Kind.ADDED, new)


def _joined(pieces: Iterator[Piece] | list[Piece]) -> list[Piece]:
    """Join what stands side by side: of a run of changes, first all that was removed."""
    found: list[Piece] = []
    same, removed, added = "", "", ""
    for piece in [*pieces, Piece(Kind.SAME, "")]:
        if not piece.text:
            continue
        if piece.kind is Kind.SAME:
            found += _run(removed, added)
            removed = added = ""
            same += piece.text
            continue
        if same:
            found.append(Piece(Kind.SAME, same))
            same = ""
        if piece.kind is Kind.REMOVED:
            removed += piece.text
        else:
            added += piece.text
    if same:
        found.append(Piece(Kind.SAME, same))
    return found + _run(removed, added)


def _run(removed: str, added: str) -> list[Piece]:
    parts = ((Kind.REMOVED, removed), (Kind.ADDED, added))
    return [Piece(kind, text) for kind, text in parts if text]
