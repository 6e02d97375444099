"""The forms of the confirmed way: the agency confirms its result, the office rates again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import (
    GovCheckbox,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)
from s11audit.tools.schema import RatingChoice


@dataclass(frozen=True)
class Offered:
    """A standard of the result: its number and title, and the label that was sent in."""

    number: int
    title: str
    label: str | None


class ConfirmResultForm(FlaskForm):
    """Who confirms the result. `confirm_form` adds two fields for each standard."""

    name = GovTextInput(
        "Name of the person who confirms it", [InputRequired("Enter the name of the person who"
        " confirms the result")], autocomplete="name",
    )  # fmt: skip
    designation = GovTextInput(
        "Their designation", [InputRequired("Enter their designation")],
        hint="For example, Chief Executive.", autocomplete="organization-title",
    )  # fmt: skip
    submission = HiddenField()  # whose result the page showed
    save = GovSubmit("Confirm the result")

    def corrections(self) -> dict[int, tuple[str, str]]:
        """Return the label and the reason of each standard that is corrected, by its number; with
        an empty label where only a reason was given, so that it is not lost."""
        found = {}
        for field in self:
            if field.name.startswith("label_"):
                number = int(field.name.removeprefix("label_"))
                label, reason = field.data or "", self[f"reason_{number}"].data or ""
                if label or reason.strip():
                    found[number] = (label, reason)
        return found


def confirm_form(
    standards: Sequence[Offered], ratings: Sequence[RatingChoice], **values: Any
) -> ConfirmResultForm:
    """Return the form with a choice of rating and a reason for each standard."""
    fields: dict[str, Field] = {}
    for each in standards:
        others = [(one.label, one.title) for one in ratings if one.label != each.label]
        first = "Right as it is" if each.label else "Not rated"
        about = f"standard {each.number}"
        fields[f"label_{each.number}"] = GovSelect(
            f"The right rating of {about}", choices=[("", first), *others],
            message=f"Choose a rating for {about}",
        )  # fmt: skip
        fields[f"reason_{each.number}"] = GovTextArea(f"Why do you correct {about}?", rows=2)
    return type("ConfirmForm", (ConfirmResultForm,), fields)(data=values or None)


class RateAgainForm(FlaskForm):
    """The office's rating of a standard, with what it rests on."""

    label = GovRadios("Rating", [InputRequired("Choose a rating")], message="Choose a rating")
    reason = GovTextArea(
        "What did you see that it rests on?",
        [InputRequired("Say what you saw that this rating rests on")],
        hint="The agency reads this. For a rating of not applicable, say why it does not apply.",
        rows=3,
    )
    comment = GovTextArea("Comment (optional)", hint="The agency reads this.", rows=3)
    improvement = GovTextArea(
        "Required improvement",
        hint="Needed for amber and red. It opens another place in the agency’s action plan.",
        rows=3,
    )
    monitor = GovCheckbox("Flag this standard to monitor")
    based_on = HiddenField()
    save = GovSubmit("Publish the rating")


def rate_again_form(ratings: Sequence[RatingChoice], **values: Any) -> RateAgainForm:
    """Return the form with the tool's ratings and their descriptors."""
    form = RateAgainForm(data=values or None)
    form.label.choices = [(choice.label, choice.title) for choice in ratings]
    form.label.look |= {
        "hints": {each.label: each.descriptor for each in ratings if each.descriptor},
        "small": True,
    }
    return form
