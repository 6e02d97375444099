"""Fields that no form has: sent along to every form, they change nothing of what is stored and
lead nowhere else. And no form is taken without its token."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, Integer
from werkzeug.routing import IntegerConverter

from s11audit.models import Base
from s11audit.models.base import EnumText, UtcDateTime
from tests.support.fuzzing.run import Fuzzed
from tests.support.fuzzing.writes import watched

EVIL = "//evil.example"
# A field that the form has and shows in other states: why a rating is given anew.
KNOWN = {"/review/": {"reason"}}
DRAWN_BY_CHANCE = "/seed"
LEADING = ("next", "return_to", "return", "back", "url", "redirect", "to", "then", "from")


def columns() -> dict[str, str]:
    """Return every column's name with a value that fits it."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            found[column.name] = _value(column)
    return found


def _value(column: Column[object]) -> str:
    match column.type:
        case Boolean():
            return "y"
        case Integer():
            return "1"
        case UtcDateTime() | DateTime():
            return "2001-01-01T00:00:00"
        case Date():
            return "2001-01-01"
        case EnumText() as kind:
            return str(list(kind.enum)[-1].value)
    return "zzyx"


def test_extra_fields_are_not_taken(fuzzed: Fuzzed) -> None:
    every = columns()
    assert {"role", "board_id", "active", "id", "effective_at", "state"} <= set(every)
    wrong, changing = [], 0
    with watched(fuzzed.app) as changes:
        for form in (each for each in fuzzed.walked.forms if each.method == "post"):
            client = fuzzed.clients[form.role]
            extra = {
                name: value
                for name, value in {**every, **dict.fromkeys(LEADING, EVIL)}.items()
                if name not in form.values and name not in _known(form.action)
            }
            answers, made = [], []
            for data in (form.filled(), {**form.filled(), **extra}):
                changes.clear()
                answers.append(client.post(form.action, data=data))
                made.append(list(changes.made))
            plain, more = answers
            changing += bool(made[0])
            if more.status_code == 400 and not made[1]:
                continue  # refused as a whole
            if made[0] != made[1] and not form.action.endswith(DRAWN_BY_CHANCE):
                wrong.append(f"{form.role} {form.action}: {_different(*made)}")
            elif (plain.status_code, plain.location) != (more.status_code, more.location):
                wrong.append(f"{form.role} {form.action}: {more.status_code} {more.location}")
            if plain.status_code >= 500:
                wrong.append(f"{form.role} {form.action}: {plain.status_code}")
            if "evil" in (more.location or ""):
                wrong.append(f"{form.role} {form.action}: led to {more.location}")
    assert wrong == []
    assert changing > 60  # of the forms, as they stand on their pages, change something


def test_no_change_without_its_token(fuzzed: Fuzzed) -> None:
    tried, wrong = 0, []
    app = fuzzed.app
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        with watched(app) as changes:
            for rule in app.url_map.iter_rules():
                if "POST" not in rule.methods:
                    continue
                values = {name: _example(rule, name) for name in rule.arguments}
                path = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
                tried += 1
                answer = fuzzed.clients["office"].post(path, data={"csrf_token": "made-up"})
                if answer.status_code != 400 or changes.made:
                    wrong.append(f"{rule.rule}: {answer.status_code} {changes.made[:1]}")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert wrong == []
    assert tried > 100


def _known(action: str) -> set[str]:
    return {name for part, names in KNOWN.items() if part in action for name in names}


def _example(rule, name):
    converter = rule._converters[name]
    if hasattr(converter, "items"):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"


def _different(one: list[str], other: list[str]) -> str:
    """Return the first place where two lists of changes part."""
    first, second = "\n".join(one), "\n".join(other)
    pairs = zip(first, second, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
    return f"...{first[max(at - 100, 0) : at + 100]} | ...{second[at : at + 100]}"
