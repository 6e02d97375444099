"""The forms of agencies and their memberships."""

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import Category, Duty, Participation
from s11audit.domain.wording import in_words
from s11audit.forms.fields import (
    GovCheckboxes,
    GovDateField,
    GovRadios,
    GovSubmit,
    GovTextInput,
)

CATEGORIES = [(each.value, in_words(each)) for each in Category]


class MembershipForm(FlaskForm):
    """An agency on a board: its name there, categories, participation and duty."""

    name = GovTextInput(
        "Name of the agency", [InputRequired("Enter the name of the agency")],
        hint="As it is to appear in the board’s reports", autocomplete="off",
    )  # fmt: skip
    categories = GovCheckboxes(
        "Category",
        [InputRequired("Select at least one category")],
        choices=CATEGORIES,
        coerce=Category,
        hint="Select all that apply. Some questions are asked of certain categories only.",
        small=True,
    )
    participation = GovRadios(
        "How does it take part?",
        [InputRequired("Select how the agency takes part")],
        choices=[(Participation.FULL.value, "In full"), (Participation.ADVISORY.value, "Advisory")],
        coerce=Participation,
        default=Participation.FULL,
        hints={
            Participation.FULL.value: "It is asked for returns, and QA rates them.",
            Participation.ADVISORY.value: "It takes part and is not rated.",
        },
    )
    duty = GovRadios(
        "Why does it take part?",
        [InputRequired("Select why the agency takes part")],
        choices=[
            (Duty.STATUTORY.value, "It has the statutory duty"),
            (Duty.INVITED.value, "The board invited it"),
        ],
        coerce=Duty,
        default=Duty.STATUTORY,
    )
    save = GovSubmit("Save")


class EndForm(FlaskForm):
    """When a membership ends."""

    ends_on = GovDateField(
        "When does the membership end?",
        [InputRequired("Enter the day on which the membership ends")],
        what="The end",
        hint="From this day on the agency is not asked for new returns. For example, 31 3 2027",
    )
    end = GovSubmit("End the membership", classes="govuk-button--warning")
