"""What an audit tool is: sections of standards, each with requirements. Data, not code.

The models are frozen and refuse words they do not know. `loader` reads them from a file and puts
every fault into plain English; `rules` holds what has to be true between the parts of a tool.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from s11audit.domain.enums import AskFor, Category, ComplianceRule, Rag
from s11audit.tools.rules import broken_rules

NOT_APPLICABLE_LABEL = "na"


def unprintable(text: str) -> str | None:
    """Return the first character of `text` that no page, PDF or database can hold, or None."""
    for character in text:
        if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs"):
            return character
    return None


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = unprintable(text)
    if found is not None:
        raise PydanticCustomError(
            "unprintable",
            "This holds a character that cannot be shown ({code}): delete it and type it again.",
            {"code": f"U+{ord(found):04X}"},
        )
    return text


def slug(text: str) -> str:
    """Return a key as it is; ValueError in words where it is not one."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise PydanticCustomError(
            "slug", "This may hold only small letters, digits and single hyphens between them."
        )
    return text


def _label(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", text):
        raise PydanticCustomError(
            "label",
            "This may hold only small letters and digits, with a hyphen or underscore between.",
        )
    return text


def _requirement_key(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*", text):
        raise PydanticCustomError(
            "requirement_key",
            "This may hold only letters and digits, with a dot, hyphen or underscore between.",
        )
    return text


def _in_order(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    return tuple(category for category in Category if category in categories)


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_clean)]
OptionalText = Annotated[str, Field(max_length=4000), AfterValidator(_clean)]
Percent = Annotated[int, Field(ge=0, le=100)]
Categories = Annotated[tuple[Category, ...], AfterValidator(_in_order)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _applies(limit: tuple[Category, ...], categories: Collection[Category | str]) -> bool:
    return not limit or any(category in categories for category in limit)


class Thresholds(_Part):
    """When a percentage counts as met and as partly met (domain rule 2), in whole per cent."""

    met_at: Percent = 95
    partly_above: Percent = 50


class RatingChoice(_Part):
    """One rating that can be given: the stored `label`, the words shown and its RAG value."""

    label: Annotated[str, Field(max_length=40), AfterValidator(_label)]
    title: Line
    rag: Rag
    descriptor: OptionalText = ""


NOT_APPLICABLE = RatingChoice(
    label=NOT_APPLICABLE_LABEL,
    title="Not applicable",
    rag=Rag.NA,
    descriptor="This standard cannot apply to what your organisation does. Say why.",
)


class Requirement(_Part):
    """One question of a standard. `kind` names an answer class of `scoring.answers`."""

    key: Annotated[str, Field(max_length=20), AfterValidator(_requirement_key)]
    kind: Annotated[str, Field(min_length=1, max_length=40)] = "judgement"
    text: Text
    guidance: OptionalText = ""
    example: OptionalText = ""
    essential: bool = False
    categories: Categories = ()

    def applies_to(self, categories: Collection[Category | str]) -> bool:
        """Say whether an agency of these categories is asked this."""
        return _applies(self.categories, categories)


class Standard(_Part):
    """What an agency is rated on. Without `categories` it applies to every agency."""

    number: Annotated[int, Field(ge=1, le=999)]
    title: Line
    meaning: Text
    guidance: OptionalText = ""
    categories: Categories = ()
    self_rating: AskFor | None = None
    evidence_statement: AskFor | None = None
    requirements: tuple[Requirement, ...] = ()

    def applies_to(self, categories: Collection[Category | str]) -> bool:
        """Say whether the standard applies to an agency of these categories."""
        return _applies(self.categories, categories)

    def requirements_for(self, categories: Collection[Category | str]) -> tuple[Requirement, ...]:
        """Return the requirements asked of an agency of these categories, in the tool's order."""
        return tuple(item for item in self.requirements if item.applies_to(categories))


class Section(_Part):
    """Standards that belong together under one heading."""

    title: Line
    standards: Annotated[tuple[Standard, ...], Field(min_length=1)]


class Tool(_Part):
    """An audit tool as a board uses it. A used version never changes.

    Raises `pydantic.ValidationError`; use `loader` for faults in words and with line numbers.
    """

    key: Annotated[str, Field(max_length=60), AfterValidator(slug)]
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Line
    summary: Text
    source: OptionalText = ""
    compliance_rule: ComplianceRule = ComplianceRule.UNANIMOUS
    statement_limit: Annotated[int, Field(ge=1, le=5000)] = 200
    thresholds: Thresholds = Thresholds()
    self_rating: AskFor = AskFor.REQUIRED
    evidence_statement: AskFor = AskFor.REQUIRED
    ratings: tuple[RatingChoice, ...]
    terms: dict[Line, Line] = {}
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _with_not_applicable(cls, data: Any) -> Any:
        """Add the choice "Not applicable" to a list of ratings that has none."""
        if not isinstance(data, dict) or not isinstance(data.get("ratings"), list | tuple):
            return data
        for choice in data["ratings"]:
            rag = choice.get("rag") if isinstance(choice, dict) else getattr(choice, "rag", None)
            if rag == Rag.NA:
                return data
        return {**data, "ratings": [*data["ratings"], NOT_APPLICABLE]}

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        broken = broken_rules(self.model_dump(mode="json"))
        if broken:
            reasons = " ".join(reason for _path, reason in broken)
            context = {"reasons": reasons, "broken": broken}
            raise PydanticCustomError("tool_rules", "{reasons}", context)
        return self

    @cached_property
    def standards(self) -> tuple[Standard, ...]:
        """Every standard of every section, in order of number."""
        return tuple(standard for section in self.sections for standard in section.standards)

    def standard(self, number: int) -> Standard:
        """Return the standard of that number; KeyError when the tool has none."""
        for standard in self.standards:
            if standard.number == number:
                return standard
        raise KeyError(number)

    def standards_for(self, categories: Collection[Category | str]) -> tuple[Standard, ...]:
        """Return the standards that apply to an agency of these categories."""
        return tuple(item for item in self.standards if item.applies_to(categories))

    def sections_for(
        self, categories: Collection[Category | str]
    ) -> Iterator[tuple[Section, tuple[Standard, ...]]]:
        """Yield each section with its standards that apply; sections left empty are skipped."""
        for section in self.sections:
            standards = tuple(item for item in section.standards if item.applies_to(categories))
            if standards:
                yield section, standards

    def requirement(self, key: str) -> Requirement:
        """Return the requirement of that key; KeyError when the tool has none."""
        for standard in self.standards:
            for requirement in standard.requirements:
                if requirement.key == key:
                    return requirement
        raise KeyError(key)

    def self_rating_for(self, standard: Standard) -> AskFor:
        """Say whether this standard's self rating is required, optional or absent."""
        return standard.self_rating or self.self_rating

    def evidence_statement_for(self, standard: Standard) -> AskFor:
        """Say whether this standard's evidence statement is required, optional or absent."""
        return standard.evidence_statement or self.evidence_statement

    def rating(self, label: str) -> RatingChoice:
        """Return the rating stored as `label`; KeyError when the tool has none."""
        for choice in self.ratings:
            if choice.label == label:
                return choice
        raise KeyError(label)

    def rating_for_rag(self, rag: Rag) -> RatingChoice:
        """Return the first rating that stands for `rag`; there always is one."""
        return next(choice for choice in self.ratings if choice.rag == rag)

    @property
    def na_rating(self) -> RatingChoice:
        """The one rating that says the standard does not apply (domain rule 1)."""
        return self.rating_for_rag(Rag.NA)

    def translate(self, text: str) -> str:
        """Explain the tool's outdated terms: "CRB check" becomes "CRB check (now DBS check)".

        The tool's own wording stays readable, so that what was asked can be compared over the
        years. Whole words only, capitals as written, the longest term first, and each term at
        its first place in `text` only.
        """
        if not self.terms:
            return text
        explained: set[str] = set()

        def explain(match: re.Match[str]) -> str:
            term = match.group(0)
            if term in explained:
                return term
            explained.add(term)
            return f"{term} (now {self.terms[term]})"

        longest_first = sorted(self.terms, key=lambda term: (-len(term), term))
        choices = "|".join(re.escape(term) for term in longest_first)
        return re.sub(rf"(?<!\w)(?:{choices})(?!\w)", explain, text)
