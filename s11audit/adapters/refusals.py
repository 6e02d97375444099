"""How the checks of a file say no: what is wrong, and how to put it right."""

from s11audit.domain.errors import Invalid


class NotWhatItSays(Exception):
    """The file is not of the kind that its name says, or it is damaged or cut short."""


def refused(message: str) -> Invalid:
    """Return the error for a file: `message` without its full stop, shown beside the field."""
    return Invalid(message + ".", {"file": message})
