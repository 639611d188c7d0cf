"""Cut releases, build their files, seal them, and finish what a crash interrupted.

Order: decide (`release-cut`), build from the journal up to that event into a folder beside, record the manifest's
digest (`release-built`), seal to exactly that size, write the proofs, seal the files (app/keeping.py). Every step can
be repeated: the files are a pure function of the journal, and the commands carry fixed idempotency keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from tallystick import __version__, bundle, canon
from tallystick.app import access, erased, keeping
from tallystick.app import witnessing as quorum
from tallystick.app.access import Actor
from tallystick.app.blocking import batch_states
from tallystick.app.cell import Cell, facts_of
from tallystick.app.checklist import phased
from tallystick.app.contract import terms_of, today_of, unreadable
from tallystick.app.erased import Gone
from tallystick.app.keeping import KeptFile
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import NEEDS_CLEARANCE, About, Look
from tallystick.app.pool import composed_for
from tallystick.app.routing import hidden
from tallystick.app.sentinel import announce
from tallystick.bundle import Opened
from tallystick.events.envelope import Event
from tallystick.events.release import ConsensusRequested, ReleaseAbandoned, ReleaseBuilt, ReleaseCut
from tallystick.flow import release as flow
from tallystick.flow.checklist import refuse_closed
from tallystick.flow.contract import places
from tallystick.flow.refusal import Refused
from tallystick.flow.release import BatchState, Rights, Watched, Wish
from tallystick.flow.sentinel import DRIFT_WAITING
from tallystick.ledger import journal
from tallystick.ledger.reader import LogReader
from tallystick.store import contract as contracts
from tallystick.store import erasure, sentinel
from tallystick.store import release as releases
from tallystick.store.schema import Row
from tallystick.store.sentinel import crossed
from tallystick.store.vault import Erased, ObjectErased

NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
NOT_BUILT = Refused(
    "not-built", "Expected a release that is built, found one that is not yet: wait a moment, and try again."
)


@dataclass(frozen=True, slots=True)
class Made:
    """A release that is complete. `place` is where its files stand, sealed; `export` opens them."""

    release: str
    name: str
    version: str
    place: str
    receipt: Receipt


def cut(cell: Cell, actor: Actor, wish: Wish, *, key: str) -> Made | Refused:
    """Cut a release and build it. Refused while a gate fails, a right forbids it or a field is missing.

    Every batch is measured anew in the transaction that decides: no older measurement can pass a gate.
    """
    if not access.allows(actor, "release.cut"):
        return access.ABSENT
    refused = _check_names(wish)
    if refused:
        return refused
    announce(cell, wish.programme, is_at_once=True)
    request = canon.encode([
        "cut", wish.programme, wish.name, wish.version, wish.use, list(wish.batches or ()),
        *([wish.consensus or ""] if wish.consensus or wish.rationale else []),
        *([wish.rationale] if wish.rationale else []),
    ])  # fmt: skip
    answer = cell.execute(Command(actor, "release.cut", key, request, lambda tx: _decide(cell, tx, wish)))
    if isinstance(answer, Refused):
        return answer
    fact = next(fact for fact in answer.facts if isinstance(fact, ReleaseCut))
    place = build(cell, fact.release)
    if isinstance(place, Refused):
        return place
    return Made(fact.release, fact.name, fact.version, place, answer)


def _check_names(wish: Wish) -> Refused | None:
    if not wish.name or not set(wish.name) <= NAME_CHARACTERS or len(wish.name) > 64 or wish.name[0] == "-":
        return Refused("bad-name", "Expected a name of lower-case letters, digits and hyphens, at most 64.", "name")
    parts = wish.version.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return Refused("bad-version", "Expected a version such as 1.0.0.", "version")
    return None


def _decide(cell: Cell, tx: Transaction, wish: Wish) -> Decision:
    programme = contracts.programme(tx.connection, wish.programme)
    if programme is None:
        return access.ABSENT
    closed = refuse_closed(programme.phase)
    if closed:
        return closed
    if crossed(tx.connection, wish.programme):
        return DRIFT_WAITING  # somebody judged between the announcement and this command
    states = batch_states(cell, tx.connection, wish.programme)
    rights = Rights(
        permitted_uses=tuple(msgspec.json.decode(programme.permitted_uses)),
        retention_until=date.fromisoformat(programme.retention_until), today=_today(tx.now),
    )  # fmt: skip
    taken = releases.named(tx.connection, wish.name, wish.version) is not None
    fact = flow.cut(wish, states, rights, is_taken=taken, release=tx.new_id("rel"), code_version=__version__)
    if isinstance(fact, Refused):
        return fact
    measured: list[Event] = [state.measured for state in states if state.measured]
    asked: list[Event] = [*phased(cell, tx, programme, release=fact.release, batches=fact.batches)]
    if wish.consensus is not None:
        asked.append(ConsensusRequested(release=fact.release, programme=fact.programme, method=wish.consensus))
    told = flow.monitored(_watched(tx.connection, wish.programme), release=fact.release, programme=fact.programme)
    pooled = composed_for(cell, tx, fact.programme, release=fact.release, batches=fact.batches)
    return [
        *measured,
        *asked,
        *(one for one in (told, pooled) if one is not None),
        *_stated(tx, wish, states, fact),
        fact,
    ]


def _stated(tx: Transaction, wish: Wish, states: list[BatchState], fact: ReleaseCut) -> list[Event]:
    if not wish.rationale:
        return []
    # The client reads it in the data card: it may quote what experts said, and stands under whoever wrote it.
    words = wish.rationale.strip().encode()
    ref = tx.seal(words, scope=f"programme:{wish.programme}", subjects=[f"person:{tx.actor.person}"])
    return [flow.held_affected(states, fact, ref)]


def _watched(connection: journal.Connection, programme: str) -> Watched:
    return Watched(
        policies=len(sentinel.policies(connection, programme)),
        answers=tuple((r.rubric, r.expert, bool(r.is_correct)) for r in sentinel.answers(connection, programme)),
        alarms=tuple((r.rubric, r.held, r.found) for r in sentinel.drifts(connection, programme)),
    )


def _today(now: int) -> date:
    return datetime.fromtimestamp(now / 1e6, UTC).date()


def build(cell: Cell, release: str) -> str | Refused:
    """Build a release that was cut, the same bytes each time, and say where it stands; also when it does already.

    A release that cannot be built is abandoned, loudly and for ever: its version is not used again.
    """
    with cell.read() as connection:
        row = releases.release(connection, release)
    assert row is not None, "a release is built after it was cut"
    try:
        return _build(cell, row)
    except (bundle.CannotBuild, ObjectErased) as error:
        fact = ReleaseAbandoned(release=release, why=str(error))
        key = f"release-abandoned|{release}"
        facts_of(cell.execute(Command(access.CELL, "release.cut", key, b"abandoned", lambda _: [fact])))
        sentence = f"Release {row.name} {row.version} cannot be built and was abandoned. {error}"
        return Refused("cannot-build", sentence, "version")


def _build(cell: Cell, row: Row) -> str | Refused:
    with keeping.alone(cell):
        if not keeping.is_kept(cell, row.release):
            refused = _build_alone(cell, row)
            if refused is not None:
                return refused
    return keeping.place_of(cell, row.release)


def _build_alone(cell: Cell, row: Row) -> Refused | None:
    """Build and keep; a refusal while the witnesses of the cell's policy have not cosigned enough."""
    refused = quorum.refuse_waiting(cell, row.release)
    if refused is not None:
        return refused
    staging = keeping.building_folder(cell, row.release)
    keeping.remove_plain(staging)
    staging.mkdir(mode=0o700)
    try:
        return _build_in(cell, row, staging)
    except (Exception, KeyboardInterrupt):
        # The content may have been erased meanwhile, or the holder of keys is away: nothing in the clear waits for it.
        keeping.remove_plain(staging)
        raise


