"""The scope of a stage: everything, or chosen standards and categories (domain rule 25)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from s11audit.domain.enums import Category
from s11audit.domain.errors import Invalid
from s11audit.domain.wording import in_words
from s11audit.models import Stage
from s11audit.queries.tools import in_scope
from s11audit.scoring.words import listed
from s11audit.tools.schema import Tool

NOBODY = "No agency of the board would be asked: choose other standards or categories"


@dataclass(frozen=True)
class Scope:
    """Which standards a stage asks, and of agencies of which categories; None: of all."""

    standards: tuple[int, ...] | None = None
    categories: tuple[Category, ...] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.standards is None and self.categories is None

    @property
    def stored_standards(self) -> list[int] | None:
        """The standards as a stage stores them."""
        return None if self.standards is None else sorted(set(self.standards))

    @property
    def stored_categories(self) -> list[str] | None:
        """The categories as a stage stores them."""
        if self.categories is None:
            return None
        return [each.value for each in Category if each in self.categories]

    @property
    def in_log(self) -> dict[str, object]:
        """What the log says of it, nothing where it is everything."""
        if self.is_everything:
            return {}
        return {
            "scope_standards": self.stored_standards,
            "scope_categories": self.stored_categories,
        }


EVERYTHING = Scope()


def scope_of(stage: Stage) -> Scope:
    """Return the scope of a stage."""
    return Scope(
        None if stage.scope_standards is None else tuple(stage.scope_standards),
        None
        if stage.scope_categories is None
        else tuple(Category(each) for each in stage.scope_categories),
    )


def is_follow_up(stage: Stage) -> bool:
    """Return whether a stage follows up the ones before it. One that is limited to chosen
    standards is a sample audit: it looks afresh, and asks them in full."""
    return stage.number > 1 and stage.scope_standards is None


def check_scope(tool: Tool, scope: Scope) -> None:
    """Raise Invalid, by field, for a scope without a standard or category, or with one that the
    tool does not have."""
    problems: dict[str, str] = {}
    known = {standard.number for standard in tool.standards}
    if scope.standards is not None and not scope.standards:
        problems["standards"] = "Select at least one standard"
    elif scope.standards is not None and not set(scope.standards) <= known:
        problems["standards"] = "Select standards of this tool"
    if scope.categories is not None and not scope.categories:
        problems["categories"] = "Select at least one category"
    if problems:
        raise Invalid("; ".join(problems.values()) + ".", problems)


def asks_anything(tool: Tool, scope: Scope, categories: Collection[Category]) -> bool:
    """Return whether a stage of that scope asks anything of an agency of these categories."""
    if scope.categories is not None and not set(scope.categories) & set(categories):
        return False
    return scope.standards is None or bool(in_scope(tool, categories, scope.standards))


def scope_in_words(tool: Tool, scope: Scope) -> str:
    """Return "Standard 7 only, asked of Police and Education", empty where it is everything."""
    if scope.is_everything:
        return ""
    if scope.standards is None:
        what = "All standards"
    else:
        numbers = [str(each) for each in sorted(scope.standards)]
        what = f"Standard{'s' if len(numbers) > 1 else ''} {listed(numbers)} only"
    if scope.categories is None:
        return what
    return f"{what}, asked of {listed(_names(scope.categories))}"


def _names(categories: Iterable[Category]) -> list[str]:
    return [in_words(each) for each in categories]
