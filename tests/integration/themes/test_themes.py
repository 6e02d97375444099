"""Themes: tagging through the pages, who sees which tag when, merging, and publication."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Category, Participation, RatingRole, Role, TagKind
from s11audit.domain.errors import Invalid, NotAllowed, NotFound
from s11audit.models import AuditLog, FormerName, Theme, ThemeTag
from s11audit.queries.reviews import ratings_of
from s11audit.queries.themes import published_tags, tags_of, visible_tags
from s11audit.services import reviews, themes
from tests import factories as make
from tests.factories import NOW
from tests.support.counting import MOST_QUERIES, counted_queries
from tests.support.reviewing import panel, rated, sent_in
from tests.support.web import sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


@SQLITE
def test_a_passage_is_tagged_counted_and_published(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    others = [
        sent_in(
            session,
            make.membership(session, found.board, name, categories=(Category.VOLUNTARY,)),
            found.cycle,
        )
        for name in ("Harbour Trust", "Quay Club")
    ]
    session.commit()
    board, return_id = f"/boards/{found.board.slug}", found.return_.id
    sign_in(client, found.office)
    page = text(client, f"/returns/{return_id}/themes/1")
    assert "What we do about standard 1." in page
    address = f"/returns/{return_id}/themes/1/tag?text=statement"
    wrong = client.post(address, data={"passage": "Other words", "kind": "strength",
                                       "new_theme": "Supervision"})  # fmt: skip
    assert "must be words of the text" in wrong.get_data(as_text=True)
    assert client.post(address, data={"passage": "What we do", "kind": "strength",
                                      "new_theme": "Supervision"}).status_code == 302  # fmt: skip
    theme = session.scalars(select(Theme)).one()
    tag = session.scalars(select(ThemeTag)).one()
    office = found.actor(session, "office")
    themes.tag_passage(
        session, office, others[0].id, 2, "statement", passage="about standard 2",
        kind=TagKind.DEVELOPMENT, theme_id=theme.id, now=NOW,
    )  # fmt: skip
    session.commit()
    assert "2 of 3 returned" in text(client, f"{board}/themes")
    page = text(client, f"{board}/themes/{theme.id}?standard=2")
    assert "2 of 3 agencies that returned" in page
    assert "about standard 2" in page and "What we do</blockquote>" not in page
    # Nothing is published: the version for publication counts none.
    assert "0 of 3 returned" in text(client, f"{board}/themes/published")
    rated(session, found)
    with pytest.raises(Invalid, match="names “Harbour Trust”"):
        themes.make_public(session, office, found.board.id, tag.id, "At harbour trust", now=NOW)
    session.add(FormerName(membership_id=others[0].membership_id, name="Dock Trust", until=NOW))
    with pytest.raises(Invalid, match="names “Dock Trust”"):  # as it was called before
        themes.make_public(session, office, found.board.id, tag.id, "At Dock Trust", now=NOW)
    themes.make_public(session, office, found.board.id, tag.id, "What this agency does", now=NOW)
    themes.add_theme(session, office, found.board.id, "The rota of Quay Club", now=NOW)
    session.commit()
    sign_in(client, found.viewer)
    page = text(client, f"{board}/themes/published")
    assert "1 of 3 returned" in page and "What this agency does" in page
    assert "Harbour" not in page and found.agency.name not in page
    assert "Quay Club" not in page and "1 theme was left out" in page
    for kind, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        answer = client.get(f"{board}/themes/published.{kind}")
        assert answer.data.startswith(start)
    text(client, f"{board}/themes", 403)


def test_a_tag_does_not_tell_others_before_the_moderation(session: Session) -> None:
    found = panel(session)
    board_id, return_id = found.board.id, found.return_.id
    qa, chair, office = (found.actor(session, who) for who in ("qa", "chair", "office"))
    rated(session, found, publish=False)
    theme = themes.add_theme(session, qa, board_id, "Supervision", now=NOW)
    ratings = ratings_of(session, return_id, [RatingRole.REVIEWER], standard=1)
    comment = ratings[-1].id
    themes.tag_passage(
        session, qa, return_id, 1, f"rating-{comment}", passage="About standard 1.",
        kind=TagKind.DEVELOPMENT, theme_id=theme.id, now=NOW,
    )  # fmt: skip
    with pytest.raises(NotFound):  # the chair cannot tag what the chair may not read yet
        themes.tag_passage(
            session, chair, return_id, 1, f"rating-{comment}", passage="About",
            kind=TagKind.STRENGTH, theme_id=theme.id, now=NOW,
        )  # fmt: skip
    tags = tags_of(session, return_id=return_id)

    def seen(actor):
        return len(visible_tags(session, actor, board_id, tags).tags)

    assert (seen(qa), seen(chair), seen(office)) == (1, 0, 0)
    assert seen(found.actor(session, "scrutineer")) == 0
    # What is tagged of the return itself the scrutineer sees, unless they review as well.
    themes.tag_passage(
        session, qa, return_id, 1, "statement", passage="What we do", kind=TagKind.STRENGTH,
        theme_id=theme.id, now=NOW,
    )  # fmt: skip
    tags = tags_of(session, return_id=return_id)
    assert (seen(chair), seen(found.actor(session, "scrutineer"))) == (0, 1)
    make.grant(session, found.scrutineer, Role.QA, board=found.board)
    assert seen(found.actor(session, "scrutineer")) == 0
    tags = [each for each in tags if each.rating_role is RatingRole.REVIEWER]
    reviews.publish(session, chair, return_id, now=NOW)
    # A single reviewer's comment stays with those who may see unpublished ratings.
    assert (seen(qa), seen(chair), seen(office)) == (1, 1, 0)
    # Never to somebody of the agency, whatever else they are.
    make.grant(session, found.chair, Role.LEAD, membership=found.agency)
    own = found.actor(session, "chair")
    assert visible_tags(session, own, board_id, tags).own == 1
    with pytest.raises(NotAllowed):
        themes.tag_passage(
            session, own, return_id, 1, "statement", passage="What we do",
            kind=TagKind.STRENGTH, theme_id=theme.id, now=NOW,
        )  # fmt: skip
    # The agency reads its return's history: tags are not in it.
    session.commit()
    assert not session.scalars(
        select(AuditLog).where(AuditLog.return_id == return_id, AuditLog.what.startswith("theme"))
    ).all()


@SQLITE
def test_where_nobody_rates_a_tag_has_nothing_to_wait_for(session: Session) -> None:
    found = panel(session, participation=Participation.ADVISORY)
    themes.tag_passage(
        session, found.actor(session, "office"), found.return_.id, 1, "statement",
        passage="What we do", kind=TagKind.STRENGTH, new_theme="Supervision", now=NOW,
    )  # fmt: skip
    tags = tags_of(session, return_id=found.return_.id)
    assert len(visible_tags(session, found.actor(session, "qa"), found.board.id, tags).tags) == 1
    assert published_tags(session, tags) == []


def test_themes_are_renamed_and_merged(session: Session) -> None:
    found = panel(session)
    board_id, return_id = found.board.id, found.return_.id
    qa = found.actor(session, "qa")
    first = themes.add_theme(session, qa, board_id, "Supervision", now=NOW)
    with pytest.raises(Invalid):
        themes.add_theme(session, qa, board_id, " SUPERVISION ", now=NOW)
    second = themes.add_theme(session, qa, board_id, "Staff support", now=NOW)
    for theme, passage in ((first, "What we do"), (second, "What we do"), (second, "standard 1")):
        themes.tag_passage(
            session, qa, return_id, 1, "statement", passage=passage, kind=TagKind.STRENGTH,
            theme_id=theme.id, now=NOW,
        )  # fmt: skip
    with pytest.raises(Invalid):
        themes.merge_themes(session, qa, board_id, first.id, first.id, now=NOW)
    themes.merge_themes(session, qa, board_id, second.id, first.id, now=NOW)
    passages = [tag.passage for tag in tags_of(session, theme_id=first.id)]
    assert sorted(passages) == ["What we do", "standard 1"]
    # The merged name is free again.
    themes.rename_theme(session, qa, board_id, first.id, "Staff support", now=NOW)
    themes.add_theme(session, qa, board_id, "Supervision", now=NOW)
    with pytest.raises(NotFound):
        themes.add_theme(session, found.actor(session, "lead"), board_id, "X", now=NOW)


@SQLITE
def test_the_number_of_queries_is_fixed(client: FlaskClient, session: Session) -> None:
    found = panel(session)
    qa = found.actor(session, "qa")
    session.commit()
    counts: list[list[int]] = []
    for more in (2, 4):
        for number in range(more):
            agency = make.membership(session, found.board, categories=(Category.VOLUNTARY,))
            return_ = sent_in(session, agency, found.cycle)
            themes.tag_passage(
                session, qa, return_.id, 1, "statement", passage="What we do",
                kind=TagKind.STRENGTH, new_theme=f"Theme {more}{number}", now=NOW,
            )  # fmt: skip
        session.commit()
        sign_in(client, found.qa)
        theme = session.scalars(select(Theme).order_by(Theme.id)).first()
        at = f"/boards/{found.board.slug}/themes"
        counts.append([])
        for path in (at, f"{at}/{theme.id}", f"{at}/published",
                     f"/returns/{found.return_.id}/themes/1"):  # fmt: skip
            client.get(path)
            with counted_queries() as queries:
                client.get(path)
            counts[-1].append(len(queries))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES
