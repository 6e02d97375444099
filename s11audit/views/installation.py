"""The administrator's pages: boards, administrators, people, the log, the installation's mail."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.log import ChainForm
from s11audit.forms.people import BoardForm, InviteAdministratorForm, PressForm
from s11audit.queries import people as reads
from s11audit.queries.log import entries_of, head_line
from s11audit.services import accounts, boards, grants, log, outbox
from s11audit.transactions import writing
from s11audit.views.accounts import outbox_list, page_number, page_url, show, wanted_people
from s11audit.views.guards import actor, installation, now
from s11audit.views.log import asked_paper

bp = Blueprint("installation", __name__, url_prefix="/admin")


@bp.get("")
@installation(Can.MANAGE_INSTALLATION)
def home() -> str:
    """The boards of the installation, and the ways to the rest."""
    return render_template("installation/home.html", boards=reads.all_boards(db.session))


@bp.route("/boards/add", methods=["GET", "POST"])
@installation(Can.MANAGE_INSTALLATION)
def add_board() -> str | Response:
    """Add a board."""
    form = BoardForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                boards.add_board(
                    session, actor(), form.slug.data or "", form.name.data or "", now=now()
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash(f"{form.name.data} was added. Invite its board office next.", "success")
            return redirect(url_for("accounts.invite", board=form.slug.data))
    return render_template("installation/add_board.html", form=form)


@bp.route("/administrators", methods=["GET", "POST"])
@installation(Can.MANAGE_INSTALLATION)
def administrators() -> str | Response:
    """Who administers the installation; invite another one."""
    form = InviteAdministratorForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                accounts.invite(
                    session, actor(), form.email.data, Role.ADMIN, name=form.name.data, now=now()
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash(f"{form.email.data} was invited.", "success")
            return redirect(url_for(".administrators"))
    return render_template(
        "installation/administrators.html",
        form=form,
        press=PressForm(),
        grants=reads.administrators(db.session, london_today(now())),
        invitations=reads.invitations_of_administrators(db.session),
        now=now(),
    )


@bp.route("/administrators/<int:grant_id>/end", methods=["GET", "POST"])
@installation(Can.MANAGE_INSTALLATION)
def end_administrator(grant_id: int) -> str | Response:
    """End an administrator's role, once it is said what that means; the last one stays."""
    grant = reads.administrator_by_grant(db.session, grant_id, london_today(now()))
    is_own, name = grant.user_id == actor().user_id, grant.user.name
    form = PressForm()
    if form.validate_on_submit():
        with writing() as session:
            grants.end_role(session, actor(), grant_id, now=now())
        flash(
            "You are no longer an administrator."
            if is_own
            else f"{name} is no longer an administrator.",
            "success",
        )
        return redirect(url_for("start.home" if is_own else ".administrators"))
    return render_template(
        "installation/end_administrator.html", grant=grant, is_own=is_own, form=form
    )


@bp.post("/administrators/invitations/<int:invitation_id>/resend")
@installation(Can.MANAGE_INSTALLATION)
def resend(invitation_id: int) -> Response:
    """Send an invitation again, with a new link."""
    with writing() as session:
        accounts.resend(session, actor(), invitation_id, now=now())
    flash("The invitation was sent again. The link sent before no longer works.", "success")
    return redirect(url_for(".administrators"))


@bp.post("/administrators/invitations/<int:invitation_id>/withdraw")
@installation(Can.MANAGE_INSTALLATION)
def withdraw(invitation_id: int) -> Response:
    """Withdraw an invitation."""
    with writing() as session:
        accounts.revoke(session, actor(), invitation_id, now=now())
    flash("The invitation was withdrawn. Its link no longer works.", "success")
    return redirect(url_for(".administrators"))


@bp.get("/people")
@installation(Can.MANAGE_INSTALLATION)
def people() -> str:
    """Every role that is held, on whichever board."""
    wanted = wanted_people()
    return render_template(
        "installation/people.html",
        found=reads.people_of_installation(
            db.session, wanted, london_today(now()), page=page_number()
        ),
        wanted=wanted,
        roles=tuple(Role),
        page_url=page_url(q=wanted.search, role=wanted.role),
    )


@bp.get("/log")
@installation(Can.MANAGE_INSTALLATION)
def log_page() -> str:
    """The log: its entries, a button to check it, and whether what a paper says is in it."""
    return _log_page(None)


@bp.post("/log")
@installation(Can.MANAGE_INSTALLATION)
def check_log() -> str:
    """Check every chain of the log and show what was found. Nothing is changed."""
    return _log_page(log.prove(db.session))


def _log_page(checked: tuple[int, log.Break | None] | None) -> str:
    boards_here = {each.slug: each for each in reads.all_boards(db.session)}
    chain = ChainForm(request.args)
    chain.board.choices = [("", "The installation")] + [
        (each.slug, each.name) for each in boards_here.values()
    ]
    of_board = boards_here.get(chain.board.data or "")
    board_id = of_board.id if of_board else None
    paper, answer = asked_paper(board_id, anywhere=True)
    return render_template(
        "installation/log.html",
        press=PressForm(),
        checked=checked,
        at=now(),
        chain=chain,
        form=paper,
        answer=answer,
        line=head_line(db.session, of_board),
        found=entries_of(db.session, board_id, page=page_number()),
        page_url=page_url(board=chain.board.data),
    )


@bp.get("/outbox", endpoint="outbox")
@installation(Can.SEE_OUTBOX)
def outbox_page() -> str:
    """Messages that belong to no board and were not sent yet."""
    return outbox_list(None, url_for(".home"), page_url())


@bp.post("/outbox/<int:message_id>/again")
@installation(Can.SEE_OUTBOX)
def send_again(message_id: int) -> Response:
    """Have a message tried again at once."""
    with writing() as session:
        outbox.try_again(session, actor(), message_id, board_id=None, now=now())
    flash("The message will be tried again within a minute.", "success")
    return redirect(url_for(".outbox"))
