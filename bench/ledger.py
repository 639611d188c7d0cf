"""How fast the ledger is, and how near to what the machine can do: commands, sealing, keys, content, proofs.

Run: .venv/bin/python bench/ledger.py [--only PART ...] [--quick]. Every figure is the median of several rounds, stands
beside its physical limit (measured in the same run, in turn with it), and is printed with the load of the machine.
"""

import argparse
import io
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from seal import entry, fill
from stand import clients, databases, figures, floor, ground, holders, limits
from stand.figures import PROCESSOR, Figure, in_turns, load, per_second, seconds_of
from stand.served import Server, serving

from tallystick import settings
from tallystick.audit.log import Status, verify_log
from tallystick.blobs.folder import FolderBlobs
from tallystick.custody.software import SoftwareKeys
from tallystick.ledger import head as heads
from tallystick.ledger import journal
from tallystick.ledger.proof import verify_multiproof
from tallystick.ledger.reader import LogReader
from tallystick.ledger.sealer import Sealer
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tree import leaf_hash
from tallystick.store import schema, vault
from tallystick.store.vault import Vault, seal_file

CLIENTS = (1, 8, 64)
DOMAINS = ("general", "software")
ENTRY_BYTES = 700
"""About what one judgment adds to the journal."""
MEGABYTE = 1 << 20
CHECKPOINT_PRICE = 0.05
"""So much throughput may a checkpoint every second cost."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    rounds   of which the median counts
    seconds  of one round of one measurement
    experts  who judge: a multiple of 64
    events   sealed and verified in one round
    entries  in the log of which proofs are made
    megabytes  of one large file
    """

    rounds: int = 3
    seconds: float = 2.0
    experts: int = 64
    items: int = 6_000
    events: int = 100_000
    entries: int = 1_000_000
    megabytes: int = 128


QUICK = Size(rounds=1, seconds=0.3, experts=64, items=1_500, events=10_000, entries=20_000, megabytes=8)


# --- durable commands ------------------------------------------------------------------------------------------------


def commands(size: Size, kinds: tuple[str, ...]) -> Iterator[Figure]:
    """Judgments per second over HTTP, each durable before its answer, by number of clients."""
    for kind in kinds:
        with databases.stand(kind) as (folder, new_database):
            bare = new_database(folder / "floor")
            with _served(folder / "cell", new_database, size) as (server, ready):
                measured = {str(number): _judging(server, ready, number, size.seconds) for number in CLIENTS}
                measured["floor"] = lambda bare=bare: floor.rows_per_second(  # type: ignore[misc]  # bound at once
                    bare, size=ENTRY_BYTES, rows_each=1, seconds=size.seconds / 2
                )
                measured["append"] = lambda folder=folder: limits.appends_per_second(  # type: ignore[misc]  # bound at once
                    folder, size=ENTRY_BYTES, seconds=size.seconds / 2
                )
                found = in_turns(measured, rounds=size.rounds)
        for number in CLIENTS:
            yield Figure(
                f"{kind}, {number} clients", found[str(number)], "per s", found["floor"],
                f"bare durable commits of {kind}", load(), f"appends with fsync: {found['append']:,.0f} per s",
            )  # fmt: skip


@contextmanager
def _served(
    cell: Path, new_database: databases.NewDatabase, size: Size, **chosen: float
) -> Iterator[tuple[Server, ground.Ground]]:
    """A cell with items and experts, served by a process of its own that is warm."""
    database = new_database(cell)
    ready = ground.prepare(cell, database=database, number_of_items=size.items, experts=size.experts, domains=DOMAINS)
    settings.save(replace(settings.load(cell), **chosen))  # type: ignore[arg-type]  # settings of numbers
    with serving(cell) as server:
        crew = clients.Crew(server.port, ready.programme, clients.SubmitOnly, shares=[list(ready.tokens)])
        crew.round(server)
        crew.end()
        yield server, ready


