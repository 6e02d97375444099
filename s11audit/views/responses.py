"""Filling in: an agency's home, the task list and the standards."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Ask, AskFor
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.forms.responses import StandardForm, assign_form, standard_form
from s11audit.models import Evidence, Membership, Return
from s11audit.queries import agency_home
from s11audit.queries.carried_plans import before_of
from s11audit.queries.carrying import draft_of
from s11audit.queries.earlier import earlier_of
from s11audit.queries.evidence import weaknesses_of
from s11audit.queries.open_improvements import open_before
from s11audit.queries.progress import states
from s11audit.queries.responses import colleagues, evidence_of, responses_of
from s11audit.queries.returns import facts_of
from s11audit.queries.still_true import can_be_said
from s11audit.queries.submissions import submissions_of
from s11audit.queries.successions import returns_inherited
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.actions import is_overdue
from s11audit.scoring.completeness import progress
from s11audit.scoring.words import words_over
from s11audit.services import responses
from s11audit.services.responses import ProposedActionValues, ResponseValues, why_not_editable
from s11audit.services.submissions import standard_part
from s11audit.transactions import writing
from s11audit.views import pointing_out, standard_pages, taking_over
from s11audit.views.guards import actor, membership, now, return_
from s11audit.views.standard_pages import StandardPage, clock

bp = Blueprint("responses", __name__)


@bp.context_processor
def words_of_the_pages() -> dict[str, Any]:
    """What the templates of this blueprint word things with."""
    return standard_pages.template_words()


@bp.get("/agencies/<int:membership_id>")
@membership(Can.SEE_AGENCY)
def home(membership: Membership) -> str:
    """What is asked of the agency, by when, how far it is, and what happens next."""
    facts = Facts(membership.board_id, membership.id, membership.agency_id)
    return render_template(
        "responses/home.html",
        membership=membership,
        tasks=agency_home.tasks(db.session, membership, now()),
        inherited=returns_inherited(db.session, membership.id),
        colleagues=colleagues(db.session, membership.id, london_today(now())),
        actor_id=actor().user_id,
        may_submit=can(actor(), Can.SUBMIT, facts),
        may_hand_over=can(actor(), Can.HAND_OVER, facts),
    )


@bp.get("/returns/<int:return_id>/tasks")
@return_(Can.SEE_DRAFT)
def tasks(return_: Return) -> str:
    """The standards of a return, how far each is and who has it in hand."""
    tool = tool_of(db.session, return_.stage.cycle.tool_version)
    standards = standards_asked(db.session, return_)
    draft = draft_of(db.session, return_)
    found = draft.responses
    how_far = states(tool, standards, return_.categories, found, london_today(now()))
    to_say = [each for each in standards if can_be_said(found.get(each.number))]
    to_fill_in = draft.asked(standards, Ask.FULL, Ask.UPDATE)
    return render_template(
        "responses/tasks.html",
        return_=return_,
        tool=tool,
        sections=standard_pages.sections(tool, to_fill_in),
        to_say=to_say,
        said=sum(found[each.number].still_true_at is not None for each in to_say),
        draft=draft,
        responses=found,
        states=how_far,
        over={
            number: words_over(each.statement, tool.statement_limit)
            for number, each in found.items()
        },
        progress=progress(how_far.values()),
        blocked=why_not_editable(return_, now()),
        still_open=open_before(db.session, return_),
        sent=submissions_of(db.session, return_.id),
        today=london_today(now()),
        present={
            each.user.id
            for each in colleagues(db.session, return_.membership_id, london_today(now()))
        },
        may=_may(return_),
    )


@bp.get("/returns/<int:return_id>/standards/<int:number>")
@return_(Can.SEE_DRAFT)
def standard(return_: Return, number: int) -> str:
    """One standard: its questions to fill in, or to read where they cannot be filled in now."""
    page = StandardPage.load(db.session, return_, number)
    if (
        why_not_editable(return_, now())
        or not _may(return_)["fill_in"]
        or page.ask is Ask.STILL_TRUE
    ):
        return _read_only(page)
    more = 1 if request.args.get("another") or not page.has_actions else 0
    form = standard_form(
        page.tool, page.standard, return_.categories, page.filled(), more_actions=more
    )
    if request.args.get("check"):
        page.mark_missing(form, london_today(now()))
    return _page(page, form)


@bp.post("/returns/<int:return_id>/standards/<int:number>")
@return_(Can.FILL_IN)
def save_standard(return_: Return, number: int) -> Any:
    """Save one standard, as it is typed (answered in JSON) or by a button."""
    page = StandardPage.blank(db.session, return_, number)
    by_script = "application/json" in request.headers.get("Accept", "")
    form = standard_form(page.tool, page.standard, page.categories, page.filled())
    valid = form.validate()
    if not valid and not form.only_dates_are_wrong():
        return _not_saved(page, form, by_script)
    try:
        with writing() as session:
            page.response = responses.save_response(
                session,
                actor(),
                page.return_id,
                number,
                values_of(form),
                based_on=_based_on(),
                now=now(),
            )
    except Invalid as error:
        page.add_problems(form, error.problems or {"": str(error)})
        return _not_saved(page, form, by_script)
    except Conflict:
        return _conflict(page, form, by_script)
    except Refused as error:
        form.form_errors.append(str(error))
        return _not_saved(page, form, by_script, 409)
    if by_script:
        return _saved(page, [] if valid else page.problems(form))
    if not valid:
        page.base_on_stored(form)
        return _not_saved(page, form, by_script)
    return _onward(page, form)


@bp.route("/returns/<int:return_id>/assignments", methods=["GET", "POST"])
@return_(Can.ASSIGN)
def assignments(return_: Return) -> Any:
    """The lead says who has which standard in hand."""
    standards = standards_asked(db.session, return_)
    found = responses_of(db.session, return_.id)
    people = colleagues(db.session, return_.membership_id, london_today(now()))
    chosen = {number: each.assigned_to_id for number, each in found.items()}
    form = assign_form(
        [(each.number, each.title) for each in standards],
        [(each.user.id, each.user.name) for each in people],
        chosen,
        {
            number: each.assigned_to.name
            for number, each in found.items()
            if each.assigned_to and each.assigned_to_id not in {one.user.id for one in people}
        },
    )
    if form.validate_on_submit():
        with writing() as session:
            for each in standards:
                wanted = form[f"standard-{each.number}"].data or None
                wanted = int(wanted) if wanted else None
                if wanted != chosen.get(each.number):
                    responses.assign(session, actor(), return_.id, each.number, wanted, now=now())
        flash("Saved who has each standard in hand.", "success")
        return redirect(url_for("responses.tasks", return_id=return_.id))
    return render_template(
        "responses/assignments.html",
        return_=return_,
        form=form,
        blocked=why_not_editable(return_, now()),
    )


def values_of(form: StandardForm) -> ResponseValues:
    """Return what was filled in, as plain values."""
    return ResponseValues(
        statement=form.statement.data or "",
        self_label=form.chosen_label(),
        na_reason=form.na_reason.data or "",
        progress=form.progress.data or "",
        still_holds=bool(form.still_holds.data),
        answers=form.answers(),
        proposed_actions=tuple(
            ProposedActionValues(
                entry.form.what.data or "", entry.form.owner.data or "", entry.form.due_on.data
            )
            for entry in form.actions
        ),
    )


def _action_step() -> dict[str, Any] | None:
    """Return which action the person goes on to report on, as "progress:7:12" says it: the step,
    the return whose plan it is in, and the action."""
    step, _, place = request.form.get("report", "").partition(":")
    return_id, _, action_id = place.partition(":")
    numbers = [each for each in (return_id, action_id) if each.isascii() and each.isdigit()]
    if step not in ("progress", "complete") or len(numbers) != 2 or len(place) > 20:
        return None
    return {"step": step, "return_id": int(numbers[0]), "action_id": int(numbers[1])}


def _based_on() -> int:
    text = request.form.get("based_on", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _may(return_: Return) -> dict[str, bool]:
    facts = facts_of(return_)
    return {
        "fill_in": can(actor(), Can.FILL_IN, facts),
        "assign": can(actor(), Can.ASSIGN, facts),
        "submit": can(actor(), Can.SUBMIT, facts),
    }


def _evidence_on(page: StandardPage) -> list[Evidence]:
    return page.draft.evidence if page.draft else evidence_of(db.session, page.return_id)


def _context(page: StandardPage, form: StandardForm) -> dict[str, Any]:
    evidence = page.evidence(_evidence_on(page))
    return {
        "page": page,
        "return_": page.return_,
        "tool": page.tool,
        "standard": page.standard,
        "response": page.response,
        "form": form,
        "evidence": evidence,
        "weaknesses": weaknesses_of(evidence, london_today(now())),
        "suggestion": page.suggestion,
        "blocked": why_not_editable(page.return_, now()),
        "account": actor().user_id,
        "saved_clock": page.saved_at_in_words(now()),
        "AskFor": AskFor,
        "Ask": Ask,
        "is_overdue": lambda action: is_overdue(action.state, action.due_on, now()),
        "before": before_of(db.session, page.return_, page.standard.number, page.response),
        "earlier": earlier_of(db.session, page.return_, page.standard),
    }


def _read_only(page: StandardPage) -> str:
    part = standard_part(page.standard, page.response, _evidence_on(page), page.return_)
    return render_template(
        "responses/standard_read.html",
        page=page,
        return_=page.return_,
        tool=page.tool,
        standard=page.standard,
        part=part,
        blocked=why_not_editable(page.return_, now()),
        before=before_of(db.session, page.return_, page.standard.number, page.response),
        may=_may(page.return_),
        Ask=Ask,
        is_overdue=lambda action: is_overdue(action.state, action.due_on, now()),
    )


def _page(page: StandardPage, form: StandardForm, **more: Any) -> str:
    return render_template("responses/standard.html", **_context(page, form), **more)


def _not_saved(page: StandardPage, form: StandardForm, by_script: bool, status: int = 400) -> Any:
    """Show the form as it was sent, with what is wrong; what was refused is still in it."""
    if by_script:
        return jsonify(saved=False, problems=page.problems(form)), status
    stored = StandardPage.load(db.session, page.return_, page.standard.number)
    return _page(stored, form, unsaved=True), status


def _saved(page: StandardPage, problems: list[dict[str, str | None]]) -> Answer:
    filled, suggestion = page.filled(), page.suggestion
    return jsonify(
        saved=True,
        version=filled.version,
        base=filled.fingerprints(),
        at=clock(now()),
        problems=problems,
        pointed_out=pointing_out.found(),
        suggestion={
            "rag": suggestion.rag,
            "title": page.title_of(suggestion),
            "reason": suggestion.reason,
            "differs": page.differs_from(suggestion),
        },
    )


def _conflict(page: StandardPage, form: StandardForm, by_script: bool) -> Any:
    """Show both versions: nothing is lost, and saving from there is based on the stored one."""
    page = StandardPage.load(db.session, page.return_, page.standard.number)
    if by_script:
        answer = {"by": _saver(page), "at": page.saved_at_in_words(now())}
        return jsonify(saved=False, conflict=True, **answer), 409
    mine = form.sent([each.key for each in page.requirements])
    merged, theirs = page.merged(mine, form.base_sent(), form)
    return _page(page, merged, conflict=theirs), 409


def _saver(page: StandardPage) -> str:
    saved_by = page.response.saved_by if page.response else None
    if saved_by is None:
        return "A colleague"
    return "You, in another window," if saved_by.id == actor().user_id else saved_by.name


def _onward(page: StandardPage, form: StandardForm) -> Answer:
    here: dict[str, Any] = {"return_id": page.return_id, "number": page.standard.number}
    if taking_over.is_asked():
        return taking_over.taken_over(page.return_id, page.standard.number)
    if form.add_file.data:
        return redirect(url_for("evidence.add_file", **here))
    if form.add_link.data:
        return redirect(url_for("evidence.add_link", **here))
    if form.use_again.data:
        return redirect(url_for("evidence.use", **here))
    if (step := _action_step()) is not None:
        return redirect(url_for("actions.agency_step", **step, update=page.return_id))
    if form.another.data:
        return redirect(url_for("responses.standard", **here, another="yes", _anchor="actions"))
    faulty = page.faulty(london_today(now()))
    if faulty:
        which = f"Question {faulty[0]} is" if len(faulty) == 1 else f"{len(faulty)} questions are"
        flash(
            f"Standard {page.standard.number} is saved. {which} not answered in full, or with "
            "something that cannot be: put it right before the return is submitted."
        )
    else:
        flash(f"Standard {page.standard.number} is saved.", "success")
    if form.save.data:
        return redirect(url_for("responses.standard", **here))
    if form.onward.data and page.next_number is not None:
        return redirect(url_for("responses.standard", **here | {"number": page.next_number}))
    return redirect(url_for("responses.tasks", return_id=page.return_id))
