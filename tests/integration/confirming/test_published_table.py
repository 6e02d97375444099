"""Leicestershire and Rutland's published table of 2011 to 2012, played through the services that
the pages call, to its last column (domain rule 6)."""

import csv
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from s11audit import paths
from s11audit.domain.enums import Basis, Category, Participation, Role
from s11audit.models import Improvement
from s11audit.queries.returns import return_by_id
from s11audit.queries.tools import standards_asked
from s11audit.reports.build import build_compliance
from s11audit.services import (
    actions,
    confirming,
    cycles,
    plans,
    rating_again,
    responses,
    submitting,
)
from s11audit.services.responses import ResponseValues
from s11audit.services.submissions import Signatory
from tests import factories as make
from tests.support.confirming import return_of

PUBLISHED = paths.PACKAGE / "demonstration" / "leicestershire-rutland-2011.csv"
TOOL = "leicestershire-rutland-2011"
SIGNATORY = Signatory("Pat Lee", "Chief Executive", "pat@example.org")
SHORT = (4, 17)  # the standards in which a partially compliant agency falls short
COLUMNS = ("returned", "initial", "plan_returned", "actions_completed", "monitored", "current")
WORDS = {
    "Yes": "yes", "No": "no", "N/A": "na", "Underway": "underway", "Fully": "fully",
    "Partial": "partially", "Partially": "partially", "Advisory Role": "advisory",
}  # fmt: skip

# The cells that do not follow from the others, or from which nothing can be played: what the
# report says instead, and why.
ODD = {
    ("Crown Prosecution Service", "initial"): (
        "not_known", "self-assessed as partial though its audit was not completed"),
    ("Crown Prosecution Service", "plan_returned"): (
        None, "N/A says that nothing fell short; nothing was sent in, so nothing is known"),
    ("Crown Prosecution Service", "actions_completed"): (None, "as its plan"),
    ("LCC CYPS CSC", "actions_completed"): (
        "na", "Yes beside a plan that is N/A: nothing fell short, so nothing was to be done"),
    ("LCC CYPS CSC", "monitored"): (None, "N/A in a column that is Yes or blank"),
    ("East Midlands Ambulance Service", "plan_returned"): (
        "no", "blank beside actions underway: the plan was returned or it was not"),
    ("East Midlands Ambulance Service", "current"): (
        "partially", "blank, though it fell short and its actions are underway"),
    ("Loughborough College", "current"): (
        "partially", "blank, though it fell short, is monitored and has no plan"),
    ("Leicestershire & Rutland Probation Trust", "current"): (
        "partially", "blank, though it fell short and its actions are underway"),
}  # fmt: skip


def published():
    with PUBLISHED.open(encoding="utf-8-sig", newline="") as file:
        return [dict(zip(("agency", *COLUMNS), line, strict=True)) for line in csv.reader(file)][1:]


