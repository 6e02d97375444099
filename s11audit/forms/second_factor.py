"""The forms of the second factor and of passkeys."""

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from s11audit.forms.accounts import password_field
from s11audit.forms.fields import GovSubmit, GovTextInput


class Proved(FlaskForm):
    """A change that takes the password, unless one has signed in a moment ago."""

    password = password_field(
        "Your password", "Enter your password", autocomplete="current-password",
        hint="You signed in a while ago, so we ask for it again. "
        "If you have none, sign out, sign in again and come back.",
    )  # fmt: skip


class CodeForm(FlaskForm):
    """The second step of signing in."""

    code = GovTextInput(
        "Code",
        [
            InputRequired("Enter the code that your app shows"),
            Length(max=60, message="The code must be 60 characters or fewer"),
        ],
        hint="The 6 digits that your authenticator app shows now, or one of your recovery codes.",
        autocomplete="one-time-code",
        spellcheck=False,
        autocapitalize="none",
        classes="govuk-input--width-10",
    )
    submit = GovSubmit("Continue")


class SetUpForm(Proved):
    """The first code of a new app. `sealed` carries the app's secret from page to page."""

    sealed = HiddenField()
    code = GovTextInput(
        "The code that the app shows",
        [
            InputRequired("Enter the code that your app shows"),
            Length(max=60, message="The code must be 60 characters or fewer"),
        ],
        hint="6 digits",
        autocomplete="one-time-code",
        inputmode="numeric",
        spellcheck=False,
        classes="govuk-input--width-10",
    )
    submit = GovSubmit("Set it up")


class PasskeyForm(Proved):
    """A new passkey. A script fills in the `credential` that the browser makes."""

    name = GovTextInput(
        "Name for this passkey",
        [
            InputRequired("Enter a name for the passkey"),
            Length(max=60, message="The name of the passkey must be 60 characters or fewer"),
        ],
        hint="So that you know it again. For example, my work laptop",
        autocomplete="off",
    )
    challenge = HiddenField()
    credential = HiddenField()
    submit = GovSubmit("Add the passkey")


class PasskeySignInForm(FlaskForm):
    """Signing in by a passkey. A script fills in the `credential`."""

    challenge = HiddenField()
    credential = HiddenField()
    next = HiddenField()
    submit = GovSubmit("Sign in with a passkey", classes="govuk-button--secondary")


class RemoveAppForm(Proved):
    """Taking the app away."""

    submit = GovSubmit("Remove the app", classes="govuk-button--warning")


class RemovePasskeyForm(Proved):
    """Taking a passkey away."""

    submit = GovSubmit("Remove the passkey", classes="govuk-button--warning")


class RenewCodesForm(Proved):
    """Other recovery codes."""

    submit = GovSubmit("Make new recovery codes")
