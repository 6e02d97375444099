"""Looks at the headers of every answer that an application gives, as they leave it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
# A file that somebody uploaded may do nothing at all.
OF_FILES = {"default-src 'none'", "sandbox"}
OFF = ("camera", "geolocation", "microphone", "payment", "usb")


class Answers:
    """Stands before the application, and keeps what is wrong with the headers of its answers as
    (path, what)."""

    def __init__(self, app: Flask) -> None:
        self.wrong: set[tuple[str, str]] = set()
        self.seen = 0
        self._inside = app.wsgi_app
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self.seen += 1
            found = problems(environ["PATH_INFO"], headers)
            self.wrong.update((environ["PATH_INFO"], each) for each in found)
            return start(status, headers, *more)

        return self._inside(environ, started)


def problems(path: str, headers: list[tuple[str, str]]) -> list[str]:
    """Return what is wrong with the headers of an answer: docs/security.md says what they are."""
    given = {name.lower(): value for name, value in headers}
    found = [
        f"{name}: {given.get(name.lower())}"
        for name, value in WANTED.items()
        if given.get(name.lower()) != value
    ]
    policy = {part.strip() for part in given.get("content-security-policy", "").split(";")}
    if policy not in (POLICY, OF_FILES):
        found.append(f"the content policy is {sorted(policy)}")
    allowed = given.get("permissions-policy", "")
    found += [f"{each} is not off" for each in OFF if f"{each}=()" not in allowed]
    # The service's own files, which say nothing of anybody, and a feed for calendar programs.
    kept = path.startswith(("/static/", "/calendars/", "/fs-static/"))
    if not kept and "no-store" not in given.get("cache-control", ""):
        found.append(f"it may be kept: {given.get('cache-control')}")
    for name, value in headers:
        if name.lower() == "set-cookie" and not {"HttpOnly", "SameSite=Lax"} <= {
            part.strip() for part in value.split(";")
        }:
            found.append(f"a cookie without its flags: {value.partition('=')[0]}")
    return found
