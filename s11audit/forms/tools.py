"""The form of a board's own tool."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired

from s11audit.forms.fields import GovFileInput, GovSubmit


class ToolFileForm(FlaskForm):
    """A tool's file."""

    children_notice = False

    file = GovFileInput(
        "Tool file", [FileRequired("Choose the file of the tool")], accept=".yaml,.yml",
        hint="A text file in YAML, at most 1 MB",
    )  # fmt: skip
    add = GovSubmit("Check the file")


class LineageFileForm(FlaskForm):
    """A lineage's file."""

    children_notice = False

    file = GovFileInput(
        "Lineage file", [FileRequired("Choose the file of the lineage")], accept=".yaml,.yml",
        hint="A text file in YAML, at most 1 MB",
    )  # fmt: skip
    add = GovSubmit("Check and add the file")
