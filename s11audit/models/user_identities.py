"""By which single sign-on a person comes in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.models.accounts import User
from s11audit.models.base import Base, UtcDateTime


class UserIdentity(Base):
    """Who a person is at one provider of single sign-on: the provider's own lasting mark
    (`subject`), so that a changed or passed-on address there moves no account (domain rule 70).

    `provider` is the key in the operator's file; two accounts never share a subject, and an
    account has one of each provider.
    """

    __tablename__ = "user_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("user_id", "issuer"),
        CheckConstraint("provider <> '' AND issuer <> '' AND subject <> ''", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    provider: Mapped[str] = mapped_column(String(40))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
