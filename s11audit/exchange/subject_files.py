"""All that is held on one person, as a file to give them: JSON and a page to read, in a ZIP."""

import io
import json
import re
import zipfile
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from s11audit import paths
from s11audit.domain.dates import in_words, moment_in_words
from s11audit.domain.errors import NotFound
from s11audit.queries.subjects import Subject, held_on

FORMAT = "s11audit-person-1"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
TITLES = {
    "account": "Account",
    "roles": "Roles",
    "invitations": "Invitations",
    "letters": "Letters by e-mail",
    "signed": "Returns that the person signed",
    "wrote": "What the person wrote, as it stands",
    "did": "What the person did, by the log",
    "named": "Where else the person is named",
}


def held_document(session: Session, subject: Subject, *, now: datetime) -> dict[str, Any]:
    """Return all that is held on a person. Raises NotFound where nothing is."""
    held = held_on(session, subject)
    if not any(held.values()):
        raise NotFound("Nothing is held on this person.")
    return {
        "format": FORMAT,
        "e-mail address": subject.email,
        "name": subject.name,
        "made": now.isoformat(),
        **held,
    }


def zipped(document: dict[str, Any], *, now: datetime) -> bytes:
    """Return the ZIP of `held.json` and `held.html`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        for name, content in (("held.json", text), ("held.html", as_page(document, now=now))):
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def as_page(document: dict[str, Any], *, now: datetime) -> str:
    """Return the document as a page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(paths.top("templates")), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["told"] = _told
    return environment.get_template("people/held_file.html").render(
        document=document, titles=TITLES, made=moment_in_words(now)
    )


def _told(value: Any) -> Any:
    """Return a moment or a day in words, anything else as it is, what only looks like one too."""
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return moment_in_words(datetime.fromisoformat(value))
        if isinstance(value, str) and _DAY.fullmatch(value):
            return in_words(date.fromisoformat(value))
    except ValueError:
        return value
    return value
