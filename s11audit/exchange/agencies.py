"""Importing agencies: `agency,category,participation`, optionally `duty`. See docs/formats.md."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain import policy
from s11audit.domain.dates import in_words as day_in_words
from s11audit.domain.enums import Category, Duty, Participation
from s11audit.domain.policy import Actor, Can, Facts
from s11audit.domain.wording import in_words
from s11audit.exchange.plan import Plan, PlanLine, Progress, no_progress
from s11audit.exchange.reading import Faults, Line, quoted, read_lines
from s11audit.models import Membership, name_key
from s11audit.services import agencies, log

COLUMNS = ("agency", "category", "participation")
OPTIONAL = ("duty",)
NOUN = ("agency", "agencies")
Word = TypeVar("Word", Participation, Duty)
LONGEST_NAME = 200


@dataclass(frozen=True)
class AgencyRow:
    """What one row says. `duty` is None where the file has no such column."""

    row: int
    name: str
    categories: tuple[Category, ...]
    participation: Participation
    duty: Duty | None


@dataclass(frozen=True)
class Changed:
    """A membership that the file changes, and how it will then be."""

    membership_id: int
    name: str
    line: AgencyRow
    duty: Duty


@dataclass(frozen=True)
class AgenciesPlan:
    """The dry run: what is added, what is changed, and how both are told."""

    added: tuple[AgencyRow, ...]
    changed: tuple[Changed, ...]
    plan: Plan


def parse(data: bytes, file: str) -> list[AgencyRow]:
    """Return what the file says, an agency a row. Raises ImportRefused with every fault."""
    header, lines = read_lines(data, file, COLUMNS, OPTIONAL)
    faults = Faults(file)
    rows = [_row(line, "duty" in header, faults) for line in lines]
    refuse_twice([(line.row, line["agency"]) for line in lines], "agency", faults)
    faults.raise_any()
    return [row for row in rows if row is not None]


def plan(session: Session, actor: Actor, board_id: int, data: bytes, file: str) -> AgenciesPlan:
    """Work out what importing the file would add and change; nothing is written.

    Agencies match by NFC and casefold. Raises ImportRefused with every fault of the file.
    """
    policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    rows = parse(data, file)
    known = memberships_by_key(session, board_id)
    faults = Faults(file)
    added: list[AgencyRow] = []
    changed: list[Changed] = []
    lines: list[PlanLine] = []
    for row in rows:
        member = known.get(name_key(row.name))
        if member is None:
            added.append(row)
        elif member.ends_on is not None:
            faults.add(
                row.row,
                "agency",
                f"{quoted(row.name)} left this board on {day_in_words(member.ends_on)}. Start its "
                "membership again on its page first.",
            )
        elif differences := _differences(member, row):
            changed.append(Changed(member.id, member.name, row, row.duty or member.duty))
            lines.append(PlanLine(row.row, f"{member.name}: {'; '.join(differences)}"))
    faults.raise_any()
    return AgenciesPlan(
        tuple(added),
        tuple(changed),
        Plan(
            noun=NOUN,
            added=tuple(PlanLine(row.row, _told(row)) for row in added),
            changed=tuple(lines),
            unchanged=len(rows) - len(added) - len(changed),
        ),
    )


def apply(
    session: Session,
    actor: Actor,
    board_id: int,
    data: bytes,
    file: str,
    *,
    now: datetime,
    progress: Progress = no_progress,
) -> Plan:
    """Import the file and return what was done. All or nothing: raises ImportRefused with every
    fault before anything is written."""
    role = policy.check(actor, Can.IMPORT, Facts(board_id), sees=Can.SEE_BOARD)
    planned = plan(session, actor, board_id, data, file)
    for done, row in enumerate(planned.added):
        progress(done, planned.plan.total)
        agencies.add_membership(
            session,
            actor,
            board_id,
            row.name,
            categories=row.categories,
            participation=row.participation,
            duty=row.duty or Duty.STATUTORY,
            now=now,
        )
    for done, change in enumerate(planned.changed, len(planned.added)):
        progress(done, planned.plan.total)
        agencies.change_membership(
            session,
            actor,
            change.membership_id,
            name=change.name,
            categories=change.line.categories,
            participation=change.line.participation,
            duty=change.duty,
            now=now,
        )
    log.record(
        session, actor, role, "import.agencies", "board", board_id, now=now, board_id=board_id,
        after={"file": file, "added": len(planned.added), "changed": len(planned.changed)},
    )  # fmt: skip
    return planned.plan


def memberships_by_key(session: Session, board_id: int) -> dict[str, Membership]:
    """Return every membership the board has ever had, by the key of its name."""
    found = session.scalars(select(Membership).where(Membership.board_id == board_id))
    return {membership.name_key: membership for membership in found}


def refuse_twice(names: list[tuple[int, str]], column: str, faults: Faults) -> None:
    """Note a fault for each row whose agency an earlier row already has."""
    first: dict[str, int] = {}
    for row, name in names:
        key = name_key(name)
        if not key:
            continue
        if key in first:
            faults.add(row, column, f"{quoted(name)} is in row {first[key]} already.")
        first.setdefault(key, row)


def check_name(line: Line, column: str, faults: Faults) -> str | None:
    """Return the agency's name in a cell, its white space made even; None with a fault noted."""
    name = " ".join(line[column].split())
    if not name:
        faults.add(line.row, column, "The name of the agency is missing.")
        return None
    if len(name) > LONGEST_NAME or len(name_key(name)) > LONGEST_NAME + 50:
        faults.add(line.row, column, f"The name is longer than {LONGEST_NAME} characters.")
        return None
    return name


