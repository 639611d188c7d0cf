"""Erasure: order it, finish it in every copy, certify it, tell the holders of releases, let retention end."""

from tallystick.app.erasure.finishing import finish_interrupted
from tallystick.app.erasure.notices import (
    InPortal,
    Notice,
    Notices,
    NoticeUndelivered,
    acknowledge,
    deliver_notices,
    notices,
)
from tallystick.app.erasure.ordering import Ordered, Preview, erase_replaced, order, preview, subject_named
from tallystick.app.erasure.pages import ErasurePage, erasure_page, erasures, release_names
from tallystick.app.erasure.retention import expire_retention
from tallystick.store.schema import Row

__all__ = [
    "ErasurePage",
    "InPortal",
    "Notice",
    "NoticeUndelivered",
    "Notices",
    "Ordered",
    "Preview",
    "Row",
    "acknowledge",
    "deliver_notices",
    "erase_replaced",
    "erasure_page",
    "erasures",
    "expire_retention",
    "finish_interrupted",
    "notices",
    "order",
    "preview",
    "release_names",
    "subject_named",
]
