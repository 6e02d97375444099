"""Evidence: files and links, and which responses they serve."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import EvidenceKind, ScanState
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of


class Blob(Base):
    """A stored file, named by the SHA-256 of its bytes and kept once."""

    __tablename__ = "blob"
    __table_args__ = (
        one_of("scan_state", ScanState),
        CheckConstraint("size > 0", name="not_empty"),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(120))
    scan_state: Mapped[ScanState] = mapped_column(EnumText(ScanState))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Evidence(Base):
    """A file or a link offered with a return. Removed evidence stays on record, since an earlier
    submission may name it. `carried_from_id` is the evidence of an earlier stage that it is."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("kind", EvidenceKind),
        CheckConstraint("(blob_sha256 IS NULL) <> (url IS NULL)", name="file_or_link"),
        CheckConstraint("(blob_sha256 IS NULL) = (filename IS NULL)", name="file_has_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    blob_sha256: Mapped[str | None] = mapped_column(ForeignKey("blob.sha256"), index=True)
    filename: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(Text)
    kind: Mapped[EvidenceKind] = mapped_column(EnumText(EvidenceKind))
    made_on: Mapped[date | None]
    review_on: Mapped[date | None]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    blob: Mapped[Blob | None] = relationship()
    added_by: Mapped[User | None] = relationship()
    uses: Mapped[list["EvidenceUse"]] = relationship(cascade="all, delete-orphan")


class EvidenceUse(Base):
    """A piece of evidence serves a response."""

    __tablename__ = "evidence_use"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    response_id: Mapped[int] = mapped_column(
        ForeignKey("response.id"), primary_key=True, index=True
    )
