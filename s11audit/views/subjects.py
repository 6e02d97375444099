"""What is held about a person, for oneself and an administrator; erasing an account's details."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask_security import current_user

from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.exchange.subject_files import held_document, zipped
from s11audit.extensions import db
from s11audit.forms.people import PressForm
from s11audit.forms.problems import show_problems
from s11audit.forms.redactions import EraseForm
from s11audit.models import User
from s11audit.queries.people import account_by_id
from s11audit.queries.subjects import subject_of
from s11audit.services import erasing, redactions, subjects
from s11audit.transactions import writing
from s11audit.views.guards import actor, installation, now, signed_in

bp = Blueprint("subjects", __name__)


@bp.get("/account/held")
@signed_in
def own() -> str:
    """What is held about oneself, in kinds, and the way to a copy of it."""
    return render_template("people/held.html", form=PressForm())


@bp.post("/account/held")
@signed_in
def own_copy() -> Response:
    """A copy of all that is held about oneself."""
    return _copy(db.session.get_one(User, current_user.id), "held-about-me")


@bp.post("/admin/accounts/<int:user_id>/held")
@installation(Can.MANAGE_INSTALLATION)
def copy(user_id: int) -> Response:
    """A copy of all that is held on the person of an account, to answer their request."""
    return _copy(account_by_id(db.session, user_id), f"held-on-account-{user_id}")


@bp.route("/admin/accounts/<int:user_id>/erase", methods=["GET", "POST"])
@installation(Can.MANAGE_INSTALLATION)
def erase(user_id: int) -> Any:
    """Erase the personal details of a closed account."""
    user = account_by_id(db.session, user_id)
    form = EraseForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                erasing.erase(
                    session,
                    actor(),
                    user_id,
                    form.typed.data or "",
                    form.reason.data or "",
                    now=now(),
                )
        except Invalid as error:
            show_problems(form, error)
        except Refused as error:
            form.form_errors.append(str(error))
        else:
            redactions.keep_ledger_soon(db.session, current_app.config["REDACTIONS"])
            flash("The personal details were erased.", "success")
            return redirect(url_for("person_accounts.show", user_id=user_id))
    page = render_template(
        "people/erase.html",
        form=form,
        user=user,
        erased=erasing.is_erased(user),
        former=erasing.former_role(db.session, user_id),
    )
    return page, 422 if form.errors else 200


def _copy(user: User, name: str) -> Response:
    document = held_document(db.session, subject_of(db.session, user), now=now())
    with writing() as session:
        subjects.note_export(session, actor(), user, now=now())
    response = Response(zipped(document, now=now()), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response
