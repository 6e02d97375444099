"""Two reviewers who rate alone, the moderation, and the agency's right of reply."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from s11audit.domain.dates import in_words
from s11audit.domain.enums import Rag, RatingRole, ReturnState, Role
from s11audit.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.jobs.replies import WORKER, publish_after_deadline
from s11audit.models import (
    Agency,
    Agreement,
    Allotment,
    Improvement,
    OutboxMessage,
    Publication,
    Rating,
    Sharing,
)
from s11audit.queries.replies import open_sharing
from s11audit.services import allotments, boards, moderation, replies, returns, reviews, sharing
from s11audit.services.log import verify
from s11audit.services.sharing import finalise_if_due
from tests import factories as make
from tests.factories import NOW
from tests.integration.reviews.test_at_once import at_once, one_of_two
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import Panel, panel
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DUE = date(2099, 9, 30)
SECRET = "Quinn’s words about standard"


def two(session: Session, *, days: int = 14) -> Panel:
    """A return in review by the QA member and a second one, with a right of reply."""
    found = panel(session)
    found.board.reply_days = days
    found.other = make.user(session, Role.QA, board=found.board, name="Olu Second")
    for person in (found.qa, found.other):
        allotments.allot(session, OPERATOR, found.return_.id, person.id, now=NOW)
    reviews.start_review(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    return found


def rate_all(session: Session, of: Panel, who: str, rags: dict[int, Rag], words: str) -> None:
    actor = of.actor(session, who)
    for number in range(1, 10):
        rag = rags.get(number, Rag.GREEN)
        reviews.rate(
            session, actor, of.return_.id, number, label=rag.value, comment=f"{words} {number}.",
            improvement="Show it." if rag in (Rag.AMBER, Rag.RED) else "", now=NOW,
        )  # fmt: skip


def both_finished(session: Session, of: Panel) -> None:
    rate_all(session, of, "qa", {2: Rag.AMBER}, SECRET)
    rate_all(session, of, "other", {2: Rag.RED}, "Olu says")
    for who in ("qa", "other"):
        moderation.finish(session, of.actor(session, who), of.return_.id, now=NOW)


def agreed(session: Session, of: Panel, *, now: datetime = NOW, done: int = 0) -> Sharing:
    """Everything is agreed as rated, standard 2 amber, and shared; up to `done` it is already."""
    chair = of.actor(session, "chair")
    for number in range(done + 1, 10):
        amber = number == 2
        moderation.agree(
            session, chair, of.return_.id, number, label="amber" if amber else "green",
            comment=f"Agreed {number}.", reason="The audits outweigh the gap." if amber else "",
            improvement="Show it." if amber else "", improvement_due_on=DUE if amber else None,
            now=now,
        )  # fmt: skip
    return sharing.share(session, chair, of.return_.id, now=now)


@SQLITE
def test_nobody_sees_anothers_ratings_on_any_page_until_all_have_finished(
    client: FlaskClient, session: Session
) -> None:
    found = two(session)
    rate_all(session, found, "qa", {2: Rag.AMBER}, SECRET)
    moderation.finish(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    rate_all(session, found, "other", {2: Rag.RED}, "Olu says")
    session.commit()
    base = f"/returns/{found.return_.id}"
    pages = [base, f"{base}/review", f"{base}/review/publish", f"{base}/moderation"]
    pages += [f"{base}/review/{number}" for number in (1, 2)] + [f"{base}/history"]
    pages += [f"{base}/moderation/2", f"{base}/moderation/open", f"{base}/ratings", f"{base}/reply"]
    pages += [f"{base}/reviewers", f"/boards/{found.board.slug}/reviews"]
    pages += [f"{base}/themes", f"{base}/submissions/1"]
    for who in ("other", "chair", "scrutineer", "office", "lead"):
        sign_in(client, getattr(found, who))
        for path in pages:
            answer = client.get(path, follow_redirects=True)
            assert SECRET not in answer.text, (who, path)
        if who != "other":
            # Nothing of the second reviewer's either, whose ratings are not finished.
            assert "Olu says" not in client.get(f"{base}/history").text
    sign_in(client, found.other)
    assert "Olu says 2." in client.get(f"{base}/review/2").text
    client.post(f"{base}/review/finish")
    page = client.get(f"{base}/moderation").text
    for words in (
        f"{SECRET} 2.",
        "Olu says 2.",
        "Reviewers differ: partially compliant and not compliant",
    ):
        assert words in page, words
    assert f"{SECRET} 2." in client.get(f"{base}/history?page=1").text
    assert client.post(f"{base}/review/reopen").status_code == 409
    sign_in(client, found.lead)
    assert SECRET not in client.get(f"{base}/history").text
    # The chair agrees what all gave alike by one button, and the rest one at a time.
    sign_in(client, found.chair)
    assert client.post(f"{base}/moderation/same").location == f"{base}/moderation"
    # The improvement that the page offers of itself goes with the rating it was for.
    typed = {"label": "green", "improvement": "Show it.", "save": "yes"}
    page = client.post(f"{base}/moderation/2", data=typed).text
    assert "Say why: the reviewers did not all" in page
    typed["reason"] = "The visit showed it."
    assert client.post(f"{base}/moderation/2", data=typed).location == f"{base}/moderation"
    assert "Ratings to be shared" in client.get(f"{base}/review/publish").text
    assert client.post(f"{base}/review/publish").location == f"{base}/review"
    assert "with the agency" in client.get(f"{base}/review").text
    assert client.post(f"{base}/review/publish").status_code == 409


@SQLITE
def test_a_reviewer_finishes_when_every_standard_is_rated_and_can_take_it_back(
    session: Session,
) -> None:
    found = two(session)
    qa, other, id_ = found.actor(session, "qa"), found.actor(session, "other"), found.return_.id
    reviews.rate(session, qa, id_, 1, label="green", now=NOW)
    with pytest.raises(Refused, match="rate standards 2, 3, 4, 5, 6, 7, 8 and 9 first"):
        moderation.finish(session, qa, id_, now=NOW)
    for number in range(2, 10):
        reviews.rate(session, qa, id_, number, label="green", now=NOW)
    assert not moderation.finish(session, qa, id_, now=NOW).open
    with pytest.raises(Refused, match="Take that back to change"):
        reviews.rate(session, qa, id_, 1, label="na", na_reason="x", reason="y", now=NOW)
    moderation.reopen(session, qa, id_, now=NOW)
    reviews.rate(session, qa, id_, 1, label="na", na_reason="x", reason="y", now=NOW)
    moderation.finish(session, qa, id_, now=NOW)
    with pytest.raises(Refused, match="not said that you have finished"):
        moderation.reopen(session, other, id_, now=NOW)
    with pytest.raises(Refused, match="not all finished"):
        moderation.agree(session, found.actor(session, "chair"), id_, 1, label="green", now=NOW)
    with pytest.raises(NotAllowed):
        moderation.open_moderation(session, qa, id_, reason="I want to", now=NOW)
    moderation.open_moderation(
        session, found.actor(session, "chair"), id_, reason="Olu is ill.", now=NOW
    )
    with pytest.raises(Refused, match="moderation is open"):
        reviews.rate(session, other, id_, 1, label="green", now=NOW)
    with pytest.raises(Refused, match="lie open"):
        allotments.allot(session, OPERATOR, id_, found.chair.id, now=NOW)


@SQLITE
def test_the_group_agrees_shares_and_the_agency_accepts_all(session: Session) -> None:
    found = two(session)
    both_finished(session, found)
    chair, id_ = found.actor(session, "chair"), found.return_.id
    with pytest.raises(Invalid) as raised:
        moderation.agree(session, chair, id_, 2, label="amber", now=NOW)
    assert raised.value.problems.keys() == {"reason", "improvement", "improvement_due_on"}
    with pytest.raises(Refused, match="agree on standards 1, 2, 3"):
        sharing.share(session, chair, id_, now=NOW)
    shared = agreed(session, found)
    assert shared.reply_by == date(2026, 3, 18)
    assert found.return_.state is ReturnState.IN_REVIEW
    assert session.scalar(select(func.count(Publication.id))) == 0
    with pytest.raises(Refused, match="with the agency"):
        returns.send_back(session, found.actor(session, "office"), id_, "More", now=NOW)
    with pytest.raises(NotAllowed):
        replies.accept(session, found.actor(session, "contributor"), id_, now=NOW)
    replies.accept(session, found.actor(session, "lead"), id_, [1], now=NOW)
    assert open_sharing(session, id_) is not None
    replies.accept(session, found.actor(session, "lead"), id_, now=NOW)
    assert found.return_.state is ReturnState.RATED
    published = session.scalars(select(Rating).where(Rating.role == RatingRole.AGREED)).all()
    assert {each.standard: each.rag for each in published} == {
        **dict.fromkeys(range(1, 10), Rag.GREEN), 2: Rag.AMBER
    }  # fmt: skip
    assert not any(each.disputed for each in published)
    assert {each.rater_id for each in published} == {found.chair.id}
    assert session.scalars(select(Improvement)).one().due_on == DUE
    told = set(session.scalars(select(OutboxMessage.subject)))
    assert any(each.startswith("Please read and answer") for each in told)
    assert any(each.startswith("Ratings published") for each in told)


@SQLITE
def test_disputes_are_decided_and_both_views_are_shown(
    client: FlaskClient, session: Session
) -> None:
    found = two(session)
    both_finished(session, found)
    now = datetime.now(UTC)
    shared = agreed(session, found, now=now)
    assert shared.reply_by is not None
    elsewhere = panel(session)
    session.commit()
    base = f"/returns/{found.return_.id}"
    sign_in(client, found.lead)
    page = client.get(f"{base}/reply").text
    assert f"until the end of {in_words(shared.reply_by)}" in page
    assert f"Due {in_words(DUE)}" in page
    assert "Agreed 2." in page
    assert "There is a problem" in client.post(f"{base}/reply/2", data={"reason": " "}).text
    said = {
        "reason": "Twenty files show it.", "description": "Audit of 20 files",
        "kind": "activity", "file": (BytesIO(b"%PDF-1.4\n%%EOF\n"), "files.pdf"),
    }  # fmt: skip
    assert client.post(f"{base}/reply/2", data=said).location == f"{base}/reply"
    assert client.post(f"{base}/reply/2", data={"reason": "Again."}).status_code == 409
    assert client.post(f"{base}/reply/1", data={"reason": "It is not."}).status_code == 302
    sign_in(client, elsewhere.lead)
    assert client.get(f"{base}/reply").status_code == 404
    assert client.post(f"{base}/reply/accept").status_code == 404
    sign_in(client, found.office)
    assert client.get(f"{base}/reply").status_code == 403
    sign_in(client, found.chair)
    queue = client.get(f"/boards/{found.board.slug}/reviews").text
    assert "Disputes to decide" in queue
    page = client.get(f"{base}/disputes/2").text
    assert "Twenty files show it." in page
    link = page.partition('/file">')[0].rpartition('href="')[2] + "/file"
    assert client.get(link).status_code == 200
    decision = {"decision": "keep", "reason": "Only two were of this year."}
    assert client.post(f"{base}/disputes/2", data=decision).location == f"{base}/reply"
    again = client.post(f"{base}/disputes/2", data=decision)
    assert again.status_code == 409
    change = {"decision": "change", "label": "na", "na_reason": "Not theirs.", "reason": "Agreed."}
    assert client.post(f"{base}/disputes/1", data=change).status_code == 302
    sign_in(client, found.lead)
    assert client.post(f"{base}/reply/accept").location == f"{base}/ratings"
    session.expire_all()
    marked = select(Rating.standard, Rating.rag).where(Rating.disputed).order_by(Rating.standard)
    assert session.execute(marked).all() == [(1, Rag.NA), (2, Rag.AMBER)]
    for who in ("lead", "chair", "office"):
        sign_in(client, getattr(found, who))
        page = client.get(f"{base}/ratings").text
        for words in ("Twenty files show it.", "Only two were of this year.", "The rating was kept",
                      "The rating was changed to", "Disputed"):  # fmt: skip
            assert words in page, (who, words)
    reports = f"/boards/{found.board.slug}/cycles/{found.cycle.id}/stages/1"
    for ending in ("", ".html"):
        table = client.get(f"{reports}/standards{ending}").text
        assert table.count(">disputed<") == 2, ending
        assert "2 ratings disputed" in client.get(f"{reports}/compliance{ending}").text
    book = load_workbook(BytesIO(client.get(f"{reports}/standards.xlsx").data))
    cells = [cell.value for row in book["Agreed ratings"].iter_rows() for cell in row]
    assert [each for each in cells if each and "disputed" in str(each)] == [
        "Not applicable, disputed", "Amber, disputed"
    ]  # fmt: skip
    pdf = PdfReader(BytesIO(client.get(f"{reports}/standards.pdf").data))
    assert sum(page.extract_text().count("disputed") for page in pdf.pages) == 2
    assert "disputed" not in client.get(f"{reports}/standards.json").text


@SQLITE
def test_after_the_deadline_what_was_not_answered_is_final_and_a_dispute_waits(
    app: Flask, session: Session
) -> None:
    found, second = two(session), two(session)
    for of in (found, second):
        both_finished(session, of)
        agreed(session, of)
    lead, id_ = found.actor(session, "lead"), found.return_.id
    replies.dispute(session, lead, id_, 2, reason="We do.", now=NOW)
    session.commit()
    last = datetime(2026, 3, 18, 23, 59, tzinfo=NOW.tzinfo)
    over = last + timedelta(minutes=1)
    assert publish_after_deadline(last) == 0
    assert publish_after_deadline(over) == 1
    assert publish_after_deadline(over) == 0
    session.expire_all()
    assert second.return_.state is ReturnState.RATED
    assert found.return_.state is ReturnState.IN_REVIEW
    with pytest.raises(Refused, match="ended on 18 March 2026"):
        replies.accept(session, lead, id_, now=over)
    with pytest.raises(Refused, match="ended on 18 March 2026"):
        replies.dispute(session, lead, id_, 3, reason="Late.", now=over)
    chair = found.actor(session, "chair")
    replies.decide(session, chair, id_, 2, reason="Kept, because.", now=over)
    assert found.return_.state is ReturnState.RATED
    assert (
        session.scalars(select(Rating).where(Rating.return_id == id_, Rating.disputed)).one().rag
        is Rag.AMBER
    )
    with pytest.raises(Refused, match="No agreed rating"):
        replies.decide(session, chair, id_, 2, reason="Again.", now=over)
    session.commit()
    assert verify(session)[1] is None


def test_two_people_agree_the_same_standard_and_two_workers_publish(
    app: Flask, session: Session
) -> None:
    found = two(session)
    both_finished(session, found)
    chair, id_ = found.actor(session, "chair"), found.return_.id
    session.commit()
    errors = at_once(
        app,
        *[
            lambda session, text=text: moderation.agree(
                session, chair, id_, 1, label="green", comment=text, based_on=0, now=NOW
            )
            for text in ("One", "Other")
        ],
    )
    one_of_two(errors, Conflict)
    assert session.scalar(select(func.count(Agreement.id))) == 1
    kept = session.scalars(select(Agreement)).one()
    moderation.agree(
        session, chair, id_, 1, label="green", comment="Both", reason="Put together.",
        based_on=kept.id, now=NOW,
    )  # fmt: skip
    shared = agreed(session, found, done=1).id
    session.commit()
    over = NOW + timedelta(days=15)
    workers = [lambda session: finalise_if_due(session, WORKER, shared, now=over)] * 2
    assert at_once(app, *workers) == [None, None]
    session.rollback()
    assert session.scalar(select(func.count(Publication.id))) == 1


@SQLITE
def test_a_later_rating_takes_the_same_steps_for_what_changed_only(session: Session) -> None:
    found = panel(session)
    found.board.reply_days = 7
    qa, chair, lead = (found.actor(session, who) for who in ("qa", "chair", "lead"))
    id_ = found.return_.id
    reviews.start_review(session, qa, id_, now=NOW)
    rate_all(session, found, "qa", {2: Rag.AMBER}, "First")
    with pytest.raises(Refused, match="right of reply"):
        reviews.publish(session, chair, id_, now=NOW)
    with pytest.raises(Refused, match="not all finished"):
        moderation.confirm(session, chair, id_, now=NOW)
    moderation.finish(session, qa, id_, now=NOW)
    moderation.confirm(session, chair, id_, due_on=DUE, now=NOW)
    replies.accept(session, lead, id_, now=NOW)
    assert session.scalars(select(Improvement)).one().due_on == DUE
    later = NOW + timedelta(days=90)
    reviews.rate(session, qa, id_, 2, label="green", reason="Verified.", now=later)
    shared = moderation.confirm(session, chair, id_, now=later)
    assert [each.standard for each in shared.ratings] == [2]
    replies.dispute(session, lead, id_, 2, reason="It was green all along.", now=later)
    replies.decide(session, chair, id_, 2, reason="Not then.", now=later)
    assert session.scalar(select(func.max(Publication.number))) == 2
    assert found.return_.state is ReturnState.RATED


@SQLITE
def test_returns_are_allotted_evenly_and_never_ones_own_agency(
    client: FlaskClient, session: Session
) -> None:
    found = panel(session)
    found.other = make.user(session, Role.QA, board=found.board, name="Olu Second")
    stage = found.return_.stage
    for _ in range(5):
        make.return_(session, make.membership(session, found.board), found.cycle)
    # The same agency on another board bars, too.
    there = make.board(session)
    agency = session.get_one(Agency, found.agency.agency_id)
    member = make.membership(session, there, agency=agency)
    make.grant(session, found.qa, Role.CONTRIBUTOR, membership=member)
    session.commit()
    office = found.actor(session, "office")
    with pytest.raises(Refused, match="too few reviewers for 2 reviewers a return: 1 return"):
        allotments.allot_stage(
            session, office, stage.id, reviewers=[found.qa.id, found.other.id], per_return=2,
            now=NOW,
        )  # fmt: skip
    session.rollback()
    path = f"/boards/{found.board.slug}/stages/{stage.id}/reviewers"
    sign_in(client, found.office)
    sent = {"per_return": "1", "reviewers": [str(found.qa.id), str(found.other.id)]}
    assert client.post(path, data=sent).status_code == 302
    session.rollback()
    rows = session.execute(select(Allotment.reviewer_id, Allotment.return_id)).all()
    assert sorted(id_ for id_, _ in rows) == sorted([found.qa.id, found.other.id] * 3)
    assert (found.qa.id, found.return_.id) not in rows
    with pytest.raises(Refused, match="holds a role at this agency"):
        allotments.allot(session, office, found.return_.id, found.qa.id, now=NOW)
    with pytest.raises(Invalid):
        allotments.allot(session, office, found.return_.id, found.viewer.id, now=NOW)
    with pytest.raises(NotAllowed):
        allotments.allot(session, found.actor(session, "qa"), found.return_.id, 1, now=NOW)
    session.rollback()
    page = f"/returns/{found.return_.id}/reviewers"
    assert "Quinn Able" not in client.get(page).text
    allotted = session.scalars(
        select(Allotment).where(Allotment.return_id == found.return_.id)
    ).one()
    change = {"to": str(found.chair.id), "reason": "Olu is on leave."}
    assert client.post(f"{page}/{allotted.id}/change", data=change).location == page
    assert "Olu is on leave." in client.get(page).text
    sign_in(client, found.chair)
    queue = client.get(f"/boards/{found.board.slug}/reviews").text
    assert "0 of 9 rated" in queue


@SQLITE
def test_what_a_former_reviewer_wrote_is_kept_and_does_not_count(session: Session) -> None:
    found = two(session)
    rate_all(session, found, "other", {2: Rag.RED}, "Olu says")
    former = session.scalars(select(Allotment).where(Allotment.reviewer_id == found.other.id)).one()
    office = found.actor(session, "office")
    allotments.reallot(session, office, found.return_.id, former.id, None, "Left.", now=NOW)
    with pytest.raises(NotFound):
        allotments.reallot(session, office, found.return_.id, former.id, None, "x", now=NOW)
    rate_all(session, found, "qa", {}, SECRET)
    done = moderation.finish(session, found.actor(session, "qa"), found.return_.id, now=NOW)
    assert done.of_one
    assert all(list(each.given) == [found.qa.id] for each in done.stands)
    written = select(func.count()).where(Rating.rater_id == found.other.id)
    assert session.scalar(written) == 9


@SQLITE
def test_the_office_sets_the_days_and_the_pages_take_few_queries(
    client: FlaskClient, session: Session
) -> None:
    found = two(session)
    both_finished(session, found)
    agreed(session, found)
    for _ in range(30):
        make.return_(session, make.membership(session, found.board), found.cycle)
    new = boards.add_board(session, OPERATOR, "new", "New", now=NOW)
    assert new.reply_days == 14
    session.commit()
    base = f"/returns/{found.return_.id}"
    board = f"/boards/{found.board.slug}"
    sign_in(client, found.chair)
    stage = f"{board}/stages/{found.return_.stage_id}/reviewers"
    for path in (f"{base}/review", f"{base}/review/1", f"{base}/moderation", f"{base}/reply",
                 f"{board}/reviews", stage, f"{base}/history"):  # fmt: skip
        with counted_queries() as statements:
            assert client.get(path).status_code == 200
        assert len(statements) <= MOST_QUERIES, (path, len(statements))
    sign_in(client, found.office)
    page = f"{board}/right-of-reply"
    assert "from 0 to 90" in client.post(page, data={"days": "91"}).text
    assert client.post(page, data={"days": "21"}).status_code == 302
    session.expire_all()
    assert found.board.reply_days == 21
