"""People, what they are granted, and invitations."""

from datetime import date, datetime
from typing import ClassVar

from flask_security import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain import enums
from s11audit.domain.enums import AGENCY_ROLES, BOARD_ROLES, RETURN_ROLES
from s11audit.models.agencies import Membership
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of
from s11audit.models.boards import Board


def _in(column: str, roles: tuple[enums.Role, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(role.value)) for role in roles)})"


def _place(roles: tuple[enums.Role, ...], held_for: str | None) -> str:
    parts = [
        f"{column} IS {'NOT ' if column == held_for else ''}NULL"
        for column in ("board_id", "membership_id", "return_id")
    ]
    return f"({' AND '.join([_in('role', roles), *parts])})"


# A role says what it is held for: a board, an agency on a board, a return (a visitor), or none of
# these (the installation).
_PLACE_BY_ROLE = " OR ".join(
    (
        _place(BOARD_ROLES, "board_id"),
        _place(AGENCY_ROLES, "membership_id"),
        _place(RETURN_ROLES, "return_id"),
        _place((enums.Role.ADMIN,), None),
    )
)


class Role(RoleMixin):
    """Flask-Security asks for a role model. Ours are grants; it gets this empty one."""


class User(Base, UserMixin):
    """A person's account. `email` is kept in lower case; `name` is shown on what they did.

    Where several people share one mailbox, each has a `sign_in_name` (domain rule 68), in lower
    case and without an "@". `deactivated_at`: the account is closed, until it is opened again.
    `fs_uniquifier` is what a session is tied to: a new one ends every session of the person.
    """

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(
            "sign_in_name = lower(sign_in_name) AND sign_in_name <> ''"
            " AND replace(sign_in_name, '@', '') = sign_in_name",
            name="sign_in_name_plain",
        ),
        CheckConstraint("deactivated_at IS NULL OR NOT active", name="deactivated_is_not_active"),
        Index(
            "uq_user_email_alone",
            "email",
            unique=True,
            sqlite_where=text("sign_in_name IS NULL"),
            postgresql_where=text("sign_in_name IS NULL"),
        ),
    )

    roles: ClassVar[list[RoleMixin]] = []  # type: ignore[misc]

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), index=True)
    sign_in_name: Mapped[str | None] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool]
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Grant(Base):
    """One role of one person, for a board, an agency on a board or (a visitor) a return, until it
    ends."""

    __tablename__ = "grant"
    __table_args__ = (
        one_of("role", enums.Role),
        CheckConstraint(_PLACE_BY_ROLE, name="place_by_role"),
        Index(
            "uq_grant_live_board",
            "user_id",
            "role",
            "board_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND board_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND board_id IS NOT NULL"),
        ),
        Index(
            "uq_grant_live_membership",
            "user_id",
            "membership_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND membership_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND membership_id IS NOT NULL"),
        ),
        Index(
            "uq_grant_live_return",
            "user_id",
            "return_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND return_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND return_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[enums.Role] = mapped_column(EnumText(enums.Role))
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), index=True)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    until: Mapped[date | None]
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    board: Mapped[Board | None] = relationship()
    membership: Mapped[Membership | None] = relationship()


class Invitation(Base):
    """An offer of a role by e-mail. Only the hash of its one-time link is kept.

    It is pending until `accepted_at` or `revoked_at` is set or `expires_at` has passed.
    A person who has an account already accepts by signing in; `for_user_id` names it where it is
    meant for that one alone.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        one_of("role", enums.Role),
        CheckConstraint(_PLACE_BY_ROLE, name="place_by_role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[enums.Role] = mapped_column(EnumText(enums.Role))
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), index=True)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    return_id: Mapped[int | None] = mapped_column(ForeignKey("return.id"), index=True)
    until: Mapped[date | None]
    for_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    board: Mapped[Board | None] = relationship()
    membership: Mapped[Membership | None] = relationship()
    accepted_by: Mapped["User | None"] = relationship(foreign_keys=[accepted_by_id])
    invited_by: Mapped["User | None"] = relationship(foreign_keys=[invited_by_id])
