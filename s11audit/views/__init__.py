"""The pages: a module a noun, each with a blueprint. A view loads, authorises, validates, calls
one service and responds."""

from flask import Flask

from s11audit.views import (
    accepting,
    accounts,
    actions,
    agencies,
    agency_people,
    allotments,
    boards,
    calendars,
    challenges,
    chasing,
    comparisons,
    confirming,
    cycles,
    draws,
    errors,
    escalations,
    evidence,
    evidence_reuse,
    figures,
    formats,
    health,
    histories,
    imports,
    installation,
    invitations,
    lineages,
    log,
    look,
    lost_factors,
    meetings,
    moderation,
    navigation,
    own_account,
    packs,
    paper_entries,
    passkeys,
    person_accounts,
    plan_decisions,
    plan_steps,
    pointing_out,
    profiles,
    programme,
    publishing,
    redactions,
    reminders,
    replies,
    reports,
    responses,
    retention,
    returns,
    reviews,
    sample_audits,
    screening,
    second_factor,
    sign_on,
    signing_in,
    start,
    statements,
    still_true,
    subjects,
    submitting,
    successions,
    themes,
    tools,
    visit_sheets,
    visits,
    workbooks,
)


def register_words(app: Flask) -> None:
    """Register what templates need outside pages too: a report as a file is drawn by one."""
    formats.register(app)
    look.register(app)


def register(app: Flask) -> None:
    """Register the converters, filters, error pages and blueprints."""
    # Their routes are those of the blueprint `responses`.
    assert submitting.bp is still_true.bp is responses.bp
    assert sample_audits.bp is cycles.bp  # likewise, `cycles`
    assert accepting.bp is publishing.bp is reviews.bp  # likewise, `reviews`
    assert plan_steps.bp is plan_decisions.bp is actions.bp  # likewise
    assert successions.bp is agencies.bp  # likewise
    assert lineages.bp is tools.bp  # likewise
    assert comparisons.bp is reports.bp  # likewise
    assert evidence_reuse.bp is evidence.bp  # likewise
    assert visits.bp is visit_sheets.bp is draws.bp  # likewise, `visits`
    assert programme.bp is packs.bp is meetings.bp  # likewise
    register_words(app)
    navigation.register(app)
    errors.register(app)
    pointing_out.register(app)
    signing_in.register(app)
    sign_on.register(app)
    for module in (
        accounts,
        actions,
        agencies,
        agency_people,
        allotments,
        boards,
        calendars,
        challenges,
        chasing,
        confirming,
        cycles,
        draws,
        escalations,
        evidence,
        figures,
        health,
        histories,
        imports,
        installation,
        invitations,
        log,
        meetings,
        reminders,
        moderation,
        lost_factors,
        own_account,
        paper_entries,
        passkeys,
        person_accounts,
        profiles,
        redactions,
        replies,
        reports,
        responses,
        retention,
        returns,
        reviews,
        screening,
        second_factor,
        sign_on,
        start,
        statements,
        subjects,
        themes,
        tools,
        workbooks,
    ):
        app.register_blueprint(module.bp)
