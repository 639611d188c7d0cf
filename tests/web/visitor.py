"""Somebody in a browser without a window: cookies, forms as the pages show them, and what a page is made of."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
from served import Served, served_at

from tallystick import api, web
from tallystick.app.access import Actor

HERE = {"Origin": "http://testserver"}


class Form(HTMLParser):
    """The fields of the form with one action, as a browser would send them untouched."""

    def __init__(self, text: str, action: str) -> None:
        super().__init__()
        self._wanted = action
        self._is_inside = False
        self._area = ""
        self._select = ""
        self.is_there = False
        self.fields: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a field."""
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag == "form":
            self._is_inside = given.get("action") == self._wanted
            self.is_there = self.is_there or self._is_inside
        elif self._is_inside and tag == "input" and name:
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self.fields.setdefault(name, []).append(given.get("value") or "")
        elif self._is_inside and tag == "textarea":
            self._area = name
            self.fields[name] = [""]
        elif self._is_inside and tag == "select":
            self._select = name
        elif self._select and tag == "option" and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = [given.get("value") or ""]

    def handle_endtag(self, tag: str) -> None:
        """Leave a field or the form."""
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        """The words in a text field."""
        if self._area:
            self.fields[self._area] = [self.fields[self._area][0] + data]


@dataclass
class Visitor:
    """One person, or nobody, at the pages of a served cell."""

    served: Served
    actor: Actor | None
    csrf: str = ""
    language: str = ""
    _cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open a session, as the sign-in page does."""
        if self.actor is not None:
            signed = self.served.session(self.actor, kind="page")
            self.csrf = signed.csrf
            self._cookies = {"tallystick": signed.token}
        if self.language:
            self._cookies["language"] = self.language

    def get(self, path: str) -> httpx.Response:
        """Look at a page. Redirects are not followed."""
        return self._send("GET", path)

    def post(
        self, path: str, fields: Mapping[str, object], *, method: str = "POST", headers: Mapping[str, str] = HERE
    ) -> httpx.Response:
        """Send a form as it is given, with nothing added."""
        return self._send(method, path, data=dict(fields), headers=dict(headers))

    def upload(self, path: str, fields: Mapping[str, object], *, name: str, data: bytes) -> httpx.Response:
        """Send a form with a file."""
        return self._send("POST", path, data=dict(fields), files={"document": (name, data)}, headers=dict(HERE))

    def filled(self, path: str, action: str, /, **changes: object) -> dict[str, object]:
        """The form of a page with some fields typed over."""
        return filled(self.get(path).text, action, **changes)

    def _send(self, method: str, path: str, **rest: object) -> httpx.Response:
        given = dict(rest.pop("headers", None) or {})  # type: ignore[call-overload]  # always a map of headers
        if self._cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self.served.http.cookies.clear()
        return self.served.http.request(method, path, headers=given, follow_redirects=False, **rest)  # type: ignore[arg-type]  # as httpx takes them


def filled(text: str, action: str, /, **changes: object) -> dict[str, object]:
    """The form of a page's text with some fields typed over."""
    form = Form(text, action)
    assert form.is_there, f"expected a form to {action}, found none"
    return form.fields | changes


@contextmanager
def pages_at(directory: Path) -> Iterator[Served]:
    """A served cell with its pages."""
    url = f"sqlite+pysqlite:///{directory / 'cell.db'}"
    with served_at(url, directory / "cell", mounts=(api.mount, web.mount)) as served:
        yield served
