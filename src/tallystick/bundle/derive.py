"""From state and opened contents to the rows of a release. Pure: the same in, the same out, on every machine."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tallystick.bundle import credentials
from tallystick.bundle.consensus import Consensus, adopted, consensus
from tallystick.bundle.contents import (
    UNREVIEWED_WHY,
    OpenedObject,
    contract_path,
    documents,
    excluded,
    marks_of,
    notes_place,
    rationale_of,
    read_content,
    read_hidden,
    read_notes,
    read_source_rater,
    rubric_path,
    trade_off_place,
)
from tallystick.bundle.counting import (
    ALWAYS,
    Case,
    Standing,
    cases,
    counted_by_item,
    standing_case,
    standings,
    unreviewed,
)
from tallystick.bundle.provenance import candidates, producer, settings
from tallystick.bundle.rows import (
    Adjudication,
    CredentialHeld,
    Dimension,
    Exclusion,
    Expert,
    GroupCount,
    GroupTable,
    Judgment,
    LabelCount,
    Reason,
    Record,
    Score,
    ShownOrder,
    VerdictCount,
)
from tallystick.bundle.state import AnyJudgment, CannotBuild, Closed, Entered, State
from tallystick.events.adjudication import DisagreementPreserved, DisagreementSettled
from tallystick.events.constitution import TradeOffNoted
from tallystick.events.disagreement import DistributionRecorded
from tallystick.events.items import ItemImported
from tallystick.events.judgment import JudgmentDetailed, JudgmentSubmitted
from tallystick.events.roster import PersonEnrolled, PersonQualified
from tallystick.flow.contract import DataContract
from tallystick.flow.document import read
from tallystick.flow.rubric import Rubric
from tallystick.flow.standing import COUNTED, HELD
from tallystick.signals import preference, shape

UNREVIEWED = "affected_unreviewed"
"""The flag of a judgment, and of its record, that a later rubric version affects and that nobody reviewed since."""
ERASED = "(erased)"
"""What stands in a release where an adjudicator's notes stood that were erased before its cut."""
Contents = Mapping[str, OpenedObject]
Qualified = dict[tuple[str, str, str], int]
"""(person, rubric, version): index of the entry that qualified them first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Under which rubric, contract, rights and gate a set of records stands. A record names its link by number."""

    batch: str
    rubric: str
    rubric_versions: tuple[str, ...]
    contract_versions: tuple[str, ...]
    source_class: str
    licence: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything that a release says, as rows and documents."""

    state: State
    records: list[Record]
    judgments: list[Judgment]
    adjudications: list[Adjudication]
    experts: list[Expert]
    credentials: list[CredentialHeld]
    exclusions: list[Exclusion]
    links: list[Link]
    documents: dict[str, bytes]  # path: text of a contract or rubric version
    contract: DataContract  # the version in force at the cut
    rubrics: dict[str, Rubric]  # path: rubric
    is_simulated: bool
    consensus: Consensus | None  # where the release was asked for one
    trade_offs: dict[str, str]  # judgment: the words of the trade-off beside it, where they are there
    unreviewed_why: str  # why it holds affected judgments that nobody reviewed; empty where none was stated


def derive(state: State, contents: Contents, stated: Consensus | None = None) -> Tables:
    """All rows of a release.

    stated  the consensus as a finished release has it: its last digits are kept, where they are as good as ours
    raises  CannotBuild when a content is not what its place asks for
    """
    held = sum(standing.now == HELD for standing in standings(state).values())
    if held:
        raise CannotBuild(f"expected no judgment that waits for its review, found {held}: have them reviewed first")
    out = excluded(state)
    texts = dict(documents(state, contents))
    judgments = _judgments(state, contents, out)
    adjudications = _adjudications(state, contents, out)
    records, links = _records(state, contents, judgments, out=out)
    if not records:
        raise CannotBuild("expected at least one record, found none: every item of the released batches is excluded")
    return Tables(
        state=state, records=records, judgments=judgments, adjudications=adjudications,
        experts=_experts(state, contents, judgments), credentials=credentials.held(state), links=links, documents=texts,
        exclusions=_exclusions(state, out), contract=_contract(state, texts), rubrics=_rubrics(state, texts),
        is_simulated=state.contract.simulated or any(person.fact.simulated for person in state.people),
        consensus=_consensus(state, records, judgments, stated=stated), unreviewed_why=_unreviewed_why(contents),
        trade_offs=_trade_offs(state, contents),
    )  # fmt: skip


def _trade_offs(state: State, contents: Contents) -> dict[str, str]:
    places = {one.fact.judgment: trade_off_place(one.fact.judgment) for one in state.told(TradeOffNoted)}
    return {name: read_notes(at, contents[at].payload) for name, at in places.items() if at in contents}


def _unreviewed_why(contents: Contents) -> str:
    return read_notes(UNREVIEWED_WHY, contents[UNREVIEWED_WHY].payload) if UNREVIEWED_WHY in contents else ""


def _consensus(
    state: State, records: list[Record], judgments: list[Judgment], *, stated: Consensus | None
) -> Consensus | None:
    if state.asked is None:
        return None
    try:
        return adopted(consensus(state.asked.fact.method, records, judgments), stated)
    except (LookupError, ValueError) as error:
        raise CannotBuild(
            f"entry {state.asked.seq}: the consensus that it asks for cannot be found: {error}"
        ) from error


def _contract(state: State, texts: Mapping[str, bytes]) -> DataContract:
    path = contract_path(state.contract.version)
    found = read(texts[path], path, DataContract)
    if isinstance(found, list):
        raise CannotBuild(f"{path}: expected a data contract: {found[0]}")
    return found


def _rubrics(state: State, texts: Mapping[str, bytes]) -> dict[str, Rubric]:
    found = {}
    for published in state.rubrics:
        path = rubric_path(published.fact.rubric, published.fact.version)
        rubric = read(texts[path], path, Rubric)
        if isinstance(rubric, list):
            raise CannotBuild(f"{path}: expected a rubric: {rubric[0]}")
        found[path] = rubric
    return found


def _judgments(state: State, contents: Contents, out: Mapping[str, str]) -> list[Judgment]:
    items = {item.fact.item: item.fact for item in state.items}
    people = {person.fact.person: person.fact for person in state.people}
    qualified = _qualified(state)
    gone = state.gone()
    known = standings(state)
    details = {one.fact.judgment: one.fact for one in state.detailed}
    waiting = unreviewed(state)
    return [_judgment(state, contents, given, item=items[given.fact.item], out=out, people=people,
                  qualified=qualified, gone=gone, standing=known.get(given.fact.judgment, ALWAYS),
                  detail=details.get(given.fact.judgment), is_reviewed=given.fact.judgment not in waiting)
            for given in state.judgments]  # fmt: skip


def _judgment(
    state: State, contents: Contents, given: Entered[AnyJudgment], *, item: ItemImported, out: Mapping[str, str],
    people: Mapping[str, PersonEnrolled], qualified: Qualified, gone: frozenset[str], standing: Standing,
    detail: JudgmentDetailed | None, is_reviewed: bool,
) -> Judgment:  # fmt: skip
    fact = given.fact
    rationale = rationale_of(contents, fact, is_in_record=fact.item not in out, gone=gone)
    here = fact if isinstance(fact, JudgmentSubmitted) else None
    elsewhere = None if isinstance(fact, JudgmentSubmitted) else fact
    qualification, qualified_at = _qualification(qualified, given)
    affected = _affected(state, given)
    person = people[fact.expert]
    return Judgment(
        judgment=fact.judgment, item=fact.item, external=item.external, batch=fact.batch, domain=item.domain,
        signal=fact.signal, expert=fact.expert, role=here.role if here else None,
        source_rater=_source_rater(contents, person), qualification=qualification, qualification_seq=qualified_at,
        verdict=fact.verdict, direction=shape.direction(fact.verdict), scores=_scores(fact.scores),
        reasons=rationale.reasons if rationale else [Reason(criterion=name, text=None) for name in fact.reasons],
        values=settings(detail.values) if detail else [], marks=marks_of(given, detail, rationale),
        texts=settings(rationale.texts) if rationale else [],
        order=here.order if here else None,
        rubric=fact.rubric, rubric_version=fact.rubric_version, contract_version=fact.contract_version,
        affected_criteria=affected, defects=here.defects if here else [], confirmed=here.confirmed if here else [],
        flags=_judgment_flags(state, fact, person=person, is_affected=bool(affected), is_reviewed=is_reviewed),
        is_observed=here is not None,
        is_in_record=fact.item not in out, standing=standing.now, standing_seq=standing.seq,
        standing_cause=standing.cause, source=elsewhere.source if elsewhere else "here",
        source_row=elsewhere.row if elsewhere else None, made_at=elsewhere.made_at if elsewhere else None,
        at=given.at, active_ms=here.active_ms if here else None, assignment=here.assignment if here else None,
        seq=given.seq,
    )  # fmt: skip


def _scores(scores: Mapping[str, Mapping[str, int]]) -> list[Score]:
    return [
        Score(criterion=name, on=on, points=given)
        for name, points in sorted(scores.items())
        for on, given in sorted(points.items())
    ]


def _source_rater(contents: Contents, person: PersonEnrolled) -> str | None:
    place = f"experts/{person.person}/profile"
    return read_source_rater(place, contents[place].payload) if place in contents else None


def _qualified(state: State) -> Qualified:
    found: Qualified = {}
    for decided in state.decided:
        one = decided.fact
        if isinstance(one, PersonQualified):
            found.setdefault((one.person, one.rubric, one.version), decided.seq)
    return found


def _qualification(qualified: Qualified, given: Entered[AnyJudgment]) -> tuple[str, int | None]:
    """Whether the expert had passed the gold items of this very rubric version by then."""
    fact = given.fact
    if not isinstance(fact, JudgmentSubmitted):
        return "not-observed", None
    seq = qualified.get((fact.expert, fact.rubric, fact.rubric_version))
    return ("qualified", seq) if seq is not None and seq < given.seq else ("not-qualified", None)


def _affected(state: State, given: Entered[AnyJudgment]) -> list[str]:
    """Criteria that later versions of the judgment's rubric changed."""
    versions = [r for r in state.rubrics if r.fact.rubric == given.fact.rubric]
    own = next((r.seq for r in versions if r.fact.version == given.fact.rubric_version), None)
    if own is None:
        raise CannotBuild(f"entry {given.seq}: rubric {given.fact.rubric} {given.fact.rubric_version} never came out")
    return sorted({name for later in versions if later.seq > own for name in later.fact.affected})


