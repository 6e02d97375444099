"""A board's dashboard: how its returns stand and what needs doing next."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import Basis
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.models import Board
from s11audit.queries.dashboard import (
    AgencyCount,
    StageFigures,
    agencies_without_people,
    agency_count,
    pending_invitations,
    plan_figures,
    stage_figures,
)
from s11audit.queries.escalations import steps_due
from s11audit.queries.left_work import left_to_the_office
from s11audit.queries.plan_lists import Show
from s11audit.queries.review_queue import Waiting, queue_counts
from s11audit.queries.screening import to_be_screened
from s11audit.views.guards import actor, board, now
from s11audit.views.listing import link_to

bp = Blueprint("boards", __name__)

# How many, its words for one and for several, what they wait for, and the list that shows them.
Counted = tuple[int, str, str, str, str, str]


@dataclass(frozen=True)
class Step:
    """Something that needs doing: words, and the page where it is done, if any."""

    text: str
    href: str | None = None


@bp.get("/boards/<slug:board>")
@board(Can.SEE_BOARD)
def dashboard(board: Board) -> str:
    """What a person sees of the board at first, by what they may do there."""
    facts = Facts(board.id)
    may = {action.value: can(actor(), action, facts) for action in Can}
    today = london_today(now())
    figures: list[StageFigures] = []
    if may["list_returns"] or may["read_reports"]:
        figures = stage_figures(db.session, board.id, now(), today)
    steps: list[Step] = []
    if may["manage_cycles"]:
        steps += _office_steps(board, figures, agency_count(db.session, board.id, today))
        steps += _people_steps(board)
    elif may["manage_people"]:
        steps += _people_steps(board)
    if may["see_queue"]:
        steps += _qa_steps(board)
    if may["allot"]:
        steps += _reviewer_steps(board, figures)
    current = [each for each in figures if each.open]
    return render_template(
        "boards/dashboard.html",
        board=board,
        may=may,
        steps=steps,
        current=current,
        coming=[each for each in figures if not each.open and not each.stage.closed_at],
        closed=[each for each in figures if each.stage.closed_at],
        link=link_to,
    )


def _office_steps(board: Board, figures: list[StageFigures], agencies: AgencyCount) -> list[Step]:
    place = {"board": board.slug}
    steps: list[Step] = []
    if not agencies.full + agencies.advisory:
        steps.append(Step("Add the board’s agencies", link_to("agencies.index", **place)))
    elif not [each for each in figures if not each.stage.closed_at]:
        steps.append(Step("Open a cycle", link_to("cycles.open_new", **place)))
    screened = to_be_screened(db.session, board.id)
    if screened:
        words = "1 return is" if screened == 1 else f"{screened} returns are"
        steps.append(Step(f"{words} to be screened", link_to("screening.index", **place)))
    due = steps_due(db.session, board.id, london_today(now()))
    if due:
        words = "1 escalation has a step" if due == 1 else f"{due} escalations have a step"
        steps.append(Step(f"{words} to be taken", link_to("escalations.index", **place)))
    for each in figures:
        steps += _stage_steps(place, each)
    if any(each.stage.cycle.basis is Basis.CONFIRMED for each in figures):
        steps += _counted_steps(board, _plan_counts(board, Basis.CONFIRMED))
    return steps


def _stage_steps(place: dict[str, str], each: StageFigures) -> list[Step]:
    stage = each.stage
    name = f"stage {stage.number} of {stage.cycle.name}"
    here = place | {"stage": str(stage.id)}
    steps: list[Step] = []
    if each.late:
        text = f"{_returns(each.late)} late in {name}: write to the agencies"
        steps.append(Step(text, link_to("chasing.write", **here)))
    submitted = each.to_review
    if submitted:
        words = (
            "1 submitted return waits"
            if submitted == 1
            else (f"{submitted} submitted returns wait")
        )
        href = link_to("returns.index", **here, state="submitted")
        steps.append(Step(f"{words} for QA in {name}", href))
    if each.results_to_return:
        number = each.results_to_return
        words = "1 result waits" if number == 1 else f"{number} results wait"
        href = link_to("confirming.results", board=place["board"], stage_id=stage.id)
        steps.append(Step(f"{words} to be returned to the agency in {name}", href))
    if each.sent_back:
        words = "1 return was" if each.sent_back == 1 else f"{each.sent_back} returns were"
        href = link_to("returns.index", **here, state="sent_back")
        steps.append(Step(f"{words} sent back and not yet submitted again in {name}", href))
    if not each.open and not stage.closed_at:
        text = f"Stage {stage.number} of {stage.cycle.name} opens on {in_words(stage.opens_on)}"
        href = link_to("cycles.show", board=place["board"], cycle_id=stage.cycle_id)
        steps.append(Step(text, href))
    elif each.open and each.asked and not each.out:
        text = f"No return is still out in {name}: you can close the stage"
        href = link_to("cycles.close_stage", board=place["board"], stage_id=stage.id)
        steps.append(Step(text, href))
    elif each.due_soon:
        text = f"{_returns(each.due_soon)} due within 7 days in {name}"
        steps.append(Step(text, link_to("returns.index", **here, sort="due")))
    return steps


def _people_steps(board: Board) -> list[Step]:
    href = link_to("accounts.people", board=board.slug)
    steps: list[Step] = []
    empty = agencies_without_people(db.session, board.id, london_today(now()))
    if empty:
        words = "1 agency has" if empty == 1 else f"{empty} agencies have"
        text = f"{words} a return to make and nobody to fill it in: invite somebody"
        steps.append(Step(text, href))
    left = left_to_the_office(db.session, board.id, now())
    if left:
        words = "1 review or visit is" if left == 1 else f"{left} reviews and visits are"
        text = f"{words} in the hands of people who have left: give them to others"
        steps.append(Step(text, link_to("accounts.left_work", board=board.slug)))
    pending = pending_invitations(db.session, board.id, now())
    if pending:
        words = "1 invitation is" if pending == 1 else f"{pending} invitations are"
        steps.append(Step(f"{words} not yet accepted", href))
    return steps


def _qa_steps(board: Board) -> list[Step]:
    waiting = queue_counts(db.session, actor(), board.id)
    counted: list[Counted] = [
        (waiting[Waiting.SUBMITTED], "submitted return waits", "submitted returns wait",
         "for a review to start", "reviews.queue", Waiting.SUBMITTED),
        (waiting[Waiting.IN_REVIEW], "return is", "returns are", "in review", "reviews.queue",
         Waiting.IN_REVIEW),
        (waiting[Waiting.READY], "return is", "returns are",
         "rated and ready for the chair to agree and publish", "reviews.queue", Waiting.READY),
        (waiting[Waiting.DISPUTED], "return has", "returns have", "disputes to decide",
         "reviews.queue", Waiting.DISPUTED),
        *_plan_counts(board, Basis.AGREED),
    ]  # fmt: skip
    return _counted_steps(board, counted)


def _reviewer_steps(board: Board, figures: list[StageFigures]) -> list[Step]:
    """What nobody reviews yet, for those who allot."""
    return [
        Step(
            f"{'1 return has' if each.unallotted == 1 else f'{each.unallotted} returns have'}"
            " no reviewer yet in"
            f" stage {each.stage.number} of {each.stage.cycle.name}",
            link_to("allotments.stage", board=board.slug, stage_id=each.stage.id),
        )
        for each in figures
        if each.unallotted
    ]


def _plan_counts(board: Board, basis: Basis) -> list[Counted]:
    """What plans wait for: QA's decision, or the office's where agencies confirm their results."""
    plans = plan_figures(db.session, board.id, basis)
    return [
        (plans.to_decide, "action plan waits", "action plans wait", "for a decision",
         "actions.index", Show.WITH_QA),
        (plans.to_verify, "action is", "actions are", "reported complete and to be verified",
         "actions.index", Show.FOR_QA),
        (plans.to_rate, "standard has", "standards have",
         "every action verified and to be rated again", "actions.index", Show.FOR_QA),
    ]  # fmt: skip


def _counted_steps(board: Board, counted: list[Counted]) -> list[Step]:
    return [
        Step(
            f"{number} {one if number == 1 else many} {rest}",
            link_to(endpoint, board=board.slug, show=show),
        )
        for number, one, many, rest, endpoint, show in counted
        if number
    ]


def _returns(number: int) -> str:
    return "1 return is" if number == 1 else f"{number} returns are"
