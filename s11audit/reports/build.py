"""Collects a report's figures, cut off at the end of its day in London (domain rules 5 and 6).

The compliance table takes 7 queries (8 where agencies confirm their own results) and the standards
5, whatever the number of agencies; the tool is read once a process besides.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import end_of_day, london_today
from s11audit.domain.enums import (
    UNCOUNTED_STANDINGS,
    Basis,
    Category,
    Participation,
    Rag,
    Standing,
)
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import Stage
from s11audit.queries import reports as queries
from s11audit.queries.reports import ConfirmedRead, PublicationRead, ReturnRead, StandingRead
from s11audit.queries.tools import in_scope, tool_of
from s11audit.reports.data import (
    NOT_RATED,
    RATING_KEYS,
    About,
    ComplianceReport,
    ComplianceRow,
    StandardCounts,
    StandardsReport,
    StandardsRow,
    StandingNote,
)
from s11audit.scoring.as_at import returned_submission
from s11audit.scoring.compliance_table import (
    ImprovementFacts,
    Row,
    RowFacts,
    recorded_row,
    row,
    totals,
)
from s11audit.tools.schema import Tool

Ratings = Mapping[int, Rag | None]
Said = PublicationRead | ConfirmedRead
RAGS = {rag.value: rag for rag in Rag}
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
    basics = _Basics(session, actor, cycle_id, stage_number, as_at, board_id, now)
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
            improvements=_read_improvements(improvements.get(each.id, "")),
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
                _categories(each.categories),
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


@dataclass(frozen=True)
class ReadTogether:
    """What reports of several stages as at one day begin with, read at once: the stages of each
    cycle by number, and of the returns how they stood and their self ratings."""

    stages: Mapping[int, Sequence[Stage]]
    standings: Mapping[int, StandingRead]
    submitted: Mapping[int, Ratings]


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
    basics = _Basics(session, actor, cycle_id, stage_number, as_at, board_id, now, read)
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


class _Basics:
    """What both reports begin with: the stage, the day, its tool, and who was asked by then."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        cycle_id: int,
        stage_number: int,
        as_at: date | None,
        board_id: int | None,
        now: datetime,
        read: ReadTogether | None = None,
    ) -> None:
        self.stages = read.stages[cycle_id] if read else queries.stages_of(session, cycle_id)
        lies_on = self.stages[0].cycle.board_id
        if board_id not in (None, lies_on):
            raise NotFound("There is no such cycle on this board.")
        policy.check(actor, Can.READ_REPORTS, Facts(lies_on), sees=Can.SEE_BOARD)
        today = london_today(now)
        stage = next((each for each in self.stages if each.number == stage_number), None)
        if stage is None:
            raise NotFound(f"The cycle has no stage {stage_number}.")
        if as_at is not None and as_at > today:
            raise Invalid(
                "The date of a report must not be in the future.",
                {"as_at": "Enter a date that is not in the future"},
            )
        self.stage = stage
        self.day = as_at or today
        self.by = end_of_day(self.day)
        self.tool: Tool = tool_of(session, stage.cycle.tool_version)
        self.confirmed = stage.cycle.basis is Basis.CONFIRMED
        self.scoped = any(each.scope_standards is not None for each in self.stages)
        self.standings = read.standings if read else queries.standings(session, [stage.id], self.by)
        returns = sorted(
            queries.returns_of_stage(session, stage.id, self.by, closed_at=stage.closed_at),
            key=lambda each: (each.agency.casefold(), each.agency),
        )
        self.asked = [each for each in returns if not self._is_left_out(each)]
        self.left_out = [each for each in returns if self._is_left_out(each)]
        self._applicable: dict[tuple[str, bool], tuple[int, ...]] = {}

    @property
    def about(self) -> About:
        cycle = self.stage.cycle
        return About(
            board=cycle.board.slug,
            board_name=cycle.board.name,
            cycle_id=cycle.id,
            cycle=cycle.name,
            stage=self.stage.number,
            as_at=self.day,
            tool=self.tool.title,
            recorded=cycle.recorded,
        )

    def applicable(self, categories: str, *, so_far: bool = False) -> tuple[int, ...]:
        """Return the numbers of the standards asked of these categories (as stored) in this
        stage; `so_far`: in this or any stage before it."""
        key = (categories, so_far)
        if key not in self._applicable:
            scope = self._scope_so_far() if so_far else self.stage.scope_standards
            found = in_scope(self.tool, _categories(categories), scope)
            self._applicable[key] = tuple(standard.number for standard in found)
        return self._applicable[key]

    def _scope_so_far(self) -> set[int] | None:
        scopes = [each.scope_standards for each in self.stages if each.number <= self.stage.number]
        if any(scope is None for scope in scopes):
            return None
        return {number for scope in scopes for number in scope or ()}

    def _is_left_out(self, each: ReturnRead) -> bool:
        standing = self.standings.get(each.id)
        return standing is not None and standing.standing in UNCOUNTED_STANDINGS

    def note(self, return_id: int) -> str:
        """Return what is to be said of an asked agency: that it declined; else nothing."""
        standing = self.standings.get(return_id)
        if standing is None or standing.standing is not Standing.DECLINED:
            return ""
        return _standing_note("", standing).words

    def standing_note(self, each: ReturnRead) -> StandingNote:
        """Return who is not counted, and why."""
        return _standing_note(each.agency, self.standings[each.id])


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
            found[return_id] = _read_self(ratings[return_id][counted])
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
        ratings = _read_agreed(each.ratings)
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
        ratings, before = _read_agreed(each.ratings), found.get(key(each))
        found[key(each)] = ratings if before is None else {**before, **ratings}
    return found


