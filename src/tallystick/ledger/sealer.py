"""Turn the journal into the public log. Reads `journal`, moves `seal_head`, writes the log directory.

The order survives a crash at any step: look at the rows; read a batch and compute its root; move the seal point in
the database (compare-and-swap); write bundles and tiles; sign and archive the checkpoint; replace `checkpoint`. Before
the seal point moved, nothing was said; after it, everything to be written is a pure function of the journal, so
whoever comes next writes the same bytes. The signature is Ed25519, the same every time.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from tallystick.blobs import BlobChanged, Blobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import head as heads
from tallystick.ledger import rows
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.compare import compare_journal
from tallystick.ledger.head import NOBODY, Fenced
from tallystick.ledger.journal import link_over
from tallystick.ledger.lease import Lease, Leased
from tallystick.ledger.note import BadNote, VerifierKey, merge, parse_vkey
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog, archive_path
from tallystick.ledger.rows import Gap
from tallystick.ledger.signer import Signer
from tallystick.ledger.tile_store import Diverged, Step, TileStore, no_step
from tallystick.ledger.tiles import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Place,
    Tile,
    encode_bundle,
    parse_path,
)
from tallystick.ledger.tree import EMPTY_ROOT, ProofError, Tree, leaf_hashes, root_at, verify_consistency
from tallystick.ledger.unsealed import NO_LINK, BadRow, Looked, NoCheck, Row, RowCheck, look

__all__ = ["BadRow", "Diverged", "Fenced", "Gap", "Leased", "NotSealed", "Sealer"]

Files = list[tuple[str, bytes]]
"""Paths below the log directory, with what stands in them."""

BATCH = TILE_WIDTH * TILE_WIDTH
"""Entries per checkpoint at most: a long backlog is sealed in several steps, each in little memory."""


@dataclass(frozen=True, slots=True)
class _Derived:
    """What some rows add to the log: files that stay, and files of its right edge."""

    full: Files
    edge: Files


class NotSealed(LookupError):
    """A size was asked for that the journal, or the log, has not reached."""


def _one_log(vkeys: Sequence[str]) -> list[VerifierKey]:
    """The keys of one log, each once. Raises ValueError when there is none, or when two bear different names."""
    keys = list(dict.fromkeys(parse_vkey(vkey) for vkey in vkeys))
    names = sorted({key.name for key in keys})
    if len(names) != 1:
        raise ValueError(f"expected keys of one log, all of one name, found {names or 'no key'}")
    return keys


class Sealer:
    """The one writer of a log directory, by its lease. It finishes what a sealer before it began.

    engine     the cell's database; commits must be durable
    log        the public log: a directory, made when it is not there, or blobs elsewhere
    signers    sign the checkpoints, each its line; all bear one name, which is the origin of the log
    trusted    verifier key lines of earlier log keys: what they signed is of this log as well
    lease      whose turn it is; keep one for all sealers of a process. `close` hands it back
    check      what each row must be; None when nothing is known about rows. Keep one for all sealers of a process
    thorough   compare all that is sealed with the journal, and every file; else only what the next seal builds on
    step       called around each durable step, for crash tests
    batch      entries per checkpoint at most

    raises  Leased while another has the lease; Diverged or Gap when what is there does not fit together, saying where;
            Fenced when another took over
    """

    def __init__(
        self,
        engine: sa.Engine,
        log: Path | Blobs,
        signers: Sequence[Signer],
        *,
        trusted: Sequence[str] = (),
        lease: Lease | None = None,
        check: RowCheck | None = None,
        thorough: bool = True,
        step: Step = no_step,
        batch: int = BATCH,
    ) -> None:
        self._signers = list(signers)
        self._keys = _one_log([*(signer.vkey for signer in signers), *trusted])
        self._origin = self._keys[0].name
        self._engine = engine
        self._step = step
        self._batch = batch
        self._reader = LogReader(log)
        self._lock = threading.RLock()
        heads.create(engine)
        self._own = Lease() if lease is None else None
        self._lease = lease or self._own or Lease()
        self._check = check or NoCheck()
        self._step("before claim")
        self._head = self._lease.claim(engine)
        self._step("after claim")
        self._store = TileStore(log, self._head.epoch, step=step)
        self._tree = Tree()
        self._looked: Looked | None = None
        self._link_at = (0, NO_LINK)
        self._is_ready = False
        try:
            with self._fenced():
                self._recover(thorough=thorough)
        except Exception:
            # Whoever comes next may know better: let it not wait for one who gave up.
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hand the lease back, and remove the staging files of this sealer."""
        self._step("before hand back")
        with suppress(sa.exc.SQLAlchemyError):  # then it runs out, which is what a lease is for
            heads.hand_back(self._engine, self._head)
        self._step("after hand back")
        self._store.close()
        if self._own is not None:
            self._own.close()

    @property
    def size(self) -> int:
        """How many entries are sealed."""
        return self._head.size

    @property
    def check(self) -> RowCheck:
        """What each row must be, with all that it has seen so far: for the next sealer of this process."""
        return self._check

    @property
    def is_asked(self) -> bool:
        """Whether another asked for the lease when this one last looked: hand it back soon."""
        return self._head.asked != NOBODY

    def seal(self, upto: int | None = None) -> Checkpoint | None:
        """Seal what the journal holds beyond the sealed size; the newest checkpoint, or None when there is nothing new.

        upto  seal to exactly this size and return its checkpoint, also when the log is longer already

        raises  NotSealed when the journal has fewer than `upto` rows, Gap for a missing row, BadRow for one that must
                not be sealed, Fenced when another sealer took over, Diverged when journal and log part. After any
                other error call again: it recovers.
        """
        with self._lock, self._fenced():
            self._keep()
            if not self._is_ready:
                self._recover(thorough=False)
            end, link = rows.end_and_link(self._engine)
            if end == self._head.size and link != self._head.link:
                raise BadRow(end, "expected the head of the journal as it was committed, found another: rows were cut")
            if upto is not None:
                if not 0 <= upto <= end:
                    raise NotSealed(f"expected a journal of at least {upto} rows, found {end}: seal fewer")
                if upto <= self._head.size:
                    return self.checkpoint_at(upto)
                end = upto
            elif end < self._head.size:
                raise Gap(end, f"expected at least the {self._head.size} sealed rows, found {end}: rows were removed")
            return self._seal_upto(end) if self._head.size < end else None

    def _seal_upto(self, end: int) -> Checkpoint | None:
        """Look at every row behind the seal point, also beyond `end`, then seal batch by batch.

        What was looked at once is not looked at again: that it is still the same shows in its running digest.
        """
        self._catch_up()
        stops = [*range((self._head.size // self._batch + 1) * self._batch, end, self._batch), end]
        looked = self._looked
        if looked is None or looked.end < end or looked.link_at(self._head.size) != self._head.link:
            looked = self._looked = look(self._engine, self._head, self._check)
        signed = None
        for stop in stops:
            self._head = self._lease.keep(self._engine, self._head)
            signed = self._seal_batch(stop, looked)
        if looked.end == end:
            self._check, self._looked = looked.check, None
        return signed

    def _keep(self) -> None:
        """Look whether this is still the sealer, and whether another asks for the lease; show that it lives."""
        now = heads.read(self._engine)
        if now.epoch != self._head.epoch or now.holder != self._lease.holder:
            raise heads.fenced(self._head, now)
        self._head = replace(self._head, asked=now.asked)
        self._head = self._lease.keep(self._engine, self._head)

    def _catch_up(self) -> None:
        """Let the check see what is sealed and it has not seen. It is too late to refuse any of it."""
        while self._check.size < self._head.size and not isinstance(self._check, NoCheck):
            stop = min(self._check.size + self._batch, self._head.size)
            self._feed(self._check.size, rows.read_with_kind(self._engine, self._check.size, stop))
            self._head = self._lease.keep(self._engine, self._head)

    def _feed(self, start: int, new: list[Row]) -> None:
        if start == self._check.size and not isinstance(self._check, NoCheck):
            for kind, entry in new:
                self._check.take(kind, entry)

    def checkpoint_at(self, size: int) -> Checkpoint:
        """The signed checkpoint of a size that the log has reached: the archived one, byte for byte, else a new one.

        raises  NotSealed beyond the sealed size; Diverged when the stored tree does not lead to the sealed root
        """
        with self._lock, self._fenced():
            if not 0 <= size <= self._head.size:
                raise NotSealed(f"expected a size up to {self._head.size}, which is sealed, found {size}: seal first")
            try:
                root = root_at(size, self._reader.hash)
                if size:
                    proof = self._reader.consistency_proof(size, self._head.size)
                    verify_consistency(proof, old=size, new=self._head.size, old_root=root, new_root=self._head.root)
            except (ProofError, NotInLog) as error:
                raise Diverged(f"the stored tree at size {size} does not lead to the sealed root: {error}") from error
            return self._archive(size, root)

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """Who takes over clears the staging files of those before: then a missing file means that we are fenced."""
        try:
            yield
        except FileNotFoundError as error:
            epoch = heads.read(self._engine).epoch
            if epoch != self._head.epoch:
                raise Fenced(
                    f"expected epoch {self._head.epoch}, found {epoch}: another sealer has taken over"
                ) from error
            raise

    def _seal_batch(self, stop: int, looked: Looked) -> Checkpoint:
        start = self._head.size
        tree = self._tree.copy()
        new = looked.rows_of(start, stop)
        if new is None:
            new = rows.read_with_kind(self._engine, start, stop)
            if link_over(self._head.link, new) != looked.link_at(stop):
                raise BadRow(start, f"expected rows {start} to {stop - 1} as they were a moment ago, found others")
        found = self._derive(tree, new)
        root, link = tree.root(), looked.link_at(stop)
        assert link is not None
        self._is_ready = False
        self._step("before seal point")
        self._head = heads.advance(self._engine, self._head, size=stop, root=root, link=link)
        self._step("after seal point")
        self._store.put(found.full + found.edge)
        signed = self._publish(stop, root)
        self._remove_partials(start, stop)
        self._tree = tree
        self._is_ready = True
        return signed

    def _derive(self, tree: Tree, new: Sequence[Row]) -> _Derived:
        """Grow the tree by rows; what this adds. The rows of the bundle at the edge are read again."""
        known = tree.size % TILE_WIDTH
        first = tree.size - known
        old = rows.read(self._engine, first, tree.size) if known else []
        kept = next((tile.data for tile in tree.edge() if tile.place.level == 0), b"")
        if leaf_hashes(old) != kept:
            raise Diverged(f"a sealed row between {first} and {tree.size - 1} was altered. {self._where_they_part()}")
        entries = old + [entry for _, entry in new]
        tiles = tree.append(leaf_hashes(entries[known:])) + tree.edge()
        for number, place in enumerate(range(0, len(entries), TILE_WIDTH), first // TILE_WIDTH):
            bundle = entries[place : place + TILE_WIDTH]
            tiles.append(Tile(Place(None, number, len(bundle)), encode_bundle(bundle)))
        full = [(tile.place.path, tile.data) for tile in tiles if tile.place.width == TILE_WIDTH]
        edge = [(tile.place.path, tile.data) for tile in tiles if tile.place.width < TILE_WIDTH]
        return _Derived(full, edge)

    def _archive(self, size: int, root: bytes) -> Checkpoint:
        """The archived checkpoint of a size whose root is known to be right; signed and written when there is none."""
        try:
            signed = self._reader.checkpoint_at(size, *self._keys)
        except NotInLog:
            signed = checkpoints.sign(self._origin, size, root, signers=self._signers)
            self._store.put([(archive_path(size), signed.note.encode())])
        except (BadNote, BadCheckpoint) as error:
            raise Diverged(f"{archive_path(size)}: expected a checkpoint of this log: {error}") from error
        if signed.root != root:
            raise Diverged(
                f"{archive_path(size)}: expected root {root.hex()}, found {signed.root.hex()}: "
                "the archive or the journal was altered"
            )
        return signed

    def _publish(self, size: int, root: bytes) -> Checkpoint:
        signed = self._archive(size, root)
        while True:
            try:
                self._show(signed)
            except BlobChanged:
                continue  # lines of a witness were added, or another sealer published: look again
            return signed

    def _show(self, signed: Checkpoint) -> None:
        """Replace `checkpoint`, unless it shows as much. Raises BlobChanged when it is another than a moment ago."""
        with self._store.publishing():
            # A sealer that slept since its seal point must not take the log back to what was then.
            published, size = self._published(), signed.size
            if published is not None and published.size > size:
                raise Fenced(f"expected to publish size {size}, found {published.size} published by another sealer")
            note = signed.note
            if published is not None and published.size == size:
                note = self._merged(published, signed)
            if published is None or published.note != note:
                self._store.replace(CHECKPOINT, note.encode())

    @staticmethod
    def _merged(published: Checkpoint, signed: Checkpoint) -> str:
        """What `checkpoint` is to hold: lines of witnesses that stand in it already stay."""
        try:
            return merge(published.note, signed.note)
        except BadNote as error:
            raise Diverged(
                f"{CHECKPOINT}: expected root {signed.root.hex()} at size {signed.size}, found {published.root.hex()}: "
                "the log key signed two histories. Keep both files, and stop all who use this key"
            ) from error

    def _published(self) -> Checkpoint | None:
        try:
            return self._reader.checkpoint(*self._keys)
        except NotInLog:
            return None
        except (BadNote, BadCheckpoint) as error:
            keys = " or ".join(key.line for key in self._keys)
            raise Diverged(
                f"{CHECKPOINT}: expected a checkpoint signed by {keys}: {error}. "
                "Either the file was altered, or the cell has another key than the one that made this log"
            ) from error

    def _recover(self, *, thorough: bool) -> None:
        """Find the tree as it was published, then finish what a sealer before began."""
        now = heads.read(self._engine)
        if now.epoch != self._head.epoch:
            raise Fenced(f"expected epoch {self._head.epoch}, found {now.epoch}: another sealer has taken over")
        self._head = now
        self._link_at = (0, NO_LINK)
        self._store.open()
        published = self._published()
        size = 0 if published is None else published.size
        if size > now.size:
            raise Diverged(
                f"the published checkpoint covers {size} entries, the database has sealed {now.size}: the database is "
                "older than the log. Restore a newer backup; never seal on top of this one"
            )
        root = EMPTY_ROOT if published is None else published.root
        edge = (None if thorough else self._stored_edge(size, root)) or self._check_all(size, root)
        tree = edge.copy()
        self._walk(tree, now.size, lambda _files: None)
        self._expect_root(tree, now.root, "the seal point in the database")
        if thorough:
            self._expect_link(now.link, now.size)
        if published is None or size < now.size:
            self._walk(edge, now.size, self._store.put)
            self._publish(now.size, now.root)
            self._remove_partials(size, now.size)
        if thorough:
            self._remove_stale_partials()
        self._tree = tree
        self._is_ready = True

    def _stored_edge(self, size: int, root: bytes) -> Tree | None:
        """The tree from the tiles at its right edge; the signed root vouches for it. None when it does not fit."""
        rows_at_edge = []
        for level in range((size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT):
            width = (size >> (TILE_HEIGHT * level)) % TILE_WIDTH
            data = b""
            if width:
                try:
                    _, data = self._reader.part(level, size >> (TILE_HEIGHT * (level + 1)), width)
                except NotInLog:
                    return None
            rows_at_edge.append(data[: width * HASH_BYTES])
        tree = Tree.resume(size, rows_at_edge)
        return tree if tree.root() == root else None

    def _check_all(self, size: int, root: bytes) -> Tree:
        """The tree from the journal, after a comparison with the published root and with every stored file."""
        tree = Tree()
        missing: list[str] = []
        self._walk(tree, size, lambda files: missing.extend(self._missing(files)))
        self._expect_root(tree, root, CHECKPOINT)
        if missing:
            # The journal leads to the signed root, so what it gives for a lost file is what the file was.
            self._walk(Tree(), size, self._store.put)
        return tree

    def _missing(self, files: Files) -> list[str]:
        try:
            return self._store.missing(files)
        except Diverged as error:
            raise Diverged(f"{error}. {self._where_they_part()}") from error

    def _walk(self, tree: Tree, stop: int, act: Callable[[Files], None]) -> None:
        """Grow the tree from the journal to `stop`, batch by batch, and act on the files that a log of `stop` has."""
        while True:
            start = tree.size
            next_full_batch = (start // self._batch + 1) * self._batch
            new = rows.read_with_kind(self._engine, start, min(stop, next_full_batch))
            found = self._derive(tree, new)
            self._head = self._lease.keep(self._engine, self._head)
            self._feed(start, new)
            if start == self._link_at[0]:
                self._link_at = (tree.size, link_over(self._link_at[1], new))
            act(found.full)
            if tree.size == stop:
                break
        act(found.edge)

    def _expect_link(self, link: bytes, size: int) -> None:
        """The running digest of the seal point against the journal, read from place 0 on."""
        if self._link_at != (size, link):
            raise Diverged(
                f"the seal point in the database: expected the running digest {self._link_at[1].hex()} at size {size}, "
                f"found {link.hex()}: it, or a kind column, was altered. {self._where_they_part()}"
            )

    def _expect_root(self, tree: Tree, root: bytes, where: str) -> None:
        if tree.root() != root:
            raise Diverged(
                f"{where}: expected root {root.hex()} at size {tree.size}, the journal gives {tree.root().hex()}: "
                f"a sealed row or the root was altered. {self._where_they_part()}"
            )

    def _where_they_part(self) -> str:
        try:
            found = compare_journal(self._engine, self._reader.blobs)[:3]
        except (NotInLog, BadNote, BadCheckpoint) as error:
            return f"Where they part cannot be said: {error}."
        if not found:
            return "All rows agree with the entries of the log directory."
        return f"They part at row {found[0].seq}: {'; '.join(difference.what for difference in found)}."

    def _remove_partials(self, start: int, stop: int) -> None:
        """Remove the partial tiles that became full between `start` and `stop`: the full ones begin with them."""
        for level in range(stop.bit_length() // TILE_HEIGHT + 1):
            shift = TILE_HEIGHT * (level + 1)
            if start >> shift < stop >> shift:
                for kind in [level] if level else [None, level]:
                    self._store.remove_folder(f"{Place(kind, start >> shift).path}.p")

    def _remove_stale_partials(self) -> None:
        """The same for all that a crash in the middle of removing left behind."""
        partial = {name.rpartition(".p/")[0] for name in self._reader.blobs.names("tile/")}
        for path in sorted(partial - {""}):
            place = parse_path(path)
            if place and (place.index + 1) << (TILE_HEIGHT * ((place.level or 0) + 1)) <= self._head.size:
                self._store.remove_folder(f"{path}.p")
