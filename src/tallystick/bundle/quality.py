"""Agreement as it was measured, as data, and measured again from the judgments themselves. Pure.

Whoever checks a release does not believe the numbers: `measured_again` computes each of them from the judgments in
the log entries, with the rubric and contract that were in force, and `differences` says where the two part.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tallystick.bundle.contents import rubric_path
from tallystick.bundle.counting import incomplete, judged
from tallystick.bundle.derive import Tables
from tallystick.bundle.state import CannotBuild, Entered
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.flow import gate
from tallystick.flow.gate import Bar, Batch
from tallystick.flow.standing import COUNTED

TOLERANCE_PPM = 1
"""Sums of floats may end differently in their last bit on another processor; a part per million covers that."""


class MeasuredBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One released batch with the measurement that its gate decided on."""

    batch: str
    name: str
    seq: int  # index of the measurement in the log
    at: int  # microseconds since 1970, UTC
    measured: BatchMeasured
    judgments_in_records: int
    judgments_without_record: int  # measured too, on items that the release excludes


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """quality/agreement.json."""

    schema: str
    batches: list[MeasuredBatch]


def quality(tables: Tables) -> Quality:
    """The measurements on which the release rests, in journal order."""
    names = {batch.fact.batch: batch.fact.name for batch in tables.state.batches}
    counts = [judgment for judgment in tables.judgments if judgment.standing == COUNTED]
    inside = Counter(judgment.batch for judgment in counts if judgment.is_in_record)
    every = Counter(judgment.batch for judgment in counts)
    found = []
    for measured in tables.state.measured:
        batch = measured.fact.batch
        found.append(MeasuredBatch(
            batch=batch, name=names[batch], seq=measured.seq, at=measured.at, measured=measured.fact,
            judgments_in_records=inside[batch], judgments_without_record=every[batch] - inside[batch],
        ))  # fmt: skip
    return Quality(schema="tallystick/agreement/1", batches=found)


def measured_again(tables: Tables, measured: Entered[BatchMeasured]) -> BatchMeasured:
    """The same measurement, computed from the judgments that counted when it was made.

    raises  CannotBuild when rubric or contract are not there
    """
    fact, state = measured.fact, tables.state
    path = rubric_path(fact.rubric, fact.rubric_version)
    contracts = {one.fact.contract.version: one.fact.contract for one in state.contracts}
    published = {rubric_path(one.fact.rubric, one.fact.version): one.fact for one in state.rubrics}
    if fact.contract_version not in contracts or path not in published:
        raise CannotBuild(f"entry {measured.seq}: measured under a rubric or contract that is not in the journal")
    own = {(one.fact.contract_version, one.fact.domain): one.fact for one in state.policies}
    policy = own.get((fact.contract_version, fact.domain), contracts[fact.contract_version])
    bar = Bar(
        metric=policy.metric, level=policy.level, rule=policy.rule, threshold_ppm=published[path].threshold_ppm,
        items_min=policy.items_min,
    )  # fmt: skip
    about = Batch(
        batch=fact.batch, programme=fact.programme, domain=fact.domain, contract_version=fact.contract_version,
        incomplete=incomplete(state, fact.batch, upto=measured.seq),
    )  # fmt: skip
    given = judged(state, upto=measured.seq)[fact.batch]
    return gate.measure_batch(about, given, tables.rubrics[path], bar, code_version=fact.code_version)


def differences(stated: BatchMeasured, found: BatchMeasured) -> list[str]:
    """Where a stated measurement and a computed one part, one sentence each."""
    sentences = inputs_differences(stated, found)
    if stated.decision != found.decision:
        sentences.append(f"decision: stated {stated.decision!r}, computed {found.decision!r}")
    pairs = [(stated.verdict, found.verdict), *zip(stated.criteria, found.criteria, strict=False)]
    if (stated.expected is None) != (found.expected is None) or len(stated.criteria) != len(found.criteria):
        sentences.append("what was measured: stated other criteria than the rubric gives")
    elif stated.expected is not None and found.expected is not None:
        pairs.append((stated.expected, found.expected))
    return sentences + [sentence for one, other in pairs for sentence in _value_differences(one, other)]


def inputs_differences(stated: BatchMeasured, found: BatchMeasured) -> list[str]:
    """The same for what was measured and against what, whichever version of the software drew the numbers from it."""
    return [
        f"{name}: stated {getattr(stated, name)!r}, computed {getattr(found, name)!r}"
        for name in ("inputs_digest", "threshold_ppm", "rule", "incomplete", "domain")
        if getattr(stated, name) != getattr(found, name)
    ]


def _value_differences(stated: MeasuredValue, found: MeasuredValue) -> Iterator[str]:
    for name in MeasuredValue.__struct_fields__:
        one, other = getattr(stated, name), getattr(found, name)
        is_close = isinstance(one, int) and isinstance(other, int) and abs(one - other) <= TOLERANCE_PPM
        if one != other and not (name.endswith("_ppm") and is_close):
            yield f"{stated.what}, {name}: stated {one!r}, computed {other!r}"