def _judgment_flags(
    state: State, fact: AnyJudgment, *, person: PersonEnrolled, is_affected: bool, is_reviewed: bool
) -> list[str]:
    here = fact if isinstance(fact, JudgmentSubmitted) else None
    flags = {
        "affected_by_rubric_revision": is_affected,
        UNREVIEWED: not is_reviewed,
        "imported_not_observed": here is None,
        "pre_contract": fact.is_pre_contract,
        "rationale_defect": bool(here and here.defects),
        "simulated": person.simulated or (state.contract.simulated and here is not None),
    }
    return [name for name, is_set in flags.items() if is_set]


# --- records ----------------------------------------------------------------------------------------------------


def _records(
    state: State, contents: Contents, judgments: list[Judgment], *, out: Mapping[str, str]
) -> tuple[list[Record], list[Link]]:
    by_item: dict[str, list[Judgment]] = {item.fact.item: [] for item in state.items}
    for judgment in judgments:
        by_item[judgment.item].append(judgment)
    closed = {item: case.closed for item, given in cases(state).items() if (case := standing_case(given)) is not None}
    links: dict[Link, int] = {}
    records = []
    for item in state.items:
        if item.fact.item not in out:
            every = by_item[item.fact.item]
            link = _link(item.fact, [judgment for judgment in every if judgment.standing == COUNTED])
            number = links.setdefault(link, len(links))
            records.append(_record(state, contents, item, every=every, link=number, closed=closed.get(item.fact.item)))
    return records, list(links)


