"""Pay in pages: terms to accept, one's own statements, what a period costs, closing it, its files."""

from tallystick.edge import Site
from tallystick.web.pay import costs, own

FORM_BYTES = 8_000


def mount(site: Site) -> None:
    """Register pay."""
    mine, inside = "/me/pay", "/programmes/{programme}/pay"
    site.page(mine, own.mine, permission="pay.own")
    site.page(f"{mine}/{{programme}}", own.statement, permission="pay.own")
    site.page(f"{mine}/{{programme}}/terms", own.terms, permission="pay.own")
    site.page(f"{mine}/{{programme}}/terms", own.accept, permission="pay.own", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(inside, costs.overview, permission="pay.read")
    site.page(f"{inside}/terms", costs.terms, permission="pay.read")
    site.page(f"{inside}/people/{{person}}", costs.statement, permission="pay.read")
    site.page(f"{inside}/close", costs.close, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/export", costs.export, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/add", costs.add, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/{{period}}/{{file}}", costs.file, permission="pay.read")
