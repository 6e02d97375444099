"""How answers go into the cells of a workbook and come back."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Category
from s11audit.exchange.workbook_cells import ACTIONS, cells_of, texts_of, with_texts
from s11audit.scoring.answers import Judgement, Outcome, Percentage
from s11audit.services.responses import ProposedActionValues, ResponseValues
from s11audit.tools import loader

TOOL = loader.load_builtin("lancashire-2012")
TRAINING = TOOL.standard(5)
KINDS = {each.key: each.kind for each in TRAINING.requirements}
HEALTH = (Category.NHS_PROVIDER,)

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
judgements = st.builds(Judgement, st.sampled_from([None, *Outcome]), words)
percentages = st.builds(
    lambda part, of, day: Percentage(part, of, day),
    st.none() | st.integers(0, 900),
    st.none() | st.integers(1, 900),
    st.none() | st.dates(date(2020, 1, 1), date(2026, 1, 1)),
)
unknown = st.builds(lambda why: Percentage(not_known=True, not_known_reason=why + "x"), words)


@st.composite
def responses(draw: st.DrawFn) -> ResponseValues:
    answers = {}
    for key, kind in KINDS.items():
        made = draw(judgements if kind == "judgement" else percentages | unknown)
        if not made.is_blank():
            answers[key] = made.to_stored()
    action = st.builds(ProposedActionValues, words.map("a".__add__), words, st.none() | st.dates())
    return ResponseValues(
        statement=draw(words),
        self_label=draw(st.none() | st.sampled_from([each.label for each in TOOL.ratings])),
        na_reason=draw(words),
        answers=answers,
        proposed_actions=tuple(draw(st.lists(action, max_size=ACTIONS + 2))),
        progress=draw(words),
    )


@given(responses(), responses())
def test_what_the_cells_say_is_stored_and_an_empty_one_changes_nothing(
    stored: ResponseValues, filled: ResponseValues
) -> None:
    assert with_texts(stored, KINDS, {}) == stored
    texts = texts_of(filled, KINDS)
    after = texts_of(with_texts(stored, KINDS, texts), KINDS)
    assert texts.items() <= after.items()
    assert texts_of(with_texts(ResponseValues(), KINDS, texts), KINDS) == texts


@given(responses())
def test_every_filled_in_cell_is_asked(filled: ResponseValues) -> None:
    asked = {cell.ref for cell in cells_of(TOOL, TRAINING, HEALTH, progress=True)}
    assert texts_of(filled, KINDS).keys() <= asked


def test_numbers_given_at_last_replace_not_known() -> None:
    before = ResponseValues(
        answers={"5.2": Percentage(not_known=True, not_known_reason="No register").to_stored()}
    )
    texts = {"answer:5.2:numerator": "45", "answer:5.2:denominator": "60"}
    after = with_texts(before, KINDS, texts | {"answer:5.2:as_of": "2026-01-31"})
    assert after.answers["5.2"] == Percentage(45, 60, date(2026, 1, 31)).to_stored()
