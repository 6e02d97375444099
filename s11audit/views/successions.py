"""An agency merges, splits, is renamed or closes: more routes of the blueprint `agencies`."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Standing, SuccessionKind
from s11audit.domain.errors import Invalid
from s11audit.domain.policy import Can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.successions import ChoiceForm, SuccessionForm, choice_form
from s11audit.models import Board, Membership
from s11audit.queries.agencies import membership_on
from s11audit.queries.passing_on import stages_with_return
from s11audit.services.successions import Heir, Passing, Wanted, merging_too, preview, succeed
from s11audit.transactions import writing
from s11audit.views.agencies import bp
from s11audit.views.guards import actor, board, now

_FIELDS = ("kind", "names", "others", "on-day", "on-month", "on-year", "reason", "standing")


@bp.route("/<int:membership_id>/succession", methods=["GET", "POST"])
@board(Can.MANAGE_AGENCIES)
def succession(board: Board, membership_id: int) -> Any:
    """Say what became of an agency: first what, then a page that says what passes to whom."""
    membership = membership_on(db.session, board.id, membership_id)
    form = SuccessionForm(data={"on": london_today(now())})
    if not form.is_submitted() or form.change.data or not form.validate():
        return _asked(board, membership, form)
    wanted = _wanted(form)
    try:
        others = merging_too(db.session, actor(), membership_id, wanted, form.merging())
        passing, heirs = preview(db.session, actor(), membership_id, wanted, now=now())
        passings = [passing] + [
            preview(db.session, actor(), each.id, wanted, now=now())[0] for each in others
        ]
        choices = choice_form(_things(passing), [heir.name for heir in heirs])
        if not form.confirm.data or not choices.validate():
            return _preview_page(board, membership, form, passings, heirs, choices)
        with writing() as session:
            made = succeed(
                session, actor(), membership_id, _wanted(form, passing, choices), now=now()
            )
            names = [each.name for each in made]
            for each in others:
                succeed(session, actor(), each.id, wanted, now=now())
    except Invalid as error:
        show_problems(form, error)
        return _asked(board, membership, form)
    told = {
        SuccessionKind.MERGED: f"What was under way passed to {names[0] if names else ''}.",
        SuccessionKind.SPLIT: f"What was under way passed to {' and '.join(names)}.",
        SuccessionKind.RENAMED: f"The agency is called {names[0] if names else ''} now.",
        SuccessionKind.CLOSED: "The agency has left the board.",
    }
    flash(told[wanted.kind], "success")
    return redirect(url_for("agencies.show", board=board.slug, membership_id=membership_id))


def _asked(board: Board, membership: Membership, form: SuccessionForm) -> str:
    return render_template(
        "agencies/succession.html", board=board, membership=membership, form=form
    )


def _wanted(
    form: SuccessionForm, passing: Passing | None = None, choices: ChoiceForm | None = None
) -> Wanted:
    def chosen(prefix: str, ids: list[int]) -> dict[int, int]:
        if choices is None:
            return {}
        return {each: int(choices[f"{prefix}-{each}"].data or 0) for each in ids}

    split = passing is not None and form.kind.data is SuccessionKind.SPLIT
    return Wanted(
        kind=form.kind.data,
        on=form.on.data,
        reason=form.reason.data or "",
        names=form.listed(),
        standing=form.standing.data or Standing.WITHDRAWN,
        improvements=chosen("improvement", [each.id for each in passing.improvements])
        if split and passing
        else {},
        returns=chosen("return", [each.id for each in passing.returns])
        if split and passing
        else {},
        people=chosen("person", [each.id for each in passing.grants]) if split and passing else {},
    )


def _things(passing: Passing) -> list[tuple[str, str]]:
    """Return what a split divides: the names of the fields and what they are called."""
    return [
        *(
            (f"return-{each.id}", f"The return for {each.stage.cycle.name}, {each.stage.number}")
            for each in passing.returns
        ),
        *(
            (f"improvement-{each.id}", f"{each.cycle}, standard {each.standard}: {each.text}")
            for each in passing.improvements
        ),
        *(
            (f"person-{each.id}", f"{each.user.name}, {in_words(each.role).lower()}")
            for each in passing.grants
        ),
    ]


def _preview_page(
    board: Board,
    membership: Membership,
    form: SuccessionForm,
    passings: list[Passing],
    heirs: list[Heir],
    choices: ChoiceForm,
) -> str:
    known = [heir.membership.id for heir in heirs if heir.membership is not None]
    stages = [each.stage_id for passing in passings for each in passing.returns]
    found = stages_with_return(
        db.session, [each for each in known if each != membership.id], stages
    )
    # In each stage one return passes to the agency that they all merged into.
    taken = {stage_id for _member, stage_id in found}
    told: list[tuple[Passing, set[int]]] = []
    for passing in passings:
        told.append((passing, set(taken)))
        if len(passings) > 1:
            taken |= {each.stage_id for each in passing.returns}
    return render_template(
        "agencies/succession_preview.html",
        board=board,
        membership=membership,
        new=form,
        passings=told,
        heirs=heirs,
        choices=choices,
        typed=[(name, value) for name, value in request.form.items(multi=True) if name in _FIELDS],
        Kind=SuccessionKind,
    )
