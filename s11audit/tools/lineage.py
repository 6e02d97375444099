"""What each part of a tool was in an earlier version or another tool (domain rule 50).

A lineage is a file of its own, with a version of its own: a tool that was used cannot change, but
what is known of where it comes from can be put better. Pure: text in, `Lineage` out.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from s11audit.tools.faults import ToolFault, ToolInvalid, dotted, reason
from s11audit.tools.reading import Path, read, text_of
from s11audit.tools.schema import Text, Tool, slug


class Relation(StrEnum):
    """What a part of a tool was in the tool that it comes from."""

    SAME = "same"
    REWORDED = "reworded"
    SPLIT = "split"
    MERGED = "merged"
    NEW = "new"
    DROPPED = "dropped"


COMPARABLE = (Relation.SAME, Relation.REWORDED)

Key = Annotated[str, Field(min_length=1, max_length=20)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ToolName(_Part):
    """A version of a tool."""

    key: Annotated[str, Field(max_length=60), AfterValidator(slug)]
    version: Annotated[int, Field(ge=1, le=9999)]

    @property
    def words(self) -> str:
        """Return "lancashire-2012 version 1"."""
        return f"{self.key} version {self.version}"


class Origin(_Part):
    """What one standard (by number) or requirement (by key) of the tool was."""

    of: Key
    relation: Relation
    sources: Annotated[tuple[Key, ...], Field(alias="from")] = ()
    reason: Text


class Gone(_Part):
    """A standard or requirement of the earlier tool that is asked no more."""

    of: Key
    reason: Text


class Dropped(_Part):
    """All that is asked no more."""

    standards: tuple[Gone, ...] = ()
    requirements: tuple[Gone, ...] = ()


class Lineage(_Part):
    """What every part of `tool` was in `was`. Use `parse` and `accounted_for` to check one."""

    lineage: Annotated[int, Field(ge=1, le=9999)]
    tool: ToolName
    was: ToolName
    date: date
    standards: tuple[Origin, ...] = ()
    requirements: tuple[Origin, ...] = ()
    dropped: Dropped = Dropped()

    def standard(self, number: int) -> Origin:
        """Return what the standard of that number was; KeyError where the file leaves it out."""
        return _find(self.standards, str(number))

    def requirement(self, key: str) -> Origin:
        """Return what the requirement of that key was; KeyError where the file leaves it out."""
        return _find(self.requirements, key)

    def went_to(self, number: int) -> tuple[int, ...]:
        """Return the standards of the tool that hold what the earlier standard asked."""
        return tuple(int(each.of) for each in self.standards if str(number) in each.sources)


@dataclass(frozen=True)
class Comparison:
    """Whether the figures of a standard can be set against those of what it was, and why not.

    `number` is the earlier standard where they can; `marked` says that the wording differs."""

    relation: Relation
    number: int | None
    marked: bool
    words: str


def comparable(lineage: Lineage, number: int) -> Comparison:
    """Say whether a standard's ratings can be compared with earlier ones (domain rule 50)."""
    origin = lineage.standard(number)
    sources = _listed(origin.sources, "standard", "standards")
    relation = origin.relation
    words = {
        Relation.SAME: f"Was {sources}",
        Relation.REWORDED: f"Was {sources}, reworded",
        Relation.SPLIT: f"Not compared: a part of what {sources} asked",
        Relation.MERGED: f"Not compared: merged from {sources}",
        Relation.NEW: "Not compared: new in this tool",
        Relation.DROPPED: "Not compared: no longer asked",
    }[relation]
    return Comparison(
        relation,
        int(origin.sources[0]) if relation in COMPARABLE else None,
        relation is Relation.REWORDED,
        words,
    )


def came_from(lineage: Lineage, key: str) -> tuple[str, ...]:
    """Return the keys of the earlier requirements that a requirement comes from; none: new."""
    return lineage.requirement(key).sources


def identity(tool: Tool) -> Lineage:
    """Return the lineage of a tool used again: everything is the same."""
    return proposed(tool, tool, date(2000, 1, 1))


