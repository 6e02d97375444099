"""The invented partnership's current cycle on `working-together-2023`, due three weeks from today,
with returns in every state."""

import io
from dataclasses import replace
from datetime import datetime, timedelta

from s11audit.adapters import uploads
from s11audit.adapters.storage import Storage
from s11audit.demonstration import reviewing, screenings, texts
from s11audit.demonstration.story import Story, filled_in
from s11audit.demonstration.texts import WORKING_TOGETHER, Invented
from s11audit.domain.enums import EntryForm, EvidenceKind, Rag, Standing
from s11audit.domain.policy import Actor
from s11audit.services import (
    boards,
    cycles,
    evidence,
    hand_overs,
    paper_entries,
    responses,
    returns,
    submitting,
    taking_over,
)
from s11audit.services.evidence import EvidenceDetails, StoredFile
from s11audit.services.responses import ResponseValues
from s11audit.services.submissions import Signatory
from s11audit.tools import loader
from s11audit.tools.schema import Standard

KEY = "current"
TOOL = "working-together-2023"
OPENED, DUE = -34, 21
REPLY_DAYS = 14
TAKEN_OVER = (10, 11)
NOTE = (
    "The training figures come from the learning team, on the first working day of the month.\n"
    "The chief executive signs: her office needs a week’s notice.\n"
    "Open from last year: the two actions on supervision. The office has agreed to see them in "
    "spring."
)
EARLY = ("kept", "published")
SENT = (*reviewing.REVIEWED, "submitted", "on_paper", "sent_back")
STANDINGS = {
    "excused": Standing.EXCUSED,
    "declined": Standing.DECLINED,
    "nil": Standing.NIL,
}


def tell(story: Story, agencies: list[Invented], members: dict[int, int], storage: Storage) -> None:
    """Put the cycle's events into the story."""
    name = f"Section 11 audit {story.day(OPENED).year} on Working Together 2023"
    story.at(OPENED, (9, 0), lambda now: _open(story, name, members, now))
    numbers = {number: membership_id for membership_id, number in members.items()}
    for agency in agencies:
        if agency.now in STANDINGS:
            _stands_aside(story, agency)
        elif agency.then:
            _fills_in(story, agency, storage)
        if agency.now in SENT:
            _sends_in(story, agency)
        if agency.now == "extended":
            _is_extended(story, agency)
        if agency.now == "assigned":
            _is_shared_out(story, agency, numbers[agency.number])
    sent = {agency.number: _sent(agency) for agency in agencies}
    screenings.tell(story, [each for each in agencies if each.now in SENT], sent)
    reviewing.tell(story, agencies, sent)


def _open(story: Story, name: str, members: dict[int, int], now: datetime) -> None:
    office = story.actors["office"]
    boards.set_reply_days(story.session, office, story.board_id, REPLY_DAYS, now=now)
    cycle = cycles.open_cycle(
        story.session,
        office,
        story.board_id,
        name,
        TOOL,
        [story.day(DUE)],
        include_advisory=True,
        now=now,
    )
    story.remember(KEY, cycle.id, members)


def _stands_aside(story: Story, agency: Invented) -> None:
    standing = STANDINGS[agency.now]
    story.at(
        -20 + agency.number // 3,
        (11, agency.number),
        lambda now: returns.change_standing(
            story.session,
            story.actors["office"],
            story.returns[KEY, agency.number],
            standing,
            texts.said(standing.value),
            now=now,
        ),
    )


def _fills_in(story: Story, agency: Invented, storage: Storage) -> None:
    """Fill in the standards there are ratings for; who has not sent in leaves the next one half
    typed. The office enters what came on paper."""
    tool = loader.load_builtin(TOOL)
    day = story.day(_sent(agency))
    odd = texts.told("screening", "oddities").get(agency.number, {})
    if agency.now == "on_paper":
        story.at(_sent(agency) - 9, (9, 30), lambda now: _begin_entry(story, agency, storage, now))
    for place, own in enumerate(agency.then):
        standard, topic = tool.standards[place], WORKING_TOGETHER[place]
        values = filled_in(agency, tool, standard, own, own, topic, day, 1)
        values = replace(values, statement=odd.get(place + 1, values.statement))
        _save(story, agency, standard, values, place)
    if agency.now not in SENT and len(agency.then) < len(tool.standards):
        half = tool.standards[len(agency.then)]
        values = ResponseValues(statement=texts.said("half_typed", agency.number))
        _save(story, agency, half, values, len(agency.then))
    if agency.now in SENT or agency.number % 3 == 0:
        for number in range(2):
            story.at(
                _sent(agency) - 1,
                (15, 2 * agency.number + number),
                lambda now, number=number: _attach(  # type: ignore[misc]
                    story, agency, storage, number, now
                ),
            )


