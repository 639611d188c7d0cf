"""Keep a verified copy of a log up to date by hand, as a client does who runs no witness. Writes the copy's folder."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint, open_signed
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.reader import CHECKPOINT
from tallystick.ledger.tile_store import Step, no_step
from tallystick.witness import evidence
from tallystick.witness.mirror import CannotHold, EntryCheck, Forked, Mirror
from tallystick.witness.sources import NOTE_BYTES_MAX, Source, SourceFailed


class RolledBack(RuntimeError):
    """The log shows less than the copy holds. The copy stays as it is."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The newest checkpoint of the log, all of which the copy holds now, and how many entries were new."""

    checkpoint: Checkpoint
    new: int


def fetch(
    source: Source, directory: Path, keys: Sequence[VerifierKey], check: Callable[[], EntryCheck], *,
    step: Step = no_step,
) -> Fetched:  # fmt: skip
    """Bring a copy up to what the log shows now; goes on where an earlier one was cut off.

    raises  CannotHold, RolledBack, mirror.Forked (after its evidence was kept beside the copy), mirror.RulesBroken,
            mirror.Damaged
    """
    try:
        data = source.get(CHECKPOINT, bytes_max=NOTE_BYTES_MAX)
        if data is None:
            raise CannotHold(f"{source.where}/{CHECKPOINT}: expected a checkpoint, found none: is this a log?")
        shown = open_signed(data.decode(), *keys)
    except (SourceFailed, BadNote, BadCheckpoint, UnicodeDecodeError) as error:
        raise CannotHold(f"{source.where}/{CHECKPOINT}: expected a checkpoint of this log: {error}") from error
    with contextlib.closing(Mirror(directory, keys, check, step=step)) as mirror:
        held = mirror.newest()
        size = 0 if held is None else held.size
        try:
            mirror.hold(shown, source)
        except Forked as error:
            evidence.keep(evidence_folder(directory), error.fork)
            raise
        if held is not None and shown.size < held.size:
            raise RolledBack(
                f"{source.where}: expected at least the {held.size} entries that you hold (root {held.root.hex()}), "
                f"found {shown.size} (root {shown.root.hex()}): entries were cut off, or the server shows an old state"
            )
        # Cosignatures come along as they are: who verifies the copy names the witnesses that count.
        mirror.publish(shown.size, shown.note.rpartition("\n\n")[2].splitlines(keepends=True))
    return Fetched(shown, max(0, shown.size - size))


def evidence_folder(directory: Path) -> Path:
    """Where evidence against a log is kept: beside the copy, which holds the log and nothing else."""
    return directory.with_name(f"{directory.name}.evidence")
