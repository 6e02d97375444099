"""A board's people: who holds which role, inviting them, and the mail that was not sent."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, Role
from s11audit.domain.errors import ImportRefused, Invalid, Refused
from s11audit.domain.policy import Can, Facts
from s11audit.exchange import people as people_file
from s11audit.extensions import db
from s11audit.forms.people import InviteForm, PeopleFileForm, PressForm, RoleForm
from s11audit.models import Board
from s11audit.queries import outbox as outbox_reads
from s11audit.queries import people as people_reads
from s11audit.queries.left_work import left_work_of_board
from s11audit.services import accounts, grants, outbox
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now

bp = Blueprint("accounts", __name__)
MOST_BYTES = 1_000_000  # of a file of people


@bp.get("/boards/<slug:board>/people")
@board(Can.MANAGE_PEOPLE)
def people(board: Board) -> str:
    """Who holds a role on the board or at one of its agencies."""
    wanted = wanted_people()
    found = people_reads.people_of_board(
        db.session, board.id, wanted, london_today(now()), page=page_number()
    )
    return render_template(
        "accounts/people.html",
        board=board,
        found=found,
        wanted=wanted,
        roles=(*AGENCY_ROLES, *BOARD_ROLES),
        page_url=page_url(board=board.slug, q=wanted.search, role=wanted.role),
    )


@bp.route("/boards/<slug:board>/people/invite", methods=["GET", "POST"])
@board(Can.MANAGE_PEOPLE)
def invite(board: Board) -> str | Response:
    """Invite one person to the board or to one of its agencies."""
    form = InviteForm()
    form.set_agencies(people_reads.agency_choices(db.session, board.id, london_today(now())))
    if request.method == "GET" and "agency" in request.args:  # one that has no lead
        form.role.data = Role.LEAD
        form.membership_id.data = request.args.get("agency", type=int)
    if form.validate_on_submit():
        role = form.role.data
        try:
            with writing() as session:
                accounts.invite(
                    session,
                    actor(),
                    form.email.data,
                    role,
                    board_id=board.id if role in BOARD_ROLES else None,
                    membership_id=form.membership_id.data if role in AGENCY_ROLES else None,
                    name=form.name.data,
                    until=form.until.data,
                    shared=form.shared.data,
                    now=now(),
                )
        except (Invalid, Refused) as error:
            show(error, form, {"agency": "membership_id"})
        else:
            flash(f"{form.email.data} was invited.", "success")
            return redirect(url_for(".invitations", board=board.slug))
    return render_template("accounts/invite.html", board=board, form=form)


@bp.route("/boards/<slug:board>/people/import", methods=["GET", "POST"])
@board(Can.MANAGE_PEOPLE)
def invite_many(board: Board) -> str | Response:
    """Invite everybody in a file: first the file is checked, then a button invites."""
    form = PeopleFileForm()
    faults: list[str] = []
    plan = None
    if form.validate_on_submit():
        upload = form.file.data
        data = upload.read(MOST_BYTES + 1) if upload else (form.text.data or "").encode()
        name = (upload.filename if upload else form.filename.data) or "people.csv"
        try:
            if len(data) > MOST_BYTES:
                raise ImportRefused(name, [(None, None, "it must be 1 MB or smaller; split it.")])
            _people, plan = people_file.plan(db.session, actor(), board.id, data, name, now=now())
            if not upload and plan.digest == form.digest.data:
                with writing() as session:
                    done = people_file.apply(session, actor(), board.id, data, name, now=now())
                flash(f"{len(done.added):,} invited.", "success")
                return redirect(url_for(".invitations", board=board.slug))
            form.text.data, form.filename.data = data.decode(), name
            form.digest.data = plan.digest
        except ImportRefused as error:
            faults = error.lines()
    return render_template(
        "accounts/invite_many.html", board=board, form=form, faults=faults, plan=plan
    )


@bp.get("/boards/<slug:board>/people/invitations")
@board(Can.MANAGE_PEOPLE)
def invitations(board: Board) -> str:
    """The invitations that nobody has accepted yet."""
    found = people_reads.invitations_of_board(db.session, board.id, page=page_number())
    return render_template(
        "accounts/invitations.html",
        board=board,
        found=found,
        now=now(),
        mail_is_sent=bool(current_app.config["MAIL_SERVER"]),
        page_url=page_url(board=board.slug),
    )


@bp.post("/boards/<slug:board>/people/invitations/<int:invitation_id>/resend")
@board(Can.MANAGE_PEOPLE)
def resend(board: Board, invitation_id: int) -> Response:
    """Send an invitation again, with a new link."""
    _check_on(board, invitation_id)
    invite_again(invitation_id)
    return redirect(url_for(".invitations", board=board.slug))


@bp.post("/boards/<slug:board>/people/invitations/<int:invitation_id>/withdraw")
@board(Can.MANAGE_PEOPLE)
def withdraw(board: Board, invitation_id: int) -> Response:
    """Withdraw an invitation."""
    _check_on(board, invitation_id)
    withdraw_invitation(invitation_id)
    return redirect(url_for(".invitations", board=board.slug))


@bp.route("/boards/<slug:board>/people/<int:grant_id>", methods=["GET", "POST"])
@board(Can.MANAGE_PEOPLE)
def role(board: Board, grant_id: int) -> str | Response:
    """Change the role that somebody holds."""
    grant = people_reads.grant_on_board(db.session, board.id, grant_id)
    form = RoleForm(obj=grant)
    form.set_roles(AGENCY_ROLES if grant.role in AGENCY_ROLES else BOARD_ROLES)
    if form.validate_on_submit():
        until = form.until.data if "until" in form else None
        try:
            with writing() as session:
                grants.change_role(
                    session,
                    actor(),
                    grant_id,
                    form.role.data,
                    until=until,
                    board_id=board.id,
                    now=now(),
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash("The role was changed.", "success")
            return redirect(url_for(".people", board=board.slug))
        grant = people_reads.grant_on_board(db.session, board.id, grant_id)
    return render_template(
        "accounts/role.html", board=board, grant=grant, form=form, press=PressForm()
    )


@bp.post("/boards/<slug:board>/people/<int:grant_id>/end")
@board(Can.MANAGE_PEOPLE)
def end_role(board: Board, grant_id: int) -> Response:
    """End a role now."""
    with writing() as session:
        grants.end_role(session, actor(), grant_id, board_id=board.id, now=now())
    flash("The role has ended.", "success")
    return redirect(url_for(".people", board=board.slug))


@bp.get("/boards/<slug:board>/people/left-work")
@board(Can.MANAGE_PEOPLE)
def left_work(board: Board) -> str:
    """Open work of people who have left, for whoever shares it out anew."""
    return render_template(
        "accounts/left_work.html",
        board=board,
        found=left_work_of_board(db.session, board.id, now()),
        facts=Facts(board.id),
    )


@bp.get("/boards/<slug:board>/outbox", endpoint="outbox")
@board(Can.SEE_OUTBOX)
def outbox_page(board: Board) -> str:
    """The board's messages that were not sent yet."""
    return outbox_list(board, url_for(".people", board=board.slug), page_url(board=board.slug))


