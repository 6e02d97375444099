"""s11audit: the section 11 audit of child-safeguarding boards. `create_app` puts it together."""

from inspect import iscoroutinefunction
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from s11audit import paths


def create_app(settings: dict[str, Any] | None = None, *, pages: bool = True) -> Flask:
    """Return the application. `settings` overrides those of the environment, by the names in
    config.py ("DATABASE_URL"); without `pages` it answers at no address, as commands need it,
    and is made in a tenth of the time. Registration only: what is registered lives in its own
    module.

    Raises ValueError for a setting that cannot be read or used and, with `pages`, for settings
    too weak to let people in.
    """
    config = paths.settings_module()
    values = config.complete(config.load() | (settings or {}))
    if pages and (weak := config.weaknesses(values)):
        raise ValueError("\n".join(weak))
    app = Flask(
        __name__,
        static_url_path=paths.static_address() if pages else None,
        template_folder=str(paths.top("templates")),
    )
    app.config.from_mapping(values)
    app.config.from_mapping(_library_settings(values))
    if values["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=values["PROXIES"], x_proto=values["PROXIES"])  # type: ignore[method-assign]
    if pages:
        from s11audit.observing import observe

        observe(app)  # first, so that every answer passes by it
    _extensions(app, values)
    _views(app, pages)
    return app


def _library_settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of Flask and of its extensions that follow from ours."""
    from s11audit.sign_in import security_settings

    return {
        "SQLALCHEMY_ENGINES": {
            # A connection is tried before it is lent: none of before a restart of PostgreSQL.
            "default": {
                "url": values["DATABASE_URL"],
                "pool_pre_ping": values["DATABASE_URL"].startswith("postgresql"),
            }
        },
        "MAX_CONTENT_LENGTH": (values["MAX_UPLOAD_MB"] + 2) * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "PERMANENT_SESSION_LIFETIME": values["SESSION_MINUTES"] * 60,
        "SECRET_KEY_FALLBACKS": list(values["SECRET_KEYS_BEFORE"]),
        "SESSION_COOKIE_NAME": "s11audit",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": values["SECURE_COOKIES"],
        "WTF_CSRF_TIME_LIMIT": None,
        "COUNTS_TRIES": not values["TESTING"],
        **security_settings(values),
    }


def _extensions(app: Flask, values: dict[str, Any]) -> None:
    from s11audit import transactions
    from s11audit.extensions import csrf, db
    from s11audit.headers import set_up_headers
    from s11audit.sign_in import set_up_sign_in

    db.init_app(app)
    # It would start an event loop at the end of every request, for sessions that we do not have.
    app.teardown_appcontext_funcs[:] = [
        function for function in app.teardown_appcontext_funcs if not iscoroutinefunction(function)
    ]
    with app.app_context():
        transactions.prepare(db.engine)
    csrf.init_app(app)
    set_up_headers(app, values)
    set_up_sign_in(app)


def _views(app: Flask, pages: bool) -> None:
    from s11audit.views import register, register_words

    (register if pages else register_words)(app)
