"""Sign-in, sign-out, the way home, and the pages that say no. Reads sessions through app; sets cookies."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tallystick.app import access, roster
from tallystick.app.access import Actor
from tallystick.edge import PUBLIC, Site, Visit
from tallystick.edge.visit import is_from_elsewhere
from tallystick.flow.refusal import Refused
from tallystick.web import frame, language
from tallystick.web.language import said
from tallystick.web.render import render
from tallystick.web.views import session as views
from tallystick.web.views.page import Notice, Page

FORM_BYTES = 10_000
LANGUAGE = "language"
"""The cookie of the chosen language. It says nothing of anybody."""
LOGIN_MAX, PASSWORD_MAX = 100, 1000
SIGN_IN: Final = "/sign-in"
SENT_CHARACTERS_MAX = 1_000_000
"""Of a form that was turned away as much is shown again: the longest document that a form takes."""
_NOT_SHOWN: Final = re.compile(
    r"pass|secret|token|credential|csrf|^(login|idempotency_key|do|as|intent|begun_from|active_ms|next|language|seen)$"
)
"""Fields that are a secret, or that only the form itself knows of."""
_NO_AIM: Final = frozenset({SIGN_IN, "/sign-out", "/language"})
"""Signing in never leads to these: they are on the way, and would lead on without an end."""


def mount(site: Site) -> None:
    """Register sign-in and what is shown instead of a page."""
    site.page(SIGN_IN, ask, permission=PUBLIC)
    site.page(SIGN_IN, sign_in, permission=PUBLIC, methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/sign-out", sign_out, permission="self", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/", home, permission="self")
    site.page("/language", choose_language, permission=PUBLIC, methods=("POST",), max_bytes=FORM_BYTES)
    site.show_faults(fault)
    site.speak(in_language, language.refusal_text)


def in_language(request: Request) -> AbstractContextManager[None]:
    """What every page is made in: the language that was chosen, or that the browser asks for, or English."""
    cookie = request.cookies.get(LANGUAGE, "")
    return language.speaking(language.chosen(cookie, request.headers.get("accept-language", "")))


def choose_language(visit: Visit) -> Response:
    """Keep a choice of language in a cookie of this browser, and go back. It is no part of anybody's account."""
    response = frame.moved(safe_next(visit.text("next", "/")))
    wanted = visit.text("language")
    if wanted in {one.code for one in language.LANGUAGES}:
        visit.cookies.keep(response, LANGUAGE, wanted)
    return response


def home(visit: Visit) -> Response:
    """Lead everybody to what they came for."""
    return frame.moved(home_of(visit.actor))


def home_of(actor: Actor) -> str:
    """Where somebody's work is: programmes for who runs or reads them, the queue for adjudicators, else own work."""
    if access.allows(actor, "programme.read"):
        return "/programmes"
    return "/disagreements" if access.allows(actor, "adjudicate") else "/me"


def safe_next(path: str) -> str:
    """A path of this cell, or home: an address of somewhere else is not followed."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if is_ours and len(path) < 500 else "/"


def _aim(path: str) -> str:
    """Where signing in leads to: a path of this cell that is no step of signing in itself, or home."""
    safe = safe_next(path)
    return "/" if unquote(safe.partition("?")[0]).rstrip("/") in _NO_AIM else safe


def sign_in_href(visit: Visit | None) -> str:
    """The sign-in form that leads back: to this address, or to the page that held the form that was sent here."""
    aim = "/" if visit is None else _aim(_came_from(visit))
    return SIGN_IN if aim == "/" else f"{SIGN_IN}?next={quote(aim, safe='/')}"


def _came_from(visit: Visit) -> str:
    """Browsers name the page of a form in `Referer`; another site's, or one that is no page of ours, does not count.

    Without it the form's own address is the page, where there is one: most forms are sent to the page they stand on.
    """
    url = visit.request.url
    if visit.request.method == "GET":
        return _address(url.path, url.query)
    try:
        page = urlsplit(visit.request.headers.get("referer", ""))
    except ValueError:
        page = urlsplit("")
    is_ours = bool(page.netloc) and page.netloc == visit.request.headers.get("host")
    places = ((page.path, page.query) if is_ours else ("", ""), (url.path, ""))
    return next((_address(path, query) for path, query in places if visit.rule_at(unquote(path))), "/")


def _form_page(visit: Visit) -> str:
    """The page from which a form was sent, or the form's own address: opened, it leads to a page that holds it."""
    found = _came_from(visit)
    return quote(visit.request.url.path, safe="/%") if found == "/" else found


def _address(path: str, query: str) -> str:
    """A path with its query, but without the notice of what was done there before."""
    left = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "done"]
    return f"{path}?{urlencode(left)}" if left else path


