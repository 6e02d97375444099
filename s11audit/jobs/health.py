"""Lets operators see that the worker is alive."""

import platform
from datetime import datetime

from s11audit.services import health
from s11audit.transactions import writing


def beat(now: datetime) -> None:
    """Note the worker's sign of life. Needs an application context."""
    with writing() as session:
        health.beat(session, platform.node() or "unnamed", now=now)
