"""How good proposed causes were, and models of causes fitted to what people said: recorded, compared, chosen."""

from dataclasses import dataclass

import msgspec

from tallystick import __version__, canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.disagreement.classifying import model_in_force
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.disagreement import ClassModelChosen, ClassModelFitted, ModelQuality
from tallystick.flow import disagreement as flow
from tallystick.flow.disagreement import CauseModel, Corrected
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.stats.disagreement import Corrections
from tallystick.store import disagreement
from tallystick.store.schema import Row

NO_MODEL = Refused("unknown-model", "Expected a model of causes that was fitted here, or built-in-1.", "model")
IN_FORCE = Refused("model-in-force", "This model of causes is in force already.", "model")
CHANGED = Refused(
    "corrections-changed", "Somebody corrected a cause while this ran. Nothing was written: start it again."
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model that was fitted and recorded. It is not in force."""

    fact: ClassModelFitted
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Models:
    """Models of causes, and how good the one in force is on corrected cases."""

    in_force: str
    fitted: tuple[tuple[Row, ClassModelFitted], ...]
    corrections: Corrections
    quality: ModelQuality | None


def cases(connection: journal.Connection, *, programme: str | None = None, batch: str | None = None) -> list[Corrected]:
    """The newest word of people on each item, with the classification that they saw."""
    said = disagreement.corrections(connection, programme=programme, batch=batch)
    domains = disagreement.domains_of(connection, {row.batch for row in said.values()})
    return [
        Corrected(item=row.item, domain=domains[row.batch], fact=flow.decoded(row.classified), cause=row.cause)
        for row in said.values()
    ]


def models(cell: Cell, actor: Actor) -> Models | Refused:
    """Every model of causes of this cell, and how the one in force does."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        model, known = model_in_force(connection), cases(connection)
        fitted = tuple(
            (row, msgspec.json.decode(row.body, type=ClassModelFitted)) for row in disagreement.models(connection)
        )
    return Models(model.name, fitted, flow.measured(known), flow.quality_of(known, model))


def fit_model(cell: Cell, actor: Actor, *, key: str) -> Fitted | Refused:
    """Fit a model of causes to all corrections of this cell, and record it beside the others."""
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    with cell.read() as connection:
        known, model = cases(connection), model_in_force(connection)
        rows = disagreement.everything(connection)
        domains = disagreement.domains_of(connection, {row.batch for row in rows})
        number = len(disagreement.models(connection)) + 1
        seen = _mark(connection)
    classified = [(domains[row.batch], flow.decoded(row.body)) for row in rows]
    found = flow.fit(known, classified, model, name=f"fitted-{number}", code_version=__version__)

    def decide(tx: Transaction) -> Decision:
        if isinstance(found, Refused):
            return found
        return CHANGED if _mark(tx.connection) != seen else [found]

    answer = cell.execute(Command(actor, "monitor.write", key, canon.encode(["fit-causes"]), decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ClassModelFitted)
    return Fitted(fact, answer)


def _mark(connection: journal.Connection) -> tuple[int, int, str]:
    """What may not change while a model is fitted."""
    said = disagreement.corrections(connection).values()
    return max((row.seq for row in said), default=-1), len(disagreement.models(connection)), name_in_force(connection)


def name_in_force(connection: journal.Connection) -> str:
    """The name of the model of causes that is in force."""
    row = disagreement.model_in_force(connection)
    return flow.BUILT_IN if row is None else str(row.model)


def choose_model(cell: Cell, actor: Actor, model: str, *, key: str) -> Receipt | Refused:
    """Put a model of causes into force. What is classified already stays as it is until it is classified again."""

    def decide(tx: Transaction) -> Decision:
        previous = name_in_force(tx.connection)
        if model != flow.BUILT_IN and disagreement.model(tx.connection, model) is None:
            return NO_MODEL
        return IN_FORCE if previous == model else [ClassModelChosen(model=model, previous=previous)]

    return cell.execute(Command(actor, "monitor.write", key, canon.encode(["choose-causes", model]), decide))


def model_named(connection: journal.Connection, wanted: str) -> CauseModel:
    """A model of causes by the name that a classification carries."""
    row = disagreement.model(connection, wanted)
    return flow.model_of(None if row is None else msgspec.json.decode(row.body, type=ClassModelFitted))
