"""The forms of signing in and of passwords; Flask-Security works those of a forgotten one."""

from typing import Any

from flask_security import forms as theirs
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import EqualTo, InputRequired, Length

from s11audit.domain.addresses import LONGEST
from s11audit.domain.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, TOO_LONG
from s11audit.forms.fields import GovSubmit, GovTextInput

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


def identity_field() -> Any:
    """Return a required field for an e-mail address or a sign-in name."""
    return GovTextInput(
        "E-mail address or sign-in name",
        [
            InputRequired("Enter your e-mail address or sign-in name"),
            Length(max=LONGEST, message=f"It must be {LONGEST} characters or fewer"),
        ],
        hint="Use your sign-in name if you share your mailbox with colleagues.",
        autocomplete="username",
        autocapitalize="none",
        spellcheck=False,
    )


def password_field(label: str, missing: str, *validators: Any, **look: Any) -> Any:
    """Return a required field for a password; what was typed is never sent back."""
    return GovTextInput(
        label,
        [
            InputRequired(missing),
            Length(max=LONGEST_PASSWORD, message=TOO_LONG),
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


class SignInForm(AsksFirst, FlaskForm):
    """E-mail address or sign-in name, and password. Nobody is remembered: a session ends as the
    settings say."""

    email = identity_field()
    password = password_field("Password", "Enter your password", autocomplete="current-password")
    next = HiddenField()
    submit = GovSubmit("Sign in")


class ForgotPasswordForm(AsksFirst, theirs.ForgotPasswordForm):
    """Asks for a link to set a new password; the answer never tells who has an account. Who is
    meant is for the view to find out: it may be several people of one mailbox."""

    email = identity_field()
    submit = GovSubmit("Send the link")

    def validate(self, **kwargs: Any) -> bool:
        """Check the fields, and look nobody up."""
        return bool(super(theirs.ForgotPasswordForm, self).validate(**kwargs))


class ResetPasswordForm(theirs.ResetPasswordForm):
    """A new password, by the link of an e-mail."""

    password = password_field("New password", "Enter a new password", hint=PASSWORD_HINT)
    password_confirm = password_field(
        "Type it again",
        "Type the new password again",
        EqualTo("password", "The two passwords are not the same"),
    )
    submit = GovSubmit("Set the password")


class ChangePasswordForm(FlaskForm):
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
