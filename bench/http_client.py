"""A small browser: keeps cookies, reads forms, measures what a request takes."""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


@dataclass
class Answer:
    """A response: status, location, body, and the milliseconds from sending to the last byte."""

    status: int
    location: str
    body: bytes
    milliseconds: float


@dataclass
class Browser:
    """One client of the server at `port`, on a connection of its own for each request."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """Fetch a page, without following redirects."""
        return self._request("GET", path, None, {})

    def post(self, path: str, values: list[tuple[str, str]], *, json: bool = False) -> Answer:
        """Send a form; `json` asks for the answer that the page's script asks for."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if json:
            headers |= {"Accept": "application/json", "X-Requested-With": "fetch"}
        return self._request("POST", path, urlencode(values).encode(), headers)

    def send(self, path: str, body: bytes, content_type: str) -> Answer:
        """Send a body of any type, a form with a file for one."""
        return self._request("POST", path, body, {"Content-Type": content_type})

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the page's own form. Raises RuntimeError where that fails."""
        values = dict(form_values(self.get("/login").body.decode()))
        values |= {"email": email, "password": password}
        answer = self.post("/login", list(values.items()))
        if answer.status != 302:
            raise RuntimeError(f"{email} could not sign in: {answer.status}")

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        started = time.perf_counter()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        took = (time.perf_counter() - started) * 1000
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        connection.close()
        location = urlsplit(response.headers.get("Location", "")).path
        return Answer(response.status, location, content, took)


def form_values(page: str, having: str = "") -> list[tuple[str, str]]:
    """Return what a browser would send of the page's form (the first that has a field named
    `having`, where given), as (name, value) pairs."""
    reader = _Forms()
    reader.feed(page)
    for values in reader.forms:
        if not having or any(name == having for name, _value in values):
            return values
    raise LookupError(f"no form has a field {having!r}")


class _Forms(HTMLParser):
    """Collects the values of every form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        elif not self.forms or "name" not in given:
            return
        elif tag == "textarea":
            self.textarea = given["name"]
            self.forms[-1].append((given["name"], ""))
        elif tag == "input":
            kind = given.get("type", "text")
            chosen = kind not in ("checkbox", "radio") or "checked" in given
            if kind not in ("submit", "button", "file") and chosen:
                self.forms[-1].append((given["name"], given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            name, value = self.forms[-1][-1]
            self.forms[-1][-1] = (name, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.textarea = None
