"""The form of somebody invited who comes in by single sign-on."""

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length

from s11audit.forms.fields import GovCheckboxes, GovSubmit, GovTextInput


class InvitedForm(FlaskForm):
    """The name of the new account, and which invitations it takes up."""

    name = GovTextInput(
        "Your name",
        [
            InputRequired("Enter your name"),
            Length(max=200, message="The name must be 200 characters or fewer"),
        ],
        hint="Colleagues and the board see it beside what you do.",
        autocomplete="name",
        spellcheck=False,
    )
    invitations = GovCheckboxes(
        "What you accept",
        [InputRequired("Select at least one invitation")],
        coerce=int,
        message="Select from the invitations that are shown",
    )
    submit = GovSubmit("Accept and create my account")
