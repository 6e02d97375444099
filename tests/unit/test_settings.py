"""Settings too weak to let people in are told, each with its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from s11audit.paths import settings_module

config = settings_module()
STRONG = {
    "TESTING": False,
    "SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "BASE_URL": "https://audit.example.org",
    "SECURE_COOKIES": True,
    "SECOND_FACTOR": "board",
}


def told(environ: dict[str, str] | None = None, **changed: Any) -> list[str]:
    """Return which settings are named as weak, by the beginning of each sentence."""
    found = config.weaknesses({**config.load({}), **STRONG, **changed}, environ or {})
    return [sentence.partition(":")[0] for sentence in found]


def test_strong_settings_and_a_trial_on_ones_own_machine_pass() -> None:
    assert told() == []
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
        assert told(BASE_URL=f"http://{host}", SECURE_COOKIES=False) == []
    assert told({"FLASK_DEBUG": "0"}) == []


@pytest.mark.parametrize(
    "key",
    ["a" * 40, "Change me, please, before you use it", "secret secret secret secret secret"],
)
def test_a_key_out_of_an_example_is_weak(key: str) -> None:
    assert told(SECRET_KEY=key) == ["S11AUDIT_SECRET_KEY"]


@pytest.mark.parametrize("flag", ["1", "true", "on"])
def test_debugging_is_weak(flag: str) -> None:
    assert told({"FLASK_DEBUG": flag}) == ["FLASK_DEBUG"]


@pytest.mark.parametrize("url", ["http://audit.example.org", "http://10.0.0.5:8000", "audit"])
def test_an_address_of_others_without_tls_is_weak(url: str) -> None:
    assert told(BASE_URL=url) == ["S11AUDIT_BASE_URL"]


def test_cookies_that_leave_tls_are_weak() -> None:
    assert told(SECURE_COOKIES=False) == ["S11AUDIT_SECURE_COOKIES"]


def test_a_password_alone_is_weak_but_for_the_demonstration_on_this_machine() -> None:
    assert told(SECOND_FACTOR="none") == ["S11AUDIT_SECOND_FACTOR"]
    shown = {"SECOND_FACTOR": "none", "DEMONSTRATION": True, "SECURE_COOKIES": False}
    assert told(BASE_URL="http://127.0.0.1:8000", **shown) == []
    assert told(**shown | {"SECURE_COOKIES": True}) == ["S11AUDIT_DEMONSTRATION"]
    with pytest.raises(ValueError, match="say one of board, everyone, none"):
        config.load({"S11AUDIT_SECOND_FACTOR": "nobody"})


def test_limits_and_earlier_keys_are_read_or_refused() -> None:
    key = "0123456789abcdef" * 2
    read = config.load({"S11AUDIT_SECRET_KEYS_BEFORE": f"{key}, {key[::-1]}"})
    assert read["SECRET_KEYS_BEFORE"] == (key, key[::-1])
    for name, text in (
        ("SECRET_KEYS_BEFORE", f"{key},short"),
        ("ACCOUNT_LIMIT", "often"),
        ("PROXIES", "-1"),
        ("SESSION_MINUTES", "0"),
        ("MAX_UPLOAD_MB", "20 MB"),
        ("DATABASE_URL", f"postgres://s11audit:{key}@host/name"),
        ("DATABASE_URL", f"postgresql+psycopg://s11audit:{key}@host:port/name"),
        ("EVIDENCE_URL", f"s3://bucket/path?secret={key}"),
        ("EVIDENCE_URL", f"s3://{key}@bucket/path"),
    ):
        with pytest.raises(ValueError, match=f"S11AUDIT_{name}: .*cannot be read") as error:
            config.load({f"S11AUDIT_{name}": text})
        assert key not in str(error.value)


def test_every_weakness_is_told_at_once_and_none_to_the_tests() -> None:
    weak = {"SECRET_KEY": "a" * 32, "BASE_URL": "http://audit.example.org"}
    assert told({"FLASK_DEBUG": "yes"}, **weak) == [
        "S11AUDIT_SECRET_KEY", "FLASK_DEBUG", "S11AUDIT_BASE_URL",
    ]  # fmt: skip
    assert told(TESTING=True, **weak) == []
    tested = {"S11AUDIT_TESTING": "yes"}
    assert told(tested, TESTING=True, BASE_URL="http://127.0.0.1:8000") == []
    assert told(tested, TESTING=True) == ["S11AUDIT_TESTING"]


def test_a_short_token_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="S11AUDIT_METRICS_TOKEN: this cannot be read") as error:
        config.load({"S11AUDIT_METRICS_TOKEN": "short-token"})
    assert "short-token" not in str(error.value)
