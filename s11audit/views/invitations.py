"""The page behind an invitation's link. Opening it changes nothing; its button accepts."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_security import current_user, hash_password
from werkzeug.wrappers import Response

from s11audit import sessions, tries
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.extensions import db, security
from s11audit.forms.people import NewAccountForm, PressForm
from s11audit.models import Invitation, User
from s11audit.queries.hand_overs import hand_over_of
from s11audit.services import invitations, mailboxes
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import now, public

bp = Blueprint("invitations", __name__)


@bp.get("/invitations/<string:token>")
@public
def invitation(token: str) -> str | tuple[str, int]:
    """What is offered, and the way to accept it: a new account, or the one there is."""
    try:
        found = invitations.pending(db.session, token, now=now())
    except NotFound as error:
        return _void(error)
    return _page(token, found, _form(found))


@bp.post("/invitations/<string:token>")
@public
@tries.limited("invitation")
def accept(token: str) -> str | tuple[str, int] | Response:
    """Accept, as somebody new or as the person who is signed in."""
    try:
        found = invitations.pending(db.session, token, now=now())
        form = _form(found)
        if _stranger(found) or not form.validate_on_submit():
            return _page(token, found, form)
        if isinstance(form, NewAccountForm):
            return _open_account(token, found, form)
        actor = Actor(current_user.id, current_user.name, current_user.email)
        with writing() as session:
            invitations.accept(session, actor, token, now=now())
    except NotFound as error:
        return _void(error)
    except Refused as error:
        show(error, form)
        return _page(token, found, form)
    flash("You have accepted the invitation.", "success")
    return redirect(_onward(found))


def _open_account(token: str, found: Invitation, form: NewAccountForm) -> str | Response:
    own = [form.name.data or "", found.email]
    if "sign_in_name" in form:
        own.append(form.sign_in_name.data or "")
    problems, password = security.password_util.validate(form.password.data, False, own=own)
    if problems:
        form.password.errors = list(problems)
        return _page(token, found, form)
    hashed = hash_password(password)  # slow on purpose, so before the write begins
    try:
        with writing() as session:
            user_id = invitations.accept_as_new(
                session,
                token,
                form.name.data,
                hashed,
                sign_in_name=form.sign_in_name.data if "sign_in_name" in form else None,
                now=now(),
            ).id
    except (Invalid, Refused) as error:
        show(error, form)
        return _page(token, invitations.pending(db.session, token, now=now()), form)
    user = db.session.get_one(User, user_id)
    sessions.begin(user)
    name = f" Next time, sign in with the name {user.sign_in_name}." if user.sign_in_name else ""
    flash(f"Your account is ready and you are signed in.{name}", "success")
    return redirect(_onward(found))


def _onward(accepted: Invitation) -> str:
    """Return where somebody begins: a lead who takes over reads first where things stand."""
    if hand_over_of(db.session, accepted.id) is not None:
        return url_for("agency_people.hand_over_page", membership_id=accepted.membership_id)
    return url_for("start.home")


def _form(found: Invitation) -> NewAccountForm | PressForm:
    there = mailboxes.accounts_of(db.session, found.email, active=False)
    if there and not _wants_own(found):
        return PressForm()
    form = NewAccountForm(name=found.name)
    if not there:
        del form.sign_in_name
    return form


def _wants_own(found: Invitation) -> bool:
    """Whether somebody who shares the mailbox asks for an account of their own."""
    return request.args.get("own") == "yes" and found.for_user_id is None


def _stranger(found: Invitation) -> bool:
    """Whether somebody else, or nobody, is signed in where the invited person has to be; somebody
    new must not be signed in as another either."""
    if current_user.is_authenticated:
        return not invitations.is_for(found, current_user.id, current_user.email)
    return isinstance(_form(found), PressForm)


def _page(token: str, found: Invitation, form: NewAccountForm | PressForm) -> str:
    return render_template(
        "accounts/invitation.html",
        invitation=found,
        form=form,
        place_name=invitations.place_name(db.session, found),
        new=isinstance(form, NewAccountForm),
        stranger=_stranger(found),
        here=url_for("invitations.invitation", token=token),
        own=url_for("invitations.invitation", token=token, own="yes"),
        may_be_new=found.for_user_id is None,
    )


def _void(error: NotFound) -> tuple[str, int]:
    return render_template("accounts/invitation_void.html", message=str(error)), 404
