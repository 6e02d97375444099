"""Lines of enquiry are drafted from what stands out, and from nothing else."""

from s11audit.domain.enums import LineBasis, Rag, ScreeningRule
from s11audit.scoring.enquiry import EnquiryFacts, draft_lines

G, A, R, NA = Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA


def keys(**facts):
    return [each.key for each in draft_lines([EnquiryFacts(1, **facts)])]


def test_what_stands_out_is_asked_about():
    assert keys(self_rating=G, suggested=G, reviewers=(G, G), agreed=G) == []
    assert keys(self_rating=G, suggested=A) == ["above_suggestion"]
    assert keys(self_rating=A, suggested=G) == []
    assert keys(self_rating=G, agreed=A) == ["above_agreed"]
    assert keys(reviewers=(G, A)) == ["spread"]
    assert keys(reviewers=(G, R)) == ["spread", "red"]
    assert keys(reviewers=(R, R), agreed=R) == ["red"]
    # The sub-group settled on amber: red no longer stands.
    assert keys(reviewers=(A, R), agreed=A) == ["spread"]
    # Not applicable is neither above nor below.
    assert keys(self_rating=NA, suggested=R, reviewers=(NA, G), agreed=NA) == []


def test_a_screening_point_is_not_asked_about_twice():
    points = ((ScreeningRule.ABOVE_SUGGESTION, "Green"), (None, "word " * 100))
    found = draft_lines(
        [EnquiryFacts(3, self_rating=G, suggested=R),
         EnquiryFacts(2, points=points, self_rating=G, suggested=R)]
    )  # fmt: skip
    assert [(each.standard, each.key, each.basis) for each in found] == [
        (2, "screening:above_suggestion:1", LineBasis.SCREENING),
        (2, "screening:by_hand:2", LineBasis.SCREENING),
        (3, "above_suggestion", LineBasis.RETURN),
    ]
    assert found[0].text.startswith("Self rating above the suggestion: “Green”.")
    assert "word…”" in found[1].text
    assert "rated itself green, and its answers suggest red" in found[2].text
