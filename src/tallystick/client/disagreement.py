"""Causes of disagreements and declared groups over the API. Reads and writes over HTTP through `wire`."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Query, Wire, new_key, programme_path, safe

MODELS = f"{PREFIX}/cause-models"
GROUPS = f"{PREFIX}/me/groups"
Of = TypeVar("Of")


class BatchCauses(Answer, frozen=True):
    """A batch and how its disagreements stand by cause."""

    batch: str
    name: str
    domain: str
    disagreements: int
    counts: dict[str, int]


class MappedItem(Answer, frozen=True):
    """One disagreement on the map."""

    item: str
    external: str
    state: str
    counts: dict[str, int]
    taxonomy: dict[str, str]
    stands: str
    proposed: str | None
    confidence_ppm: int | None
    is_corrected: bool
    judges: int
    sentence: str
    helps: list[str]


class GroupRow(Answer, frozen=True):
    """One group, or several small ones together; a count is None where it is hidden."""

    groups: list[str]
    people: int
    counts: dict[str, int | None]


class GroupDistribution(Answer, frozen=True):
    """How the labels of a preserved item lie between declared groups of one axis."""

    item: str
    axis: str
    categories: list[str]
    cells: list[GroupRow]
    total: dict[str, int]
    people: int
    cell_min: int
    hidden: int


class CorrectedCause(Answer, frozen=True):
    """How often people said `cause` where `proposed` had been determined."""

    proposed: str | None
    cause: str
    items: int


class CauseCorrections(Answer, frozen=True):
    """What people made of proposed causes."""

    cases: int
    undetermined: int
    kept: float | None
    kept_low: float | None
    kept_high: float | None
    confusion: list[CorrectedCause]


class DisagreementMap(Answer, frozen=True):
    """The disagreements of a batch by cause and confidence."""

    batch: str
    name: str
    domain: str
    model: str
    counts: dict[str, int]
    by_axis: dict[str, dict[str, dict[str, int]]]
    helps: dict[str, int]
    corrections: CauseCorrections
    distributions: list[GroupDistribution]
    items: list[MappedItem]


class CausesRun(Answer, frozen=True):
    """What a run over a batch did; `left` items wait for the next one."""

    batch: str
    classified: int
    determined: int
    unchanged: int
    changed: int
    left: int


class CauseTerm(Answer, frozen=True):
    """What one source says, in thousandths of a natural logarithm by cause."""

    source: str
    milli: dict[str, int]
    sentence: str


class SaidOfCause(Answer, frozen=True):
    """What somebody said of a cause."""

    seq: int
    at: int
    by: str
    proposed: str | None
    cause: str
    note: str | None


class ItemCause(Answer, frozen=True):
    """Why the judges of one item disagree, with all the evidence."""

    item: str
    external: str
    state: str
    cause: str | None
    is_corrected: bool
    posterior: dict[str, int]
    proposed: str | None
    sentence: str
    terms: list[CauseTerm]
    absent: list[str]
    helps: list[str]
    warning: str | None
    road: str | None
    said: list[SaidOfCause]
    distributions: list[GroupDistribution]
    model: str
    model_digest: str
    inputs_digest: str
    seq: int
    at: int


class CauseQuality(Answer, frozen=True):
    """How good posteriors were on corrected cases, in parts per million."""

    cases: int
    balanced_accuracy_ppm: int
    undetermined_ppm: int
    accuracy_when_determined_ppm: int | None
    calibration_error_ppm: int
    brier_ppm: int


class CauseModel(Answer, frozen=True):
    """A model of causes that was fitted to corrections."""

    model: str
    previous: str
    temperature_ppm: int
    priors: dict[str, dict[str, int]]
    are_priors_fitted: bool
    why: str
    cases: int
    classified: int
    determined_ppm: int
    before: CauseQuality
    after: CauseQuality


class CauseModels(Answer, frozen=True):
    """The model of causes in force, and those that were fitted."""

    in_force: str
    quality: CauseQuality | None
    corrections: CauseCorrections
    fitted: list[CauseModel]


class FittedCauseModel(Answer, frozen=True):
    """A model that was fitted and recorded. It is not in force."""

    model: CauseModel
    receipt: Receipt


class GroupAxis(Answer, frozen=True):
    """Something that can be declared, with the groups to choose from."""

    axis: str
    label: str
    groups: dict[str, str]


class OwnGroups(Answer, frozen=True):
    """What one declared about oneself, and what can be declared."""

    values: dict[str, str]
    at: int | None
    axes: list[GroupAxis]


class DisagreementCalls:
    """The part of a client that finds causes of disagreements, and that declares one's own groups."""

    _wire: Wire

    def causes(self, programme: str) -> list[BatchCauses]:
        """The batches of a programme that have disagreements, counted by cause."""
        path = f"{programme_path(programme)}/causes"
        return self._wire.get(dict[str, list[BatchCauses]], path)["batches"]

    def classify_causes(self, batch: str, *, limit: int | None = None, key: str | None = None) -> CausesRun:
        """Classify the disagreements of a batch whose evidence is new. Call it again while `left` is above 0."""
        path = f"{PREFIX}/batches/{safe(batch)}/causes"
        return self._change("POST", CausesRun, path, key=key, query={} if limit is None else {"limit": limit})

    def disagreement_map(self, batch: str) -> DisagreementMap:
        """The disagreements of a batch by cause and confidence."""
        return self._wire.get(DisagreementMap, f"{PREFIX}/batches/{safe(batch)}/causes")

    def cause_of(self, item: str, *, reason: str | None = None) -> ItemCause:
        """Why the judges of one item disagree. With a reason, what people noted beside a cause is shown."""
        query = {} if reason is None else {"reason": reason}
        return self._wire.get(ItemCause, f"{PREFIX}/disagreements/{safe(item)}/cause", query=query)

    def correct_cause(self, item: str, *, cause: str, note: str, key: str | None = None) -> Receipt:
        """Say what the cause of a disagreement is: the proposed one again, or another."""
        body = {"cause": cause, "note": note}
        return self._wire.post(Done, f"{PREFIX}/disagreements/{safe(item)}/cause", key=key, body=body).receipt

    def cause_models(self) -> CauseModels:
        """The model of causes in force, and those that were fitted."""
        return self._wire.get(CauseModels, MODELS)

    def fit_cause_model(self, *, key: str | None = None) -> FittedCauseModel:
        """Fit a model of causes to all corrections and record it. Raises Refused while there are too few."""
        return self._wire.post(FittedCauseModel, MODELS, key=key, body=None)

    def choose_cause_model(self, model: str, *, key: str | None = None) -> Receipt:
        """Put a model of causes into force."""
        return self._wire.post(Done, f"{MODELS}/{safe(model)}/choose", key=key, body=None).receipt

    def my_groups(self) -> OwnGroups:
        """What one declared about oneself. Nobody else is shown it."""
        return self._wire.get(OwnGroups, GROUPS)

    def declare_groups(self, values: Mapping[str, object], *, key: str | None = None) -> Receipt:
        """Declare groups, axis by axis. It replaces what was declared before."""
        return self._change("PUT", Done, GROUPS, key=key, body={"values": dict(values)}).receipt

    def withdraw_groups(self, *, key: str | None = None) -> Receipt:
        """Take one's declaration back: it is used no more, and its content is erased."""
        return self._change("DELETE", Done, GROUPS, key=key).receipt

    def _change(
        self, method: str, kind: type[Of], path: str, *, key: str | None, body: object = None,
        query: Query | None = None,
    ) -> Of:  # fmt: skip
        """The typed answer to a change, with a key of its own when none is given."""
        sent = self._wire.send(method, path, key=key or new_key(), body=body, query=query)
        return msgspec.json.decode(sent, type=kind)
