"""The forms of filling in: one standard, sharing the work out, and submitting."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField
from wtforms.validators import Email, InputRequired, Length

from s11audit.domain.enums import AskFor, Category
from s11audit.forms.dynamic import answer_field, filled_in
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)
from s11audit.scoring.answers import Answer
from s11audit.scoring.words import is_blank
from s11audit.tools.schema import Requirement, Standard, Tool

NO_RATING = "no-rating"
ANSWER = "answer-"


class ActionForm(Form):
    """What will be done about a shortfall, by whom and by when."""

    what = GovTextArea("What will be done", rows=3, label_class="app-label--plain")
    owner = GovTextInput("Who will do it", label_class="app-label--plain")
    due_on = GovDateField(
        "By when", what="The date of the action", label_class="app-label--plain",
        hint="For example, 30 9 2026",
    )  # fmt: skip


class ActionList(FieldList):
    """The actions of a standard, by the numbers in their fields' names."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        """Leave out what is no number of ours, where WTForms would fail ("²", thousands of
        digits)."""
        offset = len(prefix) + 1
        for name in formdata:
            number = name[offset:].split("-", 1)[0]
            ours = name.startswith(prefix) and number.isascii() and number.isdigit()
            if ours and len(number) <= 9:
                yield int(number)


class StandardForm(FlaskForm):
    """One standard; `standard_form` adds what the tool asks."""

    based_on = HiddenField()
    base = HiddenField()
    progress: Any
    still_holds: Any
    statement: Any
    self_label: Any
    na_reason: Any
    actions: Any
    onward = GovSubmit("Save and continue")
    save = GovSubmit("Save", classes="govuk-button--secondary")
    to_tasks = GovSubmit("Save and go to the task list", classes="govuk-button--secondary")
    another = GovSubmit("Save and add another action", classes="govuk-button--secondary")
    add_file = GovSubmit("Save and add a file", classes="govuk-button--secondary")
    add_link = GovSubmit("Save and add a link", classes="govuk-button--secondary")
    use_again = GovSubmit("Save and use evidence already added", classes="govuk-button--secondary")

    def answers(self) -> dict[str, dict[str, object]]:
        """Return what was typed for each question, as its answer class stores it."""
        return {
            field.name.removeprefix(ANSWER): field.form.answer().to_stored()
            for field in self
            if field.name.startswith(ANSWER)
        }

    def question(self, key: str) -> Any:
        """Return the fields of the question with that key."""
        return self[ANSWER + key].form

    def sent(self, keys: Iterable[str]) -> "Filled":
        """Return what the form holds in the shape of what it began from."""
        return Filled(
            version=0,
            statement=self.statement.data or "",
            self_label=self.chosen_label(),
            na_reason=self.na_reason.data or "",
            answers={key: self.question(key).answer() for key in keys},
            progress=self.progress.data or "",
            actions=[
                {"what": each.what.data or "", "owner": each.owner.data or "",
                 "due_on": each.due_on.data}
                for each in (entry.form for entry in self.actions)
                if each.what.data or each.owner.data or each.due_on.raw_data
            ],
        )  # fmt: skip

    def given_actions(self) -> list[Any]:
        """Return the forms of those actions of which anything that can be stored is given."""
        return [
            each
            for each in (entry.form for entry in self.actions)
            if not (is_blank(each.what.data or "") and is_blank(each.owner.data or ""))
            or each.due_on.data is not None
        ]

    def base_sent(self) -> dict[str, str]:
        """Return the fingerprints of what the person began from, none where unreadable."""
        try:
            sent = json.loads(self.base.data or "")
        except ValueError:
            return {}
        return {str(key): str(each) for key, each in sent.items()} if isinstance(sent, dict) else {}

    def chosen_label(self) -> str | None:
        """Return the chosen rating's label, None where none is."""
        label = self.self_label.data
        return None if label in (None, "", NO_RATING) else str(label)

    def only_dates_are_wrong(self) -> bool:
        """Whether nothing is wrong but the dates of actions: all else can then be saved."""
        return not set(self.errors) - {"actions"}


@dataclass(frozen=True)
class Filled:
    """What a standard's form shows at first: the stored response, as plain values."""

    version: int
    statement: str
    self_label: str | None
    na_reason: str
    answers: Mapping[str, Answer]
    actions: Sequence[Mapping[str, Any]]
    progress: str = ""

    def fingerprints(self) -> dict[str, str]:
        """Return a short hash of each part, by which a later save tells what was changed."""
        return fingerprints(
            {
                "statement": self.statement,
                "self_label": self.self_label,
                "na_reason": self.na_reason,
                "progress": self.progress,
                "proposed_actions": [dict(each) for each in self.actions],
                **{
                    f"answer:{key}": None if answer.is_blank() else answer.to_stored()
                    for key, answer in self.answers.items()
                },
            }
        )


def fingerprints(parts: Mapping[str, object]) -> dict[str, str]:
    """Return a short hash of each part of a response."""
    return {
        name: sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()[:12]
        for name, value in parts.items()
    }


