"""Single sign-on: the way to a provider, the way back, and accepting an invitation by it.

A way begins by a link and not by a form, so that the content policy may go on to let forms be sent
to this service only. What a try holds against what comes back lies in the person's own session.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit import sessions, tries
from s11audit.adapters import sign_on as providers_of
from s11audit.adapters.sign_on import Begun, Discovered, NotBelieved, ProviderDown
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.own_paths import own_path
from s11audit.domain.sign_on import (
    SIGNED_IN_ELSEWHERE_MINUTES,
    Person,
    Provider,
    person_of,
)
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.people import PressForm
from s11audit.forms.sign_on import InvitedForm
from s11audit.models import Invitation, User
from s11audit.services import invitations, sign_on
from s11audit.services.sign_on import Unknown
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import actor, now, public, signed_in
from s11audit.views.signing_in import passed_first_factor

bp = Blueprint("sign_on", __name__)

TRIES, PERSON = "sign_on_tries", "sign_on_person"  # their names in the session
MOST_TRIES = 3  # as many pages as somebody may have open


@dataclass(frozen=True)
class Providers:
    """The providers of the operator's file, by key, and what is known of them."""

    by_key: dict[str, Provider]
    known: Discovered


def register(app: Flask) -> None:
    """Read the operator's file, and give every template the `sign_on_providers`.

    Raises ValueError naming the setting where the file cannot be read.
    """
    found = providers_of.providers_in(app.config["SIGN_ON"])
    app.extensions["sign_on"] = Providers({each.key: each for each in found}, Discovered())
    app.context_processor(lambda: {"sign_on_providers": found})
    if found:
        app.view_functions["security.logout"] = _telling(app.view_functions["security.logout"])


@bp.get("/sign-in/<slug:provider>")
@public
@tries.limited("single sign-on", "GET")
def begin(provider: str) -> str | tuple[str, int] | Response:
    """Lead to the provider."""
    chosen = _provider(provider)
    target = own_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target or "/")
    try:
        address, begun = providers_of.begin(chosen, _known(), _return_to(chosen))
    except (ProviderDown, NotBelieved) as error:
        return _failed(chosen, error)
    begun_here = [{"provider": chosen.key, "next": target, "at": _seconds(), **asdict(begun)}]
    session[TRIES] = (begun_here + _tries())[:MOST_TRIES]
    return redirect(address)


@bp.get("/sign-in/<slug:provider>/return")
@public
@tries.limited("single sign-on", "GET")
def finish(provider: str) -> str | tuple[str, int] | Response:
    """Come back from the provider: sign in, or go on to an invitation, or be told what to do."""
    chosen = _provider(provider)
    if current_user.is_authenticated:
        return redirect("/")
    try:
        tried = _take_try(chosen, request.args.get("state", ""))
        begun = Begun(tried["state"], tried["nonce"], tried["verifier"])
        answer = request.args.to_dict(flat=True)
        claims = providers_of.finish(chosen, _known(), begun, answer, _return_to(chosen))
        person = person_of(chosen, claims)
    except (ProviderDown, NotBelieved, ValueError) as error:
        return _failed(chosen, error)
    with writing() as write:
        found = sign_on.account_of(write, chosen, person, now=now())
        user_id = found.id if isinstance(found, User) else None
    if user_id is not None:
        return _enter(user_id, person, tried["next"])
    if found is Unknown.NO_ACCOUNT and sign_on.waiting(db.session, person, now=now()):
        session[PERSON] = {"provider": chosen.key, "at": _seconds(), **asdict(person)}
        return redirect(url_for(".invited"))
    current_app.logger.warning("single sign-on by %s: %s", chosen.key, found)
    return render_template("sign_on/unknown.html", provider=chosen), 403


@bp.route("/sign-in/invited", methods=["GET", "POST"])
@public
@tries.limited("single sign-on")
def invited() -> str | tuple[str, int] | Response:
    """Accept what was offered to the address that a provider vouches for."""
    try:
        provider, person = _signed_in_elsewhere()
    except NotBelieved:
        flash("Please sign in again.", "error")
        return redirect(url_for("security.login"))
    waiting = sign_on.waiting(db.session, person, now=now())
    if not waiting:
        return render_template("sign_on/unknown.html", provider=provider), 403
    form = InvitedForm(
        name=waiting[0].name or person.name, invitations=[each.id for each in waiting]
    )
    form.invitations.choices = [(each.id, _offer(each)) for each in waiting]
    if form.validate_on_submit():
        chosen = [int(each) for each in form.invitations.data]
        try:
            with writing() as write:
                user_id = sign_on.accept(
                    write, provider, person, form.name.data or "", chosen, now=now()
                ).id
        except (Invalid, NotFound, Refused) as error:
            if isinstance(error, NotFound):
                form.form_errors.append(str(error))
            else:
                show(error, form)
        else:
            flash("Your account is ready and you are signed in.", "success")
            return _enter(user_id, person, None)
    return render_template("sign_on/invited.html", form=form, provider=provider, person=person)


