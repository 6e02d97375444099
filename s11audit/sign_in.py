"""Flask-Security as this service uses it: the hash of passwords, and setting one by a link. What
signs a person in is in `views.signing_in`, `sessions` and `tries`. See docs/security.md.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import Flask, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import FSQLALiteUserDatastore, MailUtil, PasswordUtil, views
from flask_security.core import UserMixin
from flask_security.signals import password_reset

from s11audit import tries
from s11audit.domain.passwords import SHORTEST_PASSWORD, password_problem
from s11audit.extensions import db, security
from s11audit.forms.accounts import ResetPasswordForm
from s11audit.models import User
from s11audit.models.accounts import Role
from s11audit.services import mailboxes, passwords, sign_in_tries, user_sessions
from s11audit.sessions import set_up_sessions
from s11audit.transactions import begin_write

RESET_HOURS = 24
# What Flask-Security would say, in the service's words. The category is that of the flash.
MESSAGES = {
    "PASSWORD_RESET_REQUEST": (
        "If there is an account of that address or sign-in name, we have sent an e-mail with a "
        "link.",
        "success",
    ),
    "PASSWORD_RESET_EXPIRED": ("The link is too old. Ask for a new one.", "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (
        "The link does not work: it was used already, or is not whole. Ask for a new one.",
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": (
        "Your new password is set. Sign in with it. Everywhere else you were signed out.",
        "success",
    ),
    "PASSWORD_NOT_PROVIDED": ("Enter your password", "error"),
    "RETYPE_PASSWORD_MISMATCH": ("The two passwords are not the same", "error"),
}


class Accounts(FSQLALiteUserDatastore):
    """Finds people, by whatever names one of them alone (domain rule 68)."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:
        """Return the user with that `id` or `fs_uniquifier`, or whom the `email` names: a sign-in
        name, or the address of one person alone. None where there is no such user."""
        if "email" in kwargs:
            return mailboxes.account_named(db.session, kwargs["email"])
        return super().find_user(case_insensitive=False, **kwargs)


class OutboxMail(MailUtil):
    """Puts Flask-Security's one letter into the outbox, worded by our template."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, *_: Any, **kwargs: Any
    ) -> None:
        """Queue the notice that a password was set by a link, in the transaction that sets it."""
        db.session.info["base_url"] = current_app.config["BASE_URL"]
        passwords.write_password_notice(
            db.session,
            kwargs["user"],
            url_for("security.forgot_password"),
            now=datetime.now(UTC),
        )


class ChosenPasswords(PasswordUtil):
    """Looks at the passwords that people choose, by our rule (domain rule 64)."""

    def validate(
        self, password: str, is_register: bool, *, own: Iterable[str] = (), **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        """Return what is wrong with a password, or None, and the password in its normal form.
        `user`, or `own` where there is no account yet, says what the person is called."""
        user: User | None = kwargs.get("user")
        if user is not None:
            own = (user.name, user.email, user.sign_in_name or "")
        normal = self.normalize(password)
        problem = password_problem(normal, own)
        return [problem] if problem else None, normal


def security_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return Flask-Security's settings."""
    return {
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        # What goes into links. Of a password's hash, so a quick one will do; the slow one that is
        # usual would tell by time for how many people of an address a link was made.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_EMAIL_SENDER": values["MAIL_SENDER"],
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=RESET_HOURS),
        "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_RESET_VIEW": "/login",
        "SECURITY_POST_CHANGE_VIEW": "/",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/reset_password.html",
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CACHE_CONTROL": None,  # ours covers every page
        "SECURITY_FRESHNESS": timedelta(minutes=-1),  # no page that asks for the password again
        **{f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()},
    }


def set_up_sign_in(app: Flask) -> None:
    """Bind Flask-Security to the application."""
    security._mail_util_cls = OutboxMail  # its constructor alone would take them
    security._password_util_cls = ChosenPasswords
    security.init_app(
        app,
        Accounts(db, User, Role),
        reset_password_form=ResetPasswordForm,
    )
    security.want_json(lambda _request: False)  # pages only: no tokens to sign in with
    security.unauthn_handler(_ask_to_sign_in)
    set_up_sessions(app)
    app.view_functions["security.reset_password"] = _limited_reset
    password_reset.connect(_after_reset, app)


def _writes(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Make a view of Flask-Security that changes a password begin as a write."""

    @wraps(view)
    def written(**kwargs: Any) -> ResponseReturnValue:
        if request.method == "POST":
            begin_write(db.session)
        return view(**kwargs)

    return written


_limited_reset = tries.limited("new password")(_writes(views.reset_password))


def _ask_to_sign_in(mechanisms: Any = None, headers: Any = None) -> Any:
    """Lead to the sign-in page, and from there back to a page that was asked for by GET. What a
    script asks for is answered 401, so that it can keep what was typed."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return jsonify({"signed_out": True, "sign_in": url_for("security.login")}), 401
    if request.method == "GET" and request.path != "/":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    return redirect(url_for("security.login"))


def _after_reset(_app: Flask, user: User, **_: Any) -> None:
    """Sign the person out everywhere, and forgive the tries that somebody made in their name."""
    now = datetime.now(UTC)
    user_sessions.end_all(db.session, user.id, now=now)
    sign_in_tries.forgive(
        db.session, tries.forgiven_keys(user.email, user.sign_in_name or user.email)
    )
    passwords.record_password(db.session, user, "password.reset", now=now)
