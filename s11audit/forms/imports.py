"""The forms of the three imports."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms.validators import InputRequired, Length

from s11audit.forms.fields import GovFileInput, GovSelect, GovSubmit, GovTextInput

HINT = "CSV in UTF-8, at most 2 MB"


class AgenciesFileForm(FlaskForm):
    """A file of agencies."""

    children_notice = False

    file = GovFileInput("File", [FileRequired("Choose the file")], accept=".csv", hint=HINT)
    check = GovSubmit("Check the file")


class ReturnsFileForm(FlaskForm):
    """A file of returns, and the stage that they answer."""

    stage = GovSelect(
        "Which stage do the returns answer?", [InputRequired("Select the stage")], coerce=int
    )
    file = GovFileInput("File", [FileRequired("Choose the file")], accept=".csv", hint=HINT)
    check = GovSubmit("Check the file")


class TableFileForm(FlaskForm):
    """A published compliance table, and the name of the cycle that it reports."""

    children_notice = False

    cycle = GovTextInput(
        "Name of the cycle",
        [InputRequired("Enter the name of the cycle"), Length(max=100)],
        hint="Such as “Section 11 audit 2011”. It is made if there is none of that name.",
        autocomplete="off",
    )
    file = GovFileInput("File", [FileRequired("Choose the file")], accept=".csv", hint=HINT)
    check = GovSubmit("Check the file")
