"""A row of the compliance table and the table's totals (domain rule 6)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from s11audit.domain.enums import Basis, Cell, Compliance, ComplianceRule, Participation, Rag
from s11audit.domain.errors import Invalid
from s11audit.scoring.compliance import Overall, overall

Word = TypeVar("Word")


@dataclass(frozen=True)
class ImprovementFacts:
    """A published improvement at D: its actions (drafts included), how many of them are
    verified, and whether QA has accepted a reason for taking none."""

    actions: int
    verified: int
    no_action_accepted: bool = False


@dataclass(frozen=True)
class RowFacts:
    """What stood of one return by the end of D; everything later is already cut off.

    `applicable`: the numbers of the standards that apply to the agency. `self_ratings`: those of
    the submission that counts as returned. `agreed`: each standard's latest agreed rating
    published in any stage so far (on a confirmed cycle: after the confirmation).
    `published_standards`: those with a published rating of this return (on a confirmed cycle:
    those confirmed). `confirmed`: the self
    ratings as the agency confirmed them, for a confirmed cycle. A standard missing from a
    mapping is not rated.
    """

    participation: Participation
    returned: bool
    applicable: Collection[int]
    self_ratings: Mapping[int, Rag | None] = field(default_factory=dict)
    agreed: Mapping[int, Rag | None] = field(default_factory=dict)
    published_standards: Collection[int] = ()
    improvements: Sequence[ImprovementFacts] = ()
    plan_returned: bool = False
    monitored: bool = False
    basis: Basis = Basis.AGREED
    rule: ComplianceRule = ComplianceRule.UNANIMOUS
    confirmed: Mapping[int, Rag | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One line of the table; a blank cell is None.

    `initial_counts` and `current_counts` are the ratings behind the two compliance cells; None
    where there are none (recorded history, an advisory role, a return not in).
    """

    returned: bool
    initial: Compliance
    plan_returned: Cell | None
    actions_completed: Cell | None
    monitored: Cell | None
    current: Compliance
    initial_counts: Overall | None = None
    current_counts: Overall | None = None


def row(facts: RowFacts) -> Row:
    """Work out the row of a return (domain rule 6)."""
    initial = None
    if facts.returned:
        initial = overall([facts.self_ratings.get(n) for n in facts.applicable], facts.rule)
    current = None
    if facts.participation is not Participation.ADVISORY:
        current = overall(_now(facts), facts.rule)
    plan, actions = _follow_up(facts)
    return Row(
        returned=facts.returned,
        initial=initial.compliance if initial else Compliance.NOT_KNOWN,
        plan_returned=plan,
        actions_completed=actions,
        monitored=Cell.YES if facts.monitored else None,
        current=current.compliance if current else Compliance.ADVISORY,
        initial_counts=initial,
        current_counts=current,
    )


def _now(facts: RowFacts) -> list[Rag | None]:
    agreed = [facts.agreed.get(n) for n in facts.applicable]
    if facts.basis is not Basis.CONFIRMED:
        return agreed
    confirmed = [facts.confirmed.get(n) for n in facts.applicable]
    return [later or given for later, given in zip(agreed, confirmed, strict=True)]


def _follow_up(facts: RowFacts) -> tuple[Cell | None, Cell | None]:
    """Return the cells "action plan returned" and "outstanding actions completed".

    An advisory agency is not rated on an agreed cycle, so nothing is published and both cells
    stay blank; on a confirmed cycle its improvements count like anyone's.
    """
    if not facts.improvements:
        everything = set(facts.applicable) <= set(facts.published_standards)
        return (Cell.NA, Cell.NA) if everything else (None, None)
    plan = Cell.YES if facts.plan_returned else Cell.NO
    if all(_is_done(each) for each in facts.improvements):
        return plan, Cell.YES
    begun = any(each.actions for each in facts.improvements)
    return plan, Cell.UNDERWAY if begun else None


def _is_done(improvement: ImprovementFacts) -> bool:
    if improvement.actions == 0:
        return improvement.no_action_accepted
    return improvement.verified >= improvement.actions


@dataclass(frozen=True)
class Totals:
    """The table's totals: `initial` is counted over returned agencies, `current` over asked
    ones. Both hold every word of `Compliance`, with 0 where there is none."""

    asked: int
    returned: int
    initial: dict[Compliance, int]
    current: dict[Compliance, int]


def totals(rows: Iterable[Row]) -> Totals:
    """Count the rows of the agencies asked."""
    initial = dict.fromkeys(Compliance, 0)
    current = dict.fromkeys(Compliance, 0)
    asked = returned = 0
    for each in rows:
        asked += 1
        current[each.current] += 1
        if each.returned:
            returned += 1
            initial[each.initial] += 1
    return Totals(asked, returned, initial, current)


_RETURNED: dict[str, bool] = {"yes": True, "no": False, "": False}
_INITIAL: dict[str, Compliance] = {
    "fully": Compliance.FULLY,
    "partial": Compliance.PARTIALLY,
    "partially": Compliance.PARTIALLY,
    "non": Compliance.NON,
    "": Compliance.NOT_KNOWN,
}
_CURRENT: dict[str, Compliance] = _INITIAL | {"advisory role": Compliance.ADVISORY}
_CELL: dict[str, Cell | None] = {
    "yes": Cell.YES,
    "no": Cell.NO,
    "underway": Cell.UNDERWAY,
    "n/a": Cell.NA,
    "": None,
}


def recorded_row(
    returned: str,
    initial: str,
    plan_returned: str,
    actions_completed: str,
    monitored: str,
    current: str,
) -> Row:
    """Return the row of recorded history from its six cells, however odd they look together.

    Raises `Invalid` with a message for each cell that is none of the words allowed there, by the
    parameter's name. Case and surrounding spaces do not matter.
    """
    problems: dict[str, str] = {}

    def read(name: str, cell: str, words: Mapping[str, Word], allowed: str) -> Word:
        key = " ".join(cell.split()).casefold()
        if key not in words:
            problems[name] = f"“{cell.strip()}” is not one of {allowed}"
            return words[""]
        return words[key]

    cells = "Yes, No, Underway, N/A or blank"
    compliance = "Fully, Partial, Partially, Non or blank"
    result = Row(
        read("returned", returned, _RETURNED, "Yes, No or blank"),
        read("initial", initial, _INITIAL, compliance),
        read("plan_returned", plan_returned, _CELL, cells),
        read("actions_completed", actions_completed, _CELL, cells),
        read("monitored", monitored, _CELL, cells),
        read("current", current, _CURRENT, compliance.replace("Non", "Non, Advisory Role")),
    )
    if problems:
        raise Invalid("Some cells are none of the words of the compliance table.", problems)
    return result
