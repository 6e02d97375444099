"""The second step of signing in, and the own second factor: an app and recovery codes."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from io import BytesIO
from secrets import token_bytes

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit import sessions, tries
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.own_paths import own_path
from s11audit.domain.second_factor import (
    SECRET_BYTES,
    is_app_code,
    key_for_typing,
    setup_address,
)
from s11audit.domain.throttling import Limit
from s11audit.extensions import db
from s11audit.forms.second_factor import CodeForm, RemoveAppForm, RenewCodesForm, SetUpForm
from s11audit.models import User
from s11audit.services import passkeys, second_factor
from s11audit.services.sealing import Sealer
from s11audit.services.sign_in_tries import Taken
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import actor, now, public, signed_in, signed_in_so_far
from s11audit.views.passkeys import sign_in_form
from s11audit.views.proof import app_sealer, ask, must_have_factor, proved, sealer
from s11audit.views.signing_in import FIRST, STEP_SECONDS, typed_first

bp = Blueprint("second_factor", __name__)

SET_UP_SECONDS = 3600
CODES_A_DAY = Limit(50, timedelta(days=1))
NOT_RIGHT = "That code is not right, or was used already. Wait for the next one in your app"


@bp.route("/login/code", methods=["GET", "POST"])
@public
def code() -> str | tuple[str, int] | Response:
    """The second step: a code of the app, a recovery code or a passkey."""
    user = _half_signed_in()
    if user is None:
        session.pop(FIRST, None)
        flash("Please sign in again.", "error")
        return redirect(url_for("security.login"))
    form = CodeForm()
    if form.validate_on_submit():
        user_id, target, typed = user.id, own_path(session[FIRST]["next"]), typed_first()
        taken = _take_try(user_id, form.code.data)
        if taken.wait:
            form.form_errors.append(tries.in_words(taken))
            return _code_page(form, user), 429
        if _take(user_id, form.code.data):
            tries.give_back(taken)
            sessions.begin(db.session.get_one(User, user_id))
            if not is_app_code(form.code.data or ""):
                _tell_codes_left(user_id)
            response = redirect(target or "/")
            return tries.know_browser(response, typed) if typed else response
        form.code.errors = [NOT_RIGHT]
        _tell_if_often(user_id)
    return _code_page(form, user)


def _tell_codes_left(user_id: int) -> None:
    left = second_factor.unused_codes(db.session, user_id)
    codes = "1 recovery code" if left == 1 else f"{left} recovery codes"
    flash(
        f"You have {codes} left. If your phone or passkey is lost, set up another one under “Your "
        "account”, which opens by your name above.",
        "warning",
    )


@bp.get("/account/second-factor")
@signed_in_so_far
def page() -> str:
    """Which second factor the person has, and the ways to change it."""
    who = actor().user_id or 0
    return render_template(
        "accounts/second_factor.html",
        app=passkeys.app_of(db.session, who),
        passkeys=passkeys.passkeys_of(db.session, who),
        codes=second_factor.unused_codes(db.session, who),
        must_have=must_have_factor(),
    )


@bp.route("/account/second-factor/app", methods=["GET", "POST"])
@signed_in_so_far
def set_up() -> str | Response:
    """Set up an authenticator app, by a picture or a key to type."""
    form: SetUpForm = ask(SetUpForm())
    secret = _carried(form.sealed.data) or token_bytes(SECRET_BYTES)
    if form.validate_on_submit() and proved(form):
        try:
            with writing() as write:
                codes = second_factor.set_up_app(
                    write,
                    actor(),
                    secret,
                    form.code.data or "",
                    app_sealer(),
                    here=sessions.here(),
                    now=now(),
                )
        except Invalid as error:
            show(error, form)
        else:
            flash("Your authenticator app is set up.", "success")
            return codes_page(codes) if codes else redirect(url_for(".page"))
    form.sealed.data = _sealer().seal(_owner() + secret)
    address = setup_address(secret, "s11audit", current_user.sign_in_name or current_user.email)
    return render_template(
        "accounts/set_up_app.html",
        form=form,
        picture=_picture(address),
        key=key_for_typing(secret),
        must_have=must_have_factor(),
        has_factor=second_factor.has_factor(db.session, current_user.id),
    )


@bp.route("/account/second-factor/app/remove", methods=["GET", "POST"])
@signed_in
def remove() -> str | Response:
    """Take the app away."""
    if passkeys.app_of(db.session, current_user.id) is None:
        raise NotFound("There is no authenticator app.")
    form: RemoveAppForm = ask(RemoveAppForm())
    if form.validate_on_submit() and proved(form):
        try:
            with writing() as write:
                second_factor.remove_app(write, actor(), must_have=must_have_factor(), now=now())
        except Refused as error:
            show(error, form)
        else:
            flash("The authenticator app was removed.", "success")
            return redirect(url_for(".page"))
    return render_template("accounts/remove_app.html", form=form)


@bp.route("/account/second-factor/codes", methods=["GET", "POST"])
@signed_in
def renew_codes() -> str | Response:
    """Make new recovery codes in the place of the old ones."""
    form: RenewCodesForm = ask(RenewCodesForm())
    if form.validate_on_submit() and proved(form):
        try:
            with writing() as write:
                codes = second_factor.renew_codes(write, actor(), now=now())
        except Refused as error:
            show(error, form)
        else:
            flash("These are your new recovery codes. The old ones no longer work.", "success")
            return codes_page(codes)
    return render_template("accounts/renew_codes.html", form=form)


def codes_page(codes: list[str]) -> str:
    """Return the page that shows recovery codes, this once."""
    return render_template("accounts/recovery_codes.html", codes=codes)


def _half_signed_in() -> User | None:
    """Return who has taken the first step in this browser within the last minutes."""
    found = session.get(FIRST)
    if current_user.is_authenticated or not isinstance(found, dict):
        return None
    if found["at"] < datetime.now(UTC).timestamp() - STEP_SECONDS:
        return None
    user = db.session.get(User, found["user"])
    if user is None or not user.active or user.fs_uniquifier != found["of"]:
        return None
    return user


def _take_try(user_id: int, typed: str | None) -> Taken:
    """Take a try: at six digits, of which somebody who knows the password might guess some in the
    long run, so that a day has an end of its own; or at a recovery code, which nobody guesses and
    which so is a way in past such a one."""
    if is_app_code(typed or ""):
        return tries.take("code", str(user_id), CODES_A_DAY)
    return tries.take("recovery", str(user_id))


def _take(user_id: int, typed: str | None) -> bool:
    moment, given = datetime.now(UTC), typed or ""
    with writing() as write:
        if is_app_code(given):
            return second_factor.take_code(write, user_id, given, app_sealer(), now=moment)
        user = write.get_one(User, user_id)
        return second_factor.take_recovery_code(write, user, given, now=moment)


def _tell_if_often(user_id: int) -> None:
    """Tell the person by e-mail where wrong codes come one after the other: somebody may know
    their password."""
    with writing() as write:
        if tries.fails_often(write, "code", str(user_id)):
            path = url_for("security.forgot_password")
            second_factor.tell_of_wrong_codes(write, user_id, path, now=datetime.now(UTC))


def _code_page(form: CodeForm, user: User) -> str:
    target = session[FIRST]["next"]
    has_passkey = bool(passkeys.passkeys_of(db.session, user.id))
    return render_template(
        "accounts/code.html",
        form=form,
        has_app=second_factor.has_app(db.session, user.id),
        passkey=sign_in_form(target) if has_passkey else None,
    )


def _sealer() -> Sealer:
    return sealer("a new authenticator app")


def _owner() -> bytes:
    return int(current_user.id).to_bytes(8, "big")


def _carried(sealed: str | None) -> bytes | None:
    """Return the secret that a page of this person carried, None where it is not whole or old."""
    opened = _sealer().open(sealed, seconds=SET_UP_SECONDS) if sealed else None
    return opened[8:] if opened and opened[:8] == _owner() else None


def _picture(address: str) -> str:
    """Return a QR code as the address of a picture that the content policy lets be shown."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    drawn = qrcode.make(address, image_factory=SvgPathImage, box_size=10, border=4)
    out = BytesIO()
    drawn.save(out)
    return "data:image/svg+xml;base64," + b64encode(out.getvalue()).decode()
