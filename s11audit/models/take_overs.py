"""What was taken over from an earlier cycle, part by part."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime


class TakeOver(Base):
    """Where one part of a response ("answer:5.2", "statement") was taken over from. Whether it
    still stands as it was is `Response.taken_over`'s to say. Without a `lineage_id` the earlier
    tool was the same version.
    """

    __tablename__ = "take_over"
    __table_args__ = (UniqueConstraint("response_id", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    part: Mapped[str] = mapped_column(String(40))
    from_return_id: Mapped[int] = mapped_column(ForeignKey("return.id"), index=True)
    from_standard: Mapped[int]
    from_part: Mapped[str] = mapped_column(String(40))
    lineage_id: Mapped[int | None] = mapped_column(ForeignKey("lineage.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
