"""Every view's guard: it loads what the address names, asks the policy, and hands it on.

A view carries one of these decorators, or `public`. A test walks the URL map and fails a view
that carries none. What is outside the actor's reach is answered as if it did not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from flask import current_app, g, jsonify, redirect, request, url_for
from flask_security import current_user

from s11audit import sessions
from s11audit.domain import policy
from s11audit.domain.dates import in_words, london_today
from s11audit.domain.errors import Gone, NotAllowed, NotFound
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.second_factor import SecondFactor, must_have
from s11audit.extensions import db, security
from s11audit.models import Board, Membership
from s11audit.queries.accounts import actor_for
from s11audit.queries.agencies import membership_by_id
from s11audit.queries.boards import board_by_slug
from s11audit.queries.returns import facts_of, return_by_id
from s11audit.queries.successions import reaches_as_heir
from s11audit.views.errors import signed_out_while_typing

View = Callable[..., Any]


@dataclass(frozen=True)
class Place:
    """Where the page lies, for the header: a board, or an agency on it."""

    board: Board
    membership: Membership | None = None

    @property
    def name(self) -> str:
        """What the header shows."""
        return self.membership.name if self.membership else self.board.name


@dataclass(frozen=True)
class InstallationPlace:
    """Where the administrator's pages lie."""

    name: str = "Administration"
    board: None = None
    membership: None = None


def now() -> datetime:
    """Return the moment of this request, the same throughout it."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return g.now


def actor() -> Actor:
    """Return who is signed in, with their live grants. Only within a guarded view."""
    if "actor" not in g:
        g.actor = actor_for(db.session, current_user, london_today(now()))
    return g.actor


def public(view: View) -> View:
    """Anyone may open this view, signed in or not."""
    view.guard = ("public", None)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Anyone who is signed in may open this view."""
    return _guarded(view, "signed_in", None, lambda _kwargs: None)


def signed_in_so_far(view: View) -> View:
    """Anyone who is signed in may open this view, also who has yet to set up the second factor
    that they must have."""
    return _guarded(view, "signed_in", None, lambda _kwargs: None, so_far=True)


def installation(action: Can) -> Callable[[View], View]:
    """The view does `action` to the installation."""

    def load(_kwargs: dict[str, Any]) -> None:
        policy.check(actor(), action, policy.INSTALLATION)
        g.place = InstallationPlace()

    return lambda view: _guarded(view, "installation", action, load)


def board(action: Can) -> Callable[[View], View]:
    """The view does `action` to the board whose slug is in the address as `board`; it is handed
    the Board."""

    def load(kwargs: dict[str, Any]) -> None:
        found = board_by_slug(db.session, kwargs["board"])
        policy.check(actor(), action, Facts(found.id), sees=Can.SEE_BOARD)
        kwargs["board"] = found
        g.place = Place(found)

    return lambda view: _guarded(view, "board", action, load)


def membership(action: Can) -> Callable[[View], View]:
    """The view does `action` to the membership whose id is in the address as `membership_id`; it
    is handed the Membership as `membership`."""

    def load(kwargs: dict[str, Any]) -> None:
        found = membership_by_id(db.session, kwargs.pop("membership_id"))
        facts = Facts(found.board_id, found.id, found.agency_id)
        policy.check(actor(), action, facts, sees=Can.SEE_AGENCY)
        kwargs["membership"] = found
        g.place = place_at(found)

    return lambda view: _guarded(view, "membership", action, load)


def return_(action: Can, *, sees: Can = Can.SEE_RETURN) -> Callable[[View], View]:
    """The view does `action` to the return whose id is in the address as `return_id`; it is
    handed the Return (membership, stage, cycle, board and tool version loaded) as `return_`.
    Who lacks `action` is answered 403 where they hold `sees`, else 404; and who holds it 410 where
    what the return held was removed (domain rule 79)."""

    def load(kwargs: dict[str, Any]) -> None:
        found = return_by_id(db.session, kwargs.pop("return_id"))
        try:
            policy.check(actor(), action, facts_of(found), sees=sees)
        except (NotAllowed, NotFound):
            if not reaches_as_heir(db.session, actor(), action, found):
                raise
        removed_at = found.stage.cycle.contents_removed_at
        if removed_at is not None:
            raise Gone(in_words(london_today(removed_at)))
        kwargs["return_"] = found
        g.place = place_at(found.membership)

    return lambda view: _guarded(view, "return", action, load)


def place_at(found: Membership) -> Place:
    """Return the place of a page about an agency: the agency for its own people, else the board."""
    own = any(grant.membership_id == found.id for grant in actor().grants)
    return Place(found.board, found if own else None)


def _lacks_factor() -> bool:
    """Whether the person must have a second factor and has none (domain rule 65)."""
    setting = SecondFactor(current_app.config["SECOND_FACTOR"])
    if setting is SecondFactor.NONE or sessions.has_second_factor():
        return False
    return must_have(setting, actor().grants)


def _ask_to_set_up() -> Any:
    """Lead to setting up a second factor; what a script asks for is answered 401."""
    way = url_for("second_factor.page")
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return jsonify({"signed_out": True, "sign_in": way}), 401
    return redirect(way)


def _guarded(
    view: View,
    kind: str,
    action: Can | None,
    load: Callable[[dict[str, Any]], None],
    *,
    so_far: bool = False,
) -> View:
    @wraps(view)
    def guarded(**kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return signed_out_while_typing() or security._unauthn_handler(["session"], headers={})
        if not so_far and _lacks_factor():
            return _ask_to_set_up()
        load(kwargs)
        return view(**kwargs)

    guarded.guard = (kind, action)  # type: ignore[attr-defined]
    return guarded