def _link(item: ItemImported, given: list[Judgment]) -> Link:
    return Link(
        batch=item.batch, rubric=given[0].rubric if given else "",
        rubric_versions=tuple(dict.fromkeys(j.rubric_version for j in given)),
        contract_versions=tuple(dict.fromkeys(j.contract_version for j in given)), source_class=item.source_class,
        licence=item.licence, run=item.run,
    )  # fmt: skip


def _record(
    state: State, contents: Contents, item: Entered[ItemImported], *, every: list[Judgment], link: int,
    closed: Entered[Closed] | None,
) -> Record:  # fmt: skip
    fact = item.fact
    given = [judgment for judgment in every if judgment.standing == COUNTED]
    content = read_content(f"records/{fact.item}/content", contents[f"records/{fact.item}/content"].payload)
    hidden = read_hidden(f"records/{fact.item}/hidden", contents[f"records/{fact.item}/hidden"].payload)
    batch = next(b.fact for b in state.batches if b.fact.batch == fact.batch)
    measured = next(m for m in state.measured if m.fact.batch == fact.batch)
    votes, consensus, how = outcome([j.verdict for j in given], closed.fact if closed else None)
    directions = Counter(j.direction or "undecided" for j in given)
    settled = closed.fact if closed and isinstance(closed.fact, DisagreementSettled) else None
    return Record(
        item=fact.item, external=fact.external, programme=fact.programme, batch=fact.batch, batch_name=batch.name,
        domain=fact.domain, signal=fact.signal, taxonomy=settings(fact.taxonomy), prompt=content.prompt,
        context=content.context,
        candidates=candidates(content, hidden), material=content.material, producer=producer(hidden),
        group=hidden.group, is_disagreement_expected=fact.is_disagreement_expected, n_judgments=len(given),
        n_requeued=len(every) - len(given), n_observed=sum(j.is_observed for j in given),
        n_imported=sum(not j.is_observed for j in given),
        n_a=directions["a"], n_b=directions["b"], n_tie=directions["tie"],
        n_both_unacceptable=directions["both_unacceptable"], n_undecided=directions["undecided"],
        verdicts=counts(Counter(j.verdict for j in given)), votes=votes, consensus=consensus, consensus_how=how,
        settled_verdict=settled.verdict if settled else None, adjudicator=closed.fact.adjudicator if closed else None,
        distributions=_distributions(state, fact.item) if how == "preserved" else [],
        dimensions=dimensions(given), orders=[ShownOrder(judgment=j.judgment, order=j.order) for j in given],
        rubric=given[0].rubric, rubric_versions=list(dict.fromkeys(j.rubric_version for j in given)),
        contract_versions=list(dict.fromkeys(j.contract_version for j in given)), source_class=fact.source_class,
        licence=fact.licence, permitted_uses=state.contract.permitted_uses,
        retention_until=state.contract.retention_until, flags=_record_flags(state, fact, given),
        gate_decision=measured.fact.decision, gate_seq=measured.seq, link=link, seq=item.seq,
    )  # fmt: skip


