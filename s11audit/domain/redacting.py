"""Finding a passage in text however it was typed or stored, and by a hash of it (domain rule 80).

Text is compared folded: without regard to case, white space and line ends, kinds of quotation marks
and dashes, characters of no width, and the way in which Unicode, HTML or JSON writes a character. A
passage begins and ends with a word, so that "Ann" is not found in "annual". What is found in the
folded text is told as places of the text as it stands.
"""

import hmac
import html
import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from s11audit.domain import dates

SHORTEST = 3
LONGEST = 5000

_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PIECES = (
    # visible ASCII but & and \, as it is; a last letter that carries a mark goes with the mark
    rf"(?P<plain>[!-%'-\[\]-~]+(?![{_MARKS}]))",
    r"(?P<space>\s+)",
    rf"(?P<other>.[{_MARKS}]*)",
)
_ESCAPES = (
    r"(?P<html>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)",
    r"(?P<json>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r'|\\u[0-9a-fA-F]{4}|\\["\\/bfnrt])',
)
_AS_IT_STANDS = re.compile("|".join(_PIECES), re.DOTALL)
_UNESCAPED = re.compile("|".join((*_ESCAPES, *_PIECES)), re.DOTALL)
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "`": "'",
    }
)
_WORD = re.compile(r"\w+")

MARK = "[redacted on]"  # the words of every mark, without its day

Span = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """What is looked for: the folded text from its first word to its last, and its words."""

    text: str
    words: int


@dataclass(frozen=True)
class Print:
    """What is kept of a passage: a keyed hash, by which it is found again in older text, with its
    length and its number of words. `salt` and `digest` are hexadecimal."""

    salt: str
    digest: str
    length: int
    words: int


def tombstone(day: date) -> str:
    """Return what stands in the place of a passage that was redacted on that day in London."""
    return f"[redacted on {dates.in_words(day)}]"


def read_passage(text: str) -> Passage:
    """Return the passage that was typed. Raises ValueError, in words for a person, where it is too
    short or too long to be looked for."""
    folded = fold(text)
    words = list(_WORD.finditer(folded))
    if not words:
        raise ValueError("Enter the passage to be redacted")
    found = folded[words[0].start() : words[-1].end()]
    if sum(character.isalnum() for character in found) < SHORTEST:
        raise ValueError(f"Enter at least {SHORTEST} letters or digits of the passage")
    if len(found) > LONGEST:
        raise ValueError(f"Use {LONGEST:,} characters or fewer: redact a long text in parts")
    return Passage(found, len(words))


def print_of(passage: Passage, salt: str) -> Print:
    """Return what is kept of the passage under that salt."""
    return Print(salt, _digest(salt, passage.text), len(passage.text), passage.words)


def fold(text: str) -> str:
    """Return the text as it is compared, HTML's and JSON's ways to write a character undone."""
    if text.isascii() and "&" not in text and "\\" not in text and "`" not in text:
        return " ".join(text.lower().split())
    return "".join(_folded(text, _UNESCAPED)[0]).strip(" ")


def spans_of(text: str, passage: Passage) -> list[Span]:
    """Return where the passage stands in the text, in order, places that touch put together."""
    found: set[Span] = set()
    for folded, starts, ends in _readings(text, passage.text):
        at = folded.find(passage.text)
        while at >= 0:
            end = at + len(passage.text)
            if _is_edge(folded, at) and _is_edge(folded, end):
                found.add((starts[at], ends[end - 1]))
            at = folded.find(passage.text, at + 1)
    return _joined(found)


def spans_by_print(text: str, prints: "Prints") -> dict[Span, Print]:
    """Return the places of the text whose words have one of these prints, and which it is.

    Windows of as many words as a print has are hashed where they are as long as it is: what was
    redacted is found again in an older copy without being kept (domain rule 82).
    """
    found: dict[Span, Print] = {}
    for folded, starts, ends in _readings(text, None):
        words = [match.span() for match in _WORD.finditer(folded)]
        for (count, length, salt), known in prints.groups.items():
            for first, last in zip(words, words[count - 1 :], strict=False):
                if last[1] - first[0] != length:
                    continue
                print_ = known.get(_digest(salt, folded[first[0] : last[1]]))
                if print_ is not None:
                    found[starts[first[0]], ends[last[1] - 1]] = print_
    return found


class Prints:
    """Prints by the windows that they ask for."""

    def __init__(self, prints: Iterable[Print]) -> None:
        self.groups: dict[tuple[int, int, str], dict[str, Print]] = {}
        for each in prints:
            group = self.groups.setdefault((each.words, each.length, each.salt), {})
            group[each.digest] = each


