"""Finds, or installs, what tests need beside Python packages: Chromium, PostgreSQL, clamd, nginx
and an OpenID provider.

`make test` runs it first. An installed one is used; else apt installs it where this is root;
Chromium can also come by Playwright's own installer, the OpenID provider comes by npm; else what
is missing is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import chromium, clamd, openid_provider, postgres, web_server


def main() -> int:
    """Return 0 when all are there, 1 after saying what is missing."""
    found = (_postgresql(), _clamd(), _production(), _chromium(), _openid_provider())
    missing = [problem for problem in found if problem]
    for problem in missing:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if missing else 0


def _postgresql() -> str | None:
    if postgres.binaries() is None:
        _apt("postgresql")
    folder = postgres.binaries()
    if folder is None:
        return (
            "PostgreSQL's server is missing: install the package postgresql "
            "(or name the folder of its programs in S11AUDIT_TEST_POSTGRES_BIN)."
        )
    print(f"PostgreSQL: {folder}", flush=True)
    return None


def _clamd() -> str | None:
    if clamd.program() is None:
        _apt(clamd.PACKAGE)
    if clamd.program() is None:
        return f"clamd, the virus scanner, is missing: install the package {clamd.PACKAGE}."
    print(f"clamd: {clamd.program()}", flush=True)
    return None


def _production() -> str | None:
    """What the files of docs/production/ are tried with."""
    for program, package in (("nginx", "nginx-light"), ("systemd-analyze", "systemd")):
        if web_server.program(program) is None:
            _apt(package)
        if web_server.program(program) is None:
            return f"{program} is missing: install the package {package}."
        print(f"{program}: {web_server.program(program)}", flush=True)
    return None


def _chromium() -> str | None:
    for package in ("chromium-headless-shell", "chromium"):
        if not chromium.executable() and not chromium.playwrights_own():
            _apt(package)
    if not chromium.executable() and not chromium.playwrights_own():
        print("Installing Chromium with Playwright ...", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    problem = _launched()
    if problem:
        return (
            "Chromium is missing or does not start: install the package chromium "
            f"(or name its program in S11AUDIT_TEST_CHROMIUM). It said: {problem}"
        )
    print(f"Chromium: {chromium.executable() or 'installed by Playwright'}", flush=True)
    return None


def _openid_provider() -> str | None:
    try:
        folder = openid_provider.modules()
    except RuntimeError as error:
        return f"The OpenID provider is missing: {error}"
    print(f"OpenID provider: {folder}", flush=True)
    return None


def _launched() -> str | None:
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            playwright.chromium.launch(**chromium.launch_options()).close()
    except Error as error:
        return str(error).strip().splitlines()[0]
    return None


def _apt(package: str) -> None:
    """Install a package by apt where this is root and there is apt."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing the package {package} with apt ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "check": False, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update"], **quiet)  # type: ignore[call-overload]
    subprocess.run(  # type: ignore[call-overload]
        ["apt-get", "install", "--yes", "--no-install-recommends", package], **quiet
    )


if __name__ == "__main__":
    sys.exit(main())
