"""The forms of what the board office does to a return."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import Standing
from s11audit.forms.fields import (
    GovDateField,
    GovRadios,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

STANDINGS = {
    Standing.EXCUSED: "The board does not ask for it this time. It is not counted.",
    Standing.NIL: "The duty does not apply to the agency. It is not counted.",
    Standing.WITHDRAWN: "The agency no longer takes part. It is not counted.",
    Standing.DECLINED: "The agency will not make it. It is counted as not returned.",
    Standing.ASKED: "The board asks for it after all.",
}
NAMES = {
    Standing.EXCUSED: "Excused",
    Standing.NIL: "Nil return",
    Standing.WITHDRAWN: "Withdrawn",
    Standing.DECLINED: "Declined",
    Standing.ASKED: "Asked again",
}


class ExtensionForm(FlaskForm):
    """A later due date, and why."""

    due_on = GovDateField(
        "New due date", [InputRequired("Enter the new due date")], what="The new due date",
        hint="The return is due at the end of that day. For example, 31 3 2027",
    )  # fmt: skip
    reason = GovTextArea(
        "Why is it extended?", [InputRequired("Enter the reason for the extension")],
        hint="The agency is told the reason.", rows=4,
    )  # fmt: skip
    save = GovSubmit("Extend the due date")


class StandingForm(FlaskForm):
    """Excused, nil, withdrawn, declined or asked again, and why."""

    standing = GovRadios(
        "What has happened?", [InputRequired("Select what has happened")], coerce=Standing,
        message="Select what has happened",
    )  # fmt: skip
    reason = GovTextArea(
        "Why?", [InputRequired("Enter the reason")],
        hint="The reason is listed with the return and in the board’s reports.", rows=4,
    )  # fmt: skip
    save = GovSubmit("Save")


def standing_form(now: Standing) -> StandingForm:
    """Return the form with every standing but the one that the return has now."""
    form = StandingForm()
    others = [each for each in STANDINGS if each is not now]
    form.standing.choices = [(each.value, NAMES[each]) for each in others]
    form.standing.look["hints"] = {each.value: STANDINGS[each] for each in others}
    return form


class SendBackForm(FlaskForm):
    """Why a return goes back to its agency."""

    reason = GovTextArea(
        "Why is it sent back?", [InputRequired("Enter the reason for sending it back")],
        hint="Say what the agency needs to change or add. The agency reads this.", rows=6,
    )  # fmt: skip
    save = GovSubmit("Send the return back")


class ChaseForm(FlaskForm):
    """An e-mail to those whose returns are still out."""

    subject = GovTextInput("Subject", [InputRequired("Enter the subject")])
    text = GovTextArea(
        "E-mail", [InputRequired("Enter the text of the e-mail")], rows=14,
    )  # fmt: skip
    preview = GovSubmit("Preview")
    send = GovSubmit("Send")
    change = GovSubmit("Change the e-mail", classes="govuk-button--secondary")

    def values(self) -> dict[str, Any]:
        """Return what was typed."""
        return {"subject": self.subject.data or "", "text": self.text.data or ""}