def proposed(tool: Tool, was: Tool, day: date) -> Lineage:
    """Return a first lineage of that day, to be read and put right by a person: parts of the same
    number or key are the same where their wording is, else reworded; the rest is new or
    dropped."""
    earlier = {str(each.number): _asks(each) for each in was.standards}
    earlier_texts = {each.key: (each.kind, each.text) for each in _requirements(was)}
    standards = [
        _guess(str(each.number), _asks(each), earlier.get(str(each.number)))
        for each in tool.standards
    ]
    requirements = [
        _guess(each.key, (each.kind, each.text), earlier_texts.get(each.key))
        for each in _requirements(tool)
    ]
    here = {each.of for each in standards}, {each.of for each in requirements}
    gone = "The new version has no part of this number."
    return Lineage.model_validate(
        {
            "lineage": 1,
            "tool": {"key": tool.key, "version": tool.version},
            "was": {"key": was.key, "version": was.version},
            "date": day,
            "standards": standards,
            "requirements": requirements,
            "dropped": {
                "standards": [Gone(of=key, reason=gone) for key in earlier if key not in here[0]],
                "requirements": [
                    Gone(of=key, reason=gone) for key in earlier_texts if key not in here[1]
                ],
            },
        }
    )


def parse(text: str | bytes, name: str) -> Lineage:
    """Return the lineage that a YAML file holds; `ToolInvalid` with every fault by line. Whether
    it fits its two tools is `accounted_for`'s to say."""
    reading = read(text_of(text, name), name)
    faults = [fault for _path, fault in reading.faults]
    found: Lineage | None = None
    try:
        found = Lineage.model_validate(reading.value)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            path = tuple(each["loc"])
            faults.append(ToolFault(reading.line_of(path), dotted(path), _words(each)))
    if found is None or faults:
        raise ToolInvalid(name, sorted(set(faults), key=lambda each: (each.line or 0, each.path)))
    return found


def accounted_for(
    lineage: Lineage, tool: Tool, was: Tool, name: str, text: str | bytes | None = None
) -> None:
    """Raise `ToolInvalid` unless the lineage tells of every standard and requirement of both
    tools, once, and each relation has as many sources as its word says (domain rule 50). With
    `text` the faults name lines."""
    reading = read(text_of(text, name), name) if text is not None else None
    faults: list[ToolFault] = []

    def note(path: Path, words: str) -> None:
        faults.append(ToolFault(reading.line_of(path) if reading else None, dotted(path), words))

    for part, named, given in (("tool", lineage.tool, tool), ("was", lineage.was, was)):
        if (named.key, named.version) != (given.key, given.version):
            note((part,), f"This names {named.words}, and not {given.key} version {given.version}.")
    for kind, word, origins, gone, new, old in _levels(lineage, tool, was):
        for path, words in _faults_of(kind, word, origins, gone, new, old):
            note(path, words)
    if faults:
        raise ToolInvalid(name, sorted(faults, key=lambda each: (each.line or 0, each.path)))


_Level = tuple[str, str, Sequence[Origin], Sequence[Gone], list[str], list[str]]


def _levels(lineage: Lineage, tool: Tool, was: Tool) -> Iterator[_Level]:
    yield (
        "standards", "standard", lineage.standards, lineage.dropped.standards,
        [str(each.number) for each in tool.standards],
        [str(each.number) for each in was.standards],
    )  # fmt: skip
    yield (
        "requirements", "requirement", lineage.requirements, lineage.dropped.requirements,
        [each.key for each in _requirements(tool)], [each.key for each in _requirements(was)],
    )  # fmt: skip


