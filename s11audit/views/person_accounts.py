"""The administrator's pages of accounts: all of them, one, and closing or opening it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.people import DeactivateForm, ReactivateForm
from s11audit.queries import people as reads
from s11audit.queries.left_work import work_of
from s11audit.services import erasing, leaving
from s11audit.transactions import writing
from s11audit.views.accounts import page_number, page_url
from s11audit.views.guards import actor, installation, now

bp = Blueprint("person_accounts", __name__, url_prefix="/admin/accounts")


@bp.get("")
@installation(Can.MANAGE_INSTALLATION)
def index() -> str:
    """Every account, open or deactivated."""
    search = request.args.get("q", "").replace("\x00", "").strip()[:200]
    state = request.args.get("state", "")
    closed = {"open": False, "closed": True}.get(state)
    return render_template(
        "installation/accounts.html",
        found=reads.accounts_of_installation(db.session, search, closed=closed, page=page_number()),
        search=search,
        state=state if closed is not None else "",
        page_url=page_url(q=search, state=state),
    )


@bp.get("/<int:user_id>")
@installation(Can.MANAGE_INSTALLATION)
def show(user_id: int) -> str:
    """One account: its roles, what it has in hand, and the way to close or open it."""
    user = reads.account_by_id(db.session, user_id)
    closed = user.deactivated_at is not None
    return render_template(
        "installation/account.html",
        user=user,
        grants=reads.grants_of(db.session, user_id, london_today(now())),
        lost=leaving.roles_lost(db.session, user),
        sent=[] if closed else reads.invitations_sent_by(db.session, user_id),
        work=work_of(db.session, user_id, now()),
        form=ReactivateForm() if closed else DeactivateForm(),
        erased=erasing.is_erased(user),
        is_self=user_id == actor().user_id,
    )


@bp.post("/<int:user_id>/deactivate")
@installation(Can.MANAGE_INSTALLATION)
def deactivate(user_id: int) -> Response:
    """Close an account."""
    form = DeactivateForm()
    name = reads.account_by_id(db.session, user_id).name
    with writing() as session:
        leaving.deactivate(
            session, actor(), user_id, withdraw_sent=form.withdraw_sent.data, now=now()
        )
    flash(f"The account of {name} is deactivated. They were signed out everywhere.", "success")
    return redirect(url_for(".show", user_id=user_id))


@bp.post("/<int:user_id>/reactivate")
@installation(Can.MANAGE_INSTALLATION)
def reactivate(user_id: int) -> Response:
    """Open an account again."""
    form = ReactivateForm()
    name = reads.account_by_id(db.session, user_id).name
    with writing() as session:
        leaving.reactivate(session, actor(), user_id, roles_back=form.roles_back.data, now=now())
    flash(f"The account of {name} is open again.", "success")
    return redirect(url_for(".show", user_id=user_id))
