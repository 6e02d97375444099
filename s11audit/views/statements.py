"""What the service says of itself to everybody: privacy and accessibility, in plain words."""

from importlib.metadata import version

from flask import Blueprint, current_app, render_template

from s11audit.domain.addresses import read_email
from s11audit.views.guards import public

bp = Blueprint("statements", __name__)


@bp.get("/privacy")
@public
def privacy() -> str:
    """What is kept of the people who use the service, and what they can ask for."""
    return _page("statements/privacy.html")


@bp.get("/accessibility")
@public
def accessibility() -> str:
    """How accessible the service is, and what is not."""
    return _page("statements/accessibility.html")


def _page(template: str) -> str:
    contact = current_app.config["CONTACT"]
    try:
        contact_email = read_email(contact)
    except ValueError:
        contact_email = ""
    return render_template(
        template,
        contact=contact,
        contact_email=contact_email,
        version=version("s11audit"),
    )
