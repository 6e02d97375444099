"""How fields are drawn: thin widgets over the GOV.UK Frontend macros.

A widget turns a field (see `forms.fields`) into the parameters of one macro. What a page gives
when it calls the field wins over what the form said: `form.statement(rows=12, hint="...")`.
"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field, FieldList, Form, FormField

from s11audit.forms.outlines import Shown, Whole, drawn

Problems = list[dict[str, str | None]]


def anchor(field: Field) -> str:
    """Return the id of the control that a link to this field's error must reach."""
    return str(getattr(field, "anchor", field.id))


def form_errors(form: Form) -> Problems:
    """Return what is wrong with the form, in its order: [{text, href}], each text once a field.

    Errors of the whole form, and of the hidden CSRF token, have no href.
    """
    found: Problems = [{"text": str(error), "href": None} for error in form.form_errors]
    for field in form:
        found.extend(_field_errors(field))
    return found


def _field_errors(field: Field) -> Problems:
    if isinstance(field, FormField):
        return form_errors(field.form)
    if isinstance(field, FieldList):
        nested = [error for entry in field for error in _field_errors(entry)]
        own = [error for error in field.errors if isinstance(error, str)]
        found: Problems = [{"text": error, "href": f"#{field.id}"} for error in own]
        return found + nested
    href = None if field.type in ("CSRFTokenField", "HiddenField") else f"#{anchor(field)}"
    return [{"text": str(error), "href": href} for error in field.errors[:1]]


