"""Whole histories: rewritten, rolled back, split, by somebody who holds all but the log key, or that one, too."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sealed_cell import SIGNER, Cell, entry
from stranger import ask as ask_stranger
from tampering import database
from tampering.table import Part, Row
from witness_scene import KEY, ask, honest_log, witness_at, write_log

from tallystick.audit.log import Status, compare_logs, verify_log
from tallystick.audit.receipt import Verdict, check_receipts
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import journal, receipt
from tallystick.ledger.reader import LogReader
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tree import leaf_hashes
from tallystick.witness import desk, evidence

START = 1_700_000_000_000_000
PLACE, SIZE = 350, 700
STOLEN = SoftwareSigner(SIGNER.name, bytes([9]) * 32)


@dataclass
class Insider:
    """An honest log that a witness holds and readers keep parts of, and the log that is shown to them afterwards."""

    folder: Path
    shown: Path
    kept: Path
    receipt: Path

    def show(self, entries: list[bytes], *sizes: int) -> None:
        """Show a log of these entries, all of it signed by the log key."""
        write_log(self.shown, entries, *sizes)


def insider_at(folder: Path) -> Insider:
    """The honest log of 700 entries; a witness with a mirror cosigned all of it."""
    log = honest_log(folder / "honest", 100, 300, SIZE)
    with witness_at(folder / "witness", log) as witness:
        assert ask(witness, log, 0, SIZE).status == 200
    kept = folder / "kept"
    kept.write_bytes((log / "checkpoint").read_bytes())
    shown = Path(shutil.copytree(log, folder / "shown"))
    row, at = leaf_hashes([entry(PLACE)]), START + 1000 * PLACE
    promise = receipt.promise_over(row, origin=SIGNER.name, first_seq=PLACE, at=at, seal_by=at + 60_000_000)
    made = receipt.receipt_of(row, receipt.sign(promise, [SIGNER]), index=PLACE, entry=entry(PLACE))
    (folder / "one.tallystick-receipt").write_text(made.text())
    return Insider(folder, shown, kept, folder / "one.tallystick-receipt")


def _verify(scene: Insider, against: list[Path]) -> list[str]:
    report = verify_log(scene.shown, SIGNER.vkey, against=against)
    theirs = ask_stranger(scene.shown, SIGNER.vkey, against=against)
    assert (report.status is Status.OK) == (theirs.status == "good"), (report, theirs)
    return [str(problem) for problem in report.problems]


def _stranger(scene: Insider, _row: Row[Insider]) -> list[str]:
    return list(ask_stranger(scene.shown, SIGNER.vkey, against=[scene.kept]).findings)


def _witness(scene: Insider, _row: Row[Insider]) -> list[str]:
    """What the witness answers to the log that is shown, and the evidence that it keeps."""
    size = LogReader(scene.shown).checkpoint().size
    with witness_at(scene.folder / "witness", scene.shown) as witness:
        answer = ask(witness, scene.shown, min(size, SIZE), size)
    told = [] if answer.status == 200 else [f"{answer.status} {answer.body.strip()}"]
    forks = desk.status(scene.folder / "witness").forks
    return told + [evidence.read(Path(path).read_bytes()).verify([KEY]) for path in forks]


def _compare(scene: Insider, _row: Row[Insider]) -> list[str]:
    """Two copies against each other: the mirror of the witness and what is shown."""
    mirror = scene.folder / "witness" / "logs" / desk.name_of(KEY.name)
    found = compare_logs(mirror, scene.shown, SIGNER.vkey)
    return [] if found.status is Status.OK else [f"they part at entry {found.parts_at}", *map(str, found.problems)]


def _receipt(scene: Insider, _row: Row[Insider]) -> list[str]:
    """What the expert's receipt and the log that is shown prove together."""
    text = scene.receipt.read_text()
    (report,) = check_receipts([("one", text)], scene.shown, [KEY])
    (theirs,) = ask_stranger(scene.shown, SIGNER.vkey, receipts=[scene.receipt]).receipts
    assert report.verdict == theirs
    return [] if report.verdict is Verdict.IN_LOG else [f"{report.verdict}: place {report.index}: {report.says}"]


def honest(size: int) -> list[bytes]:
    """The true entries."""
    return [entry(seq) for seq in range(size)]


def rewrite(scene: Insider) -> None:
    """One judgment is another, and all that follows is signed anew."""
    entries = honest(SIZE)
    entries[PLACE] = entry(PLACE, body={"item": "itm-350", "scores": [5, 5]})
    scene.show(entries, 100, 300, SIZE)


