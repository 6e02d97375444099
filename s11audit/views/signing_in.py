"""Signing in and out, and the own password.

The pages keep Flask-Security's addresses and names ("security.login"); what they do is ours."""

from datetime import UTC, datetime
from secrets import token_urlsafe

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user, hash_password
from flask_security.recoverable import generate_reset_password_token
from werkzeug.wrappers import Response

from s11audit import sessions, tries
from s11audit.domain.addresses import normal_identity
from s11audit.domain.dates import london_today
from s11audit.domain.own_paths import own_path
from s11audit.domain.second_factor import SecondFactor, must_have
from s11audit.extensions import db, security
from s11audit.forms.accounts import ChangePasswordForm, ForgotPasswordForm, SignInForm
from s11audit.models import User
from s11audit.queries.accounts import live_grants
from s11audit.services import mailboxes, passwords, second_factor, sign_on
from s11audit.sign_in import MESSAGES, RESET_HOURS
from s11audit.transactions import writing
from s11audit.views.guards import actor
from s11audit.views.passkeys import sign_in_form
from s11audit.views.proof import nobodys_hash, password_is

FIRST = "first_step"  # its name in the session
STEP_SECONDS = 600  # how long one may take for the second step
NOT_RIGHT = "The e-mail address or sign-in name, or the password, is not right"


def register(app: Flask) -> None:
    """Put the views in the place of Flask-Security's."""
    app.view_functions["security.login"] = login
    app.view_functions["security.logout"] = logout
    app.view_functions["security.change_password"] = change_password
    app.view_functions["security.forgot_password"] = forgot_password


def login() -> ResponseReturnValue:
    """The first step: who, and the password. Whatever is wrong is told in the same words, after
    the same work."""
    target = own_path(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or "/")
    form = SignInForm(next=target)
    if request.method != "POST" or form.lacks():
        return _page(form)
    typed = normal_identity(form.email.data or "")
    taken = tries.take_at_sign_in(typed)
    if taken.wait:
        form.form_errors.append(tries.in_words(taken))
        return _page(form), 429
    user = mailboxes.account_named(db.session, typed)
    if not password_is(user, form.password.data or "") or user is None:
        form.form_errors.append(NOT_RIGHT)
        return _page(form)
    tries.give_back(taken)
    if (elsewhere := _factor_elsewhere(user)) is not None:
        form.form_errors.append(
            f"Sign in with {elsewhere}: your role needs a second factor, and yours is there"
        )
        return _page(form)
    response = passed_first_factor(user, target, typed)
    return tries.know_browser(response, typed) if typed_first() is None else response


def _factor_elsewhere(user: User) -> str | None:
    """Return the name of the provider that asks for the second factor which a person must have and
    has not here, None where there is none. Whoever knows a password, or reads a mailbox and sets
    one, may not set up a factor of their own in the place of that."""
    vouching = {
        each.issuer: each.name
        for each in current_app.extensions["sign_on"].by_key.values()
        if each.second_factor
    }
    if not vouching or second_factor.has_factor(db.session, user.id):
        return None
    bound = sign_on.identities(db.session, user.id)
    name = next((vouching[each.issuer] for each in bound if each.issuer in vouching), None)
    held = live_grants(db.session, user.id, london_today(datetime.now(UTC)))
    return name if must_have(SecondFactor(current_app.config["SECOND_FACTOR"]), held) else None


def passed_first_factor(user: User, target: str | None = None, typed: str = "") -> Response:
    """Go on with a person who has shown who they are, by a password (as `typed`) or by another
    service's word: to the second factor where they have one, else into the service, to `target`
    or home."""
    if not second_factor.has_factor(db.session, user.id):
        sessions.begin(user)
        return redirect(own_path(target) or "/")
    session.clear()
    session[FIRST] = {
        "user": user.id,
        "of": user.fs_uniquifier,
        "at": int(datetime.now(UTC).timestamp()),
        "next": own_path(target),
        "typed": typed,
    }
    return redirect(url_for("second_factor.code"))


def typed_first() -> str | None:
    """Return what was typed in the first step, while the second one is awaited."""
    found = session.get(FIRST)
    return str(found["typed"]) if isinstance(found, dict) else None


def logout() -> ResponseReturnValue:
    """Sign out here, on the server too."""
    sessions.end_here()
    return redirect(url_for("security.login"))


def forgot_password() -> ResponseReturnValue:
    """Send a link to everybody who may be meant: each account of a mailbox gets a letter of its
    own that names it. The answer and the work are the same whether or not there is any."""
    form = ForgotPasswordForm()
    if request.method == "POST" and not form.lacks() and form.validate():
        typed = normal_identity(form.email.data or "")
        taken = tries.take("reset", typed, stranger=True)  # not given back: every letter counts
        if taken.wait:
            form.form_errors.append(tries.in_words(taken))
            return _forgotten(form), 429
        meant = list(mailboxes.accounts_meant(db.session, typed)) or [_nobody()]
        letters = [(user.id, _reset_path(user)) for user in meant]
        with writing() as write:
            for user_id, path in letters:
                passwords.write_reset_letter(
                    write, user_id, path, hours=RESET_HOURS, now=datetime.now(UTC)
                )
        flash(*MESSAGES["PASSWORD_RESET_REQUEST"])
    elif request.method == "GET" and current_user.is_authenticated:
        form.email.data = current_user.sign_in_name or current_user.email
    return _forgotten(form)


def _nobody() -> User:
    """Somebody who does not exist, for whom the same work is done."""
    return User(name="", email="", password=nobodys_hash(), fs_uniquifier=token_urlsafe(16))


def _reset_path(user: User) -> str:
    return url_for("security.reset_password", token=generate_reset_password_token(user))


def _forgotten(form: ForgotPasswordForm) -> str:
    return render_template("accounts/forgot_password.html", forgot_password_form=form)


def change_password() -> ResponseReturnValue:
    """Change the own password by the old one; everywhere else the person is signed out."""
    if not current_user.is_authenticated:
        return security._unauthn_handler(["session"], headers={})
    form = ChangePasswordForm()
    if form.validate_on_submit() and _may_change(form):
        hashed = hash_password(security.password_util.normalize(form.new_password.data))
        user_id, by_another = current_user.id, sessions.came_by_anothers_factor()
        with writing() as write:
            passwords.change_password(
                write, actor(), hashed, url_for("security.forgot_password"), now=datetime.now(UTC)
            )
        sessions.begin(db.session.get_one(User, user_id), second_factor=by_another)
        flash("Your password was changed. Everywhere else you were signed out.", "success")
        return redirect("/")
    return render_template("accounts/change_password.html", change_password_form=form)


def _may_change(form: ChangePasswordForm) -> bool:
    """Check the old password and the new one, and put what is wrong into the form."""
    old, new = form.password.data or "", form.new_password.data or ""
    taken = tries.take("confirm", str(current_user.id))
    if taken.wait:
        form.form_errors.append(tries.in_words(taken))
        return False
    if not password_is(current_user, old):
        form.password.errors = ["That is not your password"]
        return False
    tries.give_back(taken)
    problems, _ = security.password_util.validate(new, False, user=current_user)
    if not problems and new == old:
        problems = ["The new password must differ from the one you have now"]
    form.new_password.errors = list(problems or ())
    return not problems


def _page(form: SignInForm) -> str:
    passkey = sign_in_form(form.next.data)
    return render_template("accounts/login.html", login_user_form=form, passkey=passkey)
