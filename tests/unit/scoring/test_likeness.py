"""Likeness of statements: the threshold, its symmetry, and the search for it (domain rule 15)."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from s11audit.scoring import likeness
from s11audit.scoring.likeness import alike, alike_among, shared_passage, shingles

WORDS = [f"word{number}" for number in range(400)]


def numbered(first, count):
    """So many words that occur nowhere else: one shingle a word, but for the last two."""
    return " ".join(WORDS[first : first + count])


def test_half_of_the_shingles_of_both_have_to_be_shared():
    # 22 shared words are 20 shingles. Ten words more on each side make ten more shingles each,
    # 20 of 40; with eleven on one side it is 20 of 41.
    shared = numbered(0, 22)
    own = shingles(f"{shared} {numbered(100, 10)}")
    assert alike(own, shingles(f"{shared} {numbered(200, 10)}"))
    assert not alike(own, shingles(f"{shared} {numbered(200, 11)}"))


def test_case_punctuation_and_white_space_make_no_difference_and_short_texts_are_never_alike():
    assert shingles("It's A, b; C d\nE f – g (H) i j!") == shingles("it’s a b c d e f g h i j")
    assert shingles(numbered(0, 9)) == frozenset()
    assert len(shingles(numbered(0, 10))) == 8


def test_the_passage_is_the_longest_run_of_words_in_both_as_it_was_written():
    own = "We met. Every Team, each quarter, reads ten cases. Done."
    assert shared_passage(own, "EVERY team each quarter reads NINE cases") == (
        "Every Team, each quarter, reads"
    )
    assert shared_passage("One two", "three four") == ""


texts = st.lists(
    st.lists(st.sampled_from(WORDS[:12]), min_size=10, max_size=24).map(" ".join),
    min_size=2,
    max_size=8,
)


@settings(max_examples=50)
@given(texts, st.randoms(use_true_random=False))
def test_every_text_that_is_like_another_is_found_and_no_other_in_any_order(texts, chance):
    items = list(enumerate(texts))
    expected = {
        key
        for key, text in items
        for other, against in items
        if key != other and alike(shingles(text), shingles(against))
    }
    found = alike_among(items)
    chance.shuffle(items)
    # Few enough shingles that a pair that is alike shares a print, but for one in 95,000.
    assert found.keys() == alike_among(items).keys() == expected
    assert all(alike(shingles(texts[a]), shingles(texts[b])) for a, b in found.items())
    assert all(
        alike(shingles(a), shingles(b)) == alike(shingles(b), shingles(a))
        for a in texts
        for b in texts
    )


def test_what_hundreds_have_copied_is_found_for_each_and_hides_nobody_else():
    chance = random.Random(3)
    everybody = " ".join(chance.choices(WORDS, k=150))

    def own(count):
        return " ".join(f"own{chance.randrange(10**9)}" for _ in range(count))

    copies = [(("copy", n), f"{everybody} {own(20)}") for n in range(300)]
    half = [(("half", n), f"{everybody[:700]} {own(130)}") for n in range(300)]
    pair = own(120)
    pairs = [(("pair", n), f"{everybody[:300]} {pair} {own(9)}") for n in range(2)]
    found = alike_among([*half, *copies, *pairs])
    assert found.keys() == {key for key, _ in [*copies, *pairs]}
    assert found["pair", 0] == ("pair", 1)


def test_a_text_is_held_against_few_others_however_many_there_are(monkeypatch):
    chance = random.Random(5)
    everybody = " ".join(chance.choices(WORDS, k=110))
    counted = []
    monkeypatch.setattr(likeness, "alike", lambda *_both: counted.append(1) and False)
    for many in (200, 400):
        counted.clear()
        alike_among(
            [
                (n, everybody + "".join(f" x{chance.randrange(10**9)}" for _ in range(90)))
                for n in range(many)
            ]
        )
        assert len(counted) <= likeness.LOOKED_AT * many
