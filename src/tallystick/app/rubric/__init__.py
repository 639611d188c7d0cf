"""Rubrics: publish versions and read them back, and keep unfinished documents for whoever writes them."""

from tallystick.app.rubric.publishing import (
    Preview,
    Published,
    RubricPage,
    preview,
    publish,
    rubric_diff,
    rubric_page,
    rubrics_of,
)

__all__ = ["Preview", "Published", "RubricPage", "preview", "publish", "rubric_diff", "rubric_page", "rubrics_of"]
