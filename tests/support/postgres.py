"""A PostgreSQL server of the tests' own: started when first needed, thrown away at the end.

It listens on a socket in its own folder only. PostgreSQL refuses to run as root, so that root
runs it as the account `postgres`, or `nobody` where there is none.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "s11audit"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120")


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, or None where PostgreSQL's server is missing."""
    candidates = [Path(os.environ.get("S11AUDIT_TEST_POSTGRES_BIN", "/nowhere"))]
    for program in ("initdb", "pg_config"):
        found = shutil.which(program)
        if found and program == "initdb":
            candidates.append(Path(found).resolve().parent)
        elif found:
            bindir = subprocess.run([found, "--bindir"], capture_output=True, text=True).stdout
            candidates.append(Path(bindir.strip()))
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(versions, key=lambda folder: folder.parent.name, reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


# As a database is after its migrations: no rows, numbers from 1, nothing beside our own tables.
EMPTY = """
DO $$
DECLARE
  found record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP
    EXECUTE format('DELETE FROM %I', found.tablename);
  END LOOP;
  FOR found IN SELECT sequencename FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
  LOOP
    PERFORM setval(format('%I', found.sequencename)::regclass, 1, false);
  END LOOP;
  FOR found IN SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('public', 'information_schema')
  LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', found.nspname);
  END LOOP;
END $$
"""


class Cluster:
    """A running server. `close` stops it and removes its folder."""

    def __init__(self) -> None:
        found = binaries()
        if found is None:
            raise RuntimeError(
                "PostgreSQL's server programs were not found: install the package postgresql, "
                "or name their folder in S11AUDIT_TEST_POSTGRES_BIN."
            )
        self._bin = found
        self._account = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="s11-pg-", dir="/tmp"))
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "-D", self._data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        options = [part for setting in FAST for part in ("-c", setting)]
        self._log = (self._folder / "log").open("wb")
        self._server = subprocess.Popen(
            [self._bin / "postgres", "-D", self._data, "-k", str(self._folder),
             "-c", "listen_addresses=", *options],
            stdout=self._log, stderr=self._log, cwd=self._folder, **self._as_account(),
        )  # fmt: skip
        self._wait()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _as_account(self) -> dict[str, object]:
        if not self._account:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            capture_output=True, text=True, cwd=self._folder, **self._as_account(),
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self._dsn("postgres")).close()
                return
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    log = (self._folder / "log").read_text(errors="replace")
                    self.close()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
                time.sleep(0.05)

    def _dsn(self, database: str) -> str:
        return f"host={self._folder} user={SUPERUSER} dbname={database}"

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of a database on this server."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self._folder}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database as a copy of `template` and return its URL.

        The files are copied, which for these small ones is several times faster than the default
        of PostgreSQL 15 and later; earlier ones know no other way.
        """
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            copied = " STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}" + copied).format(
                    sql.Identifier(database), sql.Identifier(template)
                )
            )
        return self.url(database)

    def empty(self, database: str) -> bool:
        """Cut off who still uses the database and take out all that a test put in. Returns False
        where that cannot be done."""
        try:
            with psycopg.connect(self._dsn(database), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                connection.execute(EMPTY)
        except psycopg.Error:
            return False
        return True

    def drop(self, database: str) -> None:
        """Remove a database, cutting off who still uses it."""
        self._do(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def close(self) -> None:
        """Stop the server at once and remove its folder."""
        if self._server.poll() is None:
            self._server.send_signal(3)  # SIGQUIT: PostgreSQL's immediate shutdown
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _unprivileged() -> pwd.struct_passwd | None:
    """Return the account to run as: None for this one, another where this one is root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL cannot run as root and there is no account postgres or nobody.")
