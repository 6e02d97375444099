"""The form by which QA rates one standard."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import GovCheckbox, GovRadios, GovSubmit, GovTextArea
from s11audit.tools.schema import NOT_APPLICABLE_LABEL, RatingChoice


class RatingForm(FlaskForm):
    """A rating with what goes with it. What each rating needs is the service's to say."""

    label = GovRadios("Rating", [InputRequired("Choose a rating")], message="Choose a rating")
    na_reason = GovTextArea("Why does it not apply?", rows=2)
    comment = GovTextArea("Comment", hint="The agency reads this once published.", rows=4)
    improvement = GovTextArea(
        "Required improvement",
        hint="Needed for amber and red. It opens a place in the agency’s action plan.",
        rows=3,
    )
    monitor = GovCheckbox("Flag this standard to monitor")
    reason = GovTextArea("Reason for the change", rows=2)
    based_on = HiddenField()
    # The first button of a form is the one that the Enter key presses.
    save_next = GovSubmit("Save and next standard", attributes={"accesskey": "s"})
    save = GovSubmit("Save and stay", classes="govuk-button--secondary")

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

    def refuse(self, problems: dict[str, str]) -> None:
        """Show what the service found wrong beside its field."""
        for name, message in problems.items():
            field = self[name]
            field.errors = [*field.errors, message]


class EmptyForm(FlaskForm):
    """Nothing but the proof that the page was ours; for pages of one button."""
