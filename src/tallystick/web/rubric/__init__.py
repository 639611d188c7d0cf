"""Rubrics: the versions in force, one with its anchors, two side by side, and an editor. Through app."""

from tallystick.edge import Site
from tallystick.web.rubric import editing, pages
from tallystick.web.rubric.pages import criterion, diff_row, priorities

__all__ = ["criterion", "diff_row", "mount", "priorities"]


def mount(site: Site) -> None:
    """Register rubrics and their editor."""
    pages.mount(site)
    editing.mount(site)
