"""The forms of inviting people, of their roles, and of the installation."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, Role
from s11audit.domain.wording import in_words
from s11audit.forms.accounts import PASSWORD_HINT, email_field, password_field
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovFileInput,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

ROLE_HINTS = {
    Role.LEAD: "Fills in, assigns standards to colleagues and submits for the agency.",
    Role.CONTRIBUTOR: "Helps to fill in for the agency.",
    Role.OFFICE: "Runs the audit: cycles, agencies, people and returns.",
    Role.QA: "Reviews and rates returns, verifies actions.",
    Role.CHAIR: "The same, and publishes ratings.",
    Role.VIEWER: "Reads the reports.",
    Role.SCRUTINEER: "Reads everything of the board, until a date.",
}


def _name(label: str = "Name", *validators: Any, **look: Any) -> Any:
    return GovTextInput(
        label,
        [*validators, Length(max=200, message="The name must be 200 characters or fewer")],
        **{"autocomplete": "off", "spellcheck": False, **look},
    )


def _roles(roles: tuple[Role, ...], **look: Any) -> Any:
    return GovRadios(
        "Role",
        [InputRequired("Select a role")],
        choices=[(role.value, in_words(role)) for role in roles],
        coerce=Role,
        **{"hints": {role.value: ROLE_HINTS[role] for role in roles}, **look},
    )


def sign_in_name_field(label: str, hint: str, *validators: Any) -> Any:
    """Return a field for a sign-in name."""
    return GovTextInput(
        label,
        [*validators],
        hint=hint,
        autocomplete="username",
        autocapitalize="none",
        spellcheck=False,
    )


def _shared() -> Any:
    return GovCheckbox(
        "Several people share this mailbox, and this is another of them",
        hint="Enter the name too. Each of them gets an account of their own, and from then on "
        "signs in with a sign-in name. Those who have signed in with the address until then are "
        "told theirs by e-mail.",
    )


class InviteForm(FlaskForm):
    """One person to a board or to one of its agencies."""

    email = email_field("E-mail address", autocomplete="off")
    shared = _shared()
    name = _name("Name (optional)", hint="How the e-mail addresses them.")
    role = _roles((*AGENCY_ROLES, *BOARD_ROLES), divider=(Role.OFFICE.value, "or"))
    membership_id = GovSelect("Agency", hint="For a safeguarding lead or contributor.", coerce=int)
    until = GovDateField(
        "Until",
        what="Until",
        hint="For a scrutineer: the last day on which they read. For example, 31 3 2027",
    )
    submit = GovSubmit("Send the invitation")

    def set_agencies(self, agencies: list[tuple[int, str]]) -> None:
        """Let one of these memberships be selected."""
        self.membership_id.choices = [("", "Choose an agency"), *agencies]


class InviteAdministratorForm(FlaskForm):
    """One person to the installation."""

    email = email_field("E-mail address", autocomplete="off")
    name = _name("Name (optional)", hint="How the e-mail addresses them.")
    submit = GovSubmit("Send the invitation")


class InviteContributorForm(FlaskForm):
    """One person, to help at the agency of the lead who invites."""

    email = email_field("E-mail address", autocomplete="off")
    shared = _shared()
    name = _name("Name (optional)", hint="How the e-mail addresses them.")
    submit = GovSubmit("Send the invitation")


SOMEBODY_ELSE = 0


class SuccessorForm(FlaskForm):
    """Who is to be lead: a colleague, or somebody to be invited."""

    colleague = GovRadios(
        "Who takes over?", [InputRequired("Select who takes over")], choices=[], coerce=int
    )
    name = _name("Name")
    email = GovTextInput(
        "E-mail address",
        hint="They get a link to accept.",
        type="email",
        autocomplete="off",
        spellcheck=False,
    )
    shared = _shared()
    submit = GovSubmit("Replace the lead")

    def set_colleagues(self, colleagues: list[tuple[int, str]]) -> None:
        """Let one of these people be chosen, or somebody else, who is where there are none."""
        self.colleague.choices = [*colleagues, (SOMEBODY_ELSE, "Somebody else")]
        if not colleagues and self.colleague.data is None:
            self.colleague.data = SOMEBODY_ELSE


class HandOverForm(SuccessorForm):
    """A successor, and until when the lead stays."""

    stays_until = GovDateField(
        "Stay until (optional)",
        what="The day",
        hint="The last day on which you are a lead as well. Leave it empty to end your role when "
        "your successor accepts. For example, 31 3 2027",
    )
    submit = GovSubmit("Hand over")


class NoteForm(FlaskForm):
    """What a lead leaves to whoever comes after them."""

    note = GovTextArea(
        "Note to whoever comes after you",
        [Length(max=5000, message="The note must be 5,000 characters or fewer")],
        hint="For example who helps with what, where papers are, what was promised. Name no child.",
        rows=10,
    )
    submit = GovSubmit("Save the note")


class NameForm(FlaskForm):
    """One's own name and sign-in name."""

    name = _name("Your name", InputRequired("Enter your name"), autocomplete="name",
                 hint="Colleagues and the board see it beside what you do.")  # fmt: skip
    sign_in_name = sign_in_name_field(
        "Sign-in name (optional)",
        "You can sign in with it instead of your e-mail address. You need one if you share your "
        "mailbox with colleagues. Small letters, digits, dots, hyphens and underscores.",
    )
    submit = GovSubmit("Save")


