"""The forms by which an agency answers its agreed ratings."""

from collections.abc import Sequence
from typing import Any

from s11audit.domain.enums import EvidenceKind
from s11audit.domain.wording import in_words
from s11audit.forms.evidence import KIND_HINTS
from s11audit.forms.fields import (
    GovCheckboxes,
    GovFileInput,
    GovRadios,
    GovSubmit,
    GovTextArea,
    GovTextInput,
)
from s11audit.forms.reviews import RefusableForm


class DisputeForm(RefusableForm):
    """Why an agency disputes a rating, and the evidence: what it sent in, and one new file or
    link. The file comes last, so that what is typed is read before a file that is too large."""

    reason = GovTextArea(
        "Why do you dispute this rating?",
        hint="Say what the rating leaves out, and where the evidence shows it.",
        rows=6,
    )
    evidence = GovCheckboxes(
        "Which evidence of your return shows it? (optional)",
        coerce=int,
        message="Choose from the evidence listed",
        small=True,
    )
    url = GovTextInput("The address of a new link (optional)", inputmode="url", spellcheck=False)
    description = GovTextArea(
        "What the new link or file is and what it shows",
        hint="Only where you add a link or a file.",
        rows=2,
    )
    kind = GovRadios(
        "What kind of evidence the new link or file is",
        choices=[(each.value, in_words(each)) for each in EvidenceKind],
        hints=KIND_HINTS,
        small=True,
    )
    save = GovSubmit("Dispute this rating")
    file = GovFileInput("A new file (optional)")


def dispute_form(offered: Sequence[tuple[int, str]]) -> Any:
    """Return a form that offers this evidence, as (id, words)."""
    form = DisputeForm()
    form.evidence.choices = list(offered)
    return form
