"""The confirmed way: what an agency may correct, and what each shortfall asks of its plan (domain
rules 6 and 11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s11audit.domain.enums import Rag
from s11audit.scoring.words import is_blank

SHORTFALL = (Rag.AMBER, Rag.RED)
_ORDER = {Rag.RED: 0, Rag.AMBER: 1, Rag.GREEN: 2, Rag.NA: 2}


@dataclass(frozen=True)
class Correction:
    """Another rating for one standard than the agency sent in, with its reason. For a rating of
    not applicable the reason is why the standard does not apply."""

    label: str
    reason: str = ""


def correction_problems(
    corrections: Mapping[int, Correction],
    sent_in: Mapping[int, str | None],
    labels: Mapping[str, Rag],
) -> dict[str, str]:
    """Return what is wrong with an agency's corrections, by field ("label_3", "reason_3").

    `sent_in`: each standard's label as it was sent in, None where it was not rated. `labels`: the
    tool's ratings. A correction says something else than was sent in, and why.
    """
    problems: dict[str, str] = {}
    for number, correction in corrections.items():
        if number not in sent_in or correction.label not in labels:
            problems[f"label_{number}"] = (
                f"Standard {number}: choose the right rating, or clear the reason"
                if not correction.label
                else f"Standard {number}: choose a rating"
            )
        elif correction.label == sent_in[number]:
            problems[f"label_{number}"] = (
                f"Standard {number}: this is the rating that you sent in. Leave it as it is, or"
                " choose another"
            )
        elif is_blank(correction.reason):
            problems[f"reason_{number}"] = f"Standard {number}: say why you correct the rating"
    return problems


def improvement_text(number: int, title: str, rating: str, proposed: Sequence[str]) -> str:
    """Return what a shortfall that the agency confirmed asks of its plan.

    `rating` is the tool's title of the rating; `proposed` what the agency said at submission that
    it would do, in its order. Where it said nothing, the text says which standard fell short.
    """
    said = [each.strip() for each in proposed if not is_blank(each)]
    head = f"You confirmed standard {number}, “{title}”, as “{rating}”."
    if not said:
        return f"{head} Say what you will do to meet it fully."
    return f"{head} You proposed: {'; '.join(said)}"


def is_better(after: Rag, before: Rag | None) -> bool:
    """Return whether a rating is better than the one before it; green and not applicable ask for
    nothing more, so neither is better than the other."""
    return before is not None and _ORDER[after] > _ORDER[before]
