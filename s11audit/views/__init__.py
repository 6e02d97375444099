"""The pages: a module a noun, each with a blueprint. A view loads, authorises, validates, calls
one service and responds."""

from flask import Flask

from s11audit.views import errors, formats, look, navigation, start


def register(app: Flask) -> None:
    """Register the converters, filters, error pages and blueprints."""
    formats.register(app)
    look.register(app)
    navigation.register(app)
    errors.register(app)
    for module in (start,):
        app.register_blueprint(module.bp)
