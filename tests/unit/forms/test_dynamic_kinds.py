"""A new kind of question is one answer class and one field mapping: a made-up kind is added here
and walked through the page, with nothing else told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup

from s11audit import create_app
from s11audit.domain.enums import Category
from s11audit.domain.errors import Invalid
from s11audit.forms.dynamic import FIELD_FOR_KIND, AnswerForm, form_class_for
from s11audit.forms.fields import GovNumberInput
from s11audit.forms.responses import Filled, question_words, standard_form
from s11audit.scoring.answers import ANSWER_KINDS, Outcome, read_answer, register
from s11audit.tools.schema import AskFor, RatingChoice, Requirement, Section, Standard, Tool


@dataclass(frozen=True)
class Stars:
    """One to five stars: five is met, one is not met."""

    kind: ClassVar[str] = "stars"
    counts: ClassVar[bool] = True
    stars: int | None = None

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        value = stored.get("stars")
        return cls(value if isinstance(value, int) else None)

    def to_stored(self) -> dict[str, object]:
        return {"stars": self.stars}

    def is_blank(self) -> bool:
        return self.stars is None

    def is_answered(self) -> bool:
        return self.stars in range(1, 6)

    def problems(self, today: date) -> dict[str, str]:
        return {} if self.is_answered() else {"stars": "Give one to five stars"}

    def outcome(self, met_at: Any, partly_above: Any) -> Outcome | None:
        if not self.is_answered():
            return None
        return Outcome.MET if self.stars == 5 else Outcome.NOT_MET

    def in_words(self) -> str:
        return f"{self.stars} stars"


class StarsForm(AnswerForm):
    stars = GovNumberInput("Stars")

    def answer(self) -> Stars:
        return Stars(self.stars.data)

    @staticmethod
    def filled(answer: Stars) -> dict[str, Any]:
        return {"stars": answer.stars}

    def draw(self, question: str, hint: str | None = None) -> Markup:
        return self.stars(label=question, hint=hint)


@pytest.fixture
def stars() -> Iterator[None]:
    register(Stars)
    FIELD_FOR_KIND[Stars.kind] = StarsForm
    yield
    del FIELD_FOR_KIND[Stars.kind], ANSWER_KINDS[Stars.kind]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app({"DATA": str(tmp_path), "TESTING": True, "WTF_CSRF_ENABLED": False})


def tool() -> Tool:
    return Tool(
        key="starry",
        version=1,
        title="Starry",
        summary="A tool with a kind of its own.",
        self_rating=AskFor.REQUIRED,
        ratings=tuple(
            RatingChoice(label=rag, title=rag.title(), rag=rag) for rag in ("green", "amber", "red")
        ),
        sections=(
            Section(
                title="All",
                standards=(
                    Standard(
                        number=1,
                        title="First",
                        meaning="It shines.",
                        requirements=(Requirement(key="1.1", kind="stars", text="How bright?"),),
                    ),
                ),
            ),
        ),
    )


def test_a_made_up_kind_goes_through_the_page(app: Flask, stars: None) -> None:
    made = tool()
    standard = made.standards[0]
    blank = Filled(0, "", None, "", {"1.1": read_answer("stars", None)}, [])
    with app.test_request_context(method="POST", data={"answer-1.1-stars": "5"}):
        form = standard_form(made, standard, (Category.OTHER,), blank)
        assert form.validate()
        assert form.answers() == {"1.1": {"stars": 5}}
    stored = Filled(1, "", None, "", {"1.1": read_answer("stars", {"stars": 5})}, [])
    with app.test_request_context():
        form = standard_form(made, standard, (Category.OTHER,), stored)
        question = form.question("1.1")
        drawn = question.draw(question_words(made, standard.requirements[0]), None)
        page = render_template_string("{{ drawn }}", drawn=drawn)
    assert 'name="answer-1.1-stars"' in page
    assert 'value="5"' in page and "1.1 How bright?" in page


def test_a_kind_without_a_field_is_named() -> None:
    with pytest.raises(Invalid, match="comets"):
        form_class_for("comets")


def test_every_kind_has_its_field() -> None:
    assert set(FIELD_FOR_KIND) == set(ANSWER_KINDS)
