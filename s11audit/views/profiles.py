"""One's own name and sign-in name."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit.domain.errors import Invalid, Refused
from s11audit.extensions import db
from s11audit.forms.people import NameForm
from s11audit.services import mailboxes
from s11audit.transactions import writing
from s11audit.views.accounts import show
from s11audit.views.guards import actor, now, signed_in

bp = Blueprint("profiles", __name__)


@bp.route("/account/name", methods=["GET", "POST"])
@signed_in
def name() -> str | Response:
    """Change the name that others see, and the sign-in name."""
    form = NameForm(name=current_user.name, sign_in_name=current_user.sign_in_name)
    if form.validate_on_submit():
        try:
            with writing() as session:
                mailboxes.change_name(
                    session, actor(), form.name.data, form.sign_in_name.data or "", now=now()
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash("Saved your name.", "success")
            return redirect(url_for("own_account.page"))
    shared = len(mailboxes.accounts_of(db.session, current_user.email, active=False)) > 1
    return render_template("accounts/name.html", form=form, shared=shared)
