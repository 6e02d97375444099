"""The forms of a sample audit: which standards, of which agencies, by when."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import Category
from s11audit.domain.wording import in_words
from s11audit.forms.fields import (
    GovCheckbox,
    GovCheckboxes,
    GovDateField,
    GovRadios,
    GovSubmit,
    GovTextInput,
)

ALL, SOME = "all", "some"


class SampleForm(FlaskForm):
    """A sample audit added to a cycle; `sample_form` gives it the tool's standards."""

    standards = GovCheckboxes(
        "Which standards are asked?", [InputRequired("Select at least one standard")],
        coerce=int, message="Select standards of this tool",
    )  # fmt: skip
    who = GovRadios(
        "Which agencies are asked?", [InputRequired("Select which agencies are asked")],
        choices=[(ALL, "All to which these standards apply"), (SOME, "Those of some categories")],
        message="Select which agencies are asked",
    )  # fmt: skip
    categories = GovCheckboxes(
        "Which categories?",
        choices=[(each.value, in_words(each)) for each in Category],
        coerce=Category, message="Select from the list of categories", small=True,
    )  # fmt: skip
    due_on = GovDateField(
        "When is it due?", [InputRequired("Enter when it is due")], what="The due date",
        hint="For example, 31 3 2027. A return is due at the end of that day.",
    )  # fmt: skip
    save = GovSubmit("Open the sample audit")

    def chosen_categories(self) -> tuple[Category, ...] | None:
        """Return the categories that are asked, None for all of them."""
        return None if self.who.data == ALL else tuple(self.categories.data or ())


class SampleCycleForm(SampleForm):
    """A sample audit as a cycle of its own."""

    name = GovTextInput(
        "Name of the audit", [InputRequired("Enter the name of the audit")],
        hint="For example, Sample audit of recruitment 2027", autocomplete="off",
    )  # fmt: skip
    include_advisory = GovCheckbox("Ask advisory agencies too")


class ToolForm(FlaskForm):
    """Which tool a sample audit takes its standards from."""

    tool = GovRadios("Audit tool", message="Select the audit tool")
    go_on = GovSubmit("Continue")


def sample_form(standards: Sequence[tuple[int, str]], of: type[SampleForm]) -> SampleForm:
    """Return the form with these standards (number, title) to choose from."""
    form = of(data={"who": ALL})
    form.standards.choices = [(number, f"{number}. {title}") for number, title in standards]
    return form
