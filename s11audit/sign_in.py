"""Flask-Security as this service uses it: e-mail and password, generic answers, sessions that end.

See docs/security.md.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_security import FSQLALiteUserDatastore, MailUtil, current_user, views
from flask_security.core import UserMixin
from flask_security.signals import password_changed, password_reset, user_authenticated

from s11audit.domain.addresses import normal_email
from s11audit.extensions import db, limiter, security
from s11audit.forms.accounts import (
    SHORTEST_PASSWORD,
    ChangePasswordForm,
    ForgotPasswordForm,
    ResetPasswordForm,
    SignInForm,
)
from s11audit.models import User
from s11audit.models.accounts import Role
from s11audit.services import passwords
from s11audit.transactions import begin_write, writing

RESET_HOURS = 24
# What Flask-Security would say, in the service's words. The category is that of the flash.
MESSAGES = {
    "GENERIC_AUTHN_FAILED": ("The e-mail address or the password is not right", "error"),
    "GENERIC_RECOVERY": ("If there is an account of that address, we sent it a link.", "success"),
    "PASSWORD_RESET_REQUEST": (
        "If there is an account of that address, we have sent it an e-mail with a link.",
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
    "PASSWORD_CHANGE": (
        "Your password was changed. Everywhere else you were signed out.",
        "success",
    ),
    "PASSWORD_IS_THE_SAME": ("The new password must differ from the one you have now", "error"),
    "PASSWORD_INVALID_LENGTH": ("The password must have %(length)s characters or more", "error"),
    "INVALID_PASSWORD": ("That is not your password", "error"),
    "PASSWORD_NOT_PROVIDED": ("Enter your password", "error"),
    "EMAIL_NOT_PROVIDED": ("Enter an e-mail address", "error"),
    "INVALID_EMAIL_ADDRESS": (
        "Enter an e-mail address in the correct format, like name@example.org",
        "error",
    ),
    "RETYPE_PASSWORD_MISMATCH": ("The two passwords are not the same", "error"),
    "INVALID_REDIRECT": ("The address to go on to is not one of this service", "error"),
}


class Accounts(FSQLALiteUserDatastore):
    """Finds people; their addresses are stored in lower case."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:
        """Return the user with that `email`, `id` or `fs_uniquifier`, or None."""
        if "email" in kwargs:
            kwargs["email"] = normal_email(kwargs["email"])
        return super().find_user(case_insensitive=False, **kwargs)


class OutboxMail(MailUtil):
    """Puts Flask-Security's letters into the outbox, worded by our templates."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, *_: Any, **kwargs: Any
    ) -> None:
        """Queue the letter that `template` stands for.

        The link to set a password is a change of its own; the notice that it was changed belongs
        to the transaction that changes it.
        """
        now = datetime.now(UTC)
        user: User = kwargs["user"]
        if "reset_token" in kwargs:
            path = url_for("security.reset_password", token=kwargs["reset_token"])
            user_id = user.id
            with writing() as write:
                passwords.write_reset_letter(write, user_id, path, hours=RESET_HOURS, now=now)
        else:
            db.session.info["base_url"] = current_app.config["BASE_URL"]
            passwords.write_password_notice(
                db.session, user, url_for("security.forgot_password"), now=now
            )


class SessionCookie(SecureCookieSessionInterface):
    """The session's cookie: renewed by every request, refused by the server once SESSION_MINUTES
    went by without one, and dropped by the browser when it is closed."""

    def get_expiration_time(self, app: Flask, session: Any) -> datetime | None:
        """Return None: the cookie itself names no time."""
        return None

    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        """Return whether this answer renews the cookie. A style sheet or script does not: one
        that arrives late must not sign somebody in again who has just signed out."""
        return request.endpoint != "static" and super().should_set_cookie(app, session)


def security_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return Flask-Security's settings."""
    return {
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": True,
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
        "SECURITY_LOGIN_USER_TEMPLATE": "accounts/login.html",
        "SECURITY_FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
        "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/reset_password.html",
        "SECURITY_CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CACHE_CONTROL": None,  # ours covers every page
        "SECURITY_FRESHNESS": timedelta(minutes=-1),  # no page that asks for the password again
        **{f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()},
    }


