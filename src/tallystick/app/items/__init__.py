"""Items: bring them in, list them, and show a record with everything that happened to it."""

from tallystick.app.items.importing import ImportReport, Wanted, import_items, stored_problems
from tallystick.app.items.judgments import import_judgments
from tallystick.app.items.promoting import Promoted, Written, promote, written_in
from tallystick.app.items.record import Identity, ItemRecord, ItemsPage, Step, item_record, items_page, unblind

__all__ = [
    "Identity",
    "ImportReport",
    "ItemRecord",
    "ItemsPage",
    "Promoted",
    "Step",
    "Wanted",
    "Written",
    "import_items",
    "import_judgments",
    "item_record",
    "items_page",
    "promote",
    "stored_problems",
    "unblind",
    "written_in",
]
