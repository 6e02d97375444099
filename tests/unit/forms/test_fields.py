"""Fields and widgets: what is sent in becomes data or an error in words, never a failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask, current_app
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import InputRequired

from s11audit.forms.fields import (
    GovCheckbox,
    GovCheckboxes,
    GovDateField,
    GovNumberInput,
    GovRadios,
    GovSelect,
    GovTextArea,
    GovTextInput,
    WordLimit,
)
from s11audit.forms.outlines import drawn as by_outline
from s11audit.forms.widgets import form_errors
from s11audit.views import look


class Sample(Form):
    name = GovTextInput("Name", [InputRequired("Enter your name")], hint="As people <know> you")
    count = GovNumberInput("Number of staff")
    rating = GovRadios(
        "Rating",
        [InputRequired("Select a rating")],
        choices=[("green", "Green"), ("na", "Not applicable")],
        hints={"green": "All in place"},
    )
    why = GovTextArea("Why does it not apply?")
    statement = GovTextArea("Statement", [WordLimit(3)], max_words=3)
    due = GovDateField("Due date", [InputRequired("Enter the due date")])
    kinds = GovCheckboxes("Kinds", choices=["police", "council"])
    agreed = GovCheckbox("I agree")
    tool = GovSelect("Tool", choices=[("", "Choose a tool"), ("a", "Tool A")])


@pytest.fixture
def drawn() -> Iterator[None]:
    app = Flask(__name__)
    look.register(app)
    with app.app_context():
        yield


def sent(**values: object) -> Sample:
    form = Sample(MultiDict({"csrf": "x", **values}))
    form.validate()
    return form


def due(day: str, month: str, year: str) -> GovDateField:
    return sent(**{"due-day": day, "due-month": month, "due-year": year}).due


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("27", "3", "2027"), date(2027, 3, 27)),
        ((" 1 ", "March", "2027"), date(2027, 3, 1)),
        (("01", "sep", "2027"), date(2027, 9, 1)),
    ],
)
def test_a_date_is_read_from_its_three_boxes(parts: tuple[str, str, str], expected: date) -> None:
    field = due(*parts)
    assert (field.data, list(field.errors)) == (expected, [])


@pytest.mark.parametrize(
    ("parts", "error", "anchor"),
    [
        (("", "", ""), "Enter the due date", "due-day"),
        (("27", "", "2027"), "Due date must include a month", "due-month"),
        (("", "", "2027"), "Due date must include a day and month", "due-day"),
        (("31", "2", "2027"), "Due date must be a real date", "due-day"),
        (("1", "2", "27"), "Due date: the year must include 4 numbers", "due-year"),
        (("1", "2", "٢٠٢٧9"), "Due date: the year must include 4 numbers", "due-year"),
        (("x", "y", "2027"), "Due date must be a real date", "due-day"),
        (("31", "12", "9999"), "Due date: the year must be between 1900 and 2199", "due-year"),
        (("1", "1", "0001"), "Due date: the year must be between 1900 and 2199", "due-year"),
    ],
)
def test_a_wrong_date_says_what_is_wrong(
    parts: tuple[str, str, str], error: str, anchor: str
) -> None:
    field = due(*parts)
    assert field.data is None
    assert field.errors[0] == error
    assert field.anchor == anchor


def test_a_short_post_is_an_empty_date(drawn: None) -> None:
    form = sent(**{"due-day": "3"})
    assert form.due.errors[0] == "Due date must include a month and year"
    assert sent().due.errors[0] == "Enter the due date"
    assert 'name="due-year"' in form.due()


def test_a_date_is_shown_as_it_was_stored(drawn: None) -> None:
    html = Sample(data={"due": date(2027, 3, 9)}).due()
    for value in ("9", "3", "2027"):
        assert f'value="{value}"' in html


@given(day=st.text(max_size=4), month=st.text(max_size=5), year=st.text(max_size=5))
def test_no_text_in_a_date_is_a_failure(day: str, month: str, year: str) -> None:
    field = due(day, month, year)
    assert (field.data is None) == bool(field.errors)


def test_what_is_not_among_the_choices_is_refused() -> None:
    form = sent(rating="purple", kinds="army", tool="b")
    assert form.rating.data is None
    assert form.rating.errors[0] == "Select one of the choices"
    assert form.kinds.errors == ["Select one of the choices"]
    assert form.tool.errors == ["Select one of the choices"]


def test_choices_may_come_from_the_view_after_the_form_was_read() -> None:
    form = Sample(MultiDict({"tool": "later", "kinds": "school"}))
    form.tool.choices = [("later", "A later tool")]
    form.kinds.choices = ["school"]
    form.validate()
    assert (form.tool.data, form.tool.errors) == ("later", [])
    assert (form.kinds.data, form.kinds.errors) == (["school"], [])


def test_nothing_chosen_is_none_and_is_for_the_validators() -> None:
    form = sent()
    assert (form.rating.data, form.tool.data, form.kinds.data) == (None, None, [])
    assert form.rating.errors == ["Select a rating"]
    assert form.tool.errors == []


def test_checkboxes_keep_the_order_of_the_choices() -> None:
    form = Sample(MultiDict([("kinds", "council"), ("kinds", "police"), ("agreed", "y")]))
    form.validate()
    assert form.kinds.data == ["police", "council"]
    assert form.agreed.data is True


@pytest.mark.parametrize("text", ["1.5", "x", "12345678901", "1e3", "--1"])
def test_a_number_that_is_none_is_refused_in_words(text: str) -> None:
    assert sent(count=text).count.errors == ["Enter a whole number"]


def test_numbers_are_read_and_may_be_left_out() -> None:
    assert sent(count=" 12 ").count.data == 12
    assert sent(count="").count.data is None


def test_text_keeps_everything_but_line_ends_and_nul() -> None:
    assert sent(why="\r\n  a\rb \x00\r\n").why.data == "\n  a\nb \n"


def test_a_statement_over_the_limit_says_so() -> None:
    assert sent(statement="one two\u00a0three").statement.errors == []
    assert sent(statement="a b c d").statement.errors == ["Statement must be 3 words or fewer"]


def test_a_text_area_gives_back_what_was_typed(drawn: None) -> None:
    """A browser drops the line end after the tag; the macro indents what a choice reveals."""
    form = Sample(data={"why": "\nfirst\n  second </textarea>", "rating": "na"})
    html = str(form.rating(reveals={"na": form.why}))
    assert ">\n\nfirst\n  second &lt;/textarea&gt;</textarea>" in html
    assert "data-app-reveals" in html
    assert "aria-controls" not in html


def test_errors_are_drawn_with_the_field_and_listed_with_links(drawn: None) -> None:
    form = sent(name="")
    assert 'id="name-error"' in form.name()
    assert "As people &lt;know&gt; you" in form.name()
    assert {"text": "Enter your name", "href": "#name"} in form_errors(form)
    assert {"text": "Enter the due date", "href": "#due-day"} in form_errors(form)
    assert {"text": "Select a rating", "href": "#rating"} in form_errors(form)
    assert 'id="rating"' in form.rating()


@pytest.mark.parametrize(
    "text",
    ["A & <b>", Markup("<i>so</i>"), "", "two\nlines", "two\u2028lines", " 'quoted' \"twice\" "],
)
def test_what_is_put_into_an_outline_is_what_the_macro_draws(drawn: None, text: str) -> None:
    params = {
        "idPrefix": "one",
        "name": "one",
        "fieldset": {"legend": {"text": text, "classes": "big"}},
        "hint": {"text": text},
        "errorMessage": {"text": text},
        "items": [{"value": "1", "text": text, "checked": True, "hint": {"text": text}}],
    }
    path = "govuk_frontend_jinja/components/radios/macro.html"
    macro = current_app.jinja_env.get_template(path).module.govukRadios  # type: ignore[attr-defined]
    by_outline("radios", "govukRadios", params | {"hint": {"text": "another"}})
    assert by_outline("radios", "govukRadios", params) == macro(params)


def test_a_page_may_change_the_look(drawn: None) -> None:
    html = Sample().statement(rows=12, label="Your evidence", max_words=150)
    assert 'rows="12"' in html
    assert "Your evidence" in html
    assert 'data-max-words="150"' in html
    assert 'aria-describedby="statement-words"' in html
