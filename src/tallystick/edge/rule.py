"""What a route must say about itself. Reads nothing, writes nothing."""

from dataclasses import dataclass
from typing import Final, Literal

from tallystick.app import access
from tallystick.app.access import PERMISSIONS, Actor

PUBLIC: Final = "public"
"""The permission of a route that needs no session. It is written out, never a default."""

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
SAFE: Final = frozenset({"GET", "HEAD"})
BYTES_MAX: Final = 512_000_000

Kind = Literal["page", "api", "static"]


class BadRule(ValueError):
    """A route's rule is not one that can be kept. The cell does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """Who may use a route, and how.

    permission  a name of app.access.PERMISSIONS; two with " or " between them: either will do; or "public"
    methods     those that the route answers; HEAD goes with GET on pages
    max_bytes   of the request's body; 0 when it has none
    kind        page: session by cookie; api: session by bearer token; static: the same file for everybody
    form_at     of a page that takes a form and cannot be opened: the page that holds the form, with the parameters of
                the route; when empty, the nearest page above it
    told_bytes  the limit as people are told it, where a form needs room beside its file; when 0, max_bytes
    raises      BadRule
    """

    permission: str
    methods: frozenset[str]
    max_bytes: int
    kind: Kind
    form_at: str = ""
    told_bytes: int = 0

    def __post_init__(self) -> None:
        if self.permission != PUBLIC and not set(self.permissions) <= set(PERMISSIONS):
            known = ", ".join(sorted(PERMISSIONS))
            raise BadRule(f"expected a permission among {known} or public, found {self.permission!r}: correct the rule")
        if not self.methods or not self.methods <= METHODS:
            raise BadRule(f"expected methods among {sorted(METHODS)}, found {sorted(self.methods)}: correct the rule")
        if not 0 <= self.max_bytes <= BYTES_MAX:
            raise BadRule(f"expected a size limit of 0 to {BYTES_MAX} bytes, found {self.max_bytes}: correct the rule")
        if self.kind not in ("page", "api", "static"):
            raise BadRule(f"expected the kind page, api or static, found {self.kind!r}: correct the rule")

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions of which one is enough; none for a public route."""
        return () if self.permission == PUBLIC else tuple(self.permission.split(" or "))

    def allows(self, actor: Actor) -> bool:
        """Whether somebody who is signed in may use the route. What lies behind it may still be absent for them."""
        return self.permission == PUBLIC or any(access.allows(actor, name) for name in self.permissions)

    @property
    def changes(self) -> bool:
        """Whether it answers a method that may change something."""
        return not self.methods <= SAFE
