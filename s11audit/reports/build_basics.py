"""What both reports of a stage begin with: the stage, the day, its tool, and who was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import end_of_day, london_today
from s11audit.domain.enums import UNCOUNTED_STANDINGS, Basis, Standing
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.models import Stage
from s11audit.queries import reports as queries
from s11audit.queries.reports import ReturnRead, StandingRead
from s11audit.queries.tools import in_scope, tool_of
from s11audit.reports.data import About, StandingNote
from s11audit.reports.reading import Ratings, read_categories
from s11audit.tools.schema import Tool


@dataclass(frozen=True)
class ReadTogether:
    """What reports of several stages as at one day begin with, read at once: the stages of each
    cycle by number, and of the returns how they stood and their self ratings."""

    stages: Mapping[int, Sequence[Stage]]
    standings: Mapping[int, StandingRead]
    submitted: Mapping[int, Ratings]


class Basics:
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
            found = in_scope(self.tool, read_categories(categories), scope)
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


def _standing_note(agency: str, standing: StandingRead) -> StandingNote:
    return StandingNote(agency, standing.standing, standing.reason, london_today(standing.since))
