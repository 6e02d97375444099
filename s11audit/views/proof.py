"""Asks for the password again before a change of how one signs in, and what sealed secrets pass
through pages by."""

from datetime import timedelta
from functools import cache
from secrets import token_urlsafe
from typing import Any

from flask import current_app
from flask_security import current_user, hash_password, verify_password

from s11audit import sessions, tries
from s11audit.domain.passwords import LONGEST_PASSWORD
from s11audit.domain.second_factor import SecondFactor, must_have
from s11audit.extensions import security
from s11audit.forms.second_factor import Proved
from s11audit.models import User
from s11audit.services.passkeys import Site
from s11audit.services.sealing import Sealer
from s11audit.views.guards import actor, now

RECENT = timedelta(minutes=15)


def ask(form: Any) -> Any:
    """Return the form, without its password where one has signed in a moment ago."""
    assert isinstance(form, Proved)
    here = sessions.signed_in()
    if here is not None and here.created_at > now() - RECENT:
        del form.password
    return form


def proved(form: Any) -> bool:
    """Return whether the password is right, where it was asked for; else put it into the form."""
    if "password" not in form:
        return True
    taken = tries.take("confirm", str(current_user.id))
    if taken.wait:
        form.form_errors.append(tries.in_words(taken))
        return False
    if not password_is(current_user, form.password.data or ""):
        form.password.errors = ["That is not your password"]
        return False
    tries.give_back(taken)
    return True


def must_have_factor() -> bool:
    """Return whether who is signed in must have a second factor."""
    return must_have(SecondFactor(current_app.config["SECOND_FACTOR"]), actor().grants)


def sealer(purpose: str) -> Sealer:
    """Return what seals secrets of that purpose."""
    settings = current_app.config
    return Sealer((settings["SECRET_KEY"], *settings["SECRET_KEYS_BEFORE"]), purpose)


def app_sealer() -> Sealer:
    """Return what seals the secrets of authenticator apps in the database."""
    return sealer("authenticator apps")


def site() -> Site:
    """Return what passkeys are bound to."""
    return Site.of(current_app.config["BASE_URL"])


def password_is(user: User | None, given: str) -> bool:
    """Return whether that is the password of `user`, whose account is open. As long is taken over
    the answer where there is no such user."""
    stored = nobodys_hash()
    known = user is not None and user.active
    if user is not None and known and user.password:
        stored = user.password
    else:
        known = False
    text = security.password_util.normalize(given.replace("\x00", ""))[:LONGEST_PASSWORD]
    fits = bool(verify_password(text, stored))
    return fits and known and len(given) <= LONGEST_PASSWORD


@cache
def nobodys_hash() -> str:
    """The hash of a password that nobody has."""
    hashed: str = hash_password(token_urlsafe(16))
    return hashed
