"""Redaction on a board with something of everything (domain rules 80 to 82)."""

import contextlib
import hmac
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from s11audit.adapters.storage import Storage, storage_at
from s11audit.domain.enums import EvidenceKind, Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.held import HELD, Held, columns_of
from s11audit.domain.policy import OPERATOR, Actor
from s11audit.extensions import db
from s11audit.jobs.redactions import follow_redactions
from s11audit.models import (
    AuditLog,
    AuditPayload,
    Base,
    Blob,
    Evidence,
    Redaction,
    Response,
    Submission,
    User,
)
from s11audit.queries.evidence import file_to_serve
from s11audit.queries.redactions import files_named, redactions_on
from s11audit.queries.returns import return_by_id
from s11audit.services import backups, evidence, log, redacted_files, redactions, responses
from s11audit.services.backups import Made
from s11audit.services.checks import check_evidence
from s11audit.services.evidence import EvidenceDetails, StoredFile
from s11audit.services.submissions import Signatory, freeze
from tests import factories as make
from tests.support import filled_board, text_dump
from tests.support.databases import SECRET
from tests.support.filled_builder import FilledBoard
from tests.support.web import sign_in

PASSAGE = "Jane Penhaligon’s brother, aged 9"
# The same words as people, programs and files write them.
SPELLINGS = (
    "Jane Penhaligon’s brother, aged 9",
    "jane penhaligon's  brother,\r\naged 9",
    "JANE PENHALIGON’S BROTHER, AGED 9",
    "Jane Penhaligon&#8217;s brother,&nbsp;aged 9",
    "Jane Pen\u00adhaligon’s brother,\n\naged 9",
)
LEFT = re.compile(r"pen\W*haligon", re.IGNORECASE)
NOW = datetime.now(UTC)


def fill_every_column(session: Session) -> list[str]:
    """Put the passage into a row of every text column that people fill; return which."""
    filled = []
    for number, name in enumerate(HELD):
        table = Base.metadata.tables[name]
        keys = list(table.primary_key.columns)
        for column in columns_of(name, Held.WORDS, Held.PERSON):
            rows = session.execute(select(*keys, table.c[column]).order_by(*keys)).all()
            said = f"It was {SPELLINGS[number % len(SPELLINGS)]}."
            for *key, value in sorted(rows, key=lambda row: not row[-1])[:1]:
                if isinstance(value, dict):
                    more = value | {"more": [{"said": said}]}
                else:
                    more = [*value, said] if isinstance(value, list) else said
                same = [one == each for one, each in zip(keys, key, strict=True)]
                with contextlib.suppress(IntegrityError), session.begin_nested():
                    session.execute(update(table).where(*same).values({column: more}))
                    filled.append(f"{name}.{column}")
    return filled


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_passage_goes_wherever_it_stands(
    app: Flask, client: FlaskClient, session: Session, tmp_path: Path
) -> None:
    made = filled_board.build(session, tmp_path.as_uri())
    session.commit()
    filled = fill_every_column(session)
    assert len(filled) > 75
    session.commit()
    office = make.actor(session, session.get_one(User, made.user_ids["office"]))
    lead = make.actor(session, session.get_one(User, made.user_ids["lead"]))
    response = session.scalars(
        select(Response)
        .where(Response.return_id == made.return_ids["in_progress"])
        .order_by(Response.standard.desc())
    ).first()
    assert response is not None
    before = response.version
    responses_saved = _save(session, lead, made, response)
    session.commit()
    assert [where for where, text in text_dump.texts(session) if LEFT.search(text)]

    # The office sees where it stands, and cannot confirm without a reason.
    sign_in(client, session.get_one(User, made.user_ids["office"]))
    here = "/boards/north-vale/redactions/passage"
    page = client.post(here, data={"passage": PASSAGE, "look": "1"})
    assert page.status_code == 200
    assert "Screening point" in page.text and "Minutes as approved" in page.text
    assert client.post(here, data={"passage": PASSAGE, "confirm": "1"}).status_code == 422
    for reason in ("", "It names jane  penhaligon’s brother, AGED 9."):
        with pytest.raises(Invalid, match="reason"):
            redactions.redact_passage(session, office, made.board_id, PASSAGE, reason, now=NOW)
    session.rollback()
    done = client.post(
        here, data={"passage": PASSAGE, "confirm": "1", "reason": "It named a child."}
    )
    assert done.status_code == 302
    session.expire_all()

    left = {where for where, text in text_dump.texts(session) if LEFT.search(text)}
    assert left == set()
    count, broken = log.verify(session)
    assert broken is None and count > 100
    listed = client.get("/boards/north-vale/redactions").text
    assert "It named a child." in listed and "Harriet Coyle" in listed
    row = session.scalars(select(Redaction).order_by(Redaction.id.desc()).limit(1)).one()
    places = row.places[str(made.board_id)]
    assert {"Answer", "Submission", "Rating", "Log: before and after"} <= set(places)
    kept = {HELD[where.partition(".")[0]].place for where in filled}
    assert kept - set(places) <= {"Redaction"}
    # Who has the old text open is told that it changed meanwhile.
    again = session.get_one(Response, response.id)
    assert again.version > before + responses_saved
    _nowhere_in_files(client, made)
    # Nor in what the database's own files keep of what was overwritten.
    session.rollback()
    follow_redactions(NOW)
    for each in Path(app.config["DATABASE_URL"].removeprefix("sqlite:///")).parent.glob("kept.db*"):
        assert not LEFT.search(each.read_bytes().decode("utf-8", "ignore")), each.name
    # The ledger's file was written, and knows the passage by its hash only.
    kept_file = Path(app.config["REDACTIONS"]).read_text()
    assert row.uid in kept_file and not LEFT.search(kept_file)
    _names_that_are_codes_too(session, client, office, made)


