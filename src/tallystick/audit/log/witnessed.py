"""How much of a log its witnesses vouch for, by a policy that the checker brought along. Reads a log directory."""

from collections.abc import Mapping
from pathlib import Path

from tallystick.audit.log.files import Listing
from tallystick.audit.log.report import Findings
from tallystick.ledger import cosignature
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.note import BadNote
from tallystick.ledger.policy import Policy, Verdict
from tallystick.ledger.reader import CHECKPOINT, archive_path

NOT_CHECKED = (
    "witnesses were not checked: give --policy, else an insider who holds the log key can show another history"
)


def check(
    directory: Path, policy: Policy, archive: Mapping[int, Checkpoint], listing: Listing, *, signed: Checkpoint,
    findings: Findings,
) -> int | None:  # fmt: skip
    """The largest size whose checkpoint reaches the quorum of the policy; a log without any is bad.

    A cosignature by a witness of the policy that does not fit its checkpoint is bad, too: one of them was altered.
    """
    keys = {key.key_id.hex(): key for key in policy.witness_keys()}
    notes = {size: one.note for size, one in archive.items()} | {signed.size: signed.note}
    for size, name in listing.cosignatures:
        if name in keys and size in notes:
            path = cosignature.path_of(size, keys[name])
            line = (directory / path).read_bytes().decode(errors="replace")
            try:
                found = cosignature.read_lines(line, notes[size], [keys[name]])
            except BadNote as error:
                findings.add(path, None, f"expected a cosignature of the checkpoint of size {size}: {error}")
                continue
            if not found:
                findings.add(path, None, f"expected a cosignature by {keys[name].label}, found another text")
            notes[size] = cosignature.add_lines(notes[size], [one.line for one in found])
    return _largest(policy, notes, signed, findings)


def _largest(policy: Policy, notes: Mapping[int, str], signed: Checkpoint, findings: Findings) -> int | None:
    """The largest size that reaches the quorum. Every note is read: one bad line of a witness is bad at any size."""
    verdicts: dict[int, Verdict] = {}
    for size in sorted(notes, reverse=True):
        try:
            verdicts[size] = policy.judge(notes[size])
        except BadNote as error:
            findings.add(CHECKPOINT if size == signed.size else archive_path(size), None, f"size {size}: {error}")
    met = [size for size, verdict in verdicts.items() if verdict.is_met]
    if not met:
        newest = next(iter(verdicts.values()), None)
        findings.add(CHECKPOINT, None, f"no checkpoint of this log reaches the quorum; at the newest, {newest}")
        return None
    largest = max(met)
    findings.checked.append(f"witnesses, at size {largest}: {verdicts[largest]}")
    if largest < signed.size:
        rest = f"entries {largest} to {signed.size - 1}"
        findings.notes.append(f"{rest} are not witnessed yet: only the log's own key vouches for them")
    return largest
