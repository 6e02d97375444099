"""Talks to OpenID providers by Authlib: the code flow with PKCE, state and nonce, and every check
of what comes back (domain rule 70). Knows nothing of accounts."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import compare_digest, token_urlsafe
from threading import Lock
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from s11audit.domain.sign_on import Provider, is_safe_address, read_providers

SCOPE = "openid email profile"
# Signed with the provider's private key: neither "none" nor a secret that both know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
SECONDS = 10
KEPT_SECONDS = 3600
CLOCK_SECONDS = 120
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def providers_in(file: str) -> tuple[Provider, ...]:
    """Return the providers of the operator's file; none where no file is set. Raises ValueError
    naming the setting where it cannot be read."""
    if not file:
        return ()
    try:
        return read_providers(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"S11AUDIT_SIGN_ON: {file} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise ValueError(f"S11AUDIT_SIGN_ON: {file}: {error}.") from None


class ProviderDown(Exception):
    """The provider cannot be reached, or answers what is no answer."""


class NotBelieved(Exception):
    """What came back fails a check; the text says which, and holds nothing of a person."""


@dataclass(frozen=True)
class Begun:
    """What one try to sign in holds against what comes back: kept in the person's session."""

    state: str
    nonce: str
    verifier: str


class Discovered:
    """What providers say of themselves, asked for once an hour."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    def metadata(self, provider: Provider) -> dict[str, Any]:
        """Return the provider's metadata. Raises ProviderDown; NotBelieved where they are another
        issuer's or lead to an address without TLS."""
        address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = self._get(provider, address)
        if found.get("issuer") != provider.issuer:
            raise NotBelieved("the metadata name another issuer")
        for name in ENDPOINTS:
            if not isinstance(found.get(name), str) or not is_safe_address(found[name]):
                raise NotBelieved(f"the metadata give no safe {name}")
        return found

    def keys(self, provider: Provider, *, afresh: bool = False) -> KeySet:
        """Return the keys that the provider signs with."""
        found = self._get(provider, self.metadata(provider)["jwks_uri"], afresh=afresh)
        try:
            return KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError):
            raise ProviderDown("its keys cannot be read") from None

    def _get(self, provider: Provider, address: str, *, afresh: bool = False) -> dict[str, Any]:
        key = (provider.key, address)
        with self._lock:
            at, found = self._kept.get(key, (0.0, {}))
        if found and not afresh and time.monotonic() - at < KEPT_SECONDS:
            return found
        with _client(provider) as client:
            found = _json(client, address)
        with self._lock:
            self._kept[key] = (time.monotonic(), found)
        return found


def begin(provider: Provider, known: Discovered, return_to: str) -> tuple[str, Begun]:
    """Return the provider's address to send the person to, and what to keep until they return."""
    metadata = known.metadata(provider)
    begun = Begun(token_urlsafe(32), token_urlsafe(32), token_urlsafe(48))
    with _client(provider, return_to) as client:
        address, _state = client.create_authorization_url(
            metadata["authorization_endpoint"],
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
    return address, begun


def finish(
    provider: Provider,
    known: Discovered,
    begun: Begun,
    answer: Mapping[str, str],
    return_to: str,
) -> dict[str, Any]:
    """Return the claims about the person who came back with `answer` (the query's parameters).

    Raises NotBelieved or ProviderDown.
    """
    metadata = known.metadata(provider)
    if not compare_digest(answer.get("state", "").encode(), begun.state.encode()):
        raise NotBelieved("another state")
    issuer = answer.get("iss")
    required = metadata.get("authorization_response_iss_parameter_supported") is True
    if (issuer is not None or required) and issuer != provider.issuer:
        raise NotBelieved("an answer of another provider")
    if "error" in answer:
        raise NotBelieved("the provider refused")
    if not answer.get("code"):
        raise NotBelieved("no code")
    with _client(provider, return_to, metadata) as client:
        try:
            token = client.fetch_token(
                metadata["token_endpoint"], code=answer["code"], code_verifier=begun.verifier
            )
        except RequestException:
            raise ProviderDown("its token endpoint cannot be reached") from None
        except (AuthlibBaseError, ValueError):
            raise NotBelieved("the provider does not take the code") from None
        claims = id_token_claims(provider, known, token, begun.nonce)
        if "email" not in claims and is_safe_address(str(metadata.get("userinfo_endpoint"))):
            claims = _with_userinfo(client, metadata["userinfo_endpoint"], claims)
    return claims


def id_token_claims(
    provider: Provider, known: Discovered, token: Mapping[str, Any], nonce: str
) -> dict[str, Any]:
    """Return the claims of the ID token in the provider's answer.

    It must be signed with the provider's key, be issued by it, to us, for this try (nonce) and
    be of now. Raises NotBelieved otherwise.
    """
    text = token.get("id_token")
    if not isinstance(text, str):
        raise NotBelieved("no ID token")
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        try:
            read = jwt.decode(text, known.keys(provider), registry=registry)
        except InvalidKeyIdError:  # they have changed
            read = jwt.decode(text, known.keys(provider, afresh=True), registry=registry)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
            },
            {
                "nonce": nonce,
                "client_id": provider.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=CLOCK_SECONDS)
    except (JoseError, AuthlibBaseError) as error:
        raise NotBelieved(f"the ID token: {type(error).__name__}") from None
    except (TypeError, ValueError):
        raise NotBelieved("the ID token cannot be read") from None
    return dict(claims)


def _with_userinfo(client: OAuth2Session, address: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims with those of the userinfo endpoint, where it is the same person."""
    told = _json(client, address, signed=True)
    if told.get("sub") != claims.get("sub"):
        raise NotBelieved("the userinfo are another person's")
    return told | claims


def _client(
    provider: Provider, return_to: str | None = None, metadata: Mapping[str, Any] | None = None
) -> OAuth2Session:
    ways = (metadata or {}).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return OAuth2Session(
        provider.client_id,
        provider.client_secret,
        scope=SCOPE,
        redirect_uri=return_to,
        code_challenge_method="S256",
        token_endpoint_auth_method=(
            "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        ),
        default_timeout=SECONDS,
    )


def _json(client: OAuth2Session, address: str, *, signed: bool = False) -> dict[str, Any]:
    try:
        answer = client.get(address, withhold_token=not signed)
        answer.raise_for_status()
        found = answer.json()
    except (RequestException, ValueError):
        raise ProviderDown("it cannot be reached, or answers no JSON") from None
    if not isinstance(found, dict):
        raise ProviderDown("it answers no JSON object")
    return found
