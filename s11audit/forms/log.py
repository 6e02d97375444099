"""The log's pages: what a paper says, and whose chain is shown."""

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length

from s11audit.forms.fields import GovSelect, GovSubmit, GovTextInput


class PaperForm(FlaskForm):
    """Asked by GET: nothing is changed, and the address of the answer can be kept."""

    class Meta:
        csrf = False

    paper = GovTextInput(
        "What the paper says",
        [
            InputRequired("Enter what the paper says of the log"),
            Length(max=400, message="Enter 400 characters or fewer"),
        ],
        hint="The line that begins with “Log:”, or the first 8 characters or more of the long "
        "number in it, or the number of an entry.",
        autocomplete="off",
        spellcheck=False,
    )
    look = GovSubmit("Look it up", classes="govuk-button--secondary")


class ChainForm(FlaskForm):
    """Whose entries are listed."""

    class Meta:
        csrf = False

    board = GovSelect("Log of")
    show = GovSubmit("Show", classes="govuk-button--secondary")
