"""E-mail addresses and sign-in names as this service stores and compares them."""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 255
SHORTEST_NAME, LONGEST_NAME = 3, 40
_SIGN_IN_NAME = re.compile(r"[a-z][a-z0-9._-]*")


def normal_email(address: str) -> str:
    """Return the form in which an address is stored and looked up."""
    return address.strip().lower()


def read_email(text: str) -> str:
    """Return an address that somebody typed in its normal form. Nothing is looked up.

    Raises ValueError with a sentence for the person where it is not an address.
    """
    if not text.strip():
        raise ValueError("Enter an e-mail address")
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(
            "Enter an e-mail address in the correct format, like name@example.org"
        ) from error
    if len(found.normalized) > LONGEST:
        raise ValueError(f"The e-mail address must be {LONGEST} characters or fewer")
    return normal_email(found.normalized)


def normal_sign_in_name(name: str) -> str:
    """Return the form in which a sign-in name is stored and looked up."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def normal_identity(typed: str) -> str:
    """Return the form in which is looked up what somebody typed to sign in, an address or a
    sign-in name: however it is spelt, whoever it means, this is the same."""
    return normal_email(typed) if "@" in typed else normal_sign_in_name(typed)


def read_sign_in_name(text: str) -> str:
    """Return a sign-in name that somebody chose in its normal form (domain rule 68).

    Raises ValueError with a sentence for the person where it cannot be one.
    """
    name = normal_sign_in_name(text)
    if "@" in name:
        raise ValueError("The sign-in name must not look like an e-mail address: leave out the @")
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise ValueError(f"The sign-in name must have {SHORTEST_NAME} to {LONGEST_NAME} characters")
    if not _SIGN_IN_NAME.fullmatch(name):
        raise ValueError(
            "Use letters from a to z, digits, dots, hyphens and underscores for the sign-in name, "
            "with a letter at the beginning"
        )
    return name


def sign_in_name_of(name: str) -> str:
    """Return a sign-in name made of a person's name: "Zoë O'Neill" gives "zoe.oneill"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = re.findall(r"[a-z0-9]+", re.sub(r"['’\u0300-\u036f]", "", plain))
    found = ".".join(words)[: LONGEST_NAME - 4].strip(".")
    return found if _SIGN_IN_NAME.fullmatch(found) and len(found) >= SHORTEST_NAME else "person"
