"""What is refused of a provider's ID token, whatever it says (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry

from s11audit.adapters import sign_on
from s11audit.adapters.sign_on import Begun, Discovered, NotBelieved, ProviderDown
from s11audit.domain.sign_on import Provider

PROVIDER = Provider("p", "P", "https://p.example", "s11audit", "a secret that both know, long")
KEY = RSAKey.generate_key(2048, {"kid": "one"})
METADATA = {
    "issuer": PROVIDER.issuer,
    "authorization_endpoint": "https://p.example/auth",
    "token_endpoint": "https://p.example/token",
    "jwks_uri": "https://p.example/jwks",
}


class Known(Discovered):
    """A provider whose words are given instead of asked for."""

    def __init__(self, metadata: dict | None = None) -> None:
        super().__init__()
        self.said = metadata or METADATA

    def _get(self, provider, address, *, afresh=False):
        if address.endswith("/jwks"):
            return KeySet([KEY]).as_dict(private=False)
        return self.said


def token(key=KEY, alg="RS256", kid="one", **claims) -> dict[str, str]:
    now = int(time.time())
    said = {
        "iss": PROVIDER.issuer,
        "aud": "s11audit",
        "sub": "ann",
        "nonce": "n",
        "iat": now,
        "exp": now + 300,
    } | claims
    said = {name: value for name, value in said.items() if value is not None}
    registry = JWSRegistry(algorithms=[alg])
    return {"id_token": jwt.encode({"alg": alg, "kid": kid}, said, key, registry=registry)}


def with_secret(alg: str, secret: bytes) -> dict[str, str]:
    """Return a right token signed with what everybody or both sides know, or not at all."""
    body = token()["id_token"].split(".")[1]
    head = urlsafe_b64encode(json.dumps({"alg": alg, "kid": "one"}).encode()).rstrip(b"=").decode()
    signature = hmac.digest(secret, f"{head}.{body}".encode(), "sha256") if secret else b""
    end = urlsafe_b64encode(signature).rstrip(b"=").decode()
    return {"id_token": f"{head}.{body}.{end}"}


def read(sent: dict[str, str]) -> dict:
    return sign_on.id_token_claims(PROVIDER, Known(), sent, "n")


def test_a_right_one_is_read() -> None:
    assert read(token())["sub"] == "ann"
    assert read(token(aud=["s11audit"], azp="s11audit"))["sub"] == "ann"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["s11audit", "another"]},
        {"azp": "another"},
        {"nonce": "m"},
        {"nonce": None},
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"exp": int(time.time()) - 600},
        {"nbf": int(time.time()) + 86_400},  # well after the last test of a run
        {"exp": "soon"},
    ],
)
def test_anothers_and_tampered_ones_are_refused(claims: dict) -> None:
    with pytest.raises(NotBelieved):
        read(token(**claims))


def test_another_key_another_way_and_no_signature_are_refused() -> None:
    forged = RSAKey.generate_key(2048, {"kid": "one"})
    for sent in (
        token(key=forged),
        token(kid="two"),
        with_secret("HS256", KEY.as_pem(private=False)),
        with_secret("HS256", PROVIDER.client_secret.encode()),
        with_secret("none", b""),
        {"id_token": "a.b.c"},
        {"id_token": ""},
        {},
    ):
        with pytest.raises(NotBelieved):
            read(sent)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://p.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_metadata_of_another_or_without_tls_are_refused(said: dict) -> None:
    with pytest.raises(NotBelieved):
        sign_on.begin(PROVIDER, Known(METADATA | said), "https://us.example/return")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": "c"},
        {"code": "c", "state": "another"},
        {"code": "c", "state": "s"},  # it says that it names itself, and does not
        {"code": "c", "state": "s", "iss": "https://evil.example"},
        {"state": "s", "iss": PROVIDER.issuer},
        {"state": "s", "iss": PROVIDER.issuer, "code": "c", "error": "access_denied"},
    ],
)
def test_an_answer_of_another_try_or_provider_is_refused(answer: dict) -> None:
    """RFC 6749 (state), RFC 9207 (iss)."""
    known = Known(METADATA | {"authorization_response_iss_parameter_supported": True})
    with pytest.raises(NotBelieved):
        sign_on.finish(PROVIDER, known, Begun("s", "n", "v"), answer, "https://us.example/return")


def test_a_provider_that_is_down_is_said_so() -> None:
    nobody = Provider("p", "P", "http://127.0.0.1:9", "c", "s")
    with pytest.raises(ProviderDown):
        sign_on.begin(nobody, Discovered(), "https://us.example/return")