def ask(visit: Visit) -> Response:
    """The sign-in form; whoever is signed in goes on."""
    wanted = _aim(visit.query.get("next", "/"))
    if visit.token and roster.session_of(visit.cell, visit.token, kind="page") is not None:
        return frame.moved(wanted)
    return _form(visit, wanted=wanted)


def _form(visit: Visit, *, wanted: str, login: str = "", error: str = "", status: int = 200) -> Response:
    accounts = tuple(views.DemoAccount(login=name) for name in roster.demo_logins(visit.cell))
    view = views.SignIn(login=login, next_path=wanted, error=error, demo_accounts=accounts)
    return frame.shown("session/sign_in.html", view, frame.page(visit, said("Sign in")), status=status)


def sign_in(visit: Visit) -> Response:
    """Open a session. A failure says the same for a wrong name and a wrong password."""
    wanted = _aim(visit.text("next", "/"))
    login, password = visit.text("login").strip(), visit.text("password")
    if not login or len(login) > LOGIN_MAX or not password or len(password) > PASSWORD_MAX:
        return _form(
            visit, wanted=wanted, login=login[:LOGIN_MAX], error=language.refusal_line(roster.BAD_SIGN_IN), status=401
        )
    signed = visit.sign_in(login=login, password=password)
    if isinstance(signed, Refused):
        return _form(visit, wanted=wanted, login=login, error=language.refusal_line(signed), status=frame.again(signed))
    response = frame.moved(wanted)
    visit.remember(response, signed)
    return response


def sign_out(visit: Visit) -> Response:
    """End the session."""
    response = frame.moved(SIGN_IN)
    visit.sign_out(response)
    return response


IN_FILE: Final[Mapping[str, str]] = {"disqualified": "screening", "credential-missing": "credentials"}
"""Refusals that one's own file explains, and where in it."""


def fault(status: int, refused: Refused, visit: Visit | None) -> Response:
    """A refusal that no form shows: absent, failed, or turned away with the reason."""
    is_signed_in = visit is not None and visit.session is not None
    if status == 404:
        view: object = views.Absent(is_signed_in=is_signed_in, sign_in_href=sign_in_href(visit))
        return _shown(visit, said("Nothing here"), "session/absent.html", view, status=status)
    if status >= 500:
        view = views.Failed(reference=refused.names[0] if refused.names else "none")
        return _shown(None, said("Something failed"), "session/failed.html", view, status=status)
    back = "" if visit is None or visit.request.method == "GET" else _form_page(visit)
    view = views.Turned(
        back_href=back,
        is_signed_in=is_signed_in, sign_in_href=sign_in_href(visit), sent=_sent(visit) if visit else (),
        file_href=f"/people/{visit.actor.person}#{IN_FILE[refused.code]}"
        if visit is not None and is_signed_in and refused.code in IN_FILE
        else "",
    )  # fmt: skip
    return _shown(
        visit, said("Not done"), "session/refused.html", view, status=status, notices=(frame.notice(refused),)
    )


def _sent(visit: Visit) -> tuple[views.SentText, ...]:
    """The words of a form that was turned away: Back leads to a form that may be gone, and then they are nowhere.

    Only of a form of ours: what another site sends is refused before it is read. No secrets, and no more than a form
    of words can hold. Words of several lines each stand for themselves, all others together.
    """
    if visit.request.url.path == SIGN_IN or is_from_elsewhere(visit.request):
        return ()
    given = [(name, text) for name, text in visit.form.multi_items() if isinstance(text, str) and text.strip()]
    shown = [(name, text.replace("\r\n", "\n")) for name, text in given if not _NOT_SHOWN.search(name)]
    if sum(len(name) + len(text) for name, text in shown) > SENT_CHARACTERS_MAX:
        return ()
    lines = "\n".join(f"{name}: {text}" for name, text in shown if "\n" not in text)
    one_by_one = tuple(views.SentText(name=name, text=text) for name, text in shown if "\n" in text)
    return (*((views.SentText(name="", text=lines),) if lines else ()), *one_by_one)


def _shown(
    visit: Visit | None, heading: str, template: str, view: object, *, status: int, notices: tuple[Notice, ...] = ()
) -> Response:
    """A page about a refusal. Without a visit nothing is looked up: the cell itself may be what failed."""
    if visit is None:
        bare = Page(
            title=heading,
            heading=heading,
            notices=notices,
            language=language.current().tag,
            direction=language.current().direction,
        )
        return HTMLResponse(render(template, view, bare), status_code=status)
    page = frame.page(visit, heading, notices=notices)
    # No link is the current one: an address that is forbidden must not be told from one that is absent.
    choice = page.choice and replace(page.choice, next_path="/" if status == 404 else page.choice.next_path)
    nowhere = replace(page, nav=tuple(replace(link, is_current=False) for link in page.nav), choice=choice)
    return frame.shown(template, view, nowhere, status=status)
