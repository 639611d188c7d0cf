"""What people read of a release: README, data card, changelog, limitations, quality report. Pure."""

from collections.abc import Sequence

from tallystick.bundle.cards.page import page
from tallystick.bundle.cards.report import report
from tallystick.bundle.cards.summary import summary
from tallystick.bundle.cards.texts import changelog, datasheet, limitations, readme
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures import Figures
from tallystick.bundle.views import View

__all__ = ["report", "texts"]


def texts(tables: Tables, views: Sequence[View], figures: Figures) -> dict[str, str]:
    """The cards of a release: path and text."""
    s = summary(tables, views, figures)
    return {
        "README.md": readme(s), "DATASHEET.md": datasheet(s), "datasheet.html": page(s), "CHANGELOG.md": changelog(s),
        "LIMITATIONS.md": limitations(s),
    }  # fmt: skip
