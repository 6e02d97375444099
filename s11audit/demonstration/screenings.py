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
        day = sent[agency.number]
        story.at(day, (19, agency.number), lambda now, agency=agency: _draft(story, agency, now))  # type: ignore[misc]
        if agency.now in reviewing.REVIEWED or agency.number == PASSED:
            story.at(
                day + 1, (10, agency.number),
                lambda now, agency=agency: _pass(story, agency, now),  # type: ignore[misc]
            )  # fmt: skip
        elif agency.number == UNDER_WAY:
            story.at(day + 1, (11, 0), lambda now, agency=agency: _begin(story, agency, now))  # type: ignore[misc]
        elif agency.now == "sent_back":
            story.at(-4, (11, 30), lambda now, agency=agency: _send_back(story, agency, now))  # type: ignore[misc]


def _draft(story: Story, agency: Invented, now: datetime) -> None:
    reading = reading_of(story.session, story.returns[KEY, agency.number])
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
            texts.told("screening", "dismissed", place % 3) if dismissed else "", now=now,
        )  # fmt: skip
    if agency.now != "sent_back":
        by_hand = texts.told("screening", "by_hand")
        screening.add_point(story.session, office, return_id, 2, by_hand, now=now)


def _pass(story: Story, agency: Invented, now: datetime) -> None:
    """Dismiss what is only alike in its words, confirm the rest, and let QA go on."""
    return_id, office = story.returns[KEY, agency.number], story.actors["office"]
    for point in screening_of(story.session, return_id).points:
        if point.rule is ScreeningRule.COPIED:
            screening.decide_point(
                story.session, office, return_id, point.id, PointState.DISMISSED,
                texts.told("screening", "alike"), now=now,
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