@bp.post("/boards/<slug:board>/outbox/<int:message_id>/again")
@board(Can.SEE_OUTBOX)
def send_again(board: Board, message_id: int) -> Response:
    """Have a message tried again at once."""
    with writing() as session:
        outbox.try_again(session, actor(), message_id, board_id=board.id, now=now())
    flash("The message will be tried again within a minute.", "success")
    return redirect(url_for(".outbox", board=board.slug))


def outbox_list(board: Board | None, back: str, url: Callable[[int], str]) -> str:
    """Return the page of unsent messages of a board, or of the installation. A secret link is
    shown only where there is no mail server to send it: then it has to be handed on by hand."""
    found = outbox_reads.unsent_messages(
        db.session, board.id if board else None, page=page_number()
    )
    return render_template(
        "accounts/outbox.html",
        board=board,
        found=found,
        now=now(),
        back=back,
        mail_is_sent=bool(current_app.config["MAIL_SERVER"]),
        page_url=url,
    )


def invite_again(invitation_id: int) -> None:
    """Send an invitation again, with a new link, and say so."""
    with writing() as session:
        accounts.resend(session, actor(), invitation_id, now=now())
    flash("The invitation was sent again. The link sent before no longer works.", "success")


def withdraw_invitation(invitation_id: int) -> None:
    """Withdraw an invitation, and say so."""
    with writing() as session:
        accounts.revoke(session, actor(), invitation_id, now=now())
    flash("The invitation was withdrawn. Its link no longer works.", "success")


def wanted_people() -> people_reads.PeopleFilter:
    """Return what the address narrows the list of people to."""
    role = request.args.get("role", "")
    search = request.args.get("q", "").replace("\x00", "").strip()[:200]
    return people_reads.PeopleFilter(search, Role(role) if role in list(Role) else None)


def page_number() -> int:
    """Return the page of a list that the address asks for."""
    return min(request.args.get("page", 1, type=int) or 1, 1_000_000)


def page_url(**values: Any) -> Callable[[int], str]:
    """Return a function from a page's number to its address, with the filter kept."""
    endpoint = request.endpoint or ""
    kept = {name: value for name, value in values.items() if value}
    return lambda number: url_for(endpoint, page=number, **kept)


def show(error: Invalid | Refused, form: Any, names: dict[str, str] | None = None) -> None:
    """Put what a service refused into the form: at its field, else above all fields."""
    problems = getattr(error, "problems", {})
    for problem, message in problems.items():
        name = (names or {}).get(problem, problem)
        if name in form:
            form[name].errors = [*form[name].errors, message]
        else:
            form.form_errors.append(message)
    if not problems:
        form.form_errors.append(str(error))


def _check_on(board: Board, invitation_id: int) -> None:
    people_reads.check_invitation_on(db.session, board.id, invitation_id)
