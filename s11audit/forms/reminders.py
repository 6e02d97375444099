"""The forms of a board's reminders, and of a person's own."""

import re
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, ValidationError

from s11audit.forms.fields import (
    GovCheckboxes,
    GovNumberInput,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)
from s11audit.scoring.reminders import Schedule

_DAYS = re.compile(r"\d{1,3}(?:(?:\s*[,;]\s*|\s+)\d{1,3})*")


class ScheduleForm(FlaskForm):
    """When a board reminds, and of what."""

    remind_of = GovCheckboxes(
        "What are people reminded of?",
        choices=[
            ("returns", "Returns, and replies to ratings"),
            ("actions", "Actions of their plan"),
            ("weekly", "Once a week: plans and results that are still to come, and what waits "
             "for QA and the office"),
        ],
    )  # fmt: skip
    days_before = GovTextInput(
        "How many days before the due date?", hint="For example, 28, 14, 7, 1. 0 is the due date "
        "itself. Leave this empty for none.", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    every_days = GovNumberInput(
        "After the due date: every how many days?",
        [InputRequired("Enter a number of days, or 0 for none")],
        hint="7 is once a week. Enter 0 for no reminders after the due date.",
        message="Enter a number of days, or 0 for none", classes="govuk-input--width-3",
    )  # fmt: skip
    save = GovSubmit("Save")

    def validate_days_before(self, field: GovTextInput) -> None:
        """Numbers with commas or spaces between them."""
        if field.data and not _DAYS.fullmatch(field.data):
            raise ValidationError("Enter numbers of days with commas between them, like 28, 14, 7")

    def schedule(self) -> Schedule:
        """Return the days that were typed."""
        days = re.findall(r"\d+", self.days_before.data or "")
        return Schedule(tuple(int(day) for day in days), self.every_days.data or 0)


class WordsForm(FlaskForm):
    """The subject and text of a board's reminders."""

    children_notice = False

    subject = GovTextInput("Subject", [InputRequired("Enter the subject")])
    text = GovTextArea("E-mail", [InputRequired("Enter the text of the e-mail")], rows=12)
    preview = GovSubmit("Preview")
    save = GovSubmit("Save these words")
    reset = GovSubmit("Go back to the standard words", classes="govuk-button--secondary")

    def values(self) -> dict[str, Any]:
        """Return what was typed."""
        return {"subject": self.subject.data or "", "text": self.text.data or ""}
