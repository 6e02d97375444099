"""Draws: the pool is frozen and logged, then the seed is fixed, and the picks follow from both
(domain rule 30). The command line does both steps at once, and the record says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from secrets import token_hex

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Role, SeedSource
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.texts import one_line, several_lines
from s11audit.models import Draw, DrawCandidate, DrawStratum, Stage
from s11audit.queries.cycles import stage_on
from s11audit.queries.draws import Stratum, pool_of
from s11audit.scoring.draw import check_count, check_seed, draw
from s11audit.scoring.words import is_blank
from s11audit.services import log

MOST_STRATA = 9


@dataclass(frozen=True)
class PublicDraw:
    """The public draw whose number will be the seed: its name, and the day it is held."""

    name: str
    on: date


def draw_at_once(
    session: Session,
    actor: Actor,
    board_id: int,
    stage_id: int,
    strata: Sequence[Stratum],
    seed: str,
    *,
    reason: str = "",
    now: datetime,
) -> Draw:
    """Freeze the pool and draw by the seed given, in one step, and return the draw.

    A draw in whose pool an agency stands that an earlier draw of the stage had in its pool is a
    redraw and needs a `reason`; the earlier one stays. Raises Invalid for an empty seed, for more
    than a pool holds and for a missing reason, Refused while another draw waits for its seed.
    """
    check_seed(seed)
    made, role = _freeze(
        session, actor, board_id, stage_id, strata, SeedSource.GIVEN, None, reason, now
    )
    _draw(session, actor, role, board_id, made, seed, now)
    return made


def freeze(
    session: Session,
    actor: Actor,
    board_id: int,
    stage_id: int,
    strata: Sequence[Stratum],
    *,
    public: PublicDraw | None = None,
    reason: str = "",
    now: datetime,
) -> Draw:
    """Freeze and log the pool of a draw that waits for its seed, and return it.

    With `public`, the seed will be the number of that public draw, which is held on a later day;
    else the service makes it. Raises as `draw_at_once`.
    """
    if public is not None:
        name = one_line(public.name, "public_draw", "name of the public draw", 200)
        public = PublicDraw(name, public.on)
        if public.on <= london_today(now):
            raise _invalid(
                "public_on",
                "The public draw must be held after today, so that nobody can know its number",
            )
    source = SeedSource.PUBLIC if public else SeedSource.GENERATED
    return _freeze(session, actor, board_id, stage_id, strata, source, public, reason, now)[0]


def fix_seed(
    session: Session,
    actor: Actor,
    board_id: int,
    draw_id: int,
    *,
    number: str = "",
    now: datetime,
) -> Draw:
    """Fix the seed of a frozen draw, draw, and return it: the service makes the seed, or `number`
    is the public draw's. Raises Refused before the day of the public draw, and where the draw has
    its seed already or was given up."""
    role = _check(actor, board_id)
    found = _waiting(session, board_id, draw_id)
    if found.seed_source is SeedSource.GENERATED:
        seed = token_hex(16)
    else:
        assert found.public_on is not None  # the table says so
        if london_today(now) < found.public_on:
            raise Refused(
                f"The public draw is held on {in_words(found.public_on)}: come back then."
            )
        seed = check_seed(number.strip())
    _draw(session, actor, role, board_id, found, seed, now)
    return found


def give_up(
    session: Session, actor: Actor, board_id: int, draw_id: int, reason: str, *, now: datetime
) -> None:
    """Give up a draw that waits for its seed; it stays on record. Raises Invalid without a
    reason, Refused where it has its seed."""
    role = _check(actor, board_id)
    found = _waiting(session, board_id, draw_id)
    found.given_up_reason = several_lines(reason, "reason", "reason")
    found.given_up_at = now
    found.given_up_by_id = actor.user_id
    log.record(
        session, actor, role, "draw.given_up", "draw", found.id, now=now, board_id=board_id,
        after={"number": found.number, "reason": found.given_up_reason},
    )  # fmt: skip


def _check(actor: Actor, board_id: int) -> Role:
    return policy.check(actor, Can.MANAGE_VISITS, Facts(board_id), sees=Can.SEE_BOARD)


def _freeze(
    session: Session,
    actor: Actor,
    board_id: int,
    stage_id: int,
    strata: Sequence[Stratum],
    source: SeedSource,
    public: PublicDraw | None,
    reason: str,
    now: datetime,
) -> tuple[Draw, Role]:
    role = _check(actor, board_id)
    # One draw of a stage at a time: its number, and whether it is a redraw, hang on the others.
    session.execute(select(Stage.id).where(Stage.id == stage_id).with_for_update())
    stage = stage_on(session, board_id, stage_id)
    pools = _pools(session, stage, strata)
    earlier = session.scalar(select(func.max(Draw.number)).where(Draw.stage_id == stage.id)) or 0
    reason = several_lines(reason, "reason", "reason") if not is_blank(reason) else ""
    _check_others(session, stage, pools, reason)
    made = Draw(
        stage_id=stage.id,
        number=earlier + 1,
        seed_source=source,
        public_draw=public.name if public else None,
        public_on=public.on if public else None,
        reason=reason,
        frozen_at=now,
        frozen_by_id=actor.user_id,
        strata=[
            DrawStratum(
                number=number,
                category=stratum.category,
                statutory=stratum.statutory,
                wanted=stratum.count,
                pool=[
                    DrawCandidate(place=place, return_id=return_id, name=name)
                    for place, (return_id, name) in enumerate(pool, 1)
                ],
            )
            for number, (stratum, pool) in enumerate(zip(strata, pools, strict=True), 1)
        ],
    )
    session.add(made)
    session.flush()
    log.record(
        session, actor, role, "draw.frozen", "draw", made.id, now=now, board_id=board_id,
        after={
            "stage": stage.number, "cycle": stage.cycle.name, "number": made.number,
            "seed_source": source.value, "public_draw": made.public_draw,
            "public_on": made.public_on, "reason": reason,
            "strata": [
                {
                    "category": stratum.category, "statutory": stratum.statutory,
                    "count": stratum.wanted, "pool": [each.name for each in stratum.pool],
                    "pool_sha256": _fingerprint([each.name for each in stratum.pool]),
                }
                for stratum in made.strata
            ],
        },
    )  # fmt: skip
    return made, role


def _pools(
    session: Session, stage: Stage, strata: Sequence[Stratum]
) -> list[list[tuple[int, str]]]:
    if not strata:
        raise _invalid("strata", "Say from which agencies to draw, and how many")
    if len(strata) > MOST_STRATA:
        raise _invalid("strata", f"A draw has at most {MOST_STRATA} parts")
    pools = []
    seen: set[tuple[object, bool]] = set()
    for number, stratum in enumerate(strata, 1):
        try:
            if stratum.category is None and not stratum.statutory:
                raise _invalid("category", "Select a category, or statutory agencies only")
            if (stratum.category, stratum.statutory) in seen:
                raise _invalid("category", f"{stratum.words} is drawn from already")
            seen.add((stratum.category, stratum.statutory))
            pool = pool_of(session, stage.id, stratum.category, stratum.statutory)
            check_count(stratum.count, len(pool), stratum.words)
        except Invalid as error:
            raise Invalid(
                str(error), {f"{name}_{number}": text for name, text in error.problems.items()}
            ) from None
        pools.append(pool)
    return pools


def _check_others(
    session: Session, stage: Stage, pools: list[list[tuple[int, str]]], reason: str
) -> None:
    """Refuse a second draw that waits; ask a redraw for its reason."""
    waiting = session.scalar(
        select(Draw.number).where(
            Draw.stage_id == stage.id, Draw.drawn_at.is_(None), Draw.given_up_at.is_(None)
        )
    )
    if waiting is not None:
        raise Refused(f"Draw {waiting} of this stage waits for its seed. Fix that or give it up.")
    wanted = {return_id for pool in pools for return_id, _ in pool}
    before = session.execute(
        select(DrawCandidate.return_id, Draw.number)
        .join(Draw, Draw.id == DrawCandidate.draw_id)
        .where(Draw.stage_id == stage.id)
        .order_by(Draw.number)
    )
    first = next((number for return_id, number in before if return_id in wanted), None)
    if first is not None and not reason:
        message = (
            f"Agencies of this pool were in draw {first} of this stage already."
            " Give the reason for drawing again"
        )
        raise _invalid("reason", message)


def _draw(
    session: Session, actor: Actor, role: Role, board_id: int, made: Draw, seed: str, now: datetime
) -> None:
    picked = []
    for stratum in made.strata:
        drawn = draw(seed, [each.name for each in stratum.pool], stratum.wanted)
        places = {each.name: (place, each) for place, each in enumerate(drawn.ranked, 1)}
        for candidate in stratum.pool:
            candidate.drawn_place, ranked = places[candidate.name]
            candidate.digest = ranked.digest
        picked.append(list(drawn.picked))
    made.seed = seed
    made.drawn_at = now
    made.drawn_by_id = actor.user_id
    session.flush()
    log.record(
        session, actor, role, "draw.made", "draw", made.id, now=now, board_id=board_id,
        after={
            "number": made.number, "seed": seed, "seed_source": made.seed_source.value,
            "at_once": made.seed_source is SeedSource.GIVEN, "picked": picked,
        },
    )  # fmt: skip


def _waiting(session: Session, board_id: int, draw_id: int) -> Draw:
    found = session.scalar(select(Draw).where(Draw.id == draw_id).with_for_update())
    if found is None or found.stage.cycle.board_id != board_id:
        raise NotFound("There is no such draw on this board.")
    if found.drawn_at is not None:
        raise Refused("This draw has its seed already. A new draw needs a reason.")
    if found.given_up_at is not None:
        raise Refused("This draw was given up.")
    return found


def _fingerprint(pool: list[str]) -> str:
    return sha256("\n".join(pool).encode()).hexdigest()


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(f"{message}.", {field: message})
