"""The one question of a report's page: as at which day?"""

from flask_wtf import FlaskForm

from s11audit.forms.fields import GovDateField, GovSubmit


class AsAtForm(FlaskForm):
    """Asked by GET, so that the address of a page names its day and can be sent on."""

    class Meta:
        csrf = False

    as_at = GovDateField(
        "Show the report as at",
        what="Date",
        hint="What was returned, published and verified by the end of that day. Leave it empty "
        "for today.",
    )
    show = GovSubmit("Show", classes="govuk-button--secondary")
