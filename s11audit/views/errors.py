"""Errors as pages, in plain English."""

import logging
import sqlite3

from flask import Flask, current_app, g, render_template, request, url_for
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, TooManyRequests

from s11audit.domain.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refused
from s11audit.transactions import is_out_of_room

PAGES = (400, 403, 404, 405, 409, 410, 413, 429, 500, 503, 507)
# Pages that give back what was typed, and those that lead back to the return.
KEEPS_TYPED = (400, 403, 404, 409, 500, 503, 507)
AT_RETURN = (400, 409)

logger = logging.getLogger(__name__)


def typed_in_vain() -> list[tuple[str, str]]:
    """Return what was typed into the form that was refused, as (field in words, text), so that it
    can be copied: sentences only, since dates and choices are soon given again.

    To somebody who is signed out only where the browser says that our own page sent it: another
    site could else have its words shown as ours.
    """
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    try:
        if request.method != "POST" or not (ours or current_user.is_authenticated):
            return []
        return _sentences()
    except (SQLAlchemyError, OSError):  # who is signed in, or what was sent, cannot be read either
        return []


def signed_out_while_typing() -> tuple[str, int] | None:
    """Return the page that gives back what was typed by somebody whose session ended meanwhile;
    None where nothing was typed that is to be copied. The form's token must have been checked."""
    typed = _sentences() if request.method == "POST" and not _asked_by_script() else []
    if not typed:
        return None
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
        way = url_for("security.login", next=request.path)
    except HTTPException:
        way = url_for("security.login")
    return render_template("errors/signed_out.html", typed=typed, way=way), 401


def _asked_by_script() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _sentences() -> list[tuple[str, str]]:
    return [
        (name.replace("_", " ").strip().capitalize(), text.strip())
        for name, text in request.form.items(multi=True)
        if "password" not in name and name != "base" and len(text.split()) > 1
    ]


def register(app: Flask) -> None:
    """Answer each kind of error with its page and status."""

    def page(status: int, message: str = "") -> tuple[str, int]:
        typed = typed_in_vain() if status in KEEPS_TYPED else []
        # A visitor has no page of the return.
        at_return = status in AT_RETURN and request.blueprint != "visits"
        return_id = (request.view_args or {}).get("return_id") if at_return else None
        return (
            render_template(
                f"errors/{status}.html",
                message=message,
                typed=typed,
                return_id=return_id,
                number=g.get("request_number", ""),
            ),
            status,
        )

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> tuple[str, int]:
        return page(404)

    @app.errorhandler(Gone)
    def gone(error: Gone) -> tuple[str, int]:
        return page(410, error.day)

    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> tuple[str, int]:
        return page(403, str(error))

    @app.errorhandler(Refused)
    @app.errorhandler(Conflict)
    def refused(error: Exception) -> tuple[str, int]:
        return page(409, str(error))

    @app.errorhandler(Invalid)
    def invalid(error: Invalid) -> tuple[str, int]:
        return page(400, str(error))

    @app.errorhandler(IntegrityError)
    def clash(_error: IntegrityError) -> tuple[str, int]:
        return page(409, "Somebody else changed this at the same moment. Nothing was saved.")

    @app.errorhandler(OperationalError)
    @app.errorhandler(sqlite3.OperationalError)
    def database_fails(error: Exception) -> tuple[str, int]:
        reason = getattr(error, "orig", None) or error
        logger.error("The database cannot be used: %s", str(reason).strip().splitlines()[0])
        return page(507 if is_out_of_room(error) else 503)

    @app.errorhandler(OSError)
    def disk_fails(error: OSError) -> tuple[str, int]:
        if type(error).__module__ == "gunicorn.http.errors":  # a body that cannot be read
            return page(400, "What was sent broke off on its way. Go back and try again.")
        if not is_out_of_room(error):
            raise error
        logger.error("There is no room on the disk: %s", error.strerror)
        return page(507)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> tuple[str, int]:
        return page(
            400,
            "The page had been open for too long, or you signed out in another window. Go back, "
            "reload it and try again.",
        )

    @app.errorhandler(TooManyRequests)
    def too_many(error: TooManyRequests) -> tuple[str, int]:
        return page(429, f"{error.description}.")

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return page(error.code) if error.code in PAGES else error
