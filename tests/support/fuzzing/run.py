"""Sends the cases to the service over a filled board, and keeps what failed."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import hypothesis
from flask import Flask, got_request_exception
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase
from sqlalchemy import create_engine, select
from werkzeug.test import TestResponse

from s11audit import create_app, paths
from s11audit.extensions import db
from s11audit.models import Membership
from s11audit.services import log
from s11audit.transactions import writing
from tests.support import filled_board
from tests.support.databases import close_engines, settings_for
from tests.support.filled_board import FilledBoard
from tests.support.fuzzing import foreign
from tests.support.fuzzing.cases import Case, Material, Upload, cases
from tests.support.fuzzing.forms import ROLES, Forms, client_of, is_page, walk
from tests.support.fuzzing.headers import Answers
from tests.support.fuzzing.hostile import store_hostile
from tests.support.fuzzing.network import reaching

EACH = 40  # cases, after which the log is proved and the board put back as it was
FORM = "application/x-www-form-urlencoded"


@dataclass
class Outcome:
    """What came of it: how many cases were sent, how each was answered, how many kinds of forms
    there are, which failed and how, and the breaks of the log's chains."""

    forms: int
    sent: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    entries: int = 0
    seconds: float = 0.0


class Fuzzed:
    """A service over the SQLite database in `file`, which has the schema and nothing in it: it is
    filled, and put back as it was filled now and then. `folder` takes everything else."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file, self._kept = file, folder / "kept.db"
        self.app = create_app(settings_for(f"sqlite:///{file}", folder) | {"MAX_UPLOAD_MB": 1})
        self.app.config["PROPAGATE_EXCEPTIONS"] = False  # a failure has its page, as when served
        with self.app.app_context(), writing() as session:
            self.made = filled_board.build(session, self.app.config["EVIDENCE_URL"])
            self.foreign = foreign.build(session, self.made)
        self.material = _material(self.app, self.made)
        self.answers = Answers(self.app)
        self._raised: list[str] = []
        got_request_exception.connect(self._keep, self.app)
        self._let_go()
        shutil.copy(self._file, self._kept)
        with self.app.app_context():
            self.columns = store_hostile(db.engine)
        with reaching() as self.reached:
            self.walked = walk(self.app, self.made)
        self.put_back()
        self.outcome = Outcome(len(self.walked.forms))

    def run(self, count: int, seed: int) -> Outcome:
        """Send so many cases, the same ones for the same seed."""
        began = time.monotonic()

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(cases(self.walked.forms, self.material))
        def send(case: Case) -> None:
            self._send(case)

        with reaching() as reached:
            send()
        self.reached += reached
        self._prove()
        self.outcome.seconds += time.monotonic() - began
        return self.outcome

    def close(self) -> None:
        """Let go of the database."""
        close_engines(self.app)

    def _send(self, case: Case) -> None:
        client = self.clients[case.form.role]
        status = self._answer(client, case)
        outcome = self.outcome
        outcome.sent += 1
        outcome.answers[status] = outcome.answers.get(status, 0) + 1
        if status >= 500:
            outcome.failures.append(f"{status} {case} {self._raised[-1:]}")
        if outcome.sent % EACH == 0:
            self._prove()
            self.put_back()

    def _answer(self, client: FlaskClient, case: Case) -> int:
        answer = _sent(client, case)
        if not is_page(answer):
            return answer.status_code
        # What was uploaded and is shown first is applied as well.
        for form in Forms(answer.text, case.form.role, case.form.action).found:
            if form.action.endswith("/apply"):
                applied = client.post(form.action, data=form.values)
                return max(answer.status_code, applied.status_code)
        return answer.status_code

    def _prove(self) -> None:
        with self.app.app_context():
            entries, broken = log.verify(db.session)
        self.outcome.entries += entries
        if broken:
            self.outcome.breaks.append(str(broken))

    def put_back(self) -> None:
        """Have the board as it was filled, and everybody signed in."""
        self._let_go()
        for end in ("-wal", "-shm"):
            Path(f"{self._file}{end}").unlink(missing_ok=True)
        shutil.copy(self._kept, self._file)
        self.clients = self._signed_in()

    def _signed_in(self) -> dict[str, FlaskClient]:
        return {role: client_of(self.app, self.made, role) for role in ROLES}

    def _let_go(self) -> None:
        close_engines(self.app)
        engine = create_engine(f"sqlite:///{self._file}")
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()

    def _keep(self, _app: Flask, exception: Exception, **_: object) -> None:
        self._raised.append(repr(exception)[:400])


def _sent(client: FlaskClient, case: Case) -> TestResponse:
    headers = {"Accept": "application/json"} if case.by_script else {}
    if case.form.method == "get":
        text = urlencode([pair for pair in case.values if not isinstance(pair[1], Upload)])
        return client.get(case.form.action, query_string=text, headers=headers)
    if not case.form.files:
        text = urlencode(list(case.values))  # type: ignore[arg-type]  # no uploads among them
        return client.post(case.form.action, data=text, content_type=FORM, headers=headers)
    data: dict[str, list[object]] = {}
    for name, value in case.values:
        given: object = value
        if isinstance(value, Upload):
            given = (BytesIO(value.data), value.name)
        elif isinstance(value, bytes):
            given = value.decode("utf-8", errors="replace")
        elif isinstance(value, str):
            given = value.encode("utf-8", errors="replace").decode()
        data.setdefault(name.encode("utf-8", errors="replace").decode(), []).append(given)
    return client.post(
        case.form.action, data=data, content_type="multipart/form-data", headers=headers
    )


def _material(app: Flask, made: FilledBoard) -> Material:
    client = client_of(app, made, "lead")
    book = client.get(f"/returns/{made.return_ids['in_progress']}/workbook/download")
    with app.app_context():
        names = list(db.session.scalars(select(Membership.name).order_by(Membership.id)))
    text = (paths.PACKAGE / "tools" / "working-together-2023.yaml").read_text(encoding="utf-8")
    table = paths.PACKAGE / "demonstration" / "leicestershire-rutland-2011.csv"
    ids = [str(each) for each in made.return_ids.values()]
    return Material(names, book.data, text, table.read_bytes(), ids)
