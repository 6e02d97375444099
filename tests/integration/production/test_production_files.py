"""The files of docs/production/ as an operator uses them: nginx runs, systemd finds no fault."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from s11audit.paths import static_address
from tests.support.databases import Databases, settings_for
from tests.support.server import serving
from tests.support.web_server import FILES, NAME, WebServer, nginx, program

pytestmark = pytest.mark.xdist_group("production")

SECRET = "a-secret-that-opens-something"


@pytest.fixture(scope="module")
def front(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """The application as in production, behind nginx."""
    url = databases.make("sqlite")
    settings = settings_for(url, tmp_path_factory.mktemp("data")) | {
        "SECURE_COOKIES": True, "PROXIES": 1,
    }  # fmt: skip
    with serving(settings) as served:
        upstream = served.url.removeprefix("http://")
        with nginx(upstream, tmp_path_factory.mktemp("nginx")) as running:
            yield running
    databases.drop(url)


class Tls(http.client.HTTPSConnection):
    """A connection that takes this machine for the service's."""

    def __init__(self, front: WebServer) -> None:
        super().__init__(NAME, context=front.trust, timeout=20)
        self._front = front

    def connect(self) -> None:
        """Connect to nginx, and have its certificate checked for the service's name."""
        raw = socket.create_connection(("127.0.0.1", self._front.tls), 20)
        self.sock = self._front.trust.wrap_socket(raw, server_hostname=NAME)


def get(front: WebServer, path: str, **headers: str) -> http.client.HTTPResponse:
    with closing(Tls(front)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
    return answer


def test_pages_come_by_tls_only(front: WebServer) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", front.plain, timeout=20)) as plain:
        plain.request("GET", "/login?next=/", headers={"Host": NAME})
        answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/login?next=/")
    page = get(front, "/login")
    assert page.status == 200
    assert "Sign in" in page.text  # type: ignore[attr-defined]
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Secure" in page.headers["Set-Cookie"]
    assert "nginx/" not in page.headers["Server"]
    style = get(front, f"{static_address()}/s11audit.css", **{"Accept-Encoding": "identity"})
    assert style.status == 200


def test_another_name_and_the_operators_pages_are_not_answered(front: WebServer) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        get(front, "/login", Host="evil.example")
    for path in ("/metrics", "/readyz"):
        assert get(front, path).status == 404
    assert get(front, "/healthz").status == 200


def test_what_is_too_big_is_refused_in_words(front: WebServer) -> None:
    with closing(Tls(front)) as connection:
        connection.putrequest("POST", "/login")
        connection.putheader("Content-Length", str(23 * 1024 * 1024))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert "The file is too big" in answer.read().decode()


def test_its_log_holds_no_secret_and_no_address(front: WebServer) -> None:
    for path in (f"/invitations/{SECRET}", f"/calendars/{SECRET}.ics", f"/reset/{SECRET}"):
        get(front, path)
    number = get(front, "/login?next=/boards/north/people?search=Emma").headers["X-Request-Id"]
    deadline = time.monotonic() + 20
    while number not in front.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # nginx writes the line once the answer is sent
    (line,) = (line for line in front.log.read_text().splitlines() if number in line)
    told = json.loads(line)
    assert (told["path"], told["status"], told["method"]) == ("/login", 200, "GET")
    assert told["request"] == number and len(number) == 12
    for word in (SECRET, "Emma", "127.0.0.1"):
        assert word not in front.log.read_text()


def test_it_says_so_while_the_service_is_away(tmp_path: Path) -> None:
    with nginx("127.0.0.1:1", tmp_path) as alone:
        answer = get(alone, "/")
    assert answer.status == 502
    assert "The service is not available" in answer.text  # type: ignore[attr-defined]
    assert answer.headers["Retry-After"] == "60"


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    units = [*FILES.glob("*.service"), *FILES.glob("*.timer")]
    assert len(units) == 6
    (tmp_path / "settings").write_text("")
    for unit in units:
        text = unit.read_text().replace("/opt/s11audit/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text)
    analyze = program("systemd-analyze")
    assert analyze
    made = sorted(str(tmp_path / unit.name) for unit in units)
    done = subprocess.run(
        [analyze, "verify", "--man=no", *made], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for unit in tmp_path.glob("*.service"):
        done = subprocess.run(
            [analyze, "security", "--offline=yes", "--threshold=25", "--no-pager", str(unit)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-400:]


def test_the_command_has_the_services_settings(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.write_text(
        "# remarks and empty lines are passed over\n\n"
        f"S11AUDIT_DATA={tmp_path}/data\n"
        "S11AUDIT_LOGIN_LIMIT='never & $HOME'\n"
        "S11AUDIT_BACKUPS=/nowhere\n"
    )
    script = (FILES / "s11audit.sh").read_text()
    as_user = "setpriv --reuid=s11audit --regid=s11audit --init-groups "
    assert as_user in script
    for here, there in (
        ("/etc/s11audit/settings", str(settings)), (as_user, ""),
        ("/opt/s11audit/bin", str(Path(sys.executable).parent)),
    ):  # fmt: skip
        script = script.replace(here, there)
    environment = {"PATH": os.environ["PATH"], "S11AUDIT_BACKUPS": ""}

    def said(*arguments: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", script, "s11audit", *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert "S11AUDIT_LOGIN_LIMIT: 'never & $HOME' cannot be read" in said("init")
    settings.write_text(settings.read_text().replace("never & $HOME", "5 per minute"))
    assert said("init") == "The database is ready.\n"
    assert (tmp_path / "data" / "s11audit.db").stat().st_mode & 0o777 == 0o600
    assert "/nowhere" not in said("check")
