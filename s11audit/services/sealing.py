"""Keeps secrets in the database so that a copy of it does not give them away: sealed by a key that
is derived from S11AUDIT_SECRET_KEY."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Sealer:
    """Seals by the first of `keys`, opens by any of them; `purpose` keeps the secrets of one use
    from being put into the place of another's."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._fernets = [Fernet(_derived(key, purpose)) for key in keys]

    def seal(self, secret: bytes) -> str:
        """Return the secret as it may be stored."""
        return self._fernets[0].encrypt(secret).decode()

    def open(self, sealed: str, *, seconds: int | None = None) -> bytes | None:
        """Return the secret; None where no key opens it, or it was sealed longer ago than that."""
        try:
            return MultiFernet(self._fernets).decrypt(sealed.encode(), ttl=seconds)
        except InvalidToken:
            return None

    def is_current(self, sealed: str) -> bool:
        """Return whether the first key opens it, so that the others are not needed for it."""
        try:
            self._fernets[0].decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _derived(key: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"s11audit {purpose}".encode())
    return urlsafe_b64encode(derive.derive(key.encode()))
