"""Two councils' boundary was changed and one has a new name; one service was joined to a trust."""

from datetime import datetime

from s11audit.demonstration import texts
from s11audit.demonstration.story import Story
from s11audit.demonstration.texts import Invented
from s11audit.domain.dates import london_today
from s11audit.domain.enums import SuccessionKind
from s11audit.services.successions import Wanted, succeed

RENAMED, NEW_NAME = 19, "Eskhollow and Netherby Borough Council"
MERGED, INTO = 10, 4


def tell(story: Story, agencies: list[Invented], members: dict[int, int]) -> None:
    """Put both into the story."""
    ids = {number: membership_id for membership_id, number in members.items()}

    def pass_on(number: int, kind: SuccessionKind, reason: str, name: str, now: datetime) -> None:
        wanted = Wanted(kind, london_today(now), texts.told(reason), (name,))
        succeed(story.session, story.actors["office"], ids[number], wanted, now=now)

    story.at(
        -45, (10, 0),
        lambda now: pass_on(RENAMED, SuccessionKind.RENAMED, "renamed", NEW_NAME, now),
    )  # fmt: skip
    story.at(
        -25, (10, 0),
        lambda now: pass_on(MERGED, SuccessionKind.MERGED, "merged", agencies[INTO].name, now),
    )  # fmt: skip
