"""The forms of the action plan, of both sides."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.validators import InputRequired

from s11audit.forms.fields import (
    GovCheckboxes,
    GovDateField,
    GovRadios,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

ACCEPT, ASK_AGAIN = "accept", "ask_again"


class PlanForm(FlaskForm):
    """What the forms of the plan share."""

    def refuse(self, problems: dict[str, str], message: str = "") -> None:
        """Show what the service found wrong: beside its field, or above the form."""
        for name, text in problems.items():
            field: Field | None = self._fields.get(name)
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]
        if message and not problems:
            self.form_errors.append(message)


class ActionForm(PlanForm):
    """What will be done, by whom and by when."""

    what = GovTextArea("What will be done?", rows=3)
    owner = GovTextInput("Who will do it?", hint="A name or a post.")
    due_on = GovDateField("When is it due?", what="The due date", hint="For example, 27 3 2027.")
    reason = GovTextArea(
        "Why are you changing it?",
        hint="QA has this plan, so the change is kept with its reason.",
        rows=2,
    )
    proposal = HiddenField()
    based_on = HiddenField()
    save = GovSubmit("Save the action")


class NoteForm(PlanForm):
    """A note on one action. The page names it."""

    note = GovTextArea("Note", rows=4)
    save = GovSubmit("Save")


class NoActionForm(PlanForm):
    """Why the agency takes no action on an improvement."""

    reason = GovTextArea(
        "Why is no action needed?",
        hint="QA reads this and accepts it, or asks again.",
        rows=4,
    )
    save = GovSubmit("Save the reason")


class DecisionForm(PlanForm):
    """QA's answer to a plan that was returned."""

    decision = GovRadios(
        "Do you accept this plan?",
        [InputRequired("Choose whether you accept the plan")],
        choices=[(ACCEPT, "Accept the plan"), (ASK_AGAIN, "Ask for it again")],
        message="Choose whether you accept the plan",
    )
    reason = GovTextArea(
        "What should the agency know?",
        hint="Needed if you ask again: say what has to be put right.",
        rows=4,
    )
    accepted_reasons = GovCheckboxes(
        "If you ask again: reasons for no action that you accept already",
        hint="Accepting the plan accepts all of them.",
        coerce=int,
    )
    save = GovSubmit("Send the answer")

    def __init__(self, reasons: Sequence[tuple[int, str]], *args: Any, **options: Any) -> None:
        self._reasons = reasons
        super().__init__(*args, **options)

    def process(self, *args: Any, **options: Any) -> None:
        """Offer the reasons for no action, as (improvement's id, words); read what was sent."""
        self.accepted_reasons.choices = list(self._reasons)
        super().process(*args, **options)


class MonitorForm(PlanForm):
    """Why something is flagged for monitoring, or no longer."""

    reason = GovTextArea("Why?", rows=3)
    raised = HiddenField()
    save = GovSubmit("Save")
