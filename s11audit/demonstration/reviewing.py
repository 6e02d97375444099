"""How the sub-group rates the current cycle: two or three reviewers, each alone, one agreed rating,
and the agency's reply."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from s11audit.demonstration import texts
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import WORKING_TOGETHER, Invented
from s11audit.domain.enums import EvidenceKind, Rag
from s11audit.domain.policy import Actor
from s11audit.models import Allotment, Return
from s11audit.services import allotments, moderation, replies, reviews, sharing

KEY = "current"
STANDARDS = range(13)
REVIEWERS = ("qa", "qa2", "both")
ALLOTTED = -22
REVIEWED = ("in_review", "moderated", "shared", "disputed", "published", "kept")
MODERATED = REVIEWED[1:]
SHARED = REVIEWED[2:]
HALF = 6
LOWER = {Rag.GREEN: Rag.AMBER, Rag.AMBER: Rag.RED, Rag.RED: Rag.RED, Rag.NA: Rag.NA}


def tell(story: Story, agencies: Sequence[Invented], sent: dict[int, int]) -> None:
    """Put the reviews into the story; `sent` is each agency's day of sending in, by number."""
    story.at(ALLOTTED, (9, 0), lambda now: _allot(story, agencies, now))
    for agency in agencies:
        if agency.now not in REVIEWED:
            continue
        day = sent[agency.number]
        three = agency.now == "moderated"
        for turn in range(3 if three else 2):
            _rates(story, agency, turn, day + 3 + turn)
        if agency.now in MODERATED:
            _is_agreed(story, agency, day + 7)
        if agency.now in SHARED:
            _replies(story, agency, day + 11)


def _allot(story: Story, agencies: Sequence[Invented], now: datetime) -> None:
    """Two reviewers for each return, evenly, and a third by hand where there is most to read."""
    office, session = story.actors["office"], story.session
    chosen = [story.actors[each].user_id for each in REVIEWERS]
    stage_id = session.scalars(
        select(Return.stage_id).where(Return.id == story.returns[KEY, agencies[0].number])
    ).one()
    allotments.allot_stage(
        session, office, stage_id, reviewers=[each for each in chosen if each], per_return=2,
        now=now,
    )  # fmt: skip
    for agency in agencies:
        if agency.now == "moderated":
            return_id = story.returns[KEY, agency.number]
            here = {each.user_id for each in _reviewers(story, return_id)}
            (third,) = [each for each in chosen if each and each not in here]
            allotments.allot(session, office, return_id, third, now=now)


def _reviewers(story: Story, return_id: int) -> list[Actor]:
    by_user = {story.actors[each].user_id: story.actors[each] for each in REVIEWERS}
    rows = story.session.scalars(
        select(Allotment.reviewer_id)
        .where(Allotment.return_id == return_id, Allotment.ended_at.is_(None))
        .order_by(Allotment.id)
    )
    return [by_user[each] for each in rows]


def _strict(agency: Invented) -> int:
    """The standard on which QA is stricter than the agency."""
    return (agency.number + 3) % len(STANDARDS)


def _rag(agency: Invented, turn: int, place: int) -> Rag:
    """Each reviewer has a standard of their own on which they differ."""
    own = agency.then[place]
    if place == _strict(agency):
        return Rag.AMBER if turn != 1 else own
    if turn == 1 and place == (agency.number + 7) % len(STANDARDS):
        return LOWER[own]
    return own


def _agreed(agency: Invented, place: int) -> Rag:
    return Rag.AMBER if place == _strict(agency) else agency.then[place]