def standard_form(
    tool: Tool,
    standard: Standard,
    categories: tuple[Category, ...],
    filled: Filled,
    *,
    more_actions: int = 1,
    base: Mapping[str, str] | None = None,
    from_request: bool = True,
) -> StandardForm:
    """Return the form of a standard: its questions as fields, filled with what is stored and,
    on a POST, with what was sent. `more_actions` blank places follow the actions there are.
    `base`: the fingerprints of what is stored, where `filled` is not that."""
    asked = standard.requirements_for(categories)
    made = _form_class(
        tuple((each.key, each.kind) for each in asked), tuple(rating_choices(tool, standard))
    )
    answers = filled_in(filled.answers)
    actions = [dict(each) for each in filled.actions] + [{}] * more_actions
    return made(
        **({} if from_request else {"formdata": None}),
        data={
            "based_on": str(filled.version),
            "base": json.dumps(base or filled.fingerprints(), sort_keys=True),
            "statement": filled.statement,
            "self_label": filled.self_label,
            "na_reason": filled.na_reason,
            "progress": filled.progress,
            "actions": actions,
            **{ANSWER + key: data for key, data in answers.items()},
        },
    )


@lru_cache(maxsize=256)
def _form_class(
    questions: tuple[tuple[str, str], ...], ratings: tuple[tuple[str, str], ...]
) -> type[StandardForm]:
    """Return the form of the questions (key, kind) with these ratings, made once: every save needs
    it. In the order of the page: problems are listed in the order of the fields."""
    fields: dict[str, Any] = {
        "progress": GovTextArea("Progress", rows=5),
        **{ANSWER + key: answer_field(kind) for key, kind in questions},
        "still_holds": GovCheckbox("What is marked “From before” still holds"),
        "statement": GovTextArea("Evidence statement", rows=12),
        "self_label": GovRadios("Your own rating", choices=ratings, message="Select one rating"),
        "na_reason": GovTextArea("Why does this standard not apply to you?", rows=3),
        "actions": ActionList(FormField(ActionForm), min_entries=1, max_entries=21),
    }
    return type("StandardForm", (StandardForm,), fields)


def rating_choices(tool: Tool, standard: Standard) -> list[tuple[str, str]]:
    """Return the ratings that can be chosen for a standard. Where the tool asks for no self
    rating, one can still say that the standard does not apply."""
    ask = tool.self_rating_for(standard)
    ratings = (tool.na_rating,) if ask is AskFor.ABSENT else tool.ratings
    choices = [(each.label, each.title) for each in ratings]
    if ask is not AskFor.REQUIRED:
        words = "It applies to us" if ask is AskFor.ABSENT else "No rating"
        choices.append((NO_RATING, words))
    return choices


def question_words(tool: Tool, requirement: Requirement) -> str:
    """Return a requirement as the heading of its fields: "1.1 A named officer ..."."""
    return f"{requirement.key} {tool.translate(requirement.text)}"


class AssignForm(FlaskForm):
    """Who has each standard in hand; `assign_form` adds a list for each."""

    save = GovSubmit("Save")


def assign_form(
    standards: Sequence[tuple[int, str]],
    people: Sequence[tuple[int, str]],
    chosen: Mapping[int, int | None],
    left: Mapping[int, str] | None = None,
) -> AssignForm:
    """Return the form with a list of people for each standard (number, title). `left` names by
    standard who had it in hand and no longer works on this."""
    left = left or {}
    choices = [("", "Nobody in particular"), *((str(each), name) for each, name in people)]
    fields = {
        f"standard-{number}": GovSelect(
            f"{number}. {title}",
            choices=choices,
            label_class="app-label--plain",
            hint=f"{left[number]} had this in hand and has left." if number in left else "",
        )
        for number, title in standards
    }
    made = type("AssignForm", (AssignForm,), fields)
    form: AssignForm = made(
        data={f"standard-{number}": _text_or_none(chosen.get(number)) for number, _ in standards}
    )
    return form


class SubmitForm(FlaskForm):
    """One senior person answers for the return (domain rule 9)."""

    name = GovTextInput(
        "Full name",
        [InputRequired("Enter the name of the person who answers for this return"),
         Length(max=200, message="Full name must be 200 characters or fewer")],
        autocomplete="name",
    )  # fmt: skip
    designation = GovTextInput(
        "Designation",
        [InputRequired("Enter their designation"),
         Length(max=200, message="Designation must be 200 characters or fewer")],
        hint="Their post, such as chief executive or director of children’s services",
        autocomplete="organization-title",
    )  # fmt: skip
    email = GovTextInput(
        "E-mail address",
        [InputRequired("Enter their e-mail address"),
         Length(max=255, message="E-mail address must be 255 characters or fewer"),
         Email("Enter an e-mail address in the correct format, like name@example.org")],
        type="email", autocomplete="email", spellcheck=False,
    )  # fmt: skip
    declared = GovCheckbox(
        "I declare this on behalf of the organisation",
        [InputRequired("Confirm that the declaration is given on the organisation’s behalf")],
    )
    submit = GovSubmit("Submit this return")


def _text_or_none(value: int | None) -> str:
    return "" if value is None else str(value)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
