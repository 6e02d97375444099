"""The pages: a module a noun, each with a blueprint. A view loads, authorises, validates, calls
one service and responds."""

from flask import Flask

from s11audit.views import (
    accounts,
    agencies,
    boards,
    chasing,
    cycles,
    errors,
    evidence,
    formats,
    installation,
    invitations,
    look,
    navigation,
    reports,
    responses,
    returns,
    start,
    submitting,
    tools,
)


def register(app: Flask) -> None:
    """Register the converters, filters, error pages and blueprints."""
    assert submitting.bp is responses.bp  # its routes are those of the blueprint `responses`
    formats.register(app)
    look.register(app)
    navigation.register(app)
    errors.register(app)
    for module in (
        accounts,
        agencies,
        boards,
        chasing,
        cycles,
        evidence,
        installation,
        invitations,
        reports,
        responses,
        returns,
        start,
        tools,
    ):
        app.register_blueprint(module.bp)
