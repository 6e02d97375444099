"""Passkeys: signing in by one, and the own ones. They work by a script; pages say so without."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit import sessions, tries
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.own_paths import own_path
from s11audit.extensions import db
from s11audit.forms.second_factor import PasskeyForm, PasskeySignInForm, RemovePasskeyForm
from s11audit.models import User
from s11audit.services import passkeys
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import actor, now, public, signed_in, signed_in_so_far
from s11audit.views.proof import ask, must_have_factor, proved, sealer, site

bp = Blueprint("passkeys", __name__)

CHALLENGE_SECONDS = 600
TOO_OLD = "The page had been open for too long. Try again"


@bp.post("/login/passkey")
@public
def sign_in() -> Response:
    """Sign in by a passkey, which is both factors."""
    form = PasskeySignInForm()
    target = own_path(form.next.data)
    if current_user.is_authenticated:
        return redirect(target or "/")
    taken = tries.take_by_network("passkey")
    if taken.wait:
        return _back(tries.in_words(taken), target)
    challenge = _opened("sign in", form.challenge.data)
    if challenge is None:
        tries.give_back(taken)
        return _back(TOO_OLD, target)
    try:
        with writing() as write:
            user_id = passkeys.sign_in(
                write, form.credential.data or "", challenge, site(), now=datetime.now(UTC)
            ).id
    except Invalid as error:
        return _back(str(error).rstrip("."), target)
    tries.give_back(taken)
    sessions.begin(db.session.get_one(User, user_id))
    return redirect(target or "/")


@bp.route("/account/passkeys", methods=["GET", "POST"])
@signed_in_so_far
def page() -> str | Response:
    """The person's passkeys, and adding one."""
    form: PasskeyForm = ask(PasskeyForm())
    if form.validate_on_submit() and proved(form):
        challenge = _opened("register", form.challenge.data)
        try:
            if challenge is None:
                raise Invalid(f"{TOO_OLD}.", {"name": TOO_OLD})
            with writing() as write:
                codes = passkeys.register(
                    write,
                    actor(),
                    form.name.data or "",
                    form.credential.data or "",
                    challenge,
                    site(),
                    here=sessions.here(),
                    now=now(),
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash("Your passkey was added. You can sign in with it.", "success")
            if codes:
                return render_template("accounts/recovery_codes.html", codes=codes)
            return redirect(url_for(".page"))
    own = passkeys.passkeys_of(db.session, current_user.id)
    asked = passkeys.new_challenge()
    form.challenge.data = sealer("passkey: register").seal(asked)
    form.credential.data = ""
    return render_template(
        "accounts/passkeys.html",
        form=form,
        passkeys=own,
        options=passkeys.options_to_register(site(), current_user, own, asked),
        takes_passkeys=site().takes_passkeys,
    )


@bp.route("/account/passkeys/<int:passkey_id>/remove", methods=["GET", "POST"])
@signed_in
def remove(passkey_id: int) -> str | Response:
    """Remove a passkey."""
    own = {each.id: each for each in passkeys.passkeys_of(db.session, current_user.id)}
    if passkey_id not in own:
        raise NotFound("There is no such passkey.")
    name = own[passkey_id].name
    form: RemovePasskeyForm = ask(RemovePasskeyForm())
    if form.validate_on_submit() and proved(form):
        try:
            with writing() as write:
                passkeys.remove(write, actor(), passkey_id, must_have=must_have_factor(), now=now())
        except Refused as error:
            show(error, form)
        else:
            flash(f"The passkey “{name}” was removed.", "success")
            return redirect(url_for(".page"))
    return render_template("accounts/remove_passkey.html", form=form, name=name)


def sign_in_form(target: str | None) -> dict[str, object]:
    """Return the form by which one signs in by a passkey, and what the browser is asked."""
    asked = passkeys.new_challenge()
    form = PasskeySignInForm(formdata=None, next=target or "")
    form.challenge.data = sealer("passkey: sign in").seal(asked)
    return {
        "form": form,
        "options": passkeys.options_to_sign_in(site(), asked),
        "possible": site().takes_passkeys,
    }


def _opened(use: str, sealed: str | None) -> bytes | None:
    return sealer(f"passkey: {use}").open(sealed, seconds=CHALLENGE_SECONDS) if sealed else None


def _back(message: str, target: str | None) -> Response:
    flash(message, "error")
    return redirect(url_for("security.login", next=target))
