"""A report as JSON, with the keys that other programs rely on (docs/formats.md)."""

import json
from typing import Any

from s11audit.reports.data import ComplianceReport, Report, StandardsReport


def draw(report: Report) -> bytes:
    """Return the report as UTF-8 JSON."""
    values = _compliance(report) if isinstance(report, ComplianceReport) else _standards(report)
    return json.dumps(values, ensure_ascii=False, indent=2).encode() + b"\n"


def _compliance(report: ComplianceReport) -> dict[str, Any]:
    about = report.about
    return {
        "board": about.board,
        "cycle": about.cycle,
        "stage": about.stage,
        "as_at": about.as_at.isoformat(),
        "asked": report.asked,
        "returned": report.returned,
        "initial": {word.value: count for word, count in report.initial.items()},
        "current": {word.value: count for word, count in report.current.items()},
        "rows": [
            {
                "agency": row.agency,
                "category": [each.value for each in row.categories],
                "returned": row.returned_cell.value,
                "initial": row.initial.value,
                "plan_returned": row.plan_returned,
                "actions_completed": row.actions_completed,
                "monitored": row.monitored,
                "current": row.current.value,
            }
            for row in report.rows
        ],
    }


def _standards(report: StandardsReport) -> dict[str, Any]:
    return {
        "asked": report.asked,
        "returned": report.returned,
        "standards": [
            {
                "number": each.number,
                "title": each.title,
                "self": dict(each.self_counts),
                "agreed": dict(each.agreed_counts),
            }
            for each in report.standards
        ],
        "rows": [
            {
                "agency": row.agency,
                "self": {str(number): rag for number, rag in row.self_ratings.items()},
                "agreed": {str(number): rag for number, rag in row.agreed.items()},
            }
            for row in report.rows
        ],
    }
