"""Pages behind the door: sessions, forged forms, sizes, headers, faults."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from served import Served, served_at
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from tallystick.app.access import ABSENT
from tallystick.edge import PUBLIC, Site, Visit
from tallystick.edge.headers import PAGE_POLICY
from tallystick.flow.refusal import Refused

OURS = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "a sentence that is long enough"


def form(visit: Visit) -> Response:
    """A page with a form: its token and nothing else."""
    return PlainTextResponse(visit.csrf)


def sign_in(visit: Visit) -> Response:
    """What a sign-in form posts to."""
    signed = visit.sign_in(login=visit.text("name"), password=visit.text("password"))
    if isinstance(signed, Refused):
        return visit.refuse(signed)
    response = RedirectResponse("/home", status_code=303)
    visit.remember(response, signed)
    return response


def sign_out(visit: Visit) -> Response:
    """What a sign-out button posts to."""
    response = RedirectResponse("/sign-in", status_code=303)
    visit.sign_out(response)
    return response


def save(visit: Visit) -> Response | Refused:
    """What a form with a file posts to."""
    if visit.text("words") == "absent":
        return ABSENT
    return PlainTextResponse(f"{visit.actor.person} {visit.text('words')} {len(visit.form)}")


def broken(visit: Visit) -> Response:
    """A page that breaks."""
    raise RuntimeError(f"secret detail of {visit.client}")


def face(status: int, refused: Refused, visit: Visit | None) -> Response:
    """How refusals look to people here."""
    who = "somebody" if visit is not None and visit.session is not None else "nobody"
    return HTMLResponse(f"<p>{status} {refused.code} {who} {' '.join(refused.names)}</p>", status)


def mount(site: Site) -> None:
    """A few pages."""
    site.page("/sign-in", form, permission=PUBLIC)
    site.page("/sign-in/now", sign_in, permission=PUBLIC, methods=("POST",))
    site.page("/sign-out", sign_out, permission="self", methods=("POST",))
    site.page("/home", form, permission="self")
    site.page("/save", save, permission="work.do", methods=("POST", "PUT"), max_bytes=200_000)
    site.page("/broken", broken, permission=PUBLIC)
    site.files("/static", Path(__file__).parent)
    site.show_faults(face)


@pytest.fixture(params=[False, True], ids=["http", "https"])
def served(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with these pages, by plain http and by https."""
    with served_at(sqlite_url, tmp_path / "cell", mounts=(mount,), secure=request.param, gold=False) as served:
        yield served


def sign(served: Served, *roles: str) -> str:
    """Sign a browser in as somebody with these roles; the token of its forms."""
    actor = served.world.person("Somebody", *(roles or ("expert",)))
    signed = served.session(actor, kind="page")
    served.http.cookies.set(served.site.cookies.session, signed.token)
    return signed.csrf


def test_whoever_is_not_signed_in_is_led_to_the_form(served: Served) -> None:
    response = served.http.get("/home?a=1")
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=/home%3Fa%3D1")
    assert served.http.post("/save", headers=OURS).status_code == 401


def test_a_session_opens_pages_and_its_end_closes_them(served: Served) -> None:
    csrf = sign(served)
    assert served.http.get("/home").text == csrf
    left = served.http.post("/sign-out", data={"csrf": csrf}, headers=OURS)
    assert left.status_code == 303
    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert served.http.get("/home").status_code == 303


def test_cookies_are_out_of_reach(served: Served) -> None:
    token = served.http.get("/sign-in").text
    flags = served.http.get("/sign-in", headers={"cookie": ""}).headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    assert "domain" not in flags
    assert ("secure" in flags) == served.site.cookies.is_secure
    assert served.site.cookies.session.startswith("__Host-") == served.site.cookies.is_secure
    assert len(token) >= 20


def test_a_sign_in_form_works_only_in_the_browser_it_was_shown_in(served: Served) -> None:
    fields = {"name": "nobody", "password": PASSWORD}
    token = served.http.get("/sign-in").text
    assert served.http.post("/sign-in/now", data=fields | {"csrf": token}, headers=OURS).status_code == 401
    served.http.cookies.clear()
    assert served.http.post("/sign-in/now", data=fields | {"csrf": token}, headers=OURS).status_code == 403
    assert served.http.post("/sign-in/now", data=fields | {"csrf": ""}, headers=OURS).status_code == 403


