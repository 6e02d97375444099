"""What every page is, whatever is stored: no stored text runs, and every answer carries its
headers (docs/security.md)."""

from __future__ import annotations

import pytest

from s11audit import create_app
from s11audit.paths import static_address
from tests.support.fuzzing.headers import problems
from tests.support.fuzzing.hostile import HOSTILE, unsafe_in
from tests.support.fuzzing.run import Fuzzed


def test_no_stored_text_runs_on_any_page(fuzzed: Fuzzed) -> None:
    assert fuzzed.columns > 90
    assert len(fuzzed.walked.pages) > 150
    assert fuzzed.walked.failed == []
    assert fuzzed.walked.unsafe == []


def test_no_stored_text_is_a_formula_in_a_file(fuzzed: Fuzzed) -> None:
    assert fuzzed.walked.formulas == []
    assert {"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} <= (
        fuzzed.walked.files
    )


def test_no_page_reaches_out_to_another_machine(fuzzed: Fuzzed) -> None:
    """Evidence may be a link; it is shown and never fetched, nor its host looked up."""
    assert fuzzed.reached == []


def test_a_text_that_runs_would_be_found() -> None:
    for page in (f'<p title="{HOSTILE}">', f"<p>{HOSTILE}", '<a href=" JavaScript:x">x</a>'):
        assert unsafe_in(page)
    assert not unsafe_in(
        '<p title="&#34;&gt;&lt;script&gt;">&lt;script&gt;</p><script src="/static/a.js">'
    )


def test_every_answer_carries_its_headers(fuzzed: Fuzzed) -> None:
    client = fuzzed.app.test_client()
    style = client.get(f"{static_address()}/s11audit.css")
    assert style.cache_control.immutable
    style.close()
    for path in ("/no-such-page", "/login", "/", "/static/no-such-file"):
        client.get(path)
    client.post("/login", data={})
    assert fuzzed.answers.seen > 300
    assert fuzzed.answers.wrong == set()


def test_a_header_that_is_missing_would_be_found() -> None:
    assert len(problems("/", [("Set-Cookie", "s11audit=x; Path=/")])) > 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_cookies_are_for_https_so_is_the_service(settings) -> None:
    for secure in (True, False):
        app = create_app({**settings, "SECURE_COOKIES": secure})
        app.config["WTF_CSRF_ENABLED"] = True
        answer = app.test_client().get("/login", base_url="https://audit.example")
        given = answer.headers.get("Strict-Transport-Security")
        assert given == ("max-age=31536000; includeSubDomains" if secure else None)
        # A token against forged requests begins a session.
        cookie = answer.headers["Set-Cookie"]
        assert ("Secure" in cookie) is secure
        assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Expires" not in cookie
        assert "Domain" not in cookie