def _faults_of(
    kind: str,
    word: str,
    origins: Sequence[Origin],
    gone: Sequence[Gone],
    new: list[str],
    old: list[str],
) -> Iterator[tuple[Path, str]]:
    told: set[str] = set()
    uses: dict[str, int] = {}
    for each in origins:
        for source in set(each.sources):
            uses[source] = uses.get(source, 0) + 1
    for index, each in enumerate(origins):
        path: Path = (kind, index)
        if each.of not in new:
            yield (*path, "of"), f"The tool has no {word} {each.of}."
        if each.of in told:
            yield (*path, "of"), f"The {word} {each.of} is told of twice."
        told.add(each.of)
        for source in each.sources:
            if source not in old:
                yield (*path, "from"), f"The earlier tool has no {word} {source}."
        wrong = _wrong_arity(each, uses)
        if wrong:
            yield (*path, "relation"), wrong
    for missing in new:
        if missing not in told:
            yield (kind,), f"Nothing is said of the {word} {missing} of the tool."
    dropped: set[str] = set()
    for index, one in enumerate(gone):
        path = ("dropped", kind, index)
        if one.of not in old:
            yield (*path, "of"), f"The earlier tool has no {word} {one.of}."
        if one.of in dropped:
            yield (*path, "of"), f"The {word} {one.of} is dropped twice."
        if one.of in uses:
            yield (*path, "of"), f"The {word} {one.of} cannot be dropped: something comes from it."
        dropped.add(one.of)
    for missing in old:
        if missing not in uses and missing not in dropped:
            yield (
                (kind,),
                f"Nothing comes from the {word} {missing} of the earlier tool: say so under "
                "“dropped”, or name it as a source.",
            )


def _wrong_arity(each: Origin, uses: dict[str, int]) -> str:
    count = len(each.sources)
    if len(set(each.sources)) < count:
        return "A source is named twice."
    if each.relation is Relation.DROPPED:
        return "What is dropped belongs under “dropped”."
    if each.relation is Relation.NEW:
        return "What is new has no source." if count else ""
    if each.relation is Relation.MERGED:
        return "What is merged has two sources or more." if count < 2 else ""
    if count != 1:
        return f"What is {each.relation.value} has one source."
    shared = uses[each.sources[0]] > 1
    if each.relation is Relation.SPLIT:
        return "" if shared else "What was split went into two parts or more: name the others."
    if shared:
        return f"What is {each.relation.value} shares its source with nothing: is it split?"
    return ""


def to_yaml(lineage: Lineage) -> str:
    """Return a lineage as the text of its file."""
    data = lineage.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=96)


def canonical_json(lineage: Lineage) -> str:
    """Return the one JSON text of a lineage."""
    data = lineage.model_dump(mode="json", by_alias=True)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(lineage: Lineage) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(lineage).encode()).hexdigest()


@lru_cache(maxsize=64)
def from_json(document: str) -> Lineage:
    """Return the lineage of a stored document, parsed once a process."""
    return Lineage.model_validate_json(document)


@lru_cache(maxsize=1)
def builtin_lineages() -> tuple[Lineage, ...]:
    """Return the lineages that come with the software, in the order of their files' names."""
    folder = resources.files(__package__) / "lineages"
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    return tuple(parse(entry.read_text(encoding="utf-8"), entry.name) for entry in files)


def _find(origins: Sequence[Origin], of: str) -> Origin:
    for each in origins:
        if each.of == of:
            return each
    raise KeyError(of)


def _requirements(tool: Tool) -> list[Any]:
    return [each for standard in tool.standards for each in standard.requirements]


def _asks(standard: Any) -> object:
    texts = tuple((each.key, each.kind, each.text) for each in standard.requirements)
    return (standard.title, standard.meaning, texts)


def _guess(of: str, now: object, before: object) -> Origin:
    if before is None:
        data: dict[str, Any] = {
            "relation": Relation.NEW, "reason": "The earlier version has no part of this number."
        }  # fmt: skip
    elif before == now:
        data = {"relation": Relation.SAME, "from": [of], "reason": "The wording is the same."}
    else:
        data = {
            "relation": Relation.REWORDED, "from": [of],
            "reason": "The number is the same and the wording differs.",
        }  # fmt: skip
    return Origin.model_validate({"of": of, **data})


def _listed(keys: Sequence[str], one: str, many: str) -> str:
    if len(keys) <= 1:
        return f"{one} {''.join(keys)}"
    return f"{many} {', '.join(keys[:-1])} and {keys[-1]}"


_NAMES = {
    "of": "of", "from": "from", "relation": "relation", "reason": "reason", "tool": "tool",
    "was": "was", "lineage": "lineage", "date": "date", "key": "key", "version": "version",
    "standards": "standards", "requirements": "requirements", "dropped": "dropped",
}  # fmt: skip


def _words(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        known = ", ".join(_NAMES)
        return f"“{str(error['loc'][-1])[:60]}” is not known here: the names are {known}."
    if error["type"].startswith("date"):
        return "This must be a date, such as 2026-11-22."
    return reason(error)
