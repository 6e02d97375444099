"""A sample audit of one standard, safe recruitment, beside the current cycle: most councils have
answered, one has declined, and one that is late is written to in steps."""

from datetime import datetime

from s11audit.demonstration import escalating, screenings, texts
from s11audit.demonstration.reviewing import publish_alone
from s11audit.demonstration.story import Story, filled_in
from s11audit.demonstration.texts import WORKING_TOGETHER, Invented
from s11audit.domain.enums import Category, Rag, Standing
from s11audit.queries.returns import return_by_id
from s11audit.queries.scopes import Scope
from s11audit.services import returns, reviews, sample_audits, submitting
from s11audit.services.submissions import Signatory
from s11audit.tools import loader

KEY = "sample"
TOOL = "working-together-2023"
STANDARD = 8
OPENED, DUE = -30, -12
AMBER = (18, 22, 25)
PUBLISHED = (16, 18)
LATE, DECLINES = 21, 24
SILENT = (LATE, DECLINES, 26)


def tell(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    """Put the sample audit into the story."""
    asked = [each for each in agencies if Category.DISTRICT_COUNCIL in each.categories]
    story.at(OPENED, (9, 15), lambda now: _open(story, members, now))
    for agency in asked:
        if agency.number not in SILENT:
            _answers(story, agency)
        if agency.number in PUBLISHED:
            _is_rated(story, agency)
    story.at(-13, (12, 0), lambda now: _decline(story, agencies[DECLINES], now))
    escalating.press(
        story,
        lambda: story.returns[KEY, LATE],
        story.actors["office"],
        [(DUE + 1, escalating.PROMISED), (DUE + 8, escalating.MANAGER)],
    )


def _answers(story: Story, agency: Invented) -> None:
    day = -26 + agency.number % 6
    story.at(day, (14, agency.number), lambda now: _answer(story, agency, day, now))


def _is_rated(story: Story, agency: Invented) -> None:
    story.at(-14, (10, agency.number), lambda now: _rate(story, agency, now))


def _open(story: Story, members: dict[int, int], now: datetime) -> None:
    session = story.session
    cycle_id = return_by_id(session, story.returns["current", LATE]).stage.cycle_id
    stage = sample_audits.add_sample_audit(
        session,
        story.actors["office"],
        cycle_id,
        due_on=story.day(DUE),
        scope=Scope((STANDARD,), (Category.DISTRICT_COUNCIL,)),
        now=now,
    )
    story.remember(KEY, cycle_id, members, stage=stage.number)


def _answer(story: Story, agency: Invented, day: int, now: datetime) -> None:
    tool = loader.load_builtin(TOOL)
    own = Rag.AMBER if agency.number in AMBER else Rag.GREEN
    topic = WORKING_TOGETHER[STANDARD - 1]
    (standard,) = [each for each in tool.standards if each.number == STANDARD]
    values = filled_in(agency, tool, standard, own, own, topic, story.day(day), 2)
    story.save(KEY, agency, tool, standard, values, now)
    submitting.submit(
        story.session,
        story.lead(agency),
        story.returns[KEY, agency.number],
        Signatory(agency.lead, agency.post, story.lead(agency).email),
        True,
        now=now,
    )
    screenings.draft(story, KEY, agency, now)


def _rate(story: Story, agency: Invented, now: datetime) -> None:
    return_id = story.returns[KEY, agency.number]
    reviews.start_review(story.session, story.actors["qa"], return_id, now=now)
    rag = Rag.AMBER if agency.number in AMBER else Rag.GREEN
    publish_alone(story, return_id, {STANDARD: rag}, WORKING_TOGETHER, story.lead(agency), now)


def _decline(story: Story, agency: Invented, now: datetime) -> None:
    returns.change_standing(
        story.session,
        story.actors["office"],
        story.returns[KEY, agency.number],
        Standing.DECLINED,
        texts.told("sample", "declined"),
        now=now,
    )
