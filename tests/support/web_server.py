"""nginx with the project's own file, before a served application."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs" / "production"
NAME = "audit.example.org"
UPSTREAM = "127.0.0.1:8000"


@dataclass(frozen=True)
class WebServer:
    """nginx at work: its two ports, what trusts its certificate, and where it logs."""

    plain: int
    tls: int
    trust: ssl.SSLContext
    log: Path


def program(name: str) -> str | None:
    """Return the path of an installed program, also where only root's path has it."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def nginx(upstream: str, folder: Path) -> Iterator[WebServer]:
    """Run nginx with docs/production/nginx.conf before `upstream` ("127.0.0.1:4711"), on ports of
    its own, with what it writes in `folder`; only names, folders and ports are changed."""
    plain, tls = _free_port(), _free_port()
    certificate = _certificate(folder)
    text = (FILES / "nginx.conf").read_text()
    for was, now in (
        ("/etc/ssl/s11audit", str(folder)),
        ("/usr/share/s11audit", str(FILES)),
        ("/var/log/nginx", str(folder)),
        (UPSTREAM, upstream),
        ("listen 80 default_server", f"listen 127.0.0.1:{plain} default_server"),
        ("listen 443 ssl default_server", f"listen 127.0.0.1:{tls} ssl default_server"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl http2;"),
    ):
        assert was in text, was
        text = text.replace(was, now)
    text = "\n".join(line for line in text.splitlines() if "listen [::]" not in line)
    (folder / "s11audit.conf").write_text(text)
    temporary = "\n".join(
        f"    {kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'errors.log'} crit;\n"
        f"{'user root;' if os.geteuid() == 0 else ''}\nevents {{}}\nhttp {{\n{temporary}\n"
        f"    include {folder / 's11audit.conf'};\n}}\n"
    )
    found = program("nginx")
    assert found, "nginx is missing"
    command = [found, "-c", str(main), "-p", str(folder), "-e", str(folder / "start.log")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr, tried.stderr
    process = subprocess.Popen(command)
    try:
        _wait(tls)
        trust = ssl.create_default_context(cafile=str(certificate))
        yield WebServer(plain, tls, trust, folder / "s11audit.log")
    finally:
        process.terminate()
        process.wait(15)


def _certificate(folder: Path) -> Path:
    """Write a certificate of that name, and its key, as nginx reads them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("nginx did not start")
