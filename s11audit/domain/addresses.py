"""E-mail addresses as this service stores and compares them."""

from email_validator import EmailNotValidError, validate_email

LONGEST = 255


def normal_email(address: str) -> str:
    """Return the form in which an address is stored and looked up."""
    return address.strip().lower()


def read_email(text: str) -> str:
    """Return an address that somebody typed in its normal form. Nothing is looked up.

    Raises ValueError with a sentence for the person where it is not an address.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(
            "Enter an e-mail address in the correct format, like name@example.org"
        ) from error
    if len(found.normalized) > LONGEST:
        raise ValueError(f"The e-mail address must be {LONGEST} characters or fewer")
    return normal_email(found.normalized)
