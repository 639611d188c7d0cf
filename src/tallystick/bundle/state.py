"""The part of a journal on which one release rests, replayed. Reads leaf bytes; writes nothing.

`replay` gives the same state from the whole journal prefix and from only those entries that `State.basis` names: so a
client who holds a release derives from its entries exactly what the cell derived from its journal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast

import msgspec

from tallystick import events
from tallystick.bundle import beside
from tallystick.events.adjudication import (
    DisagreementOpened,
    DisagreementPreserved,
    DisagreementReturned,
    DisagreementSettled,
)
from tallystick.events.contract import ContractFacts, ContractRevised, GatePolicySet, ProgrammeOpened
from tallystick.events.credential import (
    CredentialDeclared,
    CredentialEvidenceAdded,
    CredentialRejected,
    CredentialReviewStarted,
    CredentialVerified,
    CredentialWithdrawn,
)
from tallystick.events.envelope import Event, open_entry
from tallystick.events.erasure import ObjectsErased
from tallystick.events.gate import BatchMeasured
from tallystick.events.items import BatchOpened, DemonstrationPromoted, ImportFinished, ItemImported, ItemShaped
from tallystick.events.judgment import JudgmentDetailed, JudgmentImported, JudgmentSubmitted
from tallystick.events.oversight import CellOpened
from tallystick.events.release import ConsensusRequested, ReleaseBuilt, ReleaseCut
from tallystick.events.roster import (
    ExpertContractExecuted,
    PersonEnrolled,
    PersonQualified,
    QualificationFailed,
    QualificationStarted,
    QualificationStartedV2,
    RolesChanged,
)
from tallystick.events.rubric import RubricPublished
from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.signals import BY_NAME
from tallystick.signals.preference import IMPORTED_VERDICTS
from tallystick.signals.preference import SIGNAL as PAIR

F = TypeVar("F", bound=Event)
F_co = TypeVar("F_co", bound=Event, covariant=True)


class CannotBuild(ValueError):
    """The journal does not hold what the release needs, or forbids it. The message names the place."""


@dataclass(frozen=True, slots=True)
class Entered(Generic[F_co]):
    """A fact with its place in the log and its time in microseconds."""

    seq: int
    at: int
    fact: F_co


AnyJudgment = JudgmentSubmitted | JudgmentImported
AnyContract = ProgrammeOpened | ContractRevised
Closed = DisagreementSettled | DisagreementPreserved | DisagreementReturned
AnyStanding = JudgmentsHeld | JudgmentsCleared | JudgmentsRequeued
Decided = PersonQualified | QualificationFailed
AnyStarted = QualificationStarted | QualificationStartedV2
OF_CREDENTIALS = (
    CredentialDeclared, CredentialEvidenceAdded, CredentialReviewStarted, CredentialVerified, CredentialRejected,
    CredentialWithdrawn,
)  # fmt: skip
AnyCredential = (
    CredentialDeclared
    | CredentialEvidenceAdded
    | CredentialReviewStarted
    | CredentialVerified
    | CredentialRejected
    | CredentialWithdrawn
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that one release says, as facts in journal order."""

    cut: Entered[ReleaseCut]
    cell: Entered[CellOpened]
    contracts: tuple[Entered[AnyContract], ...]
    policies: tuple[Entered[GatePolicySet], ...]  # of domains that are not measured as the contract's others
    rubrics: tuple[Entered[RubricPublished], ...]
    batches: tuple[Entered[BatchOpened], ...]  # all of the programme: those left out are named
    items: tuple[Entered[ItemImported], ...]  # of the released batches
    runs: tuple[Entered[ImportFinished], ...]
    judgments: tuple[Entered[AnyJudgment], ...]
    shaped: tuple[Entered[ItemShaped], ...]  # of items whose signal does not always compare two
    detailed: tuple[Entered[JudgmentDetailed], ...]
    opened: tuple[Entered[DisagreementOpened], ...]
    closed: tuple[Entered[Closed], ...]
    standing: tuple[Entered[AnyStanding], ...]  # those that name a judgment of these items
    sources: tuple[Entered[JudgmentsRequeued], ...]  # those that set aside a demonstration which one of the items holds
    measured: tuple[Entered[BatchMeasured], ...]  # the newest of each released batch
    measured_before: tuple[Entered[BatchMeasured], ...]  # all others of the released batches
    people: tuple[Entered[PersonEnrolled], ...]
    roles: tuple[Entered[RolesChanged], ...]
    executed: tuple[Entered[ExpertContractExecuted], ...]
    started: tuple[Entered[AnyStarted], ...]
    decided: tuple[Entered[Decided], ...]
    credentials: tuple[Entered[AnyCredential], ...]
    earlier_cuts: tuple[Entered[ReleaseCut], ...]  # of releases with the same name
    earlier_built: tuple[Entered[ReleaseBuilt], ...]
    erased: tuple[Entered[ObjectsErased], ...]  # those that name a content of these items and judgments
    asked: Entered[ConsensusRequested] | None  # the consensus that this release was asked for
    beside: tuple[Entered[Event], ...]  # interventions, causes of disagreement, second looks, audits: bundle/beside.py

    @property
    def basis(self) -> list[int]:
        """The log indexes of every entry that this state rests on, ascending."""
        found: list[int] = []
        for field in fields(self):
            part = getattr(self, field.name)
            found.extend(one.seq for one in (part if isinstance(part, tuple) else (part,)) if one is not None)
        return sorted(found)

    def told(self, kind: type[F]) -> list[Entered[F]]:
        """The facts of one kind among those beside the judgments, in journal order."""
        return [cast("Entered[F]", one) for one in self.beside if isinstance(one.fact, kind)]

    @property
    def contract(self) -> ContractFacts:
        """The contract version in force when the release was cut."""
        return self.contracts[-1].fact.contract

    @property
    def released(self) -> tuple[Entered[BatchOpened], ...]:
        """The batches that the release holds."""
        return tuple(batch for batch in self.batches if batch.fact.batch in self.cut.fact.batches)

    def gone(self) -> frozenset[str]:
        """Vault objects that were erased before the cut: the release is made without them."""
        return frozenset(name for one in self.erased for name in one.fact.objects)


