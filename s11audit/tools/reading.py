"""Reads a tool file's text into plain values, knowing the line each came from.

The file is YAML cut down to what a tool needs: names with values, and lists. Every value is text
until the schema says otherwise, so that a title `No` stays a word and a key `5.10` stays 5.10.
Anchors, aliases and tags are refused: they can blow a small file up, and a stray `&` or `!`
would silently swallow the word after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from s11audit.tools.faults import ToolFault, ToolInvalid, dotted
from s11audit.tools.schema import unprintable

MOST_BYTES = 1_000_000
MOST_DEPTH = 12
MOST_VALUES = 20_000

_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The C parser is some ten times quicker; both read the same YAML and build nothing by themselves.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Reading:
    """The values of a file, the line of each path, and the faults met while reading."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[Path, ToolFault]] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """Return the line of `path`, or of the nearest thing around it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None

    def note(self, path: Path, reason: str, line: int | None = None) -> None:
        """Record a fault at `path`."""
        where = self.line_of(path) if line is None else line
        self.faults.append((path, ToolFault(where, dotted(path), reason)))


def text_of(content: str | bytes, name: str) -> str:
    """Return a file's content as text, without a byte order mark.

    Raises `ToolInvalid` when it is too large, empty, not UTF-8 or holds control characters.
    """
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise _refused(name, None, "The file is larger than 1 MB: a tool is plain text.")
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise _refused(
                name, line, "The file is not UTF-8 text: save it as plain text, encoding UTF-8."
            ) from None
    else:
        text = content
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        code = f"U+{ord(found.group()[0]):04X}"
        reason = f"This line holds a character that cannot be shown ({code}): delete it."
        raise _refused(name, line, reason)
    if not text.strip():
        raise _refused(name, None, "The file is empty.")
    return text


def read(text: str, name: str) -> Reading:
    """Read YAML text; raises `ToolInvalid` where it cannot be read on at all."""
    reading = Reading()
    parser = _Parser(text)
    try:
        _document(_events(parser), reading)
    except yaml.MarkedYAMLError as error:
        reason = _syntax(error)
        marks = [error.problem_mark, error.context_mark]
        if reason in (_NO_END, _NO_BRACKET):
            marks.reverse()
        mark = marks[0] or marks[1]
        raise _refused(name, mark.line + 1 if mark else None, reason) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(name, None, f"The file cannot be read: {error}.") from None
    except _GivenUp as error:
        raise _refused(name, error.line, error.reason) from None
    finally:
        parser.dispose()
    return reading


class _GivenUp(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def _refused(name: str, line: int | None, reason: str) -> ToolInvalid:
    return ToolInvalid(name, [ToolFault(line, "", reason)])


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or "").strip()
    for words, sentence in _SYNTAX.items():
        if words in problem:
            return sentence
    return _CANNOT_READ


_COLON = (
    "There is a second colon here, or a colon is missing. "
    "Put text that holds a colon and a space between quotation marks."
)
_INDENT = (
    "This line does not fit the lines above: entries of one list or set start in the same column, "
    "and nothing goes on after a closing quotation mark."
)
_NO_END = "A quotation mark or bracket is opened here and never closed."
_NO_BRACKET = "A bracket is opened here and never closed."
_QUOTES = (
    "Text that starts with “|”, “>”, “&”, “*”, “!”, “%”, “@” or “`”, or goes on after a closing "
    "quotation mark, has to stand between quotation marks as a whole."
)
_TAB = "This line is indented with a tab: use spaces."
_CANNOT_READ = (
    "This line, or the one above it, cannot be read: check its colon, its quotation marks and the "
    "spaces at its start."
)
_SYNTAX = {
    "tab character": _TAB,
    "found character '\\t'": _TAB,
    "comment or line break": _QUOTES,
    "alphabetic or numeric": _QUOTES,
    "directive": _QUOTES,
    "block sequence entries are not allowed": (
        "A list starts on a line of its own below its name: break the line before the hyphen."
    ),
    "mapping values are not allowed": _COLON,
    "could not find expected ':'": _COLON,
    "cannot start any token": (
        "This line starts with a tab or with a sign that has a meaning of its own in these files: "
        "use spaces to indent, and put such text between quotation marks."
    ),
    "did not find expected '-' indicator": _INDENT,
    "did not find expected key": _INDENT,
    "expected <block end>": _INDENT,
    "unexpected end of stream": _NO_END,
    "did not find expected ',' or": _NO_BRACKET,
}


def _events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        yield parser.get_event()


def _document(events: Iterator[Any], reading: Reading) -> None:
    next(events)  # the start of the stream
    event = next(events)
    if isinstance(event, yaml.StreamEndEvent):
        reading.note((), "The file holds nothing but comments.")
        return
    start = next(events)
    reading.lines[()] = start.start_mark.line + 1
    reading.value = _value(start, events, reading, ())
    next(events)  # the end of the document
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        line = after.start_mark.line + 1
        reading.note((), "A file holds one tool: take out the line “---” and what follows.", line)


def _value(event: Any, events: Iterator[Any], reading: Reading, path: Path) -> Any:
    line = event.start_mark.line + 1
    reading.lines.setdefault(path, line)
    if len(path) > MOST_DEPTH:
        raise _GivenUp(line, "There are too many levels inside each other.")
    if len(reading.lines) > MOST_VALUES:
        raise _GivenUp(line, f"The file holds more than {MOST_VALUES:,} entries.")
    if isinstance(event, yaml.AliasEvent):
        reading.note(path, f"“*{event.anchor}” is an alias: write the text out here.", line)
        return None
    if event.anchor is not None:
        reason = f"Put text that starts with “&{event.anchor}” between quotation marks."
        reading.note(path, reason, line)
    if event.tag is not None:
        reason = f"Put text that starts with “{event.tag}” between quotation marks."
        reading.note(path, reason, line)
    if isinstance(event, yaml.SequenceStartEvent):
        return _list(events, reading, path)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, reading, path)
    if not event.style and event.value in ("", "~", "null", "Null", "NULL"):
        return None
    return event.value


def _list(events: Iterator[Any], reading: Reading, path: Path) -> list[Any]:
    values: list[Any] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        here = (*path, len(values))
        value = _value(event, events, reading, here)
        if value is None and not _faulty(reading, here):
            reading.note(here, "This entry is empty: write it, or take out its hyphen.")
        values.append(value)
    return values


def _mapping(events: Iterator[Any], reading: Reading, path: Path) -> dict[str, Any]:
    values: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        line = event.start_mark.line + 1
        plain = isinstance(event, yaml.ScalarEvent) and not event.tag and not event.anchor
        if not plain or unprintable(event.value) is not None:
            _pass_over(event, events)
            _pass_over(next(events), events)
            reading.note(path, "A name must be a plain word, followed by a colon.", line)
            continue
        name = event.value
        here = (*path, name)
        if name in seen:
            _pass_over(next(events), events)
            reason = f"“{name}” stands here twice (first on line {seen[name]}): keep one."
            reading.note(here, reason, line)
            continue
        seen[name] = reading.lines[here] = line
        value = _value(next(events), events, reading, here)
        if value is not None:
            # A name with nothing after it counts as left out.
            values[name] = value
    return values


def _pass_over(event: Any, events: Iterator[Any]) -> None:
    depth = 0
    while True:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth == 0:
            return
        event = next(events)


def _faulty(reading: Reading, path: Path) -> bool:
    return any(fault_path == path for fault_path, _fault in reading.faults[-3:])
