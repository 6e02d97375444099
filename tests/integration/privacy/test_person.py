"""What is held on one person, and erasing the details of an account (domain rules 83 and 84)."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from s11audit.domain.enums import Role
from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import OPERATOR
from s11audit.models import (
    AuditPayload,
    Grant,
    Invitation,
    Passkey,
    Redaction,
    Submission,
    User,
)
from s11audit.queries.returns import return_by_id
from s11audit.services import erasing, log, outbox, redactions, responses
from s11audit.services.log import record
from s11audit.services.redaction_ledger import entries_of
from s11audit.services.submissions import Signatory, freeze
from tests import factories as make
from tests.support import text_dump
from tests.support.web import sign_in

NAME, EMAIL = "Anneliese Quartermain", "a.quartermain@ashwick.example"


class Story:
    """A lead who saved, signed and was written to, and a colleague who named her."""

    def __init__(self, session: Session) -> None:
        self.board = make.board(session)
        self.member = make.membership(session, self.board, "Ashwick Council")
        self.return_ = make.return_(session, self.member, make.cycle(session, self.board))
        self.lead = make.user(session, Role.LEAD, membership=self.member, email=EMAIL, name=NAME)
        self.colleague = make.user(
            session, Role.CONTRIBUTOR, membership=self.member, name="Ben Okoro"
        )
        self.admin = make.user(session, Role.ADMIN)
        for user, standard, statement in (
            (self.lead, 1, "I train everybody."),
            (self.colleague, 2, f"Our lead {NAME} trains us; write to {EMAIL}, not xa.{EMAIL}."),
        ):
            responses.save_response(
                session, make.actor(session, user), self.return_.id, standard,
                responses.ResponseValues(
                    statement=statement,
                    proposed_actions=(responses.ProposedActionValues("Train", NAME),),
                ),
                based_on=0, now=make.NOW,
            )  # fmt: skip
        freeze(
            session, make.actor(session, self.lead), return_by_id(session, self.return_.id),
            Signatory(NAME, "Director of Children’s Services", EMAIL.title()),
            effective_at=make.NOW, now=make.NOW,
        )  # fmt: skip
        for key, to in (("one", EMAIL), ("two", self.colleague.email)):
            outbox.queue(
                session, dedupe_key=key, to_email=to, subject="Your return",
                body=f"Dear colleague, a letter called {key}.", board_id=self.board.id,
                now=make.NOW,
            )  # fmt: skip
        for number, name in ((1, "Anneliese’s phone"), (2, "2026-02-31")):
            session.add(
                Passkey(
                    user_id=self.lead.id, name=name, credential_id=f"c{number}",
                    public_key=b"secret-key", sign_count=0, added_at=make.NOW,
                )
            )  # fmt: skip
        session.commit()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_person_gets_what_is_held_on_them(session: Session, client: FlaskClient) -> None:
    story = Story(session)
    sign_in(client, story.lead)
    assert "where you are signed in" in client.get("/account/held").text
    answer = client.post("/account/held")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["held.json", "held.html"]
        held = json.loads(archive.read("held.json"))
        page = archive.read("held.html").decode()
    assert held["account"]["e-mail address"] == EMAIL
    names = [each["name"] for each in held["account"]["passkey"]]
    assert names == ["Anneliese’s phone", "2026-02-31"]
    assert "2026-02-31" in page  # what only looks like a day
    assert len(held["account"]["where one is signed in"]) == 1
    assert [(each["role"], each["agency"]) for each in held["roles"]] == [
        ("Safeguarding lead", "Ashwick Council")
    ]
    assert [each["text"] for each in held["letters"]] == ["Dear colleague, a letter called one."]
    assert [each["designation"] for each in held["signed"]] == ["Director of Children’s Services"]
    assert {each.get("statement") for each in held["wrote"]} >= {"I train everybody."}
    assert next(each["what"] for each in held["did"]) == "Return begun"
    # What the colleague wrote is a place, and no text; nothing that opens an account is given.
    places = {each["where"]: each["times"] for each in held["named"]}
    assert places["Statement of a standard"] == 2  # the name and the address, not the other one
    whole = json.dumps(held, ensure_ascii=False) + page
    for secret in ("trains us", "secret-key", 'c1"', "argon2", "letter called two", "Okoro"):
        assert secret not in whole
    assert "I train everybody." in page and "Ashwick Council" in page
    assert "4 March 2026 at 12:00pm" in page
    # An administrator gets the same for somebody else; nobody else does.
    path = f"/admin/accounts/{story.lead.id}/held"
    sign_in(client, story.colleague)
    assert client.post(path).status_code == 404
    sign_in(client, story.admin)
    assert client.post(path).mimetype == "application/zip"
    session.rollback()
    assert log.verify(session)[1] is None


def _close(session: Session, user: User) -> None:
    user.active = False
    user.deactivated_at = make.NOW
    session.commit()


def test_erased_details_are_nowhere_and_the_log_still_proves(session: Session, app: Flask) -> None:
    story = Story(session)
    record(session, make.actor(session, story.lead), None, "user.changed", "user", story.lead.id,
           now=make.NOW, board_id=None, before={"name": NAME}, after={"email": EMAIL})  # fmt: skip
    session.commit()
    lead_id = story.lead.id
    with pytest.raises(Refused, match="closed"):
        erasing.erase(session, OPERATOR, lead_id, EMAIL, "Asked for.", now=make.NOW)
    _close(session, story.lead)
    office = make.actor(session, make.user(session, Role.OFFICE, board=story.board))
    with pytest.raises(NotFound):
        erasing.erase(session, office, lead_id, EMAIL, "Asked for.", now=make.NOW)
    for typed, reason in (
        ("a@b.example", "Asked for."), (EMAIL, f"She asked from {EMAIL}."),
        (EMAIL, f"{NAME} asked."), (EMAIL, f"Ms {NAME.split()[-1].upper()} asked."),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            erasing.erase(session, OPERATOR, lead_id, typed, reason, now=make.NOW)

    made = erasing.erase(session, OPERATOR, lead_id, f" {EMAIL.upper()} ", "Asked.", now=make.NOW)
    assert made.tombstone == "A former safeguarding lead of Ashwick Council"
    ledger = json.loads(json.dumps(entries_of(session)))
    session.commit()
    _check_erased(session, lead_id)
    with pytest.raises(Refused, match="already"):
        erasing.erase(session, OPERATOR, lead_id, EMAIL, "Again.", now=make.NOW)
    assert "Quartermain" not in json.dumps(ledger) and EMAIL not in json.dumps(ledger)


def _check_erased(session: Session, lead_id: int) -> None:
    session.expire_all()
    left = [
        (where, text)
        for where, text in text_dump.texts(session)
        if "quartermain" in text.casefold() or "Anneliese’s phone" in text
    ]
    # In a colleague's own sentence the name stays; the address does not, but for another's.
    assert {where for where, _ in left} <= {
        "response.statement", "submission.snapshot", "audit_payload.document",
    }  # fmt: skip
    sentences = [text for where, text in left if where == "response.statement"]
    assert sentences == [
        f"Our lead {NAME} trains us; write to A former safeguarding lead of Ashwick Council, "
        f"not xa.{EMAIL}."
    ]
    sent = session.scalars(select(Submission)).one()
    assert sent.signatory_name == "A former safeguarding lead of Ashwick Council"
    assert sent.signatory_designation == "Director of Children’s Services"
    assert sent.snapshot["signatory"]["email"] == "A former safeguarding lead of Ashwick Council"
    whos = session.scalars(select(AuditPayload.who).where(AuditPayload.who.like("A former%"))).all()
    assert len(whos) >= 2
    gone = session.get_one(User, lead_id)
    assert (gone.name, gone.password) == ("A former safeguarding lead of Ashwick Council", None)
    assert gone.email == f"account-{lead_id}@erased.invalid"
    assert log.verify(session)[1] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restored_backup_has_the_details_erased_again(session: Session) -> None:
    story = Story(session)
    lead_id = story.lead.id
    session.add(
        Invitation(
            email=EMAIL, role=Role.OFFICE, board_id=story.board.id, token_hash="a" * 64,
            sent_at=make.NOW, expires_at=make.NOW + timedelta(days=14),
        )
    )  # fmt: skip
    session.commit()
    story.lead.active, story.lead.deactivated_at = False, make.NOW
    session.flush()
    erasing.erase(session, OPERATOR, lead_id, EMAIL, "Asked.", now=make.NOW)
    ledger = json.loads(json.dumps(entries_of(session)))
    session.rollback()  # the database as it was before, the account open
    session.expire_all()
    assert session.get_one(User, lead_id).active
    assert session.get_one(User, lead_id).name == NAME
    # The account of that number may be somebody else's in a database that was begun anew.
    other = ledger[0] | {"uid": "f" * 32, "user_id": story.colleague.id}
    assert redactions.apply_ledger(session, [*ledger, other], now=make.NOW).redactions == 2
    session.commit()
    _check_erased(session, lead_id)
    assert not session.get_one(User, lead_id).active
    ended = select(Grant.ended_at).where(Grant.user_id == lead_id)
    assert session.scalars(ended).all() == [make.NOW]
    assert session.scalars(select(Invitation.revoked_at)).all() == [make.NOW]
    assert session.get_one(User, story.colleague.id).name == "Ben Okoro"
    assert session.scalars(select(Redaction.kind)).all() == ["person", "person"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_administrator_erases_by_typing_the_address(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    story = Story(session)
    sign_in(client, story.admin)
    path = f"/admin/accounts/{story.lead.id}/erase"
    assert "Deactivate the account first" in client.get(path).text
    _close(session, story.lead)
    assert "Called afterwards" in client.get(path).text
    assert client.post(path, data={"reason": "Asked.", "typed": "x@y.example"}).status_code == 422
    done = client.post(path, data={"reason": "Asked.", "typed": EMAIL})
    assert done.status_code == 302
    erased = client.get(done.location).text
    assert "A former safeguarding lead" in erased and "invite the person anew" in erased
    assert "Open the account again" not in erased and f'href="{path}"' not in erased
    assert "The details of account" in client.get("/admin/redactions").text
    assert '"person"' in Path(app.config["REDACTIONS"]).read_text()
