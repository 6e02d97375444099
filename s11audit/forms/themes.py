"""The forms of themes and of passages tagged with them."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from s11audit.domain.enums import TagKind
from s11audit.domain.wording import in_words
from s11audit.forms.fields import GovRadios, GovSelect, GovSubmit, GovTextArea, GovTextInput

WHICH_KIND = "Select whether it is a strength or an area for development"
Choices = Sequence[tuple[str, str]]


class ThemeForm(FlaskForm):
    """A theme's name."""

    name = GovTextInput(
        "Name of the theme", [InputRequired("Enter the name of the theme")],
        hint="For example: supervision of safeguarding work", autocomplete="off",
    )  # fmt: skip
    save = GovSubmit("Save")


class MergeForm(FlaskForm):
    """Which theme another becomes part of."""

    into = GovSelect("Merge it into", [InputRequired("Select a theme")], coerce=int,
                     message="Select a theme")  # fmt: skip
    merge = GovSubmit("Merge the themes")

    def __init__(self, themes: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.into.choices = [("", "Select a theme"), *themes]


class TagForm(FlaskForm):
    """A passage with its theme, and what it is."""

    passage = GovTextArea(
        "Passage", [InputRequired("Enter the passage")],
        hint="Shorten it to the words that matter. They must stay as they stand there.", rows=6,
    )  # fmt: skip
    kind = GovRadios(
        "What is it?", [InputRequired(WHICH_KIND)],
        choices=[(each.value, in_words(each)) for each in TagKind], coerce=TagKind, small=True,
        message=WHICH_KIND,
    )  # fmt: skip
    theme = GovSelect("Theme", coerce=int, message="Select a theme")
    new_theme = GovTextInput("Or a new theme", hint="Leave empty if you selected one above.",
                             autocomplete="off")  # fmt: skip
    save = GovSubmit("Tag the passage")

    def __init__(self, themes: Choices, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.theme.choices = [("", "Select a theme"), *themes]


class PublicForm(FlaskForm):
    """The wording of a passage for publication."""

    text = GovTextArea(
        "Wording for publication",
        hint="Take out everything that tells which agency it is: names, places, people, numbers."
        " Clear the box to keep the passage from publication.",
        rows=6,
    )
    save = GovSubmit("Save")
