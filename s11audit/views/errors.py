"""Errors as pages, in plain English."""

from flask import Flask, render_template, request
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused

PAGES = (400, 403, 404, 405, 409, 413, 429, 500)
# Pages that give back what was typed, and those that lead back to the return.
KEEPS_TYPED = (400, 403, 404, 409)
AT_RETURN = (400, 409)


def typed_in_vain() -> list[tuple[str, str]]:
    """Return what was typed into the form that was refused, as (field in words, text), so that it
    can be copied: sentences only, since dates and choices are soon given again."""
    if request.method != "POST" or not current_user.is_authenticated:
        return []
    return [
        (name.replace("_", " ").strip().capitalize(), text.strip())
        for name, text in request.form.items(multi=True)
        if "password" not in name and len(text.split()) > 1
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
                f"errors/{status}.html", message=message, typed=typed, return_id=return_id
            ),
            status,
        )

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> tuple[str, int]:
        return page(404)

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

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> tuple[str, int]:
        return page(400, "The page had been open for too long. Go back, reload it and try again.")

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return page(error.code) if error.code in PAGES else error