class PeopleFileForm(FlaskForm):
    """The file of people to invite; checked first, then carried to the button that invites."""

    children_notice = False

    file = GovFileInput("CSV file", accept=".csv,text/csv")
    text = HiddenField()
    filename = HiddenField()
    digest = HiddenField()
    submit = GovSubmit("Check the file")


class RoleForm(FlaskForm):
    """Another role, for somebody who holds one."""

    role = _roles(BOARD_ROLES)
    until = GovDateField(
        "Until", what="Until", hint="For a scrutineer only. For example, 31 3 2027"
    )
    submit = GovSubmit("Change the role")

    def set_roles(self, roles: tuple[Role, ...]) -> None:
        """Let one of these be selected; without a scrutineer there is no date."""
        self.role.choices = [(role.value, in_words(role)) for role in roles]
        if Role.SCRUTINEER not in roles:
            del self.until


class NewAccountForm(FlaskForm):
    """The name and the password of somebody who accepts and has no account yet."""

    name = _name("Your name", InputRequired("Enter your name"), autocomplete="name",
                 hint="Colleagues and the board see it beside what you do.")  # fmt: skip
    sign_in_name = sign_in_name_field(
        "Choose a sign-in name",
        "You share this mailbox, so you sign in with a name of your own. Small letters, digits, "
        "dots, hyphens and underscores. For example, ann.smith",
        InputRequired("Enter a sign-in name"),
    )
    password = password_field("Choose a password", "Enter a password", hint=PASSWORD_HINT)
    submit = GovSubmit("Accept and create my account")


class DeactivateForm(FlaskForm):
    """Closing somebody's account."""

    withdraw_sent = GovCheckbox("Withdraw the invitations that they sent and nobody has accepted")
    submit = GovSubmit("Deactivate the account", classes="govuk-button--warning")


class ReactivateForm(FlaskForm):
    """Opening an account again."""

    roles_back = GovCheckbox("Give back the roles that ended when it was deactivated")
    submit = GovSubmit("Open the account again")


class PressForm(FlaskForm):
    """A form of one button."""


class BoardForm(FlaskForm):
    """A new board."""

    name = GovTextInput(
        "Name of the board",
        [
            InputRequired("Enter the name of the board"),
            Length(max=200, message="The name of the board must be 200 characters or fewer"),
        ],
    )
    slug = GovTextInput(
        "Short name for addresses",
        [InputRequired("Enter a short name")],
        hint="Small letters, digits and single hyphens. For example, lancashire",
        spellcheck=False,
        autocapitalize="none",
    )
    submit = GovSubmit("Add the board")
