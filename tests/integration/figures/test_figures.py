"""The sub-group's figures of a stage: what enters, what does not, and the page."""

from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from s11audit.domain.enums import Category, Rag, RatingRole, Role
from s11audit.models import Agreement, Allotment, Cycle, Rating, Stage
from s11audit.queries.figures import figures_of_stage
from s11audit.scoring.agreement import Differences
from tests import factories as make
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reporting import Asked, at, ratings
from tests.support.web import sign_in

G, A, R = Rag.GREEN, Rag.AMBER, Rag.RED


def review(session, asked, rater, letters, day, first=1):
    for number, rag in ratings(letters, first).items():
        session.add(
            Rating(
                return_id=asked.return_.id, standard=number, role=RatingRole.REVIEWER,
                rater_id=rater.id, label=rag.value, rag=rag, rated_at=at(day),
                na_reason="Not theirs." if rag is Rag.NA else "",
            )
        )  # fmt: skip


def agree(session, asked, letters, day):
    for number, rag in ratings(letters).items():
        session.add(
            Agreement(
                return_id=asked.return_.id, submission_id=asked.submissions[-1].id, round=0,
                standard=number, label=rag.value, rag=rag, improvement="Do better.",
                na_reason="Not theirs.", agreed_at=at(day),
            )
        )  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_enters_the_figures(session, client):
    board = make.board(session)
    cycle = make.cycle(session, board)
    stage = session.scalars(
        select(Stage)
        .where(Stage.cycle_id == cycle.id)
        .options(joinedload(Stage.cycle).joinedload(Cycle.tool_version))
    ).one()
    one, two, gone = (make.user(session, Role.QA, board=board) for _ in range(3))
    school, police, council = (
        Asked(session, board, cycle, name, categories=categories)
        for name, categories in (
            ("A school", (Category.EDUCATION,)),
            ("B police", (Category.POLICE, Category.OTHER)),
            ("C council", (Category.COUNCIL,)),
        )
    )
    school.submit(at("2026-03-02"), ratings("ggggggggg"))
    review(session, school, one, "gggggaaan", "2026-03-03")
    review(session, school, two, "gggggaagg", "2026-03-03")
    agree(session, school, "gggggaaag", "2026-03-04")
    school.publish(at("2026-03-04"), ratings("gggggaaag"))
    # Seen by nobody yet: given for a second round, after the agreement.
    review(session, school, one, "r", "2026-03-05")
    # Verified and rated again: no longer what the agency is measured by.
    school.publish(at("2026-03-20"), {6: G})
    police.submit(at("2026-03-02"), ratings("aagaaaaaa"))
    review(session, police, one, "gr", "2026-03-03")
    review(session, police, two, "rg", "2026-03-03")
    agree(session, police, "aa", "2026-03-04")  # agreed, not published
    # Replaced before the moderation, and given before the return was sent back: neither counts.
    review(session, police, gone, "rr", "2026-03-03")
    session.add(
        Allotment(
            return_id=police.return_.id, reviewer_id=gone.id, allotted_at=at("2026-03-02"),
            ended_at=at("2026-03-03"), reason="A role at the agency.",
        )
    )  # fmt: skip
    review(session, school, gone, "rrrrrrrrr", "2026-03-01")
    council.submit(at("2026-03-02"), ratings("rrrrrrrrr"))
    review(session, council, one, "gggg", "2026-03-03")  # before its moderation
    review(session, council, two, "rrrr", "2026-03-03")
    session.commit()

    def figures(of):
        return figures_of_stage(session, make.actor(session, of), stage)

    found = figures(one)
    assert (found.asked, found.returned, found.published, found.moderated) == (3, 3, 1, 2)
    assert found.differences == Differences(lower=3, same=6)
    assert {each.category: each.differences.compared for each in found.categories} == {
        Category.COUNCIL: 0, Category.POLICE: 0, Category.EDUCATION: 9, Category.OTHER: 0,
    }  # fmt: skip
    # The school: 5 green pairs, 2 amber, 1 amber/green, 1 left out. The police: 2 green/red.
    # In both orders: green 10 + 1 + 2 = 13, amber 4 + 1 = 5, red 2. Seen: 2 x 1 + 4 x 4 = 18.
    # Expected: 2 x (13 x 5 + 5 x 2) x 1 + 2 x 13 x 2 x 4 = 150 + 208 = 358 over 20.
    told = found.agreement
    assert (told.pairs, told.same, told.left_out) == (10, 7, 1)
    assert told.kappa == 1 - Fraction(18 * 20, 358)
    first = found.standards[0]
    assert (first.agreement.pairs, first.agreement.same, first.agreement.kappa) == (2, 1, None)
    # Who holds a role at an agency is not shown what its reviewers said.
    make.grant(session, two, Role.CONTRIBUTOR, membership=police.membership)
    session.commit()
    assert figures(two).agreement.pairs == 8
    sign_in(client, one)
    with counted_queries() as queries:
        page = client.get(f"/boards/{board.slug}/stages/{stage.id}/figures").get_data(as_text=True)
    assert len(queries) <= MOST_QUERIES
    assert "3 of 9 (33%)" in page
    assert "7 of 10 (70%)" in page
    assert "-0.01 (n = 10 pairs)" in page
    assert "None: fewer than 10 pairs (n = 2 pairs)" in page
    lines = client.get(f"/boards/{board.slug}/stages/{stage.id}/figures.csv").text.splitlines()
    assert lines[1] == "all,,9,3,6,0,0,10,7,1,-0.0056"
