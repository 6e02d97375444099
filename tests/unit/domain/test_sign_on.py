"""Whose word about an address is believed (domain rule 70)."""

from __future__ import annotations

import pytest

from s11audit.domain.sign_on import Provider, VerifiedBy, person_of, read_providers

PLAIN = """
[council]
name = "Midshire Council"
issuer = "https://sign-in.midshire.example"
client_id = "s11audit"
client_secret = "x"
"""
ENTRA = """
[entra]
name = "Midshire Council"
issuer = "https://login.microsoftonline.com/8a3e1c3e-0000-4000-8000-2d0c1f3a5b7c/v2.0"
client_id = "s11audit"
client_secret = "x"
verified_by = "directory"
domains = ["Midshire.gov.example"]
"""


def provider(by: VerifiedBy = VerifiedBy.EMAIL_VERIFIED, *domains: str, **more) -> Provider:
    return Provider("p", "P", "https://p.example", "c", "s", by, domains, **more)


def test_a_file_of_two_providers() -> None:
    plain, entra = read_providers(PLAIN + ENTRA.replace("Midshire Council", "Midshire NHS"))
    assert (plain.key, plain.verified_by, plain.domains) == ("council", "email_verified", ())
    assert (entra.verified_by, entra.domains) == ("directory", ("midshire.gov.example",))
    assert read_providers("") == ()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('client_id = "s11audit"\n', "", "client_id is missing"),
        ("client_id", "client", "client is not known"),
        ("[council]", "[Council!]", "no TOML"),
        ("[council]", "[Council]", "small letters"),
        ("https:", "http:", "https address"),
        ("https://", "https://a:b@", "https address"),
        ("[council]", "[council]\nverified_by = 'trust'", "must be one of"),
        ("[council]", "[council]\nverified_by = 'directory'", "needs domains"),
        ("[council]", "[council]\ndomains = 'a.example'", "list of texts"),
        ("[council]", "[council]\ndomains = ['@a']", "no domain"),
        ("[council]", "council = 3\n[other]", "must be a table"),
    ],
)
def test_a_faulty_file_is_refused_by_name(was: str, becomes: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_providers(PLAIN.replace(was, becomes, 1))


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", "Common"])
def test_everybodys_directory_is_no_provider(tenant: str) -> None:
    with pytest.raises(ValueError, match="one directory"):
        read_providers(ENTRA.replace("8a3e1c3e-0000-4000-8000-2d0c1f3a5b7c", tenant))


def test_entra_is_not_taken_at_its_word_alone() -> None:
    with pytest.raises(ValueError, match="does not say email_verified"):
        read_providers(ENTRA.replace('"directory"', '"email_verified"'))


def test_two_of_one_issuer_are_refused() -> None:
    with pytest.raises(ValueError, match="same issuer"):
        read_providers(PLAIN + PLAIN.replace("[council]", "[two]"))


@pytest.mark.parametrize(
    ("by", "domains", "claims", "believed"),
    [
        ("email_verified", (), {"email_verified": True}, True),
        ("email_verified", (), {}, False),
        ("email_verified", (), {"email_verified": "true"}, False),
        ("email_verified", (), {"email_verified": False}, False),
        ("email_verified", ("agency.example",), {"email_verified": True}, True),
        ("email_verified", ("other.example",), {"email_verified": True}, False),
        # Google answers for its organisations' addresses, not for others that it once verified.
        ("google", (), {"email_verified": True, "hd": "agency.example"}, True),
        ("google", (), {"email_verified": True}, False),
        ("google", (), {"hd": "agency.example"}, False),
        # Entra: an address is whatever a directory's administrator typed, unless it says so.
        ("xms_edov", ("agency.example",), {"xms_edov": True}, True),
        ("xms_edov", ("agency.example",), {"xms_edov": "1"}, True),
        ("xms_edov", ("agency.example",), {}, False),
        ("xms_edov", ("agency.example",), {"xms_edov": False, "email_verified": True}, False),
        ("xms_edov", ("other.example",), {"xms_edov": True}, False),
        ("directory", ("agency.example",), {}, True),
        ("directory", ("other.example",), {}, False),
        ("directory", ("example",), {}, False),
        ("directory", ("agency.example",), {"email_verified": False}, False),
    ],
)
def test_whose_address_is_believed(by, domains, claims, believed) -> None:
    found = person_of(
        provider(VerifiedBy(by), *domains), {"sub": "1", "email": "Ann@Agency.example"} | claims
    )
    assert found.email == ("ann@agency.example" if believed else None)


@pytest.mark.parametrize(
    # The Kelvin sign becomes a plain k in lower case.
    "email",
    ["ann@\u212aent.example", "ann", "a@b.example\nc", "", None, ["a@b.example"], "a@b@c.example"],
)
def test_what_is_no_plain_address_is_nobodys(email: object) -> None:
    claims = {"sub": "1", "email": email, "email_verified": True}
    assert person_of(provider(), claims).email is None


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256])
def test_without_a_subject_there_is_nobody(subject: object) -> None:
    with pytest.raises(ValueError):
        person_of(provider(), {"sub": subject, "email": "a@b.example", "email_verified": True})


@pytest.mark.parametrize(
    ("asked", "claims", "brought"),
    [
        ((), {"amr": ["mfa"]}, False),
        (("mfa",), {"amr": ["pwd", "mfa"]}, True),
        (("mfa",), {"amr": ["pwd"]}, False),
        (("mfa",), {"amr": "mfa"}, False),
        (("mfa",), {"amr": [["mfa"], None]}, False),
        (("urn:x:mfa",), {"acr": "urn:x:mfa"}, True),
        (("mfa",), {}, False),
    ],
)
def test_a_second_factor_counts_where_the_operator_says_so(asked, claims, brought) -> None:
    found = person_of(provider(second_factor=asked), {"sub": "1"} | claims)
    assert found.second_factor is brought
