"""How the demonstration is told: events at moments, played in the order of time through the real
services, so that log, submissions, ratings and plans have a real history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.demonstration import texts
from s11audit.demonstration.texts import Invented
from s11audit.domain.dates import LONDON, london_today
from s11audit.domain.enums import Category, Rag
from s11audit.domain.policy import Actor
from s11audit.exchange.plan import Progress
from s11audit.models import Return, Stage
from s11audit.scoring.answers import Judgement, Outcome, Percentage, Text
from s11audit.services import responses
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.tools.schema import Standard, Tool

Do = Callable[[datetime], object]


@dataclass
class Story:
    """The session it is written in, the day it is told, and what is still to be played."""

    session: Session
    now: datetime
    board_id: int
    actors: dict[str, Actor] = field(default_factory=dict)
    returns: dict[tuple[str, int], int] = field(default_factory=dict)
    events: list[tuple[datetime, int, Do]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    reviewers: dict[int, list[Actor]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day it is told, in London."""
        return london_today(self.now)

    def day(self, offset: int) -> date:
        """Return the day that many days from today."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, clock: tuple[int, int], do: Do) -> None:
        """Have something happen on a day, at hour and minute in London."""
        moment = datetime.combine(self.day(offset), time(*clock), LONDON)
        moment = min(moment.astimezone(self.now.tzinfo), self.now)
        self.events.append((moment, next(self.order), do))

    def play(self, progress: Progress) -> None:
        """Let everything happen, in the order of time."""
        events = sorted(self.events, key=lambda event: event[:2])
        for done, (moment, _order, do) in enumerate(events):
            progress(done, len(events))
            do(moment)
        self.session.flush()

    def lead(self, agency: Invented) -> Actor:
        """Return the actor who leads at an agency."""
        return self.actors[agency.name]

    def remember(self, key: str, cycle_id: int, members: dict[int, int], *, stage: int = 1) -> None:
        """Note the returns of a cycle's stage by agency; `members` maps a membership to its
        agency's number."""
        rows = self.session.execute(
            select(Return.membership_id, Return.id)
            .join(Stage)
            .where(Stage.cycle_id == cycle_id, Stage.number == stage)
        )
        for membership_id, return_id in rows:
            self.returns[key, members[membership_id]] = return_id

    def save(
        self,
        key: str,
        agency: Invented,
        tool: Tool,
        standard: Standard,
        values: ResponseValues,
        moment: datetime,
        by: Actor | None = None,
    ) -> None:
        """Save one standard of a return for the first time."""
        responses.save_response(
            self.session,
            by or self.lead(agency),
            self.returns[key, agency.number],
            standard.number,
            values,
            based_on=0,
            now=moment,
        )


def filled_in(
    agency: Invented,
    tool: Tool,
    standard: Standard,
    own: Rag,
    stands: Rag,
    topic: str,
    day: date,
    turn: int,
) -> ResponseValues:
    """Return a whole response: how the agency rates itself, answers that fit how it `stands`, a
    statement, and for a shortfall what it proposes to do."""
    label = tool.rating_for_rag(own).label
    if own is Rag.NA:
        return ResponseValues(self_label=label, na_reason=texts.said("na_reason"))
    proposed: Sequence[ProposedActionValues] = ()
    if own in texts.SHORTFALLS:
        what, owner = texts.action(topic, agency.number)
        due = day + timedelta(days=90 + 10 * (agency.number % 6))
        proposed = [ProposedActionValues(what, owner, due)]
    return ResponseValues(
        statement=texts.statement(agency, topic, stands, day, turn),
        self_label=label,
        answers=answers(agency, standard, agency.categories, stands, day),
        proposed_actions=tuple(proposed),
    )


def answers(
    agency: Invented,
    standard: Standard,
    categories: Sequence[Category],
    stands: Rag,
    day: date,
) -> dict[str, dict[str, object]]:
    """Return an answer to each requirement, as its class stores it."""
    found: dict[str, dict[str, object]] = {}
    for place, requirement in enumerate(standard.requirements_for(categories)):
        if requirement.kind == Percentage.kind:
            part, whole = texts.share_of(agency, standard.number, stands)
            stored = Percentage(part, whole, day - timedelta(days=12)).to_stored()
        elif requirement.kind == Text.kind:
            stored = Text(texts.text_answer(requirement.key)).to_stored()
        else:
            stored = Judgement(_outcome(requirement.essential, place, stands)).to_stored()
        found[requirement.key] = stored
    return found


def _outcome(essential: bool, place: int, stands: Rag) -> Outcome:
    if stands is Rag.GREEN or (stands is Rag.AMBER and (essential or place == 0)):
        return Outcome.MET
    if stands is Rag.AMBER:
        return Outcome.PARTLY_MET
    return Outcome.NOT_MET if essential or place else Outcome.PARTLY_MET
