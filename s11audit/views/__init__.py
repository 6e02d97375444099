"""The pages: a module a noun, each with a blueprint. A view loads, authorises, validates, calls
one service and responds."""

from flask import Flask

from s11audit.views import (
    accounts,
    actions,
    agencies,
    allotments,
    boards,
    calendars,
    chasing,
    confirming,
    cycles,
    draws,
    errors,
    escalations,
    evidence,
    figures,
    formats,
    imports,
    installation,
    invitations,
    look,
    meetings,
    moderation,
    navigation,
    paper_entries,
    plan_decisions,
    plan_steps,
    programme,
    reminders,
    replies,
    reports,
    responses,
    returns,
    reviews,
    screening,
    start,
    still_true,
    submitting,
    themes,
    tools,
    visit_sheets,
    visits,
    workbooks,
)


def register(app: Flask) -> None:
    """Register the converters, filters, error pages and blueprints."""
    # Their routes are those of the blueprint `responses`.
    assert submitting.bp is still_true.bp is responses.bp
    assert plan_steps.bp is plan_decisions.bp is actions.bp  # likewise
    assert visits.bp is visit_sheets.bp is draws.bp  # likewise, `visits`
    assert programme.bp is meetings.bp  # likewise
    formats.register(app)
    look.register(app)
    navigation.register(app)
    errors.register(app)
    for module in (
        accounts,
        actions,
        agencies,
        allotments,
        boards,
        calendars,
        chasing,
        confirming,
        cycles,
        draws,
        escalations,
        evidence,
        figures,
        imports,
        installation,
        invitations,
        meetings,
        reminders,
        moderation,
        paper_entries,
        replies,
        reports,
        responses,
        returns,
        reviews,
        screening,
        start,
        themes,
        tools,
        workbooks,
    ):
        app.register_blueprint(module.bp)
