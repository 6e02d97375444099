"""A report in any of its formats. Each renderer is loaded when it is first needed."""

import re
from dataclasses import replace
from importlib import import_module
from typing import Protocol, TypeVar

from s11audit.domain.errors import Invalid
from s11audit.reports.comparison_data import ComparisonReport
from s11audit.reports.data import About, ComplianceReport, Report, StandardsReport

# The formats in the order they are offered, each with what it is sent as.
FORMATS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}


Sealed = TypeVar("Sealed", bound=ComplianceReport | StandardsReport | ComparisonReport)


class Named(Protocol):
    """What a file is named by."""

    @property
    def kind(self) -> str: ...

    @property
    def about(self) -> About: ...


def render(report: Report, file_format: str) -> bytes:
    """Return the report as a file of that format. Raises Invalid for one that there is not."""
    if file_format not in FORMATS:
        raise Invalid(f"There is no format {file_format!r}. Choose one of {', '.join(FORMATS)}.")
    drawn: bytes = import_module(f"s11audit.reports.as_{file_format}").draw(report)
    return drawn


def with_log(report: Sealed, line: str) -> Sealed:
    """Return the report with the line that its files carry at their foot: how far the log had
    come when it was made. JSON and CSV, whose formats are fixed, do not show it."""
    return replace(report, about=replace(report.about, log=line))


def file_name(report: Named, file_format: str) -> str:
    """Return a name for the file: "compliance-lancashire-audit-2012-stage-1-2013-03-31.pdf"."""
    about = report.about
    cycle = re.sub(r"[^a-z0-9]+", "-", about.cycle.lower()).strip("-")
    parts = (report.kind, about.board, cycle, f"stage-{about.stage}", about.as_at.isoformat())
    return "-".join(part for part in parts if part) + f".{file_format}"
