"""What the page of one standard shows, and how a form and a stored response meet on it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from s11audit.domain.dates import LONDON, in_words, london_today, moment_in_words
from s11audit.domain.enums import Ask, Category, EvidenceKind, Rag
from s11audit.domain.errors import NotFound
from s11audit.domain.wording import in_words as enum_words
from s11audit.forms.responses import Filled, StandardForm, question_words, standard_form
from s11audit.forms.widgets import form_errors
from s11audit.models import Evidence, Response, Return
from s11audit.queries.agency_home import due_in_words
from s11audit.queries.carrying import Draft, draft_of, is_undecided
from s11audit.queries.progress import answers_to, standard_facts, suggestion_for
from s11audit.queries.responses import response_on_page
from s11audit.queries.reviews import suggestion_of
from s11audit.queries.tools import standards_asked, tool_of
from s11audit.scoring.completeness import Missing, missing_of
from s11audit.scoring.ratings import Suggestion, differs
from s11audit.scoring.words import words_over
from s11audit.tools.schema import Section, Standard, Tool


@dataclass(frozen=True)
class Theirs:
    """A part that a colleague saved differently: what it says, and whether the form has it now,
    because the person had not changed that part."""

    words: str
    taken: bool


@dataclass
class StandardPage:
    """One standard of a return with what is stored for it."""

    return_: Return
    return_id: int
    categories: tuple[Category, ...]
    tool: Tool
    standards: tuple[Standard, ...]
    standard: Standard
    response: Response | None = None
    draft: Draft | None = None
    """The whole return, where what it carries over is worked out for this page only."""

    @classmethod
    def load(cls, session: Session, return_: Return, number: int) -> "StandardPage":
        """Read the standard of that number and what is stored for it; NotFound where it is not
        asked of the return."""
        page = cls.blank(session, return_, number)
        if is_undecided(return_):
            page.draft = draft_of(session, return_)
            page.response = page.draft.responses.get(number)
        else:
            page.response = response_on_page(session, return_.id, number)
        return page

    @classmethod
    def blank(cls, session: Session, return_: Return, number: int) -> "StandardPage":
        """Read the standard only: enough to read a form that was sent."""
        tool = tool_of(session, return_.stage.cycle.tool_version)
        standards = standards_asked(session, return_)
        standard = next((each for each in standards if each.number == number), None)
        if standard is None:
            raise NotFound("There is no such standard in this return.")
        return cls(return_, return_.id, return_.categories, tool, standards, standard)

    @property
    def position(self) -> int:
        """Its place among the standards asked, from 1."""
        return self.standards.index(self.standard) + 1

    @property
    def next_number(self) -> int | None:
        """The number of the standard after it, None after the last."""
        after = self.standards[self.position :]
        return after[0].number if after else None

    @property
    def requirements(self) -> Sequence[Any]:
        """The questions asked of this agency."""
        return self.standard.requirements_for(self.categories)

    @property
    def has_actions(self) -> bool:
        """Whether any action has been proposed."""
        return bool(self.response and self.response.proposed_actions)

    @property
    def ask(self) -> Ask:
        """How the standard is asked."""
        return self.response.ask if self.response else Ask.FULL

    def is_taken_over(self, part: str) -> bool:
        """Whether a part is still as it was taken over from an earlier return."""
        return self.response is not None and part in (self.response.taken_over or ())

    @property
    def words_over(self) -> int:
        """By how many words the stored statement is too long."""
        return words_over(
            self.response.statement if self.response else "", self.tool.statement_limit
        )

    @property
    def suggestion(self) -> Suggestion:
        """What the stored answers suggest."""
        return suggestion_for(self.tool, self.standard, self.categories, self.response)

    def title_of(self, suggestion: Suggestion) -> str:
        """The tool's words for the suggested rating, empty where there is none."""
        return self.tool.rating_for_rag(suggestion.rag).title if suggestion.rag else ""

    def differs_from(self, suggestion: Suggestion) -> bool:
        """Whether the stored self rating is another than the one suggested."""
        return differs(suggestion.rag, self.response.self_rag if self.response else None)

    def filled(self) -> Filled:
        """Return what is stored as the form's first values."""
        response = self.response
        return Filled(
            version=response.version if response else 0,
            statement=response.statement if response else "",
            self_label=response.self_label if response else None,
            na_reason=response.na_reason if response else "",
            progress=response.progress if response else "",
            answers=answers_to(self.standard, self.categories, response),
            actions=[
                {"what": each.what, "owner": each.owner, "due_on": each.due_on}
                for each in (response.proposed_actions if response else [])
            ],
        )

    def base_on_stored(self, form: StandardForm) -> None:
        """Have the form go on from what has just been stored."""
        filled = self.filled()
        form.based_on.data = str(filled.version)
        form.base.data = json.dumps(filled.fingerprints(), sort_keys=True)

    def evidence(self, items: Iterable[Evidence]) -> list[Evidence]:
        """Return those pieces of evidence that serve this standard."""
        if self.response is None:
            return []
        used = self.response.id
        return [item for item in items if any(use.response_id == used for use in item.uses)]

    def saved_in_words(self) -> str:
        """Return "Saved by Amira Khan on 4 March 2026 at 3:07pm", or empty before any save."""
        response = self.response
        if response is None or response.saved_at is None:
            return ""
        by = f" by {response.saved_by.name}" if response.saved_by else ""
        return f"Saved{by} on {moment_in_words(response.saved_at)}"

    def saved_at_in_words(self, now: datetime) -> str:
        """Return the time of the last save: "3:07pm", with the day where it was not today."""
        saved = self.response.saved_at if self.response else None
        if saved is None:
            return ""
        if london_today(saved) == london_today(now):
            return clock(saved)
        return moment_in_words(saved)

    def mark_missing(self, form: StandardForm, today: date) -> None:
        """Put what the standard still lacks beside its fields, as errors."""
        facts = standard_facts(self.tool, self.standard, self.categories, self.response)
        for lack in missing_of(facts, today):
            _field_of(form, lack).errors = [lack.message]

    def faulty(self, today: date) -> list[str]:
        """Return the keys of the questions whose stored answer was begun and cannot be sent in."""
        facts = standard_facts(self.tool, self.standard, self.categories, self.response)
        parts = [lack.part for lack in missing_of(facts, today) if lack.field]
        return list(dict.fromkeys(part.partition(":")[2] for part in parts))

    def add_problems(self, form: StandardForm, problems: Mapping[str, str]) -> None:
        """Put a service's problems, named by part, beside their fields."""
        for part, message in problems.items():
            kind, _, key = part.partition(":")
            if kind == "answer":
                next(iter(form.question(key))).errors = [message]
            elif kind == "actions" and key:
                # Services count the actions that say anything; the form has blank places too.
                given = form.given_actions()[int(key)]
                (given.owner if len(given.owner.data or "") > 200 else given.what).errors = [
                    message
                ]
            elif kind in ("statement", "na_reason", "self_label", "progress"):
                form[kind].errors = [message]
            else:
                form.form_errors.append(message)

    def problems(self, form: StandardForm) -> list[dict[str, str | None]]:
        """Return what is wrong with the form, each with the address of its field."""
        return form_errors(form)

    def merged(
        self, mine: Filled, base: Mapping[str, str], form: StandardForm
    ) -> tuple[StandardForm, dict[str, Theirs]]:
        """Return a form based on what is stored now, and the parts that a colleague saved
        differently from `mine`.

        `base` holds the fingerprints of what the person began from: a part that they had not
        changed since takes the colleague's version, every other keeps theirs, both shown.
        """
        stored = self.filled()
        mine_now, stored_now = mine.fingerprints(), stored.fingerprints()
        theirs: dict[str, Theirs] = {}
        for part, print_ in stored_now.items():
            if mine_now.get(part) == print_ or base.get(part) == print_:
                continue
            taken = base.get(part) == mine_now.get(part)
            theirs[part] = Theirs(self._in_words(stored, part), taken)
        taken_parts = {part for part, each in theirs.items() if each.taken}
        mixed = Filled(
            version=stored.version,
            statement=(stored if "statement" in taken_parts else mine).statement,
            self_label=(stored if "self_label" in taken_parts else mine).self_label,
            na_reason=(stored if "na_reason" in taken_parts else mine).na_reason,
            progress=(stored if "progress" in taken_parts else mine).progress,
            answers={
                key: (stored if f"answer:{key}" in taken_parts else mine).answers[key]
                for key in stored.answers
            },
            actions=(stored if "proposed_actions" in taken_parts else mine).actions,
        )
        made = standard_form(
            self.tool, self.standard, self.categories, mixed,
            more_actions=0 if mixed.actions else 1, base=stored_now, from_request=False,
        )  # fmt: skip
        if "proposed_actions" not in taken_parts:
            _keep_dates(made, form)
        return made, theirs

    def _in_words(self, filled: Filled, part: str) -> str:
        kind, _, key = part.partition(":")
        if kind == "answer":
            return filled.answers[key].in_words()
        if kind == "self_label":
            label = filled.self_label
            return self.tool.rating(label).title if label else "No rating"
        if kind == "proposed_actions":
            return "\n".join(_action_in_words(each) for each in filled.actions) or "No actions"
        return str(getattr(filled, kind)) or "Nothing"


