"""The forms on which an agency says whether what was green is still true."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import Email, Length, Optional

from s11audit.forms.fields import GovCheckbox, GovRadios, GovSubmit, GovTextInput

STILL_TRUE, CHANGED = "still_true", "changed"
_CHOICES = [(STILL_TRUE, "Still true"), (CHANGED, "Changed")]
STANDARD = "standard-"


class StillTrueForm(FlaskForm):
    """What is said of each standard, and who says it; `still_true_form` adds the standards."""

    name = GovTextInput("Full name", autocomplete="name")
    save = GovSubmit("Save")

    def said(self) -> dict[int, bool]:
        """Return of which standards it was said that they are still true (True) or not."""
        return {
            int(field.name.removeprefix(STANDARD)): field.data == STILL_TRUE
            for field in self
            if field.name.startswith(STANDARD) and field.data in (STILL_TRUE, CHANGED)
        }

    def unsaid(self) -> list[Any]:
        """Return the fields of the standards of which nothing was said."""
        return [
            field
            for field in self
            if field.name.startswith(STANDARD) and field.data not in (STILL_TRUE, CHANGED)
        ]


class ConfirmationForm(StillTrueForm):
    """A whole return on one page: what is said of each standard, and the declaration. What is
    missing is for the service to say, since a standard that has changed needs none of it."""

    designation = GovTextInput(
        "Designation", [Length(max=200, message="Designation must be 200 characters or fewer")],
        hint="Their post, such as chief executive or director of children’s services",
        autocomplete="organization-title",
    )  # fmt: skip
    email = GovTextInput(
        "E-mail address",
        [Optional(), Length(max=255, message="E-mail address must be 255 characters or fewer"),
         Email("Enter an e-mail address in the correct format, like name@example.org")],
        type="email", autocomplete="email", spellcheck=False,
    )  # fmt: skip
    declared = GovCheckbox("I declare this on behalf of the organisation")
    submit = GovSubmit("Submit this return")


def still_true_form(
    numbers: Iterable[int], said: Mapping[int, bool], name: str = ""
) -> StillTrueForm:
    """Return the form for these standards, filled with what was said of them before."""
    return _made(StillTrueForm, numbers, said, name)


def confirmation_form(numbers: Iterable[int], said: Mapping[int, bool]) -> ConfirmationForm:
    """Return the one-page form for these standards."""
    form = _made(ConfirmationForm, numbers, said, "")
    assert isinstance(form, ConfirmationForm)
    return form


def _made(
    of: type[StillTrueForm], numbers: Iterable[int], said: Mapping[int, bool], name: str
) -> StillTrueForm:
    standards = sorted(numbers)
    # Before the rest, as on the page: problems are listed in the order of the fields.
    fields: dict[str, Any] = {
        f"{STANDARD}{number}": GovRadios(
            choices=_CHOICES, message="Select whether this is still true"
        )
        for number in standards
    }
    made = type(of.__name__, (of,), fields)
    form: StillTrueForm = made(
        data={
            "name": name,
            **{
                f"{STANDARD}{number}": STILL_TRUE if said[number] else CHANGED
                for number in standards
                if number in said
            },
        }
    )
    return form
