"""ReportLab drawing the same table alone: no fonts of ours, no frame, no wrapping."""

from io import BytesIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import SimpleDocTemplate, Table

from s11audit.domain.wording import in_words
from s11audit.reports.data import ComplianceReport

HEAD = ("Agency", "Returned", "Initial", "Plan", "Actions", "Monitored", "Now")


def bare_table(report: ComplianceReport) -> bytes:
    """Return a PDF of nothing but the report's cells."""
    cells = [
        [
            row.agency,
            in_words(row.returned_cell),
            row.initial_words,
            in_words(row.plan_returned) if row.plan_returned else "",
            in_words(row.actions_completed) if row.actions_completed else "",
            in_words(row.monitored) if row.monitored else "",
            row.current_words,
        ]
        for row in report.rows
    ]
    target = BytesIO()
    table = Table([HEAD, *cells], repeatRows=1)
    SimpleDocTemplate(target, pagesize=landscape(A4)).build([table])
    return target.getvalue()
