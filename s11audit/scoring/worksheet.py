"""The worksheet of a visit, drafted from what was sent in (domain rule 31): which documents to
see, which claims to test, and to whom to speak, by role and never by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from s11audit.domain.dates import in_words
from s11audit.domain.enums import EvidenceKind, ItemKind, Rag, VisitResult
from s11audit.domain.wording import in_words as words
from s11audit.scoring.words import is_blank
from s11audit.tools.schema import Standard

SHORTFALL = (Rag.AMBER, Rag.RED)


@dataclass(frozen=True)
class Item:
    """One line of the worksheet."""

    kind: ItemKind
    text: str


# "Safe Recruitment and Selection Policy": words with a capital, then what makes it a document.
_POLICY = re.compile(
    r"(?:\b[A-Z][\w’'&-]*\s+(?:(?:and|of|for|the|to|in|on)\s+)*){1,7}"
    r"(?:[Pp]olicy|[Pp]olicies|[Pp]rocedures?|[Pp]rotocol|[Ss]trategy|[Ff]ramework|[Hh]andbook"
    r"|[Cc]ode of [Cc]onduct)\b"
)
_ARTICLES = re.compile(
    r"^(?:(?:the|our|this|a|an|we|all|their|its|in|under|see|every|each)\s+)+", re.IGNORECASE
)

# Whom to ask, by words in a standard's title or meaning. The first rows that fit are taken.
_PEOPLE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("recruit", "allegation", "vetting", "disclosure"),
        ("Whoever is in charge of recruitment", "Someone appointed in the last year"),
    ),
    (
        ("train", "induction"),
        ("Whoever keeps the training records", "Someone trained in the last year"),
    ),
    (("supervis",), ("A manager who supervises", "Someone who is supervised")),
    (
        ("information shar", "sharing information"),
        ("Whoever is in charge of information governance", "A practitioner who shares information"),
    ),
    (
        ("listen", "views", "voice", "service development", "culture of listening"),
        ("Whoever leads on involving children", "A practitioner who works with children"),
    ),
    (
        ("leader", "commitment", "accountab", "governance", "board-level"),
        ("The senior manager responsible for safeguarding", "A member of the governing body"),
    ),
    (
        ("interagency", "inter-agency", "other agencies", "escalat", "early help"),
        ("A practitioner who attends meetings with other agencies", "The safeguarding lead"),
    ),
    (("whistle", "concern"), ("Someone who raised a concern, or knows how to",)),
    (("contract", "commission"), ("Whoever manages contracts",)),
)
_ANYBODY = ("The safeguarding lead", "A practitioner who works with children")


def draft(standard: Standard, part: Mapping[str, Any] | None) -> list[Item]:
    """Return the worksheet's lines for one standard, out of the part of a submission's snapshot;
    without one (nothing was sent in) only whom to speak to.

    Documents: each piece of evidence, then each policy named in statement or answers. Claims: a
    green self rating, the statement, each percentage. A standard that the agency marked as not
    applicable has its reason to test, and nothing else.
    """
    if part is None:
        return _people(standard)
    rating = part["self_rating"]
    if rating["rag"] == Rag.NA:
        return [_claim(f"It says that the standard does not apply: “{rating['na_reason']}”")]
    documents = [_evidence(item) for item in part["evidence"]]
    texts = [part["statement"], *(str(item["in_words"]) for item in part["requirements"])]
    told = " ".join(documents).casefold()
    documents += [name for name in policies_named("\n".join(texts)) if name.casefold() not in told]
    return [
        *(Item(ItemKind.DOCUMENT, text) for text in documents),
        *_claims(part),
        *_people(standard),
    ]


def policies_named(text: str) -> list[str]:
    """Return the policies, procedures and the like that a text names, each once, in its order."""
    found: dict[str, str] = {}
    for match in _POLICY.finditer(text):
        name = _ARTICLES.sub("", " ".join(match.group().split()))
        if " " in name:
            found.setdefault(name.casefold(), name)
    return list(found.values())


def _evidence(item: Mapping[str, Any]) -> str:
    name = item["description"] or item["file"] or item["link"] or ""
    source = item["file"] or item["link"] or ""
    parts = [words(EvidenceKind(item["kind"]))]
    if source and source != name:
        parts.append(source)
    if item["made_on"]:
        parts.append(f"made {_day(item['made_on'])}")
    if item["review_on"]:
        parts.append(f"to be reviewed by {_day(item['review_on'])}")
    return f"{name} ({'; '.join(parts)})"


def _claims(part: Mapping[str, Any]) -> list[Item]:
    found = []
    if part["self_rating"]["rag"] == Rag.GREEN:
        found.append(_claim("It rates itself green: fully compliant"))
    if not is_blank(part["statement"]):
        found.append(_claim(f"It says: “{part['statement'].strip()}”"))
    found += [
        _claim(f"{item['key']} {item['text']} It says: {item['in_words']}")
        for item in part["requirements"]
        if item["kind"] == "percentage" and item["answer"]
    ]
    return found


def _people(standard: Standard) -> list[Item]:
    for about in (standard.title, standard.meaning):
        folded = about.casefold()
        for stems, people in _PEOPLE:
            if any(stem in folded for stem in stems):
                return [Item(ItemKind.PERSON, person) for person in people]
    return [Item(ItemKind.PERSON, person) for person in _ANYBODY]


def _claim(text: str) -> Item:
    return Item(ItemKind.CLAIM, text)


def _day(iso: str) -> str:
    return in_words(date.fromisoformat(iso))


@dataclass(frozen=True)
class Proposal:
    """A rating that a visit proposes where a claim did not stand."""

    label: str
    rag: Rag
    reason: str
    improvement: str


def finding_lacks(
    result: VisitResult | None, seen: str, spoken_to: str, proposal: Proposal | None
) -> dict[str, str]:
    """Return what a finding lacks before its visit can be finished, by field. A standard that was
    not looked at has no result, and nothing is asked of it unless something was written."""
    lacks: dict[str, str] = {}
    if result is None:
        if not is_blank(seen) or not is_blank(spoken_to) or proposal is not None:
            lacks["result"] = "Say whether it was confirmed, partly confirmed or not confirmed"
        return lacks
    if is_blank(seen):
        lacks["seen"] = "Say what was seen"
    if is_blank(spoken_to):
        lacks["spoken_to"] = "Say who was spoken to, by role, or “nobody”"
    if proposal is None:
        return lacks
    if result is VisitResult.CONFIRMED:
        lacks["proposed_label"] = "A rating is proposed only where a claim did not stand"
    if is_blank(proposal.reason):
        lacks["proposed_reason"] = "Say why another rating is proposed"
    if proposal.rag in SHORTFALL and is_blank(proposal.improvement):
        lacks["proposed_improvement"] = "Say what improvement is needed: amber and red need one"
    if proposal.rag not in SHORTFALL and not is_blank(proposal.improvement):
        lacks["proposed_improvement"] = "Only amber and red take a required improvement"
    return lacks
