"""Sign-in names (domain rule 68): what one may be, and what is made of a person's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.addresses import (
    LONGEST_NAME,
    normal_sign_in_name,
    read_sign_in_name,
    sign_in_name_of,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(" Ann.Smith ", "ann.smith"), ("a-b_2", "a-b_2"), ("ＡＮＮ", "ann"), ("x" * 40, "x" * 40)],
)
def test_a_sign_in_name_is_stored_in_one_form(typed, stored):
    assert read_sign_in_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("ann@example.org", "leave out the @"),
        ("ann＠example", "leave out the @"),
        ("ab", "3 to 40"),
        ("x" * 41, "3 to 40"),
        ("ann smith", "letters from a to z"),
        ("1ann", "a letter at the beginning"),
        ("zoë", "letters from a to z"),
        ("", "3 to 40"),
    ],
)
def test_what_cannot_be_one_is_refused_in_words(typed, told):
    with pytest.raises(ValueError, match=told):
        read_sign_in_name(typed)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Ann Smith", "ann.smith"),
        ("Zoë O’Neill-Jones", "zoe.oneill.jones"),
        ("李小龍", "person"),
        ("3M", "person"),
        ("A " * 40, "a." * 17 + "a"),
    ],
)
def test_a_name_gives_a_sign_in_name(name, made):
    assert sign_in_name_of(name) == made


@given(st.text(max_size=250))
def test_what_is_made_of_any_name_is_one_with_room_for_a_number(name):
    made = sign_in_name_of(name)
    assert read_sign_in_name(made) == made
    assert len(made) <= LONGEST_NAME - 4


@given(st.text(max_size=60))
def test_reading_it_again_changes_nothing(text):
    assert normal_sign_in_name(normal_sign_in_name(text)) == normal_sign_in_name(text)
