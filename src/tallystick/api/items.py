"""Items: bring them in, page through them, open a record."""

from typing import Annotated, Literal, Self

from fastapi import Query
from pydantic import Field, JsonValue

from tallystick.api.assignment import ShownItem
from tallystick.api.parts import (
    EXACT_MAX,
    LINE,
    NAME,
    Body,
    Done,
    InPath,
    Key,
    Line,
    Moment,
    OptionalKey,
    Reason,
    Receipt,
    Seq,
    Shown,
    TextByName,
    decoded,
)
from tallystick.app import items
from tallystick.app.items import ImportReport, ItemRecord, Step, Wanted
from tallystick.edge import ProblemPart, Site, Visit
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

FILE_BYTES = 400_000_000
FILES = {
    "application/octet-stream": "The file as it is: JSONL, CSV or Parquet, told apart by `name`; .gz allowed.",
    "application/jsonl": "One JSON object a line.",
    "text/csv": "A header and rows.",
    "application/vnd.apache.parquet": "A Parquet file.",
}
LISTED_MAX = 10_000


def mount(site: Site, prefix: str) -> None:
    """Register items."""
    of_programme = f"{prefix}/programmes/{{programme}}/items"
    site.api(
        "POST", of_programme, bring, permission="item.import", answers=ImportDone, refusals=(409, 422), takes=FILES,
        max_bytes=FILE_BYTES, tag="items",
    )  # fmt: skip
    site.api("GET", of_programme, page, permission="item.read", answers=ItemsShown, refusals=(422,), tag="items")
    site.api("GET", f"{prefix}/items/{{item}}", record, permission="item.read", answers=RecordShown, tag="items")
    site.api(
        "POST", f"{prefix}/items/{{item}}/unblind", unblind, permission="item.unblind", answers=Done,
        refusals=(409, 422), max_bytes=2_000, tag="items",
    )  # fmt: skip
    site.api(
        "GET", f"{prefix}/batches/{{batch}}/demonstrations", written, permission="gate.read", answers=WrittenShown,
        tag="items",
    )  # fmt: skip
    site.api(
        "POST", f"{prefix}/batches/{{batch}}/demonstrations", promote, permission="item.import", answers=PromotedShown,
        status=201, refusals=(409, 422), max_bytes=1_000, tag="items",
    )  # fmt: skip
    site.api(
        "GET", f"{prefix}/imports/{{run}}/problems", problems, permission="item.import", answers=ProblemsShown,
        tag="items",
    )  # fmt: skip


class WrittenShown(Shown):
    """Demonstrations that experts wrote in a batch, and whether others were given to review them."""

    batch: str
    written: int = Field(description="Those that count and whose words are there.")
    promoted: int = Field(description="Of those: given to others to review.")
    into: str = Field(description="Name of the batch in which they come back, unless another is named.")


def written(visit: Visit, batch: InPath) -> WrittenShown | Refused:
    """Say how many demonstrations of a batch were written, and how many others were given to review."""
    found = items.written_in(visit.cell, visit.actor, batch)
    return found if isinstance(found, Refused) else WrittenShown.of(found)


class Promotion(Body):
    """Where written demonstrations come back."""

    into: Annotated[str, Field(max_length=64, description="Name of a batch; empty: this one's with -review.")] = ""


class PromotedShown(Shown):
    """Demonstrations that others review from now on."""

    batch: str = Field(description="The batch in which they are reviewed.")
    items: int
    waiting: int = Field(description="Left for another command: one takes 500 at most.")
    receipt: Receipt


def promote(visit: Visit, batch: InPath, body: Promotion, key: Key) -> PromotedShown | Refused:
    """Bring every demonstration that was written in a batch back, as an item for others than its author."""
    found = items.promote(visit.cell, visit.actor, batch, into=body.into, key=key)
    if isinstance(found, Refused):
        return found
    return PromotedShown(batch=found.batch, items=found.items, waiting=found.waiting, receipt=Receipt.of(found.receipt))