def replaced(text: str, spans: Iterable[Span], by: str) -> str:
    """Return the text with `by` in the place of each span."""
    out, at = [], 0
    for start, end in _joined(spans):
        out += [text[at:start], by]
        at = end
    return "".join([*out, text[at:]])


def strings_of(value: Any) -> Iterator[str]:
    """Return every text in a value as JSON holds it, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from strings_of(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from strings_of(each)


def address_pattern(email: str) -> re.Pattern[str]:
    """Return what finds an e-mail address as a whole: not as the end or the beginning of
    another."""
    return re.compile(rf"(?<![\w.+%-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)


def digest_of(text: str, salt: str) -> str:
    """Return the keyed hash of a whole text, folded."""
    return _digest(salt, fold(text))


def _digest(salt: str, folded: str) -> str:
    return hmac.digest(bytes.fromhex(salt), folded.encode("utf-8", "replace"), "sha256").hex()


def _is_edge(folded: str, at: int) -> bool:
    """Whether no word runs over this place."""
    return (
        at == 0
        or at == len(folded)
        or not (_WORD.match(folded[at - 1]) and _WORD.match(folded[at]))
    )


def _readings(text: str, wanted: str | None) -> Iterator[tuple[str, Sequence[int], Sequence[int]]]:
    """Return the text folded, with where each of its characters begins and ends in the text: with
    escapes undone, and as it stands where that may be another."""
    if text.isascii() and "&" not in text and "\\" not in text and "`" not in text:
        folded = " ".join(text.lower().split())
        if wanted is not None and wanted not in folded:
            return
    yield _places(text, _UNESCAPED)
    if "&" in text or "\\" in text:
        yield _places(text, _AS_IT_STANDS)


def _places(text: str, pattern: re.Pattern[str]) -> tuple[str, Sequence[int], Sequence[int]]:
    pieces, spans = _folded(text, pattern)
    folded = "".join(pieces)
    at, bounds = 0, []
    for piece in pieces:
        bounds.append(at)
        at += len(piece)
    return folded, _Starts(bounds, pieces, spans), _Ends(bounds, pieces, spans)


class _Starts(Sequence[int]):
    """Where each folded character begins in the text, worked out when it is asked for."""

    def __init__(self, bounds: list[int], pieces: list[str], spans: list[Span]) -> None:
        self.bounds, self.pieces, self.spans = bounds, pieces, spans

    def __len__(self) -> int:
        return sum(len(piece) for piece in self.pieces)

    def __getitem__(self, at: Any) -> Any:
        index, within = self._find(at)
        start, end = self.spans[index]
        # A piece of plain letters is as long as what it came from; any other is one character.
        return start + within if end - start == len(self.pieces[index]) else start

    def _find(self, at: int) -> tuple[int, int]:
        index = bisect_right(self.bounds, at) - 1
        return index, at - self.bounds[index]


class _Ends(_Starts):
    """Where each folded character ends in the text."""

    def __getitem__(self, at: Any) -> Any:
        index, within = self._find(at)
        start, end = self.spans[index]
        return start + within + 1 if end - start == len(self.pieces[index]) else end


def _folded(text: str, pattern: re.Pattern[str]) -> tuple[list[str], list[Span]]:
    """Return the pieces of the folded text, none of them empty, and where each came from."""
    pieces: list[str] = []
    spans: list[Span] = []
    for match in pattern.finditer(text):
        piece = match.group()
        if match.lastgroup == "plain":
            piece = piece.lower().translate(_ALIKE)
        elif match.lastgroup == "space":
            piece = " "
        else:
            if match.lastgroup == "html":
                piece = html.unescape(piece)
            elif match.lastgroup == "json":
                piece = json.loads(f'"{piece}"')
            piece = _plain_of(piece)
        if piece == " " and pieces and pieces[-1].endswith(" "):
            piece = ""
        if piece:
            pieces.append(piece)
            spans.append(match.span())
    return pieces, spans


def _plain_of(character: str) -> str:
    """Return one character, as Unicode may write it in several, as it is compared."""
    if character in _SEEN:
        return _SEEN[character]
    plain = unicodedata.normalize("NFKC", character.translate(_ALIKE)).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_ALIKE)
    plain = "".join(each for each in plain if unicodedata.category(each) != "Cf")
    plain = " ".join(plain.split()) or (" " if plain else "")
    if len(_SEEN) < 10_000:
        _SEEN[character] = plain
    return plain


_SEEN: dict[str, str] = {}


def _joined(spans: Collection[Span] | Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
