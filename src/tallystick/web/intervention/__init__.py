"""Interventions: the list of a programme, one with what is next and its button, a lead's steps. Through app."""

from tallystick.edge import Site
from tallystick.web.intervention import detail, steps

FORM_BYTES = 100_000


def mount(site: Site) -> None:
    """Register interventions."""
    one = "/interventions/{intervention}"
    site.page("/programmes/{programme}/interventions", detail.every, permission="gate.read")
    site.page(one, detail.show, permission="gate.read")
    for name, act in steps.ACTS.items():
        site.page(f"{one}/{name}", act, permission="intervene", methods=("POST",), max_bytes=FORM_BYTES)