def regrow(scene: Insider) -> None:
    """The log is cut at 320 and goes on with other entries, beyond its old size."""
    other = [entry(seq, at=START + 1_000_000_000 + seq, body={"item": "x"}) for seq in range(320, 800)]
    scene.show(honest(320) + other, 100, 300, 800)


def roll_back(scene: Insider) -> None:
    """Everything is as it was at 300: each file is good."""
    scene.show(honest(300), 100, 300)


def leave_out(scene: Insider) -> None:
    """An event of an actor is left out before it is sealed, the places behind it close up."""
    left = [entry(seq, by=entry_by(seq + 1), n=(seq + 1) // 3 + 1) for seq in range(PLACE, SIZE - 1)]
    scene.show(honest(PLACE) + left, 100, 300, SIZE - 1)


def entry_by(seq: int) -> str:
    """Who acts at a place."""
    return ("per-a", "per-b", "svc-c")[seq % 3]


def back_date(scene: Insider) -> None:
    """An entry gets an earlier time."""
    entries = honest(SIZE + 10)
    entries[SIZE + 5] = entry(SIZE + 5, at=START)
    scene.show(entries, 100, 300, SIZE, SIZE + 10)


def forge_receipt(scene: Insider) -> None:
    """A receipt for another place."""
    text = scene.receipt.read_text()
    scene.receipt.write_text(text.replace(f"index {PLACE}", f"index {PLACE + 1}"))


def new_key(scene: Insider) -> None:
    """A key of one's own signs a longer history that names it; the log key vouches for nothing of that."""
    entries = [*honest(SIZE), entry(SIZE, kind="log-key-added/1", body={"vkey": STOLEN.vkey})]
    scene.show(entries, 100, 300, SIZE, SIZE + 1)
    for path in (scene.shown / "checkpoint", scene.shown / "checkpoints" / str(SIZE + 1)):
        was = checkpoints.read(path.read_text())
        path.write_text(checkpoints.sign(was.origin, was.size, was.root, signers=[STOLEN]).note)


VERIFY, AGAINST, STRANGER = "log verify", "log verify --against", "stranger --against"
WITNESS, COMPARE, RECEIPT = "witness", "log compare", "receipt"
KEPT = {AGAINST: "fork: you hold a signed checkpoint of size 700", STRANGER: "your checkpoint over 700 entries"}
ROWS: list[Row[Insider]] = [
    Row(
        what="history rewritten at one entry and signed anew; an honest witness is there",
        do=rewrite,
        unseen=[VERIFY],
        found={
            WITNESS: "signed two histories",
            COMPARE: "they part at entry 350",
            RECEIPT: "replaced: place 350",
            **KEPT,
        },
    ),
    Row(
        what="split view: each of two clients is shown a good log of one size",
        do=rewrite,
        unseen=[VERIFY],
        found={COMPARE: "they part at entry 350", AGAINST: "the log has"},
    ),
    Row(
        what="the log cut at 320 and grown anew beyond its old size",
        do=regrow,
        unseen=[VERIFY],
        found={
            WITNESS: "signed two histories",
            COMPARE: "they part at entry 320",
            RECEIPT: "replaced: place 350",
            **KEPT,
        },
    ),
    Row(
        what="roll-back of everything to an earlier size",
        do=roll_back,
        unseen=[VERIFY],
        found={
            WITNESS: "409 700",
            AGAINST: "roll-back: you hold a signed checkpoint of size 700",
            STRANGER: "the log ends at 300",
            RECEIPT: "not-due: place 350",
        },
    ),
    Row(
        what="an event left out before its seal, with all behind it moved up",
        do=leave_out,
        found={
            VERIFY: "tile/entries/001, entry 352",
            STRANGER: "entry 352: is number",
            WITNESS: "409 700",
            RECEIPT: "replaced: place 350",
        },
    ),
    Row(
        what="an entry dated back before its seal",
        do=back_date,
        found={
            VERIFY: "tile/entries/002.p/198, entry 705",
            STRANGER: "entry 705: is of an earlier time",
            WITNESS: "entry 705",
        },
    ),
    Row(
        what="a key of one's own named in an entry that only this key vouches for",
        do=new_key,
        found={VERIFY: "checkpoints/701", STRANGER: "checkpoints/701: is not signed by a key of this log"},
    ),
    Row(what="a receipt altered to be for another place", do=forge_receipt, found={RECEIPT: "no-receipt"}),
]
PART = Part(
    "Whole histories, by whoever holds everything",
    "somebody who holds database, disk and the log key, and shows a log that is good in itself. Outside are a "
    "witness with a mirror, a checkpoint that a client kept, and a receipt that an expert holds.",
    ROWS,
    {
        VERIFY: lambda scene, _row: _verify(scene, []),
        AGAINST: lambda scene, _row: _verify(scene, [scene.kept]),
        STRANGER: _stranger,
        WITNESS: _witness,
        COMPARE: _compare,
        RECEIPT: _receipt,
    },
)


@dataclass
class Owned:
    """A cell whose database and log directory are somebody's who has not the log key, and what a reader kept."""

    cell: Cell
    kept: Path


def owned(cell: Cell) -> Owned:
    """Forty events, sealed at 20 and 30."""
    cell.add(database.JOURNALED)
    with cell.sealer() as sealer:
        sealer.seal(20)
        sealer.seal(database.SEALED)
    kept = cell.directory.parent / "kept"
    kept.write_bytes((cell.directory / "checkpoint").read_bytes())
    return Owned(cell, kept)


def _make_fit(cell: Cell, entries: list[bytes], sealed: int) -> bytes:
    """Journal, head, seal point, bundles and tiles for these entries; the root. No note can be made to fit."""
    made = write_log(cell.directory.parent / "made", entries[:sealed], sealed)
    root = LogReader(made).checkpoint().root
    links = [journal.NO_LINK]
    for row in entries:
        links.append(journal.linked(links[-1], "judgment-submitted/1", row))
    for seq, row in enumerate(entries):
        database.alter("UPDATE journal SET entry = :entry WHERE seq = :seq", entry=row, seq=seq)(cell)
    end = len(entries)
    database.alter("DELETE FROM journal WHERE seq >= :end", end=end)(cell)
    database.alter("UPDATE journal_head SET next_seq = :end, link = :link", end=end, link=links[-1])(cell)
    database.alter(
        "UPDATE seal_head SET size = :size, root = :root, link = :link", size=sealed, root=root, link=links[sealed]
    )(cell)
    shutil.rmtree(cell.directory / "tile")
    shutil.move(made / "tile", cell.directory / "tile")
    journal.create(cell.engine)  # the guards are put back, as if nothing had been
    return root


def rewrite_all(scene: Owned) -> None:
    """A sealed judgment is another, in database and log alike."""
    entries = honest(database.JOURNALED)
    entries[25] = entry(25, body={"item": "itm-25", "scores": [5, 5]})
    _make_fit(scene.cell, entries, database.SEALED)


def cut_all(scene: Owned) -> None:
    """Database and log as they were at 20, with the checkpoint that was true then."""
    directory = scene.cell.directory
    root = _make_fit(scene.cell, honest(20), 20)
    (directory / "checkpoints" / "030").unlink()
    shutil.copy(directory / "checkpoints" / "020", directory / "checkpoint")
    assert LogReader(directory).checkpoint(KEY).root == root


def _on_cell(finder: Callable[[Cell, Row[Cell]], list[str]]) -> Callable[[Owned, Row[Owned]], list[str]]:
    return lambda scene, row: finder(scene.cell, Row(what=row.what, do=lambda _cell: None, found={}))


def _log(scene: Owned, against: list[Path]) -> list[str]:
    report = verify_log(scene.cell.directory, SIGNER.vkey, against=against)
    theirs = ask_stranger(scene.cell.directory, SIGNER.vkey, against=against)
    assert (report.status is Status.OK) == (theirs.status == "good"), (report, theirs)
    return [str(problem) for problem in report.problems]


OWNED: list[Row[Owned]] = [
    Row(
        what="consistent rewrite: a judgment in database, head, seal point, bundles and tiles alike",
        do=rewrite_all,
        found={VERIFY: "between entry 20 and entry 29", "sealer": "checkpoint: expected root"},
        unseen=["cell check"],
    ),
    Row(
        what="consistent cut: database and log taken back to an older checkpoint that the key did sign",
        do=cut_all,
        found={AGAINST: "roll-back: you hold a signed checkpoint of size 30"},
        unseen=["cell check", "sealer", VERIFY],
    ),
]
OWNED_PART = Part(
    "Whole histories, by whoever holds everything but the log key",
    "somebody who owns database, disk and log directory, makes all that is derived fit, and puts the guards back.",
    OWNED,
    {
        VERIFY: lambda scene, _row: _log(scene, []),
        AGAINST: lambda scene, _row: _log(scene, [scene.kept]),
        "sealer": _on_cell(database.PART.finders["sealer"]),
        "cell check": _on_cell(database.PART.finders["cell check"]),
    },
)
