"""The witnesses of a cell: who they are, where they stand, and the quorum that a release waits for.

The policy is the file `witness.policy` in the cell's folder, in the C2SP tlog-policy format; without it the cell has
no witnesses, and every screen says so. Standings and alarms are kept in the folder `witnesses/`, beside the log.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tallystick.app.cell import QUORUM_SECONDS, WITNESSES_FOLDER, Cell
from tallystick.events.envelope import open_entry
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadNote
from tallystick.ledger.reader import NotInLog
from tallystick.ledger.witnessing import Witnessing

LAG_MICROSECONDS: Final = 600_000_000
"""A witness that is behind for longer is an alarm: ten minutes."""
PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """Where one witness stands.

    size         entries that it has cosigned
    cosigned_at  seconds since 1970; 0 before the first
    behind_us    age of the oldest sealed entry that it has not cosigned, in microseconds; 0 when it has all
    fault        why its last answer was no cosignature
    is_late      behind for longer than is fine
    """

    name: str
    key: str
    url: str | None
    size: int
    cosigned_at: int
    behind_us: int
    fault: str | None
    is_late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessesState:
    """All witnesses of the policy, whether the newest checkpoint has its quorum, and how many alarms there are."""

    witnesses: tuple[WitnessState, ...] = ()
    quorum: str | None = None
    sealed: int = 0
    is_met: bool = False
    alarms: tuple[str, ...] = ()


def state(cell: Cell) -> WitnessesState:
    """Where the witnesses stand, as this process knows it; without a policy an empty state whose `quorum` is None."""
    witnessing = cell.witnessing
    if witnessing is None:
        return WitnessesState()
    newest = witnessing.newest()
    sealed = 0 if newest is None else newest.size
    rows = []
    with cell.read() as connection:
        for one in witnessing.standings():
            behind = _behind(cell, connection, one.size, sealed)
            rows.append(
                WitnessState(
                    name=one.name, key=one.key, url=one.url, size=one.size, cosigned_at=one.time, behind_us=behind,
                    fault=one.fault, is_late=behind > LAG_MICROSECONDS,
                )
            )  # fmt: skip
    is_met = newest is not None and witnessing.policy.judge_lines(witnessing.cosignatures(newest)).is_met
    return WitnessesState(
        witnesses=tuple(rows), quorum=witnessing.policy.quorum, sealed=sealed, is_met=is_met,
        alarms=tuple(path.name for path in witnessing.alarms()),
    )  # fmt: skip


def _behind(cell: Cell, connection: journal.Connection, size: int, sealed: int) -> int:
    entry = journal.read_one(connection, size) if size < sealed else None
    return 0 if entry is None else max(0, cell.kernel.now() - open_entry(entry).at)


def follow(cell: Cell) -> None:
    """Ask the witnesses that are behind, once. Raises OSError or RuntimeError when the log cannot be read."""
    if cell.witnessing is None:
        return
    try:
        cell.witnessing.ask()
    except (NotInLog, BadNote, BadCheckpoint) as error:
        raise RuntimeError(f"the log cannot be shown to its witnesses: {error}") from error


def wait_for_quorum(cell: Cell, size: int, *, seconds: float = QUORUM_SECONDS) -> Checkpoint | Refused | None:
    """The checkpoint over `size` entries or more that has its quorum; None without a policy.

    Waits for at most `seconds`. Refused then: what needs the quorum stays unfinished, and can be finished later.
    """
    witnessing = cell.witnessing
    if witnessing is None:
        return None
    until = time.monotonic() + seconds
    while True:
        verdict = witnessing.ask(is_patient=False)
        found = witnessing.quorum_from(size)
        if found is not None:
            return found
        if time.monotonic() >= until:
            return _no_quorum(witnessing, str(verdict))
        time.sleep(PAUSE_SECONDS)


def _no_quorum(witnessing: Witnessing, verdict: str) -> Refused:
    faults = tuple(f"{one.name}: {one.fault}" for one in witnessing.standings() if one.fault)
    sentence = (
        f"The release is built and sealed, and waits for its witnesses: {verdict}. It is finished by itself as soon as "
        "the quorum has cosigned, while the cell serves or when it starts again."
    )
    return Refused("no-quorum", sentence, names=faults)


def wait(cell: Cell, release: str, size: int) -> Checkpoint | Refused | None:
    """`wait_for_quorum` for a release; that it waits is remembered, so that nothing is built again before it may be."""
    found = wait_for_quorum(cell, size, seconds=cell.quorum_seconds)
    if isinstance(found, Refused):
        folder = _waiting_folder(cell)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / release).write_text(f"{size}\n")
    return found


def waiting(cell: Cell) -> list[str]:
    """The releases that wait for a quorum."""
    folder = _waiting_folder(cell)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def refuse_waiting(cell: Cell, release: str) -> Refused | None:
    """The refusal of a release that waits, as long as its quorum is not there. Asks nobody."""
    path = _waiting_folder(cell) / release
    if cell.witnessing is None or not path.is_file():
        return None
    text = path.read_text().strip()
    if not text.isdecimal() or cell.witnessing.quorum_from(int(text)) is not None:
        return None
    newest = cell.witnessing.newest()
    cosigned = [] if newest is None else cell.witnessing.cosignatures(newest)
    return _no_quorum(cell.witnessing, str(cell.witnessing.policy.judge_lines(cosigned)))


def forget(cell: Cell, release: str) -> None:
    """The release waits no longer."""
    (_waiting_folder(cell) / release).unlink(missing_ok=True)


def _waiting_folder(cell: Cell) -> Path:
    return cell.directory / WITNESSES_FOLDER / "waiting"
