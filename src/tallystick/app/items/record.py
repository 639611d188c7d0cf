"""One item with everything that happened to it, and pages of items."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased, looking, routing
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import CandidatesUnblinded
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals.shape import LETTERS
from tallystick.store import adjudication, erasure, items, judgment, oversight, standing
from tallystick.store import contract as contracts
from tallystick.store.schema import Row

PAGE = 50
LISTED_MAX = 50
STATES = ("waiting", "active", "complete", "erased")
REASON_CHARACTERS_MIN = 10
REASON_CHARACTERS_MAX = 300
STILL_BLINDED = Refused(
    "still-blinded", "Candidates stay blinded until the item has all its judgments. Come back when it is complete."
)
REASON_MISSING = Refused(
    "reason-missing",
    f"Say in {REASON_CHARACTERS_MIN} to {REASON_CHARACTERS_MAX} characters why you unblind: it is recorded.",
    "reason",
)


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """Some items of a programme, oldest first; `after` leads to the next page.

    erased  those of them whose content is gone
    """

    rows: tuple[Row, ...]
    after: int | None
    erased: frozenset[str] = frozenset()


def items_page(
    cell: Cell, actor: Actor, programme: str, *, after: int = -1, domain: str | None = None, state: str | None = None,
    batch: str | None = None, limit: int = PAGE,
) -> ItemsPage | Refused:  # fmt: skip
    """Items behind a place, without their content. Refused when they are asked for by a name that is not there."""
    if not access.allows(actor, "item.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        rows = items.page(
            connection, programme, after=after, limit=limit + 1, domain=domain, state=state, batch=batch,
            without=routing.closed_to(cell, connection, actor, programme),
        )  # fmt: skip
        strange = None if rows else _strange(connection, programme, domain=domain, state=state, batch=batch)
        if strange is not None:
            return strange
        gone = erasure.erased_of(connection, [row.content for row in rows])
    more = len(rows) > limit
    lost = frozenset(row.item for row in rows if row.content in gone)
    return ItemsPage(tuple(rows[:limit]), rows[limit - 1].seq if more else None, lost)


def _strange(
    connection: journal.Connection, programme: str, *, domain: str | None, state: str | None, batch: str | None
) -> Refused | None:
    """Why there can be no item of these names: a misspelt one is not answered with an empty list."""
    rows = items.batches(connection, programme)
    batches = {row.batch: f"{row.batch} ({row.name})" for row in rows}
    domains = {row.domain for row in contracts.domains(connection, programme)} | {row.domain for row in rows}
    for field, wanted, known in (
        ("domain", domain, {name: name for name in sorted(domains)}), ("batch", batch, batches),
        ("state", state, {name: name for name in STATES}),
    ):  # fmt: skip
        if wanted is not None and wanted not in known:
            listed = ", ".join([*known.values()][:LISTED_MAX]) or "none yet"
            sentence = f"Expected a {field} of this programme's items ({listed}), found {wanted[:60]!r}. Choose one."
            return Refused("unknown-filter", sentence, field, tuple(known)[:LISTED_MAX])
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """One event in the life of an item."""

    envelope: Envelope
    fact: dict[str, object]


@dataclass(frozen=True, slots=True)
class Identity:
    """Where one candidate, or the work in an item's own part, comes from: what experts never see.

    candidate  its letter in the item's own order; empty for the work
    """

    candidate: str
    model: str
    version: str
    sampling: dict[str, str]


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item with its content, its judgments, its disagreement and its history in the journal.

    identities  of the candidates and of the work, for somebody who has unblinded the item; empty for everybody else
    erased      the content is gone; None while it is there
    """

    row: Row
    work: Row | None
    shown: Shown
    taxonomy: dict[str, str]
    judgments: tuple[Row, ...]
    reasons: dict[str, tuple[dict[str, str | None], ...]]
    disagreement: Row | None
    history: tuple[Step, ...]
    identities: tuple[Identity, ...]
    erased: Gone | None = None