@lru_cache(maxsize=4096)
def _read_self(stored: str) -> Ratings:
    """Read a submission's self ratings as they are stored. Many agencies share them, and pages
    are opened again: reading is most of a large table's time."""
    return {int(number): RAGS[rag] if rag else None for number, rag in json.loads(stored).items()}


@lru_cache(maxsize=4096)
def _read_improvements(told: str) -> tuple[ImprovementFacts, ...]:
    """Read "2:1:0 0:0:1": actions, verified, reason for none accepted."""
    found = (tuple(map(int, each.split(":"))) for each in told.split())
    return tuple(ImprovementFacts(actions, done, bool(none)) for actions, done, none in found)


@lru_cache(maxsize=4096)
def _read_agreed(ratings: str) -> Ratings:
    """Read "1:green 2:amber:disputed", without what was disputed."""
    parts = (part.split(":") for part in ratings.split(" "))
    return {int(part[0]): RAGS[part[1]] for part in parts}


@lru_cache(maxsize=4096)
def _read_disputed(ratings: str) -> frozenset[int]:
    """Read which standards of "1:green 2:amber:disputed" were disputed."""
    parts = (part.split(":") for part in ratings.split(" "))
    return frozenset(int(part[0]) for part in parts if len(part) > 2)


def _disputed(published: Iterable[PublicationRead]) -> dict[int, frozenset[int]]:
    """Return, by membership, the standards whose latest published rating the agency disputed."""
    found: dict[int, frozenset[int]] = {}
    for each in published:
        before = found.get(each.membership_id, frozenset())
        now = _read_disputed(each.ratings)
        if before or now:
            found[each.membership_id] = (before - _read_agreed(each.ratings).keys()) | now
    return found


@lru_cache(maxsize=1024)
def _categories(stored: str) -> tuple[Category, ...]:
    """Read a return's categories as they are stored, in the order of the list of categories."""
    held = set(stored.strip(";").split(";"))
    return tuple(category for category in Category if category.value in held)


def _counts(rows: Iterable[Ratings]) -> dict[int, dict[str, int]]:
    """Count the ratings of each standard; where one does not apply it is counted nowhere."""
    found: dict[int, dict[str, int]] = {}
    for ratings in rows:
        for number, rag in ratings.items():
            counts = found.setdefault(number, dict.fromkeys(RATING_KEYS, 0))
            counts[rag.value if rag else NOT_RATED] += 1
    return found


def _standing_note(agency: str, standing: StandingRead) -> StandingNote:
    return StandingNote(agency, standing.standing, standing.reason, london_today(standing.since))


def _is_rated(each: ReturnRead) -> bool:
    return each.participation != Participation.ADVISORY


def _is_recorded(each: ReturnRead) -> bool:
    return each.outcome[0] is not None


def _recorded_as_returned(each: ReturnRead) -> bool:
    return _is_recorded(each) and _recorded(each).returned


def _recorded(each: ReturnRead) -> Row:
    return recorded_row(*(cell or "" for cell in each.outcome))
