"""What is marked in the evidence behind a green rating (domain rule 76)."""

from datetime import date

from s11audit.domain.enums import EvidenceKind, LineBasis, Rag, ScreeningRule
from s11audit.scoring.enquiry import EnquiryFacts, draft_lines
from s11audit.scoring.evidence_marks import Mark, Shown, marks

ON = date(2026, 3, 4)
POLICY = Shown(EvidenceKind.POLICY, "Policy")
OUTCOME = Shown(EvidenceKind.OUTCOME, "Survey")


def rules(rating: Rag | None, *evidence: Shown) -> list[str]:
    return [mark.rule.value for mark in marks(rating, evidence, ON)]


def test_only_green_is_marked_and_only_where_there_is_evidence() -> None:
    assert rules(Rag.GREEN, POLICY, POLICY) == ["policy_only"]
    assert rules(Rag.GREEN, POLICY, OUTCOME) == rules(Rag.GREEN) == []
    for rating in (Rag.AMBER, Rag.RED, Rag.NA, None):
        assert rules(rating, POLICY) == []


def test_evidence_is_past_its_review_date_from_the_day_after() -> None:
    due = Shown(EvidenceKind.OUTCOME, "Audit", ON)
    past = Shown(EvidenceKind.POLICY, "Policy", date(2026, 3, 3))
    assert rules(Rag.GREEN, due, OUTCOME) == []
    assert marks(Rag.GREEN, [past, OUTCOME], ON) == [
        Mark(ScreeningRule.OUT_OF_DATE, "Policy: to be reviewed on 3 March 2026")
    ]
    assert rules(Rag.GREEN, past) == ["policy_only", "out_of_date"]


def test_a_mark_is_a_line_of_enquiry_once() -> None:
    alone = Mark(ScreeningRule.POLICY_ONLY, "Policy")
    past = Mark(ScreeningRule.OUT_OF_DATE, "Policy: to be reviewed on 3 March 2026")
    confirmed = ((ScreeningRule.POLICY_ONLY, "Policy"),)
    own = EnquiryFacts(1, self_marks=(alone, past), agreed_marks=(alone, past))
    screened = EnquiryFacts(2, points=confirmed, self_marks=(alone,))
    agreed = EnquiryFacts(3, agreed_marks=(past,))
    found = [(each.standard, each.key, each.basis) for each in draft_lines([own, screened, agreed])]
    assert found == [
        (1, "policy_only", LineBasis.RETURN),
        (1, "out_of_date", LineBasis.RETURN),
        (2, "screening:policy_only:1", LineBasis.SCREENING),
        (3, "agreed_out_of_date", LineBasis.RATINGS),
    ]
