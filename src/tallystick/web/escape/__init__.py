"""Second looks: what they say, draws, the next drawn item, defects. Reads and writes through app."""

from tallystick.edge import Site
from tallystick.web.escape import overview, review


def mount(site: Site) -> None:
    """Register second looks."""
    inside, one = "/programmes/{programme}/rereview", "/rereviews/{drawn}"
    site.page("/rereviews", review.first, permission="review")
    site.page(inside, overview.overview, permission="monitor.read or review")
    site.page(inside, overview.draw, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page(f"{inside}/defects", overview.defects, permission="monitor.read")
    site.page(f"{inside}/draws", overview.proof, permission="sentinel.audit")
    site.page(f"{inside}/next", review.take_next, permission="review", methods=("POST",), max_bytes=4_000)
    site.page(one, review.review, permission="review")
    site.page(one, review.answer, permission="review", methods=("POST",), max_bytes=100_000)
    site.page(f"{one}/give-back", review.give_back, permission="review", methods=("POST",), max_bytes=4_000)
    # The form stands on a page of its programme, which the address does not name.
    site.page(
        f"{one}/set-aside", overview.set_aside, permission="monitor.write", methods=("POST",), max_bytes=4_000,
        form_at="/programmes",
    )  # fmt: skip
