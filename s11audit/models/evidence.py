"""Evidence: files and links, and which responses they serve."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from s11audit.domain.enums import EvidenceKind, ScanState
from s11audit.models.accounts import User
from s11audit.models.base import Base, EnumText, UtcDateTime, one_of


class Blob(Base):
    """A stored file, named by the SHA-256 of its bytes and kept once.

    An infected one keeps its row and loses its bytes: `found` names what the scanner found, and
    `bytes_removed_at` says that the store has let go of them. While a file waits for the scanner,
    `scan_problem` says in words why it could not be scanned yet, if it was tried.
    """

    __tablename__ = "blob"
    __table_args__ = (
        one_of("scan_state", ScanState),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("(scan_state = 'infected') = (found <> '')", name="infected_by_something"),
        Index(
            "ix_blob_unscanned",
            "stored_at",
            sqlite_where=text("scan_state IN ('waiting', 'not_scanned')"),
            postgresql_where=text("scan_state IN ('waiting', 'not_scanned')"),
        ),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(120))
    scan_state: Mapped[ScanState] = mapped_column(EnumText(ScanState))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scanned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scan_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scan_problem: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    found: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    bytes_removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PendingUpload(Base):
    """A file that is on its way into the store, noted before its first byte is written there.

    The transaction that names the file in a `Blob` takes the note away. One that is left over
    tells which file to take out of the store again: nothing else is ever looked for there, so
    that two installations may share a bucket.
    """

    __tablename__ = "pending_upload"
    __table_args__ = (Index("ix_pending_upload_began_at", "began_at"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
