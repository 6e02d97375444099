"""The second year of the cycle on `lancashire-2012`: what fell short is followed up. One agency is
in the middle of its update, one has sent it in, one is rated again, and one that is all green has
confirmed."""

from dataclasses import replace
from datetime import datetime

from s11audit.demonstration import screenings, texts
from s11audit.demonstration.reviewing import publish_alone
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import LANCASHIRE, Invented
from s11audit.domain.enums import Ask, Rag
from s11audit.queries.carrying import draft_of
from s11audit.queries.responses import responses_of
from s11audit.queries.returns import return_by_id
from s11audit.services import reviews, still_true, submitting
from s11audit.services.responses import ResponseValues, save_response
from s11audit.services.submissions import Signatory
from s11audit.tools import loader

FIRST, SECOND = "first", "second year"
TOOL = "lancashire-2012"
CONFIRMS, SENDS_IN, BEGINS = 1, 0, 15
RATED = {16: Rag.GREEN, 17: Rag.AMBER}


def tell(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    """Put the updates into the story. The stage itself opened the day after the first was due."""
    sends_in, begins = agencies[SENDS_IN], agencies[BEGINS]
    story.at(-31, (8, 0), lambda now: _remember(story, agencies, members))
    for number, rag in RATED.items():
        _is_rated(story, agencies[number], rag)
    story.at(-12, (9, 20), lambda now: _answer(story, sends_in, now))
    story.at(-11, (15, 20), lambda now: _submit(story, sends_in, now))
    story.at(-8, (10, 30), lambda now: _confirm(story, agencies[CONFIRMS], now))
    story.at(-4, (16, 40), lambda now: _answer(story, begins, now, half=True))


def _is_rated(story: Story, agency: Invented, rag: Rag) -> None:
    minute = agency.number
    story.at(-30, (9, minute), lambda now: _answer(story, agency, now))
    story.at(-29, (15, minute), lambda now: _submit(story, agency, now))
    story.at(-26, (11, minute), lambda now: _rate(story, agency, rag, now))


def _remember(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    first = return_by_id(story.session, story.returns[FIRST, agencies[0].number])
    story.remember(SECOND, first.stage.cycle_id, members, stage=2)


def _answer(story: Story, agency: Invented, now: datetime, *, half: bool = False) -> None:
    """Say what is still true, and how far what fell short has come; `half`: some of each."""
    session, lead = story.session, story.lead(agency)
    return_id = story.returns[SECOND, agency.number]
    draft = draft_of(session, return_by_id(session, return_id)).responses
    green = [number for number, each in draft.items() if each.ask is Ask.STILL_TRUE]
    said = dict.fromkeys(green[:3] if half else green, True)
    still_true.say_still_true(session, lead, return_id, said, agency.lead, now=now)
    short = [
        (number, each)
        for number, each in responses_of(session, return_id).items()
        if each.ask is Ask.UPDATE
    ]
    for place, (number, response) in enumerate(short[:1] if half else short):
        values = ResponseValues(
            statement=response.statement,
            self_label=None if half else "green",
            answers={each.requirement: each.value for each in response.answers},
            progress=texts.told("update", "progress", place % 2),
            still_holds=not half,
        )
        if place and not half:
            values = replace(values, self_label="amber")
        save_response(session, lead, return_id, number, values, based_on=response.version, now=now)


def _signatory(story: Story, agency: Invented) -> Signatory:
    return Signatory(agency.lead, agency.post, story.lead(agency).email)


def _submit(story: Story, agency: Invented, now: datetime) -> None:
    return_id = story.returns[SECOND, agency.number]
    submitting.submit(
        story.session, story.lead(agency), return_id, _signatory(story, agency), True, now=now
    )
    screenings.draft(story, SECOND, agency, now)


def _rate(story: Story, agency: Invented, rag: Rag, now: datetime) -> None:
    """What moved is rated again; the rest keeps its rating."""
    session, return_id = story.session, story.returns[SECOND, agency.number]
    reviews.start_review(session, story.actors["qa"], return_id, now=now)
    asked = responses_of(session, return_id)
    moved = {number: rag for number, each in asked.items() if each.ask is Ask.UPDATE}
    publish_alone(story, return_id, moved, LANCASHIRE, story.lead(agency), now)


def _confirm(story: Story, agency: Invented, now: datetime) -> None:
    """All green: one page, signed."""
    standards = loader.load_builtin(TOOL).standards
    still_true.confirm_return(
        story.session,
        story.lead(agency),
        story.returns[SECOND, agency.number],
        {each.number: True for each in standards},
        _signatory(story, agency),
        True,
        now=now,
    )
    screenings.draft(story, SECOND, agency, now)
