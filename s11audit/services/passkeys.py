"""Passkeys (WebAuthn): a key in a person's device, which unlocks it by a finger, a face or a PIN,
and so stands for both factors (domain rule 65)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from s11audit.domain.errors import Invalid, NotFound, Refused
from s11audit.domain.policy import Actor
from s11audit.domain.texts import one_line
from s11audit.models import Authenticator, Passkey, RecoveryCode, SpentChallenge, User
from s11audit.services import second_factor, user_sessions

LONGEST_NAME = 60
MOST_PASSKEYS = 20
NOT_TAKEN = "The passkey was not accepted. Try again"


@dataclass(frozen=True)
class Site:
    """What passkeys are bound to: the service's host, and the address pages come from."""

    host: str
    origin: str

    @classmethod
    def of(cls, base_url: str) -> "Site":
        """Return the site of the service's address."""
        parts = urlsplit(base_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")

    @property
    def takes_passkeys(self) -> bool:
        """Whether browsers make passkeys for it: not for a bare network address."""
        return not self.host.replace(".", "").isdigit() and ":" not in self.host


def new_challenge() -> bytes:
    """Return what a passkey is asked to sign."""
    return token_bytes(32)


def options_to_register(site: Site, user: User, known: Sequence[Passkey], challenge: bytes) -> str:
    """Return what the browser is asked to make a passkey by, as JSON."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers import structs

    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name="s11audit",
            user_id=sha256(f"s11audit user {user.id}".encode()).digest(),
            user_name=user.sign_in_name or user.email,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id))
                for each in known
            ],
        )
    )


def options_to_sign_in(site: Site, challenge: bytes) -> str:
    """Return what the browser is asked to show a passkey by, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import structs

    return options_to_json(
        generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
    )


def register(
    session: Session,
    actor: Actor,
    name: str,
    credential: str,
    challenge: bytes,
    site: Site,
    *,
    here: int | None,
    now: datetime,
) -> list[str]:
    """Add the passkey that the browser made (`credential`, JSON) under that name. The actor stays
    signed in `here` alone. Returns recovery codes where they had none left, else none.

    Raises Invalid for the name or a credential that does not prove itself, Refused beyond
    MOST_PASSKEYS.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    assert actor.user_id is not None
    name = one_line(name, "name", "name of the passkey", LONGEST_NAME)
    session.scalar(select(User.id).where(User.id == actor.user_id).with_for_update())
    if len(passkeys_of(session, actor.user_id)) >= MOST_PASSKEYS:
        raise Refused(f"You have {MOST_PASSKEYS} passkeys. Remove one first.")
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # whatever a made-up credential breaks, it proves nothing
        raise Invalid(f"{NOT_TAKEN}.", {"name": NOT_TAKEN}) from error
    _spend(session, challenge, now)
    credential_id = bytes_to_base64url(made.credential_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise Invalid(f"{NOT_TAKEN}.", {"name": NOT_TAKEN})
    session.add(
        Passkey(
            user_id=actor.user_id,
            name=name,
            credential_id=credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            added_at=now,
        )
    )
    user_sessions.end_all(session, actor.user_id, but=here, now=now)
    words = "a passkey was added"
    second_factor.note_change(session, actor, "passkey.added", words, now=now)
    return second_factor.first_codes(session, actor.user_id, now=now)


def sign_in(
    session: Session, credential: str, challenge: bytes, site: Site, *, now: datetime
) -> User:
    """Return whose passkey the browser showed (`credential`, JSON). Raises Invalid, in the same
    words, for one that is unknown, does not prove itself, was shown before, or whose person's
    account is closed."""
    from webauthn import verify_authentication_response

    found = session.scalar(
        select(Passkey).where(Passkey.credential_id == _id_in(credential)).with_for_update()
    )
    user = session.get(User, found.user_id) if found else None
    if found is None or user is None or not user.active:
        raise Invalid(f"{NOT_TAKEN}.")
    try:
        shown = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # whatever a made-up credential breaks, it proves nothing
        raise Invalid(f"{NOT_TAKEN}.") from error
    _spend(session, challenge, now)
    found.sign_count = shown.new_sign_count
    found.last_used_at = now
    return user


def remove(
    session: Session, actor: Actor, passkey_id: int, *, must_have: bool, now: datetime
) -> None:
    """Remove one of the actor's passkeys. Raises NotFound where it is none of theirs, Refused
    where they must have a second factor and have no other."""
    assert actor.user_id is not None
    session.scalar(select(User.id).where(User.id == actor.user_id).with_for_update())
    own = passkeys_of(session, actor.user_id)
    found = next((each for each in own if each.id == passkey_id), None)
    if found is None:
        raise NotFound("There is no such passkey.")
    last = len(own) == 1 and not second_factor.has_app(session, actor.user_id)
    if last and must_have:
        raise Refused("You must have a second factor. Set up another one before you remove this.")
    session.delete(found)
    if last:
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == actor.user_id))
    words = "a passkey was removed"
    second_factor.note_change(session, actor, "passkey.removed", words, now=now)


def passkeys_of(session: Session, user_id: int) -> Sequence[Passkey]:
    """Return a person's passkeys, as they were added."""
    return session.scalars(
        select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    ).all()


def app_of(session: Session, user_id: int) -> Authenticator | None:
    """Return a person's authenticator app."""
    return session.scalar(select(Authenticator).where(Authenticator.user_id == user_id))


def forget_old(session: Session, before: datetime) -> None:
    """Delete the challenges that were answered before then."""
    session.execute(
        delete(SpentChallenge).where(SpentChallenge.at < before),
        execution_options={"synchronize_session": False},
    )


def _id_in(credential: str) -> str:
    try:
        found = json.loads(credential)
    except (ValueError, RecursionError):
        return ""
    name = found.get("id") if isinstance(found, dict) else None
    return name[:1400].replace("\x00", "") if isinstance(name, str) else ""


def _spend(session: Session, challenge: bytes, now: datetime) -> None:
    """Have a challenge answered once, in whichever web process."""
    hashed = sha256(challenge).hexdigest()
    try:
        with session.begin_nested():
            session.execute(insert(SpentChallenge).values(hash=hashed, at=now))
    except IntegrityError as error:
        raise Invalid(f"{NOT_TAKEN}.") from error
