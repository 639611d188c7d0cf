"""The door of a cell: rules of routes, sessions, forgery, limits, headers. Pages and API pass through the same one.

A route says who may use it, with which methods and how much it may be sent, or it does not register::

    def mount(site: edge.Site) -> None:
        site.page("/programmes/{name}", programme, permission="programme.read")
        site.page("/programmes/{name}/items", bring, permission="item.import", methods=("POST",), max_bytes=64_000_000)
        site.files("/static", Path(__file__).parent / "static")
        site.show_faults(fault_page)

    def programme(visit: edge.Visit) -> Response:              # runs in a thread, may block
        glance = contract.glance(visit.cell, visit.actor, visit.path["name"])
        if isinstance(glance, Refused):
            return visit.refuse(glance)                         # the site's own page for it, with the right status
        return HTMLResponse(render(..., csrf=visit.csrf))

    def fault_page(status: int, refused: Refused, visit: edge.Visit | None) -> Response: ...

    application = edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=False)     # ASGI

What a page need not do itself: look up the session, ask for the permission, check the form's `csrf` field or the
`X-CSRF-Token` header, count bytes, set headers. Nobody signed in: a page that is looked at leads to `/sign-in?next=`.

Sign-in: `signed = visit.sign_in(login=..., password=...)`, then `visit.remember(response, signed)`; sign-out:
`visit.sign_out(response)`. A sign-in form is a public page: `visit.csrf` works there too.
"""

from tallystick.edge.faults import ErrorAnswer, ErrorPart, ProblemPart, error_answer, status_of
from tallystick.edge.rates import Rates, TooMany
from tallystick.edge.rule import PUBLIC, BadRule, RouteRule
from tallystick.edge.site import Site, Unruled, build
from tallystick.edge.visit import Visit

__all__ = [
    "PUBLIC",
    "BadRule",
    "ErrorAnswer",
    "ErrorPart",
    "ProblemPart",
    "Rates",
    "RouteRule",
    "Site",
    "TooMany",
    "Unruled",
    "Visit",
    "build",
    "error_answer",
    "status_of",
]
