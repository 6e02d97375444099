"""A report as one HTML file that needs nothing else: the accessible form to keep or send on."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, Template

from s11audit import paths
from s11audit.domain import dates
from s11audit.reports.data import Report


def draw(report: Report) -> bytes:
    """Return the report as an HTML file, drawn by the same table as the page."""
    return _template().render(report=report).encode()


@cache
def _template() -> Template:
    loader = FileSystemLoader(paths.top("templates"))
    environment = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    environment.filters["date"] = dates.in_words
    return environment.get_template("reports/standalone.html")
