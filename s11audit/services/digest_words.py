"""How a digest reads: a line for each thing that waits, and a part for each board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from s11audit.domain import placeholders
from s11audit.domain.dates import in_words
from s11audit.domain.enums import ReminderKind
from s11audit.queries.owed import Owed
from s11audit.scoring.reminders import until_due
from s11audit.services.letters import letter

SUBJECT = "{things} for {board}"
TEXT = """At {board}, this is waiting for you:

{list}

If you have just done it, you need do nothing more. If you need more time, or somebody else should \
do it, tell the board office."""
PLACEHOLDERS: Mapping[str, str] = {
    "name": "the person’s name",
    "board": "the name of your board",
    "things": "how much it is, such as “3 things to do”",
    "list": "what is due, a line for each",
}
IN_SUBJECT = ("name", "board", "things")
LONGEST_WHAT = 120
COUNTED = {
    "rate": ("return to rate", "returns to rate"),
    "verify": ("action to verify", "actions to verify"),
    "decide": ("action plan to accept or ask for again", "action plans to accept or ask for again"),
    "late": ("return is late", "returns are late"),
    "submitted": ("submitted return waits", "submitted returns wait"),
}


@dataclass(frozen=True)
class Part:
    """What a digest says for one board, and the board's own words."""

    board: str
    slug: str
    subject: str
    text: str
    owed: Sequence[Owed]


def digest(name: str, parts: Sequence[Part], today: date, base_url: str) -> tuple[str, str]:
    """Return the subject and the body of one person's digest."""
    number = sum(_number(part.owed) for part in parts)
    texts = []
    for part in parts:
        values = {
            "name": name,
            "board": part.board,
            "things": things(_number(part.owed)),
            "list": "\n\n".join(line(each, part.slug, today, base_url) for each in part.owed),
        }
        texts.append((part.board, placeholders.fill(part.text or TEXT, values)))
    if len(parts) == 1:
        subject = placeholders.fill(parts[0].subject or SUBJECT, values)
    else:
        subject = f"{things(number)} for {len(parts)} boards"
    _, body = letter("digest", name=name, parts=texts, link=f"{base_url}/calendar")
    return subject, body


def things(number: int) -> str:
    """Return "1 thing to do" or "3 things to do"."""
    return "1 thing to do" if number == 1 else f"{number} things to do"


def _number(owed: Sequence[Owed]) -> int:
    """Return how many things wait: what a line only counts, by its count."""
    return sum(sum(number for _, number in each.counts) or 1 for each in owed)


def line(owed: Owed, slug: str, today: date, base_url: str) -> str:
    """Return what a digest says of one thing: what, when, and its page."""
    agency, audit = owed.agency, f"{owed.cycle}, stage {owed.stage}"
    at = f"{base_url}/returns/{owed.return_id}"
    when = _when(owed.due_on, today) if owed.due_on else ""
    if owed.kind is ReminderKind.RETURN:
        text = f"{agency}: the return for {audit}, {when}."
        if owed.standards:
            text += f"\n  Given to you and not complete: {_standards(owed.standards)}."
        return f"* {text}\n  {at}/tasks"
    if owed.kind is ReminderKind.ACTION:
        what = f"the action “{_short(owed.what)}” ({_standards(owed.standards)})"
        return f"* {agency}: {what}, {when}.\n  {at}/plan/actions/{owed.subject_id}"
    if owed.kind is ReminderKind.REPLY:
        return f"* {agency}: your reply to the ratings for {audit}, {when}.\n  {at}/reply"
    if owed.kind is ReminderKind.PLAN:
        return f"* {agency}: the action plan for {audit}, is still to be returned.\n  {at}/plan"
    if owed.kind is ReminderKind.RESULT:
        return f"* {agency}: the result for {audit}, is still to be confirmed.\n  {at}/result"
    counted = " and ".join(_counted(*each) for each in owed.counts)
    return f"* {counted}.\n  {base_url}/boards/{slug}"


def _when(due_on: date, today: date) -> str:
    verb = "was due" if due_on < today else "is due"
    return f"which {verb} on {in_words(due_on)} ({until_due(due_on, today)})"


def _standards(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"standard {numbers[0]}"
    return f"standards {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _counted(what: str, number: int) -> str:
    one, many = COUNTED[what]
    return f"1 {one}" if number == 1 else f"{number} {many}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) <= LONGEST_WHAT:
        return plain
    return plain[:LONGEST_WHAT].rsplit(" ", 1)[0].rstrip(",;:. ") + " …"
