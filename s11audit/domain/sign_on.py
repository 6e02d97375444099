"""Single sign-on's rules: which providers there are, and what of their word is believed (domain
rule 70). A provider is an organisation's own sign-in by OpenID Connect, one directory each."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from s11audit.domain.addresses import read_email

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST_SUBJECT = 255
SIGNED_IN_ELSEWHERE_MINUTES = 15
_KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_MICROSOFT = "login.microsoftonline.com"
# Microsoft's addresses for everybody's directories at once.
_EVERY_TENANT = ("common", "organizations", "consumers", "{tenantid}")
_KNOWN = frozenset(
    {
        "name",
        "issuer",
        "client_id",
        "client_secret",
        "verified_by",
        "domains",
        "second_factor",
    }
)


class VerifiedBy(StrEnum):
    """By what an address that a provider names counts as the person's own."""

    EMAIL_VERIFIED = "email_verified"
    GOOGLE = "google"
    XMS_EDOV = "xms_edov"
    DIRECTORY = "directory"


NEEDS_DOMAINS = (VerifiedBy.XMS_EDOV, VerifiedBy.DIRECTORY)


@dataclass(frozen=True)
class Provider:
    """One provider, as the operator's file says: the key in our addresses, its name on the button,
    its issuer, our identity there, what is believed of it, and the values of `amr` or `acr` of
    which one says that a second factor was asked there (none: ours is asked)."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    verified_by: VerifiedBy = VerifiedBy.EMAIL_VERIFIED
    domains: tuple[str, ...] = ()
    second_factor: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """Whom a provider signed in: its own lasting mark for them, the address where it counts as
    verified, a name to suggest, and whether a second factor was asked there."""

    subject: str
    email: str | None
    name: str
    second_factor: bool


def read_providers(text: str) -> tuple[Provider, ...]:
    """Return the providers that a TOML file names, in its order, a table each.

    Raises ValueError with a sentence naming the table where something is missing or wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML file: {error}") from None
    found = tuple(_provider(key, table) for key, table in document.items())
    for one in ("issuer", "name"):
        values = [getattr(each, one) for each in found]
        if len(set(values)) < len(values):
            raise ValueError(f"two providers have the same {one}")
    return found


def _provider(key: str, table: Any) -> Provider:
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"[{key}]: a provider's key is small letters, digits and hyphens, up to 40"
        )
    if not isinstance(table, dict):
        raise ValueError(f"{key} must be a table, [{key}]")
    if unknown := sorted(set(table) - _KNOWN):
        raise ValueError(f"[{key}]: {unknown[0]} is not known")
    texts = {}
    for name in ("name", "issuer", "client_id", "client_secret"):
        value = table.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"[{key}]: {name} is missing")
        texts[name] = value.strip()
    try:
        verified_by = VerifiedBy(table.get("verified_by", VerifiedBy.EMAIL_VERIFIED))
    except ValueError:
        known = ", ".join(VerifiedBy)
        raise ValueError(f"[{key}]: verified_by must be one of {known}") from None
    domains = tuple(text.lower() for text in _texts(key, table, "domains"))
    if wrong := next((text for text in domains if not _DOMAIN.fullmatch(text)), None):
        raise ValueError(f"[{key}]: {wrong!r} is no domain")
    if verified_by in NEEDS_DOMAINS and not domains:
        raise ValueError(f"[{key}]: verified_by {verified_by} needs domains")
    _check_issuer(key, texts["issuer"], verified_by)
    return Provider(
        key,
        verified_by=verified_by,
        domains=domains,
        second_factor=_texts(key, table, "second_factor"),
        **texts,
    )


def _texts(key: str, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError(f"[{key}]: {name} must be a list of texts")
    return tuple(value)


def _check_issuer(key: str, issuer: str, verified_by: VerifiedBy) -> None:
    if not is_safe_address(issuer) or urlsplit(issuer).query or "#" in issuer:
        raise ValueError(f"[{key}]: issuer must be an https address")
    parts = urlsplit(issuer)
    if parts.hostname != _MICROSOFT:
        return
    if parts.path.strip("/").split("/")[0].lower() in _EVERY_TENANT:
        raise ValueError(
            f"[{key}]: issuer must name one directory (tenant), since anybody can open another"
        )
    if verified_by not in NEEDS_DOMAINS:
        raise ValueError(
            f"[{key}]: Microsoft Entra does not say email_verified: set verified_by to directory "
            "or xms_edov, and domains"
        )


def is_safe_address(address: str) -> bool:
    """Return whether what is sent to an address goes by TLS, or does not leave this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def person_of(provider: Provider, claims: Mapping[str, Any]) -> Person:
    """Return whom the claims of a provider name. They have been checked to be the provider's.

    Raises ValueError where they name nobody.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise ValueError("no subject")
    name = claims.get("name")
    return Person(
        subject,
        _verified_address(provider, claims),
        " ".join(name.split())[:200] if isinstance(name, str) else "",
        _brought(provider, claims),
    )


def _verified_address(provider: Provider, claims: Mapping[str, Any]) -> str | None:
    """Return the address where this provider's word for it is believed, else None."""
    email = claims.get("email")
    # Letters outside ASCII that become ASCII ones in lower case would be another's address.
    if not isinstance(email, str) or not email.isascii():
        return None
    try:
        address = read_email(email)
    except ValueError:
        return None
    domain = address.rpartition("@")[2]
    if provider.domains and domain not in provider.domains:
        return None
    match provider.verified_by:
        case VerifiedBy.EMAIL_VERIFIED:
            believed = claims.get("email_verified") is True
        case VerifiedBy.GOOGLE:
            # Google answers for its own addresses and for those of its organisations (hd) only.
            believed = claims.get("email_verified") is True and (
                domain in ("gmail.com", "googlemail.com") or bool(claims.get("hd"))
            )
        case VerifiedBy.XMS_EDOV:
            believed = claims.get("xms_edov") in (True, "1", "true")
        case VerifiedBy.DIRECTORY:
            # One organisation's own directory, which gives out the addresses of its domains.
            believed = claims.get("email_verified") is not False
    return address if believed else None


def _brought(provider: Provider, claims: Mapping[str, Any]) -> bool:
    if not provider.second_factor:
        return False
    amr = claims.get("amr")
    said = {each for each in amr if isinstance(each, str)} if isinstance(amr, list) else set()
    acr = claims.get("acr")
    if isinstance(acr, str):
        said.add(acr)
    return not said.isdisjoint(provider.second_factor)
