"""The pool of a programme over the API: compositions, and what one says of oneself. Reads and writes over HTTP."""

from collections.abc import Mapping

import msgspec

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import Wire, new_key, programme_path


class PoolCell(Answer, frozen=True):
    """A group; None where the count is hidden."""

    group: str
    people: int | None


class PoolPart(Answer, frozen=True):
    """The pool along one axis."""

    axis: str
    is_partition: bool
    is_withheld: bool
    cells: list[PoolCell]
    hidden_people: int | None


class Composition(Answer, frozen=True):
    """The pool in aggregate, small cells hidden."""

    composition: str
    contract_version: str
    release: str | None
    people: int
    cell_min: int
    parts: list[PoolPart]


class Pool(Answer, frozen=True):
    """The newest composition of a programme; None before the first."""

    is_planned: bool
    at: int | None
    newest: Composition | None


class PoolQuestion(Answer, frozen=True):
    """What a contract asks, in its own words."""

    id: str
    question: str
    groups: dict[str, str]


class OwnAnswers(Answer, frozen=True):
    """What a contract asks, and what one answered."""

    questions: list[PoolQuestion]
    values: dict[str, str]
    at: int | None


class PoolCalls:
    """The part of a client that sees the pool and speaks for oneself in it."""

    _wire: Wire

    def pool(self, programme: str) -> Pool:
        """The pool of a programme as it was last composed."""
        return self._wire.get(Pool, _pool(programme))

    def compose_pool(self, programme: str, *, key: str | None = None) -> Composition:
        """Record the pool as it is now. Raises Conflict `pool-too-alike` while too little has changed."""
        return self._wire.post(Composition, _pool(programme), key=key)

    def my_demographics(self, programme: str) -> OwnAnswers:
        """What a contract asks of oneself, and what one answered. Nobody else is shown it."""
        return self._wire.get(OwnAnswers, f"{_pool(programme)}/mine")

    def declare_demographics(self, programme: str, values: Mapping[str, object], *, key: str | None = None) -> Receipt:
        """Declare groups of one's own will, axis by axis. It replaces what was declared before."""
        body = {"values": dict(values)}
        sent = self._wire.send("PUT", f"{_pool(programme)}/mine", key=key or new_key(), body=body)
        return msgspec.json.decode(sent, type=Done).receipt

    def withdraw_demographics(self, programme: str, *, key: str | None = None) -> Receipt:
        """Take one's answers back: they are used no more, and erased."""
        sent = self._wire.send("DELETE", f"{_pool(programme)}/mine", key=key or new_key())
        return msgspec.json.decode(sent, type=Done).receipt


def _pool(programme: str) -> str:
    return f"{programme_path(programme)}/pool"
