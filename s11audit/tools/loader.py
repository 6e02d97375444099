"""Reads, stores and identifies tools. Pure: text in, `Tool` out; nothing of web or database."""

import hashlib
import json
from collections.abc import Collection
from functools import lru_cache
from importlib import resources
from typing import Any

from pydantic import ValidationError

from s11audit.domain.errors import NotFound
from s11audit.scoring.answers import ANSWER_KINDS
from s11audit.tools.faults import ToolFault, ToolInvalid, dotted, reason
from s11audit.tools.reading import Path, Reading, read, text_of
from s11audit.tools.rules import broken_rules, requirements_in
from s11audit.tools.schema import Tool

__all__ = [
    "ToolFault",
    "ToolInvalid",
    "builtin_keys",
    "builtin_text",
    "canonical_json",
    "from_json",
    "load_builtin",
    "parse",
    "sha256_of",
]

_SUFFIX = ".yaml"


def parse(text: str | bytes, name: str, kinds: Collection[str] | None = None) -> Tool:
    """Return the tool that a YAML file holds.

    In: the file's text, or its bytes (UTF-8, a byte order mark is fine); `name`, the file's name
    for messages; `kinds`, the requirement kinds there are (default: the registered answer kinds).
    Raises `ToolInvalid` with every fault that could be found, in the order of the file.
    """
    reading = read(text_of(text, name), name)
    known = ANSWER_KINDS if kinds is None else kinds
    tool: Tool | None = None
    found = list(reading.faults)
    covered = {path for path, _fault in found}

    def add(path: Path, words: str) -> None:
        if path not in covered:
            found.append((path, ToolFault(reading.line_of(path), dotted(path), words)))

    try:
        tool = Tool.model_validate(reading.value)
    except ValidationError as error:
        for path, words in _field_faults(error):
            add(path, words)
    for path, words in [*broken_rules(reading.value), *_unknown_kinds(reading, known)]:
        add(path, words)
    if tool is None or found:
        faults = [fault for _path, fault in found]
        faults.sort(key=lambda fault: (fault.line or 0, fault.path))
        raise ToolInvalid(name, list(dict.fromkeys(faults)))
    return tool


def builtin_keys() -> tuple[str, ...]:
    """Return the keys of the tools that come with the software, in order."""
    folder = resources.files(__package__)
    names = (entry.name for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names))


def builtin_text(key: str) -> str:
    """Return the file of a built-in tool, as a pattern for a board's own; `NotFound` if none."""
    if key not in builtin_keys():
        raise NotFound(f"There is no built-in tool “{key}”.")
    return (resources.files(__package__) / f"{key}{_SUFFIX}").read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def load_builtin(key: str) -> Tool:
    """Return a built-in tool; raises `NotFound` when there is none of that key."""
    return parse(builtin_text(key), f"{key}{_SUFFIX}")


def canonical_json(tool: Tool) -> str:
    """Return the one JSON text of a tool: the same for the same meaning, however it was written.

    Names are sorted and empty values (none, no, empty text or list) left out, so that a part that
    the schema gains later, empty by default, does not change the text of older tools.
    """
    document = _without_empty(tool.model_dump(mode="json"))
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(tool: Tool) -> str:
    """Return the SHA-256 of the tool's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(tool).encode("utf-8")).hexdigest()


@lru_cache(maxsize=64)
def from_json(document: str) -> Tool:
    """Return the tool of a stored document, parsed once a process.

    Raises `ToolInvalid` when it is no tool. Answer kinds are not asked for: they were checked
    when the tool was read from its file.
    """
    try:
        return Tool.model_validate_json(document)
    except ValidationError as error:
        faults = [ToolFault(None, dotted(path), words) for path, words in _field_faults(error)]
        raise ToolInvalid("stored tool", faults) from None


def _field_faults(error: ValidationError) -> list[tuple[Path, str]]:
    faults: list[tuple[Path, str]] = []
    for one in error.errors(include_url=False):
        if one["type"] == "tool_rules":
            faults.extend(one["ctx"]["broken"])
        elif one["type"] == "too_short" and one["input"]:
            continue  # A list whose entries are all faulty: their own faults say enough.
        else:
            path = tuple(step for step in one["loc"] if step != "[key]")
            faults.append((path, reason(one)))
    return faults


def _unknown_kinds(reading: Reading, known: Collection[str]) -> list[tuple[Path, str]]:
    if not isinstance(reading.value, dict):
        return []
    faults: list[tuple[Path, str]] = []
    for path, _standard, requirement in requirements_in(reading.value):
        kind = requirement.get("kind", "judgement")
        if isinstance(kind, str) and kind and kind not in known:
            choices = ", ".join(sorted(known))
            words = f"“{kind[:60]}” is not a kind of question: write one of {choices}."
            faults.append(((*path, "kind"), words))
    return faults


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        cleaned = {name: _without_empty(part) for name, part in value.items()}
        return {name: part for name, part in cleaned.items() if not _is_empty(part)}
    if isinstance(value, list):
        return [_without_empty(part) for part in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
