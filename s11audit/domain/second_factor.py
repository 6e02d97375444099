"""The second factor: codes of an authenticator app (RFC 6238), recovery codes, and who must have
one (domain rule 65)."""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlencode

from s11audit.domain.enums import Role
from s11audit.domain.policy import Held

STEP_SECONDS = 30
DIGITS = 6
STEPS_OFF = 1  # a clock may be a step slow or fast
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
REQUIRED_ROLES = frozenset({Role.ADMIN, Role.OFFICE, Role.QA, Role.CHAIR})


class SecondFactor(StrEnum):
    """Who must have a second factor: the roles that see or decide most, everyone, or nobody."""

    BOARD = "board"
    EVERYONE = "everyone"
    NONE = "none"


def must_have(setting: SecondFactor, grants: Iterable[Held]) -> bool:
    """Return whether somebody with these grants must have a second factor."""
    if setting is SecondFactor.BOARD:
        return any(grant.role in REQUIRED_ROLES for grant in grants)
    return setting is SecondFactor.EVERYONE


def step_at(moment: datetime) -> int:
    """Return the number of the time step at a moment."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a time step (RFC 6238 with HMAC-SHA-1, truncated as RFC 4226 says)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, moment: datetime, *, after: int) -> int | None:
    """Return the time step that a code is of, where it is one at or beside the moment and later
    than the step `after`, that of the last code used; else None. A code is taken once."""
    now = step_at(moment)
    given = code.encode()
    found = None
    for step in range(now - STEPS_OFF, now + STEPS_OFF + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and step > after:
            found = step
    return found


def is_app_code(typed: str) -> bool:
    """Return whether somebody typed an app's code rather than a recovery code."""
    return bool(re.fullmatch(r"[0-9]{6}", normal_code(typed)))


def normal_code(typed: str) -> str:
    """Return a code as it is compared: without spaces and hyphens, in small letters."""
    return re.sub(r"[\s\-–]", "", typed).lower()


def recovery_code(random: bytes) -> str:
    """Return the recovery code that is made of RECOVERY_BYTES random bytes: "abcd-efgh-ijkl-mnop"
    (80 bits)."""
    letters = b32encode(random).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def key_for_typing(secret: bytes) -> str:
    """Return the app's secret as a person types it: in groups of four letters and digits."""
    letters = b32encode(secret).decode().rstrip("=")
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def setup_address(secret: bytes, service: str, account: str) -> str:
    """Return the otpauth address that an app reads from the picture."""
    query = urlencode(
        {"secret": b32encode(secret).decode().rstrip("="), "issuer": service}, quote_via=quote
    )
    return f"otpauth://totp/{quote(service)}:{quote(account)}?{query}"
