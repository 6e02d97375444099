"""The forms of signing in and of passwords: Flask-Security works them, their fields are ours."""

from typing import Any

from flask_security import forms as theirs
from wtforms.validators import EqualTo, InputRequired, Length

from s11audit.forms.fields import GovSubmit, GovTextInput

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000  # the hash takes no more than 4,096, and fails beyond
PASSWORD_HINT = (
    f"Use at least {SHORTEST_PASSWORD} characters. Three or four words that do not belong "
    "together are easy to remember and hard to guess."
)


def email_field(label: str = "E-mail address", *validators: Any, **look: Any) -> Any:
    """Return a required field for an e-mail address."""
    return GovTextInput(
        label,
        [InputRequired("Enter an e-mail address"), *validators],
        **{"type": "email", "autocomplete": "username", "spellcheck": False, **look},
    )


def password_field(label: str, missing: str, *validators: Any, **look: Any) -> Any:
    """Return a required field for a password; what was typed is never sent back."""
    return GovTextInput(
        label,
        [
            InputRequired(missing),
            Length(
                max=LONGEST_PASSWORD,
                message=f"The password must be {LONGEST_PASSWORD:,} characters or fewer",
            ),
            *validators,
        ],
        **{"type": "password", "autocomplete": "new-password", "spellcheck": False, **look},
    )


class AsksFirst:
    """Tells which required fields were left empty, which gives nothing away, before
    Flask-Security answers in words that are the same whatever is wrong."""

    def lacks(self) -> bool:
        """Put their errors at the required fields that are empty; return whether there are any."""
        found = False
        for field in self:  # type: ignore[attr-defined]  # of the form
            for validator in field.validators:
                if isinstance(validator, InputRequired) and not field.data:
                    field.errors = [validator.message]
                    found = True
        return found


class SignInForm(AsksFirst, theirs.LoginForm):
    """E-mail and password. Nobody is remembered: a session ends as the settings say."""

    email = email_field("E-mail address", theirs.EmailValidation(verify=False))
    password = password_field("Password", "Enter your password", autocomplete="current-password")
    remember = None  # type: ignore[assignment]
    submit = GovSubmit("Sign in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password.description = ""


class ForgotPasswordForm(AsksFirst, theirs.ForgotPasswordForm):
    """Asks for a link to set a new password; the answer never tells who has an account."""

    email = email_field(
        "E-mail address", theirs.EmailValidation(verify=True), theirs.valid_user_email
    )
    submit = GovSubmit("Send the link")


class ResetPasswordForm(theirs.ResetPasswordForm):
    """A new password, by the link of an e-mail."""

    password = password_field("New password", "Enter a new password", hint=PASSWORD_HINT)
    password_confirm = password_field(
        "Type it again",
        "Type the new password again",
        EqualTo("password", "The two passwords are not the same"),
    )
    submit = GovSubmit("Set the password")


class ChangePasswordForm(theirs.ChangePasswordForm):
    """A new password, by the old one."""

    password = password_field(
        "Your password now", "Enter the password you have now", autocomplete="current-password"
    )
    new_password = password_field("New password", "Enter a new password", hint=PASSWORD_HINT)
    new_password_confirm = password_field(
        "Type it again",
        "Type the new password again",
        EqualTo("new_password", "The two passwords are not the same"),
    )
    submit = GovSubmit("Change the password")