_WANTED = (
    CellOpened, ProgrammeOpened, ContractRevised, GatePolicySet, RubricPublished, BatchOpened, ItemImported,
    ImportFinished, ItemShaped, JudgmentSubmitted, JudgmentImported, JudgmentDetailed, DisagreementOpened,
    DisagreementSettled, DisagreementPreserved, DisagreementReturned, JudgmentsHeld, JudgmentsCleared,
    JudgmentsRequeued, BatchMeasured, PersonEnrolled, RolesChanged, ExpertContractExecuted, QualificationStarted,
    QualificationStartedV2, PersonQualified, QualificationFailed, ReleaseCut, ReleaseBuilt, ConsensusRequested,
    ObjectsErased, *OF_CREDENTIALS,
)  # fmt: skip
_KINDS = {kind.KIND for kind in (*_WANTED, *beside.KINDS, *beside.UNTOLD)}


def replay(entries: Iterable[bytes], release_id: str, *, watched: list[Event] | None = None) -> State:
    """The state on which a release rests.

    watched  takes up, from a whole journal, the facts that a release may not bring along: bundle/watched.py
    entries  leaf bytes in journal order, at least up to the release's `release-cut` event; later ones are not read
    raises   CannotBuild naming what is missing or forbidden
    """
    heap: list[Entered[Event]] = []
    for entered in _facts(entries):
        if isinstance(entered.fact, beside.UNTOLD):
            if watched is not None:
                watched.append(entered.fact)
            continue
        heap.append(entered)
        if isinstance(entered.fact, ReleaseCut) and entered.fact.release == release_id:
            return _state(heap, cast("Entered[ReleaseCut]", entered))
    raise CannotBuild(f"expected a release-cut event of {release_id}, found none: the journal prefix ends before it")


