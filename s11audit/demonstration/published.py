"""The two boards of the demonstration that are real: what they published, and nothing else."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from s11audit.demonstration.texts import packaged
from s11audit.domain.policy import OPERATOR
from s11audit.exchange import agencies, compliance_table
from s11audit.exchange.reading import read_lines
from s11audit.models import Board
from s11audit.services import boards, cycles

LEICESTERSHIRE = "leicestershire-and-rutland"
LANCASHIRE = "lancashire"
SLUGS = (LEICESTERSHIRE, LANCASHIRE)


def add_leicestershire(session: Session, now: datetime) -> Board:
    """Leicestershire and Rutland: the compliance table of the audit of March to May 2011."""
    board = boards.add_board(
        session,
        OPERATOR,
        LEICESTERSHIRE,
        "Leicestershire and Rutland Safeguarding Children Board",
        now=now,
    )
    name = "Section 11 audit 2011"
    cycles.open_cycle(
        session, OPERATOR, board.id, name, "leicestershire-rutland-2011", [date(2011, 5, 31)],
        now=now,
    )  # fmt: skip
    file = "leicestershire-rutland-2011.csv"
    compliance_table.apply(session, OPERATOR, board.id, name, packaged(file), file, now=now)
    return board


def add_lancashire(session: Session, now: datetime) -> Board:
    """Lancashire: the 27 agencies that its report for 2012/13 names. All completed the audit; no
    agency's rating was published, so every other cell is blank."""
    board = boards.add_board(
        session, OPERATOR, LANCASHIRE, "Lancashire Safeguarding Children Board", now=now
    )
    name = "Section 11 audit 2012/13"
    cycles.open_cycle(
        session, OPERATOR, board.id, name, "lancashire-2012", [date(2013, 3, 31)], now=now
    )
    file = "lancashire-2012-agencies.csv"
    members = packaged(file)
    agencies.apply(session, OPERATOR, board.id, members, file, now=now)
    _header, lines = read_lines(members, file, agencies.COLUMNS)
    header = ",".join(f'"{column}"' for column in compliance_table.COLUMNS)
    table = "\n".join([header, *(f'"{line["agency"]}",Yes,,,,,' for line in lines)])
    compliance_table.apply(
        session, OPERATOR, board.id, name, table.encode(), "lancashire-2012.csv", now=now
    )
    return board
