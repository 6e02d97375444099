"""The form of what becomes of an agency."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import Standing, SuccessionKind
from s11audit.forms.fields import GovDateField, GovRadios, GovSelect, GovSubmit, GovTextArea

_K = SuccessionKind


class SuccessionForm(FlaskForm):
    """What happened, to whom it passed, when and why; `chosen_form` adds a list for each thing
    that a split divides."""

    children_notice = False

    kind = GovRadios(
        "What happened?",
        [InputRequired("Select what happened")],
        choices=[
            (_K.MERGED.value, "It merged into another agency"),
            (_K.SPLIT.value, "It split into several"),
            (_K.RENAMED.value, "It has a new name"),
            (_K.CLOSED.value, "It closed"),
        ],
        coerce=_K,
        message="Select what happened",
        hints={
            _K.MERGED.value: "Into one that is on the board, or a new one.",
            _K.SPLIT.value: "You say what passes to which. If a part stays under this name, list"
            " this name too.",
            _K.RENAMED.value: "It goes on as it is. Earlier reports keep the old name.",
            _K.CLOSED.value: "Nobody carries on what it did. Its open returns are not asked for"
            " any more.",
        },
    )
    names = GovTextArea(
        "Name of the agency that it became",
        rows=4,
        hint="For a split, one name on each line. A name that is not on the board yet is added to"
        " it. Leave this empty if the agency closed.",
    )
    others = GovTextArea(
        "Other agencies that merged into the same one",
        rows=2,
        hint="Only where several merged, one name on each line. You see what passes from each of"
        " them before you confirm.",
    )
    on = GovDateField(
        "When did it happen?", [InputRequired("Enter the day on which it happened")],
        what="The day", hint="Today or earlier. For example, 31 3 2026",
    )  # fmt: skip
    reason = GovTextArea("Why?", [InputRequired("Enter the reason")], rows=3)
    standing = GovRadios(
        "If it closed, its open returns are",
        choices=[(Standing.WITHDRAWN.value, "Withdrawn"), (Standing.EXCUSED.value, "Excused")],
        coerce=Standing,
        default=Standing.WITHDRAWN,
        message="Select one",
    )
    check = GovSubmit("Continue")
    confirm = GovSubmit("Confirm")
    change = GovSubmit("Change these answers", classes="govuk-button--secondary")

    def listed(self) -> tuple[str, ...]:
        """Return the names of successors that were given, a line each."""
        return _lines(self.names.data)

    def merging(self) -> tuple[str, ...]:
        """Return the names of the other agencies that merged, a line each."""
        return _lines(self.others.data)


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


class ChoiceForm(FlaskForm):
    """To which successor each thing passes."""

    children_notice = False


def choice_form(things: Sequence[tuple[str, str]], names: Sequence[str]) -> ChoiceForm:
    """Return a form with a list of the successors for each thing (field name, label)."""
    choices = [(str(place), name) for place, name in enumerate(names)]
    fields = {
        name: GovSelect(label, choices=choices, label_class="app-label--plain")
        for name, label in things
    }
    made = type("ChoiceForm", (ChoiceForm,), fields)
    form: ChoiceForm = made(data=dict.fromkeys(fields, "0"))
    return form
