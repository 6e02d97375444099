"""What tells an operator that the background worker is alive."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from s11audit.models.base import Base, UtcDateTime


class WorkerBeat(Base):
    """The last time that the background worker of one machine said it was there."""

    __tablename__ = "worker_beat"

    machine: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
