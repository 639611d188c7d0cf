"""Disagreements: the queue, taking a case, the decision, what ended cases say. Reads and writes through app."""

from tallystick.edge import Site
from tallystick.web.adjudication import case, overturn, queue

READERS = "adjudicate or gate.read"
FORM_BYTES = 100_000


def mount(site: Site) -> None:
    """Register disagreements."""
    inside, one = "/programmes/{programme}", "/disagreements/{item}"
    site.page("/disagreements", queue.first, permission=READERS)
    site.page(f"{inside}/disagreements", queue.queue, permission=READERS)
    site.page(
        f"{inside}/disagreements/next", queue.take_next, permission="adjudicate", methods=("POST",), max_bytes=4_000
    )
    site.page(f"{inside}/overturns", overturn.overturns, permission="gate.read")
    site.page(f"{inside}/rubric-feedback/{{rubric_id}}", overturn.remarks, permission="gate.read")
    site.page(one, case.case, permission=READERS)
    site.page(one, case.decide, permission="adjudicate", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{one}/take", queue.take, permission="adjudicate", methods=("POST",), max_bytes=4_000)
    site.page(f"{one}/give-back", queue.give_back, permission="adjudicate", methods=("POST",), max_bytes=4_000)
    site.page(f"{one}/why", case.say_why, permission=READERS, methods=("POST",), max_bytes=4_000)
