"""Challenges: meetings with an agency about its return."""

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, send_file, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.errors import Invalid, NotFound
from s11audit.domain.policy import Can, can, holds_role_at
from s11audit.extensions import db
from s11audit.forms.challenges import (
    AgreedActionForm,
    Asked,
    DoneForm,
    MeetingForm,
    outcome_form,
    questions_form,
)
from s11audit.forms.problems import show_problems
from s11audit.forms.reviews import EmptyForm
from s11audit.models import Challenge, Return
from s11audit.queries import challenges as read
from s11audit.queries.returns import facts_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.reports.challenge_pdf import ChallengeSheet, SheetAction, challenge_pdf
from s11audit.services import challenges
from s11audit.services.challenges import Question
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, return_
from s11audit.views.listing import number_of

bp = Blueprint("challenges", __name__)
ONE = "/returns/<int:return_id>/challenges/<int:challenge_id>"


@bp.get("/returns/<int:return_id>/challenges")
@return_(Can.SEE_CHALLENGE)
def index(return_: Return) -> str:
    """The meetings about a return; its agency sees those that were shared with it."""
    for_board = _for_board(return_)
    return render_template(
        "challenges/index.html",
        return_=return_,
        found=read.challenges_of(db.session, return_.id, shared_only=not for_board),
        for_board=for_board,
        may_run=can(actor(), Can.RUN_CHALLENGE, facts_of(return_)),
        today=london_today(now()),
    )


