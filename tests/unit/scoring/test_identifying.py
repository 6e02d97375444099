"""What might identify a child and is pointed out to whoever writes it (domain rule 77). Each line
was put in its place by hand; check digits are worked out beside the numbers."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.scoring.first_names import FIRST_NAMES
from s11audit.scoring.personal_data import identifying, is_nhs_number, personal_data

TODAY = date(2026, 11, 22)
NHS, NINO, AGE = "NHS number", "National Insurance number", "name with an age"
NAMED, DATED, BIRTH = "child’s or family’s name", "name with a date", "date of birth"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Emma Wilson, a 7 year old, told us", [AGE]),
        ("Emma Wilson (a seven-year-old) told us", [AGE]),
        ("Emma W, aged 7, told us", [AGE]),
        ("Emma is 7 and lives with her aunt", [AGE]),
        ("Jack turned 12.", [AGE]),
        ("a 7-year-old, Emma, said", [NAMED]),
        ("the girl Emma and the boy Jack", [NAMED]),
        ("her sister Chloe was there", [NAMED]),
        ("Emma Wilson 12/03/2018", [DATED]),
        ("DOB 12/03/2018", [BIRTH]),
        ("943 476 5919", [NHS]),
        # 401 023 213: 40+0+8+0+12+15+8+3+6 = 92, which leaves 4 by 11: 11 - 4 = 7.
        ("the case 4010232137 was closed", [NHS]),
        # Scotland's begin with the day of birth. 010 112 345: 9+7+6+10+12+12+10 = 66, so 0.
        ("CHI number 010 112 3450", [NHS]),
        ("AA123456A, OA 12 34 56 B and ab123456c", [NINO]),
        ("She lives at 14 Mill Lane, Preston PR1 2AB", ["address"]),
        ("Emma’s mother rang; her NHS number is 943 476 5919", [NHS, NAMED]),
    ],
)
def test_what_might_identify_a_child(text: str, kinds: list[str]) -> None:
    assert identifying(text, TODAY) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "LADO: 01772 536694, lado@example.gov.uk, jane.smith@council.gov.uk, 07700 900123",
        # 030 640 615: 27+42+24+24+3+10 = 130, which leaves 9: 2. A book's number checks alike.
        "ISBN 0306406152",
        # 012 041 234: 9+16+24+5+8+9+8 = 79, which leaves 2: 9. A telephone number by chance.
        "0120412349",
        "Tel 4010232137",
        "+44 4010232137",
        "invoice number 401 023 2137",
        "010 112 3450",
        "spends such as 10 20 30 a month, and to 12 34 56 b",
        "DA123456A, BG123456A, AO123456A, AA123456E, TN 12 34 56 A",
        "Policy approved by Sarah Jones 12/03/2019, reviewed by Peter Hill (1 May 2021)",
        "Signed: Chief Inspector Adam Cole 12/03/2020",
        "Safeguarding Policy 12/03/2019, next review 12/03/2022",
        "Emma Wilson, Head of Service, 4 March 2026",
        "Sarah is 1 of 3 trainers; Adam is 45 miles away",
        "Child E (aged 7) and a 7 year old girl; Year 7 pupils",
        "Harry Potter Week, 12 March 2019",
    ],
)
def test_what_is_let_pass(text: str) -> None:
    assert identifying(text, TODAY) == []


def test_a_landline_is_an_offices_or_a_familys() -> None:
    assert personal_data("The LADO is on 01772 536694") == []
    assert personal_data("Call the duty team: 020 7946 0018") == []
    assert personal_data("The team rang her mother on 01632 960123")[0].kind == "telephone number"


@given(st.text("0123456789", min_size=9, max_size=9))
def test_the_check_digit_makes_the_weighted_sum_a_multiple_of_eleven(nine: str) -> None:
    good = [digit for digit in string.digits if is_nhs_number(nine + digit)]
    by_hand = [
        digit
        for digit in string.digits
        if sum(int(d) * w for d, w in zip(nine + digit, range(10, 0, -1), strict=True)) % 11 == 0
        and len(set(nine + digit)) > 1
    ]
    assert good == by_hand and len(good) <= 1


@given(st.sampled_from(string.ascii_uppercase), st.sampled_from(string.ascii_uppercase))
def test_insurance_numbers_begin_as_they_are_issued(first: str, second: str) -> None:
    issued = (
        first not in "DFIQUV"
        and second not in "DFIOQUV"
        and first + second not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
    ) or first + second == "QQ"  # set aside for examples
    assert (identifying(f"{first}{second} 12 34 56 C", TODAY) == [NINO]) is issued


@given(
    st.sampled_from(sorted(FIRST_NAMES)),
    st.dates(date(2024, 1, 1), TODAY),
    st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d"]),
)
def test_a_name_with_a_date_of_these_years_is_who_signed(name: str, on: date, form: str) -> None:
    assert identifying(f"{name.title()} Cole, {on.strftime(form)}", TODAY) == []
