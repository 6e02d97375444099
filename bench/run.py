"""The measurements: the floor, then the service at each size."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from bench import floor, load
from bench.documents import bare_table
from bench.figures import Figures, answered, timed
from bench.http_client import Browser
from bench.load_clients import Task, saves_under_load, task_of
from bench.queries import bare, statements_of
from bench.server import memory_of_all, served
from s11audit import create_app
from s11audit.domain.policy import OPERATOR
from s11audit.extensions import db
from s11audit.reports.build import build_compliance
from s11audit.reports.render import render
from s11audit.services.database import upgrade
from s11audit.transactions import prepare, writing

RUNS = 200
FEW = 15


@dataclass
class Floor:
    """What the machine can do at the least."""

    figures: list[Figures] = field(default_factory=list)
    saves_a_second: float = 0.0
    under_load: Figures | None = None


@dataclass
class Size:
    """What was measured at one number of agencies."""

    agencies: int
    figures: list[Figures] = field(default_factory=list)
    saves_a_second: float = 0.0
    under_load: Figures | None = None
    memory: list[float] = field(default_factory=list)
    migrated_in: float = 0.0


def measure_floor(folder: Path) -> Floor:
    """Measure an empty page, a bare insert and commit, and the bare save alone and under load."""
    url = f"sqlite:///{folder / 'floor.db'}"
    floor.fill(url, 100)
    found = Floor()
    with served("bench.floor:make_app()", {"FLOOR_URL": url}, preload=True) as (port, _master):
        browser = Browser(port)
        values = [("statement", load.STATEMENT)]
        found.figures.append(answered("empty Flask page", lambda: browser.get("/"), RUNS))
        found.figures.append(
            answered("bare Flask save", lambda: browser.post("/save/1", values), RUNS)
        )
        tasks = [
            Task(port, f"/save/{number}", tuple(values), (), False)
            for number in range(1, load.CLIENTS + 1)
        ]
        found.saves_a_second, found.under_load = saves_under_load("8 clients, bare save", tasks)
    found.figures.append(_bare_insert(folder))
    return found


def _bare_insert(folder: Path) -> Figures:
    engine = create_engine(f"sqlite:///{folder / 'bare.db'}")
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare (id INTEGER PRIMARY KEY, said TEXT)"))

    def insert() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO bare (said) VALUES (:said)"), {"said": "x" * 1000})

    return timed("bare insert and commit", insert, RUNS)


def measure(folder: Path, agencies: int) -> Size:
    """Measure saving, the pages and the documents on a board of so many agencies."""
    found, loaded, environment = _prepare(folder, agencies)
    with served("s11audit:create_app()", environment, preload=True) as (port, master):
        lead, office = Browser(port), Browser(port)
        lead.sign_in(loaded.leads[0][0], load.PASSWORD)
        office.sign_in(loaded.office, load.PASSWORD)
        found.figures.append(answered("save a response", _saving(lead, _standard(loaded)), RUNS))
        found.saves_a_second, found.under_load = _under_load(port, loaded)
        for what, who, path, runs in _pages(loaded):
            if path.endswith(".pdf"):
                found.memory = memory_of_all(master)
            browser = lead if who == loaded.leads[0][0] else office
            found.figures.append(answered(what, _getting(browser, path), runs))
    found.figures += _inside(environment, loaded)
    shutil.rmtree(environment["S11AUDIT_DATA"])
    return found


def _standard(loaded: load.Loaded) -> str:
    return f"/returns/{loaded.leads[0][1]}/standards/1"


def _pages(loaded: load.Loaded) -> tuple[tuple[str, str, str, int], ...]:
    """Return what is opened, by whom, at which path, how often."""
    board = f"/boards/{loaded.board}"
    compliance = f"{board}/cycles/{loaded.rated_cycle}/stages/1/compliance"
    return (
        ("open a standard", loaded.leads[0][0], _standard(loaded), RUNS),
        ("list of returns", loaded.office, f"{board}/returns", RUNS),
        ("compliance page", loaded.office, compliance, FEW * 2),
        ("PDF of the compliance report", loaded.office, f"{compliance}.pdf", FEW),
    )


def measure_saving(folder: Path, agencies: int) -> Size:
    """Measure saving alone, on a board of so many agencies."""
    found, loaded, environment = _prepare(folder, agencies)
    with served("s11audit:create_app()", environment, preload=True) as (port, _master):
        lead = Browser(port)
        lead.sign_in(loaded.leads[0][0], load.PASSWORD)
        found.figures.append(answered("save a response", _saving(lead, _standard(loaded)), RUNS))
        found.saves_a_second, found.under_load = _under_load(port, loaded)
    shutil.rmtree(environment["S11AUDIT_DATA"])
    return found


def _prepare(folder: Path, agencies: int) -> tuple[Size, load.Loaded, dict[str, str]]:
    data = folder / f"data{agencies}"
    environment = {
        "S11AUDIT_DATA": str(data), "S11AUDIT_LOGIN_LIMIT": "1000 per minute",
        "S11AUDIT_SECOND_FACTOR": "none", "S11AUDIT_DEMONSTRATION": "yes",
    }  # fmt: skip
    os.environ.update(environment)
    app = create_app()
    found = Size(agencies)
    with app.app_context():
        started = time.perf_counter()
        upgrade()
        found.migrated_in = time.perf_counter() - started
        with writing() as session:
            loaded = load.fill(session, agencies)
        db.engine.dispose()
    return found, loaded, environment


def _saving(browser: Browser, path: str) -> Callable[[], object]:
    task = task_of(browser, browser.port, path)
    state = {"version": int(dict(task.values)["based_on"]), "number": 0}

    def save() -> object:
        state["number"] += 1
        values = dict(task.values)
        values["based_on"] = str(state["version"])
        values["statement"] = f"{values['statement'][:900]} Typed so far: {state['number']}"
        state["version"] += 1
        return browser.post(path, list(values.items()), json=True)

    return save


def _getting(browser: Browser, path: str) -> Callable[[], object]:
    return lambda: browser.get(path)


def _under_load(port: int, loaded: load.Loaded) -> tuple[float, Figures]:
    tasks = []
    for email, return_id in loaded.leads:
        browser = Browser(port)
        browser.sign_in(email, load.PASSWORD)
        tasks.append(task_of(browser, port, f"/returns/{return_id}/standards/2"))
    return saves_under_load("8 clients saving", tasks)


def _inside(environment: dict[str, str], loaded: load.Loaded) -> list[Figures]:
    """Measure in this process: building the table, drawing its PDF, and ReportLab alone."""
    os.environ.update(environment)
    app = create_app()
    file = f"{environment['S11AUDIT_DATA']}/s11audit.db"
    replayed = [
        bare(what, file, statements_of(app, who, load.PASSWORD, path), FEW * 2)
        for what, who, path, _runs in _pages(loaded)
        if not path.endswith(".pdf")
    ]
    with app.app_context():

        def build() -> object:
            db.session.rollback()
            db.session.expire_all()
            return build_compliance(
                db.session, OPERATOR, loaded.rated_cycle, 1, None, now=datetime.now(UTC)
            )

        built = timed("build the compliance table", build, FEW * 2)
        report = build_compliance(
            db.session, OPERATOR, loaded.rated_cycle, 1, None, now=datetime.now(UTC)
        )
        drawn = timed("draw the PDF", lambda: render(report, "pdf"), 5, warm=1)
        alone = timed(
            "ReportLab drawing the same table alone", lambda: bare_table(report), 5, warm=1
        )
        db.session.close()
        db.engine.dispose()
    return [*replayed, built, drawn, alone]
