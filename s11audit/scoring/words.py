"""How words are counted and text is kept (domain rule 8), and small pieces of plain English."""

import re
from collections.abc import Sequence

WHITE_SPACE_RANGES: tuple[tuple[int, int], ...] = (
    (0x0009, 0x000D),
    (0x0020, 0x0020),
    (0x0085, 0x0085),
    (0x00A0, 0x00A0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
"""Unicode's White_Space property: the one stated list, for the server and for the page.

U+180E, U+200B and U+FEFF look empty and are not white space: they do not end a word.
"""

WHITE_SPACE: frozenset[int] = frozenset(
    point for first, last in WHITE_SPACE_RANGES for point in range(first, last + 1)
)


def javascript_class(*, negated: bool = False) -> str:
    r"""Return White_Space as a character class for a regular expression: `[\u0009-\u000d...]`.

    With `negated`, the class of everything else, so that `new RegExp(class + "+", "g")` finds the
    words. JavaScript and Python read the answer alike, so both sides count by one list.
    """
    parts = [
        f"\\u{first:04x}" if first == last else f"\\u{first:04x}-\\u{last:04x}"
        for first, last in WHITE_SPACE_RANGES
    ]
    return f"[{'^' if negated else ''}{''.join(parts)}]"


_WORD = re.compile(javascript_class(negated=True) + "+")
_LINE_END = re.compile("\r\n?")


def count_words(text: str) -> int:
    """Return how many words are in `text`: runs of characters other than White_Space."""
    return len(_WORD.findall(text))


def words_over(text: str, limit: int | None) -> int:
    """Return by how many words `text` exceeds `limit`; 0 when it fits or there is no limit."""
    return 0 if limit is None else max(0, count_words(text) - limit)


def is_blank(text: str) -> bool:
    """Return whether `text` holds no word at all."""
    return _WORD.search(text) is None


def normalise_line_ends(text: str) -> str:
    """Return `text` with every CRLF and lone CR as LF, as it is stored (domain rule 8)."""
    return _LINE_END.sub("\n", text)


def listed(items: Sequence[str]) -> str:
    """Return "5.1, 5.2 and 5.3"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, one: str, many: str) -> str:
    """Return "1 word" or "2 words"."""
    return f"{number:,} {one if number == 1 else many}"
