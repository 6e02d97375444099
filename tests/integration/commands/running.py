"""Runs commands as an operator does, in this process, on a database of the test's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

from s11audit.cli import main
from s11audit.models import Base


@dataclass(frozen=True)
class Operator:
    """An operator with a folder, and a database elsewhere where one is given."""

    folder: Path
    database_url: str = ""

    @property
    def url(self) -> str:
        """The database that commands use."""
        return self.database_url or f"sqlite:///{self.folder / 'data' / 's11audit.db'}"

    def run(self, *arguments: str) -> Result:
        """Run one command."""
        env = {"S11AUDIT_DATA": str(self.folder / "data"), "S11AUDIT_DATABASE_URL": self.url}
        return CliRunner(env=env).invoke(main, arguments)

    def ok(self, *arguments: str) -> str:
        """Run a command that has to succeed and return what it says."""
        result = self.run(*arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        return result.stdout

    def refused(self, *arguments: str, code: int = 2) -> str:
        """Run a command that has to be refused and return what it says on standard error."""
        result = self.run(*arguments)
        assert isinstance(result.exception, SystemExit), (arguments, result.exception)
        assert result.exit_code == code, (arguments, result.output)
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.stderr

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def everything(self) -> dict[str, list[Any]]:
        """Return every row of every table."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = {
                name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')).all()))
                for name in Base.metadata.tables
            }
        engine.dispose()
        return found
