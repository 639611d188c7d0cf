"""The files of a log: bundles, tiles, checkpoint, archive, cosignatures. Whoever alters them has no key."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealed_cell import SIGNER, entry, flip
from stranger import ask
from tampering.table import Part, Row
from witness_scene import write_log

from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.reader import LogReader, archive_path
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tiles import decode_bundle, encode_bundle

SIZES = (100, 300, 700)
WITNESS = Cosigner("w.example/w", bytes(range(1, 33)))
POLICY = f"witness mine {WITNESS.key.line}\nquorum mine\n"
OTHER = SoftwareSigner(SIGNER.name, bytes(32))
STRANGE = SoftwareSigner("other.invalid/log", bytes(range(32)))
WORDS = {Status.OK: "good", Status.BAD: "bad", Status.COULD_NOT_CHECK: "could not check"}
FULL, EDGE = "tile/entries/001", "tile/entries/002.p/188"
COSIGNED = cosignature.path_of(700, WITNESS.key)


@dataclass(frozen=True, slots=True)
class Log:
    """A copy of a good log of 700 entries, cosigned at 300 and 700, and what its reader kept."""

    path: Path
    kept: Path

    def __truediv__(self, name: str) -> Path:
        return self.path / name


def good_log(folder: Path) -> Log:
    """The log, and one checkpoint that somebody kept."""
    log = write_log(folder / "log", [entry(seq) for seq in range(700)], *SIZES)
    for size in (300, 700):
        note = LogReader(log).checkpoint_at(size).note
        path = log / cosignature.path_of(size, WITNESS.key)
        path.parent.mkdir(parents=True)
        path.write_text(WITNESS.cosign(note.rpartition("\n\n")[0] + "\n", time=1_800_000_000))
    kept = folder / "kept"
    kept.write_bytes((log / "checkpoint").read_bytes())
    return Log(log, kept)


def copy_of(good: Log, folder: Path) -> Log:
    """A copy to do something to."""
    return Log(Path(shutil.copytree(good.path, folder / "log")), good.kept)


def _ours(log: Log, row: Row[Log]) -> list[str]:
    policy = policies.parse(POLICY.encode()) if "policy" in row.given else None
    report = verify_log(
        log.path, SIGNER.vkey, policy=policy, against=[log.kept] if "against" in row.given else [],
    )  # fmt: skip
    theirs = ask(
        log.path, SIGNER.vkey, policy=POLICY if policy else None, against=[log.kept] if "against" in row.given else []
    )
    assert WORDS[report.status] == theirs.status, (report, theirs)
    return [] if report.status is Status.OK else [*map(str, report.problems), *report.notes]


def _theirs(log: Log, row: Row[Log]) -> list[str]:
    found = ask(
        log.path, SIGNER.vkey, policy=POLICY if "policy" in row.given else None,
        against=[log.kept] if "against" in row.given else [],
    )  # fmt: skip
    return [*found.findings, *found.unsure]


def in_bundle(log: Log, change: Callable[[list[bytes]], object], *, file: str = FULL) -> None:
    """Change the entries of a bundle, with all lengths made to fit."""
    entries = decode_bundle((log / file).read_bytes())
    change(entries)
    (log / file).write_bytes(encode_bundle(entries))


def exchange(log: Log, one: str, other: str) -> None:
    """Each file gets the bytes of the other."""
    first, second = (log / one).read_bytes(), (log / other).read_bytes()
    (log / one).write_bytes(second)
    (log / other).write_bytes(first)


def cut(path: Path, size: int) -> None:
    """Take bytes off the end."""
    path.write_bytes(path.read_bytes()[:-size])


def add(path: Path, data: bytes) -> None:
    """Make a file, or put bytes behind what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((path.read_bytes() if path.is_file() else b"") + data)


def rewrite(log: Log, change: Callable[[list[bytes]], object], *, sizes: Sequence[int] = SIZES) -> None:
    """Another history with every bundle and tile made to fit; the signed checkpoints stay, for there is no key."""
    entries = [entry(seq) for seq in range(max(sizes))]
    change(entries)
    made = write_log(log.path.parent / "made", entries, *sizes)
    shutil.rmtree(log / "tile")
    shutil.move(made / "tile", log / "tile")


def swap_entries(entries: list[bytes]) -> None:
    """Two entries change their places."""
    entries[4], entries[5] = entries[5], entries[4]


def prefer(entries: list[bytes]) -> None:
    """One judgment is another."""
    entries[350] = entry(350, body={"item": "itm-350", "scores": [5, 5]})


