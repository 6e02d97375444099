"""Ids in forms and in query strings: another board's and another agency's are refused or not
found, change nothing, and nothing is told of what they name."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from tests.support.fuzzing.foreign import TOLD, Ids
from tests.support.fuzzing.forms import Found
from tests.support.fuzzing.run import Fuzzed
from tests.support.fuzzing.writes import Changes, watched

# What each field or parameter names, by the name it is sent under (figures in it as N).
NAMES = {
    "about": "return",
    "accepted_reasons": "improvement",
    "agency": "membership",
    "chosen": "evidence",
    "colleague": "user",
    "conflict": "membership",
    "draw": "draw",
    "evidence": "evidence",
    "from": "stage",
    "into": "theme",
    "meeting": "meeting",
    "membership": "membership",
    "membership_id": "membership",
    "return": "return",
    "reviewer": "user",
    "reviewers": "user",
    "sharing": "sharing",
    "stage": "stage",
    "standard-N": "user",
    "submission": "submission",
    "theme": "theme",
    "then": "stage",
}
# Figures that name no object: counts, days, versions, and places within what the address names.
FIGURES = {
    "actions-N-due_on-day", "actions-N-due_on-month", "actions-N-due_on-year", "based_on", "days",
    "every_days", "id_N", "page", "per_return", "position", "proposal", "standard", "standard_N",
    "standards",
}  # fmt: skip
_DATE = re.compile(r".*-(day|month|year)")


def test_every_field_that_holds_a_figure_is_known(fuzzed: Fuzzed) -> None:
    unknown = set()
    for form in fuzzed.walked.forms:
        for name, value in form.values.items():
            offered = [each for each in form.offered.get(name, []) if each]
            figures = value.isdigit() or (offered and all(each.isdigit() for each in offered))
            if figures and not _DATE.fullmatch(name) and _plain(name) not in {*NAMES, *FIGURES}:
                unknown.add((name, form.action))
    for _role, link in fuzzed.walked.links:
        for name, value in parse_qsl(link.partition("?")[2]):
            if value.isdigit() and _plain(name) not in {*NAMES, *FIGURES}:
                unknown.add((name, link))
    assert unknown == set(), "say in NAMES what it names, or in FIGURES that it names nothing"


def test_foreign_ids_open_and_change_nothing(fuzzed: Fuzzed) -> None:
    elsewhere, beside = fuzzed.foreign
    tried, wrong = 0, []
    with watched(fuzzed.app) as changes:
        for form in fuzzed.walked.forms:
            for name in form.values:
                for value in _foreign(form.role, name, elsewhere, beside):
                    tried += 1
                    said = _sent(fuzzed, form, name, str(value), changes)
                    if said:
                        wrong.append(
                            f"{form.role} {form.method} {form.action} {name}={value}: {said}"
                        )
        for role, link in fuzzed.walked.links:
            path, _, query = link.partition("?")
            given = dict(parse_qsl(query))
            for name in given:
                for value in _foreign(role, name, elsewhere, beside):
                    tried += 1
                    address = f"{path}?{urlencode({**given, name: value})}"
                    answer = fuzzed.clients[role].get(address)
                    if answer.status_code >= 500 or TOLD in answer.text:
                        wrong.append(f"{role} {address}: {answer.status_code}")
    assert tried > 60
    assert wrong == []


def test_a_foreign_question_is_added_anew_and_not_changed(fuzzed: Fuzzed) -> None:
    """A question that somebody else took out meanwhile is added again; so is one that never was
    of this meeting."""
    foreign = fuzzed.foreign[0]["question"][0]
    form = next(each for each in fuzzed.walked.forms if each.action.endswith("/questions"))
    with watched(fuzzed.app) as changes:
        sent = {**form.filled(), "id_0": str(foreign)}
        answer = fuzzed.clients[form.role].post(form.action, data=sent)
    assert answer.status_code == 302
    touched = [each for each in changes.made if each.endswith((f"{foreign})", f"{foreign})]"))]
    assert touched == []
    assert any(each.startswith("INSERT INTO challenge_question") for each in changes.made)


def _plain(name: str) -> str:
    return re.sub(r"\d+", "N", name)


def _foreign(role: str, name: str, elsewhere: Ids, beside: Ids) -> list[int]:
    kind = NAMES.get(_plain(name), "")
    found = list(elsewhere.get(kind, []))
    # A board's people reach every agency of theirs; an agency's people their own only.
    return found + beside.get(kind, []) if role == "lead" else found


def _sent(fuzzed: Fuzzed, form: Found, name: str, value: str, changes: Changes) -> str:
    """Return what is wrong with the answer to the form with that value, or nothing."""
    changes.clear()
    client = fuzzed.clients[form.role]
    values = {**form.filled(), name: value}
    if form.method == "get":
        answer = client.get(form.action, query_string=values)
    else:
        answer = client.post(form.action, data=values)
    if answer.status_code >= 500:
        return str(answer.status_code)
    if TOLD in answer.text:
        return "it is told"
    made = list(changes.made)
    if made and form.method == "post":  # as much as without it: then it was passed over
        changes.clear()
        client.post(form.action, data=values | {name: ""})
        made = [] if made == changes.made else made
    return f"changed: {made[:2]}" if made else ""
