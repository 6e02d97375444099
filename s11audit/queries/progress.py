"""How far a return is: its stored responses put before the rules of completeness and rating."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Ask, AskFor, Category
from s11audit.models import Response
from s11audit.scoring.answers import Answer, read_answer
from s11audit.scoring.completeness import (
    Missing,
    RequirementFacts,
    StandardFacts,
    StandardState,
    missing,
    state_of,
)
from s11audit.scoring.ratings import RequirementFacts as RatedFacts
from s11audit.scoring.ratings import Suggestion, suggest
from s11audit.tools.schema import Standard, Tool


def answers_to(
    standard: Standard, categories: tuple[Category, ...], response: Response | None
) -> dict[str, Answer]:
    """Return the answer to each requirement that applies, blank ones included, in their order."""
    stored = {each.requirement: each.value for each in response.answers} if response else {}
    return {
        requirement.key: read_answer(requirement.kind, stored.get(requirement.key))
        for requirement in standard.requirements_for(categories)
    }


def standard_facts(
    tool: Tool, standard: Standard, categories: tuple[Category, ...], response: Response | None
) -> StandardFacts:
    """Return what the rules of completeness need to know of one standard (domain rule 9)."""
    statement_ask = tool.evidence_statement_for(standard)
    return StandardFacts(
        number=standard.number,
        self_rating_ask=tool.self_rating_for(standard),
        statement_ask=statement_ask,
        word_limit=None if statement_ask is AskFor.ABSENT else tool.statement_limit,
        requirements=tuple(
            RequirementFacts(key, answer)
            for key, answer in answers_to(standard, categories, response).items()
        ),
        self_rating=response.self_rag if response else None,
        statement=response.statement if response else "",
        na_reason=response.na_reason if response else "",
        ask=response.ask if response else Ask.FULL,
        progress=response.progress if response else "",
        confirmed=response is not None and response.still_true_at is not None,
        taken_over=response is not None and bool(response.taken_over),
        carried=response is not None and not response.version and bool(response.taken_over),
    )


def suggestion_for(
    tool: Tool, standard: Standard, categories: tuple[Category, ...], response: Response | None
) -> Suggestion:
    """Return the rating that the stored answers suggest, and why (domain rule 2)."""
    answers = answers_to(standard, categories, response)
    met_at, partly_above = tool.thresholds.met_at, tool.thresholds.partly_above
    return suggest(
        [
            RatedFacts(
                key=requirement.key,
                essential=requirement.essential,
                counts=answers[requirement.key].counts,
                outcome=answers[requirement.key].outcome(met_at, partly_above),
            )
            for requirement in standard.requirements_for(categories)
        ]
    )


def is_complete(
    tool: Tool,
    standard: Standard,
    categories: tuple[Category, ...],
    response: Response,
    today: date,
) -> bool:
    """Return whether nothing of the response lacks to be sent in. Whoever writes a response
    stores this with it, so that lists count without reading what was written."""
    facts = standard_facts(tool, standard, categories, response)
    return state_of(facts, today) is StandardState.COMPLETE


def completed(session: Session, return_ids: Collection[int]) -> dict[int, int]:
    """Return for each of these returns how many of its standards are complete, in one query."""
    if not return_ids:
        return {}
    rows = session.execute(
        select(Response.return_id, func.count())
        .where(Response.return_id.in_(return_ids), Response.complete)
        .group_by(Response.return_id)
    )
    return dict.fromkeys(return_ids, 0) | {row[0]: row[1] for row in rows}


def states(
    tool: Tool,
    standards: Iterable[Standard],
    categories: tuple[Category, ...],
    responses: Mapping[int, Response],
    today: date,
) -> dict[int, StandardState]:
    """Return how far each standard is, by its number; `today` is the day in London."""
    return {
        standard.number: state_of(
            standard_facts(tool, standard, categories, responses.get(standard.number)), today
        )
        for standard in standards
    }


def lacks(
    tool: Tool,
    standards: Iterable[Standard],
    categories: tuple[Category, ...],
    responses: Mapping[int, Response],
    today: date,
) -> list[Missing]:
    """Return everything that stands between the draft and sending it in, in the pages' order."""
    return missing(
        (
            standard_facts(tool, standard, categories, responses.get(standard.number))
            for standard in standards
        ),
        today,
    )
