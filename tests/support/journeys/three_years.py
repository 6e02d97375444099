"""Who is in the three-year story, and what is in place before its first page is opened: what the
story of one audit has shown already is made here, by services and by an import."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.dates import london_today
from s11audit.domain.enums import Category, Role
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import returns
from s11audit.models import Membership, Return, Stage, User
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.submissions import Signatory
from s11audit.services.submitting import submit
from s11audit.tools import loader
from tests import factories as make

TOOL, NEXT_TOOL = "lancashire-2012", "working-together-2023"
SLUG = "thornmere"
BOARD = "Thornmere Safeguarding Children Partnership"
CYCLE, NEXT_CYCLE = "Section 11 audit 2026 to 2029", "Section 11 audit 2029 to 2032"
COUNCIL = "Thornmere Borough Council"
POLICE = "Thornmere Constabulary"
CHARITY = "Riverside Young People’s Project"
TRUSTS = (
    "Ashdown Community NHS Trust",
    "Fells and Lakes NHS Foundation Trust",
    "Moorside Hospitals NHS Trust",
    "Thornmere Ambulance NHS Trust",
)
STANDARDS = 9
MORE = "Of 126 staff, 118 were trained by March, and each was asked afterwards what they now do."
GOVERNANCE, TRAINING = "3. Accountability and governance", "5. Training"


@dataclass(frozen=True)
class Cast:
    """The board, and the accounts by who they are; a trust's lead by the trust's name."""

    board_id: int
    users: dict[str, User]

    def email(self, who: str) -> str:
        """Return with which address somebody signs in; the password is factories.PASSWORD."""
        return self.users[who].email


def cast(session: Session) -> Cast:
    """Make the board, its agencies and everybody's account, and commit them."""
    board = make.board(session, SLUG, BOARD, reply_days=14)
    agencies = {
        name: make.membership(session, board, name, categories=(category,))
        for name, category in (
            (COUNCIL, Category.COUNCIL),
            (POLICE, Category.POLICE),
            (CHARITY, Category.VOLUNTARY),
            *((trust, Category.NHS_PROVIDER) for trust in TRUSTS),
        )
    }
    users = {
        "office": make.user(session, Role.OFFICE, board=board, name="Harriet Coyle"),
        "qa": make.user(session, Role.QA, board=board, name="Dilys Morgan-Price"),
        "second qa": make.user(session, Role.QA, board=board, name="Ffion Abara"),
        "chair": make.user(session, Role.CHAIR, board=board, name="Jonah Whitlock"),
        COUNCIL: make.user(session, Role.LEAD, membership=agencies[COUNCIL], name="Amira Khan"),
        POLICE: make.user(session, Role.LEAD, membership=agencies[POLICE], name="Owen Pryce"),
    }
    for number, trust in enumerate(TRUSTS, 1):
        users[trust] = make.user(
            session, Role.LEAD, membership=agencies[trust], name=f"Lead of trust {number}"
        )
    session.commit()
    return Cast(board.id, users)


def send_in_the_council(session: Session, who: Cast) -> None:
    """The council answers everything as met, rates itself green, and submits."""
    now = datetime.now(UTC)
    return_ = session.scalars(
        select(Return)
        .join(Stage)
        .join(Membership, Membership.id == Return.membership_id)
        .where(Membership.name == COUNCIL, Stage.number == 1)
    ).one()
    lead = make.actor(session, who.users[COUNCIL], london_today(now))
    counted_on = (london_today(now) - timedelta(days=30)).isoformat()
    for standard in loader.load_builtin(TOOL).standards:
        answers: dict[str, dict[str, object]] = {
            each.key: {"numerator": 118, "denominator": 126, "as_of": counted_on}
            if each.kind == "percentage"
            else {"value": "met"}
            for each in standard.requirements
        }
        values = ResponseValues(statement_of(standard.title), "green", "", answers)
        save_response(session, lead, return_.id, standard.number, values, based_on=0, now=now)
    signatory = Signatory("Rosalind Okafor", "Chief Executive", "ro@thornmere.example")
    submit(session, lead, return_.id, signatory, True, now=now)
    session.commit()


def standard_names() -> list[str]:
    """Return "1. Leadership" and so on, of the first cycle's tool."""
    return [f"{each.number}. {each.title}" for each in loader.load_builtin(TOOL).standards]


def statement_of(title: str) -> str:
    """Return what the council says of a standard."""
    return f"How we meet “{title}”: we looked at twenty cases in March."


def import_the_others(session: Session, who: Cast) -> None:
    """Import the returns of the police and the trusts, rated green throughout; the charity sends
    none."""
    now = datetime.now(UTC)
    today = london_today(now).isoformat()
    file = io.StringIO()
    out = csv.writer(file)
    out.writerow(
        ("agency", "standard", "self_rating", "statement", "submitted_on", "agreed_rating",
         "improvement", "rated_on")
    )  # fmt: skip
    for agency in (POLICE, *TRUSTS):
        for number in range(1, STANDARDS + 1):
            said = f"What {agency} does about standard {number}."
            out.writerow((agency, number, "green", said, today, "green", "", today))
    data = file.getvalue().encode()
    returns.apply(session, OPERATOR, who.board_id, CYCLE, 1, data, "returns.csv", now=now)
    session.commit()
