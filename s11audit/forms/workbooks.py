"""The forms of filling in a return offline."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms import HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import GovCheckboxes, GovFileInput, GovSubmit


class WorkbookForm(FlaskForm):
    """The workbook that came back."""

    file = GovFileInput(
        "The workbook, filled in", [FileRequired("Choose the workbook")], accept=".xlsx",
        hint="The .xlsx file that you downloaded from this page, at most 5 MB",
    )  # fmt: skip
    check = GovSubmit("See what it would change")


class ApplyForm(FlaskForm):
    """Which standards are saved as the workbook has them."""

    token = HiddenField()
    standards = GovCheckboxes(
        "Save these standards as the workbook has them",
        [InputRequired("Select the standards to save")],
        coerce=int,
    )
    apply = GovSubmit("Save the changes")