def item_record(
    cell: Cell, actor: Actor, item: str, *, reason: str, words: str = "", key: str | None = None
) -> ItemRecord | Refused:
    """Open a record. Who looked, and why, is an event; the key makes a repeat within ten minutes the same look.

    reason  one of looking.CHOSEN
    words   what the reader adds to it; kept in the vault
    """

    def check(connection: journal.Connection) -> Refused | None:
        return _not_readable(cell, connection, actor, item)

    if not access.allows(actor, "item.read"):
        return access.ABSENT
    with cell.read() as connection:
        refused = check(connection)
    why = refused or looking.chosen(actor, reason, words)
    if isinstance(why, Refused):
        return why
    about = About(subject=item, what="record", reason=why, words=words.strip())
    look = cell.look(actor, "item.read", about, key=key, check=check)
    if isinstance(look, Refused):
        return look
    hidden = _look_behind(cell, actor, item, why)
    if isinstance(hidden, Refused):
        return hidden
    with cell.read() as connection:
        row = items.item(connection, item)
        assert row is not None
        given = _visible(connection, actor, item)
        opened = erased.payloads(cell, connection, [j.rationale for j in given if j.rationale], look)
        reasons = {j.judgment: erased.reasons(opened[j.rationale]) for j in given if j.rationale}
        return ItemRecord(
            row=row, work=items.work(connection, item), shown=shown_in(cell, connection, row.content, "AB", look=look),
            taxonomy=msgspec.json.decode(row.taxonomy), judgments=tuple(given), reasons=reasons,
            disagreement=adjudication.disagreement(connection, item),
            history=tuple(_history(connection, row, given, is_whole=not access.allows(actor, "work.do"))),
            identities=_identities(cell, connection, row, hidden) if hidden else (),
            erased=erased.gone(connection, row.content),
        )  # fmt: skip


def _not_readable(cell: Cell, connection: journal.Connection, actor: Actor, item: str) -> Refused | None:
    """Held-out items live behind a rule of their own: who does not have it finds nothing there.

    The contract's rights decide where and until when anybody reads.
    """
    row = items.item(connection, item)
    if row is None or (row.purpose == "holdout" and not access.allows(actor, "holdout.read")):
        return access.ABSENT
    return unreadable(cell, connection, actor, row.programme, item=item)


def _look_behind(cell: Cell, actor: Actor, item: str, reason: str) -> Look | Refused | None:
    """The look at where the candidates come from: only for somebody who has lifted the blinding of this item."""
    with cell.read() as connection:
        if not oversight.has_unblinded(connection, actor.person, item):
            return None
    return cell.look(actor, "item.unblind", About(subject=item, what="identities", reason=reason))


def _visible(connection: journal.Connection, actor: Actor, item: str) -> list[Row]:
    """The judgments that this person may see: whoever may judge sees others' only once the item is complete."""
    work = items.work(connection, item)
    is_open = work is not None and work.state != "complete"
    given = judgment.of_item(connection, item)
    if is_open and access.allows(actor, "work.do"):
        return [row for row in given if row.expert == actor.person]
    return given


def _identities(cell: Cell, connection: journal.Connection, row: Row, look: Look) -> tuple[Identity, ...]:
    found = erased.payload(cell, connection, row.hidden, look)
    if isinstance(found, Gone):
        return ()
    hidden = msgspec.json.decode(found)
    named = [*zip(LETTERS, hidden["candidates"], strict=False)]
    named += [("", hidden["producer"])] if hidden.get("producer") else []
    return tuple(Identity(of, one["model"], one["version"], one["sampling"]) for of, one in named)


def unblind(cell: Cell, actor: Actor, item: str, *, reason: str, key: str) -> Receipt | Refused:
    """Look behind the blinding of an item: an event with its reason. From then on this person's record shows it.

    Refused while the item still takes judgments: whoever talks to experts must not know what they do not.
    """

    def decide(tx: Transaction) -> Decision:
        refused = _not_readable(cell, tx.connection, actor, item)
        if refused is not None:
            return refused
        work = items.work(tx.connection, item)
        if work is not None and work.state != "complete":
            return STILL_BLINDED
        if len(reason.strip()) < REASON_CHARACTERS_MIN or len(reason) > REASON_CHARACTERS_MAX:
            return REASON_MISSING
        words = tx.seal(reason.strip().encode(), scope=f"person:{actor.person}")
        return [CandidatesUnblinded(item=item, words=words)]

    return cell.execute(Command(actor, "item.unblind", key, canon.encode(["unblind", item, reason]), decide))


def _history(connection: journal.Connection, row: Row, given: list[Row], *, is_whole: bool) -> list[Step]:
    """Every event that concerns the item, in journal order. Of events about many items only what is about this one.

    is_whole  with what became of judgments: who may judge does not hear that one of theirs is in doubt
    """
    places = {row.seq, *(j.seq for j in given), *oversight.places_of_item(connection, row.item)}
    changed = {change.seq for change in standing.changes(connection, row.item)} if is_whole else set()
    cases = [(case.seq, case.closed_seq) for case in standing.past_disagreements(connection, row.item)]
    places |= changed | {seq for case in cases for seq in case if seq is not None}
    own = {"judgments": [j.judgment for j in given], "items": [row.item]}
    steps = []
    for seq in sorted(places):
        entry = journal.read_one(connection, seq)
        assert entry is not None
        envelope = open_entry(entry)
        fact = msgspec.json.decode(envelope.body)
        if seq in changed:
            fact |= {name: [one for one in fact[name] if one in own[name]] for name in own if name in fact}
        steps.append(Step(envelope, fact))
    return steps