def _build_in(cell: Cell, row: Row, staging: Path) -> Refused | None:
    built = _build_files(cell, row, staging)
    receipt = facts_of(cell.execute(_record(row, built)))
    cell.seal(receipt.first_seq + 1)
    signed = quorum.wait(cell, row.release, receipt.first_seq + 1)
    if isinstance(signed, Refused):
        keeping.remove_plain(staging)  # nothing in the clear stays, however long the witnesses take
        return signed
    bundle.write_proofs(staging, built, LogReader(cell.log), built_seq=receipt.first_seq, signed=signed)
    keeping.keep(cell, row.release, staging)
    quorum.forget(cell, row.release)
    return None


def _build_files(cell: Cell, row: Row, directory: Path) -> bundle.Built:
    # One event for the whole build, before it opens anything; a build that a crash interrupted opens all of it again.
    look = cell.look(access.CELL, "self", About(subject=row.release, what="release", reason="release-build"))
    assert not isinstance(look, Refused), "the cell itself may look"
    with cell.read() as connection:
        entries = (entry for _, entry in journal.read(connection, 0, row.cut_seq + 1))
        return bundle.build(entries, row.release, _opener(cell, look), directory)


def _record(row: Row, built: bundle.Built) -> Command:
    fact = ReleaseBuilt(
        release=row.release, manifest_digest=built.manifest_digest, records_root=built.records_root,
        records=built.records, judgments=built.judgments, files=built.files,
    )  # fmt: skip
    # The key and the fact follow from the journal: after a crash the same command finds its own receipt.
    key = f"release-built|{row.release}"
    return Command(access.CELL, "release.cut", key, canon.encode(fact), lambda _: [fact])


