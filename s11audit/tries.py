"""Tries to sign in, counted for the account and for the address that they come from (domain rule
64). The counting is `services.sign_in_tries`'s; here stands what a request counts as."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from hashlib import sha256
from secrets import token_urlsafe

from flask import after_this_request, current_app, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from s11audit.domain.throttling import Limit, network_of, read_limits, wait_in_words
from s11audit.services import sign_in_tries
from s11audit.services.sign_in_tries import Taken
from s11audit.transactions import writing

COOKIE = "s11audit_known"
KNOWN_DAYS = 180
MOST_KNOWN = 5  # accounts that one browser is known to
FEW, ONCE = Limit(2, timedelta(hours=1)), Limit(1, timedelta(hours=1))
FREE = Taken(sign_in_tries.NO_WAIT)


def take(what: str, who: str, *also: Limit, stranger: bool = False) -> Taken:
    """Take a try at `what` ("code", "confirm") of `who`, within the setting's limits and `also`
    these. Its `wait` says whether it may be made.

    A `stranger`, who has shown nothing yet, is counted by this request's address too. Others are
    not: or whoever fails on purpose would lock out all who share the address with them."""
    if not current_app.config["COUNTS_TRIES"]:
        return FREE
    limits = {_key(what, who): (*read_limits(current_app.config["ACCOUNT_LIMIT"]), *also)}
    if stranger:
        limits |= _by_network("address")
    return _take(limits)


def take_by_network(what: str) -> Taken:
    """Take a try at what needs no guessing and is nobody's in particular ("passkey"): counted by
    the address alone, and apart from other tries."""
    return _take(_by_network(what)) if current_app.config["COUNTS_TRIES"] else FREE


def limited(
    what: str, method: str = "POST"
) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """Count requests by `method` of a view that strangers reach, as tries at `what`, by the
    address that they come from. One that leads on has succeeded, and uses up nobody's tries, since
    many may share an address. Raises TooManyRequests beyond the limit."""

    def decorate(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def counted(**kwargs: str) -> ResponseReturnValue:
            if ("GET" if request.method == "HEAD" else request.method) != method:
                return view(**kwargs)
            taken = take_by_network(what)
            if taken.wait:
                raise TooManyRequests(in_words(taken))
            answer = view(**kwargs)
            # After what the view itself does then: a library's view commits there.
            after_this_request(partial(_given_back, taken))
            return answer

        return counted

    return decorate


def _given_back(taken: Taken, response: Response) -> Response:
    if response.status_code == 302:
        give_back(taken)
    return response


def _by_network(what: str) -> dict[str, tuple[Limit, ...]]:
    key = _key(what, network_of(request.remote_addr or ""))
    return {key: read_limits(current_app.config["LOGIN_LIMIT"])}


def _take(limits: Mapping[str, Sequence[Limit]]) -> Taken:
    with writing() as session:
        return sign_in_tries.take(session, limits, now=datetime.now(UTC))


def take_at_sign_in(typed: str) -> Taken:
    """Take a try to sign in as `typed`. A browser in which that account has signed in before is
    counted by itself, so that strangers who try cannot lock its person out of it. `typed` is in
    its normal form, or each spelling would have tries of its own."""
    known = _known().get(_name(typed))
    return take("browser", f"{known}:{typed}") if known else take("account", typed, stranger=True)


def give_back(taken: Taken) -> None:
    """Count a try no longer, since it succeeded."""
    if taken.ids:
        with writing() as session:
            sign_in_tries.give_back(session, taken)


def fails_often(session: Session, what: str, who: str) -> bool:
    """Note that `what` has failed for somebody, and return whether they are to be told: at the
    third time within an hour, and once an hour."""
    if not current_app.config["COUNTS_TRIES"]:
        return False
    now = datetime.now(UTC)
    for key, limit in ((_key(f"{what}: failed", who), FEW), (_key(f"{what}: told", who), ONCE)):
        waits = sign_in_tries.take(session, {key: (limit,)}, now=now).wait > sign_in_tries.NO_WAIT
        if waits is (limit is ONCE):
            return False
    return True


def forgiven_keys(*typed: str) -> list[str]:
    """Return under which keys the failures at these accounts are counted, for `forgive`."""
    return [_key("account", each) for each in typed]


def in_words(taken: Taken) -> str:
    """Return what somebody who has to wait is told."""
    return (
        f"There were too many tries that failed. Wait {wait_in_words(taken.wait)}, then try again"
    )


def know_browser(response: Response, typed: str) -> Response:
    """Have this browser known from now on as one in which `typed` has signed in."""
    known = {_name(typed): token_urlsafe(9)}
    known |= {name: mark for name, mark in _known().items() if name not in known}
    kept = dict(list(known.items())[:MOST_KNOWN])
    response.set_cookie(
        COOKIE,
        _serializer().dumps(kept),
        max_age=KNOWN_DAYS * 86400,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SECURE_COOKIES"],
        path="/login",
    )
    return response


def _known() -> dict[str, str]:
    text = request.cookies.get(COOKIE, "")
    try:
        found = _serializer().loads(text, max_age=KNOWN_DAYS * 86400)
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known-browser")


def _name(typed: str) -> str:
    return _key("name", typed)[:16]


def _key(what: str, who: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"{what}:{who}".encode(), sha256).hexdigest()
