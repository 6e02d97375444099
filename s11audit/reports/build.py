"""Collects a report's figures, cut off at the end of its day in London (domain rules 5 and 6).

The compliance table takes 7 queries (8 where agencies confirm their own results) and the standards
5, whatever the number of agencies; the tool is read once a process besides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy.orm import Session

from s11audit.domain.dates import end_of_day, london_today
from s11audit.domain.enums import (
    Category,
    Participation,
    Rag,
)
from s11audit.domain.policy import Actor
from s11audit.models import Stage
from s11audit.queries import reports as queries
from s11audit.queries.reports import ConfirmedRead, PublicationRead, ReturnRead
from s11audit.queries.tools import in_scope
from s11audit.reports.build_basics import Basics, ReadTogether
from s11audit.reports.data import (
    NOT_RATED,
    RATING_KEYS,
    ComplianceReport,
    ComplianceRow,
    StandardCounts,
    StandardsReport,
    StandardsRow,
)
from s11audit.reports.reading import (
    Ratings,
    read_agreed,
    read_categories,
    read_disputed,
    read_improvements,
    read_self,
)
from s11audit.scoring.as_at import returned_submission
from s11audit.scoring.compliance_table import (
    Row,
    RowFacts,
    recorded_row,
    row,
    totals,
)

Said = PublicationRead | ConfirmedRead
_by_membership = attrgetter("membership_id")
_by_return = attrgetter("return_id")


def build_compliance(
    session: Session,
    actor: Actor,
    cycle_id: int,
    stage_number: int,
    as_at: date | None = None,
    *,
    board_id: int | None = None,
    now: datetime,
) -> ComplianceReport:
    """Return the compliance table of a stage as at a day, today where none is given.

    Raises NotFound for a stage that is not there, out of the actor's reach or, where `board_id`
    is given, not of that board; and Invalid for a day in the future.
    """
    basics = Basics(session, actor, cycle_id, stage_number, as_at, board_id, now)
    stage, by = basics.stage, basics.by
    submitted = _submitted(session, [stage.id], by)
    published = queries.publications(session, cycle_id, by)
    confirmed: dict[int, Ratings] = {}
    agreed = _merged(published, _by_membership)
    published_for = _merged(published, _by_return)
    if basics.confirmed:
        said = queries.confirmations(session, cycle_id, by)
        confirmed = _merged(said, _by_membership)
        published_for = _merged(said, _by_return)
        agreed = _since_confirmed(said, published)
    disputed = _disputed(published)
    kept = queries.kept(session, stage.id, by) if stage.number > 1 else {}
    improvements = queries.improvements(session, stage.id, by)
    monitored = queries.monitored(session, stage.id, by)

    def work_out(each: ReturnRead) -> Row:
        if _is_recorded(each):
            return _recorded(each)
        facts = RowFacts(
            participation=Participation(each.participation),
            returned=each.id in submitted,
            applicable=basics.applicable(each.categories),
            self_ratings=submitted.get(each.id, {}),
            agreed=agreed.get(each.membership_id, {}),
            published_standards={*published_for.get(each.id, ()), *kept.get(each.id, ())},
            improvements=read_improvements(improvements.get(each.id, "")),
            plan_returned=each.plan_returned,
            monitored=each.id in monitored,
            basis=stage.cycle.basis,
            rule=basics.tool.compliance_rule,
            confirmed=confirmed.get(each.membership_id, {}),
        )
        worked_out = row(facts)
        if basics.scoped:
            now_over = row(
                replace(facts, applicable=basics.applicable(each.categories, so_far=True))
            )
            worked_out = replace(
                worked_out, current=now_over.current, current_counts=now_over.current_counts
            )
        return worked_out

    worked_out = [(each, work_out(each)) for each in basics.asked]
    sums = totals(line for _each, line in worked_out)
    return ComplianceReport(
        about=basics.about,
        asked=sums.asked,
        returned=sums.returned,
        initial=sums.initial,
        current=sums.current,
        rows=[
            ComplianceRow(
                each.agency,
                read_categories(each.categories),
                line.returned,
                line.initial,
                line.plan_returned,
                line.actions_completed,
                line.monitored,
                line.current,
                line.initial_counts,
                line.current_counts,
                _is_recorded(each),
                basics.note(each.id),
                len(disputed.get(each.membership_id, ())),
            )
            for each, line in worked_out
        ],
        not_counted=[basics.standing_note(each) for each in basics.left_out],
    )


def read_together(
    session: Session,
    stages: Mapping[int, Sequence[Stage]],
    wanted: Sequence[Stage],
    as_at: date | None,
    *,
    now: datetime,
) -> ReadTogether:
    """Return what reports of the `wanted` ones of these stages (by cycle) begin with, in two
    queries. `build_standards` asks what the actor may read."""
    by = end_of_day(as_at or london_today(now))
    ids = [each.id for each in wanted]
    return ReadTogether(stages, queries.standings(session, ids, by), _submitted(session, ids, by))


def build_standards(
    session: Session,
    actor: Actor,
    cycle_id: int,
    stage_number: int,
    as_at: date | None = None,
    *,
    board_id: int | None = None,
    read: ReadTogether | None = None,
    now: datetime,
) -> StandardsReport:
    """Return the ratings by standard and agency of a stage as at a day, today where none is
    given. Agreed ratings are the latest published in any stage of the cycle so far. `read`: what
    was read for several such reports at once.

    Raises as `build_compliance`.
    """
    basics = Basics(session, actor, cycle_id, stage_number, as_at, board_id, now, read)
    submitted = read.submitted if read else _submitted(session, [basics.stage.id], basics.by)
    published = queries.publications(session, cycle_id, basics.by)
    agreed, disputed = _merged(published, _by_membership), _disputed(published)
    asked = [each for each in basics.asked if _is_rated(each)]
    rows = []
    for each in asked:
        numbers = basics.applicable(each.categories)
        own, given = submitted.get(each.id, {}), agreed.get(each.membership_id, {})
        rows.append(
            StandardsRow(
                each.agency,
                each.id in submitted or _recorded_as_returned(each),
                {number: own.get(number) for number in numbers},
                {number: given.get(number) for number in numbers},
                basics.note(each.id),
                each.membership_id,
                disputed.get(each.membership_id, frozenset()),
            )
        )
    own_counts = _counts(line.self_ratings for line in rows)
    given_counts = _counts(line.agreed for line in rows)
    nothing = dict.fromkeys(RATING_KEYS, 0)
    return StandardsReport(
        about=basics.about,
        asked=len(rows),
        returned=sum(line.returned for line in rows),
        standards=[
            StandardCounts(
                standard.number,
                standard.title,
                own_counts.get(standard.number, nothing),
                given_counts.get(standard.number, nothing),
            )
            for standard in in_scope(basics.tool, tuple(Category), basics.stage.scope_standards)
        ],
        rows=rows,
        not_counted=[basics.standing_note(each) for each in basics.left_out if _is_rated(each)],
        advisory=len(basics.asked) - len(asked),
        recorded_rows=sum(_is_recorded(each) for each in asked),
    )


def _submitted(session: Session, stage_ids: Sequence[int], by: datetime) -> dict[int, Ratings]:
    """Return the self ratings of the submission that counts, of each return that was in."""
    times: dict[int, list[tuple[datetime, datetime | None]]] = {}
    ratings: dict[int, list[str]] = {}
    for return_id, effective_at, sent_back_at, given in queries.submissions(session, stage_ids, by):
        times.setdefault(return_id, []).append((effective_at, sent_back_at))
        ratings.setdefault(return_id, []).append(given)
    found: dict[int, Ratings] = {}
    for return_id, each in times.items():
        counted = returned_submission(each, by)
        if counted is not None:
            found[return_id] = read_self(ratings[return_id][counted])
    return found


def _since_confirmed(
    confirmed: Sequence[ConfirmedRead], published: Sequence[PublicationRead]
) -> dict[int, Ratings]:
    """Return each membership's agreed ratings that were published after it last confirmed the
    standard; one published before a later confirmation counts no more (domain rule 6)."""
    found: dict[int, dict[int, Rag | None]] = {}
    # A confirmation comes before what was published at the same moment.
    events = [(each.at, 0, each) for each in confirmed] + [(each.at, 1, each) for each in published]
    for _at, kind, each in sorted(events, key=lambda event: event[:2]):
        ratings = read_agreed(each.ratings)
        agreed = found.setdefault(each.membership_id, {})
        if kind:
            agreed |= ratings
        else:
            for number in ratings:
                agreed.pop(number, None)
    return dict(found)


def _merged(published: Iterable[Said], key: Callable[[Said], int]) -> dict[int, Ratings]:
    """Return the latest ratings by `key`; the publications come the earliest first."""
    found: dict[int, Ratings] = {}
    for each in published:
        ratings, before = read_agreed(each.ratings), found.get(key(each))
        found[key(each)] = ratings if before is None else {**before, **ratings}
    return found


def _disputed(published: Iterable[PublicationRead]) -> dict[int, frozenset[int]]:
    """Return, by membership, the standards whose latest published rating the agency disputed."""
    found: dict[int, frozenset[int]] = {}
    for each in published:
        before = found.get(each.membership_id, frozenset())
        now = read_disputed(each.ratings)
        if before or now:
            found[each.membership_id] = (before - read_agreed(each.ratings).keys()) | now
    return found


def _counts(rows: Iterable[Ratings]) -> dict[int, dict[str, int]]:
    """Count the ratings of each standard; where one does not apply it is counted nowhere."""
    found: dict[int, dict[str, int]] = {}
    for ratings in rows:
        for number, rag in ratings.items():
            counts = found.setdefault(number, dict.fromkeys(RATING_KEYS, 0))
            counts[rag.value if rag else NOT_RATED] += 1
    return found


def _is_rated(each: ReturnRead) -> bool:
    return each.participation != Participation.ADVISORY


def _is_recorded(each: ReturnRead) -> bool:
    return each.outcome[0] is not None


def _recorded_as_returned(each: ReturnRead) -> bool:
    return _is_recorded(each) and _recorded(each).returned


def _recorded(each: ReturnRead) -> Row:
    return recorded_row(*(cell or "" for cell in each.outcome))