def _names_that_are_codes_too(
    session: Session, client: FlaskClient, office: Actor, made: FilledBoard
) -> None:
    """A child may be called what a rating is, or be born on the day that something was due."""
    sent = session.scalars(select(Submission).order_by(Submission.id)).all()
    response = session.get_one(Response, session.scalars(select(Response.id)).first())
    for passage in ("Amber", "Green", "met", sent[0].snapshot["due_on"]):
        response.statement = f"They were {passage}."
        session.commit()
        redactions.redact_passage(session, office, made.board_id, passage, "A child.", now=NOW)
        session.commit()
    for one in sent:
        assert client.get(f"/returns/{one.return_id}/submissions/{one.number}").status_code == 200
    assert log.verify(session)[1] is None


def _save(session: Session, lead: Actor, made: FilledBoard, response: Response) -> int:
    """Save it as people do, so that the log has it before and after."""
    session.expire_all()
    for statement in (PASSAGE, f"{PASSAGE}. {PASSAGE}."):
        responses.save_response(
            session, lead, made.return_ids["in_progress"], response.standard,
            responses.ResponseValues(statement=statement), based_on=response.version, now=NOW,
        )  # fmt: skip
        session.flush()
    return 2


def _nowhere_in_files(client: FlaskClient, made: FilledBoard) -> None:
    """What is read and downloaded is made of what the database holds."""
    return_id, meeting = made.return_ids["rated"], made.ids["meeting"]["meeting_id"]
    opened = 0
    for address in (
        f"/returns/{return_id}",
        f"/returns/{return_id}/history",
        f"/returns/{return_id}/submissions/1",
        f"/returns/{return_id}/submissions/1/return.json",
        "/boards/north-vale/themes/published.xlsx",
        f"/boards/north-vale/meetings/{meeting}/pack.xlsx",
        f"/boards/north-vale/meetings/{meeting}/minutes.html",
    ):
        answer = client.get(address)
        assert answer.status_code in (200, 404), address
        opened += answer.status_code == 200
        data = answer.data
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                data = b"".join(book.read(name) for name in book.namelist())
        assert not LEFT.search(data.decode("utf-8", "replace")), address
    assert opened >= 5


class Two:
    """Two boards, each with an agency that offers the same file, and a third agency's own."""

    def __init__(self, session: Session, url: str) -> None:
        self.store = storage_at(url)
        stored = self.store.put(io.BytesIO(b"%PDF-1.4 a review of a child"))
        self.file = StoredFile(stored.sha256, stored.size, "application/pdf", "Review of Jane.pdf")
        self.boards, self.members, self.offices, self.leads = [], [], [], []
        self.returns = []
        for _ in range(2):
            board = make.board(session)
            member = make.membership(session, board)
            return_ = make.return_(session, member, make.cycle(session, board))
            lead = make.user(session, Role.LEAD, membership=member)
            office = make.user(session, Role.OFFICE, board=board)
            self.boards.append(board)
            self.members.append(member)
            self.returns.append(return_)
            self.leads.append(make.actor(session, lead))
            self.offices.append(make.actor(session, office))
            evidence.add_file(
                session, self.leads[-1], return_.id, self.file, self.details("What we did"),
                now=make.NOW,
            )  # fmt: skip
        session.commit()

    def details(self, description: str) -> EvidenceDetails:
        return EvidenceDetails(description, EvidenceKind.OUTCOME, (1,))


