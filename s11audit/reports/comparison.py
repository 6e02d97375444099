"""This stage against an earlier one, through the lineage of the tool (domain rule 52): collects
what `reports.comparison_data` says.

Both sides are the standards report as it stands, read together; with the stages, the lineage and
the successions that makes nine queries, whatever the number of agencies.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, Facts, check
from s11audit.models import Cycle, Membership, Stage
from s11audit.queries.lineages import Known, between
from s11audit.queries.reports import cycles_with_stages
from s11audit.queries.successions import heirs_of
from s11audit.reports.build import build_standards, read_together
from s11audit.reports.comparison_data import (
    ComparedAgency,
    ComparedStandard,
    ComparisonReport,
)
from s11audit.reports.data import StandardsReport, StandardsRow
from s11audit.tools.lineage import comparable


def stages_before(found: Sequence[tuple[Cycle, Sequence[Stage]]], stage: Stage) -> list[Stage]:
    """Return the stages, of a board's cycles with theirs, that one can be compared with: those of
    earlier cycles and the earlier ones of its own, the likeliest first: the last cycle's of the
    same number, or its last one."""
    mine = next(cycle for cycle, _stages in found if cycle.id == stage.cycle_id)
    earlier: list[Stage] = []
    for cycle, stages in found:
        if cycle.id == mine.id:
            own = [each for each in stages if each.number < stage.number]
            earlier += sorted(own, key=lambda each: -each.number)
        elif cycle.opened_at < mine.opened_at and not cycle.recorded:
            ordered = sorted(stages, key=lambda each: -each.number)
            earlier += sorted(ordered, key=lambda each: each.number != stage.number)
    return sorted(earlier, key=lambda each: each.cycle_id == mine.id)


def build_comparison(
    session: Session,
    actor: Actor,
    cycle_id: int,
    stage_number: int,
    as_at: date | None = None,
    *,
    board_id: int,
    then_id: int | None = None,
    now: datetime,
) -> tuple[ComparisonReport | None, list[Stage]]:
    """Return the comparison of a stage with an earlier one (`then_id`, the likeliest where it is
    not given) as at a day, and the stages that can be chosen. None where there is none before.
    Raises as `build_standards`, NotFound for a stage that cannot be compared with."""
    check(actor, Can.READ_REPORTS, Facts(board_id), sees=Can.SEE_BOARD)
    cycles = cycles_with_stages(session, board_id)
    by_cycle = {cycle.id: stages for cycle, stages in cycles}
    stage = next((each for each in by_cycle.get(cycle_id, ()) if each.number == stage_number), None)
    if stage is None:
        raise NotFound("There is no such stage on this board.")
    choices = stages_before(cycles, stage)
    if not choices:
        return None, []
    chosen = choices[0]
    if then_id is not None:
        found = [each for each in choices if each.id == then_id]
        if not found:
            raise NotFound("There is no such stage to compare with.")
        chosen = found[0]
    read = read_together(session, by_cycle, [stage, chosen], as_at, now=now)
    report, before = (
        build_standards(
            session, actor, each.cycle_id, each.number, as_at, board_id=board_id, read=read, now=now
        )
        for each in (stage, chosen)
    )
    known = between(session, board_id, stage.cycle.tool_version, chosen.cycle.tool_version)
    formed = _formed_from(session, [row.membership_id for row in report.rows])
    return _compared(report, before, known, formed), choices


def _formed_from(session: Session, membership_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return of those agencies that were formed from others the names of these."""
    heirs = heirs_of(membership_ids).subquery()
    found: dict[int, list[str]] = {}
    for heir, name in session.execute(
        select(heirs.c.heir, Membership.name)
        .join(Membership, Membership.id == heirs.c.came_from)
        .order_by(Membership.name_key)
    ):
        found.setdefault(heir, []).append(name)
    return found


def _compared(
    now: StandardsReport,
    then: StandardsReport,
    known: Known | None,
    formed: Mapping[int, Sequence[str]],
) -> ComparisonReport:
    before = {each.number: each for each in then.standards}
    standards = []
    for each in now.standards:
        was: int | None = None
        if known is None:
            words = "Not compared: nobody has said what it was in the earlier tool"
        else:
            compared = comparable(known.lineage, each.number)
            words, was = compared.words, compared.number
            if was is not None and was not in before:
                words, was = f"Not compared: standard {was} was not asked then", None
        standards.append(
            ComparedStandard(
                each.number, each.title, words, each.self_counts, each.agreed_counts, was,
                before[was].self_counts if was is not None else None,
                before[was].agreed_counts if was is not None else None,
            )
        )  # fmt: skip
    pairs = {each.number: each.then for each in standards if each.then is not None}
    earlier = {row.membership_id: row for row in then.rows}
    return ComparisonReport(
        about=now.about,
        then=then.about,
        asked=now.asked,
        returned=now.returned,
        asked_then=then.asked,
        returned_then=then.returned,
        lineage=_through(known),
        standards=standards,
        agencies=[
            _agency(row, earlier.get(row.membership_id), pairs, formed.get(row.membership_id, ()))
            for row in now.rows
        ],
        dropped=_dropped(then, known),
    )


def _agency(
    row: StandardsRow,
    was: StandardsRow | None,
    pairs: Mapping[int, int],
    formed: Sequence[str],
) -> ComparedAgency:
    if formed:
        note = f"Not compared: carries on what {' and '.join(formed)} did"
    elif was is None:
        note = "Not compared: was not asked then"
    else:
        both = {
            number: old
            for number, old in pairs.items()
            if number in row.agreed and old in was.agreed
        }
        return ComparedAgency(
            row.agency,
            "",
            {n: (was.self_ratings.get(o), row.self_ratings.get(n)) for n, o in both.items()},
            {n: (was.agreed.get(o), row.agreed.get(n)) for n, o in both.items()},
        )
    return ComparedAgency(row.agency, note, {}, {})


def _dropped(then: StandardsReport, known: Known | None) -> list[tuple[int, str, str]]:
    if known is None:
        return []
    reasons = {int(each.of): each.reason for each in known.lineage.dropped.standards}
    return [
        (each.number, each.title, reasons[each.number])
        for each in then.standards
        if each.number in reasons
    ]


def _through(known: Known | None) -> str:
    if known is None:
        return "No lineage leads from the earlier tool to this one, so no standard is compared."
    if known.same_tool:
        return "Both used the same version of the same tool."
    lineage = known.lineage
    return (
        f"Standards are matched by version {lineage.lineage} of the lineage of "
        f"{lineage.tool.words} from {lineage.was.words}."
    )
