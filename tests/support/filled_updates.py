"""The second year of some cycles of the filled board: an update that is begun, one under review,
and a confirmation."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from s11audit.domain.enums import Ask
from s11audit.models import Return, Stage
from s11audit.queries.carrying import draft_of
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import return_by_id
from s11audit.services import cycles, reviews
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.still_true import say_still_true
from s11audit.services.submitting import submit
from tests.support.filled_builder import Builder
from tests.support.filled_states import SIGNATORY

FOLLOWED_UP = {
    "update": "plan_underway", "update_in_review": "plan_open", "confirmation": "closed",
}  # fmt: skip


def follow_up(builder: Builder) -> None:
    """Open the second stage of three cycles, and go as far as their names say."""
    for name, state in FOLLOWED_UP.items():
        return_ = _open(builder, builder.made.cycle_ids[state])
        builder.made.return_ids[name] = return_.id
    _answer(builder, builder.made.return_ids["update"], some=True)
    in_review = builder.made.return_ids["update_in_review"]
    _answer(builder, in_review, some=False)
    submit(builder.session, builder.actor("lead"), in_review, SIGNATORY, True, now=builder.later())
    reviews.start_review(builder.session, builder.actor("qa"), in_review, now=builder.later())


def _open(builder: Builder, cycle_id: int) -> Return:
    stage = builder.session.scalars(
        select(Stage).where(Stage.cycle_id == cycle_id, Stage.number == 2)
    ).one()
    cycles.open_stage(builder.session, builder.actor("office"), stage.id, now=builder.later())
    found = builder.session.scalars(
        select(Return.id).where(
            Return.stage_id == stage.id, Return.membership_id == builder.made.membership_id
        )
    ).one()
    return return_by_id(builder.session, found)


def _answer(builder: Builder, return_id: int, *, some: bool) -> None:
    """Say of what was green that it is still true, and update the rest; `some`: one of each, and
    one that has changed."""
    session, actor = builder.session, builder.actor("lead")
    draft = draft_of(session, return_by_id(session, return_id)).responses
    green = [number for number, each in draft.items() if each.ask is Ask.STILL_TRUE]
    said = {green[0]: True, green[1]: False} if some else dict.fromkeys(green, True)
    say_still_true(session, actor, return_id, said, "Amira Khan", now=builder.later())
    to_update = [
        (number, each)
        for number, each in responses_of(session, return_id).items()
        if each.ask is Ask.UPDATE
    ]
    for number, response in to_update[: 1 if some else None]:
        values = ResponseValues(
            statement=response.statement,
            self_label="green",
            answers={each.requirement: each.value for each in response.answers},
            progress="The rota is complete, and calls out of hours are answered.",
            still_holds=not some,
        )
        values = replace(values, self_label=None) if some else values
        save_response(
            session, actor, return_id, number, values, based_on=response.version,
            now=builder.later(),
        )  # fmt: skip
    builder.made.ids[f"updated_{return_id}"] = to_update[0][0]
    builder.made.ids[f"still_true_{return_id}"] = green[0]