@bp.get("/account/single-sign-on")
@signed_in
def mine() -> str:
    """By which providers the person comes in."""
    return _mine()


@bp.post("/account/single-sign-on/<int:identity_id>/remove")
@signed_in
def remove(identity_id: int) -> str | Response:
    """No longer come in by one of them."""
    try:
        with writing() as write:
            sign_on.forget(write, actor(), identity_id, now=now())
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("The single sign-on was removed.", "success")
    return redirect(url_for(".mine"))


def _telling(logout: Callable[..., Any]) -> Callable[..., Any]:
    """Have the view that signs out tell those who come in by a provider that its session goes
    on: ours is all that we can end."""

    @wraps(logout)
    def telling(**kwargs: Any) -> Any:
        who = current_user.id if current_user.is_authenticated else None
        bound = sign_on.identities(db.session, who)
        answer = logout(**kwargs)
        if bound:
            flash(
                "You are signed out here. If you came in by single sign-on, you are still signed "
                "in at your organisation: on a computer that others use, sign out there too.",
                "success",
            )
        return answer

    return telling


def _mine() -> str:
    names = {key: each.name for key, each in _all().by_key.items()}
    return render_template(
        "sign_on/mine.html",
        identities=sign_on.identities(db.session, actor().user_id),
        names=names,
        form=PressForm(),
    )


def _enter(user_id: int, person: Person, target: str | None) -> Response:
    """Sign the person in. Where the provider has asked for a second factor, ours is not asked."""
    user = db.session.get_one(User, user_id)
    if not person.second_factor:
        return passed_first_factor(user, target)
    sessions.begin(user, second_factor=True)
    return redirect(own_path(target) or "/")


def _provider(key: str) -> Provider:
    found = _all().by_key.get(key)
    if found is None:
        abort(404)
    return found


def _all() -> Providers:
    found: Providers = current_app.extensions["sign_on"]
    return found


def _known() -> Discovered:
    return _all().known


def _return_to(provider: Provider) -> str:
    """Return where the provider leads back to: by the setting, whatever host a request names."""
    return str(current_app.config["BASE_URL"]) + url_for(".finish", provider=provider.key)


def _seconds() -> int:
    return int(now().timestamp())


def _tries() -> list[dict[str, Any]]:
    found = session.get(TRIES)
    oldest = _seconds() - timedelta(minutes=SIGNED_IN_ELSEWHERE_MINUTES).total_seconds()
    return [each for each in found if each["at"] >= oldest] if isinstance(found, list) else []


def _take_try(provider: Provider, state: str) -> dict[str, Any]:
    """Return the try of this browser that the state names, which is used up."""
    kept = _tries()
    found = next((each for each in kept if each["state"] == state), None)
    session[TRIES] = [each for each in kept if each is not found]
    if found is None or found["provider"] != provider.key:
        raise NotBelieved("no such try in this browser")
    return found


def _signed_in_elsewhere() -> tuple[Provider, Person]:
    kept = dict(session.get(PERSON) or {})
    provider = _all().by_key.get(kept.pop("provider", ""))
    oldest = _seconds() - timedelta(minutes=SIGNED_IN_ELSEWHERE_MINUTES).total_seconds()
    if provider is None or kept.pop("at", 0) < oldest or current_user.is_authenticated:
        raise NotBelieved("nobody")
    return provider, Person(**kept)


def _offer(invitation: Invitation) -> str:
    return f"{in_words(invitation.role)}, {invitations.place_name(db.session, invitation)}"


def _failed(provider: Provider, error: Exception) -> tuple[str, int]:
    """Say that it did not work. The log says why, and holds nothing of a person."""
    current_app.logger.warning("single sign-on by %s: %s", provider.key, error)
    down = isinstance(error, ProviderDown)
    page = render_template("sign_on/failed.html", provider=provider, down=down)
    return page, 503 if down else 400