def _opener(cell: Cell, look: Look) -> bundle.OpenObjects:
    def open_objects(wanted: Sequence[str]) -> Mapping[str, Opened]:
        with cell.read() as connection:
            found = cell.open_known(connection, wanted, look)
        # What was erased is not brought along: the build says which records cannot be made.
        return {name: Opened(one.payload, one.salt) for name, one in found.items() if not isinstance(one, Erased)}

    return open_objects


def finish_waiting(cell: Cell) -> list[str | Refused]:
    """Complete the releases whose witnesses have cosigned by now."""
    return [build(cell, release) for release in quorum.waiting(cell) if quorum.refuse_waiting(cell, release) is None]


def finish_interrupted(cell: Cell) -> list[str | Refused]:
    """Complete releases that a crash interrupted, and remove what it left in the clear. Runs at start."""
    with cell.read() as connection:
        rows = [row for p in contracts.programmes(connection) for row in releases.of_programme(connection, p.programme)]
    with cell.read() as connection:
        gone = erasure.erased_of(connection, [f"release:{row.release}" for row in rows])
    standing = [row for row in rows if row.state != "abandoned" and f"release:{row.release}" not in gone]
    with keeping.alone(cell):
        keeping.sweep_plain(cell)
        keeping.sweep(cell)
    missing = [row for row in standing if not keeping.is_kept(cell, row.release)]
    return [build(cell, row.release) for row in missing]


@dataclass(frozen=True, slots=True)
class Exported:
    """A release that was written in the clear."""

    release: str
    directory: Path
    files: int


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """One release: its row, and what its manifest and its limitations say once it is built."""

    row: Row
    manifest: dict[str, object] | None
    limitations: str = ""
    erased: Gone | None = None  # the cell's own copy went with content that it held
    lost: tuple[str, ...] = ()  # places whose content is gone: it cannot be built again to the byte
    regions: tuple[str, ...] = ()  # that the contract in force keeps it in; empty when it may go anywhere