def template_words() -> dict[str, Any]:
    """Return the functions with which the templates word a tool's and a snapshot's parts."""
    return {
        "question_words": question_words,
        "descriptors": lambda tool: {each.label: each.descriptor for each in tool.ratings},
        "shortfalls": lambda tool: [
            each.label for each in tool.ratings if each.rag in (Rag.AMBER, Rag.RED)
        ],
        "kind_words": lambda kind: enum_words(EvidenceKind(kind)),
        "unlike_suggested": unlike_suggested,
        "iso_date": lambda text: in_words(date.fromisoformat(text)),
        "due_in_words": due_in_words,
    }


def unlike_suggested(tool: Tool, part: Mapping[str, Any]) -> Suggestion | None:
    """Return what the answers of a snapshot's part suggest where its self rating is another."""
    suggestion = suggestion_of(tool, tool.standard(part["number"]), dict(part))
    rag = part["self_rating"]["rag"]
    return suggestion if differs(suggestion.rag, Rag(rag) if rag else None) else None


def sections(
    tool: Tool, standards: Sequence[Standard]
) -> list[tuple[Section, tuple[Standard, ...]]]:
    """Return the sections that hold any of these standards, each with its own of them."""
    asked = {standard.number for standard in standards}
    found = []
    for section in tool.sections:
        own = tuple(each for each in section.standards if each.number in asked)
        if own:
            found.append((section, own))
    return found


def clock(moment: datetime) -> str:
    """Return "3:07pm", in London."""
    local = moment.astimezone(LONDON)
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def _field_of(form: StandardForm, lack: Missing) -> Any:
    kind, _, key = lack.part.partition(":")
    if kind == "requirement":
        question = form.question(key)
        return question[lack.field] if lack.field else next(iter(question))
    return form[{"self_rating": "self_label", "taken_over": "still_holds"}.get(kind, kind)]


def _action_in_words(action: Mapping[str, Any]) -> str:
    due = action["due_on"]
    parts = [action["what"], action["owner"], f"by {in_words(due)}" if due else ""]
    return ", ".join(part for part in parts if part)


def _keep_dates(made: StandardForm, sent: StandardForm) -> None:
    """Carry over dates that could not be read, as they were typed."""
    typed = [
        entry.form.due_on
        for entry in sent.actions
        if entry.form.what.data or entry.form.owner.data or entry.form.due_on.raw_data
    ]
    for entry, was in zip(made.actions, typed, strict=False):
        if was.errors:
            entry.form.due_on.parts = was.parts
            entry.form.due_on.errors = was.errors
            entry.form.due_on.wrong = was.wrong
