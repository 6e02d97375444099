"""A visit's worksheet: to print, and a page a standard to fill in, by phone or at a desk."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from s11audit.domain.enums import ItemKind, Participation, Rag
from s11audit.domain.errors import Conflict, Invalid, Refused
from s11audit.domain.policy import Can, can
from s11audit.domain.wording import in_words
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.visits import FindingForm, finding_form, lines_form
from s11audit.models import Return, Visit
from s11audit.queries import visits as read
from s11audit.queries.returns import facts_of
from s11audit.reports.visit_pdf import PaperLine, PaperPart, VisitPaper, visit_pdf
from s11audit.services import visit_findings
from s11audit.services.visit_findings import Written
from s11audit.transactions import writing
from s11audit.views.draws import bp
from s11audit.views.guards import actor, now, return_
from s11audit.views.listing import number_of
from s11audit.views.standard_pages import clock
from s11audit.views.visits import VISIT

STANDARD = f"{VISIT}/standards/<int:number>"


@bp.get(f"{VISIT}/paper")
@return_(Can.SEE_VISIT, sees=Can.SEE_SUBMISSION)
def paper(return_: Return, visit_id: int) -> str:
    """The worksheet to print, with boxes to tick and room to write."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    return render_template(
        "visits/paper.html",
        return_=return_,
        visit=visit,
        sheet=read.sheet_of(db.session, return_, visit),
        names=_names(visit),
        ItemKind=ItemKind,
    )


@bp.get(f"{VISIT}/worksheet.pdf")
@return_(Can.SEE_VISIT, sees=Can.SEE_SUBMISSION)
def pdf(return_: Return, visit_id: int) -> Response:
    """The worksheet as a PDF."""
    visit = read.visit_of(db.session, return_.id, visit_id)
    sheet = read.sheet_of(db.session, return_, visit)
    content = visit_pdf(_on_paper(return_, visit, sheet))
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="visit-{return_.id}-{visit.number}-worksheet.pdf"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get(STANDARD)
@return_(Can.SEE_VISIT, sees=Can.SEE_SUBMISSION)
def standard(return_: Return, visit_id: int, number: int) -> str:
    """The worksheet and the finding of one standard."""
    visit, sheet, part = _part(return_, visit_id, number)
    return _page(return_, visit, sheet, part, _filled(return_, sheet, part))


@bp.post(STANDARD)
@return_(Can.CARRY_OUT_VISIT, sees=Can.SEE_SUBMISSION)
def save(return_: Return, visit_id: int, number: int) -> Any:
    """Keep what was written of one standard, by a button or by the script as it is typed."""
    visit, sheet, part = _part(return_, visit_id, number)
    form = _form(return_, sheet, part)
    by_script = request.accept_mimetypes.best == "application/json"
    status = 200
    if form.validate_on_submit():
        try:
            with writing() as session:
                finding = visit_findings.save(
                    session, actor(), return_.id, visit_id, number, _written(form, part),
                    based_on=number_of(form.based_on.data), now=now(),
                )  # fmt: skip
                version = finding.version
        except Invalid as error:
            show_problems(form, error)
        except Conflict as error:
            if by_script:
                by = part.finding.saved_by.name if part.finding.saved_by else "Somebody else"
                return jsonify(conflict=True, by=by, at=_at(part)), 409
            form.form_errors.append(str(error))
            form.based_on.data = str(error.current)
            status = 409
        except Refused as error:
            if by_script:
                return jsonify(problems=[{"text": str(error).rstrip(".")}]), 409
            raise
        else:
            if by_script:
                return jsonify(
                    saved=True, version=version, base="", at=clock(now()), problems=[],
                    suggestion=None,
                )  # fmt: skip
            flash(f"Standard {number} is saved.", "success")
            return redirect(_after(return_, visit_id, sheet, number, form))
    if by_script:
        told = [str(text) for errors in form.errors.values() for text in errors]
        return jsonify(problems=[{"text": text} for text in told]), 422
    return _page(return_, visit, sheet, part, form), status


@bp.route(f"{STANDARD}/lines", methods=["GET", "POST"])
@return_(Can.CARRY_OUT_VISIT, sees=Can.SEE_SUBMISSION)
def lines(return_: Return, visit_id: int, number: int) -> Any:
    """Reword, remove and add lines of the worksheet for one standard."""
    visit, _sheet, part = _part(return_, visit_id, number)
    texts = {item.id: item.text for item in part.items}
    form = lines_form(texts)
    if form.validate_on_submit():
        try:
            with writing() as session:
                visit_findings.change_lines(
                    session,
                    actor(),
                    return_.id,
                    visit_id,
                    number,
                    {each: form[f"line_{each}"].data or "" for each in texts},
                    {kind: form[f"add_{kind.value}"].data or "" for kind in ItemKind},
                    now=now(),
                )
        except Invalid as error:
            show_problems(form, error)
        else:
            flash("The worksheet is saved.", "success")
            return redirect(_address(return_, visit_id, number))
    return render_template(
        "visits/lines.html", return_=return_, visit=visit, part=part, form=form, ItemKind=ItemKind
    )


def _part(
    return_: Return, visit_id: int, number: int
) -> tuple[Visit, read.Sheet, read.StandardSheet]:
    visit = read.visit_of(db.session, return_.id, visit_id)
    sheet = read.sheet_of(db.session, return_, visit)
    return visit, sheet, sheet.part(number)


def _form(
    return_: Return, sheet: read.Sheet, part: read.StandardSheet, **options: Any
) -> FindingForm:
    full = return_.participation is Participation.FULL
    return finding_form(
        {item.id: item.text for item in part.items},
        [each for each in sheet.tool.ratings if each.rag is not Rag.NA] if full else (),
        **options,
    )


def _filled(return_: Return, sheet: read.Sheet, part: read.StandardSheet) -> FindingForm:
    finding = part.finding
    data: dict[str, Any] = {
        "result": finding.result,
        "seen": finding.seen,
        "spoken_to": finding.spoken_to,
        "proposed_label": finding.proposed_label or "",
        "proposed_reason": finding.proposed_reason,
        "proposed_improvement": finding.proposed_improvement,
        "based_on": str(finding.version),
    }
    for item in part.items:
        data |= {f"done_{item.id}": item.done, f"note_{item.id}": item.note}
    return _form(return_, sheet, part, formdata=None, data=data)


def _written(form: FindingForm, part: read.StandardSheet) -> Written:
    proposes = "proposed_label" in form
    return Written(
        result=form.result.data,
        seen=form.seen.data or "",
        spoken_to=form.spoken_to.data or "",
        proposed_label=form.proposed_label.data or None if proposes else None,
        proposed_reason=form.proposed_reason.data or "" if proposes else "",
        proposed_improvement=form.proposed_improvement.data or "" if proposes else "",
        ticked=frozenset(item.id for item in part.items if form[f"done_{item.id}"].data),
        notes={item.id: form[f"note_{item.id}"].data or "" for item in part.items},
    )


def _page(
    return_: Return,
    visit: Visit,
    sheet: read.Sheet,
    part: read.StandardSheet,
    form: FindingForm,
) -> str:
    before, after = sheet.neighbours(part.standard.number)
    return render_template(
        "visits/standard.html",
        return_=return_,
        visit=visit,
        sheet=sheet,
        part=part,
        form=form,
        before=before,
        after=after,
        account=current_user.id,
        saved_at=_at(part),
        may_write=visit.is_open and can(actor(), Can.CARRY_OUT_VISIT, facts_of(return_)),
        ItemKind=ItemKind,
        conflict=bool(form.form_errors),
    )


def _after(
    return_: Return, visit_id: int, sheet: read.Sheet, number: int, form: FindingForm
) -> str:
    _, following = sheet.neighbours(number)
    if form.save.data:
        return _address(return_, visit_id, number)
    if following is not None:
        return _address(return_, visit_id, following)
    return url_for(".show", return_id=return_.id, visit_id=visit_id)


def _address(return_: Return, visit_id: int, number: int) -> str:
    return url_for(".standard", return_id=return_.id, visit_id=visit_id, number=number)


def _at(part: read.StandardSheet) -> str:
    return clock(part.finding.saved_at) if part.finding.saved_at else ""


def _on_paper(return_: Return, visit: Visit, sheet: read.Sheet) -> VisitPaper:
    return VisitPaper(
        agency=return_.membership.name,
        board=return_.membership.board.name,
        cycle=return_.stage.cycle.name,
        stage=return_.stage.number,
        visit_on=visit.visit_on,
        place=visit.place,
        team=_names(visit),
        parts=[
            PaperPart(
                number=part.standard.number,
                title=part.standard.title,
                self_rating=in_words(Rag(part.self_rag)) if part.self_rag else "",
                lines=[
                    PaperLine(each.kind, each.text, each.done, each.note) for each in part.items
                ],
                result=part.finding.result,
                seen=part.finding.seen,
                spoken_to=part.finding.spoken_to,
                proposed=_proposed(sheet, part),
            )
            for part in sheet.parts
        ],
    )


def _proposed(sheet: read.Sheet, part: read.StandardSheet) -> str:
    found = read.proposal_in(part.finding)
    if found is None:
        return ""
    told = f"{sheet.tool.rating(found.label).title}. {found.reason}"
    return f"{told}\nImprovement: {found.improvement}" if found.improvement else told


def _names(visit: Visit) -> list[str]:
    if visit.alone:
        return [visit.coordinator.name if visit.coordinator else "The coordinator"]
    return read.team_names(db.session, [visit])[visit.id]
