"""The fields that forms are made of, each drawn by a GOV.UK component.

Every field takes `label`, `validators` and the keywords of its look: `hint` (text, or Markup),
`label_class`, `page_heading`, `classes`, `attributes`, `group_class`. A page may give the same
keywords when it draws the field. Field errors are drawn with the field: no page writes them.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import g, has_request_context
from flask_wtf.file import FileField as UploadField
from wtforms import BooleanField, Field, IntegerField, StringField, SubmitField
from wtforms.utils import unset_value
from wtforms.validators import StopValidation, ValidationError

from s11audit.forms import widgets
from s11audit.scoring.words import normalise_line_ends, words_over

LOOK = (
    "hint", "label_class", "page_heading", "classes", "attributes", "group_class", "type",
    "inputmode", "autocomplete", "spellcheck", "autocapitalize", "prefix", "suffix", "rows",
    "max_words", "hints", "reveals", "divider", "small", "inline", "legend", "accept", "disabled",
    "prevent_double_click", "described_by",
)  # fmt: skip
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1900, 2199  # anything else is a slip of the keys


def one_line(value: str | None) -> str | None:
    """Return the text without spaces at its ends and without the NUL that databases refuse."""
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


def line_ends(value: str | None) -> str | None:
    """Return the text with LF as its line end (domain rule 8), otherwise as it was typed."""
    if not isinstance(value, str):
        return value
    return normalise_line_ends(value.replace("\x00", ""))


class Announced:
    """A field in which a child could be identified: once validated, it is in `g.free_texts`, to
    be looked at after it has been saved (domain rule 77)."""

    look: dict[str, Any]

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Announce the field, right or wrong; never a password or an address."""
        if has_request_context() and self.look.get("type") not in ("password", "email"):
            g.setdefault("free_texts", []).append(self)


class Looks:
    """Keeps the keywords of a field's look apart from those of WTForms."""

    def __init__(
        self, label: str | None = None, validators: Sequence[Any] | None = None, **options: Any
    ) -> None:
        self.look = {name: options.pop(name) for name in LOOK if name in options}
        super().__init__(label, validators, **options)  # type: ignore[call-arg]  # of the field


class GovTextInput(Announced, Looks, StringField):
    """One line of text; `type` (email, password), `inputmode`, `autocomplete` as needed."""

    widget = widgets.TextInput()

    def __init__(self, *args: Any, **options: Any) -> None:
        if options.get("type") != "password":
            options["filters"] = (one_line, *options.get("filters", ()))
        super().__init__(*args, **options)


class GovNumberInput(Looks, IntegerField):
    """A whole number; `message` is the error for anything else."""

    widget = widgets.TextInput()

    def __init__(self, *args: Any, message: str = "Enter a whole number", **options: Any) -> None:
        super().__init__(*args, **{"inputmode": "numeric", **options})
        self.message = message

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (one_line(valuelist[0]) or "") if valuelist else ""
        self.data = None
        if not text:
            self.raw_data = []
        elif text.removeprefix("-").isdecimal() and len(text) <= 9:
            self.data = int(text)
        else:
            raise ValueError(self.message)


class GovTextArea(Announced, Looks, StringField):
    """Text of several lines. `max_words` shows the live count; it refuses nothing by itself."""

    widget = widgets.TextArea()

    def __init__(self, *args: Any, **options: Any) -> None:
        options["filters"] = (line_ends, *options.get("filters", ()))
        super().__init__(*args, **options)


