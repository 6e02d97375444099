"""The form of entering a return that came on paper or in Word."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms.validators import InputRequired

from s11audit.domain.enums import EntryForm
from s11audit.domain.wording import in_words
from s11audit.forms.fields import GovDateField, GovFileInput, GovRadios, GovSubmit


class PaperEntryForm(FlaskForm):
    """In what form the return came, when, and the original."""

    form = GovRadios(
        "How did the return come?",
        [InputRequired("Select how the return came")],
        choices=[(each.value, in_words(each)) for each in EntryForm],
    )
    received_on = GovDateField(
        "When was it received?",
        [InputRequired("Enter the day the return was received")],
        what="The day it was received",
        hint="It is late only if this day is after the due date. For example, 25 3 2026",
    )
    file = GovFileInput(
        "The original",
        [FileRequired("Choose the file of the original")],
        hint="The document as it came, or a scan or photograph of the paper",
    )
    start = GovSubmit("Start entering the return")
