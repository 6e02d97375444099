"""The forms of screening."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.forms.fields import GovSelect, GovSubmit, GovTextArea


class DismissForm(FlaskForm):
    """Why a point is dismissed."""

    word = GovTextArea(
        "Why is it dismissed?", [InputRequired("Enter the reason for dismissing it")],
        hint="A few words are enough. The reason is kept with the point.", rows=3,
    )  # fmt: skip
    save = GovSubmit("Dismiss the point")


class PointForm(FlaskForm):
    """A point that the first read did not find."""

    standard = GovSelect(
        "Standard", [InputRequired("Select the standard")], message="Select the standard"
    )
    passage = GovTextArea(
        "What should the agency look at?", [InputRequired("Enter the point")],
        hint="QA reads this, and so does the agency where the return is sent back.", rows=4,
    )  # fmt: skip
    save = GovSubmit("Add the point")


def point_form(standards: Sequence[tuple[int, str]]) -> PointForm:
    """Return the form with these standards to choose from, by number and title."""
    form = PointForm()
    form.standard.choices = [
        ("", "Choose a standard"),
        *((str(number), f"{number}. {title}") for number, title in standards),
    ]
    return form


class LetterForm(FlaskForm):
    """The letter that sends a return back."""

    letter = GovTextArea(
        "Letter", [InputRequired("Enter the letter")],
        hint="You can change it. The agency is sent it by e-mail, and reads it on its page.",
        rows=20,
    )  # fmt: skip
    save = GovSubmit("Send the return back")
