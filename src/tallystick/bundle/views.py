"""What trainers read, derived from records and judgments. Pure; nothing is judged anew here.

trl_preference       one pair for each record whose consensus is A or B
trl_preference_soft  two lines for each judgment that compares; a tie gives one in each direction. The mean DPO loss
                     over these lines is the loss on the distribution of judgments, with an unmodified trainer
ties                 judgments that prefer neither candidate: no trainer takes them, and none is lost
consensus            where it was asked for: what a model of raters makes of the judgments, with the doubt that remains
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.bundle.derive import Tables
from tallystick.bundle.rows import ConsensusRow, Judgment, Message, PreferencePair, Record, Row, SoftPair, Tie
from tallystick.flow.standing import COUNTED

RULES = {
    "trl_preference": "One pair for each record whose consensus is A or B: unanimous, by majority, or settled.",
    "trl_preference_soft": (
        "Two lines for each judgment that names a winner, and for each tie one line in each direction, on all records, "
        "preserved disagreements included. Train on all lines: their mean loss is that of the soft label."
    ),
    "consensus": (
        "One line for each record whose disagreement was neither preserved nor expected: what a model of raters makes "
        "of the judgments, with its posterior. It stands beside the consensus of the record, not in its place."
    ),
    "ties": "Each judgment that says tie or both_unacceptable. Chosen never equals rejected, so these are no pairs.",
}
TRAINER_USE = "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view: its rows, what kind they are, and what was left out of it and why (records or judgments)."""

    name: str
    kind: type[Row]
    rows: Sequence[Row]
    counts: str  # what `excluded` counts: records | judgments
    excluded: dict[str, int]


def views(records: Sequence[Record], judgments: Sequence[Judgment], *, use: str) -> list[View]:
    """The exports for trainers: for the use `train` alone."""
    if use != TRAINER_USE:
        return []
    by_item = {record.item: record for record in records}
    given = [judgment for judgment in judgments if judgment.item in by_item]
    return [_preference(records), _soft(by_item, given), _ties(by_item, given)]


def views_of(tables: Tables) -> list[View]:
    """All views of a release: those that its use allows, and the consensus where it was asked for one."""
    made = views(tables.records, tables.judgments, use=tables.state.cut.fact.use)
    found = tables.consensus
    if found is None:
        return made
    left_out = found.figure.left_out
    return [*made, View(name="consensus", kind=ConsensusRow, rows=found.rows, counts="records", excluded=left_out)]


def asked(record: Record) -> list[Message]:
    """The prompt as one turn of a user. A context stands before it, with an empty line between."""
    text = "\n\n".join(part for part in (record.context, record.prompt) if part)
    return [Message(role="user", content=text)]


def answered(record: Record, label: str) -> list[Message]:
    """A candidate as one turn of an assistant."""
    text = next(candidate.text for candidate in record.candidates if candidate.label == label)
    return [Message(role="assistant", content=text)]


def _preference(records: Sequence[Record]) -> View:
    rows = []
    out: Counter[str] = Counter()
    for record in records:
        winner = record.consensus
        if winner not in ("a", "b"):
            out[winner or record.consensus_how] += 1
            continue
        votes = {"a": record.n_a, "b": record.n_b}
        loser = "b" if winner == "a" else "a"
        rows.append(PreferencePair(
            prompt=asked(record), chosen=answered(record, winner), rejected=answered(record, loser), item=record.item,
            domain=record.domain, consensus_how=record.consensus_how, n_chosen=votes[winner], n_rejected=votes[loser],
            n_tie=record.n_tie, n_other=record.n_both_unacceptable + record.n_undecided,
        ))  # fmt: skip
    return View(name="trl_preference", kind=PreferencePair, rows=rows, counts="records", excluded=_sorted(out))


_WINNERS = {"a": ("a", "a"), "b": ("b", "b"), "tie": ("a", "b")}


def _soft(by_item: dict[str, Record], judgments: Sequence[Judgment]) -> View:
    rows = []
    out: Counter[str] = Counter()
    for judgment in judgments:
        record = by_item[judgment.item]
        if judgment.standing != COUNTED:
            out[judgment.standing] += 1
            continue
        if judgment.direction not in _WINNERS:
            out[judgment.verdict] += 1
            continue
        rows += [
            SoftPair(
                prompt=asked(record), chosen=answered(record, winner),
                rejected=answered(record, "b" if winner == "a" else "a"), item=record.item, domain=record.domain,
                judgment=judgment.judgment, verdict=judgment.verdict,
            )
            for winner in _WINNERS[judgment.direction]
        ]  # fmt: skip
    return View(name="trl_preference_soft", kind=SoftPair, rows=rows, counts="judgments", excluded=_sorted(out))


def _ties(by_item: dict[str, Record], judgments: Sequence[Judgment]) -> View:
    rows = []
    out: Counter[str] = Counter()
    for judgment in judgments:
        record = by_item[judgment.item]
        if judgment.standing != COUNTED:
            out[judgment.standing] += 1
            continue
        if judgment.verdict not in ("tie", "both_unacceptable"):
            out[judgment.direction or judgment.verdict] += 1
            continue
        rows.append(Tie(
            prompt=asked(record), response_a=answered(record, "a"), response_b=answered(record, "b"),
            item=record.item, domain=record.domain, judgment=judgment.judgment, verdict=judgment.verdict,
        ))  # fmt: skip
    return View(name="ties", kind=Tie, rows=rows, counts="judgments", excluded=_sorted(out))


def _sorted(found: Counter[str]) -> dict[str, int]:
    return dict(sorted(found.items()))
