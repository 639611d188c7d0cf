"""Headers that every answer carries. Reads nothing, writes nothing.

Referrer-Policy is `same-origin` and not `no-referrer`: other sites learn nothing either way, but under `no-referrer`
browsers send `Origin: null` with our own forms, and the check against forged requests would lose its second leg.
"""

from typing import Final

from starlette.types import Message

from tallystick.edge.rule import Kind

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

_EVERYWHERE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
_BY_KIND: Final[dict[Kind, dict[str, str]]] = {
    "page": {
        "content-security-policy": PAGE_POLICY, "cache-control": "no-store", "vary": "Accept-Language, Cookie",
    },
    "static": {"content-security-policy": DATA_POLICY, "cache-control": "no-cache"},
    "api": {"content-security-policy": DATA_POLICY, "cache-control": "no-store"},
}  # fmt: skip
_HTTPS_ONLY: Final = {"strict-transport-security": "max-age=31536000"}

Headers = list[tuple[bytes, bytes]]
_KEPT: Final = b"cache-control"


def headers_for(kind: Kind, *, secure: bool) -> Headers:
    """The headers of a kind of answer, as ASGI wants them. `secure` when the cell is reached by https only."""
    chosen = _EVERYWHERE | _BY_KIND[kind] | (_HTTPS_ONLY if secure else {})
    return [(name.encode(), value.encode()) for name, value in chosen.items()]


def add_headers(message: Message, headers: Headers) -> None:
    """Add them to the start of an answer. A handler's own value for one of them gives way.

    But for an answer that its reader alone may keep: files of the log never change, and are many.
    """
    own = message.get("headers", ())
    stays = {name.lower() for name, value in own if name.lower() == _KEPT and value.startswith(b"private, ")}
    added = [pair for pair in headers if pair[0] not in stays]
    names = {name for name, _ in added}
    message["headers"] = [*(pair for pair in own if pair[0].lower() not in names), *added]