def test_a_bearer_token_opens_no_page_and_a_cookie_no_call(served: Served) -> None:
    actor = served.world.person("Somebody", "expert")
    page, call = served.session(actor, kind="page"), served.session(actor, kind="api")
    name = served.site.cookies.session
    for headers in (
        {"Authorization": f"Bearer {page.token}"},
        {"Authorization": f"Bearer {call.token}"},
        {"Cookie": f"{name}={call.token}"},
    ):
        assert served.http.get("/home", headers=headers).status_code == 303
    assert served.http.get("/home", headers={"Cookie": f"{name}={page.token}"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{own}"}, 403),
        ({"Origin": "{own}"}, 200),
        ({"Origin": "{own}.example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_form_must_come_from_a_page_of_ours(served: Served, headers: dict[str, str], status: int) -> None:
    csrf = sign(served)
    own = str(served.http.base_url).rstrip("/")
    sent = {name: value.format(own=own) for name, value in headers.items()}
    assert served.http.post("/save", data={"csrf": csrf}, headers=sent).status_code == status


def test_a_form_must_carry_the_token_of_this_session(served: Served) -> None:
    other = sign(served)
    csrf = sign(served)
    for wrong in ("", other, csrf[:-1], csrf + "x", "ü"):
        assert served.http.post("/save", data={"csrf": wrong}, headers=OURS).status_code == 403
    assert served.http.post("/save", data={"csrf": csrf, "words": "yes"}, headers=OURS).status_code == 200
    script = OURS | {"X-CSRF-Token": csrf}
    assert served.http.put("/save", data={"words": "yes"}, headers=script).status_code == 200


def test_what_a_role_may_not_use_is_absent(served: Served) -> None:
    csrf = sign(served, "auditor")
    forbidden = served.http.post("/save", data={"csrf": csrf}, headers=OURS)
    absent = served.http.get("/nothing")
    assert (forbidden.status_code, forbidden.content) == (404, absent.content)


def test_a_script_is_told_in_a_sentence(served: Served) -> None:
    response = served.http.put("/save", headers=OURS | {"Accept": "application/json"})
    assert response.status_code == 401
    assert response.json()["sentence"].startswith("Expected a live session")


def test_a_file_comes_with_the_form(served: Served) -> None:
    csrf = sign(served)
    answer = served.http.post(
        "/save", data={"csrf": csrf, "words": "with"}, files={"file": ("a.jsonl", b"x" * 100_000)}, headers=OURS
    )
    assert answer.status_code == 200
    assert answer.text.endswith("with 3")


@pytest.mark.parametrize("is_streamed", [False, True])
def test_more_than_the_limit_is_refused(served: Served, is_streamed: bool) -> None:
    csrf = sign(served)
    body = b"csrf=" + csrf.encode() + b"&words=" + b"x" * 300_000

    def stream() -> Iterator[bytes]:
        yield body

    headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    response = served.http.post("/save", content=stream() if is_streamed else body, headers=headers)
    assert response.status_code == 413


def test_a_large_body_of_nobody_is_not_read(served: Served) -> None:
    def stream() -> Iterator[bytes]:
        yield b"x" * 150_000

    headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.http.post("/save", content=stream(), headers=headers).status_code == 401


@pytest.mark.parametrize("content", [b"--x\r\nbroken", b"", b"\xff" * 100])
def test_a_broken_form_is_refused(served: Served, content: bytes) -> None:
    sign(served)
    headers = OURS | {"Content-Type": "multipart/form-data; boundary=y"}
    assert served.http.post("/save", content=content, headers=headers).status_code in {400, 403}


def test_what_breaks_is_told_by_reference_only(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    response = served.http.get("/broken")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    reference = response.text.removesuffix("</p>").split()[-1]
    assert reference in caplog.text
    assert "secret detail" in caplog.text


def every_kind(served: Served) -> list[httpx.Response]:
    """One answer of each kind."""
    paths = ("/sign-in", "/home", "/nothing", "/broken", "/static/test_rates.py", "/api/nothing", "/openapi.json")
    return [served.http.get(path) for path in paths]


def test_every_answer_carries_the_headers(served: Served) -> None:
    for response in every_kind(served):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "camera=()" in response.headers["permissions-policy"]
        assert ("strict-transport-security" in response.headers) == served.site.cookies.is_secure
        is_static = response.url.path.startswith("/static")
        assert response.headers["cache-control"] == ("no-cache" if is_static else "no-store")


def test_pages_allow_only_what_they_need(served: Served) -> None:
    policy = served.http.get("/sign-in").headers["content-security-policy"]
    assert policy == PAGE_POLICY
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_files_are_asked_for_again_only_when_they_changed(served: Served) -> None:
    first = served.http.get("/static/test_rates.py")
    assert first.content == (Path(__file__).parent / "test_rates.py").read_bytes()
    again = served.http.get("/static/test_rates.py", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert served.http.get("/static/../conftest.py").status_code == 404
    assert served.http.get("/static/%2e%2e/conftest.py").status_code == 404


def test_a_page_that_is_looked_at_answers_head(served: Served) -> None:
    assert served.http.head("/sign-in").status_code == 200
    assert served.http.request("TRACE", "/sign-in").status_code == 405


def test_too_many_failures_say_how_long_to_wait(served: Served) -> None:
    token = served.http.get("/sign-in").text
    fields = {"name": "nobody", "password": PASSWORD, "csrf": token}
    answers = [served.http.post("/sign-in/now", data=fields, headers=OURS) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_name_that_is_not_ours_is_not_answered(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell", mounts=(mount,), hosts=("testserver",), gold=False) as served:
        assert served.http.get("/sign-in").status_code == 200
        assert served.http.get("/sign-in", headers={"Host": "elsewhere.example.org"}).status_code == 400
