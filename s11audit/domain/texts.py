"""What may be stored of a text that a person typed: trimmed, printable, not too long."""

import re
import unicodedata

from s11audit.domain.errors import Invalid

LONGEST_REASON = 2000
LONGEST_PERSON = 200
_ADDRESS = re.compile(r"://|\bwww\.|[@<>]", re.IGNORECASE)
# Marks that nobody sees or that turn the letters after them round: a name of them is nobody's
# or looks like somebody else's. What joins letters (U+200C, U+200D) is not among them.
_UNSEEN = {
    ord(character): None
    for character in "\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
}


def one_line(text: str, field: str, what: str, longest: int) -> str:
    """Return `text` trimmed, with inner white space as single spaces and without unseen marks.

    `field` names it in the problems, `what` in the message ("name of the agency"). Raises Invalid
    where it is empty, longer than `longest` characters, or cannot be printed.
    """
    found = " ".join(text.translate(_UNSEEN).split())
    if not found.strip("\u200c\u200d"):
        found = ""
    return _checked(found, field, what, longest)


def person_name(text: str) -> str:
    """Return a person's name, as `one_line`, its problem under "name". It stands in letters that go
    to strangers and beside an e-mail address in the log: so it holds neither kind of address."""
    found = one_line(text, "name", "name", LONGEST_PERSON)
    if _ADDRESS.search(found):
        raise _invalid("name", "The name must not hold a web address or an e-mail address")
    return found


def several_lines(text: str, field: str, what: str, longest: int = LONGEST_REASON) -> str:
    """Return `text` trimmed, its line ends as LF. Raises Invalid as `one_line`."""
    found = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return _checked(found, field, what, longest)


def printable(text: str) -> bool:
    """Return whether every character can be shown and stored: no control or surrogate."""
    return all(
        character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
        for character in text
    )


def _checked(text: str, field: str, what: str, longest: int) -> str:
    if not text:
        raise _invalid(field, f"Enter the {what}")
    if len(text) > longest:
        raise _invalid(field, f"The {what} must be {longest} characters or fewer")
    if not printable(text):
        raise _invalid(field, f"The {what} holds a character that cannot be shown")
    return text


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(f"{message}.", {field: message})
