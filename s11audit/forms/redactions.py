"""The forms of redactions, and of erasing an account's details."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from s11audit.forms.fields import GovRadios, GovSubmit, GovTextArea, GovTextInput, line_ends

LONGEST = 6000


class PassageArea(GovTextArea):
    """What is to be taken out: nobody needs to be told that it may identify a child."""

    def post_validate(self, form: Any, _stopped: bool) -> None:
        """Announce nothing."""


def _reason(
    hint: str = "The reason stays readable. Do not repeat what is taken out. For example: it named "
    "a child.",
) -> PassageArea:
    return PassageArea(
        "Why?",
        [
            InputRequired("Enter the reason"),
            Length(max=2000, message="Use 2,000 characters or fewer"),
        ],
        rows=3,
        hint=hint,
    )


class PassageForm(FlaskForm):
    """The passage to look for."""

    children_notice = False

    passage = PassageArea(
        "The passage",
        [
            InputRequired("Enter the passage to be redacted"),
            Length(max=LONGEST, message=f"Use {LONGEST:,} characters or fewer"),
        ],
        rows=4,
        hint="Paste just the words that must go, such as a name. Capitals, line breaks and kinds of"
        " quotation marks make no difference.",
        attributes={"autocomplete": "off", "spellcheck": "false"},
    )
    look = GovSubmit("Look where it stands")


class RedactForm(FlaskForm):
    """Taking out the passage that was looked for."""

    children_notice = False

    passage = HiddenField(filters=[line_ends], validators=[Length(max=LONGEST)])
    reason = _reason()
    confirm = GovSubmit("Redact it for good", classes="govuk-button--warning")
    change = GovSubmit("Look for other words", classes="govuk-button--secondary")


class FileNameForm(FlaskForm):
    """Part of the name of the file to look for."""

    children_notice = False

    name = GovTextInput(
        "Name of the file, or a part of it",
        [
            InputRequired("Enter the name of the file, or a part of it"),
            Length(max=200, message="Use 200 characters or fewer"),
        ],
        autocomplete="off",
    )
    look = GovSubmit("Look for it")


class RedactFileForm(FlaskForm):
    """Taking out one of the files that were found."""

    children_notice = False

    name = HiddenField(validators=[Length(max=200)])
    file = GovRadios(
        "Which file?", [InputRequired("Select the file")], message="Select the file", choices=[]
    )
    reason = _reason()
    confirm = GovSubmit("Redact this file for good", classes="govuk-button--warning")
    change = GovSubmit("Look for another name", classes="govuk-button--secondary")


class EraseForm(FlaskForm):
    """Erasing the details of an account."""

    children_notice = False

    reason = _reason(
        "The reason stays readable. Do not name the person. For example: asked for by letter."
    )
    typed = GovTextInput(
        "Type the e-mail address of the account to confirm",
        [InputRequired("Type the e-mail address of the account")],
        autocomplete="off",
    )
    confirm = GovSubmit("Erase these details for good", classes="govuk-button--warning")