def _backed_up(two: Two, path: Path) -> Made:
    made = backups.write(db.engine, two.store, path, now=make.NOW, secret_key=SECRET)
    assert made.missing == []
    return made


def test_each_board_redacts_its_own(session: Session, app: Flask) -> None:
    two = Two(session, app.config["EVIDENCE_URL"])
    here, there = two.boards
    for lead, return_ in zip(two.leads, two.returns, strict=True):
        responses.save_response(
            session, lead, return_.id, 1,
            responses.ResponseValues(statement="Ms Penhaligon’s son said so."),
            based_on=0, now=make.NOW,
        )  # fmt: skip
    session.commit()
    office = two.offices[0]
    found, others = redactions.look_for(session, office, here.id, "penhaligon's SON")
    assert [(each.place, each.count) for each in found] == [
        ("Log: before and after", 1), ("Statement of a standard", 1),
    ]  # fmt: skip
    assert others == 0  # an office is not told of other boards
    assert redactions.look_for(session, OPERATOR, here.id, "penhaligon's son")[1] == 2
    for board_id, error in ((there.id, NotFound), (None, NotFound)):
        with pytest.raises(error):
            redactions.redact_passage(session, office, board_id, "penhaligon", "x", now=make.NOW)
    with pytest.raises(NotFound):
        redactions.redact_passage(session, two.leads[0], here.id, "penhaligon", "x", now=make.NOW)
    for wrong in ("", "ab", "...", "redacted", "It stands nowhere"):
        with pytest.raises(Invalid):
            redactions.redact_passage(session, office, here.id, wrong, "x", now=make.NOW)
    redactions.redact_passage(
        session, office, here.id, "Ms Penhaligon's son", "It named a child.", now=make.NOW
    )
    session.commit()
    statements = select(Response.statement).where(Response.standard == 1).order_by(Response.id)
    assert session.scalars(statements).all() == [
        "[redacted on 4 March 2026] said so.", "Ms Penhaligon’s son said so.",
    ]  # fmt: skip
    redactions.redact_passage(session, OPERATOR, None, "Penhaligon", "Likewise.", now=make.NOW)
    session.commit()
    assert not [where for where, text in text_dump.texts(session) if LEFT.search(text)]
    assert log.verify(session)[1] is None
    # A reason is text too: it can be redacted in its turn, in the ledger's file as well.
    path = Path(app.config["REDACTIONS"])
    assert redactions.write_ledger(session, path) == 2
    redactions.redact_passage(session, office, here.id, "named a child", "It hurt.", now=make.NOW)
    session.commit()
    assert redactions.write_ledger(session, path) == 2
    assert "named a child" not in path.read_text()
    assert redactions.write_ledger(session, path) == 0
    path.unlink()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_goes_from_the_record_and_from_the_store(
    session: Session, app: Flask, tmp_path: Path
) -> None:
    two = Two(session, app.config["EVIDENCE_URL"])
    here = two.boards[0]
    office, sha256 = two.offices[0], two.file.sha256
    freeze(
        session, two.leads[0], return_by_id(session, two.returns[0].id),
        Signatory("Ann Lee", "Director", "ann@example.org"), effective_at=make.NOW, now=make.NOW,
    )  # fmt: skip
    session.commit()
    assert [each.sha256 for each in files_named(session, here.id, "review OF")] == [sha256]
    with session.begin_nested() as tried:  # SQLite itself knows capitals of ASCII only
        session.execute(update(Evidence).values(filename="Étude de Zoë.pdf"))
        assert files_named(session, here.id, "étude DE zoË")[0].sha256 == sha256
        tried.rollback()
    with pytest.raises(NotFound):
        redacted_files.redact_file(session, office, here.id, "0" * 64, "x", now=make.NOW)
    redacted_files.redact_file(session, office, here.id, sha256, "It named a child.", now=make.NOW)
    session.commit()
    own = session.scalars(select(Evidence).order_by(Evidence.id)).first()
    assert own is not None and own.filename == "[redacted on 4 March 2026]"
    sent = session.scalars(select(Submission)).one().snapshot["standards"][0]["evidence"][0]
    assert (sent["file"], sent["sha256"]) == ("[redacted on 4 March 2026]", sha256)
    assert "Review of Jane" not in " ".join(
        session.scalars(
            select(AuditPayload.document)
            .join(AuditLog, AuditLog.id == AuditPayload.log_id)
            .where(AuditLog.chain == f"board:{here.id}")
        )
    )
    with pytest.raises(Refused, match="Redacted"):
        file_to_serve(session, two.returns[0].id, own.id, drafts=True)
    # The other board's agency keeps it until an administrator decides.
    assert follow_redactions(make.NOW) == 0
    assert two.store.size_of(sha256) == two.file.size
    session.rollback()
    assert _backed_up(two, tmp_path / "a.zip").files == 1
    assert len(check_evidence(session, Storage((tmp_path / "x").as_uri()), now=make.NOW)) == 1
    session.rollback()
    file_to_serve(session, two.returns[1].id, own.id + 1, drafts=True)
    with pytest.raises(Refused, match="was redacted"):
        evidence.add_file(
            session, two.leads[0], two.returns[0].id, two.file, two.details("Again"), now=make.NOW
        )
    session.rollback()
    listed = redactions_on(session, here.id, page=1).items[0]
    assert listed.bytes_stay
    with pytest.raises(NotFound):
        redacted_files.redact_everywhere(session, office, listed.redaction.id, now=make.NOW)
    redacted_files.redact_everywhere(session, OPERATOR, listed.redaction.id, now=make.NOW)
    session.commit()
    assert _backed_up(two, tmp_path / "b.zip").files == 0
    # Where that backup is restored the file is not there, and nobody is told to put it back.
    nowhere = Storage((tmp_path / "restored").as_uri())
    assert check_evidence(session, nowhere, now=make.NOW) == []
    session.rollback()
    assert follow_redactions(make.NOW) >= 1
    assert two.store.size_of(sha256) is None
    assert follow_redactions(make.NOW) == 0
    session.rollback()
    assert session.get_one(Blob, sha256).bytes_removed_at == make.NOW
    with pytest.raises(Refused, match="was redacted"):
        evidence.add_file(
            session, two.leads[1], two.returns[1].id, two.file, two.details("Again"), now=make.NOW
        )
    session.rollback()
    assert log.verify(session)[1] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_that_is_restored_is_redacted_again(session: Session, app: Flask) -> None:
    """The ledger of what was redacted afterwards is applied to the database as it was before."""
    two = Two(session, app.config["EVIDENCE_URL"])
    ledger = [
        {
            "uid": "a" * 32, "kind": "passage", "board": two.boards[0].slug,
            "made_at": "2026-03-05T09:00:00+00:00", "by_role": "office", "by": 99999,
            "tombstone": "[redacted on 5 March 2026]", "reason": "It named a child.",
            "places": {two.boards[0].slug: {"Evidence": 1}}, "salt": "00" * 16,
            "length": 9, "words": 3,
            "digest": hmac.new(bytes(16), b"we did so", "sha256").hexdigest(),
        },
        {
            "uid": "b" * 32, "kind": "file", "board": two.boards[1].slug,
            "made_at": "2026-03-05T09:00:00+00:00", "by_role": "office",
            "tombstone": "[redacted on 5 March 2026]", "reason": "It named a child.",
            "places": {}, "sha256": two.file.sha256,
        },
        {
            "uid": "c" * 32, "kind": "file", "board": "a-board-of-another-place",
            "made_at": "2026-03-05T09:00:00+00:00", "by_role": "office",
            "tombstone": "[redacted on 5 March 2026]", "reason": "x", "places": {},
            "sha256": two.file.sha256,
        },
    ]  # fmt: skip
    found = session.scalars(select(Evidence).order_by(Evidence.id)).all()
    evidence.change(
        session, two.leads[0], two.returns[0].id, found[0].id,
        two.details("Yes:\tWe DID\nso, with thanks"), now=make.NOW,
    )  # fmt: skip
    session.commit()
    path = Path(app.config["REDACTIONS"])
    path.write_text("".join(json.dumps(each) + "\n" for each in ledger))
    # The worker finds the ledger ahead of the database, as after a database was put back by hand.
    follow_redactions(make.NOW)
    session.rollback()
    session.expire_all()
    first, second = session.scalars(select(Evidence).order_by(Evidence.id)).all()
    assert first.description == "Yes:\t[redacted on 5 March 2026], with thanks"
    assert (first.filename, second.filename) == (
        "Review of Jane.pdf", "[redacted on 5 March 2026]",
    )  # fmt: skip
    assert session.scalars(select(Redaction.uid).order_by(Redaction.uid)).all() == [
        "a" * 32, "b" * 32,
    ]  # fmt: skip
    assert log.verify(session)[1] is None
    # Nothing is done twice, and the file keeps what is not of this database.
    assert redactions.apply_ledger(session, ledger, now=make.NOW).redactions == 0
    follow_redactions(make.NOW)
    assert [each["uid"][0] for each in redactions.read_ledger(path)] == ["a", "b", "c"]
    path.write_text("{not a ledger\n")
    with pytest.raises(Invalid, match="line 1"):
        redactions.read_ledger(path)
    follow_redactions(make.NOW)
    assert path.read_text() == "{not a ledger\n"
    path.unlink()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_passages_that_hold_one_another_are_redacted_again_whole(
    session: Session, app: Flask
) -> None:
    """Whichever came first, on one board or on all, and with the mark of an earlier one within."""
    two = Two(session, app.config["EVIDENCE_URL"])
    before = "Jamie Poole, born on 3 May 2012, of 4 Mill Lane."

    def save(based_on: int) -> Response:
        saved = responses.save_response(
            session, two.leads[0], two.returns[0].id, 2,
            responses.ResponseValues(statement=before), based_on=based_on, now=make.NOW,
        )  # fmt: skip
        session.commit()
        return saved

    saved = save(0)
    mark = "[redacted on 4 March 2026]"
    for board_id, passage in (
        (two.boards[0].id, "Jamie Poole, born on 3 May 2012"),
        (two.boards[0].id, f"{mark}, of 4 Mill Lane"),
    ):
        redactions.redact_passage(session, OPERATOR, board_id, passage, "A child.", now=make.NOW)
    session.commit()
    session.refresh(saved)
    assert saved.statement == f"[{mark}."
    save(saved.version)
    redactions.redact_passage(session, OPERATOR, None, "Jamie Poole", "A child.", now=make.NOW)
    session.commit()
    path = Path(app.config["REDACTIONS"])
    redactions.write_ledger(session, path)
    session.execute(delete(Redaction))  # as in a database that was put back to before them
    session.execute(update(Response).values(statement=before).where(Response.id == saved.id))
    session.commit()
    assert redactions.apply_ledger(session, redactions.read_ledger(path), now=NOW).redactions == 3
    session.commit()
    session.refresh(saved)
    assert saved.statement == f"[{mark}."
    assert log.verify(session)[1] is None
    path.unlink()


