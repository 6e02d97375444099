"""Filling in a return offline: the workbook goes out, comes back, is shown and then applied.

Between the last two steps what was read travels in the page, signed and bound to the person and
the return, as an import does.
"""

from datetime import date
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from itsdangerous import BadSignature, URLSafeTimedSerializer

from s11audit.adapters import uploads
from s11audit.domain.errors import Conflict, ImportRefused, Invalid, Refused
from s11audit.domain.policy import Can
from s11audit.exchange import offline
from s11audit.exchange.workbooks import Filled
from s11audit.extensions import db
from s11audit.forms.problems import show_problems
from s11audit.forms.workbooks import ApplyForm, WorkbookForm
from s11audit.models import Return
from s11audit.services.responses import why_not_editable
from s11audit.transactions import writing
from s11audit.views.guards import actor, now, return_
from s11audit.views.pointing_out import point_out

bp = Blueprint("workbooks", __name__, url_prefix="/returns/<int:return_id>/workbook")

MOST_BYTES = 5 * 1024 * 1024
LONGEST_TOKEN = 1_900_000
HOURS = 4


@bp.get("/download")
@return_(Can.SEE_DRAFT)
def download(return_: Return) -> Response:
    """The return as a workbook."""
    data = offline.write_workbook(db.session, actor(), return_.id)
    name = uploads.safe_name(f"Section 11 return {return_.membership.name} {_today()}.xlsx")
    return send_file(
        BytesIO(data), uploads.TYPES["xlsx"], as_attachment=True, download_name=name, max_age=0
    )


@bp.route("", methods=["GET", "POST"])
@return_(Can.FILL_IN)
def upload(return_: Return) -> Any:
    """Download the workbook, or send it back and see what it would change."""
    form = WorkbookForm()
    faults: list[Any] = []
    blocked = why_not_editable(return_, now())
    if not blocked and form.validate_on_submit():
        name = uploads.safe_name(form.file.data.filename or "The file")
        try:
            stream = form.file.data.stream
            uploads.check(stream, name, allowed={"xlsx"}, most_bytes=MOST_BYTES)
            filled = offline.read_workbook(db.session, actor(), return_.id, stream.read(), name)
            return _shown(return_, filled)
        except ImportRefused as refused:
            faults = refused.faults
            form.file.errors = [f"{refused.file} was refused. Nothing was changed"]
        except Invalid as error:
            show_problems(form, error)
    page = render_template(
        "workbooks/upload.html", return_=return_, form=form, faults=faults, blocked=blocked
    )
    return page, 422 if form.errors else 200


@bp.post("/apply")
@return_(Can.FILL_IN)
def apply(return_: Return) -> Any:
    """Save what was shown and chosen."""
    try:
        sent = _serializer(return_).loads(request.form.get("token", ""), max_age=HOURS * 3600)
    except BadSignature:
        flash("The page was open for too long. Choose the workbook again. Nothing was changed.")
        return redirect(url_for("workbooks.upload", return_id=return_.id))
    filled = _filled(sent)
    found = offline.differences(db.session, return_, filled)
    form = _apply_form(found)
    if offline.digest(found) != sent["shown"]:
        return _shown(return_, filled, again=offline.CHANGED), 409
    if not form.validate():
        return _shown(return_, filled, form), 422
    try:
        with writing() as session:
            count = offline.apply(
                session, actor(), return_.id, filled, form.standards.data,
                shown=sent["shown"], now=now(),
            )  # fmt: skip
    except (Conflict, Refused) as error:
        flash(f"{error} Nothing was changed.")
        return redirect(url_for("workbooks.upload", return_id=return_.id))
    except Invalid as error:
        return _shown(return_, filled, again=str(error)), 409
    _point_out(return_, [each for each in found if each.number in form.standards.data])
    flash(
        f"Saved {count} {'standard' if count == 1 else 'standards'} from the workbook.", "success"
    )
    return redirect(url_for("responses.tasks", return_id=return_.id))


def _shown(
    return_: Return, filled: Filled, form: ApplyForm | None = None, *, again: str = ""
) -> Any:
    found = offline.differences(db.session, return_, filled)
    form = form or _apply_form(found, fresh=True)
    sealed = {
        "texts": {str(number): texts for number, texts in filled.texts.items()},
        "versions": {str(number): each for number, each in filled.versions.items()},
        "shown": offline.digest(found),
    }
    form.token.data = _serializer(return_).dumps(sealed)
    if len(form.token.data) > LONGEST_TOKEN:
        message = "The workbook holds too much for this page. Fill in some of it on the service"
        raise Invalid(f"{message}.", {"file": message})
    return render_template(
        "workbooks/differences.html", return_=return_, found=found, form=form, again=again,
        left_out=offline.left_out(db.session, return_, filled),
    )  # fmt: skip


def _point_out(return_: Return, saved: list[offline.Differences]) -> None:
    """Point out what came with the workbook and might identify a child."""
    for each in saved:
        address = url_for("responses.standard", return_id=return_.id, number=each.number)
        for change in each.changes:
            point_out(f"Standard {each.number}: {change.asks}", change.wanted, address)


def _apply_form(found: list[offline.Differences], *, fresh: bool = False) -> ApplyForm:
    """Return the form; at first every standard is ticked that nobody saved in the meantime."""
    form = ApplyForm(formdata=None) if fresh else ApplyForm()
    form.standards.choices = [(each.number, f"{each.number}. {each.title}") for each in found]
    if fresh:
        form.standards.data = [each.number for each in found if not each.saved_since]
    return form


def _filled(sent: dict[str, Any]) -> Filled:
    return Filled(
        {int(number): texts for number, texts in sent["texts"].items()},
        {int(number): version for number, version in sent["versions"].items()},
    )


def _serializer(return_: Return) -> URLSafeTimedSerializer:
    salt = f"workbook:{return_.id}:{actor().user_id}"
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=salt)


def _today() -> date:
    return now().date()
