"""The page behind an invitation's link. Opening it changes nothing; its button accepts."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_security import current_user, hash_password, login_user
from werkzeug.wrappers import Response

from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.extensions import db, limiter, security
from s11audit.forms.people import NewAccountForm, PressForm
from s11audit.models import Invitation, User
from s11audit.services import accounts
from s11audit.sign_in import sign_in_limit
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import now, public

bp = Blueprint("invitations", __name__)


@bp.get("/invitations/<string:token>")
@public
def invitation(token: str) -> str | tuple[str, int]:
    """What is offered, and the way to accept it: a new account, or the one there is."""
    try:
        found = accounts.pending(db.session, token, now=now())
    except NotFound as error:
        return _void(error)
    return _page(token, found, _form(found))


@bp.post("/invitations/<string:token>")
@public
@limiter.limit(sign_in_limit)
def accept(token: str) -> str | tuple[str, int] | Response:
    """Accept, as somebody new or as the person who is signed in."""
    try:
        found = accounts.pending(db.session, token, now=now())
        form = _form(found)
        if _stranger(found) or not form.validate_on_submit():
            return _page(token, found, form)
        if isinstance(form, NewAccountForm):
            return _open_account(token, found, form)
        actor = Actor(current_user.id, current_user.name, current_user.email)
        with writing() as session:
            accounts.accept(session, actor, token, now=now())
    except NotFound as error:
        return _void(error)
    except Refused as error:
        show(error, form)
        return _page(token, found, form)
    flash("You have accepted the invitation.", "success")
    return redirect(url_for("start.home"))


def _open_account(token: str, found: Invitation, form: NewAccountForm) -> str | Response:
    problems, password = security.password_util.validate(form.password.data, False, user=None)
    if problems:
        form.password.errors = list(problems)
        return _page(token, found, form)
    hashed = hash_password(password)  # slow on purpose, so before the write begins
    try:
        with writing() as session:
            user_id = accounts.accept_as_new(session, token, form.name.data, hashed, now=now()).id
    except (Invalid, Refused) as error:
        show(error, form)
        return _page(token, accounts.pending(db.session, token, now=now()), form)
    login_user(db.session.get_one(User, user_id), authn_via=["invitation"])
    flash("Your account is ready and you are signed in.", "success")
    return redirect(url_for("start.home"))


def _form(found: Invitation) -> NewAccountForm | PressForm:
    if accounts.user_by_email(db.session, found.email) is not None:
        return PressForm()
    return NewAccountForm(name=found.name)


def _stranger(found: Invitation) -> bool:
    """Whether somebody else, or nobody, is signed in where the invited person has to be; somebody
    new must not be signed in as another either."""
    if current_user.is_authenticated:
        return bool(current_user.email != found.email)
    return accounts.user_by_email(db.session, found.email) is not None


def _page(token: str, found: Invitation, form: NewAccountForm | PressForm) -> str:
    return render_template(
        "accounts/invitation.html",
        invitation=found,
        form=form,
        place_name=accounts.place_name(db.session, found),
        new=isinstance(form, NewAccountForm),
        stranger=_stranger(found),
        here=url_for("invitations.invitation", token=token),
    )


def _void(error: NotFound) -> tuple[str, int]:
    return render_template("accounts/invitation_void.html", message=str(error)), 404