def _begin_entry(story: Story, agency: Invented, storage: Storage, now: datetime) -> None:
    """What came by post is kept, and the office begins to enter it."""
    content = texts.told("paper", "text").encode()
    stored = storage.put(io.BytesIO(content))
    paper_entries.start_entry(
        story.session,
        story.actors["office"],
        story.returns[KEY, agency.number],
        EntryForm.PAPER,
        story.day(_sent(agency) - 10),
        StoredFile(stored.sha256, stored.size, "text/plain", texts.told("paper", "title")),
        now=now,
    )


def _by(story: Story, agency: Invented) -> Actor:
    """Who fills in: the agency, or the office from paper."""
    return story.actors["office"] if agency.now == "on_paper" else story.lead(agency)


def _sent(agency: Invented) -> int:
    if agency.now in EARLY:
        return -24 + agency.number // 8
    return -16 + agency.number // 3 if agency.now in SENT else -3


def _save(
    story: Story, agency: Invented, standard: Standard, values: ResponseValues, place: int
) -> None:
    tool = loader.load_builtin(TOOL)
    story.at(
        _sent(agency) - 8 + place // 2,
        (9 + place % 6, agency.number + place),
        lambda now: story.save(KEY, agency, tool, standard, values, now, by=_by(story, agency)),
    )


def _attach(story: Story, agency: Invented, storage: Storage, number: int, now: datetime) -> None:
    """Attach a small file, used for one standard or two."""
    policy = number == 1 and agency.number % 4 == 0
    title, kind, description = texts.evidence(0 if policy else 1 + (agency.number + number) % 3)
    file_name = f"{title}.txt"
    content = f"{title}\n{agency.name}\n\n{description}\nFor the demonstration only.\n".encode()
    media_type = uploads.check(
        io.BytesIO(content), file_name, allowed=("txt",), most_bytes=len(content)
    )
    stored = storage.put(io.BytesIO(content))
    made = story.today - timedelta(days=70 + agency.number)
    standards = [
        place + 1
        for place in range(len(agency.then))
        if place % 7 != agency.number % 7 and ((place + agency.number) % 3 == 0) == bool(number)
    ]
    evidence.add_file(
        story.session,
        _by(story, agency),
        story.returns[KEY, agency.number],
        StoredFile(stored.sha256, stored.size, media_type, file_name),
        EvidenceDetails(
            description=description,
            kind=EvidenceKind(kind),
            standards=standards,
            made_on=made,
            review_on=made + timedelta(days=365) if kind == "policy" else None,
        ),
        now=now,
    )


def _sends_in(story: Story, agency: Invented) -> None:
    signatory = Signatory(agency.lead, agency.post, story.lead(agency).email)
    story.at(
        _sent(agency),
        (16, agency.number),
        lambda now: submitting.submit(
            story.session,
            _by(story, agency),
            story.returns[KEY, agency.number],
            signatory,
            True,
            now=now,
        ),
    )


def _is_extended(story: Story, agency: Invented) -> None:
    story.at(
        -5,
        (10, 15),
        lambda now: returns.extend(
            story.session,
            story.actors["office"],
            story.returns[KEY, agency.number],
            story.day(DUE + 14),
            texts.said("extended"),
            now=now,
        ),
    )


def _is_shared_out(story: Story, agency: Invented, membership_id: int) -> None:
    """The lead gives standards to the contributor, who has begun one, and leaves a note to whoever
    comes after her."""
    tool = loader.load_builtin(TOOL)
    contributor = story.actors["contributor"]
    for standard in tool.standards[len(agency.then) + 1 : len(agency.then) + 5]:
        story.at(
            -6,
            (12, standard.number),
            lambda now, number=standard.number: responses.assign(  # type: ignore[misc]
                story.session,
                story.lead(agency),
                story.returns[KEY, agency.number],
                number,
                contributor.user_id,
                now=now,
            ),
        )
    story.at(
        -5,
        (17, 0),
        lambda now: hand_overs.save_note(
            story.session, story.lead(agency), membership_id, NOTE, now=now
        ),
    )
    begun = tool.standards[len(agency.then) + 2]
    values = filled_in(
        agency, tool, begun, Rag.GREEN, Rag.GREEN, WORKING_TOGETHER[begun.number - 1],
        story.day(-3), 1,
    )  # fmt: skip
    values = replace(values, self_label=None, answers=dict(list(values.answers.items())[:1]))
    story.at(-3, (12, 30), lambda now: _takes_over(story, agency, now))
    story.at(
        -2,
        (17, 20),
        lambda now: responses.save_response(
            story.session,
            contributor,
            story.returns[KEY, agency.number],
            begun.number,
            values,
            based_on=_version(story, agency, begun.number),
            now=now,
        ),
    )


def _takes_over(story: Story, agency: Invented, now: datetime) -> None:
    """Of two standards, what was said in the last cycle, to be read through again."""
    for standard in TAKEN_OVER:
        taking_over.take_over(
            story.session, story.lead(agency), story.returns[KEY, agency.number], standard, "all",
            now=now,
        )  # fmt: skip


def _version(story: Story, agency: Invented, standard: int) -> int:
    from s11audit.queries.responses import response_for

    found = response_for(story.session, story.returns[KEY, agency.number], standard)
    return found.version if found else 0
