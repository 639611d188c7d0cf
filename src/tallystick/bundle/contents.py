"""What stands in vault objects, opened and read. Reads payload bytes; writes nothing.

A release may open only what its records hold: prompts, candidates, reasons, notes, rubrics, contracts, and which rater
of a source an imported pseudonym stands for. Names and other personal data of people who work here stay closed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from tallystick.bundle.counting import cases, counted_by_item, standing_case
from tallystick.bundle.rows import Marked, Reason
from tallystick.bundle.state import AnyJudgment, CannotBuild, Entered, State, replay
from tallystick.events.affected import AffectedReleased
from tallystick.events.constitution import ConstitutionPublished, TradeOffNoted
from tallystick.events.envelope import ObjectRef, commitment
from tallystick.events.items import DemonstrationPromoted
from tallystick.events.judgment import JudgmentDetailed, MarkFacts
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow.release import exclusion
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR


class OpenedObject(Protocol):
    """A payload with the salt that opens its commitment. The vault's own type fits."""

    @property
    def payload(self) -> bytes: ...

    @property
    def salt(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """The same as a value of ours."""

    payload: bytes
    salt: bytes


OpenObjects = Callable[[Sequence[str]], Mapping[str, OpenedObject]]


UNREVIEWED_WHY = "release/affected-rationale"
"""The place of the words that say why affected judgments were released that nobody reviewed."""
PLACES_NAMED = 20
"""So many of the places whose content is gone are named; the number of all is told."""


def rubric_path(rubric: str, version: str) -> str:
    """Where a rubric version stands in a release."""
    return f"rubrics/{rubric}/{version}.yaml"


def contract_path(version: str) -> str:
    """Where a contract version stands in a release."""
    return f"contract/{version}.yaml"


def constitution_path(version: str) -> str:
    """Where a version of the constitution stands in a release."""
    return f"constitution/{version}.yaml"


def withdrawn(state: State) -> set[str]:
    """The items whose response is a demonstration that was set aside before the cut."""
    aside = {
        name for one in (*state.standing, *state.sources) if isinstance(one.fact, JudgmentsRequeued)
        for name in one.fact.judgments
    }  # fmt: skip
    return {one.fact.item for one in state.told(DemonstrationPromoted) if one.fact.judgment in aside}


def excluded(state: State) -> dict[str, str]:
    """Item: why it has no record, for the items of the released batches that have none."""
    by_item = counted_by_item(state)
    standing = {item: standing_case(given) for item, given in cases(state).items()}
    is_open = {item for item, case in standing.items() if case is not None and case.closed is None}
    gone, lost = state.gone(), withdrawn(state)
    found = {}
    for item in state.items:
        name = item.fact.item
        progress = "complete" if len(by_item[name]) >= item.fact.needed else "active"
        is_erased = not gone.isdisjoint((item.fact.content.object, item.fact.hidden.object))
        reason = exclusion(
            state=progress, disagreement="open" if name in is_open else None, is_erased=is_erased,
            is_withdrawn=name in lost,
        )  # fmt: skip
        if reason:
            found[name] = reason
    return found


def wanted(state: State) -> dict[str, ObjectRef]:
    """Every object that the release opens, by the place where its payload stands in the release.

    A place is a file, or a row and its part: `records/<item>/content`, `judgments/<id>/reasons`.
    """
    contracts = [contract.fact.contract for contract in state.contracts]
    places = {
        **{contract_path(contract.version): contract.document for contract in contracts},
        **{rubric_path(one.fact.rubric, one.fact.version): one.fact.document for one in state.rubrics},
        **{f"experts/{one.fact.person}/profile": one.fact.profile for one in state.people
           if one.fact.origin == "imported"},
        **{constitution_path(one.fact.version): one.fact.document for one in state.told(ConstitutionPublished)},
        **dict(_work(state, excluded(state))),
        **_unreviewed_why(state),
    }  # fmt: skip
    gone = state.gone()
    return {place: ref for place, ref in places.items() if ref.object not in gone}


def _unreviewed_why(state: State) -> dict[str, ObjectRef]:
    stated = state.told(AffectedReleased)
    return {UNREVIEWED_WHY: stated[0].fact.rationale} if stated else {}


def _work(state: State, out: Mapping[str, str]) -> Iterator[tuple[str, ObjectRef]]:
    for item in state.items:
        if item.fact.item not in out:
            yield f"records/{item.fact.item}/content", item.fact.content
            yield f"records/{item.fact.item}/hidden", item.fact.hidden
    for judgment in state.judgments:
        if judgment.fact.rationale is not None and judgment.fact.item not in out:
            yield f"judgments/{judgment.fact.judgment}/reasons", judgment.fact.rationale
    for noted in state.told(TradeOffNoted):
        if noted.fact.item not in out:
            yield trade_off_place(noted.fact.judgment), noted.fact.note
    withdrawn = withdrawn_closings(state)
    for closed in state.closed:
        if closed.fact.item not in out:
            place = notes_place(closed.fact.item, closed.seq, is_withdrawn=closed.seq in withdrawn)
            yield place, closed.fact.notes


def trade_off_place(judgment: str) -> str:
    """Where the words of a trade-off beside a judgment stand."""
    return f"judgments/{judgment}/trade-off"


def notes_place(item: str, closed_seq: int, *, is_withdrawn: bool) -> str:
    """Where the notes of an adjudication stand. An item may have several that were withdrawn, and one that stands."""
    return f"adjudications/{item}/notes" + (f"-{closed_seq}" if is_withdrawn else "")


def withdrawn_closings(state: State) -> dict[int, int]:
    """Adjudications that no longer stand: index of the entry, and of the one that set its judgments aside."""
    return {
        case.closed.seq: case.withdrawn_seq
        for given in cases(state).values()
        for case in given
        if case.closed is not None and case.withdrawn_seq is not None
    }


def opened_all(state: State, open_objects: OpenObjects) -> dict[str, OpenedObject]:
    """Every payload that the release opens, by place, each held against its commitment.

    raises  CannotBuild naming the place whose object is not there or is not what the journal committed to
    """
    places = wanted(state)
    got = open_objects([ref.object for ref in places.values()])
    missing = [place for place, ref in places.items() if ref.object not in got]
    if missing:
        listed = ", ".join(missing[:PLACES_NAMED]) + (" ..." if len(missing) > PLACES_NAMED else "")
        raise CannotBuild(
            f"{listed}: expected {len(missing)} contents that are not there: erased after the cut, or not brought along"
        )
    found = {}
    for place, ref in places.items():
        thing = got[ref.object]
        if commitment(thing.salt, thing.payload) != ref.commitment or len(thing.payload) != ref.bytes:
            raise CannotBuild(f"{place}: object {ref.object} is not what the journal committed to")
        found[place] = thing
    return found


class CandidateText(msgspec.Struct, frozen=True, kw_only=True):
    """What an expert saw of a candidate."""

    text: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What an expert saw of an item."""

    candidates: list[CandidateText]
    prompt: str
    context: str | None
    material: str | None = None  # JSON text
    signal: str = PAIR


class CandidateIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What no expert saw of a candidate."""

    model: str
    version: str
    sampling: dict[str, str]


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """What no expert saw of an item. A work item has no gold key."""

    candidates: list[CandidateIdentity]
    group: str | None = None
    producer: CandidateIdentity | None = None  # of the work in the item's own part


class WordedMark(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled piece with the words that belong to it."""

    field: str
    on: str
    label: str
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    severity: str | None = None
    place: int | None = None
    text: str | None = None


class Rationale(msgspec.Struct, frozen=True, kw_only=True):
    """Why an expert decided so, and the words of what they marked and wrote."""

    reasons: list[Reason]
    marks: list[WordedMark] = []
    texts: dict[str, str] = {}


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How the source of imported judgments names a rater."""

    name: str


T = TypeVar("T")


def read_content(place: str, payload: bytes) -> Content:
    """The visible half of an item. Raises CannotBuild naming the place."""
    found = _json(place, payload, Content)
    signal = BY_NAME.get(found.signal)
    if signal is None:
        raise CannotBuild(f"{place}: expected a known signal, found {found.signal!r}")
    least, most = signal.candidates
    if not least <= len(found.candidates) <= most:
        raise CannotBuild(f"{place}: expected {least} to {most} candidates, found {len(found.candidates)}")
    if not (found.prompt.strip() or found.context):
        raise CannotBuild(f"{place}: expected a prompt or a context, found neither")
    return found


def read_hidden(place: str, payload: bytes) -> Hidden:
    """The hidden half of an item. Raises CannotBuild naming the place."""
    return _json(place, payload, Hidden)


def _json(place: str, payload: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CannotBuild(f"{place}: expected {kind.__name__} as JSON: {error}") from error


def read_rationale(place: str, payload: bytes) -> Rationale:
    """The words of a judgment. Raises CannotBuild naming the place."""
    return _json(place, payload, Rationale)


def read_notes(place: str, payload: bytes) -> str:
    """An adjudicator's notes. Raises CannotBuild naming the place."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise CannotBuild(f"{place}: expected UTF-8 text: {error}") from error


def read_source_rater(place: str, payload: bytes) -> str:
    """Which rater of its source an imported pseudonym stands for. Raises CannotBuild naming the place."""
    return _json(place, payload, Profile).name


def documents(state: State, opened: Mapping[str, OpenedObject]) -> Iterator[tuple[str, bytes]]:
    """(path, text) of every contract and rubric version, and of every version of the constitution."""
    for contract in state.contracts:
        path = contract_path(contract.fact.contract.version)
        yield path, opened[path].payload
    for rubric in state.rubrics:
        path = rubric_path(rubric.fact.rubric, rubric.fact.version)
        yield path, opened[path].payload
    for constitution in state.told(ConstitutionPublished):
        path = constitution_path(constitution.fact.version)
        yield path, opened[path].payload


def places(entries: Iterable[bytes], release_id: str) -> dict[str, str]:
    """Place: the object that stands there, for everything that a release holds. Raises CannotBuild."""
    return {place: ref.object for place, ref in wanted(replay(entries, release_id)).items()}


def rationale_of(
    contents: Mapping[str, OpenedObject], fact: AnyJudgment, *, is_in_record: bool, gone: frozenset[str]
) -> Rationale | None:
    """The words of a judgment; None without a record, where there are none, or when they were erased."""
    if not is_in_record or fact.rationale is None or fact.rationale.object in gone:
        return None
    place = f"judgments/{fact.judgment}/reasons"
    return read_rationale(place, contents[place].payload)


def marks_of(given: Entered[AnyJudgment], detail: JudgmentDetailed | None, rationale: Rationale | None) -> list[Marked]:
    """The marks as the journal has them, with their words. Raises CannotBuild when the two say different things."""
    facts = detail.marks if detail else []
    if rationale is None:
        return [Marked(**msgspec.structs.asdict(mark), quote=None, text=None) for mark in facts]
    names = MarkFacts.__struct_fields__
    bare = [MarkFacts(**{name: getattr(mark, name) for name in names}) for mark in rationale.marks]
    if bare != facts:
        raise CannotBuild(f"entry {given.seq}: the marks of its words are not those that the journal has")
    return [Marked(**msgspec.structs.asdict(mark)) for mark in rationale.marks]
