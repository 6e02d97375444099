"""Whether a reason for "not applicable" or "not known" says anything (domain rule 15)."""

import re

FEWEST_WORDS = 3
"""A real reason has at least so many words ..."""

# ... and one at least that is none of these, nor of the agency's name: they only say again that
# it does not apply, point elsewhere, or put it off.
_LIST = """
a an and any are as at be because been being but by can cannot could currently did do does
doing done for from had has have here how i if in into is isn't it it's its just may me more
my no nor not now of off on only or other our ours particular present presently so some such
than that the their them then there these they this those time to too under us was we were
what when where which who will with would yes yet you your
na n applicable apply applied applies applying doesn't don't inapplicable relevant irrelevant
relevance relate relates related required requires need needed needs necessary appropriate
concern concerns concerned fit pertain pertains
nil none nothing never unknown know known clear sure tbc tba confirm confirmed follow follows
following later soon unavailable available information info data record records recorded
above below per stated mentioned elsewhere
see refer same before previous previously last year answer answers answered
response responses section standard standards question questions requirement requirements
item part area audit self explanatory reason reasons comment comments detail details
provide provided pending ok okay fine test x xx xxx
agency agencies organisation organisations organization service services trust council
board school schools college charity company department team body partner partnership
police probation nhs us ourselves context circumstances case cases role remit setting work
something anything thing things
"""
SAYING_NOTHING = frozenset(_LIST.split())
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def is_real_reason(reason: str, agency: str = "") -> bool:
    """Return whether `reason` is more than another way to say "not applicable".

    It takes three words, one of them at least of its own: "We have no premises" is a reason,
    "Not applicable to our service" and "See above" are none.
    """
    words = _words(reason)
    name = set(_words(agency))
    return len(words) >= FEWEST_WORDS and any(
        word not in SAYING_NOTHING and word not in name for word in words
    )


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
