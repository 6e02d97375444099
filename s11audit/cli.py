"""The command line: thin commands over services. The actor is the operator.

Errors are one clear sentence on standard error: exit 2 for bad usage or input, 1 for a failure.
The commands themselves are in `s11audit/commands/`, a module a noun.
"""

import sqlite3
import sys
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from s11audit.commands import (
    accounts,
    backups,
    boards,
    checks,
    cycles,
    draws,
    imports,
    log,
    people,
    reports,
    retention,
    screening,
    service,
    tools,
)
from s11audit.domain.errors import Conflict, NotAllowed, S11Error

_NO_ROOM = "Make room on the disk, then do it again."


class Commands(click.Group):
    """A group that turns every error we know into its sentence and exit code."""

    def main(  # type: ignore[override]  # click tells the two ways apart by overloads
        self, args: Any = None, prog_name: Any = None, **extra: Any
    ) -> Any:
        """Run the command and exit with its code; without `standalone_mode`, return or raise."""
        standalone = extra.pop("standalone_mode", True)
        if not standalone:
            return super().main(args, prog_name, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            _end(error.format_message(), 2)
        except click.MissingParameter as error:
            _end(" ".join(error.format_message().split()), error.exit_code)
        except click.ClickException as error:
            _end(error.format_message(), error.exit_code)
        except click.Abort:
            _end("Stopped.", 1)
        except (NotAllowed, Conflict) as error:
            _end(str(error), 1)
        except S11Error as error:
            _end_refused(error)
        except (SQLAlchemyError, sqlite3.Error) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            _end(f"The database cannot be used: {reason.rstrip('.')}. {_what_to_do(error)}", 1)
        except UnicodeEncodeError:
            _end("What was given holds bytes that are not text in UTF-8.", 2)
        except OSError as error:
            what_to_do = f" {_NO_ROOM}" if _is_out_of_room(error) else ""
            _end(f"{error.filename or 'A file'}: {error.strerror or error}.{what_to_do}", 1)
        sys.exit(code if isinstance(code, int) else 0)


def _is_out_of_room(error: BaseException) -> bool:
    from s11audit.transactions import is_out_of_room

    return is_out_of_room(error)


def _what_to_do(error: Exception) -> str:
    if _is_out_of_room(error):
        return _NO_ROOM
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
        return "Somebody else is writing. Do it again in a minute."
    return "See that it runs, and that S11AUDIT_DATABASE_URL and S11AUDIT_DATA are right."


def _end_refused(error: S11Error) -> None:
    from s11audit.adapters.storage import StorageFailed

    if not isinstance(error, StorageFailed):
        _end(str(error), 2)
        return
    reason = error.reason.rstrip(".")
    _end(f"The evidence store cannot be used: {reason}. s11audit check says what to do.", 1)


def _end(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="s11audit", message="%(prog)s %(version)s")
def main() -> None:
    """Run the section 11 audit of safeguarding boards.

    Settings are read from environment variables, S11AUDIT_DATA above all: the folder that holds
    the database and the evidence. The README and docs/settings.md list them.
    """


for command in (
    service.demo,
    service.serve,
    service.init,
    boards.board,
    accounts.user,
    tools.tools,
    cycles.cycle,
    imports.import_,
    reports.report,
    screening.screening,
    draws.draw,
    retention.retention,
    log.log,
    people.person,
    backups.backup,
    backups.restore,
    checks.check,
):
    main.add_command(command)