def releases_of(cell: Cell, actor: Actor, programme: str) -> list[Row] | Refused:
    """The releases of a programme, newest first."""
    if not access.allows(actor, "release.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        return releases.of_programme(connection, programme)


def release_page(cell: Cell, actor: Actor, release: str) -> ReleasePage | Refused:
    """One release."""
    if not access.allows(actor, "release.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = releases.release(connection, release)
        if row is None:
            return access.ABSENT
        regions = _regions(cell, connection, row.programme)
        gone = erased.gone(connection, f"release:{release}")
        if gone is not None:
            return ReleasePage(row, None, "", gone, tuple(_lost(connection, row)), regions)
    manifest = keeping.text(cell, release, "manifest.json")
    limits = keeping.text(cell, release, "LIMITATIONS.md")
    return ReleasePage(
        row, msgspec.json.decode(manifest) if manifest else None, limits.decode() if limits else "", regions=regions
    )


def _regions(cell: Cell, connection: journal.Connection, programme: str) -> tuple[str, ...]:
    """The regions that the contract in force names; none when anywhere will do."""
    found = contracts.programme(connection, programme)
    assert found is not None, "a release is of a programme"
    named = terms_of(cell, connection, found).regions
    return () if places.ANY in named else named


def _lost(connection: journal.Connection, row: Row) -> Iterator[str]:
    """Which records, reasons and notes of a release are gone, by their places in it."""
    entries = (entry for _, entry in journal.read(connection, 0, row.cut_seq + 1))
    held = bundle.places(entries, row.release)
    gone = erasure.erased_of(connection, list(held.values()))
    return (place for place, name in held.items() if name in gone)


def refuse_export(cell: Cell, actor: Actor, release: str, destination: str | None) -> Refused | None:
    """Why somebody may not take a release to a region, by the contract in force; None when they may.

    Where they are counts as for any other content: naming a destination opens nothing to whoever is elsewhere.

    destination  ISO 3166, such as DE or US-CA; needed where the contract names regions
    """
    with cell.read() as connection:
        row = releases.release(connection, release)
        programme = contracts.programme(connection, row.programme) if row else None
        if programme is None:
            return access.ABSENT
        refused = places.refuse_export(terms_of(cell, connection, programme), today_of(cell), destination)
        refused = refused or unreadable(cell, connection, actor, programme.programme)
        return refused or (NEEDS_CLEARANCE if hidden(cell, connection, actor, release) else None)


def release_file(
    cell: Cell, actor: Actor, release: str, path: str, *, destination: str | None = None
) -> KeptFile | Refused:
    """One file of a release: only such as it really holds. Who fetched it is an event.

    destination  the region that it goes to; needed where the contract names regions
    """
    page = release_page(cell, actor, release)
    if isinstance(page, Refused):
        return page
    if page.erased is not None:
        return page.erased.refused
    refused = refuse_export(cell, actor, release, destination)
    if refused:
        return refused
    if path not in keeping.paths(cell, release):
        return access.ABSENT
    look = cell.look(actor, "release.read", About(subject=release, what="release", reason="export", part=path))
    if isinstance(look, Refused):
        return look
    return keeping.opened(cell, release, path, look) or access.ABSENT


def export(cell: Cell, actor: Actor, release: str, to: Path, *, destination: str | None = None) -> Exported | Refused:
    """Write a release in the clear to a new folder, for whoever is to have it. Who did so is an event.

    release      its id, or its name and version: answers-1.0.0
    destination  the region that it goes to; needed where the contract names regions
    raises       FileExistsError when the folder holds something
    """
    if not access.allows(actor, "release.read"):
        return access.ABSENT
    name = _named(cell, release)
    page = release_page(cell, actor, name)
    if isinstance(page, Refused):
        return page
    refused = page.erased.refused if page.erased else refuse_export(cell, actor, name, destination)
    if refused is None and page.manifest is None:
        refused = NOT_BUILT
    if refused:
        return refused
    look = cell.look(actor, "release.read", About(subject=name, what="release", reason="export"))
    if isinstance(look, Refused):
        return look
    return Exported(name, to, keeping.export(cell, name, to, look))


def _named(cell: Cell, release: str) -> str:
    """The id of a release that is given by name and version."""
    name, _, version = release.rpartition("-")
    with cell.read() as connection:
        row = releases.named(connection, name, version) if name else None
    return release if row is None else str(row.release)
