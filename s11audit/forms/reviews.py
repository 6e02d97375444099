"""The forms by which QA rates a standard, agrees on one and decides a dispute."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.validators import InputRequired

from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovNumberInput,
    GovRadios,
    GovSubmit,
    GovTextArea,
)
from s11audit.tools.schema import NOT_APPLICABLE_LABEL, RatingChoice

KEEP, CHANGE = "keep", "change"


class RefusableForm(FlaskForm):
    """A form that shows what a service found wrong beside the field it is about."""

    def refuse(self, problems: dict[str, str]) -> None:
        """Show what the service found wrong; what belongs to no field is shown above the form."""
        for name, message in problems.items():
            field: Field | None = self._fields.get(name)
            if field is None:
                self.form_errors.append(message)
            else:
                field.errors = [*field.errors, message]


class OfferedRatings(RefusableForm):
    """A rating with what goes with it. What each rating needs is the service's to say."""

    label = GovRadios("Rating", [InputRequired("Choose a rating")], message="Choose a rating")
    na_reason = GovTextArea("Why does it not apply?", rows=2)
    comment = GovTextArea("Comment", hint="The agency reads this once published.", rows=4)
    improvement = GovTextArea(
        "Required improvement",
        hint="Needed for amber and red. It opens a place in the agency’s action plan.",
        rows=3,
    )
    improvement_due_on = GovDateField(
        "When is the improvement due?",
        what="The due date",
        hint="For amber and red, for example 27 3 2027.",
    )
    monitor = GovCheckbox("Flag this standard to monitor")

    def __init__(
        self,
        offered: Sequence[RatingChoice],
        *args: Any,
        na_label: str = NOT_APPLICABLE_LABEL,
        **options: Any,
    ) -> None:
        self._offered, self._na_label = offered, na_label
        super().__init__(*args, **options)

    def process(self, *args: Any, **options: Any) -> None:
        """Offer the tool's ratings with their descriptors, and read what was sent."""
        self.label.choices = [(choice.label, choice.title) for choice in self._offered]
        self.label.look |= {
            "hints": {each.label: each.descriptor for each in self._offered if each.descriptor},
            "reveals": {self._na_label: self.na_reason},
            "small": True,
        }
        super().process(*args, **options)


class RatingOnForm(OfferedRatings):
    """A rating that is written on the one that was shown: `based_on` names it."""

    based_on = HiddenField()

    def turn_down(self, error: Invalid | Conflict | Refused) -> int:
        """Show why the service did not save the rating, and return the status of the answer.
        Where somebody rated meanwhile, the next try is based on what they saved."""
        if isinstance(error, Invalid):
            self.refuse(error.problems)
            return 200
        self.form_errors.append(str(error))
        if isinstance(error, Conflict):
            self.based_on.data = str(error.current)
        return 409


class RatingForm(RatingOnForm):
    """A reviewer's own rating of one standard."""

    reason = GovTextArea("Reason for the change", rows=2)
    # The first button of a form is the one that the Enter key presses.
    save_next = GovSubmit("Save and next standard", attributes={"accesskey": "s"})
    save = GovSubmit("Save and stay", classes="govuk-button--secondary")


class AgreementForm(RatingOnForm):
    """What the sub-group agrees of one standard."""

    reason = GovTextArea(
        "Why the group agreed this",
        hint="Needed where the reviewers differ, or where it is not their rating.",
        rows=3,
    )
    save_next = GovSubmit("Save and next standard", attributes={"accesskey": "s"})
    save = GovSubmit("Save and go to all standards", classes="govuk-button--secondary")


class DecisionForm(OfferedRatings):
    """The sub-group's decision of a dispute."""

    decision = GovRadios(
        "What does the group decide?",
        [InputRequired("Choose whether the rating is kept or changed")],
        choices=[(KEEP, "Keep the rating as it was agreed"), (CHANGE, "Change the rating")],
        message="Choose whether the rating is kept or changed",
        small=True,
    )
    label = GovRadios("The new rating", message="Choose a rating")
    reason = GovTextArea(
        "Reason for the decision", hint="The agency reads this beside its own reason.", rows=4
    )
    save = GovSubmit("Save the decision")


class OpeningForm(RefusableForm):
    """Why the chair does not wait for every reviewer."""

    reason = GovTextArea("Why do you not wait for every reviewer?", rows=3)
    save = GovSubmit("Open the moderation now", classes="govuk-button--warning")


class ConfirmForm(RefusableForm):
    """The chair's one step: agree what is shown (`seen`), and share or publish it."""

    seen = HiddenField()
    due_on = GovDateField(
        "When are the improvements due that have no date? (optional)",
        what="The due date",
        hint="For example, 27 3 2027.",
    )


class ReplyDaysForm(RefusableForm):
    """How long a board's agencies have to answer agreed ratings."""

    days = GovNumberInput(
        "How many days does an agency have to answer?",
        [InputRequired("Enter a number of days, from 0 to 90")],
        message="Enter a number of days, from 0 to 90",
        hint="14 is usual. With 0, agreed ratings are published as soon as they are shared.",
        classes="govuk-input--width-3",
    )
    save = GovSubmit("Save")


class EmptyForm(FlaskForm):
    """Nothing but the proof that the page was ours; for pages of one button."""
