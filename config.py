"""Every setting of s11audit, read once from the environment variable `S11AUDIT_<NAME>`.

A setting is one line of `SETTINGS`: its name, its default, how its text is read, and what it is
for. `docs/settings.md` lists the same and a test keeps the two together.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Setting:
    """One setting: `read` turns the environment's text into the value."""

    name: str
    default: Any
    read: Callable[[str], Any]
    purpose: str


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("say yes or no")


def _key(text: str) -> str:
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"it must be at least {SHORTEST_KEY} characters")
    return text


def _years(text: str) -> int:
    years = _number(text)
    if not 1 <= years <= 50:
        raise ValueError("it must be a number of years from 1 to 50")
    return years


def _keys(text: str) -> tuple[str, ...]:
    return tuple(_key(each.strip()) for each in text.split(","))


def _who_needs_a_factor(text: str) -> str:
    if text not in SECOND_FACTORS:
        raise ValueError(f"say one of {', '.join(SECOND_FACTORS)}")
    return text


def _hour(text: str) -> int:
    hour = _number(text)
    if not 0 <= hour <= 23:
        raise ValueError("it must be an hour from 0 to 23")
    return hour


def _limits(text: str) -> str:
    from s11audit.domain.throttling import read_limits

    read_limits(text)
    return text


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError("it must be a whole number, such as 5")
    return int(text)


def _some(text: str) -> int:
    if not _number(text):
        raise ValueError("it must be 1 or more")
    return int(text)


def _database(text: str) -> str:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        known = make_url(text).drivername in ("sqlite", "postgresql+psycopg")
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ValueError(
            "the database must be SQLite or PostgreSQL: sqlite:///file, or "
            "postgresql+psycopg://user:password@host/name"
        )
    return text


def _store(text: str) -> str:
    parts = urlsplit(text)
    says = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if not re.match(r"file:///.|s3://[^/?@]+", text):
        raise ValueError("it must be file:///folder or s3://bucket/path")
    if says - STORE_SAYS or parts.username:
        raise ValueError(f"after “?” it may say {', '.join(sorted(STORE_SAYS))}, and nothing else")
    return text


def _clamd(text: str) -> str:
    if not re.fullmatch(r"(?:unix:)?/.+|(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):\d{1,5}", text):
        raise ValueError("say host:port, or the path of clamd's socket")
    return text


def _token(text: str) -> str:
    if len(text) < SHORTEST_TOKEN:
        raise ValueError(f"it must be at least {SHORTEST_TOKEN} characters")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or len(text.split()) != 1:
        raise ValueError("it must be an address that begins with https://")
    return text


