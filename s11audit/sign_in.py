"""Flask-Security as this service uses it: e-mail and password, generic answers."""

from typing import Any

from flask import Flask
from flask_security import FSQLALiteUserDatastore
from flask_security.core import UserMixin

from s11audit.extensions import db, security
from s11audit.models import User
from s11audit.models.accounts import Role


class Accounts(FSQLALiteUserDatastore):
    """Finds people; their addresses are stored in lower case."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:
        """Return the user with that `email`, `id` or `fs_uniquifier`, or None."""
        if "email" in kwargs:
            kwargs["email"] = normal_email(kwargs["email"])
        return super().find_user(case_insensitive=False, **kwargs)


def normal_email(address: str) -> str:
    """Return the form in which an address is stored and looked up."""
    return address.strip().lower()


def security_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return Flask-Security's settings."""
    return {
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_LOGIN_USER_TEMPLATE": "accounts/login.html",
        "SECURITY_REMEMBER_COOKIE_SAMESITE": "Lax",
        "SECURITY_DEFAULT_REMEMBER_ME": False,
    }


def set_up_sign_in(app: Flask) -> None:
    """Bind Flask-Security to the application."""
    security.init_app(app, Accounts(db, User, Role))
