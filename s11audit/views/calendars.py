"""A person's calendar feeds and reminders, and the feeds themselves."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request
from flask import url_for as address_of
from werkzeug.wrappers import Response as BaseResponse

from s11audit.domain.dates import london_today
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Can, Facts, can
from s11audit.extensions import db
from s11audit.queries import calendars as reads
from s11audit.queries.accounts import actor_for
from s11audit.queries.reminders import wants_digests
from s11audit.reports.as_ics import as_ics
from s11audit.services import calendars, reminders
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, public, signed_in
from s11audit.views.listing import number_of

bp = Blueprint("calendars", __name__)


@bp.get("/calendar")
@signed_in
def page() -> str:
    """The person's feeds and whether reminders reach them."""
    return _page()


@bp.post("/calendar/address")
@signed_in
def make() -> str:
    """Make a feed, or a new address for it, and show the address: it is not shown again."""
    board_id = _board_id()
    with writing() as session:
        token = calendars.make_feed(session, actor(), board_id, now=now())
    path = address_of(".feed", token=token)
    return _page(address=current_app.config["BASE_URL"] + path, made=board_id)


@bp.post("/calendar/stop")
@signed_in
def stop() -> BaseResponse:
    """Have a feed answer no more."""
    with writing() as session:
        calendars.stop_feed(session, actor(), _board_id(), now=now())
    flash("The calendar feed was stopped. Its address no longer works.", "success")
    return redirect(address_of(".page"))


@bp.post("/calendar/reminders")
@signed_in
def choose_reminders() -> BaseResponse:
    """Turn the person's reminders on or off."""
    wanted = request.form.get("wanted") == "yes"
    with writing() as session:
        reminders.choose_digests(session, actor(), wanted, now=now())
    said = "You will be reminded by e-mail again." if wanted else "You get no more reminders."
    flash(said, "success")
    return redirect(address_of(".page"))


@bp.get("/calendars/<string:token>.ics")
@public
def feed(token: str) -> Response:
    """The feed of that secret address, as far as its person still holds the roles for it."""
    found = reads.feed_by_hash(db.session, calendars.token_hash(token))
    today = london_today(now())
    who = actor_for(db.session, found.user, today)
    if found.board is not None:
        if not can(who, Can.SEE_BOARD, Facts(found.board.id)):
            raise NotFound("There is no such calendar.")
        name = f"{found.board.name}: due dates"
        entries = reads.board_entries(db.session, who, found.board.id, today)
    else:
        if not who.grants:
            raise NotFound("There is no such calendar.")
        name = "Safeguarding audits: my due dates"
        entries = reads.own_entries(db.session, who, today)
    base_url = current_app.config["BASE_URL"]
    body = as_ics(name, entries, base_url=base_url, host=urlsplit(base_url).hostname or "localhost")
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _page(address: str = "", made: int | None = None) -> str:
    who = actor()
    return render_template(
        "calendars/page.html",
        feeds=reads.feeds_of(db.session, who.user_id) if who.user_id else {},
        boards=reads.boards_of(db.session, who),
        address=address,
        made=made,
        reminded=wants_digests(db.session, who.user_id) if who.user_id else False,
        hour=current_app.config["REMINDER_HOUR"],
    )


def _board_id() -> int | None:
    """Return the board that the form names, None for the person's own feed."""
    text = request.form.get("board", "")
    if not text:
        return None
    board_id = number_of(text)
    if board_id is None:
        raise NotFound("There is no such board.")
    return board_id
