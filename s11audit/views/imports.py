"""The three imports as pages: choose a file, see what it would do, then have it done.

Between the two steps the file travels in the page, signed and bound to the person, the board and
the import, so that nothing has to be kept or cleaned up on the server. What is applied is worked
out again under the write lock and has to be what was shown; else the new plan is shown first.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words
from s11audit.domain.errors import ImportRefused, Invalid, NotFound, Refused
from s11audit.domain.policy import Can
from s11audit.exchange import agencies, compliance_table, returns
from s11audit.exchange.plan import Plan
from s11audit.extensions import db
from s11audit.forms.imports import AgenciesFileForm, ReturnsFileForm, TableFileForm
from s11audit.forms.problems import show_problems
from s11audit.models import Board
from s11audit.queries.names import stages_to_import
from s11audit.transactions import writing
from s11audit.views.guards import actor, board, now

bp = Blueprint("imports", __name__, url_prefix="/boards/<slug:board>/imports")

MOST_BYTES = 2_000_000
LONGEST_TOKEN = 1_900_000
HOURS = 4
OF_A_KIND = "/<any('agencies', 'returns', 'compliance-table'):kind>"


@dataclass(frozen=True)
class Chosen:
    """What is to be imported: the file, and where it goes."""

    file: str
    text: str
    cycle: str = ""
    stage: int = 1

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.text.encode()


class Changed(Exception):
    """The plan is not the one that was shown; `plan` is the new one."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("The plan has changed.")
        self.plan = plan


@bp.get("")
@board(Can.IMPORT)
def index(board: Board) -> str:
    """The three imports."""
    return render_template("imports/index.html", board=board)


@bp.route(OF_A_KIND, methods=["GET", "POST"])
@board(Can.IMPORT)
def upload(board: Board, kind: str) -> Any:
    """Choose a file; answer with every fault of it, or with what it would add and change."""
    form = _form(board, kind)
    faults: list[Any] = []
    if form.validate_on_submit():
        try:
            chosen = _chosen(board, form)
            plan = _plan(db.session, board, kind, chosen)
            return _shown(board, kind, chosen, plan)
        except ImportRefused as refused:
            faults = refused.faults
            form["file"].errors = [f"{refused.file} was refused. Nothing was imported"]
        except Invalid as error:
            show_problems(form, error)
        except (Refused, NotFound) as error:
            form.form_errors.append(str(error))
    page = render_template("imports/upload.html", board=board, kind=kind, form=form, faults=faults)
    return page, 422 if form.errors else 200


@bp.post(OF_A_KIND + "/apply")
@board(Can.IMPORT)
def apply(board: Board, kind: str) -> Any:
    """Do what was shown."""
    try:
        sent = _serializer(board, kind).loads(request.form.get("token", ""), max_age=HOURS * 3600)
    except BadSignature:
        flash("The page was open for too long. Choose the file again. Nothing was imported.")
        return redirect(url_for("imports.upload", board=board.slug, kind=kind))
    chosen = Chosen(**sent["chosen"])
    try:
        with writing() as session:
            plan = _plan(session, board, kind, chosen)
            if plan.digest != sent["digest"]:
                raise Changed(plan)
            _apply(session, board, kind, chosen)
    except Changed as changed:
        return _shown(board, kind, chosen, changed.plan, again=True), 409
    except (ImportRefused, Invalid, Refused, NotFound) as error:
        form = _form(board, kind)
        form.form_errors = [
            "The board has changed since you checked the file, so it was refused and nothing was "
            "imported. Choose the file again"
        ]
        faults = error.faults if isinstance(error, ImportRefused) else [(None, None, str(error))]
        page = render_template(
            "imports/upload.html", board=board, kind=kind, form=form, faults=faults
        )
        return page, 409
    flash(f"Imported: {plan.outcome()}.", "success")
    return redirect(url_for("imports.index", board=board.slug))


def _form(board: Board, kind: str) -> FlaskForm:
    if kind == "agencies":
        return AgenciesFileForm()
    if kind == "compliance-table":
        return TableFileForm()
    form = ReturnsFileForm()
    form.stage.choices = [("", "Choose the stage")] + [
        (stage.id, f"{stage.cycle.name}, stage {stage.number}, due {in_words(stage.due_on)}")
        for stage in stages_to_import(db.session, board.id)
    ]
    return form


def _chosen(board: Board, form: FlaskForm) -> Chosen:
    """Read the upload. Raises ImportRefused for what is no text in UTF-8, Invalid for too much."""
    upload = form["file"].data
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        message = "The file must be 2 MB or smaller. A larger one is imported at the command line"
        raise Invalid(f"{message}.", {"file": message})
    name = " ".join((upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1].split())[:100]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        agencies.parse(data, name or "The file")  # says where
        raise
    chosen = Chosen(name or "The file", text)
    if isinstance(form, TableFileForm):
        return Chosen(chosen.file, text, cycle=form.cycle.data or "")
    if isinstance(form, ReturnsFileForm):
        stages = stages_to_import(db.session, board.id)
        stage = next(each for each in stages if each.id == form.stage.data)
        return Chosen(chosen.file, text, cycle=stage.cycle.name, stage=stage.number)
    return chosen


def _plan(session: Session, board: Board, kind: str, chosen: Chosen) -> Plan:
    if kind == "agencies":
        return agencies.plan(session, actor(), board.id, chosen.data, chosen.file).plan
    if kind == "returns":
        return returns.plan(
            session, actor(), board.id, chosen.cycle, chosen.stage, chosen.data, chosen.file,
            now=now(),
        ).plan  # fmt: skip
    return compliance_table.plan(
        session, actor(), board.id, chosen.cycle, chosen.data, chosen.file
    ).plan


def _apply(session: Session, board: Board, kind: str, chosen: Chosen) -> None:
    if kind == "agencies":
        agencies.apply(session, actor(), board.id, chosen.data, chosen.file, now=now())
    elif kind == "returns":
        returns.apply(
            session, actor(), board.id, chosen.cycle, chosen.stage, chosen.data, chosen.file,
            now=now(),
        )  # fmt: skip
    else:
        compliance_table.apply(
            session, actor(), board.id, chosen.cycle, chosen.data, chosen.file, now=now()
        )


def _shown(board: Board, kind: str, chosen: Chosen, plan: Plan, *, again: bool = False) -> str:
    token = _serializer(board, kind).dumps({"chosen": vars(chosen), "digest": plan.digest})
    if len(token) > LONGEST_TOKEN:
        message = "The file is too large for this page. Import it at the command line, or in parts"
        raise Invalid(f"{message}.", {"file": message})
    return render_template(
        "imports/plan.html", board=board, kind=kind, chosen=chosen, plan=plan, import_token=token,
        again=again,
    )  # fmt: skip


def _serializer(board: Board, kind: str) -> URLSafeTimedSerializer:
    salt = f"import:{board.id}:{kind}:{actor().user_id}"
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=salt)
