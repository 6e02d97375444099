"""From a tool to a form: the fields that each kind of question is answered in.

A new kind of question is one answer class (see `scoring.answers`) and one entry of
`FIELD_FOR_KIND`: an `AnswerForm` that reads the answer from what was typed, gives it back for the
page, and draws itself. Nothing else names a kind.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup
from wtforms import Form, FormField

from s11audit.domain.errors import Invalid
from s11audit.forms.fields import (
    GovCheckbox,
    GovDateField,
    GovRadios,
    GovTextArea,
    GovTextInput,
)
from s11audit.scoring.answers import (
    OUTCOME_WORDS,
    Answer,
    Judgement,
    Outcome,
    Percentage,
    Text,
)


class AnswerForm(Form):
    """The fields of one question. A kind has its own, which knows how to do these three."""

    def answer(self) -> Answer:
        """Return the answer as it was typed, unfinished or not."""
        raise NotImplementedError

    @staticmethod
    def filled(answer: Any) -> dict[str, Any]:
        """Return the data of the fields that show `answer`."""
        raise NotImplementedError

    def draw(self, question: str, hint: str | None = None) -> Markup:
        """Draw the fields under the question."""
        raise NotImplementedError


class JudgementForm(AnswerForm):
    """Met, partly met, not met, or not applicable with a reason."""

    value = GovRadios(choices=[(each.value, words) for each, words in OUTCOME_WORDS.items()])
    na_reason = GovTextArea("Why does this not apply to you?", rows=3)

    def answer(self) -> Judgement:
        value = self.value.data
        return Judgement(Outcome(value) if value else None, self.na_reason.data or "")

    @staticmethod
    def filled(answer: Judgement) -> dict[str, Any]:
        return {
            "value": answer.value.value if answer.value else None,
            "na_reason": answer.na_reason,
        }

    def draw(self, question: str, hint: str | None = None) -> Markup:
        return self.value(
            label=question, hint=hint, reveals={Outcome.NA.value: self.na_reason}, small=True
        )


class DraftDate(GovDateField):
    """A date that may be unfinished: its data is a date, the parts as typed ("31/2/2026"), or
    None. It never fails; the rules of completeness say what is wrong."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data if isinstance(data, date) else None, extra_filters)
        if self.process_errors:
            self.data = "/".join(self.parts.values())
            self.process_errors = []
        elif isinstance(data, str) and data and formdata is None:
            parts = [*data.split("/"), "", "", ""][:3]
            self.parts = dict(zip(("day", "month", "year"), parts, strict=True))
            self.data = data


class PercentageForm(AnswerForm):
    """So many of so many on a date, or not known with a reason."""

    numerator = GovTextInput("How many", inputmode="numeric", classes="govuk-input--width-5")
    denominator = GovTextInput(
        "Out of how many", inputmode="numeric", classes="govuk-input--width-5"
    )
    as_of = DraftDate("On what date was this counted?", hint="For example, 31 3 2026")
    not_known = GovCheckbox("Not known")
    not_known_reason = GovTextArea("Why is it not known?", rows=3)

    def answer(self) -> Percentage:
        return Percentage.from_typed(
            self.numerator.data or "",
            self.denominator.data or "",
            self.as_of.data,
            bool(self.not_known.data),
            self.not_known_reason.data or "",
        )

    @staticmethod
    def filled(answer: Percentage) -> dict[str, Any]:
        unread = dict(answer.unread)
        return {
            "numerator": _typed(answer.numerator, unread.get("numerator")),
            "denominator": _typed(answer.denominator, unread.get("denominator")),
            "as_of": answer.as_of or unread.get("as_of"),
            "not_known": answer.not_known,
            "not_known_reason": answer.not_known_reason,
        }

    def draw(self, question: str, hint: str | None = None) -> Markup:
        label_class = "govuk-label--s app-label--plain"
        parts = Markup("").join(
            [
                Markup('<p class="govuk-hint">{}</p>').format(hint) if hint else Markup(""),
                Markup('<div class="app-counted">'),
                self.numerator(label_class=label_class),
                self.denominator(label_class=label_class),
                Markup("</div>"),
                self.as_of(label_class="app-label--plain"),
                self.not_known(small=True, reveals={"y": self.not_known_reason}),
            ]
        )
        return _fieldset(question, parts)


class TextForm(AnswerForm):
    """A short answer in words."""

    text = GovTextArea("Answer", rows=4)

    def answer(self) -> Text:
        return Text(self.text.data or "")

    @staticmethod
    def filled(answer: Text) -> dict[str, Any]:
        return {"text": answer.text}

    def draw(self, question: str, hint: str | None = None) -> Markup:
        return self.text(label=question, hint=hint)


FIELD_FOR_KIND: dict[str, type[AnswerForm]] = {
    Judgement.kind: JudgementForm,
    Percentage.kind: PercentageForm,
    Text.kind: TextForm,
}


def form_class_for(kind: str) -> type[AnswerForm]:
    """Return the form of a kind of question; Invalid where no field is mapped to it."""
    try:
        return FIELD_FOR_KIND[kind]
    except KeyError:
        raise Invalid(f"There is no way to answer a question of the kind “{kind}”.") from None


def answer_field(kind: str) -> FormField:
    """Return the field in which a question of that kind is answered."""
    return FormField(form_class_for(kind), separator="-")


def filled_in(answers: Mapping[str, Answer]) -> dict[str, dict[str, Any]]:
    """Return the data of each question's field, by the question's key."""
    return {key: form_class_for(answer.kind).filled(answer) for key, answer in answers.items()}


def _typed(number: int | None, unread: str | None) -> str:
    return unread if unread is not None else ("" if number is None else str(number))


def _fieldset(legend: str, content: Markup) -> Markup:
    """Return `content` under a legend: what GOV.UK's fieldset macro draws around its caller."""
    return Markup(
        '<fieldset class="govuk-fieldset govuk-form-group">'
        '<legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{}</legend>{}</fieldset>'
    ).format(legend, content)
