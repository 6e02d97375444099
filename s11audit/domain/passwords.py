"""Which passwords are refused: short ones, and ones that are soon guessed (domain rule 64).

There is no rule of composition. zxcvbn reckons how many guesses a password withstands, out of its
lists of common passwords, words and names, of keyboard rows, dates and repetitions.
"""

import re
import unicodedata
from collections.abc import Iterable

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000  # the hash takes no more than 4,096, and fails beyond
FEWEST_GUESSES = 10**8
LEFT_OVER = 6  # characters that must remain beside one's own and the service's names
_LOOKED_AT = 72  # zxcvbn takes no more, and what is so long is not guessed by its rest
_SERVICE = ("s11audit", "section11", "section11audit", "section 11", "safeguarding", "audit")

TOO_SHORT = f"The password must have {SHORTEST_PASSWORD} characters or more"
TOO_LONG = f"The password must be {LONGEST_PASSWORD:,} characters or fewer"
IS_A_NAME = (
    "The password must not be made of your name, your e-mail address or the name of this service"
)
TOO_COMMON = (
    "The password is among those that are guessed first. Use three or four words that do not "
    "belong together"
)


def password_problem(password: str, own: Iterable[str] = ()) -> str | None:
    """Return what is wrong with a password that a person chooses, as a sentence without its full
    stop, or None. `own`: their name, e-mail address and sign-in name."""
    if len(password) < SHORTEST_PASSWORD:
        return TOO_SHORT
    if len(password) > LONGEST_PASSWORD:
        return TOO_LONG
    words = _own_words(own)
    if len(_without(password, words)) < LEFT_OVER:
        return IS_A_NAME
    return TOO_COMMON if _guesses(password, words) < FEWEST_GUESSES else None


def _guesses(password: str, words: list[str]) -> float:
    from zxcvbn import zxcvbn  # its lists take a while to load

    return float(zxcvbn(password[:_LOOKED_AT], user_inputs=words)["guesses"])


def _own_words(own: Iterable[str]) -> list[str]:
    found = set(_SERVICE)
    for text in own:
        found.add(text)
        found.update(re.split(r"[\s@._+-]+", text))
    plain = {_plain(word) for word in found}
    return sorted((word for word in plain if len(word) >= 3), key=lambda word: (-len(word), word))


def _without(password: str, words: list[str]) -> str:
    """Return the letters of a password, without digits and signs, once its owner's words are
    taken out; all of it where none of them is in it."""
    left = letters = _plain(password)
    for word in words:
        left = left.replace(word, "")
    return password if left == letters else re.sub(r"\d", "", left)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in folded if each.isalnum())
