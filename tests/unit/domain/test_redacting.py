"""Finding a passage however it was typed or stored (domain rules 80 and 82)."""

import hashlib
import hmac
import json
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.redacting import (
    Prints,
    fold,
    print_of,
    read_passage,
    replaced,
    spans_by_print,
    spans_of,
    tombstone,
)

SALT = "0b" * 16


@pytest.mark.parametrize(
    ("passage", "text", "left"),
    [
        ("Jane Doe", "I met Jane Doe.", "I met #."),
        ("Jane Doe", "JANE\r\n   doe and Jane\u00a0Doe", "# and #"),
        ("jane doe", "“Jane&nbsp;Doe’s” bag", "“#’s” bag"),
        (" “Jane” – aged 9. ", 'so "jane" - AGED 9, he', 'so "# , he'.replace(" ,", ",")),
        ("O'Neill", "Mrs O’Neill, Mrs O&#8217;Neill, Mrs O\\u2019Neill", "Mrs #, Mrs #, Mrs #"),
        ("Zoë", "zoe\u0308 and ZOË and Zoe", "# and # and Zoe"),
        ("new folder", "C:\\new folder", "C:\\#"),
        ("Jane Doe", '{"said": "Jane\\nDoe"}', '{"said": "#"}'),
        ("Jane Doe", "Ja\u00adne Do\u200be", "#"),
        ("one two one", "one two one two one.", "#."),
        ("ﬁne print", "Fine PRINT", "#"),
    ],
)
def test_a_passage_is_found_however_it_is_written(passage: str, text: str, left: str) -> None:
    spans = spans_of(text, read_passage(passage))
    assert replaced(text, spans, "#") == left


@pytest.mark.parametrize(
    "text",
    ["annual", "Ann-ual? no: Mann", "Anna", "an n", "Ann1", "Anne and Hann"],
)
def test_a_passage_begins_and_ends_with_words(text: str) -> None:
    assert spans_of(text.replace("Ann-ual", "Annual"), read_passage("Ann")) == []


@pytest.mark.parametrize("wrong", ["", "  ", "a.", "?!…", "ab", "word " * 2000])
def test_a_passage_is_neither_nothing_nor_too_much(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"Enter|Use"):
        read_passage(wrong)


def test_what_is_kept_is_an_hmac_of_the_folded_words() -> None:
    kept = print_of(read_passage("  JANE “Doe”,\n aged 9!"), SALT)
    folded = b'jane "doe", aged 9'
    assert kept.digest == hmac.new(bytes.fromhex(SALT), folded, hashlib.sha256).hexdigest()
    assert (kept.length, kept.words) == (18, 4)


def test_the_mark_names_the_day() -> None:
    assert tombstone(date(2026, 11, 22)) == "[redacted on 22 November 2026]"


WORDS = st.lists(st.text("vwxyzéß", min_size=2, max_size=6), min_size=2, max_size=5)
AROUND = st.text('abcd efgh.,;!?\n\t&\\u’"', max_size=60)


@st.composite
def written(draw: st.DrawFn, words: list[str]) -> str:
    """The words as people and programs may write them."""
    gaps = st.sampled_from([" ", "  ", "\n", "\r\n", "\u00a0", "&nbsp;", "\u2009 \t"])
    if draw(st.booleans()):
        words = [word.upper() for word in words]
    text = words[0]
    for word in words[1:]:
        text += draw(gaps) + word
    how = draw(st.sampled_from([str, _entities, _json, _apart, _with_nothing]))
    return how(text)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _apart(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _with_nothing(text: str) -> str:
    return text if "&" in text else "\u200b".join(text)


def _entities(text: str) -> str:
    return text if "&" in text else "".join(f"&#{ord(each)};" for each in text)


@given(st.data(), WORDS, AROUND, AROUND)
def test_nothing_of_a_passage_is_left(
    data: st.DataObject, words: list[str], before: str, after: str
) -> None:
    passage = read_passage(" ".join(words))
    one, two = data.draw(written(words)), data.draw(written(words))
    text = f"{before} {one} | {after} | {two} {before}"
    left = replaced(text, spans_of(text, passage), "[-]")
    assert spans_of(left, passage) == []
    assert left.count("[-]") == 2
    assert left.startswith(f"{before} ") and left.endswith(f" {before}")
    assert "".join(words).casefold() not in _letters(left)
    # By what is kept of it alone, the same places are found.
    by_print = spans_by_print(text, Prints([print_of(passage, SALT)]))
    assert replaced(text, by_print, "[-]") == left


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if each.isalnum())


@given(st.text(max_size=80))
def test_folding_is_the_same_by_either_way(text: str) -> None:
    assert fold(fold(text)) == fold(fold(fold(text)))
    plain = "".join(each for each in text if each.isascii() and each not in "&\\`")
    assert fold(plain) == fold(plain + "\u200b")
