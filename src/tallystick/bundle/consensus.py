"""A consensus with its doubt, for a release that was asked for one: rows and raters. Pure.

It stands beside the judgments and never in their place. Items whose disagreement was preserved, or was expected from
the first, have none: where people differ in what they value there is no answer to find.

These are the only numbers of a release that floats make and no entry holds. Sums of floats may end differently on
another processor, so whoever builds or checks a release takes the numbers that stand in it where each is within
TOLERANCE of the one computed here, and else says where they part.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.bundle import columns
from tallystick.bundle.columns import BadRows
from tallystick.bundle.rows import ConsensusRow, Judgment, Record, Row, VerdictCount, VerdictShare
from tallystick.flow.standing import COUNTED
from tallystick.signals import preference
from tallystick.stats import aggregation

SCHEMA = "tallystick/consensus/1"
VIEW, FIGURE = "views/consensus.parquet", "quality/consensus.json"
METHODS: dict[str, Callable[..., aggregation.Consensus]] = {
    "majority": aggregation.majority,
    "one_coin": aggregation.one_coin,
    "dawid_skene": aggregation.dawid_skene,
}
FIT_TOLERANCE = 1e-9
"""How far from its end EM may stop: so near that where it stopped shows in no part per million."""
TOLERANCE = 2
"""Parts per million, thousandths and thousandths of a bit."""
FLOATS = ("_ppm", "_milli", "_millibits")


class Rater(Row, frozen=True, kw_only=True):
    """What the model says of one expert. Null where it says nothing, and for the majority, which models nobody."""

    expert: str
    judgments: int
    accuracy_ppm: int | None
    low_ppm: int | None  # of a 95 % interval; narrower than it should be when there are few judgments
    high_ppm: int | None
    effective_milli: int | None  # judgments of items with a known answer that would say as much
    confusion_ppm: list[list[int]] | None  # rows: the answer that is right; columns: the answer that was given


class DomainConsensus(Row, frozen=True, kw_only=True):
    """One fit: all released batches of a domain together."""

    domain: str
    status: str  # ok, or why there is no consensus
    reason: str | None
    converged: bool | None
    items: int
    judgments: int
    categories: list[str]
    classes_ppm: list[int] | None  # share of each category among items
    raters: list[Rater]


class Figure(Row, frozen=True, kw_only=True):
    """quality/consensus.json."""

    schema: str
    method: str
    left_out: dict[str, int]  # records without a row, by reason
    domains: list[DomainConsensus]


@dataclass(frozen=True, slots=True)
class Consensus:
    """The rows of the view, and the figures of the models behind them."""

    rows: list[ConsensusRow]
    figure: Figure


def consensus(method: str, records: Sequence[Record], judgments: Sequence[Judgment]) -> Consensus:
    """The consensus of every record that can have one, domain by domain, by one of METHODS."""
    left_out = Counter(reason for record in records if (reason := _left_out(record)) is not None)
    kept = [record for record in records if _left_out(record) is None]
    by_item: dict[str, list[Judgment]] = {record.item: [] for record in kept}
    for judgment in judgments:
        if judgment.item in by_item and judgment.standing == COUNTED and judgment.direction is not None:
            by_item[judgment.item].append(judgment)
    domains, rows = [], dict[str, ConsensusRow]()
    for domain in sorted({record.domain for record in kept}):
        within = [record for record in kept if record.domain == domain and by_item[record.item]]
        given = [judgment for record in within for judgment in by_item[record.item]]
        found = _fitted(method, given)
        domains.append(_domain(domain, found, Counter(judgment.expert for judgment in given)))
        rows.update(_rows(method, within, by_item, found=found))
    left_out["undecided"] = sum(not given for given in by_item.values())
    left_out["no-consensus"] = len(kept) - len(rows) - left_out["undecided"]
    figure = Figure(
        schema=SCHEMA, method=method, left_out={name: n for name, n in sorted(left_out.items()) if n}, domains=domains
    )
    return Consensus([rows[record.item] for record in kept if record.item in rows], figure)


def _left_out(record: Record) -> str | None:
    if record.consensus_how == "preserved":
        return "preserved"
    return "disagreement-expected" if record.is_disagreement_expected else None


def _fitted(method: str, given: Sequence[Judgment]) -> aggregation.Consensus:
    options = {} if method == "majority" else {"tolerance": FIT_TOLERANCE}
    directions = [one.direction for one in given]
    return METHODS[method](
        [one.item for one in given], [one.expert for one in given], directions,
        categories=preference.categories(name for name in directions if name is not None), **options,
    )  # fmt: skip


def _domain(domain: str, found: aggregation.Consensus, given: Mapping[str, int]) -> DomainConsensus:
    return DomainConsensus(
        domain=domain, status=str(found.status), reason=found.reason, converged=found.converged,
        items=len(found.items), judgments=found.n_judgments, categories=list(found.categories),
        classes_ppm=None if found.priors is None else [canon.ppm(float(share)) for share in found.priors],
        raters=[_rater(found, place, name, judgments=given[name]) for place, name in enumerate(found.raters)],
    )  # fmt: skip


def _rater(found: aggregation.Consensus, place: int, name: str, *, judgments: int) -> Rater:
    skills = found.skills
    if skills is None:
        return Rater(
            expert=name, judgments=judgments, accuracy_ppm=None, low_ppm=None, high_ppm=None, effective_milli=None,
            confusion_ppm=None,
        )  # fmt: skip
    interval = skills.interval(place)
    confusion = None if skills.confusion is None else skills.confusion[place]
    effective = None if skills.effective is None else float(skills.effective[place])
    return Rater(
        expert=name, judgments=judgments, accuracy_ppm=canon.ppm(float(skills.value[place])),
        low_ppm=None if interval is None else canon.ppm(interval.low),
        high_ppm=None if interval is None else canon.ppm(interval.high),
        effective_milli=None if effective is None else round(1000 * effective),
        confusion_ppm=None if confusion is None else [[canon.ppm(float(share)) for share in row] for row in confusion],
    )  # fmt: skip


def _rows(
    method: str, records: Sequence[Record], by_item: Mapping[str, list[Judgment]], *, found: aggregation.Consensus
) -> dict[str, ConsensusRow]:
    if found.posteriors is None or found.entropy is None:
        return {}
    place = {str(item): number for number, item in enumerate(found.items)}
    rows = {}
    for record in records:
        number = place[record.item]
        posterior = [
            VerdictShare(verdict=category, share_ppm=canon.ppm(float(share)))
            for category, share in zip(found.categories, found.posteriors[number], strict=True)
        ]
        votes = Counter(one.direction for one in by_item[record.item])
        rows[record.item] = ConsensusRow(
            item=record.item, external=record.external, batch=record.batch, domain=record.domain, method=method,
            posterior=posterior, top=top_of(posterior), doubt_millibits=round(1000 * float(found.entropy[number])),
            votes=[VerdictCount(verdict=name, judgments=votes[name]) for name in found.categories if votes[name]],
            record_consensus=record.consensus, record_consensus_how=record.consensus_how,
        )  # fmt: skip
    return rows


def top_of(posterior: Sequence[VerdictShare]) -> str | None:
    """The most probable answer; None when two are equally so, to the part per million."""
    most = max(share.share_ppm for share in posterior)
    first, *others = [share.verdict for share in posterior if share.share_ppm == most]
    return None if others else first


# --- numbers that floats made --------------------------------------------------------------------------------------


def adopted(computed: Consensus, stated: Consensus | None) -> Consensus:
    """What a release states, where all of it is near enough to what is computed here; else what is computed."""
    return stated if stated is not None and is_near(stated, computed) else computed


def is_near(stated: Consensus, computed: Consensus) -> bool:
    """Whether two differ in nothing but the last place of numbers that floats made."""
    if any(row.top != top_of(row.posterior) for row in stated.rows if row.posterior):
        return False
    return _near("", _plain(stated), _plain(computed))


def _plain(one: Consensus) -> object:
    rows = [msgspec.structs.replace(row, top=None) for row in one.rows]  # it follows from the posterior
    return msgspec.to_builtins([rows, one.figure])


def _near(name: str, stated: object, computed: object) -> bool:
    if isinstance(stated, dict) and isinstance(computed, dict):
        return stated.keys() == computed.keys() and all(_near(key, stated[key], computed[key]) for key in stated)
    if isinstance(stated, list) and isinstance(computed, list):
        pairs = zip(stated, computed, strict=False)
        return len(stated) == len(computed) and all(_near(name, one, other) for one, other in pairs)
    if type(stated) is int and type(computed) is int and name.endswith(FLOATS):
        return abs(stated - computed) <= TOLERANCE
    return type(stated) is type(computed) and stated == computed


def stated_in(files: Mapping[str, bytes]) -> Consensus | None:
    """The consensus that the files of a release state; None when there is none, or none that can be read."""
    if VIEW not in files or FIGURE not in files:
        return None
    try:
        return Consensus(
            columns.from_parquet(files[VIEW], ConsensusRow), msgspec.json.decode(files[FIGURE], type=Figure)
        )
    except (BadRows, msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the steps that compare the files say what is wrong with them
