"""Causes of disagreements: the map of a batch, one item, models, one's own groups. Reads and writes through app."""

from tallystick.edge import Site
from tallystick.web.disagreement import cause, groups, maps, models

READERS = "adjudicate or gate.read"
CORRECTORS = "adjudicate or monitor.write"
FORM_BYTES = 50_000


def mount(site: Site) -> None:
    """Register causes of disagreements and declared groups."""
    site.page("/programmes/{programme}/causes", maps.batches, permission="gate.read")
    site.page("/batches/{batch}/causes", maps.shown_map, permission="gate.read")
    site.page("/batches/{batch}/causes", maps.classify, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/disagreements/{item}/cause", cause.cause, permission=READERS)
    site.page(
        "/disagreements/{item}/cause", cause.correct, permission=CORRECTORS, methods=("POST",), max_bytes=FORM_BYTES
    )
    site.page("/causes/models", models.models, permission="gate.read")
    site.page("/causes/models", models.fit, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/causes/models/{model}", models.choose, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/me/groups", groups.groups, permission="work.do")
    site.page("/me/groups", groups.declare, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/me/groups/withdraw", groups.withdraw, permission="work.do", methods=("POST",), max_bytes=4_000)
