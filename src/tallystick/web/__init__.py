"""Server-rendered pages: one module and one template folder per stage."""

from pathlib import Path

from tallystick.edge import Site


def mount(site: Site) -> None:
    """Register all pages."""
    site.files("/static", Path(__file__).parent / "static")
