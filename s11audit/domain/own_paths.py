"""Addresses to go on to after signing in: this service's own, and no other's."""

from urllib.parse import urlsplit

LONGEST = 2000


def own_path(text: str | None) -> str | None:
    """Return `text` where it is a path of this service ("/boards/x?page=2"), else None: what
    names a scheme or host, or what a browser might take for one, leads nowhere."""
    if not text or len(text) > LONGEST or not text.startswith("/"):
        return None
    if text.startswith(("//", "/\\")) or "\\" in text:
        return None
    if any(ord(character) < 33 or ord(character) == 127 for character in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if not parts.scheme and not parts.netloc else None
