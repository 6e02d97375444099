"""The headers that every answer carries: what a browser may do with our pages. docs/security.md
says them in words, and a test looks at them on every answer."""

from typing import Any

from flask import Flask, Response, request

from s11audit.extensions import talisman

# "*-src" and the rest: this service's own files, and nothing within the page.
CONTENT = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": ["'self'", "data:"],
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Parts of a browser that no page of ours needs.
OFF = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
KEPT = ("static", "security.static", "calendars.feed")
KEPT_SECONDS = 365 * 24 * 3600
HSTS_SECONDS = 365 * 24 * 3600


def set_up_headers(app: Flask, values: dict[str, Any]) -> None:
    """Have every answer carry them. Strict-Transport-Security only where cookies are for HTTPS."""
    app.after_request(_isolate)
    app.after_request(_keep_private)
    talisman.init_app(
        app,
        force_https=False,
        strict_transport_security=values["SECURE_COOKIES"],
        strict_transport_security_max_age=HSTS_SECONDS,
        session_cookie_secure=values["SECURE_COOKIES"],
        session_cookie_samesite="Lax",
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy=dict.fromkeys(OFF, "()"),
        content_security_policy=CONTENT,
    )


def _isolate(response: Response) -> Response:
    """Keep windows and pages of other sites apart from ours."""
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


def _keep_private(response: Response) -> Response:
    """Let no browser keep a page or a download, so that nobody reads it there after the person
    has left. Our own files, which belong to no one and have another address as soon as they are
    others, are kept for good; a calendar's feed says itself how it is kept."""
    if request.endpoint == "static" and response.status_code in (200, 304):
        response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
    if request.endpoint not in KEPT and not response.cache_control.no_store:
        response.headers["Cache-Control"] = "no-store"
    return response