def _distributions(state: State, item: str) -> list[GroupTable]:
    """The newest table of each axis. What it hides was decided when it was recorded, and is not undone here."""
    newest = {one.fact.axis: one for one in state.told(DistributionRecorded) if one.fact.item == item}
    return [
        GroupTable(
            axis=axis, people=one.fact.people, cell_min=one.fact.cell_min, hidden=one.fact.hidden,
            groups=[
                GroupCount(groups=cell.groups, people=cell.people, labels=_labels(cell.counts))
                for cell in one.fact.cells
            ],
            total=_labels(one.fact.total), seq=one.seq,
        )
        for axis, one in sorted(newest.items())
    ]  # fmt: skip


def _labels(counts: Mapping[str, int | None]) -> list[LabelCount]:
    return [LabelCount(label=label, people=number) for label, number in sorted(counts.items())]


def outcome(verdicts: list[str], closed: Closed | None) -> tuple[str, str | None, str]:
    """How the votes stand, what the item's consensus is, and how that came about.

    An adjudicator's decision comes first; a preserved disagreement has no consensus, because collapsing it would
    say what nobody said. A majority is more than half of all judgments, those that did not decide included.
    """
    directions = Counter(shape.direction(verdict) or "undecided" for verdict in verdicts)
    top, most = directions.most_common(1)[0]
    votes = "unanimous" if most == len(verdicts) else "majority" if 2 * most > len(verdicts) else "split"
    if isinstance(closed, DisagreementSettled):
        return votes, shape.direction(closed.verdict), "settled"
    if isinstance(closed, DisagreementPreserved):
        return votes, None, "preserved"
    if votes == "split":
        return votes, None, "split"
    return (votes, None, "undecided") if top == "undecided" else (votes, top, votes)


def counts(found: Mapping[str, int]) -> list[VerdictCount]:
    """Verdict counts as rows, in the order of the form; verdicts that nobody gave are left out."""
    order = {verdict: place for place, verdict in enumerate(preference.IMPORTED_VERDICTS)}
    return [
        VerdictCount(verdict=verdict, judgments=number)
        for verdict, number in sorted(found.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))
    ]


