"""The passages of a standard that may be tagged: what the agency sent in, and what QA said."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words, london_today
from s11audit.domain.enums import RatingRole, TagSource
from s11audit.domain.errors import NotFound
from s11audit.domain.policy import Actor, Can, can
from s11audit.models import Rating, Return
from s11audit.queries.moderation import Round, round_of
from s11audit.queries.returns import facts_of
from s11audit.queries.reviews import part_of


@dataclass(frozen=True)
class Source:
    """A text that passages can be chosen from, and what it is."""

    source: TagSource
    about: str
    text: str
    requirement: str = ""
    rating_id: int | None = None

    @property
    def key(self) -> str:
        """What names it in an address: "statement", "requirement-1.2", "rating-17"."""
        return "-".join(
            str(part) for part in (self.source.value, self.requirement or self.rating_id) if part
        )


@dataclass(frozen=True)
class StandardPassages:
    """A standard's title and its texts."""

    number: int
    title: str
    sources: list[Source]

    def by_key(self, key: str) -> Source:
        """Return the text of that name. Raises NotFound."""
        for each in self.sources:
            if each.key == key:
                return each
        raise NotFound("There is no such passage in this return.")


def passages_of(session: Session, actor: Actor, return_: Return, number: int) -> StandardPassages:
    """Return the texts of a standard that the actor may read and tag: the answers and statement
    of the submission under review, published comments, and of reviewers' comments their own and
    those that are open to them. Raises NotFound where nothing is in, or no such standard."""
    current = round_of(session, return_, with_snapshot=True)
    submission = current.submission
    part = part_of(submission.snapshot, number) if submission else None
    if part is None:
        raise NotFound("There is no such standard in this return.")
    sources = [
        Source(TagSource.REQUIREMENT, f"{item['key']} {item['text']}", said, item["key"])
        for item in part["requirements"]
        if (said := item["in_words"].strip()) and item["answer"]
    ]
    if part["statement"].strip():
        sources.append(Source(TagSource.STATEMENT, "Evidence statement", part["statement"]))
    sources += _comments(actor, return_, current, number)
    return StandardPassages(number, part["title"], sources)


def _comments(actor: Actor, return_: Return, current: Round, number: int) -> list[Source]:
    sees = can(actor, Can.SEE_UNPUBLISHED, facts_of(return_))
    found = []
    for rating in current.ratings:
        if rating.standard != number:
            continue
        if rating.role is RatingRole.REVIEWER and not (
            sees and current.visible(rating, actor.user_id)
        ):
            continue
        text = "\n\n".join(each for each in (rating.comment, rating.improvement) if each.strip())
        if text:
            found.append(Source(TagSource.RATING, _who(rating), text, rating_id=rating.id))
    return found


def _who(rating: Rating) -> str:
    day = in_words(london_today(rating.rated_at))
    if rating.role is RatingRole.AGREED:
        return f"QA’s published comment of {day}"
    name = rating.rater.name if rating.rater else "a reviewer"
    return f"Comment by {name}, {day}"
