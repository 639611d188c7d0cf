"""What trainers read, derived from records and judgments. Pure; nothing is judged anew here.

trl_preference       one pair for each record whose consensus is A or B
trl_preference_soft  two lines for each judgment that compares; a tie gives one in each direction. The mean DPO loss
                     over these lines is the loss on the distribution of judgments, with an unmodified trainer
ties                 judgments that prefer neither candidate: no trainer takes them, and none is lost
consensus            where it was asked for: what a model of raters makes of the judgments, with the doubt that remains
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import to_builtins

from tallystick.bundle.derive import Tables
from tallystick.bundle.rows import ConsensusRow, Judgment, Message, PreferencePair, Record, Row, SoftPair, Tie
from tallystick.flow.standing import COUNTED
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import Content, Facts, Given, Labelled, Mark, Signal
from tallystick.signals.shape import Reason as Why

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
    own_rule: str = ""  # of a signal's own export
    lines: tuple[bytes, ...] | None = None  # JSON, one object a line, of a signal's own export; it has no `rows`

    @property
    def rule(self) -> str:
        """How its rows follow from records and judgments."""
        return self.own_rule or RULES[self.name]

    @property
    def path(self) -> str:
        """Where it stands in a release."""
        return f"views/{self.name}.{'parquet' if self.lines is None else 'jsonl'}"

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return len(self.rows if self.lines is None else self.lines)


def views(records: Sequence[Record], judgments: Sequence[Judgment], *, use: str) -> list[View]:
    """The exports for trainers: for the use `train` alone."""
    if use != TRAINER_USE:
        return []
    pairs = [record for record in records if record.signal == PAIR]
    others = [record for record in records if record.signal != PAIR]
    by_item = {record.item: record for record in pairs}
    given = [judgment for judgment in judgments if judgment.item in by_item]
    of_pairs = [_preference(pairs), _soft(by_item, given), _ties(by_item, given)] if pairs or not others else []
    return [*of_pairs, *exports(others, judgments)]


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


def exports(records: Sequence[Record], judgments: Sequence[Judgment]) -> list[View]:
    """The formats that signals give of their own, a file each. Every line names its item and its judgment.

    Each judgment that counts gives its own lines: nothing is collapsed. One that gives none is counted as left out.
    """
    by_item: dict[str, list[Judgment]] = {record.item: [] for record in records}
    for judgment in judgments:
        if judgment.item in by_item:
            by_item[judgment.item].append(judgment)
    found = []
    for name in sorted({record.signal for record in records}):
        signal, mine = BY_NAME[name], [record for record in records if record.signal == name]
        found += [_export(signal, export, mine, by_item) for export in signal.exports]
    return found


def _export(signal: Signal, export: str, records: Sequence[Record], by_item: Mapping[str, list[Judgment]]) -> View:
    lines: list[bytes] = []
    out: Counter[str] = Counter()
    for record in records:
        content = content_of(record)
        for judgment in by_item[record.item]:
            if judgment.standing != COUNTED:
                out[judgment.standing] += 1
                continue
            rows = signal.rows(content, [given_of(judgment)]).get(export, ())
            named = {"item": record.item, "judgment": judgment.judgment, "domain": record.domain}
            lines += [json.dumps({**row, **named}, ensure_ascii=False, sort_keys=True).encode() for row in rows]
            out[judgment.verdict] += not rows
    return View(
        name=f"{signal.name}_{export}", kind=Row, rows=(), counts="judgments", excluded=_sorted(+out),
        own_rule=f"{signal.title}: {signal.exports[export]}.", lines=tuple(lines),
    )  # fmt: skip


def content_of(record: Record) -> Content:
    """The item of a record, as its signal reads it."""
    return Content(
        prompt=record.prompt, context=record.context, candidates=tuple(one.text for one in record.candidates),
        material=json.loads(record.material) if record.material else {},
    )  # fmt: skip


def given_of(judgment: Judgment) -> Given:
    """A judgment, as its signal reads it."""
    scores: dict[str, dict[str, int]] = {}
    for score in judgment.scores:
        scores.setdefault(score.criterion, {})[score.on] = score.points
    marks = tuple(Mark.model_validate(to_builtins(mark)) for mark in judgment.marks)
    facts = Facts(
        verdict=judgment.verdict, scores=scores, values={one.name: one.value for one in judgment.values},
        marks=tuple(
            Labelled(
                field=m.field, on=m.on, label=m.label, start=m.start, end=m.end, severity=m.severity, place=m.place
            )
            for m in marks
        ),
    )  # fmt: skip
    reasons = (
        Why(criterion=one.criterion, text=one.text, quote=one.quote, citation=one.citation)
        for one in judgment.reasons
        if one.criterion and one.text
    )
    return Given(
        facts=facts, marks=marks, texts={one.name: one.value for one in judgment.texts}, reasons=tuple(reasons)
    )
