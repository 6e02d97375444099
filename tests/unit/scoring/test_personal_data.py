"""What is likely personal data, and what only looks like it (domain rule 15). The numbers are
those that are published as examples, or set aside for stories."""

from datetime import date

import pytest

from s11audit.scoring.personal_data import is_nhs_number, personal_data


@pytest.mark.parametrize(
    "text",
    [
        "We worked with Jamie Smith, born 14 March 2012, and his mother.",
        "Child: Jamie Smith, DOB 12/03/2015",
        "Kayleigh Thompson (d.o.b. 03/09/2011) was seen",
        "D.O.B: 3.9.11",
        "date of birth: 2012-05-01",
        "The pupil Liam Carter, aged 9, told us",
        "a child called Kayden was",
        "a boy named Tyrone Brown",
        "NHS number 943 476 5919 was recorded",
        "NHS no. 9434765919.",
        "NHS 943-476-5919",
        "NI number QQ 12 34 56 C",
        "NINO AB123456C",
        "call her mother on 07700 900123",
        "mobile: 07700900123",
        "+44 7700 900123",
        "+44 (0)7700 900 123",
        "ring 01632 960 123",
        "(01632) 960123",
        "020 7946 0018",
        "e-mail jane.doe@gmail.com",
        "jane.smith@council.gov.uk",
        "kim99@hotmail.co.uk",
        "lives at 14 Mill Lane, Preston PR1 2AB",
        "14 Mill Lane, Preston, PR1 2AB",
        "Sophie (7) and her sister",
        "Ella Brown, 8, said",
        "Ella Jones (12/03/2014)",
        "Mum, Sarah Jones, said",
        "the child's home address, 3 Acacia Avenue",
        "born on the 3rd of May 2013",
        "her date of birth is 3 May 2013",
        "Flat 2, 14 Station Road, Leeds LS1 4AP",
        "Mohammed Khan, aged 12",
        "a 7 year old called Amir",
        "house 12, PR1 2AB",
        "Tommy Jones, 14 Acacia Road",
        "Mary Ann Jones, aged 14",
        "dob 04052011",
        "her son Liam was there",
        "Jamie Smith of 22 Birch Grove, Leeds",
        "passport number 123456789",
        "Ella's mum rang",
        "a 12-year-old boy, Jordan Peters, said",
    ],
)
def test_likely_personal_data_is_found(text):
    assert personal_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "Our policy was reviewed on 12/03/2015 and again on 4 March 2026.",
        "The Designated Safeguarding Lead, Head of Operations and the Deputy Director lead.",
        "In 2024/25 we trained 1,234 of 1,300 staff (94.9%).",
        "Lancashire County Council and Ribble Valley Borough Council share a protocol.",
        "Call Childline on 0800 1111 or the NSPCC on 0808 800 5000.",
        "Contact the team at safeguarding@council.gov.uk or info@trust.nhs.uk.",
        "The switchboard is 0300 123 6720.",
        "We record the name, date of birth and address of each child.",
        "Staff check the date of birth on the referral form.",
        "Children aged 7 to 11 took part; Young People Aged 14 led it.",
        "Key Stage 2 (ages 7 to 11)",
        "Looked After Children aged 5",
        "Working Together to Safeguard Children (2023) and section 11 of the Children Act 2004.",
        "Charity number 1234567, company 01234567.",
        "Jane Smith, Director of Nursing, is the named lead.",
        "Our lead is Sarah Jones (Director).",
        "The Section 11 Audit 2012 was discussed on 1 May 2013.",
        "Reference S11-00012-1 and ISO 27001:2013.",
        "We are based in PR1 2AB.",
        "Our offices at County Hall, Preston PR1 8XJ",
        "Between 2010 and 2012 we ran 12 audits, 8 of them (67%) with Barnardo's.",
        "The number 1234567890 has no check digit.",
        "KCSIE paragraph 01/02/2023, version 1.2.3",
        "children born in 2012 were offered",
        "Everyone born after 1 April 2005",
        "Child Protection Conference, Child Sexual Exploitation, Child Death Overview Panel",
        "Young Person Friendly, Student Council, Patient Safety Group",
        "Mother and Baby unit; Family Nurse Partnership; Father Christmas visit",
        "duty.team@leeds.gov.uk and mash@barton.gov.uk and childrens.services@x.gov.uk",
        "we met 20 families at 3 Station Road Family Hub",
        "a group called Shout; a child-friendly leaflet called Stay Safe",
        "The Amber Project (2019), St Mary's (7 staff)",
        "In March, 12, and in May, 14, staff",
        "Level 3 training on 12 March 2025 and 020 staff",
        "Budget of 0123456 pounds",
        "The pupil premium; pupil Voice Champions",
        "Thomas Coram Foundation (2016); Lewis Carroll School (12 pupils)",
        "St James, Burnley (12/03/2014)",
        "the Lucy Faithfull Foundation (2021)",
        "Case study A: a girl of 14 told us",
        "On 07 12 2023 we held",
        "Tel: 101 or 999; ext 4412",
        "training compliance 07/2024 - 06/2025",
        "Victoria Hospital (12/03/2014)",
        "Elizabeth House 4 March 2024",
        "Charlie Waller Trust trained 12 staff; Martin House (24 beds)",
        "order 1000000000, company number 1234567890, URN 123456",
        "the child protection lead, Mark Evans, Director",
    ],
)
def test_what_any_return_holds_is_let_pass(text):
    assert personal_data(text) == []


def test_the_passage_is_a_piece_of_the_text_with_what_stands_around_it():
    text = f"{'Before. ' * 30}Ring 07700 900123 or 07700 900456.{' After.' * 30} NHS 943 476 5919"
    first, second = personal_data(text)
    assert first.passage in text and first.kind == "telephone number"
    assert "07700 900123 or 07700 900456" in first.passage and len(first.passage) < 120
    assert second.kind == "NHS number"


def test_a_date_behind_a_name_is_one_of_birth_where_it_makes_a_child():
    on = date(2026, 3, 4)
    assert personal_data("Sophie Turner 12/04/2011", on)
    assert personal_data("Sophie Turner (12.04.23)", on)
    assert personal_data("Signed by Peter Hill, 4 March 2026 and Sarah Jones (1/2/24)", on) == []
    assert personal_data("Peter Hill, 1 May 1975", on) == []
    assert personal_data("Peter Hill, born 1 May 1975", on)


def test_an_nhs_number_has_a_check_digit():
    # 943 476 591: 10*9+9*4+8*3+7*4+6*7+5*6+4*5+3*9+2*1 = 299, which leaves 2 by 11: 11 - 2 = 9.
    assert is_nhs_number("9434765919")
    assert not any(is_nhs_number(f"943476591{digit}") for digit in range(9))
    assert not is_nhs_number("943476591") and not is_nhs_number("0000000000")


@pytest.mark.parametrize(
    "text", ["0" * 5000, "Aa-" * 3000, "a@" + "b." * 3000, "12 Aa " * 1500, "A " * 3000]
)
def test_strange_text_takes_no_time(text):
    assert personal_data(text) == []