def _judging(server: Server, ready: ground.Ground, number: int, seconds: float) -> Callable[[], float]:
    """Judgments per second by so many clients: their experts took the items before the clock starts."""

    def measure() -> float:
        shares = [list(ready.tokens[start::number]) for start in range(number)]
        crew = clients.Crew(server.port, ready.programme, clients.SubmitOnly, shares=shares)
        whole = clients.Round()
        while whole.seconds < seconds:
            whole += crew.round(server)
        crew.end()
        return len(whole.timings.submit) / whole.seconds

    return measure


def checkpoints(size: Size, kinds: tuple[str, ...]) -> Iterator[Figure]:
    """What a checkpoint every second costs: two servers, one of which seals, asked in turn; the median of pairs."""
    rests = {"seal_seconds": 3600.0, "unsealed_seconds_max": 1_000_000.0, "unsealed_max": 1_000_000_000}
    for kind in kinds:
        with databases.stand(kind) as (folder, new_database), ExitStack() as stack:
            sealing = stack.enter_context(_served(folder / "sealing", new_database, size, seal_seconds=1.0))
            resting = stack.enter_context(_served(folder / "resting", new_database, size, **rests))
            # Long enough for several checkpoints to fall into each.
            measured = [_judging(*one, 8, max(3.0, size.seconds)) for one in (sealing, resting)]
            pairs = []
            for turn in range(2 * size.rounds):
                order = measured if turn % 2 else measured[::-1]
                rates = {id(measure): measure() for measure in order}
                pairs.append((rates[id(measured[0])], rates[id(measured[1])]))
            price = 1 - statistics.median(one / other for one, other in pairs)
        verdict = "met" if price < CHECKPOINT_PRICE else "MISSED"
        yield Figure(
            f"{kind}, 8 clients, sealed every second", statistics.median(one for one, _ in pairs), "per s",
            statistics.median(other for _, other in pairs), "the same without sealing", load(),
            f"costs {price:.1%}; target under {CHECKPOINT_PRICE:.0%}: {verdict}; pairs "
            + ", ".join(f"{1 - one / other:+.1%}" for one, other in pairs),
        )  # fmt: skip


# --- sealing and verifying -------------------------------------------------------------------------------------------


def sealing(size: Size, kinds: tuple[str, ...]) -> Iterator[Figure]:
    """Events sealed from a journal, and a whole log verified offline, per second, beside the hashes alone."""
    filling = "x" * max(0, ENTRY_BYTES - len(entry(size.events, "")))
    entries = [entry(seq, filling) for seq in range(size.events)]
    for kind in kinds:
        found: list[tuple[float, ...]] = []
        with databases.stand(kind) as (folder, new_database):
            for turn in range(size.rounds):
                url = new_database(folder / f"round-{turn}")
                alone = seconds_of(lambda: limits.hash_tree(entries)), cpu_of(lambda: limits.hash_tree(entries))
                found.append((*alone, *_sealed_and_verified(url, folder / f"log-{turn}", size.events)))
        rates = [size.events / statistics.median(column) for column in zip(*found, strict=True)]
        for what, wall, cpu in (("sealed", rates[2], rates[3]), ("verified in full", rates[4], rates[5])):
            note = f"by processor time {cpu:,.0f} of {rates[1]:,.0f}: {cpu / rates[1]:.2f}"
            label = f"{size.events:,} events of {ENTRY_BYTES} bytes {what}, {kind}"
            yield Figure(label, wall, "per s", rates[0], "hashes of the tree alone", load(), note)


