"""Pay in pages: terms to accept, one's own statements, what a period costs, closing it, its files."""

from tallystick.edge import Site
from tallystick.web.pay import lead, own

FORM_BYTES = 8_000


def mount(site: Site) -> None:
    """Register pay."""
    mine, inside = "/me/pay", "/programmes/{programme}/pay"
    site.page(mine, own.mine, permission="pay.own")
    site.page(f"{mine}/{{programme}}", own.statement, permission="pay.own")
    site.page(f"{mine}/{{programme}}/terms", own.terms, permission="pay.own")
    site.page(f"{mine}/{{programme}}/terms", own.accept, permission="pay.own", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(inside, lead.overview, permission="pay.read")
    site.page(f"{inside}/terms", lead.terms, permission="pay.read")
    site.page(f"{inside}/people/{{person}}", lead.statement, permission="pay.read")
    site.page(f"{inside}/close", lead.close, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/export", lead.export, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/add", lead.add, permission="pay.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{inside}/{{period}}/{{file}}", lead.file, permission="pay.read")
