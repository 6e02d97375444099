"""The forms by which returns are allotted to reviewers."""

from collections.abc import Sequence
from typing import Any

from wtforms.validators import InputRequired

from s11audit.forms.fields import GovCheckboxes, GovRadios, GovSelect, GovSubmit, GovTextArea
from s11audit.forms.reviews import RefusableForm
from s11audit.scoring.allotment import FEWEST, MOST

NOBODY = "nobody"


class AllotStageForm(RefusableForm):
    """Who reviews the returns of a stage, and how many each return has."""

    reviewers = GovCheckboxes(
        "Who reviews?",
        [InputRequired("Choose at least one reviewer")],
        coerce=int,
        message="Choose from the people listed",
        small=True,
    )
    per_return = GovRadios(
        "How many reviewers does each return have?",
        [InputRequired("Choose how many reviewers each return has")],
        choices=[(str(number), str(number)) for number in range(FEWEST, MOST + 1)],
        coerce=int,
        message="Choose from 1 to 5",
        inline=True,
        small=True,
    )
    save = GovSubmit("Allot evenly")


class AllotForm(RefusableForm):
    """One more reviewer for one return."""

    reviewer = GovSelect(
        "Add a reviewer",
        [InputRequired("Choose a reviewer")],
        coerce=int,
        message="Choose from the people listed",
    )
    save = GovSubmit("Add the reviewer")


class ReallotForm(RefusableForm):
    """Who takes over from a reviewer, and why."""

    to = GovSelect(
        "Who takes over?",
        [InputRequired("Choose who takes over")],
        message="Choose from the people listed",
    )
    reason = GovTextArea("Why?", hint="This is kept, with what the former reviewer wrote.", rows=3)
    save = GovSubmit("Save the change")


def with_people(
    form_class: Any, field: str, people: Sequence[tuple[Any, str]], **values: Any
) -> Any:
    """Return a form of that class whose `field` offers these people, as (id, name)."""
    form = form_class(**values)
    form[field].choices = list(people)
    return form
