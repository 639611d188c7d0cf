"""Facts about items and batches."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class BatchOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A batch was opened: the unit that is measured, gated and delivered. It holds one domain."""

    KIND: ClassVar[str] = "batch-opened/1"
    batch: str
    programme: str
    name: str
    domain: str
    purpose: str  # work | gold | holdout


class ItemImported(msgspec.Struct, frozen=True, kw_only=True):
    """An item came in. What an expert sees and what is hidden from them are two vault objects."""

    KIND: ClassVar[str] = "item-imported/1"
    item: str
    programme: str
    batch: str
    domain: str
    purpose: str
    signal: str
    external: str  # the id that the client gave
    row: int  # row in the imported file, from 1
    run: str  # the import that brought it
    content: ObjectRef  # prompt, context, candidate texts
    hidden: ObjectRef  # candidate models and sampling, gold verdict, source metadata
    taxonomy: dict[str, str]  # difficulty, language, ambiguity, severity, interaction, tools, failure_cluster ...
    needed: int  # judgments wanted
    is_disagreement_expected: bool
    source_class: str
    licence: str
    content_key: str  # keyed digest of the normalised content: finds exact duplicates, reveals nothing


class ItemShaped(msgspec.Struct, frozen=True, kw_only=True):
    """How many candidates an item has, of a signal where that is not always two."""

    KIND: ClassVar[str] = "item-shaped/1"
    item: str
    candidates: int


class DemonstrationPromoted(msgspec.Struct, frozen=True, kw_only=True):
    """A demonstration that an expert wrote came back as an item, for others to review. Its author never judges it."""

    KIND: ClassVar[str] = "demonstration-promoted/1"
    item: str  # the item that others review
    programme: str
    batch: str  # of that item
    source: str  # the item for which it was written
    judgment: str  # by which it was written
    author: str


class ImportFinished(msgspec.Struct, frozen=True, kw_only=True):
    """A file was read to its end. Bad rows are listed in the report in the vault."""

    KIND: ClassVar[str] = "import-finished/1"
    run: str
    programme: str
    what: str  # items | judgments
    source: str  # who made the judgments; empty for items
    file_digest: str
    rows: int
    accepted: int
    rejected: int
    report: ObjectRef
