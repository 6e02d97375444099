"""Which passwords are refused, how long one waits, where one is led, what a browser is called."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.devices import device_in_words
from s11audit.domain.own_paths import own_path
from s11audit.domain.passwords import (
    IS_A_NAME,
    TOO_COMMON,
    TOO_LONG,
    TOO_SHORT,
    password_problem,
)
from s11audit.domain.throttling import (
    Limit,
    network_of,
    read_limits,
    wait_for,
    wait_in_words,
)

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
OLIVE = ("Olive Marsh", "olive.marsh@example.org", "olive.marsh2")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("only eleven", TOO_SHORT),
        ("correct horse battery staple", None),
        ("wednesday rain kettle", None),
        ("no digits no capitals no signs", None),
        ("password1234", TOO_COMMON),
        ("Password12345!", TOO_COMMON),
        ("qwertyuiop12", TOO_COMMON),
        ("123456789012", TOO_COMMON),
        ("manchester2026", TOO_COMMON),
        ("x" * 20, TOO_COMMON),
        ("olive.marsh@example.org", IS_A_NAME),
        ("OLIVE-MARSH-2026", IS_A_NAME),
        ("MarshOliveMarsh1!", IS_A_NAME),
        ("s11audit-s11audit", IS_A_NAME),
        ("Section 11 audit", IS_A_NAME),
        ("an olive, two kettles and a marsh", None),
        ("y" * 1001, TOO_LONG),
    ],
)
def test_passwords_are_judged_by_length_and_by_how_soon_they_are_guessed(password, problem):
    assert password_problem(password, OLIVE) == problem


def test_a_wait_ends_when_enough_tries_are_old():
    limits = read_limits("3 per minute; 5 per hour")
    assert limits == (Limit(3, timedelta(minutes=1)), Limit(5, timedelta(hours=1)))

    def wait(*seconds_ago):
        tried = [NOON - timedelta(seconds=each) for each in seconds_ago]
        return wait_for(tried, limits, NOON).total_seconds()

    assert wait() == wait(1, 2) == wait(1, 2, 60) == 0
    assert wait(1, 2, 50) == 10
    assert wait(100, 200, 300, 400) == 0
    assert wait(100, 200, 300, 400, 3000) == 600
    assert wait(1, 2, 3, 400, 3590) == 57
    assert [wait_in_words(timedelta(seconds=each)) for each in (1, 61, 5400, 5401)] == [
        "1 minute", "2 minutes", "90 minutes", "2 hours",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "10", "0 per minute", "3 per 0 minutes", "2 per 2 days", "x"])
def test_a_limit_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError):
        read_limits(text)


def test_what_counts_as_one_address():
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::9") == network_of("2001:db8:1:2::1")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("") == ""


@pytest.mark.parametrize(
    "text",
    [
        None, "", "places", "//evil.example", "/\\evil.example", "\\/evil", "https://evil.example",
        "/\t/evil", "/ok\n", "/a\\b", "javascript:alert(1)", "/" + "x" * 3000, " /places",
        "///evil.example", "http:/evil",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_service(text):
    assert own_path(text) is None


@given(st.text(max_size=30))
def test_an_address_to_go_on_to_begins_with_one_slash(text):
    found = own_path("/" + text)
    assert found is None or (found == "/" + text and found[1:2] not in ("/", "\\"))


def test_own_paths_are_kept():
    assert own_path("/boards/x/returns?page=2&q=a%20b") == "/boards/x/returns?page=2&q=a%20b"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
         "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Safari/537.36", "Chrome on a Mac"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on an Android phone or tablet"),
        ("<script>", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_devices_are_named_in_words(agent, words):
    assert device_in_words(agent) == words