FileName = Annotated[
    str,
    Query(
        min_length=1, max_length=200, pattern=LINE, examples=["items.jsonl"],
        description="The file's name, as its owner knows it. It opens the sentence of every problem.",
    ),
]  # fmt: skip


class ImportDone(Shown):
    """What became of a file. Importing it again gives the same."""

    run: str
    what: str = Field(description="items or judgments")
    rows: int
    accepted: int
    rejected: int
    problems: list[ProblemPart] = Field(description=f"In the order of the lines; the first {LISTED_MAX} of them.")
    problems_total: int
    receipt: Receipt

    @classmethod
    def told(cls, report: ImportReport) -> Self:
        """The report of an import."""
        return cls(
            run=report.run, what=report.what, rows=report.rows, accepted=report.accepted, rejected=report.rejected,
            problems=[ProblemPart.of(problem) for problem in report.problems[:LISTED_MAX]],
            problems_total=len(report.problems), receipt=Receipt.of(report.receipt),
        )  # fmt: skip


Purpose = Annotated[Literal["work", "gold", "holdout"], Query(description="What the items are for.")]
BatchName = Annotated[
    str, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The batch they belong to; it is opened when it is new.")
]
Strict = Annotated[bool, Query(description="One bad row refuses the whole file.")]


def bring(
    visit: Visit, programme: InPath, *, name: FileName, batch: BatchName, purpose: Purpose = "work",
    strict: Strict = False,
) -> ImportDone | list[Problem] | Refused:  # fmt: skip
    """Import items.

    The body is the file. Good rows come in, bad ones are listed with line and reason; a strict import takes all or
    nothing (422 with every problem). Takes no idempotency key: the same file into the same batch is the same import.
    """
    wanted = Wanted(programme=programme, name=name, batch=batch, purpose=purpose, is_strict=strict)
    report = items.import_items(visit.cell, visit.actor, visit.payload, wanted)
    return report if isinstance(report, list | Refused) else ImportDone.told(report)


class ItemShown(Shown):
    """An item without its content."""

    item: str
    external: str = Field(description="The id that the client gave.")
    batch: str
    domain: str
    purpose: str
    signal: str
    taxonomy: TextByName
    is_disagreement_expected: bool
    seq: Seq
    state: str | None = Field(None, description="waiting, active, complete or erased; null for items that are not work")
    judged: int | None = None
    leased: int | None = None
    needed: int | None = None


class ItemsShown(Shown):
    """A page of items, oldest first."""

    items: list[ItemShown]
    after: int | None = Field(description="Send it as `after` for the next page; null on the last one.")


Domain = Annotated[str | None, Query(pattern=NAME, description="422 `unknown-filter` for one that is not here.")]
Batch = Annotated[str | None, Query(pattern=NAME, description="An id. 422 `unknown-filter` for one that is not here.")]
State = Annotated[
    Literal["waiting", "active", "complete", "erased"] | None, Query(description="erased: those without content.")
]
After = Annotated[int, Query(ge=-1, le=EXACT_MAX)]
Limit = Annotated[int, Query(ge=1, le=500)]


def page(
    visit: Visit, programme: InPath, *, after: After = -1, limit: Limit = 50, domain: Domain = None,
    state: State = None, batch: Batch = None,
) -> ItemsShown | Refused:  # fmt: skip
    """Page through the items of a programme, without their content.

    State `erased` gives those whose content is gone, which no other state gives.
    """
    found = items.items_page(
        visit.cell, visit.actor, programme, after=after, limit=limit, domain=domain, state=state, batch=batch
    )
    if isinstance(found, Refused):
        return found
    shown = [
        ItemShown.of(row).model_copy(update={"state": "erased"} if row.item in found.erased else {})
        for row in found.rows
    ]
    return ItemsShown(items=shown, after=found.after)


