"""The forms of meetings, of the programme, and of what a meeting records."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import AttendanceKind, MeetingKind
from s11audit.domain.wording import in_words
from s11audit.forms.fields import (
    GovDateField,
    GovNumberInput,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

Choices = Sequence[tuple[str, str]]


class MeetingForm(FlaskForm):
    """A meeting: its kind, day, time and place, title and what else comes to it."""

    kind = GovRadios(
        "Which meeting is it?", [InputRequired("Select which meeting it is")],
        choices=[(each.value, in_words(each)) for each in MeetingKind], coerce=MeetingKind,
        hints={"executive": "Agencies’ returns come to it, one after the other.",
               "qa": "Reviewers agree ratings, decide disputes and plans."},
        message="Select which meeting it is",
    )  # fmt: skip
    held_on = GovDateField("Date", [InputRequired("Enter the date")], what="Date",
                           hint="For example, 12 5 2026")  # fmt: skip
    starts_at = GovTextInput("Time (optional)", hint="For example, 10am", autocomplete="off")
    place = GovTextInput("Place (optional)", autocomplete="off")
    title = GovTextInput("Title (optional)", hint="Without one it is named after its kind.",
                         autocomplete="off")  # fmt: skip
    other_items = GovTextArea("Other items (optional)", rows=4,
                              hint="What else comes to it, a line each.")  # fmt: skip
    save = GovSubmit("Save")


class ScheduleForm(FlaskForm):
    """A return's place on the programme."""

    meeting = GovSelect("Meeting", [InputRequired("Select a meeting")], coerce=int,
                        message="Select a meeting")  # fmt: skip
    position = GovNumberInput("Place on the agenda (optional)", classes="govuk-input--width-3",
                              hint="1 is first. Left empty, it comes last.",
                              message="The place must be a whole number")  # fmt: skip
    note = GovTextInput("Note (optional)", autocomplete="off",
                        hint="For example: with the annual safeguarding report")  # fmt: skip
    save = GovSubmit("Save")

    def __init__(self, meetings: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.meeting.choices = [("", "Select a meeting"), *meetings]


class LineForm(FlaskForm):
    """A line of enquiry."""

    about = GovSelect("Return", [InputRequired("Select a return")], coerce=int,
                      message="Select a return")  # fmt: skip
    standard = GovNumberInput("Standard", [InputRequired("Enter the number of the standard")],
                              classes="govuk-input--width-3",
                              message="The standard must be a whole number")  # fmt: skip
    text = GovTextArea("What to ask", [InputRequired("Enter what to ask")], rows=4)
    save = GovSubmit("Save")

    def __init__(self, returns: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.about.choices = [("", "Select a return"), *returns]


class LineTextForm(FlaskForm):
    """The wording of a line of enquiry that is there."""

    text = GovTextArea("What to ask", [InputRequired("Enter what to ask")], rows=4)
    save = GovSubmit("Save")


class DecisionForm(FlaskForm):
    """What the meeting decided."""

    text = GovTextArea("What was decided", [InputRequired("Enter what was decided")], rows=4)
    about = GovSelect("About which return (optional)", coerce=int, message="Select a return")
    standard = GovNumberInput("Standard (optional)", classes="govuk-input--width-3",
                              message="The standard must be a whole number")  # fmt: skip
    owner = GovTextInput("Who will do it (optional)", autocomplete="off")
    due_on = GovDateField("By when (optional)", what="By when")
    save = GovSubmit("Save the decision")

    def __init__(self, returns: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.about.choices = [("", "No return in particular"), *returns]


class AttendanceForm(FlaskForm):
    """Somebody who was at the meeting, or sent apologies."""

    name = GovTextInput("Name", [InputRequired("Enter the name")], autocomplete="off")
    from_where = GovTextInput("Role or agency (optional)", autocomplete="off")
    kind = GovRadios(
        "Were they there?", [InputRequired("Select whether they were there")],
        choices=[(each.value, in_words(each)) for each in AttendanceKind], coerce=AttendanceKind,
        default=AttendanceKind.PRESENT, inline=True, small=True,
        message="Select whether they were there",
    )  # fmt: skip
    conflict = GovSelect(
        "Conflict of interest with (optional)", coerce=int, message="Select an agency",
        hint="The agency that they work for, or have another interest in.",
    )  # fmt: skip
    save = GovSubmit("Add")

    def __init__(self, agencies: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conflict.choices = [("", "None"), *agencies]


class NotesForm(FlaskForm):
    """The minutes' own text."""

    notes = GovTextArea(
        "Notes of the meeting",
        rows=14,
        hint="All who read the minutes read this. Record what is said of an"
        " agency’s ratings as a decision, which its own people do not see.",
    )
    save = GovSubmit("Save the notes")