def forge_text(path: Path, old: str, new: str) -> None:
    """Change the text of a note and leave its signature."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def sign_as(log: Log, signer: SoftwareSigner, size: int = 700) -> None:
    """The right size and root, signed by somebody else."""
    root = LogReader(log.path).checkpoint_at(size).root
    (log / "checkpoint").write_text(checkpoints.sign(signer.name, size, root, signers=[signer]).note)


def roll_back(log: Log) -> None:
    """All files as they were at 300: each of them is good."""
    made = write_log(log.path.parent / "made", [entry(seq) for seq in range(300)], 100, 300)
    shutil.rmtree(log.path)
    shutil.move(made, log.path)


def spare(log: Log) -> None:
    """A partial tile of an earlier size that says something else."""
    path = log / "tile/0/000.p/100"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(32) + (log / "tile/0/000").read_bytes()[32:3200])


def narrow(log: Log) -> None:
    """A full tile becomes one of 255 hashes, which is too narrow for the checkpoint."""
    add(log / "tile/0/001.p/255", (log / "tile/0/001").read_bytes()[:-32])
    (log / "tile/0/001").unlink()


def rewrite_leaf(log: Log) -> None:
    """An entry and the hash of it in its tile, but no tile above."""
    in_bundle(log, lambda entries: entries.__setitem__(94, entry(350, body={})))
    path = log / "tile/0/001"
    data = bytearray(path.read_bytes())
    data[94 * 32 : 95 * 32] = bytes(32)
    path.write_bytes(bytes(data))


def linked(path: Path) -> None:
    """The same bytes behind a link."""
    aside = path.parents[3] / "aside"
    path.rename(aside)
    path.symlink_to(aside)


def both(ours: str, theirs: str) -> dict[str, str]:
    """The places that both verifiers name."""
    return {"log verify": ours, "stranger": theirs}


ENTRY = both(f"{FULL}, entry 273", f"{FULL}: its entry 273")
ROWS: list[Row[Log]] = [
    Row(what="a byte of an entry in a full bundle", do=lambda log: flip(log / FULL, 5000), found=ENTRY),
    Row(
        what="a byte of an entry in the partial bundle",
        do=lambda log: flip(log / EDGE, 40),
        found=both(f"{EDGE}, entry 512", f"{EDGE}: its entry 512"),
    ),
    Row(what="a length in a bundle", do=lambda log: flip(log / FULL, 1), found=both(f"{FULL}, entry 256", f"{FULL}: ")),
    Row(
        what="the end of a bundle cut off",
        do=lambda log: cut(log / EDGE, 1),
        found=both(f"{EDGE}, entry 699", f"{EDGE}: ends within entry 187"),
    ),
    Row(
        what="bytes put behind a bundle",
        do=lambda log: add(log / FULL, b"\0\2{}"),
        found=both(f"{FULL}, entry 512", f"{FULL}: has 4 bytes behind"),
    ),
    Row(
        what="a bundle removed",
        do=lambda log: (log / FULL).unlink(),
        found=both(f"{FULL}, entry 256", f"{FULL}: is missing"),
    ),
    Row(
        what="an entry taken out of a bundle",
        do=lambda log: in_bundle(log, lambda all_: all_.pop(9)),
        found=both(f"{FULL}, entry 265", f"{FULL}: ends within entry 255"),
    ),
    Row(
        what="two entries of a bundle exchanged",
        do=lambda log: in_bundle(log, swap_entries),
        found=both(f"{FULL}, entry 260", "entry 260: says that its place is 261"),
    ),
    Row(
        what="two bundles exchanged",
        do=lambda log: exchange(log, "tile/entries/000", FULL),
        found=both("tile/entries/000, entry 0", "entry 0: says that its place is 256"),
    ),
    Row(
        what="an entry replaced by another in good form",
        do=lambda log: in_bundle(log, lambda all_: all_.__setitem__(94, entry(350, body={}))),
        found=both(f"{FULL}, entry 350", f"{FULL}: its entry 350"),
    ),
    Row(
        what="a hash of a full tile",
        do=lambda log: flip(log / "tile/0/001", 200 * 32),
        found=both("tile/0/001, entry 456", "tile/0/001: hash 200 is not that of entry 456"),
    ),
    Row(
        what="a hash of the partial tile",
        do=lambda log: flip(log / "tile/0/002.p/188", 33),
        found=both("tile/0/002.p/188, entry 513", "tile/0/002.p/188: hash 1 is not that of entry 513"),
    ),
    Row(
        what="a hash of a tile of level 1",
        do=lambda log: flip(log / "tile/1/000.p/2", 40),
        found=both("tile/1/000.p/2, entry 256", "tile/1/000.p/2: hash 1 is not that of entries 256 to 511"),
    ),
    Row(
        what="a tile removed",
        do=lambda log: (log / "tile/0/000").unlink(),
        found=both("tile/0/000, entry 0", "tile/0/000: is missing"),
    ),
    Row(
        what="a tile of level 1 removed",
        do=lambda log: (log / "tile/1/000.p/2").unlink(),
        found=both("tile/1/000.p/2, entry 0", "tile/1/000.p/2: is missing"),
    ),
    Row(
        what="the last hash of a tile cut off",
        do=lambda log: cut(log / "tile/0/001", 32),
        found=both("tile/0/001: expected 8192 bytes", "tile/0/001: has 8160 bytes"),
    ),
    Row(
        what="a full tile replaced by a partial one",
        do=narrow,
        found=both("tile/0/001, entry 256", "tile/0/001: is missing, and no wider one"),
    ),
    Row(
        what="two tiles exchanged",
        do=lambda log: exchange(log, "tile/0/000", "tile/0/001"),
        found=both("tile/0/000, entry 0", "tile/0/000: hash 0 is not that of entry 0"),
    ),
    Row(
        what="a partial tile of an earlier size that differs",
        do=spare,
        found=both(
            "tile/0/000.p/100: expected the beginning of tile/0/000", "tile/0/000.p/100: hash 0 is not that of entry 0"
        ),
    ),
    Row(
        what="an entry and its leaf hash together",
        do=rewrite_leaf,
        found=both(f"{FULL}, entry 350", "differ in entries 300 to 699"),
    ),
    Row(
        what="consistent rewrite: an entry, and every bundle and tile made to fit it",
        do=lambda log: rewrite(log, prefer),
        found=both("between entry 300 and entry 699", "differ in entries 300 to 699"),
    ),
    Row(
        what="consistent rewrite: the last 400 entries dropped, every tile made to fit",
        do=lambda log: rewrite(log, list, sizes=(100, 300)),
        found=both(f"{FULL}, entry 256", "only 300 can be read"),
    ),
    Row(
        what="the size in `checkpoint`",
        do=lambda log: forge_text(log / "checkpoint", "\n700\n", "\n701\n"),
        found=both("checkpoint: the signature", "checkpoint: the signature"),
    ),
    Row(
        what="the signature in `checkpoint`",
        do=lambda log: flip(log / "checkpoint", -20),
        found=both("checkpoint: ", "checkpoint: "),
    ),
    Row(
        what="`checkpoint` signed by another key of the same name",
        do=lambda log: sign_as(log, OTHER),
        found=both("checkpoint: expected a signature of", "checkpoint: is not signed by a key of this log"),
    ),
    Row(
        what="`checkpoint` of another log",
        do=lambda log: sign_as(log, STRANGE),
        found=both("checkpoint: expected a signature of", "checkpoint: is of the log other.invalid/log"),
    ),
    Row(
        what="`checkpoint` removed",
        do=lambda log: (log / "checkpoint").unlink(),
        found=both("checkpoint: ", "checkpoint: is missing"),
    ),
    Row(
        what="the root of an archived checkpoint",
        do=lambda log: flip(log / archive_path(300), 30),
        found=both("checkpoints/300: ", "checkpoints/300: "),
    ),
    Row(
        what="an archived checkpoint under another size",
        do=lambda log: (log / archive_path(300)).rename(log / archive_path(301)),
        found=both("checkpoints/301: ", "checkpoints/301: is over 300 entries"),
    ),
    Row(
        what="an archived checkpoint removed, of which a cosignature is there",
        do=lambda log: (log / archive_path(300)).unlink(),
        found=both("checkpoints/300: expected this archived checkpoint", "checkpoints/300: is missing"),
    ),
    Row(
        what="the newest archived checkpoint removed",
        do=lambda log: (log / archive_path(700)).unlink(),
        found=both("checkpoints/700: expected this archived checkpoint", "checkpoints/700: is missing"),
    ),
    Row(
        what="a cosignature altered",
        do=lambda log: flip(log / COSIGNED, 50),
        found=both(COSIGNED, COSIGNED),
        given=["policy"],
    ),
    Row(
        what="the cosignature of another size",
        do=lambda log: shutil.copy(log / cosignature.path_of(300, WITNESS.key), log / COSIGNED),
        found=both(COSIGNED, f"{COSIGNED}: the cosignature of witness mine"),
        given=["policy"],
    ),
    Row(
        what="all cosignatures removed",
        do=lambda log: shutil.rmtree(log / "cosignatures"),
        found=both("no checkpoint of this log reaches the quorum", "policy: no checkpoint of this log meets it"),
        given=["policy"],
    ),
    Row(
        what="a file that is not of the log",
        do=lambda log: add(log / "tile/0/NOTE", b"x"),
        found=both("tile/0/NOTE: ", "tile/0/NOTE: "),
    ),
    Row(
        what="a link in place of a tile",
        do=lambda log: linked(log / "tile/0/000"),
        found=both("tile/0/000: expected a plain file", "tile/0/000: is no plain file"),
    ),
    Row(
        what="roll-back of every file to an earlier size",
        do=roll_back,
        found=both(
            "roll-back: you hold a signed checkpoint of size 700",
            "you hold a checkpoint over 700 entries, and the log ends at 300",
        ),
        given=["against"],
    ),
]


PART = Part(
    "The files of a log",
    "somebody who may write the log's files, and has neither the log key nor the database. `log verify` and the "
    "stranger's verifier need the public key alone.",
    ROWS,
    {"log verify": _ours, "stranger": _theirs},
)
