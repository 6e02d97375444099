"""Finds the Chromium that the browser tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# The one without windows first: it does the same work with less.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Return the path of an installed Chromium, or None where only Playwright's own can be used.

    The environment variable S11AUDIT_TEST_CHROMIUM comes first, then what is on the path.
    """
    named = os.environ.get("S11AUDIT_TEST_CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights_own() -> bool:
    """Return whether Playwright has installed a Chromium of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def launch_options() -> dict[str, object]:
    """Return how Playwright must launch it."""
    options: dict[str, object] = {"args": list(FLAGS)}
    path = executable()
    if path:
        options["executable_path"] = path
    return options