def set_up_sign_in(app: Flask) -> None:
    """Bind Flask-Security to the application."""
    app.session_interface = SessionCookie()
    security._mail_util_cls = OutboxMail  # its constructor alone would take it
    security.init_app(
        app,
        Accounts(db, User, Role),
        login_form=SignInForm,
        forgot_password_form=ForgotPasswordForm,
        reset_password_form=ResetPasswordForm,
        change_password_form=ChangePasswordForm,
    )
    security.want_json(lambda _request: False)  # pages only: no tokens to sign in with
    security.unauthn_handler(_ask_to_sign_in)
    app.login_manager.request_loader(None)  # type: ignore[attr-defined]
    app.view_functions["security.login"] = _limited_login
    app.view_functions["security.forgot_password"] = _limited_forgot
    app.view_functions["security.reset_password"] = _limited_reset
    app.view_functions["security.change_password"] = _limited_change
    user_authenticated.connect(_begin_session, app)
    password_reset.connect(_log_reset, app)
    password_changed.connect(_log_change, app)
    app.after_request(_keep_pages_private)


def sign_in_limit() -> str:
    """Return how often one address may try to sign in or to set a password."""
    return str(current_app.config["LOGIN_LIMIT"])


def _failed(response: Response) -> bool:
    """Whether a try to sign in failed: those who succeed do not use up their colleagues' tries,
    who may share one address."""
    return response.status_code != 302


def _writes(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Make a view of Flask-Security that changes a password begin as a write."""

    @wraps(view)
    def written(**kwargs: Any) -> ResponseReturnValue:
        if request.method == "POST":
            begin_write(db.session)
        return view(**kwargs)

    return written


def _asks_first(
    view: Callable[..., ResponseReturnValue],
    form_class: type[SignInForm] | type[ForgotPasswordForm],
    template: str,
    name: str,
) -> Callable[..., ResponseReturnValue]:
    """Make a view of Flask-Security say which fields were left empty."""

    @wraps(view)
    def asking(**kwargs: Any) -> ResponseReturnValue:
        if request.method == "POST" and not current_user.is_authenticated:
            form = form_class()
            if form.lacks():
                return render_template(template, **{name: form})
        return view(**kwargs)

    return asking


_login = _asks_first(views.login, SignInForm, "accounts/login.html", "login_user_form")
_forgot = _asks_first(
    views.forgot_password,
    ForgotPasswordForm,
    "accounts/forgot_password.html",
    "forgot_password_form",
)
_limited_login = limiter.limit(sign_in_limit, methods=["POST"], deduct_when=_failed)(_login)
_limited_forgot = limiter.limit(sign_in_limit, methods=["POST"])(_forgot)
_limited_reset = limiter.limit(sign_in_limit, methods=["POST"])(_writes(views.reset_password))
_limited_change = limiter.limit(sign_in_limit, methods=["POST"])(_writes(views.change_password))


def _ask_to_sign_in(mechanisms: Any = None, headers: Any = None) -> Any:
    """Lead to the sign-in page, and from there back to a page that was asked for by GET. What a
    script asks for is answered 401, so that it can keep what was typed."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return jsonify({"signed_out": True, "sign_in": url_for("security.login")}), 401
    if request.method == "GET" and request.path != "/":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    return redirect(url_for("security.login"))


def _keep_pages_private(response: Response) -> Response:
    """Let no browser keep a page or a download, so that nobody reads it there after the person
    has left. What belongs to no one, as the style sheet, says itself how it is kept."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _begin_session(_app: Flask, **_: Any) -> None:
    session.permanent = True  # it has an end, and every request puts it off


def _log_reset(_app: Flask, user: User, **_: Any) -> None:
    passwords.record_password(db.session, user, "password.reset", now=datetime.now(UTC))


def _log_change(_app: Flask, user: User, **_: Any) -> None:
    passwords.record_password(db.session, user, "password.changed", now=datetime.now(UTC))
