"""The forms of an escalation."""

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)


class LetterForm(FlaskForm):
    """When a step is due, and its letter."""

    due_on = GovDateField(
        "When is this step due?", [InputRequired("Enter when the step is due")],
        what="The due date", hint="For example, 27 3 2027.",
    )  # fmt: skip
    to_name = GovTextInput(
        "Who is it addressed to? (optional)", hint="For example, Pat Lee, Chief Executive.",
        autocomplete="off",
    )  # fmt: skip
    to_email = GovTextInput(
        "Their e-mail address (optional)", type="email", autocomplete="off",
        hint="A reminder without one goes to the agency’s safeguarding leads.",
    )  # fmt: skip
    subject = GovTextInput("Subject", [InputRequired("Enter the subject")], autocomplete="off")
    text = GovTextArea("Letter", [InputRequired("Enter the text of the letter")], rows=14)
    save = GovSubmit("Save and preview")


class StepForm(FlaskForm):
    """A step was taken."""

    done_on = GovDateField(
        "When was it done?", [InputRequired("Enter the day on which it was done")],
        what="The day on which it was done",
    )  # fmt: skip
    note = GovTextArea("Note (optional)", hint="What was said, or how the letter went out.", rows=3)
    by_email = GovCheckbox("Send the letter by e-mail now")
    save = GovSubmit("Record this step")