def _row(line: Line, has_duty: bool, faults: Faults) -> AgencyRow | None:
    name = check_name(line, "agency", faults)
    categories = _categories(line, faults)
    participation = _one_of(line, "participation", Participation, faults)
    duty: Duty | None = None
    if has_duty:
        duty = _one_of(line, "duty", Duty, faults) if line["duty"] else Duty.STATUTORY
        if duty is None:
            return None
    if name is None or not categories or participation is None:
        return None
    return AgencyRow(line.row, name, categories, participation, duty)


def _categories(line: Line, faults: Faults) -> tuple[Category, ...]:
    words = [word.strip() for word in line["category"].split(";") if word.strip()]
    choices = ", ".join(Category)
    if not words:
        faults.add(line.row, "category", f"The category is missing: one or more of {choices}.")
        return ()
    wrong = [word for word in words if word not in list(Category)]
    for word in wrong:
        faults.add(
            line.row,
            "category",
            f"{quoted(word)} is not a category. Write one of {choices}; several with “;” between.",
        )
    if wrong:
        return ()
    return tuple(sorted({Category(word) for word in words}))


def _one_of(line: Line, column: str, words: type[Word], faults: Faults) -> Word | None:
    cell = line[column]
    choices = " or ".join(words)
    if not cell:
        faults.add(line.row, column, f"The {column} is missing: write {choices}.")
        return None
    if cell not in list(words):
        faults.add(line.row, column, f"{quoted(cell)} is not a {column}: write {choices}.")
        return None
    return words(cell)


def _differences(member: Membership, row: AgencyRow) -> list[str]:
    found = []
    if set(member.categories) != set(row.categories):
        before = ", ".join(in_words(each) for each in sorted(member.categories))
        after = ", ".join(in_words(each) for each in row.categories)
        found.append(f"category from {before} to {after}")
    if member.participation != row.participation:
        before, after = in_words(member.participation), in_words(row.participation)
        found.append(f"participation from {before} to {after}")
    if row.duty is not None and member.duty != row.duty:
        found.append(f"duty from {in_words(member.duty)} to {in_words(row.duty)}")
    return found


def _told(row: AgencyRow) -> str:
    parts = [
        ", ".join(in_words(each) for each in row.categories),
        f"participation {in_words(row.participation).lower()}",
        f"duty {in_words(row.duty or Duty.STATUTORY).lower()}",
    ]
    return f"{row.name}: {'; '.join(parts)}"