@bp.route("/returns/<int:return_id>/challenges/new", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def arrange(return_: Return) -> Any:
    """Arrange a meeting; its questions are drafted."""
    form = MeetingForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                made = challenges.arrange(
                    session, actor(), return_.id, held_on=form.held_on.data,
                    place=form.place.data or "", panel=form.people(), now=now(),
                )  # fmt: skip
                challenge_id = made.id
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The meeting is arranged. Read the questions that were drafted.", "success")
            return _to(return_, challenge_id)
    return render_template("challenges/meeting.html", return_=return_, form=form, challenge=None)


@bp.get(ONE)
@return_(Can.SEE_CHALLENGE)
def show(return_: Return, challenge_id: int) -> str:
    """A meeting: what its reader may see of it."""
    found = _visible(return_, challenge_id)
    for_board = _for_board(return_)
    return render_template(
        "challenges/show.html",
        return_=return_,
        challenge=found,
        tool=tool_of(db.session, return_.stage.cycle.tool_version),
        for_board=for_board,
        told=for_board or found.finished_at is not None,
        may_run=can(actor(), Can.RUN_CHALLENGE, facts_of(return_)),
        today=london_today(now()),
    )


@bp.get(f"{ONE}/sheet.pdf")
@return_(Can.SEE_CHALLENGE)
def sheet(return_: Return, challenge_id: int) -> Any:
    """The meeting's sheet to print."""
    found = _visible(return_, challenge_id)
    told = _for_board(return_) or found.finished_at is not None
    cycle = return_.stage.cycle
    content = challenge_pdf(
        ChallengeSheet(
            board=cycle.board.name,
            agency=return_.membership.name,
            about=f"{cycle.name}, stage {return_.stage.number}",
            held_on=found.held_on,
            place=found.place,
            panel=[", ".join(filter(None, (one.name, one.post))) for one in found.members],
            questions=[
                (
                    f"Question {each.number}"
                    + (f" (standard {each.standard})" if each.standard else ""),
                    each.text,
                    each.answer if told else "",
                )
                for each in found.questions
            ],
            finished=found.finished_at is not None,
            outcome=found.outcome if told else "",
            actions=[
                SheetAction(each.what, each.owner, each.due_on, each.done_on)
                for each in (found.actions if told else ())
            ],
        )
    )
    return send_file(
        BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"meeting-{return_.id}-{found.number}.pdf",
        max_age=0,
    )


@bp.route(f"{ONE}/change", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def change(return_: Return, challenge_id: int) -> Any:
    """Change day, place and panel."""
    found = read.challenge_in(db.session, return_.id, challenge_id)
    lines = [", ".join(filter(None, (one.name, one.post))) for one in found.members]
    form = MeetingForm(
        data={"held_on": found.held_on, "place": found.place, "panel": "\n".join(lines)}
    )
    if form.validate_on_submit():
        try:
            with writing() as session:
                challenges.change(
                    session, actor(), return_.id, challenge_id, held_on=form.held_on.data,
                    place=form.place.data or "", panel=form.people(), now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The meeting is changed.", "success")
            return _to(return_, challenge_id)
    return render_template("challenges/meeting.html", return_=return_, form=form, challenge=found)


@bp.route(f"{ONE}/questions", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def questions(return_: Return, challenge_id: int) -> Any:
    """Edit the questions: emptied ones go, new ones are added."""
    found = read.challenge_in(db.session, return_.id, challenge_id)
    standards = [
        (each.number, f"{each.number}. {each.title}")
        for each in standards_asked(db.session, return_)
    ]
    form = questions_form(_asked(found), standards)
    if form.validate_on_submit():
        typed = [
            Question(
                number_of(field.data),
                form[f"text_{index}"].data or "",
                number_of(form[f"standard_{index}"].data) if f"standard_{index}" in form else None,
            )
            for index, field in enumerate(_fields(form, "id_"))
        ]
        try:
            with writing() as session:
                challenges.save_questions(
                    session, actor(), return_.id, challenge_id, typed, now=now()
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The questions are saved.", "success")
            return _to(return_, challenge_id)
    return render_template(
        "challenges/questions.html",
        return_=return_,
        challenge=found,
        form=form,
        texts=_fields(form, "text_"),
    )


@bp.post(f"{ONE}/share")
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def share(return_: Return, challenge_id: int) -> Any:
    """Share day, panel and questions with the agency."""
    read.challenge_in(db.session, return_.id, challenge_id)
    if EmptyForm().validate_on_submit():
        with writing() as session:
            challenges.share(session, actor(), return_.id, challenge_id, now=now())
        flash("The agency can see the meeting now and is told by e-mail.", "success")
    return _to(return_, challenge_id)


@bp.route(f"{ONE}/outcome", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def outcome(return_: Return, challenge_id: int) -> Any:
    """Note what was answered and the outcome; finish the meeting."""
    found = read.challenge_in(db.session, return_.id, challenge_id)
    form = outcome_form(_asked(found), found.outcome)
    if form.validate_on_submit():
        answers = {each.id: form[f"answer_{each.id}"].data or "" for each in found.questions}
        try:
            with writing() as session:
                challenges.save_outcome(
                    session, actor(), return_.id, challenge_id, answers=answers,
                    outcome=form.outcome.data or "", finish=form.finish.data, now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash(
                "The meeting is finished. The agency can see it." if form.finish.data
                else "It is saved. The agency does not see it yet.",
                "success",
            )  # fmt: skip
            return _to(return_, challenge_id)
    return render_template(
        "challenges/outcome.html",
        return_=return_,
        challenge=found,
        form=form,
        answers=_fields(form, "answer_"),
    )


@bp.route(f"{ONE}/actions/add", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def add_action(return_: Return, challenge_id: int) -> Any:
    """Add what was agreed to be done."""
    found = read.challenge_in(db.session, return_.id, challenge_id)
    form = AgreedActionForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                challenges.add_action(
                    session, actor(), return_.id, challenge_id, what=form.what.data or "",
                    owner=form.owner.data or "", due_on=form.due_on.data, now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The action is added.", "success")
            return _to(return_, challenge_id)
    return render_template(
        "challenges/action.html", return_=return_, challenge=found, form=form, action=None
    )


@bp.route(f"{ONE}/actions/<int:agreed_id>/done", methods=["GET", "POST"])
@return_(Can.RUN_CHALLENGE, sees=Can.SEE_CHALLENGE)
def done(return_: Return, challenge_id: int, agreed_id: int) -> Any:
    """Say when an action was done."""
    found = read.challenge_in(db.session, return_.id, challenge_id)
    action = read.action_of(found, agreed_id)
    form = DoneForm(data={"done_on": london_today(now())})
    if form.validate_on_submit():
        try:
            with writing() as session:
                challenges.finish_action(
                    session, actor(), return_.id, challenge_id, agreed_id,
                    done_on=form.done_on.data, note=form.note.data or "", now=now(),
                )  # fmt: skip
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The action is recorded as done.", "success")
            return _to(return_, challenge_id)
    return render_template(
        "challenges/action.html", return_=return_, challenge=found, form=form, action=action
    )


def _for_board(return_: Return) -> bool:
    """Whether the actor reads for the board. Who holds a role at the agency, too, is told what the
    agency is told."""
    facts = facts_of(return_)
    return can(actor(), Can.LIST_RETURNS, facts) and not holds_role_at(actor(), facts)


def _visible(return_: Return, challenge_id: int) -> Challenge:
    found = read.challenge_in(db.session, return_.id, challenge_id)
    if found.shared_at is None and not _for_board(return_):
        raise NotFound("There is no such meeting.")
    return found


def _asked(challenge: Challenge) -> list[Asked]:
    return [
        Asked(each.id, each.number, each.standard, each.text, each.answer)
        for each in challenge.questions
    ]


def _fields(form: Any, prefix: str) -> list[Any]:
    """Return the form's fields of those names, in the order in which they were added."""
    return [field for field in form if field.name.startswith(prefix)]


def _to(return_: Return, challenge_id: int) -> Any:
    return redirect(url_for("challenges.show", return_id=return_.id, challenge_id=challenge_id))
