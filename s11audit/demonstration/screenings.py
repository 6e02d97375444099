"""The board office's first read of what came into the current cycle: lists drafted, points
confirmed and dismissed, one return passed after another, and one sent back by letter."""

from collections.abc import Sequence
from datetime import datetime

from s11audit.demonstration import reviewing, texts
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.enums import PointState, ScreeningRule
from s11audit.queries.screened import reading_of
from s11audit.queries.screening import screening_of
from s11audit.scoring.screening_letter import Confirmed, letter
from s11audit.services import screening
from s11audit.tools import loader

KEY = "current"
TOOL = "working-together-2023"
PASSED = 4
UNDER_WAY = 2
DISMISSED_EACH = 3


def tell(story: Story, agencies: Sequence[Invented], sent: dict[int, int]) -> None:
    """Put the screening of each of these agencies' returns into the story."""
    for agency in agencies:
        _is_screened(story, agency, sent[agency.number])


def _is_screened(story: Story, agency: Invented, day: int) -> None:
    minute = agency.number
    story.at(day, (19, minute), lambda now: draft(story, KEY, agency, now))
    if agency.now in reviewing.REVIEWED or agency.number == PASSED:
        story.at(day + 1, (10, minute), lambda now: _pass(story, agency, now))
    elif agency.number == UNDER_WAY:
        story.at(day + 1, (11, 0), lambda now: _begin(story, agency, now))
    elif agency.now == "sent_back":
        story.at(-4, (11, 30), lambda now: _send_back(story, agency, now))


def draft(story: Story, key: str, agency: Invented, now: datetime) -> None:
    """Have the first read of an agency's return made, as the background worker makes it."""
    reading = reading_of(story.session, story.returns[key, agency.number])
    assert reading is not None
    screening.draft(story.session, reading, now=now)


def _begin(story: Story, agency: Invented, now: datetime) -> None:
    """Decide the first points, each third one dismissed, and add one by hand."""
    return_id = story.returns[KEY, agency.number]
    office, found = story.actors["office"], screening_of(story.session, return_id)
    for place, point in enumerate(found.points[:5]):
        dismissed = place % DISMISSED_EACH == 1
        screening.decide_point(
            story.session, office, return_id, point.id,
            PointState.DISMISSED if dismissed else PointState.CONFIRMED,
            _why(point.rule, place) if dismissed else "", now=now,
        )  # fmt: skip
    if agency.now != "sent_back":
        by_hand = texts.told("screening", "by_hand")
        screening.add_point(story.session, office, return_id, 2, by_hand, now=now)


def _why(rule: ScreeningRule | None, place: int) -> str:
    """The word with which a point is dismissed."""
    if rule is ScreeningRule.COPIED:
        return str(texts.told("screening", "alike"))
    return str(texts.told("screening", "dismissed", place % 3))


def _pass(story: Story, agency: Invented, now: datetime) -> None:
    """Dismiss what is only alike in its words, confirm the rest, and let QA go on."""
    return_id, office = story.returns[KEY, agency.number], story.actors["office"]
    for point in screening_of(story.session, return_id).points:
        if point.rule is ScreeningRule.COPIED:
            screening.decide_point(
                story.session, office, return_id, point.id, PointState.DISMISSED,
                _why(point.rule, 0), now=now,
            )  # fmt: skip
    screening.confirm_open(story.session, office, return_id, now=now)
    screening.pass_to_qa(story.session, office, return_id, now=now)


def _send_back(story: Story, agency: Invented, now: datetime) -> None:
    """Send the return back with the confirmed points as a letter."""
    return_id, office = story.returns[KEY, agency.number], story.actors["office"]
    _begin(story, agency, now)
    screening.add_point(
        story.session, office, return_id, 11, texts.told("screening", "figures"), now=now
    )
    found = screening_of(story.session, return_id)
    titles = {each.number: each.title for each in loader.load_builtin(TOOL).standards}
    confirmed = [
        Confirmed(each.standard, each.rule, each.passage, each.about)
        for each in found.in_state(PointState.CONFIRMED)
    ]
    screening.send_back_with_letter(
        story.session, office, return_id, letter(confirmed, titles), now=now
    )
