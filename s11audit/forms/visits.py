"""The forms of draws and visits."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired

from s11audit.domain.enums import Category, ItemKind, VisitResult
from s11audit.domain.wording import in_words
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovNumberInput,
    GovRadios,
    GovSelect,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)
from s11audit.tools.schema import RatingChoice

STRATA = 4
ANY = "any"
_CATEGORIES = [
    ("", "Choose"),
    *((each.value, in_words(each)) for each in Category),
    (ANY, "Any category"),
]


class DrawForm(FlaskForm):
    """What to draw from, and how the seed will be fixed. `category_1` to `count_4` are added
    below, a row a stratum."""

    seed_source = GovRadios(
        "How will the seed be fixed?",
        [InputRequired("Select how the seed will be fixed")],
        choices=[
            ("generated", "This service makes it, once the pool is frozen"),
            ("public", "The number of a public draw that is held on a later day"),
        ],
        default="generated",
        message="Select how the seed will be fixed",
    )
    public_draw = GovTextInput(
        "Name of the public draw", hint="For example, National Lottery Lotto"
    )
    public_on = GovDateField(
        "Day on which it is held", what="The day of the public draw", hint="After today.",
    )  # fmt: skip
    reason = GovTextArea(
        "Why is it drawn again?", rows=2,
        hint="Only where agencies of this pool were in an earlier draw of the stage.",
    )  # fmt: skip
    freeze = GovSubmit("Freeze the pool")

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Return the fields of each stratum: category, statutory only, count."""
        return [
            (self[f"category_{n}"], self[f"statutory_{n}"], self[f"count_{n}"])
            for n in range(1, STRATA + 1)
        ]

    def strata(self) -> list[tuple[int, Category | None, bool, int]]:
        """Return (row, category, statutory only, count) of each row that was filled in; a row
        without a count counts 0. One that was begun without a category gets an error."""
        for category, statutory, count in self.rows():
            if not category.data and (statutory.data or count.data is not None):
                category.errors = ["Select a category"]
        return [
            (
                number,
                Category(category.data) if category.data != ANY else None,
                statutory.data,
                count.data or 0,
            )
            for number, (category, statutory, count) in enumerate(self.rows(), 1)
            if category.data
        ]


for _number in range(1, STRATA + 1):
    setattr(
        DrawForm,
        f"category_{_number}",
        GovSelect("Category", choices=_CATEGORIES, message="Select a category"),
    )
    setattr(DrawForm, f"statutory_{_number}", GovCheckbox("Statutory agencies only", small=True))
    setattr(
        DrawForm,
        f"count_{_number}",
        GovNumberInput("How many", classes="govuk-input--width-3"),
    )


class SeedForm(FlaskForm):
    """The public draw's number."""

    number = GovTextInput(
        "Number that was drawn", [InputRequired("Enter the number that was drawn")],
        hint="As it was published. For example, 4 11 23 31 40 52", autocomplete="off",
    )  # fmt: skip
    draw = GovSubmit("Draw")


class WhyForm(FlaskForm):
    """A reason for what the button does."""

    reason = GovTextArea("Why?", [InputRequired("Enter the reason")], rows=3)
    save = GovSubmit("Save")


class VisitForm(FlaskForm):
    """When and where a visit is, and who makes it."""

    visit_on = GovDateField(
        "Day of the visit", [InputRequired("Enter the day of the visit")],
        what="The day of the visit", hint="For example, 31 3 2027",
    )  # fmt: skip
    place = GovTextInput("Place (optional)", hint="The agency reads it.", autocomplete="off")
    who = GovRadios(
        "Who makes the visit?",
        [InputRequired("Select who makes the visit")],
        choices=[
            ("team", "A team of peers from other agencies"),
            ("alone", "I do, alone, as the board’s coordinator"),
        ],
        message="Select who makes the visit",
    )
    draw = HiddenField()
    save = GovSubmit("Arrange the visit")


class MoveForm(FlaskForm):
    """Another day or place for a visit."""

    visit_on = GovDateField(
        "Day of the visit", [InputRequired("Enter the day of the visit")],
        what="The day of the visit", hint="The agency is told of another day.",
    )  # fmt: skip
    place = GovTextInput("Place (optional)", hint="The agency reads it.", autocomplete="off")
    save = GovSubmit("Save")


class TeamForm(FlaskForm):
    """Somebody for the team."""

    email = GovTextInput(
        "E-mail address", [InputRequired("Enter an e-mail address")], type="email",
        autocomplete="off", spellcheck=False,
        hint="Who has an account can open the visit at once. Anybody else is invited by e-mail.",
    )  # fmt: skip
    add = GovSubmit("Add to the team")


class FindingForm(FlaskForm):
    """What was seen of one standard; the lines of the worksheet are added by `finding_form`."""

    result = GovRadios(
        "What did you find?",
        choices=[(each.value, in_words(each)) for each in VisitResult],
        coerce=VisitResult,
        hint="Leave it open where you did not look at this standard.",
        message="Choose one of the findings",
    )
    seen = GovTextArea("What did you see?", rows=4)
    spoken_to = GovTextArea(
        "Whom did you speak to?", rows=2, hint="By role, never by name. For example, two teachers",
    )  # fmt: skip
    proposed_label = GovRadios(
        "Do you propose another rating?",
        hint="Only where a claim did not stand. QA decides: nothing changes by itself.",
        message="Choose one of the ratings",
    )
    proposed_reason = GovTextArea("Why?", rows=2)
    proposed_improvement = GovTextArea("What improvement is needed?", rows=2)
    based_on = HiddenField()
    base = HiddenField()
    save_next = GovSubmit("Save and next standard")
    save = GovSubmit("Save and stay", classes="govuk-button--secondary")


def finding_form(
    lines: Mapping[int, str], ratings: Sequence[RatingChoice], **options: Any
) -> FindingForm:
    """Return the form of a standard with a box to tick and room for a note for each line, by id;
    without `ratings` none can be proposed."""
    fields: dict[str, Any] = {}
    for number, text in lines.items():
        fields[f"done_{number}"] = GovCheckbox(text)
        fields[f"note_{number}"] = GovTextArea("Note", rows=1)
    made: FindingForm = type("StandardFindingForm", (FindingForm,), fields)(**options)
    offered = [(each.label, each.title) for each in ratings]
    made.proposed_label.choices = [("", "No"), *offered]
    if not ratings:
        del made.proposed_label, made.proposed_reason, made.proposed_improvement
    return made


def lines_form(lines: Mapping[int, str], **options: Any) -> FlaskForm:
    """Return the form that rewords the lines of a standard, by id, and adds others."""
    fields: dict[str, Any] = {f"line_{number}": GovTextArea("Line", rows=2) for number in lines}
    for kind in ItemKind:
        fields[f"add_{kind.value}"] = GovTextArea(
            {
                ItemKind.DOCUMENT: "More documents to see",
                ItemKind.CLAIM: "More claims to test",
                ItemKind.PERSON: "More people to speak to, by role",
            }[kind],
            rows=2,
            hint="One to a line.",
        )
    fields["save"] = GovSubmit("Save the worksheet")
    made: FlaskForm = type("LinesForm", (FlaskForm,), fields)(
        data={f"line_{number}": text for number, text in lines.items()}, **options
    )
    return made
