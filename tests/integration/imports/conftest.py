"""An operator on either database, as for the tests of commands."""

from tests.integration.commands.conftest import operator_anywhere

__all__ = ["operator_anywhere"]