class ChoiceField(Looks, Field):
    """One of `choices`: (value, text) pairs or bare values. Nothing chosen is None.

    `coerce` makes the form's data of the value's text; `message` is the error for a value that is
    not among the choices. Choices may be set until the form is validated.
    """

    def __init__(
        self,
        *args: Any,
        choices: Sequence[Any] = (),
        coerce: Callable[[str], Any] = str,
        message: str = "Select one of the choices",
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.choices = list(choices)
        self.coerce = coerce
        self.message = message

    def pairs(self) -> list[tuple[str, str]]:
        """Return the choices as (value, text), both as text."""
        return widgets.choice_pairs(self.choices)

    def chosen(self) -> set[str]:
        """Return the values, as text, that are chosen now."""
        return set() if self.data is None else {str(self.data)}

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [value for value in valuelist if value]
        self.data = self._coerced(self.raw_data[0]) if self.raw_data else None

    def pre_validate(self, form: Any) -> None:
        known = {value for value, _ in self.pairs()}
        if not known.issuperset(self.raw_data or ()):
            self.data = None
            raise StopValidation(self.message)

    def _coerced(self, value: str) -> Any:
        try:
            return self.coerce(value)
        except ValueError:
            raise ValueError(self.message) from None


class GovRadios(ChoiceField):
    widget = widgets.Radios()


class GovSelect(ChoiceField):
    """A list to choose from. Give ("", "Choose ...") as the first choice where none is set."""

    widget = widgets.Select()


class GovCheckboxes(ChoiceField):
    """Any number of `choices`; the data is a list in the order of the choices."""

    widget = widgets.Checkboxes()

    def chosen(self) -> set[str]:
        return {str(value) for value in self.data or ()}

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = []
        self.raw_data = [value for value in valuelist if value]
        self.data = [self._coerced(value) for value in self.raw_data]

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        coerced = dict(zip(self.raw_data or (), self.data or (), strict=False))
        if self.raw_data:
            self.data = [coerced[value] for value, _ in self.pairs() if value in coerced]


class GovCheckbox(Looks, BooleanField):
    """One box to tick; the data is True or False."""

    widget = widgets.Checkbox()

    def pairs(self) -> list[tuple[str, str]]:
        return [("y", str(self.label.text))]

    def chosen(self) -> set[str]:
        return {"y"} if self.data else set()


class GovDateField(Looks, Field):
    """A date in three boxes, sent as NAME-day, NAME-month and NAME-year.

    The data is a `date` or None. A part that is missing, or was not sent at all, is an error in
    words or an empty date, never a failure. `what` names the date in messages ("Due date").
    """

    widget = widgets.DateInput()

    def __init__(self, *args: Any, what: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.what = what
        self.parts = {"day": "", "month": "", "year": ""}
        self.wrong: tuple[str, ...] = ("day", "month", "year")

    @property
    def anchor(self) -> str:
        """The first box that has something wrong."""
        return f"{self.id}-{self.wrong[0] if self.wrong else 'day'}"

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        self.raw_data: list[str] = []
        if isinstance(self.data, date):
            self.parts = {
                "day": str(self.data.day),
                "month": str(self.data.month),
                "year": str(self.data.year),
            }
        if formdata is None:
            return
        for part in self.parts:
            sent = formdata.getlist(f"{self.name}-{part}")
            self.parts[part] = (one_line(sent[0]) or "") if sent else ""
        self.raw_data = [value for value in self.parts.values() if value]
        self.data = None
        if self.raw_data:
            try:
                self.data = self._read()
            except ValueError as error:
                self.process_errors = [str(error)]

    def _read(self) -> date:
        what = self.what or self.label.text
        missing = tuple(part for part, value in self.parts.items() if not value)
        if missing:
            self.wrong = missing
            raise ValueError(f"{what} must include a {' and '.join(missing)}")
        year = self.parts["year"]
        if not (year.isdecimal() and len(year) == 4):
            self.wrong = ("year",)
            raise ValueError(f"{what}: the year must include 4 numbers")
        if not FIRST_YEAR <= int(year) <= LAST_YEAR:
            self.wrong = ("year",)
            raise ValueError(f"{what}: the year must be between {FIRST_YEAR} and {LAST_YEAR}")
        try:
            return date(int(year), _month(self.parts["month"]), _number(self.parts["day"]))
        except ValueError:
            self.wrong = ("day", "month", "year")
            raise ValueError(f"{what} must be a real date") from None

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 2:
        raise ValueError(text)
    return int(text)


def _month(text: str) -> int:
    if len(text) >= 3 and text.isalpha():
        for number, name in enumerate(MONTHS, start=1):
            if name.startswith(text.lower()):
                return number
    return _number(text)


class GovFileInput(Announced, Looks, UploadField):
    """A file to send; the data is werkzeug's FileStorage or None. `accept` narrows the chooser."""

    widget = widgets.FileInput()


class GovSubmit(Looks, SubmitField):
    """A button; several on one form tell by their data which was used."""

    widget = widgets.Submit()


class WordLimit:
    """Validator: at most `limit` words (domain rule 8). For sending in; a draft may be longer."""

    def __init__(self, limit: int, message: str | None = None) -> None:
        self.limit = limit
        self.message = message

    def __call__(self, form: Any, field: Field) -> None:
        if words_over(field.data or "", self.limit):
            raise ValidationError(
                self.message or f"{field.label.text} must be {self.limit} words or fewer"
            )