class Play:
    """The office and the agencies' leads at work, each step a minute after the one before."""

    def __init__(self, session):
        self.session, self.now = session, make.NOW
        self.board = make.board(session)
        self.office = make.actor(session, make.user(session, Role.OFFICE, board=self.board))
        self.leads = make.user(session)

    def later(self):
        self.now += timedelta(minutes=1)
        return self.now

    def agencies(self, rows):
        for row in rows:
            advisory = row["current"] == "Advisory Role"
            member = make.membership(
                self.session, self.board, row["agency"], categories=(Category.OTHER,),
                participation=Participation.ADVISORY if advisory else Participation.FULL,
            )  # fmt: skip
            make.grant(self.session, self.leads, Role.LEAD, membership=member)
        self.lead = make.actor(self.session, self.leads)

    def send_in(self, return_, short):
        for standard in standards_asked(self.session, return_):
            label = "partially" if short and standard.number in SHORT else "fully"
            responses.save_response(
                self.session, self.lead, return_.id, standard.number,
                ResponseValues(self_label=label), based_on=0, now=self.now,
            )  # fmt: skip
        submitting.submit(self.session, self.lead, return_.id, SIGNATORY, True, now=self.later())

    def follow_up(self, return_, row):
        """Confirm, plan, act, verify and rate again as far as the published row says."""
        session, id_ = self.session, return_.id
        if row["plan_returned"] == row["actions_completed"] == row["current"] == "":
            return  # the result was returned, and never confirmed
        confirming.confirm_result(
            session, self.lead, id_, name="Pat Lee", designation="Chief Executive",
            now=self.later(),
        )  # fmt: skip
        improvements = session.scalars(
            select(Improvement).where(Improvement.return_id == id_).order_by(Improvement.standard)
        ).all()
        assert [each.standard for each in improvements] == (
            list(SHORT) if row["initial"] == "Partial" else []
        )
        made = []
        if improvements and row["actions_completed"]:
            made = [
                actions.add_action(
                    session, self.lead, each.id, what="Train the staff", owner="Head of Service",
                    due_on=date(2026, 9, 30), now=self.later(),
                )
                for each in improvements
            ]  # fmt: skip
        if row["plan_returned"] == "Yes":
            plans.return_plan(session, self.lead, id_, now=self.later())
            plans.decide_plan(session, self.office, id_, accepted=True, now=self.later())
        if made and row["actions_completed"] == "Yes":
            for each in made:
                actions.report_complete(session, self.lead, each.id, note="Done", now=self.later())
                actions.verify_action(session, self.office, each.id, now=self.later())
        if improvements and row["current"] == "Fully":
            for number in SHORT:
                rating_again.rate_again(
                    session, self.office, id_, number, label="fully",
                    reason="The training records were seen.", now=self.later(),
                )  # fmt: skip
        if row["monitored"] == "Yes":
            plans.monitor(
                session, self.office, id_, SHORT[0], raised=True, reason="Until it is done",
                now=self.later(),
            )  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_published_table_is_arrived_at(session):
    rows = published()
    assert len(rows) == 27
    play = Play(session)
    play.agencies(rows)
    cycle = cycles.open_cycle(
        session, play.office, play.board.id, "Section 11 audit 2011", TOOL,
        [make.TODAY + timedelta(days=60)], basis=Basis.CONFIRMED, include_advisory=True,
        now=play.later(),
    )  # fmt: skip
    returns = {row["agency"]: return_of(session, cycle, row["agency"]) for row in rows}
    for row in rows:
        if row["returned"] == "Yes":
            play.send_in(returns[row["agency"]], short=row["initial"] == "Partial")
    stage_id = next(iter(returns.values())).stage_id
    assert confirming.return_waiting_results(
        session, play.office, stage_id, now=play.later()
    ) == 26  # fmt: skip
    for row in rows:
        if row["returned"] == "Yes":
            play.follow_up(return_by_id(session, returns[row["agency"]].id), row)
    session.flush()
    report = build_compliance(session, play.office, cycle.id, 1, now=play.later())
    assert (report.asked, report.returned) == (27, 26)
    found = {row.agency: row for row in report.rows}
    unlike = {}
    for row in rows:
        for column in COLUMNS:
            said = row[column]
            compliance = column in ("initial", "current")
            want = WORDS[said] if said else ("not_known" if compliance else None)
            got = getattr(found[row["agency"]], column)
            if column == "returned":
                got = "yes" if got else "no"
            got = str(got) if got is not None else None
            if got != want:
                unlike[row["agency"], column] = got
    assert unlike == {cell: said for cell, (said, _why) in ODD.items()}
    # 3 of 26 assessed themselves as fully compliant and 12 of 27 are now, as the report says.
    assert {word.value: n for word, n in report.initial.items() if n} == {
        "fully": 3, "partially": 23,
    }  # fmt: skip
    assert {word.value: n for word, n in report.current.items() if n} == {
        "fully": 12, "partially": 12, "advisory": 2, "not_known": 1,
    }  # fmt: skip
