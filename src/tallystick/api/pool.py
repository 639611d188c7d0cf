"""The pool of a programme in aggregate, and what one declares about oneself for it."""

from pydantic import Field

from tallystick.api.parts import Body, Done, InPath, Key, Line, Moment, Shown
from tallystick.app import pool
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

TAG = "pool"
CONFLICT = (409, 422)


def mount(site: Site, prefix: str) -> None:
    """Register the pool."""
    whole, mine = f"{prefix}/programmes/{{programme}}/pool", f"{prefix}/programmes/{{programme}}/pool/mine"
    site.api("GET", whole, composition, permission="pool.read", answers=PoolShown, tag=TAG)
    site.api("POST", whole, compose, permission="pool.compose", answers=Composed, refusals=CONFLICT, tag=TAG)
    site.api("GET", mine, own, permission="work.do", answers=OwnAnswers, tag=TAG)
    site.api("PUT", mine, declare, permission="work.do", answers=Done, refusals=CONFLICT, max_bytes=20_000, tag=TAG)
    site.api("DELETE", mine, withdraw, permission="work.do", answers=Done, refusals=CONFLICT, tag=TAG)


class PoolCell(Shown):
    """A group; null where the count is hidden."""

    group: str
    people: int | None


class PoolPart(Shown):
    """The pool along one axis."""

    axis: str = Field(description="region, role, credential, or own: and an axis of the contract.")
    is_partition: bool = Field(description="Everybody is in exactly one group; else each count stands alone.")
    is_withheld: bool = Field(description="Too little changed since an earlier composition to tell it again.")
    cells: list[PoolCell]
    hidden_people: int | None


class Composed(Shown):
    """A composition: small cells hidden, and others beside them, so that none can be worked out."""

    composition: str
    contract_version: str
    release: str | None
    people: int
    cell_min: int
    parts: list[PoolPart]


class PoolShown(Shown):
    """The newest composition of a programme."""

    is_planned: bool = Field(description="The contract in force says what is told of the pool.")
    at: Moment | None
    newest: Composed | None


def composition(visit: Visit, programme: InPath) -> PoolShown | Refused:
    """See the pool as it was last composed. It is never counted for a look."""
    found = pool.pool_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    newest = None if found.newest is None else Composed.of(found.newest)
    return PoolShown(is_planned=found.is_planned, at=found.at, newest=newest)


def compose(visit: Visit, programme: InPath, key: Key) -> Composed | Refused:
    """Record the pool as it is now. Refused while too few people differ from an earlier composition."""
    found = pool.compose(visit.cell, visit.actor, programme, key=key)
    return found if isinstance(found, Refused) else Composed.of(found)


class Question(Shown):
    """What the contract asks, in its own words."""

    id: str
    question: str
    groups: dict[str, str]


class OwnAnswers(Shown):
    """What a contract asks, and what you answered. Nobody else is shown your answers."""

    questions: list[Question]
    values: dict[str, str]
    at: Moment | None


def own(visit: Visit, programme: InPath) -> OwnAnswers | Refused:
    """See what you declared about yourself in a programme. That you opened it is an event."""
    found = pool.own_answers(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    return OwnAnswers(questions=[Question.of(one) for one in found.plan.axes], values=found.values, at=found.at)


class Answers(Body):
    """Axis and group; leave out what you would rather not say."""

    values: dict[Line, Line]


def declare(visit: Visit, programme: InPath, body: Answers, key: Key) -> Done | Refused:
    """Declare groups of your own will. It takes the place of what you declared before."""
    found = pool.declare(visit.cell, visit.actor, programme, dict(body.values), key=key)
    return found if isinstance(found, Refused) else Done.of(found.receipt)


def withdraw(visit: Visit, programme: InPath, key: Key) -> Done | Refused:
    """Take your answers back: they are used no more, and erased."""
    found = pool.withdraw(visit.cell, visit.actor, programme, key=key)
    return found if isinstance(found, Refused) else Done.of(found.receipt)
