"""What has to be true between the parts of a tool.

The rules read plain data (as it comes from a file, faults and all) so that they can be reported
together with every other fault; what has the wrong shape is passed over here and reported by
the schema.
"""

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
Broken = tuple[Path, str]

_RAG_WORDS = (
    ("green", "fully compliant"),
    ("amber", "partially compliant"),
    ("red", "not compliant"),
)


def broken_rules(tool: Any) -> list[Broken]:
    """Return (path, reason) for each rule that `tool` (mappings, lists, scalars) breaks."""
    if not isinstance(tool, dict):
        return []
    return [
        *_ratings(tool.get("ratings")),
        *_thresholds(tool.get("thresholds")),
        *_terms(tool.get("terms")),
        *_numbers(tool),
        *_requirement_keys(tool),
        *_asks(tool),
    ]


def _items(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield index, item


def standards_in(tool: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield (path, standard) for each standard that has the shape of one."""
    for s, section in _items(tool.get("sections")):
        for n, standard in _items(section.get("standards")):
            yield ("sections", s, "standards", n), standard


def requirements_in(
    tool: dict[str, Any],
) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Yield (path, standard, requirement) for each requirement that has the shape of one."""
    for path, standard in standards_in(tool):
        for index, requirement in _items(standard.get("requirements")):
            yield (*path, "requirements", index), standard, requirement


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdigit():
        return int(value)
    return None


def _ratings(ratings: Any) -> Iterator[Broken]:
    if not isinstance(ratings, list | tuple):
        return
    labels: set[str] = set()
    rags: list[str] = []
    for index, choice in _items(ratings):
        label, rag = choice.get("label"), choice.get("rag")
        if isinstance(label, str):
            if label in labels:
                yield (
                    ("ratings", index, "label"),
                    f"The label “{label}” is used by another rating: give each rating its own.",
                )
            labels.add(label)
        if isinstance(rag, str):
            if rag == "na" and "na" in rags:
                yield (
                    ("ratings", index, "rag"),
                    "Only one rating can stand for “na” (not applicable).",
                )
            rags.append(rag)
    for rag, words in _RAG_WORDS:
        if rag not in rags:
            yield ("ratings",), f"No rating stands for “{rag}” ({words}): add one."
    if "na" not in rags and "na" in labels:
        yield ("ratings",), "The label “na” is kept for the rating that stands for “na”."


def _thresholds(thresholds: Any) -> Iterator[Broken]:
    if not isinstance(thresholds, dict):
        return
    met_at = _whole(thresholds.get("met_at", 95))
    partly_above = _whole(thresholds.get("partly_above", 50))
    if met_at is not None and partly_above is not None and partly_above > met_at:
        yield (
            ("thresholds",),
            f"“partly_above” ({partly_above}) cannot be more than “met_at” ({met_at}).",
        )


def _terms(terms: Any) -> Iterator[Broken]:
    if not isinstance(terms, dict):
        return
    for old, new in terms.items():
        if isinstance(old, str) and isinstance(new, str) and old.strip() == new.strip():
            yield ("terms", old), f"“{old}” is translated to itself: give today’s wording."


def _numbers(tool: dict[str, Any]) -> Iterator[Broken]:
    highest = 0
    seen: set[int] = set()
    for path, standard in standards_in(tool):
        number = _whole(standard.get("number"))
        if number is None:
            continue
        if number in seen:
            yield (
                (*path, "number"),
                f"Another standard has the number {number}: give each standard its own.",
            )
        elif number < highest:
            yield (
                (*path, "number"),
                f"Standard {number} comes after standard {highest}: put standards in order.",
            )
        seen.add(number)
        highest = max(highest, number)


def _requirement_keys(tool: dict[str, Any]) -> Iterator[Broken]:
    seen: set[str] = set()
    for path, _standard, requirement in requirements_in(tool):
        key = requirement.get("key")
        if not isinstance(key, str):
            continue
        if key in seen:
            yield (
                (*path, "key"),
                f"Another requirement has the key “{key}”: give each requirement its own.",
            )
        seen.add(key)


def _asks(tool: dict[str, Any]) -> Iterator[Broken]:
    for path, standard in standards_in(tool):
        rated = standard.get("self_rating") or tool.get("self_rating") or "required"
        stated = standard.get("evidence_statement") or tool.get("evidence_statement") or "required"
        if rated == stated == "absent" and not standard.get("requirements"):
            yield path, "This standard asks for nothing: give it a requirement or a self rating."
    for path, standard, requirement in requirements_in(tool):
        if requirement.get("kind") == "text" and _is_yes(requirement.get("essential")):
            yield (
                (*path, "essential"),
                "A text answer is not scored, so it cannot be essential: take “essential” out.",
            )
        limit, own = standard.get("categories"), requirement.get("categories")
        if _words(limit) and _words(own) and not set(_words(limit)) & set(_words(own)):
            yield (
                (*path, "categories"),
                "The standard is limited to other categories, so nobody would be asked this.",
            )


def _is_yes(value: Any) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "yes", "y", "on", "1", "t")


def _words(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
