"""Errors as pages, in plain English."""

from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused

PAGES = (400, 403, 404, 405, 409, 413, 429, 500)


def register(app: Flask) -> None:
    """Answer each kind of error with its page and status."""

    def page(status: int, message: str = "") -> tuple[str, int]:
        return render_template(f"errors/{status}.html", message=message), status

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
