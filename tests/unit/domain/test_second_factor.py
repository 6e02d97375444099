"""Codes of authenticator apps by RFC 6238's own figures, recovery codes, who must have them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Role
from s11audit.domain.policy import Held
from s11audit.domain.second_factor import (
    SecondFactor,
    code_at,
    is_app_code,
    key_for_typing,
    must_have,
    normal_code,
    recovery_code,
    setup_address,
    step_at,
    step_of,
)

SECRET = b"12345678901234567890"  # of RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds, code):
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, step_at(moment), digits=8) == code
    assert code_at(SECRET, step_at(moment)) == code[2:]


def test_a_code_is_taken_within_a_step_of_its_time_and_once():
    moment = datetime.fromtimestamp(1111111109, UTC)
    step = 1111111109 // 30
    for off, found in ((-2, None), (-1, step - 1), (0, step), (1, step + 1), (2, None)):
        assert step_of(SECRET, code_at(SECRET, step + off), moment, after=0) == found
    assert step_of(SECRET, "081804", moment, after=step - 1) == step
    assert step_of(SECRET, "081804", moment, after=step) is None
    assert step_of(SECRET, code_at(SECRET, step - 1), moment, after=step) is None
    assert step_of(SECRET, "٠٨١٨٠٤", moment, after=0) is None


@given(st.binary(min_size=10, max_size=10))
def test_a_recovery_code_has_sixteen_letters_and_is_no_code_of_an_app(random):
    code = recovery_code(random)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert normal_code(code.upper().replace("-", " ")) == normal_code(code)
    assert not is_app_code(code)


def test_what_the_app_is_given():
    assert key_for_typing(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert setup_address(SECRET, "s11audit", "ann@example.org") == (
        "otpauth://totp/s11audit:ann%40example.org"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=s11audit"
    )
    assert is_app_code(" 123 456 ") and not is_app_code("1234567")


@pytest.mark.parametrize(
    ("role", "must"),
    [
        (Role.ADMIN, True),
        (Role.OFFICE, True),
        (Role.QA, True),
        (Role.CHAIR, True),
        (Role.VIEWER, False),
        (Role.SCRUTINEER, False),
        (Role.LEAD, False),
        (Role.CONTRIBUTOR, False),
        (Role.VISITOR, False),
    ],
)
def test_who_must_have_a_second_factor(role, must):
    assert must_have(SecondFactor.BOARD, [Held(Role.LEAD), Held(role)]) is must
    assert must_have(SecondFactor.EVERYONE, [Held(role)])
    assert not must_have(SecondFactor.NONE, [Held(role)])