def dimensions(given: list[Judgment]) -> list[Dimension]:
    """The scores of each criterion on each piece, summarised over the judgments that gave them."""
    found: dict[tuple[str, str], list[int]] = {}
    for judgment in given:
        for score in judgment.scores:
            found.setdefault((score.criterion, score.on), []).append(score.points)
    return [
        Dimension(
            criterion=name, on=on, judgments=len(points), mean_milli=_mean_milli(points), min=min(points),
            max=max(points),
        )
        for (name, on), points in sorted(found.items())
    ]  # fmt: skip


def _mean_milli(points: list[int]) -> int:
    return (2_000 * sum(points) + len(points)) // (2 * len(points))


def _record_flags(state: State, fact: ItemImported, given: list[Judgment]) -> list[str]:
    found = {flag for judgment in given for flag in judgment.flags}
    if state.contract.simulated:
        found.add("simulated")
    if fact.is_disagreement_expected:
        found.add("disagreement_expected")
    return sorted(found)


# --- adjudications, people, exclusions ----------------------------------------------------------------------------


def _adjudications(state: State, contents: Contents, out: Mapping[str, str]) -> list[Adjudication]:
    items = {item.fact.item: item.fact for item in state.items}
    gone = state.gone()
    ended = {
        case.closed.seq: (case, case.closed)
        for given in cases(state).values()
        for case in given
        if case.closed is not None and case.closed.fact.item not in out
    }
    return [
        _adjudication(contents, items[closed.fact.item], case, closed=closed, gone=gone)
        for _, (case, closed) in sorted(ended.items())
    ]


def _adjudication(
    contents: Contents, item: ItemImported, case: Case, *, closed: Entered[Closed], gone: frozenset[str]
) -> Adjudication:
    fact, opened = closed.fact, case.opened
    place = notes_place(fact.item, closed.seq, is_withdrawn=case.withdrawn_seq is not None)
    settled = fact if isinstance(fact, DisagreementSettled) else None
    notes = ERASED if fact.notes.object in gone else read_notes(place, contents[place].payload)
    return Adjudication(
        item=fact.item, external=item.external, batch=fact.batch, counts=counts(opened.fact.counts),
        is_expected=opened.fact.is_expected, outcome=fact.KIND.removeprefix("disagreement-").partition("/")[0],
        verdict=settled.verdict if settled else None, adjudicator=fact.adjudicator, criteria=fact.criteria,
        notes=notes, rubric=fact.rubric, rubric_version=fact.rubric_version,
        opened_at=opened.at, closed_at=closed.at, opened_seq=opened.seq, closed_seq=closed.seq,
        withdrawn_seq=case.withdrawn_seq,
    )  # fmt: skip


def _experts(state: State, contents: Contents, judgments: list[Judgment]) -> list[Expert]:
    by_person: dict[str, list[Judgment]] = {person.fact.person: [] for person in state.people}
    for judgment in judgments:
        by_person[judgment.expert].append(judgment)
    return [_expert(state, contents, person, given=by_person[person.fact.person]) for person in state.people]


def _expert(state: State, contents: Contents, person: Entered[PersonEnrolled], *, given: list[Judgment]) -> Expert:
    fact = person.fact
    changed = [change.fact for change in state.roles if change.fact.person == fact.person]
    roles = changed[-1] if changed else fact
    executed = next((one.fact for one in state.executed if one.fact.person == fact.person), None)
    return Expert(
        person=fact.person, roles=roles.roles, expert_roles=roles.expert_roles, origin=fact.origin,
        simulated=fact.simulated, source_rater=_source_rater(contents, fact),
        contract_executed_at=executed.executed_at if executed else None,
        ip_assigned_at=executed.ip_assigned_at if executed else None,
        contract_template=executed.template_digest if executed else None,
        credentials=credentials.told(state, fact.person),
        qualifications=credentials.qualifications(state, fact.person), n_judgments=len(given),
        n_judgments_requeued=sum(j.standing != COUNTED for j in given),
        n_judgments_pre_contract=sum("pre_contract" in j.flags for j in given),
        n_adjudications=sum(one.fact.adjudicator == fact.person for one in state.closed), seq=person.seq,
    )  # fmt: skip


def _exclusions(state: State, out: Mapping[str, str]) -> list[Exclusion]:
    by_item = counted_by_item(state)
    return [
        Exclusion(
            item=item.fact.item, external=item.fact.external, batch=item.fact.batch, reason=out[item.fact.item],
            judgments=len(by_item[item.fact.item]), needed=item.fact.needed,
        )
        for item in state.items
        if item.fact.item in out
    ]  # fmt: skip
