"""The forms of cycles and stages."""

from collections.abc import Sequence
from datetime import date

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, ValidationError

from s11audit.domain.enums import Basis
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextInput,
)

_EXAMPLE = "For example, 31 3 2027. A return is due at the end of that day."


class CycleForm(FlaskForm):
    """A new cycle: its name, its tool, and one to three stages with due dates."""

    name = GovTextInput(
        "Name of the cycle", [InputRequired("Enter the name of the cycle")],
        hint="For example, Section 11 audit 2026 to 2029", autocomplete="off",
    )  # fmt: skip
    tool = GovRadios(
        "Audit tool", [InputRequired("Select the audit tool")], message="Select the audit tool"
    )
    basis = GovRadios(
        "How is each agency’s compliance arrived at?",
        choices=[
            (Basis.AGREED.value, "QA rates each standard"),
            (Basis.CONFIRMED.value, "Each agency confirms its own result"),
        ],
        default=Basis.AGREED.value,
        coerce=Basis,
        message="Select how compliance is arrived at",
        hints={
            Basis.AGREED.value: "The QA group rates every standard of every return, and its ratings"
            " count.",
            Basis.CONFIRMED.value: "You return the result to the agency. It confirms or corrects it"
            " and plans what falls short. You rate a standard again once its actions are verified.",
        },
    )
    due_1 = GovDateField(
        "When is stage 1 due?", [InputRequired("Enter when stage 1 is due")],
        what="The due date of stage 1", hint=_EXAMPLE,
    )  # fmt: skip
    due_2 = GovDateField(
        "When is stage 2 due? (optional)", what="The due date of stage 2",
        hint="An update a year later, say. It opens the day after stage 1 is due, or by hand.",
    )  # fmt: skip
    due_3 = GovDateField("When is stage 3 due? (optional)", what="The due date of stage 3")
    include_advisory = GovCheckbox("Ask advisory agencies too")
    check = GovSubmit("Continue")
    confirm = GovSubmit("Open the cycle")
    change = GovSubmit("Change these answers", classes="govuk-button--secondary")

    def validate_due_3(self, field: GovDateField) -> None:
        """A third stage needs a second one."""
        if field.data and not self.due_2.data and not self.due_2.errors:
            raise ValidationError("Enter when stage 2 is due, or leave out stage 3")

    def due(self) -> list[date]:
        """Return the due dates that were given, in order of stage."""
        return [each.data for each in (self.due_1, self.due_2, self.due_3) if each.data]


class JoinForm(FlaskForm):
    """A late joiner: which agency, and when its return is due."""

    membership = GovSelect(
        "Agency", [InputRequired("Select an agency")], coerce=int, message="Select an agency"
    )
    due_on = GovDateField(
        "When is its return due?", [InputRequired("Enter when its return is due")],
        what="The due date", hint=_EXAMPLE,
    )  # fmt: skip
    join = GovSubmit("Ask this agency")


def join_form(agencies: Sequence[tuple[int, str]], due_on: date) -> JoinForm:
    """Return the form with those agencies to choose from and the stage's due date filled in."""
    form = JoinForm(data={"due_on": due_on})
    form.membership.choices = [("", "Select an agency"), *agencies]
    return form


class ConfirmForm(FlaskForm):
    """One button that does something; what, the page says."""

    confirm = GovSubmit("Confirm")