WORDS = st.lists(st.text("vwxyzß", min_size=2, max_size=6), min_size=2, max_size=4)
GAPS = st.sampled_from([" ", "\n", " \t ", "\u00a0", "&nbsp;", ", "])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_the_words_nothing_of_them_is_left(session: Session) -> None:
    """As the test above does for one passage, for any; in what is saved and in the log."""
    board = make.board(session)
    member = make.membership(session, board)
    return_ = make.return_(session, member, make.cycle(session, board))
    lead = make.actor(session, make.user(session, Role.LEAD, membership=member))
    session.commit()
    version = 0

    @settings(max_examples=5)
    @given(words=WORDS, gap=GAPS, upper=st.booleans())
    def redact_any(words: list[str], gap: str, upper: bool) -> None:
        nonlocal version
        said = gap.join(words)
        said = said.upper() if upper and "&" not in said else said
        saved = responses.save_response(
            session, lead, return_.id, 1,
            responses.ResponseValues(statement=f"abc {said} def {said}!", na_reason=said),
            based_on=version, now=make.NOW,
        )  # fmt: skip
        session.commit()
        typed = said.replace("&nbsp;", " ")
        redactions.redact_passage(session, OPERATOR, board.id, typed, "A child.", now=make.NOW)
        session.commit()
        session.refresh(saved)
        version = saved.version
        letters = _letters(typed)
        for where, text in text_dump.texts(session):
            assert letters not in _letters(text), where
        assert log.verify(session)[1] is None

    redact_any()


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
