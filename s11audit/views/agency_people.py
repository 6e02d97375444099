"""An agency's people: contributors that the lead invites, and the lead's role handed over."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.extensions import db
from s11audit.forms.people import (
    SOMEBODY_ELSE,
    HandOverForm,
    InviteContributorForm,
    NoteForm,
    PressForm,
    SuccessorForm,
)
from s11audit.models import Board, Membership
from s11audit.queries import hand_overs as reads
from s11audit.queries import people as people_reads
from s11audit.queries.responses import colleagues
from s11audit.services import accounts, grants, hand_overs
from s11audit.transactions import writing
from s11audit.views.accounts import invite_again, show, withdraw_invitation
from s11audit.views.guards import actor, board, membership, now

bp = Blueprint("agency_people", __name__)


@bp.get("/agencies/<int:membership_id>/people")
@membership(Can.INVITE_CONTRIBUTOR)
def index(membership: Membership) -> str:
    """Who works for the agency and who is invited to."""
    return render_template(
        "agency_people/index.html",
        membership=membership,
        held=people_reads.grants_at(db.session, membership.id, london_today(now())),
        invitations=reads.invitations_waiting(db.session, membership.id),
        handing=hand_overs.waiting_from(db.session, membership.id, actor().user_id),
        own_id=actor().user_id,
        now=now(),
    )


@bp.route("/agencies/<int:membership_id>/people/invite", methods=["GET", "POST"])
@membership(Can.INVITE_CONTRIBUTOR)
def invite(membership: Membership) -> str | Response:
    """Invite one contributor."""
    form = InviteContributorForm()
    if form.validate_on_submit():
        try:
            with writing() as session:
                accounts.invite(
                    session,
                    actor(),
                    form.email.data,
                    Role.CONTRIBUTOR,
                    membership_id=membership.id,
                    name=form.name.data,
                    shared=form.shared.data,
                    now=now(),
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash(f"{form.email.data} was invited.", "success")
            return redirect(url_for(".index", membership_id=membership.id))
    return render_template(
        "agency_people/invite.html",
        membership=membership,
        form=form,
        mail_is_sent=bool(current_app.config["MAIL_SERVER"]),
    )


@bp.post("/agencies/<int:membership_id>/people/invitations/<int:invitation_id>/resend")
@membership(Can.INVITE_CONTRIBUTOR)
def resend(membership: Membership, invitation_id: int) -> Response:
    """Send a contributor's invitation again, with a new link."""
    people_reads.check_contributor_invited(db.session, membership.id, invitation_id)
    invite_again(invitation_id)
    return redirect(url_for(".index", membership_id=membership.id))


@bp.post("/agencies/<int:membership_id>/people/invitations/<int:invitation_id>/withdraw")
@membership(Can.INVITE_CONTRIBUTOR)
def withdraw(membership: Membership, invitation_id: int) -> Response:
    """Withdraw a contributor's invitation."""
    people_reads.check_contributor_invited(db.session, membership.id, invitation_id)
    withdraw_invitation(invitation_id)
    return redirect(url_for(".index", membership_id=membership.id))


@bp.route("/agencies/<int:membership_id>/people/<int:grant_id>/end", methods=["GET", "POST"])
@membership(Can.INVITE_CONTRIBUTOR)
def end(membership: Membership, grant_id: int) -> str | Response:
    """End a contributor's role, once it is said what that means."""
    grant = people_reads.contributor_at(db.session, membership.id, grant_id)
    form = PressForm()
    if form.validate_on_submit():
        with writing() as session:
            grants.end_role(session, actor(), grant_id, board_id=membership.board_id, now=now())
        flash("The role has ended. What they had in hand is to be shared out again.", "success")
        return redirect(url_for(".index", membership_id=membership.id))
    return render_template("agency_people/end.html", membership=membership, grant=grant, form=form)


@bp.route("/agencies/<int:membership_id>/hand-over/begin", methods=["GET", "POST"])
@membership(Can.HAND_OVER)
def hand_over(membership: Membership) -> str | Response:
    """Hand one's own role over to a successor."""
    form = HandOverForm()
    _set_colleagues(form, membership)
    if form.validate_on_submit():
        try:
            with writing() as session:
                handed = hand_overs.hand_over(
                    session,
                    actor(),
                    membership.id,
                    _successor(form),
                    stays_until=form.stays_until.data,
                    now=now(),
                )
                email = handed.invitation.email
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash(f"{email} is asked to take over. You stay lead at least until then.", "success")
            return redirect(url_for(".index", membership_id=membership.id))
    return render_template("agency_people/hand_over.html", membership=membership, form=form)


@bp.post("/agencies/<int:membership_id>/hand-over/take-back")
@membership(Can.HAND_OVER)
def take_back(membership: Membership) -> Response:
    """Take back what nobody has accepted."""
    with writing() as session:
        hand_overs.take_back(session, actor(), membership.id, now=now())
    flash("You stay lead. The link that was sent no longer works.", "success")
    return redirect(url_for(".index", membership_id=membership.id))


@bp.route("/agencies/<int:membership_id>/hand-over/note", methods=["GET", "POST"])
@membership(Can.HAND_OVER)
def note(membership: Membership) -> str | Response:
    """Leave something to be read by whoever comes after."""
    form = NoteForm(note=reads.note_of(db.session, membership.id, actor().user_id))
    if form.validate_on_submit():
        try:
            with writing() as session:
                hand_overs.save_note(
                    session, actor(), membership.id, form.note.data or "", now=now()
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash("Saved the note.", "success")
            return redirect(url_for(".hand_over_page", membership_id=membership.id))
    return render_template("agency_people/note.html", membership=membership, form=form)


@bp.get("/agencies/<int:membership_id>/hand-over")
@membership(Can.HAND_OVER)
def hand_over_page(membership: Membership) -> str:
    """Where things stand, what was said last time and what is due, for who comes in."""
    return render_template(
        "agency_people/hand_over_page.html",
        membership=membership,
        page=reads.hand_over_page(db.session, membership, now()),
        own_id=actor().user_id,
    )


@bp.route("/boards/<slug:board>/people/<int:grant_id>/replace", methods=["GET", "POST"])
@board(Can.MANAGE_PEOPLE)
def replace(board: Board, grant_id: int) -> str | Response:
    """The office replaces a lead who has left."""
    grant = people_reads.lead_on_board(db.session, board.id, grant_id)
    assert grant.membership is not None  # a lead's
    member, name = grant.membership, grant.user.name
    form = SuccessorForm()
    _set_colleagues(form, member)
    if form.validate_on_submit():
        try:
            with writing() as session:
                hand_overs.replace_lead(
                    session, actor(), board.id, grant_id, _successor(form), now=now()
                )
        except (Invalid, Refused) as error:
            show(error, form)
        else:
            flash(
                f"{name} is no longer lead of {member.name}. The successor is invited.", "success"
            )
            return redirect(url_for("accounts.invitations", board=board.slug))
    return render_template(
        "agency_people/replace.html", board=board, membership=member, name=name, form=form
    )


def _set_colleagues(form: SuccessorForm, member: Membership) -> None:
    form.set_colleagues(
        [
            (each.user.id, each.user.name)
            for each in colleagues(db.session, member.id, london_today(now()))
            if Role.LEAD not in each.roles
        ]
    )


def _successor(form: SuccessorForm) -> hand_overs.Successor:
    if form.colleague.data != SOMEBODY_ELSE:
        return hand_overs.Successor(colleague_id=form.colleague.data)
    return hand_overs.Successor(
        name=form.name.data or "", email=form.email.data or "", shared=form.shared.data
    )
