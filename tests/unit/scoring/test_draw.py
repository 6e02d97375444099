"""The draw, each pick worked out here with hashlib and not by the function (domain rule 30)."""

from __future__ import annotations

import subprocess
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.errors import Invalid
from s11audit.scoring import draw as d

# One name in composed and one in decomposed letters, one with a leading capital that sorts after
# small letters by its bytes: each is hashed as it stands.
NAMES = ["Zebra Trust", "ærø trust", "Café Órla", "Cafe\u0301 Two", "blue Council", "Łódź School"]


def by_hand(seed: str, names: list[str]) -> list[str]:
    hashed = {sha256(seed.encode() + b":" + name.encode()).hexdigest(): name for name in names}
    return [hashed[key] for key in sorted(hashed)]


@pytest.mark.parametrize("seed", ["2026", "5 12 19 33 41 58", "grün:ß", " spaces kept "])
def test_the_picks_are_those_of_the_smallest_hashes(seed: str) -> None:
    drawn = d.draw(seed, NAMES, 2)
    assert list(drawn.picked) == by_hand(seed, NAMES)[:2]
    assert [each.name for each in drawn.ranked] == by_hand(seed, NAMES)


def test_a_draw_that_was_worked_out_in_a_shell() -> None:
    # printf '%s' 'lotto 7:Ærø Trust' | sha256sum, and so on
    want = {
        "Ærø Trust": sha256("lotto 7:Ærø Trust".encode()).hexdigest(),
        "Blue Council": sha256(b"lotto 7:Blue Council").hexdigest(),
    }
    assert {each.name: each.digest for each in d.draw("lotto 7", want, 1).ranked} == want


def test_the_pool_stands_in_report_order() -> None:
    assert d.draw("x", NAMES, 1).pool == (
        "blue Council", "Cafe\u0301 Two", "Café Órla", "Zebra Trust", "ærø trust", "Łódź School",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "count", "words"),
    [
        ("", 1, "Enter the seed"),
        ("\u2003 ", 1, "Enter the seed"),
        ("a\nb", 1, "cannot be shown"),
        ("x" * 201, 1, "200 characters"),
        ("x", 7, "7 cannot be drawn: the pool (all) holds 6 agencies"),
        ("x", 0, "At least 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(seed: str, count: int, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        d.draw(seed, NAMES, count)
    assert words in str(caught.value)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), unique=True),
    st.randoms(),
)
def test_the_order_in_which_names_come_does_not_matter(names: list[str], chance: object) -> None:
    if not names:
        return
    shuffled = names.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    drawn = d.draw("seed", names, 1)
    assert d.draw("seed", shuffled, 1) == drawn
    assert sorted(drawn.picked + tuple(r.name for r in drawn.ranked[1:])) == sorted(names)


def test_the_document_has_strata_only_for_more_than_one() -> None:
    one, two = d.draw("s", ["A", "B"], 1), d.draw("s", ["C"], 1)
    single = {"seed": "s", "pool": ["A", "B"], "picked": by_hand("s", ["A", "B"])[:1]}
    assert d.document("s", [one]) == single
    assert d.document("s", [one, two]) == {
        "seed": "s",
        "strata": [single, {"seed": "s", "pool": ["C"], "picked": ["C"]}],
    }


def test_the_line_for_a_shell_does_it_again(tmp_path) -> None:  # type: ignore[no-untyped-def]
    seed = "it's 7"
    (tmp_path / "pool.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    told = subprocess.run(
        ["sh", "-c", d.command_for(seed, 3)],
        cwd=tmp_path, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert [line[66:] for line in told.splitlines()] == by_hand(seed, NAMES)[:3]
