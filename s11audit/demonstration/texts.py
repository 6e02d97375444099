"""What people write in the demonstration, put together from texts.yaml: different for each agency
and standard, the same at every loading."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from s11audit.domain.enums import Category, Duty, Participation, Rag

LANCASHIRE = (
    "leadership", "commitment", "accountability", "service_development", "training",
    "supervision", "recruitment", "interagency", "information",
)  # fmt: skip
WORKING_TOGETHER = (
    "accountability", "leadership", "service_development", "whistleblowing", "escalation",
    "information", "practitioner", "recruitment", "allegations", "supervision", "training",
    "contracting", "equality",
)  # fmt: skip
RAGS = {"g": Rag.GREEN, "a": Rag.AMBER, "r": Rag.RED, "n": Rag.NA}
SHORTFALLS = (Rag.AMBER, Rag.RED)
RATED = (Rag.GREEN, *SHORTFALLS)
NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Invented:
    """One invented agency: how it takes part, who leads there, and how it does."""

    number: int
    name: str
    categories: tuple[Category, ...]
    participation: Participation
    duty: Duty
    kind: str
    staff: int
    lead: str
    post: str
    own: tuple[Rag, ...]
    agreed: tuple[Rag, ...]
    plan: str
    now: str
    then: tuple[Rag, ...]

    @property
    def account(self) -> str:
        """The first part of its lead's address."""
        return "lead." + re.sub("[^a-z]+", "-", self.name.lower()).strip("-")[:40].strip("-")


@cache
def document(name: str) -> Any:
    """Return a YAML file of this folder."""
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def packaged(name: str) -> bytes:
    """Return the bytes of a file of this folder."""
    return (resources.files(__package__) / name).read_bytes()


def agencies() -> list[Invented]:
    """Return the invented partnership's agencies."""
    return [
        Invented(
            number=number,
            name=each["name"],
            categories=tuple(Category(word) for word in each["category"].split(";")),
            participation=Participation(each.get("participation", "full")),
            duty=Duty(each.get("duty", "statutory")),
            kind=each["kind"],
            staff=each["staff"],
            lead=each["lead"],
            post=each["post"],
            own=_rags(each["self"]),
            agreed=_rags(each.get("agreed", "")),
            plan=each.get("plan", "none"),
            now=each["now"],
            then=_rags(each.get("then", "")),
        )
        for number, each in enumerate(document("fellmere.yaml")["agencies"])
    ]


def statement(agency: Invented, topic: str, standing: Rag, day: date, turn: int) -> str:
    """Return an agency's evidence statement on a topic. `turn` tells the cycles apart."""
    about = document("texts.yaml")[topic]
    bodies = about[{Rag.GREEN: "good", Rag.AMBER: "part"}.get(standing, "weak")] if (
        standing is not Rag.RED or "weak" in about
    ) else about["part"]  # fmt: skip
    number = agency.number + turn
    parts = [about["setting"][agency.kind], bodies[number % len(bodies)]]
    if standing is Rag.GREEN and number % 3 == 0:
        parts.append(bodies[(number + 1) % len(bodies)])
    if turn % 2:
        parts = parts[1:] + parts[:1]
    share = _share(agency, topic, standing, turn)
    return _filled("\n\n".join(parts), agency, share, day)


def comment(topic: str, rag: Rag) -> str:
    """Return what QA says of a rating."""
    return str(_of(topic, "comments")[rag.value])


def improvement(topic: str, rag: Rag) -> str:
    """Return what QA requires where a rating is amber or red."""
    return str(_of(topic, "improvement")[1 if rag is Rag.RED else 0])


def action(topic: str, number: int) -> tuple[str, str]:
    """Return what will be done about a shortfall, and by which post."""
    what, owner = _of(topic, "actions")[number % 2]
    return str(what), str(owner)


def said(key: str, number: int = 0) -> str:
    """Return one of the other texts; of several, the one of that number."""
    found = document("texts.yaml")[key]
    return str(found[number % len(found)] if isinstance(found, list) else found)


def told(*keys: str | int) -> Any:
    """Return what is said in the board's process, by the keys of process.yaml."""
    found = document("process.yaml")
    for key in keys:
        found = found[key]
    return found


def evidence(number: int) -> tuple[str, str, str]:
    """Return title, kind and description of a piece of evidence."""
    found = document("texts.yaml")["evidence"]
    title, kind, description = found[number % len(found)]
    return str(title), str(kind), str(description)


def text_answer(key: str) -> str:
    """Return the answer to a question that is answered in words."""
    return str(document("texts.yaml")["text_answers"][key])


def share_of(agency: Invented, standard: int, standing: Rag) -> tuple[int, int]:
    """Return numerator and denominator of a percentage that fits how well things stand."""
    whole = max(12, agency.staff // (3 + standard % 4))
    percent = {Rag.GREEN: 96, Rag.AMBER: 62}.get(standing, 34) + (agency.number + standard) % 4
    return whole * min(percent, 100) // 100 + (1 if standing is Rag.GREEN else 0), whole


def _of(topic: str, part: str) -> Any:
    texts = document("texts.yaml")
    return texts[topic].get(part) or texts["default"][part]


def _rags(letters: str) -> tuple[Rag, ...]:
    return tuple(RAGS[letter] for letter in letters)


def _share(agency: Invented, topic: str, standing: Rag, turn: int) -> int:
    step = agency.number * 5 + len(topic) * 3 + turn
    if standing is Rag.GREEN:
        return 93 + step % 6
    return 57 + step % 26 if standing is Rag.AMBER else 28 + step % 15


def _filled(text: str, agency: Invented, percent: int, day: date) -> str:
    values: Mapping[str, object] = {
        "lead": f"the {agency.post.lower().replace('gp', 'GP')}",
        "staff": f"{agency.staff:,}",
        "many": f"{agency.staff * percent // 100:,}",
        "percent": percent,
        "few": NUMBERS[(agency.number + percent) % len(NUMBERS)],
        "month": f"{day - timedelta(days=60 + 30 * (agency.number % 3)):%B}",
    }
    filled = text.format(**values)
    return re.sub(r"(^|[.!?]\s+|\n)([a-z])", lambda m: m[1] + m[2].upper(), filled)
