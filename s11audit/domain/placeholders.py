"""Words in braces that stand for something of each letter: "{agency}"."""

import re
from collections.abc import Collection, Mapping

_WORD = re.compile(r"\{\s*+([^{}\n]{1,40}?)\s*\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each known "{name}" replaced by its value; unknown ones stay."""
    return _WORD.sub(lambda found: values.get(found[1].lower(), found[0]), text)


def unknown(text: str, known: Collection[str]) -> list[str]:
    """Return the names in braces that are not among `known`, as they were typed, each once."""
    found = [name for name in _WORD.findall(text) if name.lower() not in known]
    return list(dict.fromkeys(found))


def uses(text: str, name: str) -> bool:
    """Return whether `text` holds "{name}"."""
    return any(found.lower() == name for found in _WORD.findall(text))
