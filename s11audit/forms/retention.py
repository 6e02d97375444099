"""How long a cycle is kept, and the confirmation of what is removed."""

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import GovCheckbox, GovSubmit, GovTextInput


class YearsForm(FlaskForm):
    """For how many years."""

    years = GovTextInput(
        "Years after the last stage was closed",
        hint="A whole number. Leave it empty to follow the service’s default.",
        autocomplete="off",
        inputmode="numeric",
        classes="govuk-input--width-3",
    )
    save = GovSubmit("Save", classes="govuk-button--secondary")


class RemoveForm(FlaskForm):
    """Confirms one list: `digest` is that of what the page shows."""

    digest = HiddenField()
    sure = GovCheckbox(
        "I have read the list. What it names is to be removed for good.",
        [InputRequired("Say that you have read the list")],
    )
    remove = GovSubmit("Remove it for good", classes="govuk-button--warning")