def _facts(entries: Iterable[bytes]) -> Iterator[Entered[Event]]:
    last = -1
    for entry in entries:
        try:
            envelope = open_entry(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise CannotBuild(f"expected a journal entry after entry {last}: {error}") from error
        if envelope.seq <= last:
            raise CannotBuild(f"expected an entry behind {last}, found entry {envelope.seq}: put them in order")
        last = envelope.seq
        if envelope.kind in _KINDS:
            try:
                yield Entered(envelope.seq, envelope.at, events.fact_of(envelope))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise CannotBuild(f"entry {last}: expected a fact of kind {envelope.kind}: {error}") from error


def _of(heap: Iterable[Entered[Event]], kind: type[F]) -> tuple[Entered[F], ...]:
    return tuple(cast("Entered[F]", entered) for entered in heap if isinstance(entered.fact, kind))


def _in_order(*parts: tuple[Entered[F], ...]) -> tuple[Entered[F], ...]:
    return tuple(sorted((entered for part in parts for entered in part), key=lambda entered: entered.seq))


def _state(heap: list[Entered[Event]], cut: Entered[ReleaseCut]) -> State:
    spec = cut.fact
    ours = [e for e in heap if getattr(e.fact, "programme", spec.programme) == spec.programme]
    batches = _of(ours, BatchOpened)
    held = _released(batches, spec)
    within = [e for e in ours if getattr(e.fact, "batch", None) in held]
    items = _of(within, ItemImported)
    # A sentinel's judgment names the batch in whose work it stood. It says nothing of any item that is released.
    gold = {one.fact.item for one in _of(ours, ItemImported) if one.fact.purpose == "gold"}
    given = [entered for entered in _of(within, JudgmentSubmitted) if entered.fact.item not in gold]
    judgments: tuple[Entered[AnyJudgment], ...] = _in_order(tuple(given), _of(within, JudgmentImported))
    closed: tuple[Entered[Closed], ...] = _in_order(
        _of(within, DisagreementSettled), _of(within, DisagreementPreserved), _of(within, DisagreementReturned)
    )
    standing: tuple[Entered[AnyStanding], ...] = _in_order(
        _of(ours, JudgmentsHeld), _of(ours, JudgmentsCleared), _of(ours, JudgmentsRequeued)
    )
    mine = {judgment.fact.judgment for judgment in judgments}
    named = {item.fact.item for item in items}
    measured = _newest(within, held)
    runs = {item.fact.run for item in items} | {imported.fact.run for imported in _of(within, JudgmentImported)}
    who = {judgment.fact.expert for judgment in judgments} | {one.fact.adjudicator for one in closed}
    theirs = [e for e in ours if getattr(e.fact, "person", None) in who]
    earlier = tuple(one for one in _of(ours, ReleaseCut) if one.fact.name == spec.name and one.seq != cut.seq)
    built_ids = {one.fact.release for one in earlier}
    started: tuple[Entered[AnyStarted], ...] = _in_order(
        _of(theirs, QualificationStarted), _of(theirs, QualificationStartedV2)
    )
    people = _of(theirs, PersonEnrolled)
    held_objects = _objects(items, judgments, closed, people)
    state = State(
        cut=cut, cell=_cell(heap), contracts=_in_order(_of(ours, ProgrammeOpened), _of(ours, ContractRevised)),
        policies=_of(ours, GatePolicySet), rubrics=_of(ours, RubricPublished), batches=batches, items=items,
        runs=tuple(run for run in _of(ours, ImportFinished) if run.fact.run in runs), judgments=judgments,
        shaped=tuple(one for one in _of(heap, ItemShaped) if one.fact.item in named),
        detailed=tuple(one for one in _of(ours, JudgmentDetailed) if one.fact.judgment in mine),
        opened=_of(within, DisagreementOpened), closed=closed,
        standing=tuple(one for one in standing if not mine.isdisjoint(one.fact.judgments)),
        sources=_sources(ours, mine, named), measured=measured,
        measured_before=tuple(one for one in _of(within, BatchMeasured) if one not in measured),
        people=people, roles=_of(theirs, RolesChanged),
        executed=_of(theirs, ExpertContractExecuted), started=started,
        decided=_in_order(_of(theirs, PersonQualified), _of(theirs, QualificationFailed)),
        credentials=tuple(
            cast("Entered[AnyCredential]", one) for one in theirs if isinstance(one.fact, OF_CREDENTIALS)
        ),
        earlier_cuts=earlier,
        earlier_built=tuple(one for one in _of(ours, ReleaseBuilt) if one.fact.release in built_ids),
        erased=tuple(one for one in _of(heap, ObjectsErased) if not held_objects.isdisjoint(one.fact.objects)),
        asked=next((one for one in _of(ours, ConsensusRequested) if one.fact.release == spec.release), None),
        beside=_beside(ours, judgments, items, release=spec.release),
    )  # fmt: skip
    _check(state)
    return state


def _sources(ours: list[Entered[Event]], mine: set[str], named: set[str]) -> tuple[Entered[JudgmentsRequeued], ...]:
    """What set aside the demonstrations that these items hold, where no judgment on these items is named by it."""
    wrote = {one.fact.judgment for one in _of(ours, DemonstrationPromoted) if one.fact.item in named}
    return tuple(
        one for one in _of(ours, JudgmentsRequeued)
        if mine.isdisjoint(one.fact.judgments) and not wrote.isdisjoint(one.fact.judgments)
    )  # fmt: skip


def _beside(
    ours: list[Entered[Event]], judgments: Iterable[Entered[AnyJudgment]], items: Iterable[Entered[ItemImported]], *,
    release: str,
) -> tuple[Entered[Event], ...]:  # fmt: skip
    given = [entered for entered in ours if isinstance(entered.fact, beside.KINDS)]
    places = beside.chosen(
        [entered.fact for entered in given], rubrics={one.fact.rubric for one in judgments},
        items={one.fact.item for one in items}, release=release,
    )  # fmt: skip
    return tuple(given[place] for place in places)


def _objects(
    items: Iterable[Entered[ItemImported]], judgments: Iterable[Entered[AnyJudgment]],
    closed: Iterable[Entered[Closed]], people: Iterable[Entered[PersonEnrolled]],
) -> set[str]:  # fmt: skip
    """Every content that the release would open, were nothing erased."""
    refs = [
        *(item.fact.content for item in items), *(item.fact.hidden for item in items),
        *(judgment.fact.rationale for judgment in judgments), *(one.fact.notes for one in closed),
        *(person.fact.profile for person in people),
    ]  # fmt: skip
    return {ref.object for ref in refs if ref is not None}


def _cell(heap: list[Entered[Event]]) -> Entered[CellOpened]:
    found = _of(heap, CellOpened)
    if not found:
        raise CannotBuild("expected a cell-opened event in the journal, found none")
    return found[0]


def _released(batches: Iterable[Entered[BatchOpened]], spec: ReleaseCut) -> set[str]:
    known = {batch.fact.batch: batch.fact for batch in batches}
    for batch in (*spec.batches, *spec.left_out):
        if batch not in known:
            raise CannotBuild(f"expected batch {batch} in the journal, found none: the prefix is not complete")
        if batch in spec.batches and known[batch].purpose != "work":
            raise CannotBuild(f"batch {known[batch].name} holds {known[batch].purpose} items, which are never exported")
    return set(spec.batches)


def _newest(heap: list[Entered[Event]], held: set[str]) -> tuple[Entered[BatchMeasured], ...]:
    newest = {measured.fact.batch: measured for measured in _of(heap, BatchMeasured)}
    for batch in sorted(held):
        if batch not in newest:
            raise CannotBuild(f"batch {batch} was never measured: no gate has passed it")
        if newest[batch].fact.decision != "pass":
            raise CannotBuild(f"batch {batch} does not pass its gate: {newest[batch].fact.why}")
    return tuple(sorted(newest.values(), key=lambda measured: measured.seq))


def _check(state: State) -> None:
    """What a release cannot do without. A right that is not there is refused here too, whatever was cut."""
    if not state.contracts:
        raise CannotBuild(f"expected a contract of programme {state.cut.fact.programme}, found none")
    if state.cut.fact.use not in state.contract.permitted_uses:
        permitted = ", ".join(state.contract.permitted_uses)
        raise CannotBuild(f"the contract permits {permitted}, and not the use {state.cut.fact.use}")
    day = datetime.fromtimestamp(state.cut.at // 1_000_000, UTC).date().isoformat()
    if day > state.contract.retention_until:
        raise CannotBuild(f"the contract's retention ended on {state.contract.retention_until}; it was cut on {day}")
    known = {item.fact.item for item in state.items}
    free = [item for item in state.items if item.fact.needed < 1]
    if free:
        raise CannotBuild(f"entry {free[0].seq}: expected an item that needs a judgment, found one that needs none")
    opened = {one.fact.item for one in state.opened}
    closed = [one for one in state.closed if one.fact.item not in opened]
    if closed:
        raise CannotBuild(f"entry {closed[0].seq} ends a disagreement on {closed[0].fact.item} that never opened")
    strange = [judgment for judgment in state.judgments if judgment.fact.item not in known]
    if strange:
        raise CannotBuild(f"entry {strange[0].seq} judges item {strange[0].fact.item}, which never came in")
    _check_judgments(state)


def _check_judgments(state: State) -> None:
    people = {person.fact.person for person in state.people}
    for judgment in state.judgments:
        if judgment.fact.signal not in BY_NAME:
            raise CannotBuild(f"entry {judgment.seq}: expected a known signal, found {judgment.fact.signal!r}")
        if judgment.fact.signal == PAIR and judgment.fact.verdict not in IMPORTED_VERDICTS:
            raise CannotBuild(f"entry {judgment.seq}: expected a known verdict, found {judgment.fact.verdict!r}")
        if judgment.fact.expert not in people:
            raise CannotBuild(f"entry {judgment.seq} names the expert {judgment.fact.expert}, who was never enrolled")
