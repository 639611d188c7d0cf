"""What a handler is given: who asks, in which cell, with what. Reads the request; writes cookies of its answer."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.roster import Session, SignedIn
from tallystick.edge.faults import headers_of, status_of
from tallystick.edge.rates import Rates
from tallystick.edge.rule import RouteRule
from tallystick.flow.refusal import Refused

TOKEN_CHARACTERS_MAX = 200
CSRF_CHARACTERS_MIN = 20
_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class CookieNames:
    """Cookies of a site. With https they carry the prefix that keeps neighbours from setting them."""

    is_secure: bool

    @property
    def session(self) -> str:
        """The cookie of a page session."""
        return "__Host-tallystick" if self.is_secure else "tallystick"

    @property
    def before(self) -> str:
        """The cookie that binds a sign-in form to the browser it was shown in."""
        return "__Host-tallystick-form" if self.is_secure else "tallystick-form"

    def keep(self, response: Response, name: str, value: str) -> None:
        """Set a cookie that stays for a year."""
        response.set_cookie(
            name, value, max_age=_YEAR_S, path="/", httponly=True, samesite="lax", secure=self.is_secure
        )

    def put(self, response: Response, name: str, value: str) -> None:
        """Set a cookie that scripts cannot read and other sites cannot send along with a form."""
        response.set_cookie(name, value, path="/", httponly=True, samesite="lax", secure=self.is_secure)

    def drop(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.is_secure)


FaultFace = Callable[[int, Refused, "Visit | None"], Response]
"""Shows a refusal to a person: status, refusal, the visit when there is one."""
RuleAt = Callable[[str], RouteRule | None]
"""The rule of the page at an address of this site; None where no page is."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request of somebody.

    client   the address that the request came from, for limits only
    form     fields and files of a page's form; empty when there are none
    payload  the raw body of an API route that takes a file; empty elsewhere
    """

    cell: Cell
    request: Request
    client: str
    rates: Rates
    cookies: CookieNames
    face: FaultFace
    rule_at: RuleAt
    session: Session | None = None
    form: FormData = field(default_factory=FormData)
    payload: bytes = b""
    token: str = ""
    _before: str = ""

    @property
    def actor(self) -> Actor:
        """Who acts. Only on routes that need a permission: there the door has seen to it."""
        assert self.session is not None, "a public route has no actor: give it a permission, or look at session"
        return self.session.actor

    def leads(self, href: str) -> bool:
        """Whether the rule of the page behind a link lets this actor in. What it shows may still be absent for them."""
        rule = self.rule_at(href.partition("#")[0].partition("?")[0])
        return rule is not None and rule.allows(self.actor)

    @property
    def path(self) -> Mapping[str, str]:
        """The named parts of the address."""
        return self.request.path_params

    @property
    def query(self) -> QueryParams:
        """What stands behind the question mark."""
        return self.request.query_params

    @property
    def csrf(self) -> str:
        """The token for every form of the page that is being made."""
        if self.session is not None:
            return self.session.csrf
        if not self._before:
            known = self.request.cookies.get(self.cookies.before, "")
            self._before = known if len(known) >= CSRF_CHARACTERS_MIN else secrets.token_urlsafe(24)
        return self._before

    def text(self, name: str, default: str = "") -> str:
        """A text field of the form, or the default when it is not there or is a file."""
        value = self.form.get(name, default)
        return value if isinstance(value, str) else default

    def ticked(self, name: str) -> tuple[str, ...]:
        """The values of all boxes of this name that were ticked."""
        return tuple(value for value in self.form.getlist(name) if isinstance(value, str))

    def is_forged(self) -> bool:
        """Whether the form's token is not the one of this browser's session, or of its sign-in form."""
        given = self.text("csrf") or self.request.headers.get("x-csrf-token", "")
        known = self.session.csrf if self.session else self.request.cookies.get(self.cookies.before, "")
        return len(known) < CSRF_CHARACTERS_MIN or not hmac.compare_digest(given.encode(), known.encode())

    def refuse(self, refused: Refused) -> Response:
        """The site's own page for a refusal, with its status."""
        response = self.face(status_of(refused), refused, self)
        response.headers.update(headers_of(refused))
        return response

    def sign_in(self, *, login: str, password: str, kind: str = "page") -> SignedIn | Refused:
        """Open a session, unless this login or this address has failed too often of late (TooMany)."""
        too_many = self.rates.admit(login=login, client=self.client)
        if too_many is not None:
            return too_many
        signed = roster.sign_in(self.cell, login=login, password=password, kind=kind)
        if isinstance(signed, SignedIn):
            self.rates.succeeded(login=login, client=self.client)
        return signed

    def remember(self, response: Response, signed: SignedIn) -> None:
        """Let the browser keep the session: it ends on the server, or when the browser is closed."""
        self.cookies.put(response, self.cookies.session, signed.token)
        self.cookies.drop(response, self.cookies.before)
        self._before = ""

    def sign_out(self, response: Response) -> None:
        """End this session, here and on the server."""
        roster.sign_out(self.cell, self.token)
        self.cookies.drop(response, self.cookies.session)

    def finish(self, response: Response) -> Response:
        """Give the browser the cookie behind a form that was shown to nobody in particular."""
        if self._before and self.request.cookies.get(self.cookies.before) != self._before:
            self.cookies.put(response, self.cookies.before, self._before)
        return response


def bearer(request: Request) -> str:
    """The token of the Authorization header, or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and len(token) <= TOKEN_CHARACTERS_MAX else ""


def is_from_elsewhere(request: Request) -> bool:
    """Whether another site, or something that does not say where it comes from, sent this request.

    Browsers say it themselves in headers that pages cannot set: Sec-Fetch-Site, or else Origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin != f"{request.url.scheme}://{request.headers.get('host', '')}"