def _rates(story: Story, agency: Invented, turn: int, day: int) -> None:
    """One reviewer rates all, and says so; of a return in review the second is half way."""
    minute = agency.number
    done = HALF if agency.now == "in_review" and turn else len(STANDARDS)
    if turn == 0:
        story.at(day, (9, minute), lambda now: _start(story, agency, now))
    for place in range(done):
        story.at(
            day,
            (10 + place // 3, 4 + 18 * (place % 3)),
            lambda now, place=place: _rate(story, agency, turn, place, now),  # type: ignore[misc]
        )
    if done == len(STANDARDS):
        story.at(day, (16, minute), lambda now: _finish(story, agency, turn, now))


def _start(story: Story, agency: Invented, now: datetime) -> None:
    return_id = story.returns[KEY, agency.number]
    story.reviewers[return_id] = _reviewers(story, return_id)
    reviews.start_review(story.session, story.reviewers[return_id][0], return_id, now=now)


def _rate(story: Story, agency: Invented, turn: int, place: int, now: datetime) -> None:
    return_id = story.returns[KEY, agency.number]
    rag = _rag(agency, turn, place)
    topic = WORKING_TOGETHER[place]
    reviews.rate(
        story.session,
        story.reviewers[return_id][turn],
        return_id,
        place + 1,
        label=rag.value,
        comment=_comment(turn, place, rag),
        improvement=texts.improvement(topic, rag) if rag in texts.SHORTFALLS else "",
        na_reason=texts.said("na_reason") if rag is Rag.NA else "",
        monitor=rag is Rag.RED,
        now=now,
    )  # fmt: skip


def _comment(turn: int, place: int, rag: Rag) -> str:
    """What a reviewer says: the first by the standard, the others in words of their own."""
    if rag not in texts.RATED:
        return ""
    if turn == 0:
        return texts.comment(WORKING_TOGETHER[place], rag)
    said = texts.told("rating", "second" if turn == 1 else "third", rag.value)
    return str(said[place % len(said)])


def _finish(story: Story, agency: Invented, turn: int, now: datetime) -> None:
    return_id = story.returns[KEY, agency.number]
    moderation.finish(story.session, story.reviewers[return_id][turn], return_id, now=now)


def _is_agreed(story: Story, agency: Invented, day: int) -> None:
    """The sub-group agrees on everything and shares it, or is half way."""
    done = HALF if agency.now == "moderated" else len(STANDARDS)
    for place in range(done):
        story.at(
            day,
            (13 + place // 6, 8 * (place % 6) + agency.number % 8),
            lambda now, place=place: _agree(story, agency, place, now),  # type: ignore[misc]
        )
    if done == len(STANDARDS):
        story.at(
            day,
            (16, agency.number),
            lambda now: sharing.share(
                story.session, story.actors["chair"], story.returns[KEY, agency.number], now=now
            ),
        )


def _agree(story: Story, agency: Invented, place: int, now: datetime) -> None:
    rag, topic = _agreed(agency, place), WORKING_TOGETHER[place]
    turns = range(len(story.reviewers[story.returns[KEY, agency.number]]))
    given = {_rag(agency, turn, place) for turn in turns}
    reason = ""
    if given != {rag}:
        reason = texts.told("rating", "differ" if rag is Rag.AMBER else "own_view")
    moderation.agree(
        story.session,
        story.actors["chair"],
        story.returns[KEY, agency.number],
        place + 1,
        label=rag.value,
        comment=texts.comment(topic, rag) if rag in texts.RATED else "",
        reason=reason,
        improvement=texts.improvement(topic, rag) if rag in texts.SHORTFALLS else "",
        improvement_due_on=story.day(110) if rag in texts.SHORTFALLS else None,
        na_reason=texts.said("na_reason") if rag is Rag.NA else "",
        monitor=rag is Rag.RED,
        now=now,
    )


def _replies(story: Story, agency: Invented, day: int) -> None:
    """The agency accepts, or disputes one rating: that dispute is decided, or waits."""
    if agency.now in ("published", "kept", "disputed"):
        story.at(day, (11, agency.number), lambda now: _reply(story, agency, now))
    if agency.now == "kept":
        story.at(day + 3, (14, 0), lambda now: _decide(story, agency, now))


def _reply(story: Story, agency: Invented, now: datetime) -> None:
    session, lead, return_id = story.session, story.lead(agency), story.returns[KEY, agency.number]
    if agency.now != "published":
        which = "kept" if agency.now == "kept" else "open"
        new = replies.NewEvidence(
            texts.told("reply", "link"), texts.told("reply", f"{which}_evidence"),
            EvidenceKind.ACTIVITY,
        )  # fmt: skip
        replies.dispute(
            session, lead, return_id, _strict(agency) + 1, reason=texts.told("reply", which),
            new=new, now=now,
        )  # fmt: skip
    replies.accept(session, lead, return_id, now=now)


def _decide(story: Story, agency: Invented, now: datetime) -> None:
    replies.decide(
        story.session,
        story.actors["chair"],
        story.returns[KEY, agency.number],
        _strict(agency) + 1,
        reason=texts.told("reply", "decided"),
        now=now,
    )


def publish_alone(
    story: Story, return_id: int, ratings: dict[int, Rag], topics: Sequence[str], lead: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Have one reviewer rate the standards of a return, the chair confirm them in a single step,
    and the agency accept: published."""
    session, qa = story.session, story.actors["qa"]
    for standard, rag in ratings.items():
        topic = topics[standard - 1]
        reviews.rate(
            session, qa, return_id, standard, label=rag.value, comment=texts.comment(topic, rag),
            improvement=texts.improvement(topic, rag) if rag in texts.SHORTFALLS else "",
            improvement_due_on=story.day(100) if rag in texts.SHORTFALLS else None, now=now,
        )  # fmt: skip
    moderation.finish(session, qa, return_id, now=now)
    moderation.confirm(session, story.actors["chair"], return_id, now=now)
    replies.accept(session, lead, return_id, now=now)