class JudgmentShown(Shown):
    """One judgment of a record. Verdict and scores name the item's own candidates."""

    judgment: str
    expert: str
    role: str
    rubric: str
    rubric_version: str
    verdict: str
    scores: dict[str, dict[str, int]]
    order: str | None = Field(
        description="The order in which its author saw the candidates: with BA, their words call B what is A here. "
        "Null when it was not observed."
    )
    reasons: list[dict[str, str | None]]
    defects: list[str]
    is_observed: bool = Field(description="False for ever when it was made elsewhere and imported.")
    is_pre_contract: bool
    source: str
    made_at: str | None
    at: Moment
    seq: Seq


class StepShown(Shown):
    """One event in the life of an item."""

    seq: Seq
    at: Moment
    by: str
    role: str
    kind: str
    fact: dict[str, JsonValue]


class IdentityShown(Shown):
    """Where a candidate, or the work in the item's own part, comes from."""

    candidate: str = Field(description="The letter of a candidate in the item's own order; empty for the work.")
    model: str
    version: str
    sampling: dict[str, str]


class RecordShown(Shown):
    """An item with everything that happened to it."""

    item: ItemShown
    shown: ShownItem
    judgments: list[JudgmentShown]
    disagreement: str | None = Field(description="open, settled or preserved; null when there is none")
    history: list[StepShown]
    identities: list[IdentityShown] = Field(description="Of candidates and work, once you have unblinded the item.")
    erased: str | None = Field(None, description="When and under which erasure the content went; else null.")


class Unblinding(Body):
    """Why the blinding of an item is lifted."""

    reason: Line = Field(description="Kept encrypted, beside the log.", examples=["comparing two releases"])


def unblind(visit: Visit, item: InPath, body: Unblinding, key: Key) -> Done | Refused:
    """Look behind the blinding of an item: an event with its reason. Your records of it then name the models.

    409 `still-blinded` while the item still takes judgments.
    """
    done = items.unblind(visit.cell, visit.actor, item, reason=body.reason, key=key)
    return done if isinstance(done, Refused) else Done.of(done)


def record(visit: Visit, item: InPath, reason: Reason, key: OptionalKey = None) -> RecordShown | Refused:
    """Open a record. That you looked, and why, is an event. Held-out items open for leads and auditors only."""
    found = items.item_record(visit.cell, visit.actor, item, reason=reason, key=key)
    return found if isinstance(found, Refused) else _record(found)


def _record(found: ItemRecord) -> RecordShown:
    item, work = ItemShown.of(found.row), found.work
    if work is not None:
        counts = {"state": work.state, "judged": work.judged, "leased": work.leased, "needed": work.needed}
        item = item.model_copy(update=counts)
    return RecordShown(
        item=item, shown=ShownItem.of(found.shown), judgments=[_judgment(found, j) for j in found.judgments],
        disagreement=found.disagreement.state if found.disagreement else None,
        history=[_step(step) for step in found.history],
        identities=[IdentityShown.of(identity) for identity in found.identities],
        erased=found.erased.sentence if found.erased else None,
    )  # fmt: skip


def _judgment(found: ItemRecord, row: object) -> JudgmentShown:
    told = {name: decoded(getattr(row, name)) for name in ("scores", "defects")}
    plain = {name: getattr(row, name) for name in JudgmentShown.model_fields.keys() - {"reasons", *told}}
    return JudgmentShown.model_validate(plain | told | {"reasons": found.reasons.get(plain["judgment"], ())})


def _step(step: Step) -> StepShown:
    e = step.envelope
    return StepShown.model_validate(
        {"seq": e.seq, "at": e.at, "by": e.by, "role": e.role, "kind": e.kind, "fact": step.fact}
    )


class ProblemsShown(Shown):
    """The bad rows of an import, all of them."""

    problems: list[ProblemPart]


def problems(visit: Visit, run: InPath) -> ProblemsShown | Refused:
    """List every bad row of an earlier import."""
    found = items.stored_problems(visit.cell, visit.actor, run)
    return found if isinstance(found, Refused) else ProblemsShown(problems=[ProblemPart.of(p) for p in found])
