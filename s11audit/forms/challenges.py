"""The forms of a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import (
    GovDateField,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

NEW_QUESTIONS = 2


@dataclass(frozen=True)
class Asked:
    """A question as it stands: its number, its standard if it has one, and its answer so far."""

    id: int
    number: int
    standard: int | None
    text: str
    answer: str


class MeetingForm(FlaskForm):
    """When, where, and with whom."""

    held_on = GovDateField(
        "When is the meeting?", [InputRequired("Enter the day of the meeting")],
        what="The day of the meeting", hint="For example, 27 3 2027.",
    )  # fmt: skip
    place = GovTextInput("Where? (optional)", hint="A room, or “online”.", autocomplete="off")
    panel = GovTextArea(
        "Who is on the panel?", rows=5,
        hint="One person a line: the name, a comma, and their post. For example, Pat Lee, chair.",
    )  # fmt: skip
    save = GovSubmit("Save")

    def people(self) -> list[tuple[str, str]]:
        """Return the (name, post) of each line."""
        found = []
        for line in (self.panel.data or "").splitlines():
            name, _, post = line.partition(",")
            if name.strip():
                found.append((" ".join(name.split()), " ".join(post.split())))
        return found


class QuestionsForm(FlaskForm):
    """The questions; `questions_form` adds a field for each and for some new ones."""

    save = GovSubmit("Save the questions")


def questions_form(questions: Sequence[Asked], standards: Sequence[tuple[int, str]]) -> Any:
    """Return the form with the questions as they are, and room for new ones."""
    fields: dict[str, Field] = {}
    values: dict[str, Any] = {}
    for index, each in enumerate(questions):
        about = f" about standard {each.standard}" if each.standard else ""
        fields[f"id_{index}"] = HiddenField()
        fields[f"text_{index}"] = GovTextArea(f"Question {index + 1}{about}", rows=3)
        values |= {f"id_{index}": each.id, f"text_{index}": each.text}
    choices = [("", "None"), *((str(number), title) for number, title in standards)]
    for index in range(len(questions), len(questions) + NEW_QUESTIONS):
        fields[f"id_{index}"] = HiddenField()
        fields[f"text_{index}"] = GovTextArea("Another question (optional)", rows=3)
        fields[f"standard_{index}"] = GovSelect("About which standard?", choices=choices)
    return type("QuestionsOf", (QuestionsForm,), fields)(data=values)


class OutcomeForm(FlaskForm):
    """Answers and outcome; `outcome_form` adds a field for each answer."""

    outcome = GovTextArea("Outcome", rows=5, hint="What the panel concluded.")
    save = GovSubmit("Save", classes="govuk-button--secondary")
    finish = GovSubmit("Finish and show it to the agency")


def outcome_form(questions: Sequence[Asked], outcome: str) -> Any:
    """Return the form with the answers so far."""
    fields = {
        f"answer_{each.id}": GovTextArea(f"Answer {each.number}", hint=each.text, rows=3)
        for each in questions
    }
    values = {f"answer_{each.id}": each.answer for each in questions}
    return type("OutcomeOf", (OutcomeForm,), fields)(data=values | {"outcome": outcome})


class AgreedActionForm(FlaskForm):
    """What was agreed to be done."""

    what = GovTextArea("What will be done?", [InputRequired("Enter the action")], rows=3)
    owner = GovTextInput(
        "Who will do it?", [InputRequired("Enter who will do it")], hint="A name or a post.",
        autocomplete="off",
    )  # fmt: skip
    due_on = GovDateField(
        "When is it due?", [InputRequired("Enter when it is due")], what="The due date",
        hint="For example, 27 3 2027.",
    )  # fmt: skip
    save = GovSubmit("Add the action")


class DoneForm(FlaskForm):
    """An action was done."""

    done_on = GovDateField(
        "When was it done?", [InputRequired("Enter the day on which it was done")],
        what="The day on which it was done",
    )  # fmt: skip
    note = GovTextArea("Note (optional)", rows=3)
    save = GovSubmit("Record it as done")
