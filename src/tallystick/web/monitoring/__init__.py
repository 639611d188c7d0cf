"""Pages of monitoring: figures, experts, one's own, confusion, shortcut audits, the report on quality."""

from tallystick.edge import Site
from tallystick.web.monitoring import confusion, figures, report, shortcuts


def mount(site: Site) -> None:
    """Register monitoring."""
    for part in (figures, confusion, shortcuts, report):
        part.mount(site)
