"""The forms of evidence: a file, a link, and changing either."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import EvidenceKind
from s11audit.domain.wording import in_words
from s11audit.forms.fields import (
    GovCheckboxes,
    GovDateField,
    GovFileInput,
    GovRadios,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)

KIND_HINTS = {
    EvidenceKind.POLICY.value: "What your organisation says it does",
    EvidenceKind.ACTIVITY.value: "What was done: training, meetings, audits",
    EvidenceKind.OUTCOME.value: "What changed for children as a result",
    EvidenceKind.CHILDS_VOICE.value: "What children and young people said",
}


class EvidenceForm(FlaskForm):
    """What every piece of evidence is described by."""

    description = GovTextArea(
        "What this is and what it shows",
        [InputRequired("Say what this is and what it shows")],
        hint="For example: supervision audit of 20 cases; 18 children had been seen alone",
        rows=3,
    )
    kind = GovRadios(
        "What kind of evidence it is",
        [InputRequired("Select what kind of evidence it is")],
        choices=[(each.value, in_words(each)) for each in EvidenceKind],
        hints=KIND_HINTS,
        small=True,
    )
    made_on = GovDateField(
        "When it was made (optional)", what="The date it was made", hint="For example, 27 3 2026"
    )
    review_on = GovDateField(
        "When it is to be reviewed (optional)", what="The review date",
        hint="For example, 27 3 2027",
    )  # fmt: skip
    save = GovSubmit("Save the evidence")


class FileForm(EvidenceForm):
    """A file. It comes last, so that what is typed is read before a file that is too large."""

    file = GovFileInput("The file")


class LinkForm(EvidenceForm):
    """A link."""

    url = GovTextInput(
        "The address of the link",
        hint="People who read the return must be able to open it",
        inputmode="url", spellcheck=False,
    )  # fmt: skip


class ReuseForm(FlaskForm):
    """Which pieces of evidence are used for a standard too."""

    chosen = GovCheckboxes(
        "Evidence",
        [InputRequired("Select the evidence to use")],
        coerce=int,
        message="Select evidence of this page",
    )
    save = GovSubmit("Use what is selected")


class RemoveForm(FlaskForm):
    """Confirms that a piece of evidence is taken away."""

    remove = GovSubmit("Remove it", classes="govuk-button--warning")


def evidence_form(
    made_from: type[EvidenceForm], offered: Sequence[tuple[int, str]], **values: Any
) -> Any:
    """Return a form of that class that offers these standards (number, title)."""
    field = GovCheckboxes(
        "Which standards it serves",
        [InputRequired("Select at least one standard that this serves")],
        choices=[(number, f"{number}. {title}") for number, title in offered],
        coerce=int,
        small=True,
    )
    return type(made_from.__name__, (made_from,), {"standards": field})(data=values)
