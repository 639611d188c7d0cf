"""Every fact that the journal can hold, past tense, versioned, one module per stage."""

from typing import Any

import msgspec

from tallystick import canon
from tallystick.events import (
    adjudication,
    affected,
    assignment,
    calibration,
    checklist,
    constitution,
    contract,
    credential,
    custody,
    disagreement,
    erasure,
    escape,
    gate,
    intervention,
    items,
    judgment,
    monitoring,
    oversight,
    pay,
    pool,
    release,
    roster,
    routing,
    rubric,
    screening,
    sentinel,
    standing,
    welfare,
)
from tallystick.events.envelope import Envelope, Event

__all__ = ["KINDS", "Envelope", "Event", "UnknownKind", "body_of", "fact_of"]

_MODULES = (
    monitoring,
    intervention,
    oversight, rubric, contract, roster, items, assignment, judgment, gate, adjudication, release, custody, erasure,
    disagreement, escape,
    standing, calibration, sentinel, pay, credential, screening, pool, welfare, routing,
    standing, calibration, sentinel, affected, constitution, checklist,
)  # fmt: skip


class UnknownKind(ValueError):
    """The journal holds a kind that this code does not know: it was written by newer code."""


def _kinds() -> dict[str, type[Any]]:
    found = [thing for module in _MODULES for thing in vars(module).values()]
    return {thing.KIND: thing for thing in found if isinstance(thing, type) and hasattr(thing, "KIND")}


KINDS: dict[str, type[Any]] = _kinds()
"""Every kind and its class."""

_DECODERS = {kind: msgspec.json.Decoder(fact) for kind, fact in KINDS.items()}


def body_of(event: Event) -> msgspec.Raw:
    """The canonical bytes of a fact, as the envelope carries them."""
    return msgspec.Raw(canon.encode(event))


def fact_of(envelope: Envelope) -> Event:
    """The typed fact of an envelope. Raises UnknownKind for a kind of newer code."""
    decoder = _DECODERS.get(envelope.kind)
    if decoder is None:
        raise UnknownKind(
            f"expected one of {len(KINDS)} known kinds of event, found {envelope.kind!r}: update tallystick"
        )
    fact: Event = decoder.decode(envelope.body)
    return fact