class GovWidget:
    """Collects what all macros share. `component` and `call` name the macro."""

    component = ""
    call = ""

    def __call__(self, field: Any, **given: Any) -> Markup:
        options = {**getattr(field, "look", {}), **(field.render_kw or {}), **given}
        return drawn(self.component, self.call, self.params(field, options))

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        """Return the macro's parameters for the field with these options."""
        params: dict[str, Any] = {
            "id": field.id,
            "name": field.name,
            "classes": options.get("classes", ""),
            "attributes": options.get("attributes") or {},
            "label": {
                "text": options.get("label", field.label.text),
                "classes": options.get("label_class", "govuk-label--s"),
                "isPageHeading": options.get("page_heading", False),
            },
        }
        if options.get("disabled"):
            params["disabled"] = True
        if options.get("described_by"):
            params["describedBy"] = options["described_by"]
        hint = options.get("hint") or field.description
        if hint:
            params["hint"] = {"html": hint} if isinstance(hint, Markup) else {"text": hint}
        if field.errors:
            params["errorMessage"] = {"text": str(field.errors[0])}
        if options.get("group_class"):
            params["formGroup"] = {"classes": options["group_class"]}
        return params

    def grouped(self, params: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """Turn the label into the legend of a fieldset, for fields of several controls."""
        label = params.pop("label")
        described = params.pop("describedBy", None)
        params["fieldset"] = {
            "legend": {
                "text": label["text"],
                "classes": options.get("label_class", "govuk-fieldset__legend--s"),
                "isPageHeading": label["isPageHeading"],
            }
        }
        if described:
            params["fieldset"]["describedBy"] = described
        return params


class TextInput(GovWidget):
    component = "input"
    call = "govukInput"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = super().params(field, options)
        for name in ("type", "inputmode", "autocomplete", "spellcheck", "autocapitalize"):
            if options.get(name) is not None:
                params[name] = options[name]
        for name in ("prefix", "suffix"):
            if options.get(name):
                params[name] = {"text": options[name]}
        if params.get("type") != "password":
            params["value"] = field._value()
        return params


class TextArea(GovWidget):
    """A text area; with `max_words`, the hooks of static/js/word-count.js and the limit."""

    component = "textarea"
    call = "govukTextarea"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = super().params(field, options)
        params["rows"] = options.get("rows", 5)
        # A browser drops one line end after the tag, so what begins with one keeps its own.
        params["value"] = Whole(f"\n{field._value()}")
        if options.get("spellcheck") is not None:
            params["spellcheck"] = options["spellcheck"]
        limit = options.get("max_words")
        if limit:
            note = f"{field.id}-words"
            described = params.get("describedBy")
            params["describedBy"] = f"{described} {note}" if described else note
            params["attributes"] = {
                **params["attributes"],
                "data-max-words": str(limit),
                "data-word-note": note,
            }
            params["formGroup"] = {
                **params.get("formGroup", {}),
                "afterInput": {
                    "html": Markup(
                        '<div id="{}" class="govuk-hint app-word-note">You can use up to {} words.'
                        "</div>"
                    ).format(note, limit)
                },
            }
        return params


class Select(GovWidget):
    component = "select"
    call = "govukSelect"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = super().params(field, options)
        chosen = field.chosen()
        params["items"] = [
            {"value": value, "text": text, "selected": value in chosen}
            for value, text in field.pairs()
        ]
        return params


class Choices(GovWidget):
    """Radios and checkboxes.

    Options: `hints` {value: text}; `reveals` {value: field or Markup}, shown when the value is
    chosen; `divider` (value, "or") puts a word before that choice; `small`, `inline`.
    """

    block = ""

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = self.grouped(super().params(field, options), options)
        params["idPrefix"] = params.pop("id")
        shape = [params["classes"]]
        shape += [f"{self.block}--{name}" for name in ("small", "inline") if options.get(name)]
        params["classes"] = " ".join(filter(None, shape))
        params["items"] = self.items(field, options)
        return params

    def items(self, field: Any, options: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the macro's items, with hints, reveals and the divider."""
        hints = {str(value): text for value, text in (options.get("hints") or {}).items()}
        reveals = {str(value): shown for value, shown in (options.get("reveals") or {}).items()}
        divider = options.get("divider")
        chosen = field.chosen()
        items: list[dict[str, Any]] = []
        for value, text in field.pairs():
            if divider and value == str(divider[0]):
                items.append({"divider": divider[1]})
            item: dict[str, Any] = {"value": value, "text": text, "checked": value in chosen}
            if options.get("disabled"):
                item["disabled"] = True
            if hints.get(value):
                item["hint"] = {"text": hints[value]}
            if value in reveals:
                shown = reveals[value]
                html = escape(shown() if callable(shown) else shown)
                item["conditional"] = {"html": Shown(html)}
            items.append(item)
        return items


class Radios(Choices):
    component = "radios"
    call = "govukRadios"
    block = "govuk-radios"


class Checkboxes(Choices):
    component = "checkboxes"
    call = "govukCheckboxes"
    block = "govuk-checkboxes"


class Checkbox(Choices):
    """One box with its own words, and its hint below them; the legend is left out unless `legend`
    is given."""

    component = "checkboxes"
    call = "govukCheckboxes"
    block = "govuk-checkboxes"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = super().params(field, options)
        if options.get("legend"):
            params["fieldset"]["legend"]["text"] = options["legend"]
        else:
            params.pop("fieldset")
            if "hint" in params:
                params["items"][0]["hint"] = params.pop("hint")
        return params


class DateInput(GovWidget):
    component = "date-input"
    call = "govukDateInput"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = self.grouped(super().params(field, options), options)
        params["namePrefix"] = field.name
        params.pop("name")
        wrong = field.wrong if field.errors else ()
        params["items"] = [
            {
                "name": part,
                "value": field.parts[part],
                "classes": " ".join(
                    [
                        "govuk-input--width-4" if part == "year" else "govuk-input--width-2",
                        *(["govuk-input--error"] if part in wrong else []),
                    ]
                ),
            }
            for part in ("day", "month", "year")
        ]
        return params


class FileInput(GovWidget):
    component = "file-upload"
    call = "govukFileUpload"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        params = super().params(field, options)
        if options.get("accept"):
            params["attributes"] = {**params["attributes"], "accept": options["accept"]}
        return params


class Submit(GovWidget):
    component = "button"
    call = "govukButton"

    def params(self, field: Any, options: dict[str, Any]) -> dict[str, Any]:
        return {
            "text": options.get("label", field.label.text),
            "name": field.name,
            "value": "yes",
            "id": field.id,
            "classes": options.get("classes", ""),
            "attributes": options.get("attributes") or {},
            "preventDoubleClick": options.get("prevent_double_click", True),
        }


def choice_pairs(choices: Sequence[Any]) -> list[tuple[str, str]]:
    """Return choices as (value, text) in text; a bare value is its own text."""
    return [
        (str(choice[0]), str(choice[1]))
        if isinstance(choice, tuple)
        else (str(choice), str(choice))
        for choice in choices
    ]
