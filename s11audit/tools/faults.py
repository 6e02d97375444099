"""The faults of a tool file, in words that the person who wrote the file can act on."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from s11audit.domain.errors import Invalid
from s11audit.tools import schema

MOST_FAULTS = 200

_PARTS: dict[str, type[BaseModel]] = {
    "ratings": schema.RatingChoice,
    "sections": schema.Section,
    "standards": schema.Standard,
    "requirements": schema.Requirement,
    "thresholds": schema.Thresholds,
}
_OWN_WORDS = frozenset(("unprintable", "slug", "label", "requirement_key", "tool_rules"))


@dataclass(frozen=True, slots=True)
class ToolFault:
    """One fault: the line of the file (where known), the dotted path counted from 1, and why."""

    line: int | None
    path: str
    reason: str


class ToolInvalid(Invalid):
    """A tool file was refused. `name` is the file's, `faults` lists every fault found."""

    def __init__(self, name: str, faults: list[ToolFault]) -> None:
        if len(faults) > MOST_FAULTS:
            more = len(faults) - MOST_FAULTS
            words = f"There are {more} more faults: put these right first."
            faults = [*faults[:MOST_FAULTS], ToolFault(None, "", words)]
        self.name = name
        self.faults = faults
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return one line a fault: file, line number, path and reason."""
        found = []
        for fault in self.faults:
            parts = [self.name]
            if fault.line is not None:
                parts.append(f"line {fault.line}")
            if fault.path:
                parts.append(fault.path)
            found.append(f"{', '.join(parts)}: {fault.reason}")
        return found


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a path as people read it: ("sections", 0, "title") is "sections.1.title"."""
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in path)


def reason(error: ErrorDetails) -> str:
    """Put one of pydantic's errors into a plain sentence."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _OWN_WORDS:
        return error["msg"]
    name = next((step for step in reversed(error["loc"]) if isinstance(step, str)), "")
    if kind == "missing":
        return f"“{name}” is missing: add it."
    if kind == "extra_forbidden":
        return _unknown_word(error["loc"])
    if kind == "enum":
        return f"“{_short(error['input'])}” is not a choice here: write {context['expected']}."
    for words, sentence in _SENTENCES.items():
        if kind.startswith(words):
            return sentence.format_map(_Known(context))
    return f"{error['msg']}."


class _Known(dict[str, Any]):
    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__(context)

    def __missing__(self, key: str) -> str:
        return "?"


_LIST = "This must be a list: put each entry on a line of its own that starts with a hyphen."
_MAPPING = "This must be a set of lines, each a name, a colon and a value (such as “title: …”)."
_SENTENCES = {
    "string_too_short": "This is empty: write some words.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "string_unicode": "This holds a character that cannot be shown: delete it and type it again.",
    "string": "This must be words, not a list or a set of lines.",
    "int": "This must be a whole number.",
    "bool": "This must be yes or no.",
    "greater_than_equal": "This must be {ge} or more.",
    "less_than_equal": "This must be {le} or less.",
    "too_short": "This needs at least one entry.",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "iterable_type": _LIST,
    "model": _MAPPING,
    "dict_type": _MAPPING,
    "recursion_loop": "This refers to itself.",
    "json": "This is not a stored tool: it cannot be read as JSON.",
}


def _unknown_word(path: tuple[str | int, ...]) -> str:
    word = str(path[-1])
    known = list(_part_at(path[:-1]).model_fields)
    near = difflib.get_close_matches(word.casefold(), known, n=1)
    if near:
        return f"“{_short(word)}” is not known here: did you mean “{near[0]}”?"
    return f"“{_short(word)}” is not known here: the names known here are {', '.join(known)}."


def _part_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    for step in reversed(path):
        if isinstance(step, str):
            return _PARTS.get(step, schema.Tool)
    return schema.Tool


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
