"""What templates are drawn with: the GOV.UK macros, addresses of our assets, forms' errors."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask, url_for
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from s11audit.forms.widgets import form_errors
from s11audit.views.files import file_note


def register(app: Flask) -> None:
    """Let templates find `govuk_frontend_jinja/...`; add `asset`, `form_errors` and
    `file_note` to them."""
    assert app.jinja_loader is not None  # Flask makes one from its template folder
    app.jinja_loader = ChoiceLoader(
        [
            app.jinja_loader,
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    _share_globals(app)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["form_errors"] = form_errors
    app.jinja_env.globals["file_note"] = file_note


def _share_globals(app: Flask) -> None:
    """Have every template look its globals up in the environment itself, since none has any of its
    own. Jinja would lay an empty mapping over them for each, and a page, which imports macros a
    hundred times, took a tenth of its time to look through both."""
    environment = app.jinja_env
    layered = environment.make_globals

    def shared(d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return layered(d) if d else environment.globals

    environment.make_globals = shared  # type: ignore[method-assign]


def asset(name: str) -> str:
    """Return the address of a file in `static/` (see `paths.static_address`)."""
    return url_for("static", filename=name)