SHORTEST_KEY = 32
STORE_SAYS = frozenset({"endpoint", "region", "path_style"})
SECOND_FACTORS = ("board", "everyone", "none")
SHORTEST_TOKEN = 16
FEWEST_CHARACTERS = 10  # different ones, in a key that nobody made up
KEYS_OF_EXAMPLES = ("change me", "example", "secret", "for the tests only", "s11audit")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HIDDEN = (_key, _keys, _token, _database, _store)  # what may hold a secret is not shown
SETTINGS: tuple[Setting, ...] = (
    Setting("DATA", "instance", str, "Folder for the SQLite file and the evidence."),
    Setting(
        "DATABASE_URL",
        "",
        _database,
        "SQLAlchemy URL of the database; empty: SQLite in `s11audit.db` in the data folder. "
        "PostgreSQL: postgresql+psycopg://user:password@host/name.",
    ),
    Setting(
        "EVIDENCE_URL",
        "",
        _store,
        "Where evidence is stored: file:///folder or s3://bucket/path; empty: `evidence` in the "
        "data folder.",
    ),
    Setting(
        "REDACTIONS",
        "",
        str,
        "The file that keeps what was redacted, by hashes only, for backups that are restored; "
        "empty: `redactions.jsonl` in the data folder.",
    ),
    Setting(
        "BACKUPS",
        "",
        str,
        "Folder in which backups are kept, for `s11audit check` to say when the last one is too "
        "old; empty: it does not look.",
    ),
    Setting(
        "SECRET_KEY",
        "",
        _key,
        "Signs sessions and links; at least 32 characters. Empty: made once and kept in the data "
        "folder.",
    ),
    Setting(
        "SECRET_KEYS_BEFORE",
        (),
        _keys,
        "Secret keys of before, with commas, while sessions and authenticator apps still need "
        "them (docs/security.md).",
    ),
    Setting(
        "BASE_URL",
        "http://127.0.0.1:8000",
        str,
        "The address under which people reach the service; links in e-mails begin with it.",
    ),
    Setting(
        "SECURE_COOKIES",
        False,
        _flag,
        "Send cookies over HTTPS only. Set it to yes wherever the service is reached by HTTPS.",
    ),
    Setting(
        "SESSION_MINUTES", 480, _some, "Minutes without a request after which one is signed out."
    ),
    Setting(
        "SESSION_DAYS",
        7,
        _some,
        "Days after which one is signed out however often one comes back.",
    ),
    Setting("INVITATION_DAYS", 14, _some, "Days for which an invitation's link works."),
    Setting(
        "RETENTION_YEARS",
        6,
        _years,
        "Years after a cycle's last stage was closed for which what agencies wrote is kept, where "
        "the board office sets no others for the cycle. Nothing is removed by itself.",
    ),
    Setting("MAX_UPLOAD_MB", 20, _some, "Largest evidence file, in megabytes."),
    Setting(
        "EVIDENCE_TYPES",
        "pdf,docx,xlsx,pptx,odt,ods,odp,txt,csv,png,jpg",
        str,
        "Kinds of evidence file that are taken, by their name's ending, with commas.",
    ),
    Setting(
        "CLAMD",
        "",
        _clamd,
        "The virus scanner: host:port, or the path of its socket, of a clamd that takes INSTREAM. "
        "Files are held until it has found them clean; empty: they are not scanned.",
    ),
    Setting(
        "MAIL_SERVER", "", str, "SMTP server; empty: mail stays in the outbox to be read there."
    ),
    Setting("MAIL_PORT", 587, _some, "Port of the SMTP server."),
    Setting("MAIL_USERNAME", "", str, "Name at the SMTP server, where it asks for one."),
    Setting("MAIL_PASSWORD", "", str, "Password at the SMTP server."),
    Setting("MAIL_USE_TLS", True, _flag, "Begin TLS on the SMTP connection (STARTTLS)."),
    Setting("MAIL_SENDER", "s11audit@localhost", str, "The address that mail comes from."),
    Setting(
        "REMINDER_HOUR",
        7,
        _hour,
        "Hour of the day in London, 0 to 23, from which the day's reminders are sent.",
    ),
    Setting(
        "LOGIN_LIMIT",
        "10 per minute; 100 per hour",
        _limits,
        "How many tries of strangers from one address of the network may fail: to sign in, to "
        "begin or end single sign-on, to accept an invitation, to set a password by a link, each "
        "counted by itself; also how often it may ask for a link to set a password.",
    ),
    Setting(
        "SECOND_FACTOR",
        "board",
        _who_needs_a_factor,
        "Who must have a second factor: `board` (board office, QA, chair and administrators), "
        "`everyone`, or `none` (the demonstration only).",
    ),
    Setting(
        "DEMONSTRATION",
        False,
        _flag,
        "Set by `s11audit demo` for what it serves, on this machine alone.",
    ),
    Setting(
        "ACCOUNT_LIMIT",
        "10 per 15 minutes",
        _limits,
        "How many tries to sign in to one account may fail.",
    ),
    Setting(
        "SIGN_ON",
        "",
        str,
        "File (TOML) that names the providers of single sign-on; empty: passwords only. "
        "See docs/single-sign-on.md.",
    ),
    Setting(
        "PROXIES",
        0,
        _number,
        "How many reverse proxies stand before the service and set X-Forwarded-For.",
    ),
    Setting(
        "METRICS_TOKEN",
        "",
        _token,
        "Token by which Prometheus fetches `/metrics`; at least 16 characters. Empty: there are "
        "no metrics.",
    ),
    Setting(
        "ORGANISATION",
        "",
        _one_line,
        "Who runs the service, as the pages on privacy and accessibility name it.",
    ),
    Setting(
        "CONTACT",
        "",
        _one_line,
        "Whom people ask about the service, on the same pages: an e-mail address, or a few words.",
    ),
    Setting(
        "PRIVACY_URL",
        "",
        _web_address,
        "Address of the full privacy notice, which the page on privacy links to.",
    ),
    Setting("TESTING", False, _flag, "For the project's own tests only."),
)


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every setting by name, from `environ` (default: the process's) or its default. A
    variable that is there but empty counts as not set.

    Raises ValueError naming the variable where its text cannot be read.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(f"S11AUDIT_{setting.name}")
        if not text:
            values[setting.name] = setting.default
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError as error:
            shown = "this" if setting.read in HIDDEN else repr(text)
            raise ValueError(
                f"S11AUDIT_{setting.name}: {shown} cannot be read ({error})."
            ) from None
    return values


def complete(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with what follows from the data folder filled in; makes the folder.

    Raises ValueError naming the variable where the folder cannot be made.
    """
    data = Path(values["DATA"]).resolve()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)  # for nobody else on the machine
    except OSError as error:
        raise ValueError(
            f"S11AUDIT_DATA: {data} cannot be used as a folder ({error.strerror})."
        ) from None
    return values | {
        "DATA": str(data),
        "DATABASE_URL": values["DATABASE_URL"] or f"sqlite:///{data / 's11audit.db'}",
        "EVIDENCE_URL": values["EVIDENCE_URL"] or (data / "evidence").as_uri(),
        "REDACTIONS": values["REDACTIONS"] or str(data / "redactions.jsonl"),
        "SECRET_KEY": values["SECRET_KEY"] or _kept_key(data / "secret_key"),
    }


def weaknesses(values: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> list[str]:
    """Return what is too weak in complete settings for others to be let in, a sentence each that
    says how to put it right. Settings for tests, on this machine, are never weak. `environ` is the
    process's, for what is no setting of ours."""
    environ = os.environ if environ is None else environ
    address = urlsplit(values["BASE_URL"])
    if values["TESTING"]:
        if "S11AUDIT_TESTING" not in environ or address.hostname in LOOPBACK:
            return []
        return [
            "S11AUDIT_TESTING: it switches off these checks and the limits on requests; unset it "
            "wherever others than this machine's user reach the service."
        ]
    found = []
    key = values["SECRET_KEY"]
    if len(set(key)) < FEWEST_CHARACTERS or any(
        key.lower().startswith(each) for each in KEYS_OF_EXAMPLES
    ):
        found.append(
            "S11AUDIT_SECRET_KEY: this is a key out of an example, or one that can be guessed; "
            "make one by: openssl rand -hex 32."
        )
    if values["SECOND_FACTOR"] == "none" and not values["DEMONSTRATION"]:
        found.append(
            "S11AUDIT_SECOND_FACTOR: with none, a stolen password opens everything; say board or "
            "everyone."
        )
    if values["DEMONSTRATION"] and address.hostname not in LOOPBACK:
        found.append(
            "S11AUDIT_DEMONSTRATION: the demonstration's password is known to everybody; serve it "
            "on this machine alone, and unset it for anything else."
        )
    if environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        found.append(
            "FLASK_DEBUG: it shows the program and what people typed to whoever meets a fault; "
            "unset it."
        )
    if address.scheme == "https" and not values["SECURE_COOKIES"]:
        found.append(
            "S11AUDIT_SECURE_COOKIES: set it to yes, since people reach the service by HTTPS; "
            "else a browser may send their session without it."
        )
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        found.append(
            f"S11AUDIT_BASE_URL: {values['BASE_URL']} is reached without TLS, so that passwords "
            "and evidence could be read on the way; put a web server with a certificate before "
            "the service (docs/production.md) and give its https:// address."
        )
    return found


def _kept_key(file: Path) -> str:
    """Return the key in `file`, making it (readable by its owner only) where there is none."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(descriptor, "w") as opened:
        opened.write(key := os.urandom(32).hex())
    return key