def cpu_of(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    return seconds_of(work, clock=PROCESSOR)


def _sealed_and_verified(url: str, log: Path, events: int) -> tuple[float, ...]:
    """Seconds by the clock and by the processor: to seal, then to verify."""
    engine = journal.connect(url)
    journal.create(engine)
    heads.create(engine)
    fill(engine, events, size=ENTRY_BYTES)
    signer = SoftwareSigner("bench.invalid/cell", os.urandom(32))
    spent = [PROCESSOR()]
    with Sealer(engine, log, [signer]) as sealer:
        sealed = seconds_of(sealer.seal)
    spent.append(PROCESSOR())
    engine.dispose()
    reports = []
    verified = seconds_of(lambda: reports.append(verify_log(log, signer.vkey)))
    spent.append(PROCESSOR())
    if reports[0].status is not Status.OK:
        raise SystemExit(f"expected a good log, found {reports[0].problems}")
    return sealed, spent[1] - spent[0], verified, spent[2] - spent[1]


# --- keys ------------------------------------------------------------------------------------------------------------


def signing(size: Size, _kinds: tuple[str, ...]) -> Iterator[Figure]:
    """Signatures per second by who holds the key."""
    text = holders.message()
    with holders.software() as files, holders.softhsm() as token:
        held = {
            "software (files)": files,
            "SoftHSM through the key process": token,
            "cloud service, a fake in memory": holders.cloud(),
        }
        measured: dict[str, Callable[[], float]] = {"library": lambda: limits.signatures_per_second(text, seconds=0.5)}
        for name, keys in held.items():
            vkey = keys.new_log_key(holders.CELL)
            measured[name] = lambda keys=keys, vkey=vkey: per_second(  # type: ignore[misc]  # bound at once
                lambda: keys.sign(vkey, text), seconds=0.5
            )
        found = in_turns(measured, rounds=size.rounds)
    notes = {"cloud service, a fake in memory": "no real service was asked: its time is the network's"}
    for name in held:
        yield Figure(
            f"signatures, {name}", found[name], "per s", found["library"], "Ed25519 of the library", load(),
            notes.get(name, ""),
        )  # fmt: skip


# --- content ---------------------------------------------------------------------------------------------------------


def content(size: Size, _kinds: tuple[str, ...]) -> Iterator[Figure]:
    """Megabytes per second into the vault and out of it, one core."""
    with tempfile.TemporaryDirectory() as name, holders.software() as keys:
        assert isinstance(keys, SoftwareKeys)
        keys.new_epoch(1)
        folder, safe = Path(name), Vault(keys)
        engine = journal.connect(f"sqlite+pysqlite:///{folder / 'vault.db'}")
        journal.create(engine)
        with journal.writing(engine) as connection:
            schema.READ.create_all(connection)
            schema.KEPT.create_all(connection)
        for label, number_of_bytes, step in (("600 B", 600, 200), ("1 MiB", MEGABYTE, 4)):
            with journal.writing(engine) as connection:
                yield from _objects(safe, connection, label, number_of_bytes, step=step, size=size)
        engine.dispose()
        yield from _files(folder, size)


def _objects(
    safe: Vault, connection: journal.Connection, label: str, length: int, *, step: int, size: Size
) -> Iterator[Figure]:
    """Objects of one length, sealed and opened again inside one transaction: keys at hand, no commit."""
    payload, numbers = os.urandom(length), iter(range(1_000_000_000))

    def seal() -> vault.SealedObject:
        return safe.seal(connection, payload, scope="run:bench", object_id=f"obj-{label}-{next(numbers)}")

    kept = [seal() for _ in range(step)]
    vault.insert(connection, kept)
    wanted = iter(range(1_000_000_000))
    each = length / 1e6
    found = in_turns(
        {
            "library": lambda: each * per_second(limits.cipher(length), seconds=0.5, step=step, clock=PROCESSOR),
            "hash": lambda: each * per_second(limits.digest(length), seconds=0.5, step=step, clock=PROCESSOR),
            "seal": lambda: each * per_second(seal, seconds=0.5, step=step, clock=PROCESSOR),
            "open": lambda: (
                each
                * per_second(
                    lambda: safe.open(connection, kept[next(wanted) % step].ref.object),
                    seconds=0.5,
                    step=step,
                    clock=PROCESSOR,
                )
            ),
        },
        rounds=size.rounds,
    )
    both = 1 / (1 / found["library"] + 1 / found["hash"])
    for what in ("seal", "open"):
        verb = {"seal": "sealed", "open": "opened"}[what]
        yield Figure(
            f"objects of {label} {verb}", found[what], "MB per CPU s", both, "AES-GCM and SHA-256 alone", load(),
            f"{found[what] / each:,.0f} objects per s; AES-GCM alone {figures.number(found['library'])} MB/s",
        )  # fmt: skip


def _files(folder: Path, size: Size) -> Iterator[Figure]:
    """A large file sealed piece by piece into a folder, durably, and read back."""
    data, blobs, names = os.urandom(size.megabytes * MEGABYTE), FolderBlobs(folder / "files"), iter(range(1000))
    each, sealed = len(data) / 1e6, []

    def seal() -> None:
        name = f"file-{next(names)}"
        sealed.append(seal_file(blobs, io.BytesIO(data), place=name, file_id=name))

    def read() -> None:
        one = sealed[-1]
        opened = vault.OpenFile(one.file, one.place, one.place, one.commitment, one.size, one.key, one.nonce)
        if sum(len(piece) for piece in opened.pieces(blobs)) != len(data):
            raise SystemExit("expected the bytes that were sealed, found fewer")

    def written() -> None:
        path = folder / "plain"
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()

    found = in_turns(
        {
            "library": lambda: 1.048576 * per_second(limits.cipher(MEGABYTE), seconds=0.5, step=4),
            "hash": lambda: 1.048576 * per_second(limits.digest(MEGABYTE), seconds=0.5, step=4),
            "disk": lambda: each / seconds_of(written),
            "seal": lambda: each / seconds_of(seal),
            "open": lambda: each / seconds_of(read),
        },
        rounds=size.rounds,
    )
    both = 1 / (1 / found["library"] + 1 / found["hash"])
    durable = 1 / (1 / both + 1 / found["disk"])
    parts = f"AES-GCM {found['library']:,.0f}, SHA-256 {found['hash']:,.0f}, plain file {found['disk']:,.0f} MB/s"
    label = f"a file of {size.megabytes} MiB"
    yield Figure(
        f"{label} sealed into a folder", found["seal"], "MB/s", durable, "AES-GCM, SHA-256 and a plain durable file",
        load(), parts,
    )  # fmt: skip
    yield Figure(f"{label} opened", found["open"], "MB/s", both, "AES-GCM and SHA-256 of the libraries", load())


# --- proofs ----------------------------------------------------------------------------------------------------------


def proofs(size: Size, _kinds: tuple[str, ...]) -> Iterator[Figure]:
    """How large proofs are in a large log, and how long they take to make and to verify."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = journal.connect(f"sqlite+pysqlite:///{folder / 'journal.db'}")
        journal.create(engine)
        heads.create(engine)
        fill(engine, size.entries, size=300)
        signer = SoftwareSigner("bench.invalid/cell", os.urandom(32))
        with Sealer(engine, folder / "log", [signer]) as sealer:
            sealer.seal()
        engine.dispose()
        yield from _single(LogReader(folder / "log"), size)
        for count in (size.entries // 1000, size.entries // 10):
            yield from _many(LogReader(folder / "log"), count, size)


def _single(log: LogReader, size: Size) -> Iterator[Figure]:
    chance = random.Random(1)  # noqa: S311 - which entries are measured is no secret
    indexes = [chance.randrange(size.entries) for _ in range(2000)]
    turn = iter(indexes * 1000)
    found = in_turns(
        {
            "proof": lambda: per_second(
                lambda: log.inclusion_proof(next(turn), size.entries), seconds=0.5, step=10, clock=PROCESSOR
            ),
            "file": lambda: per_second(
                lambda: log.record_proof(next(turn)).text(), seconds=0.5, step=10, clock=PROCESSOR
            ),
            "nodes": lambda: limits.nodes_per_second(seconds=0.3),
        },
        rounds=size.rounds,
    )
    hashes = statistics.mean(len(log.inclusion_proof(index, size.entries)) for index in indexes)
    text = statistics.mean(len(log.record_proof(index).text()) for index in indexes[:200])
    least = (size.entries - 1).bit_length()
    yield Figure(
        "an inclusion proof made", found["proof"], "per CPU s", found["nodes"] / hashes, "as many hashes of two hashes",
        load(), f"{hashes * 32:.0f} bytes; a tree of {size.entries:,} needs at most {least * 32}",
    )  # fmt: skip
    yield Figure(
        "a .tlog-proof file made", found["file"], "per CPU s", found["nodes"] / hashes, "as many hashes of two hashes",
        load(), f"{text:.0f} bytes of text, the signed checkpoint included",
    )  # fmt: skip


def _many(log: LogReader, count: int, size: Size) -> Iterator[Figure]:
    """One proof for many records, spread by chance or in runs of 50, made by a reader that has seen nothing yet."""
    chance = random.Random(2)  # noqa: S311 - which entries are measured is no secret
    runs = chance.sample(range(size.entries // 50), max(1, count // 50))
    chosen = {
        "by chance": sorted(chance.sample(range(size.entries), count)),
        "in runs of 50": sorted(50 * run + offset for run in runs for offset in range(50)),
    }
    root = log.checkpoint().root
    for how, indexes in chosen.items():
        leaves = {index: leaf_hash(log.entry(index)) for index in indexes}
        made: list[list[bytes]] = []
        found = in_turns(
            {
                "make": lambda indexes=indexes, made=made: seconds_of(  # type: ignore[misc]  # bound at once
                    lambda: made.append(LogReader(log.directory).multiproof(indexes, size.entries)),
                    clock=PROCESSOR,
                ),
                "verify": lambda leaves=leaves, made=made: seconds_of(  # type: ignore[misc]  # bound at once
                    lambda: verify_multiproof(root, size.entries, leaves, made[-1]),
                    clock=PROCESSOR,
                ),
                "nodes": lambda: limits.nodes_per_second(seconds=0.3),
            },
            rounds=size.rounds,
        )
        hashes = len(made[-1])
        # With n leaves and p hashes, a verifier computes n + p - 1 nodes: no fewer lead to the root.
        fewest = (len(indexes) + hashes - 1) / found["nodes"]
        yield Figure(
            f"a proof of {len(indexes):,} records {how}, made and verified", 1 / (found["make"] + found["verify"]),
            "per CPU s", 1 / fewest, "its hashes alone", load(),
            f"{32 * hashes:,} bytes, {32 * hashes / len(indexes):.1f} a record; made in {found['make']:.3f} CPU s, "
            f"verified in {found['verify']:.3f} CPU s",
        )  # fmt: skip


Part = Callable[[Size, tuple[str, ...]], Iterator[Figure]]
PARTS: dict[str, tuple[str, Part]] = {
    "commands": ("Durable commands", commands),
    "checkpoints": ("A checkpoint every second", checkpoints),
    "sealing": ("Sealing and verifying", sealing),
    "signing": ("Signatures", signing),
    "content": ("Encryption", content),
    "proofs": ("Proofs", proofs),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given several times")
    parser.add_argument("--database", choices=databases.KINDS, help="both when left out")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs, not for figures")
    parser.add_argument("--rounds", type=int, help="of which the median counts")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else Size()
    size = replace(size, rounds=chosen.rounds or size.rounds)
    kinds = (chosen.database,) if chosen.database else databases.KINDS
    print(f"{databases.machine()}, {size.rounds} rounds; load at the begin {load():.1f}")
    for name in chosen.only or PARTS:
        title, part = PARTS[name]
        figures.table(title, part(size, kinds))
    print(f"\nload at the end {load():.1f}")


if __name__ == "__main__":
    main()
