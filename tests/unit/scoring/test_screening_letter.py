"""The ready letter: requests by standard, no other agency, no personal data."""

from s11audit.domain.enums import ScreeningRule as R
from s11audit.scoring.screening_letter import CLOSING, OPENING, REQUESTS, Confirmed, letter


def test_the_letter_asks_by_standard_and_says_the_same_once():
    text = letter(
        [
            Confirmed(2, R.SHORT, "Yes we do."),
            Confirmed(1, R.MISSING, "Question 1.2: not answered"),
            Confirmed(1, R.MISSING, "Question 1.2: not answered"),
            Confirmed(2, None, "Who is {the lead}?"),
        ],
        {1: "Leadership"},
    )
    assert text.split("\n\n") == [
        OPENING,
        "Standard 1, Leadership\n- Question 1.2: not answered. Please add it.",
        "Standard 2\n- The evidence statement has fewer than 30 words. Please say what you do, how"
        " you know that it works, and what difference it has made.\n- Who is {the lead}?",
        CLOSING,
    ]


def test_no_rule_lets_personal_data_or_another_agency_into_the_letter():
    private = "Jamie Smith, born 14 March 2012"
    for rule in R:
        text = letter([Confirmed(1, rule, private, "standard 3 of Dale Trust; x")], {})
        assert "Jamie" not in text, rule
        assert "Dale" not in text or rule is R.PERSONAL_DATA, rule
    assert set(REQUESTS) == {*R, None}


def test_a_copied_statement_is_told_as_far_as_it_is_the_agencys_own():
    def asked(about):
        return letter([Confirmed(1, R.COPIED, "Words", about)], {})

    assert "nearly the same, as standard 4 of this return’s" in asked("standard 4 of this return")
    last = "standard 1 of the agency’s own return of 4 March 2025 (Audit, stage 1)"
    assert "the one you sent in last time" in asked(last)
    assert "as another one." in asked(f"standard 1 of Dale Trust; {last}")
