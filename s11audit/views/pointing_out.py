"""Pointing out what might identify a child, to whoever has just saved it (domain rule 77).

It blocks nothing, and keeps and logs nothing: the next page names the field and what it seems to
hold, never the passage. Fields of forms announce themselves when they are validated.
"""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app, flash, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from s11audit.domain.dates import london_today
from s11audit.forms.fields import GovFileInput, GovTextArea
from s11audit.scoring.personal_data import IDENTIFYING, identifying
from s11audit.scoring.words import listed
from s11audit.views.guards import now

CATEGORY = "identifying"
MOST = 8
"""So many fields are named; the cookie that carries them to the next page is small."""
LONGEST_LABEL = 90
ON_RECORD = frozenset(
    {
        "actions.agency_step",
        "actions.decide",
        "actions.monitor",
        "actions.no_action",
        "actions.qa_step",
        "challenges.done",
        "chasing.write",
        "confirming.confirm",
        "confirming.rate_again",
        "escalations.done",
        "moderation.dispute",
        "moderation.open_early",
        "replies.dispute",
        "returns.extend",
        "returns.send_back",
        "returns.standing",
        "screening.add",
        "screening.dismiss",
        "screening.send_back",
    }
)
"""Where what was saved cannot be changed by its writer afterwards."""

_QUESTION = re.compile(r"answer-(?P<key>[\d.]+)-")
_ONE_OF = re.compile(r"actions-(?P<number>\d+)-")


def register(app: Flask) -> None:
    """Have every saved form looked at, and let templates ask whether one takes text."""
    app.after_request(_after_saving)
    app.jinja_env.filters["takes_text"] = takes_text


def takes_text(form: Any) -> bool:
    """Return whether a form asks for words or a file in which a child could be identified."""
    if not getattr(form, "children_notice", True):
        return False
    return any(_holds_text(field) for field in form)


def found() -> list[dict[str, str]]:
    """Return which fields of the form that was just validated might identify a child: `field`,
    `holds` (the kinds in words) and `href`, the field's address on this page."""
    return [
        {"field": _label(field)[:LONGEST_LABEL], "holds": holds, "href": f"#{field.id}"}
        for field, holds in _finds(g.get("free_texts", []))
    ]


def point_at(address: str) -> None:
    """Say where what this request saves can be changed, where that is not the form's own page."""
    g.point_at = address


def point_out(label: str, text: str, address: str) -> None:
    """Look at a text that came otherwise than by a field, such as from a file, and point it out
    with the others."""
    holds = _in_words(identifying(text, london_today(now())))
    if holds:
        g.setdefault("pointed_out", []).append(
            {"field": label[:LONGEST_LABEL], "holds": holds, "href": address}
        )


def _after_saving(response: Response) -> Response:
    """After a form was saved and leads on, have the next page name what was found, and let it
    begin where that is read: at its top, but where its messages stand further down."""
    if request.method != "POST" or response.status_code not in (302, 303):
        return response
    items = found()
    at = g.get("point_at")
    for item in items:
        item["href"] = at or _own_page(item["href"])
    items += g.get("pointed_out", [])
    if items:
        on_record = request.endpoint in ON_RECORD and not at
        flash(
            {"items": items[:MOST], "more": len(items[MOST:]), "on_record": on_record},  # type: ignore[arg-type]
            CATEGORY,
        )
        place, _, fragment = (response.location or "").partition("#")
        if fragment and f"back={fragment}" not in place:
            response.location = place
    return response


def _own_page(anchor: str) -> str:
    """Return the address of the form's page at a field; empty where there is no such page."""
    if request.endpoint in ON_RECORD:
        return ""
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return ""
    return request.path + anchor


def _finds(fields: list[Any]) -> Iterator[tuple[Any, str]]:
    on = london_today(now())
    for field in dict.fromkeys(fields):
        kinds = {kind for text in _texts(field) for kind in identifying(text, on)}
        if kinds:
            yield field, _in_words([kind for kind in IDENTIFYING if kind in kinds])


def _texts(field: Any) -> Iterator[str]:
    """What was typed, or the name of the file: as it is, and with its words apart."""
    if not isinstance(field, GovFileInput):
        yield field.data or ""
        return
    name = getattr(field.data, "filename", None) or ""
    stem = name.rpartition(".")[0] or name
    yield stem
    yield stem.replace("_", " ")
    yield re.sub(r"[_\-.]+", " ", stem).title()


def _in_words(kinds: list[str]) -> str:
    return listed([IDENTIFYING[kind] for kind in kinds])


def _label(field: Any) -> str:
    text = str(field.label.text)
    if isinstance(field, GovFileInput):
        return f"{text} (its name)"
    if question := _QUESTION.match(field.name):
        return f"Question {question['key']}: {text}"
    if action := _ONE_OF.match(field.name):
        return f"Action {int(action['number']) + 1}: {text}"
    return text


def _holds_text(field: Any) -> bool:
    if isinstance(field, GovTextArea | GovFileInput):
        return True
    inner = getattr(field, "form", None) or getattr(field, "entries", None) or ()
    return any(_holds_text(each) for each in inner)
