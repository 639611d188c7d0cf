"""Draw finished items for a second look, in an order that nobody chose; show an auditor that it was so.

The key of the order is made once for a programme, at random, and sealed in the vault. The first draw commits to it in
the journal: from then on the order of all items, those that come later too, is fixed, and nobody foresees it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import closed
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.envelope import ObjectRef
from tallystick.events.escape import RereviewDrawn, StratumDrawn
from tallystick.flow import escape as flow
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import escape, tiers
from tallystick.store.schema import Row

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw that is in the journal."""

    rereview: str
    round: int
    draw: int
    items: dict[str, int]  # tier: how many were drawn
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draw as it was worked out before the writers' lock was taken."""

    programme: str
    rereview: str | None  # None: a new round
    round: int
    draw: int
    since: int
    until: int
    contract_version: str
    strata: tuple[StratumDrawn, ...]
    secret: bytes
    ref: ObjectRef | None  # None: the first draw of the programme, which seals it
    seen: tuple[tuple[str, int], ...]


def draw(
    cell: Cell, actor: Actor, programme: str, *, wanted: dict[str, int], key: str, extend: int | None = None
) -> Drawn | Refused:
    """Draw items for a second look.

    wanted  tier of risk: how many
    extend  the round to draw more items of; None begins a new one, of what was finished since the last
    """
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    request = canon.encode(["draw", programme, dict(sorted(wanted.items())), -1 if extend is None else extend])
    return _drawn(cell, actor, _ready(cell, programme, _Asked(wanted), extend), request, key=key)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many items of each tier are wanted; or, with rates, as many as those take, and be it none."""

    wanted: dict[str, int]
    rates: Mapping[str, int] | None = None

    def of(self, secret: bytes, pools: dict[str, list[str]], drawn: frozenset[str]) -> dict[str, int]:
        """The numbers for these pools."""
        return self.wanted if self.rates is None else flow.due(secret, pools, drawn, self.rates)


def draw_due(cell: Cell, actor: Actor, programme: str, *, key: str) -> list[Drawn] | Refused:
    """Draw what the tiers of a programme need looked at again: in every round, and in a new one of what is new.

    Each draw is a command of its own with a key that follows from the given one: a repeat goes on where it stopped.
    """
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        policy = tiers.policy(connection, programme)
        rounds = [row.round for row in escape.rounds(connection, programme)]
    if policy is None:
        sentence = "The contract in force does not say what its tiers need: add the section `assignment` first."
        return Refused("no-tier-policy", sentence)
    asked, made = _Asked({}, policy.reviews), list[Drawn]()
    waiting: list[int | None] = [*rounds, None]
    while waiting:
        ready = _ready(cell, programme, asked, waiting[0])
        if isinstance(ready, Refused):
            return ready
        is_new = waiting[0] is None and bool(ready.strata)
        if not is_new and not any(one.sample for one in ready.strata):
            waiting.pop(0)
            continue
        request = canon.encode(["draw-due", programme, ready.round, ready.draw])
        done = _drawn(cell, actor, ready, request, key=f"{key}|{ready.round}|{ready.draw}")
        if isinstance(done, Refused):
            return done
        made.append(done)
        waiting[0] = done.round
    return made


def _drawn(cell: Cell, actor: Actor, found: _Ready | Refused, request: bytes, *, key: str) -> Drawn | Refused:
    made = [found]

    def decide(tx: Transaction) -> Decision:
        ready = made[0]
        if isinstance(ready, Refused):
            return ready
        refused = closed(tx.connection, ready.programme)
        if refused:
            return refused
        # What was worked out outside of the lock holds as long as nobody else has drawn.
        if _seen(escape.rounds(tx.connection, ready.programme)) != ready.seen:
            return Refused("drawn-meanwhile", "Somebody else has drawn meanwhile: look at what was drawn, then draw.")
        ref = ready.ref or tx.seal(ready.secret, scope=f"programme:{ready.programme}")
        return [
            RereviewDrawn(
                rereview=ready.rereview or tx.new_id("rrv"), programme=ready.programme, round=ready.round,
                draw=ready.draw, since=ready.since, until=ready.until, contract_version=ready.contract_version,
                strata=list(ready.strata), secret=ref,
            )
        ]  # fmt: skip

    done = cell.execute(Command(actor, "monitor.write", key, request, decide))
    if isinstance(done, Refused):
        return done
    fact = done.facts[0]
    assert isinstance(fact, RereviewDrawn)
    return Drawn(fact.rereview, fact.round, fact.draw, {one.risk: len(one.sample) for one in fact.strata}, done)


def _seen(rounds: list[Row]) -> tuple[tuple[str, int], ...]:
    return tuple((row.rereview, row.draws) for row in rounds)


def _ready(cell: Cell, programme: str, asked: _Asked, extend: int | None) -> _Ready | Refused:
    with cell.read() as connection:
        contract = contracts.programme(connection, programme)
        if contract is None:
            return access.ABSENT
        rounds = escape.rounds(connection, programme)
        of = next((row for row in rounds if row.round == extend), None)
        if extend is not None and of is None:
            return Refused("unknown-round", f"Expected a round that there is, found {extend}: look again.", "round")
        since = of.since if of else (rounds[-1].until if rounds else 0)
        until = of.until if of else journal.head(connection).next_seq
        pools = escape.pools(connection, programme, since=since, until=until, of=of.rereview if of else None)
        drawn = frozenset(row.item for row in escape.sample(connection, programme))
        ref = escape.secret_of(connection, programme)
    secret = secrets.token_bytes(SECRET_BYTES) if ref is None else _opened(cell, programme, ref.object)
    if isinstance(secret, Refused):
        return secret
    wanted, by_rate = asked.of(secret, pools, drawn), asked.rates is not None
    strata = flow.draw(secret, pools, drawn, wanted, is_none_enough=by_rate)
    if isinstance(strata, Refused):
        return strata
    return _Ready(
        programme, of.rereview if of else None, of.round if of else len(rounds) + 1, of.draws + 1 if of else 1, since,
        until, contract.version, tuple(strata), secret, ref, _seen(rounds),
    )  # fmt: skip


def _opened(cell: Cell, programme: str, name: str) -> bytes | Refused:
    """The key of the order, for the cell itself, which shows it to nobody. That it was opened is an event."""
    look = cell.look(CELL, "monitor.write", About(subject=programme, what="schedule", reason="check"))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return cell.open(connection, name, look).payload


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the draws of a programme follow from the key of their order.

    key        hexadecimal: with it anybody who has the journal works out the same
    wrong      what does not follow, one sentence each; empty when everything does
    passed_over  items of a pool that stand before one that was drawn, and were not: none, unless they came into the
                 pool after the draw (a disagreement withdrawn, a hold cleared, a domain given another tier)
    """

    key: str
    draws: int
    items: int
    wrong: tuple[str, ...]
    passed_over: tuple[str, ...]


def check_draws(cell: Cell, actor: Actor, programme: str) -> Checked | Refused:
    """Work every draw out again, and show the key. For who audits: whoever has it foresees the next draw."""
    if not access.allows(actor, "sentinel.audit"):
        return access.ABSENT
    with cell.read() as connection:
        ref = escape.secret_of(connection, programme)
        rounds = escape.rounds(connection, programme)
    if ref is None:
        return access.ABSENT
    reason = "audit" if "auditor" in actor.roles else "review"
    look = cell.look(actor, "sentinel.audit", About(subject=programme, what="schedule", reason=reason))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        secret = cell.open(connection, ref.object, look).payload
        sample = escape.sample(connection, programme)
        pools = {
            row.round: escape.pools(connection, programme, since=row.since, until=row.until, of=row.rereview)
            for row in rounds
        }  # fmt: skip
    wrong, passed = list[str](), list[str]()
    for row in rounds:
        for risk in msgspec.json.decode(row.pools):
            mine = [one.item for one in sample if one.round == row.round and one.risk == risk]
            wrong += _disorder(secret, mine, f"round {row.round}, {risk} risk")
            order = flow.ordered(secret, {*pools[row.round].get(risk, ()), *mine})
            last = max((order.index(item) for item in mine), default=-1)
            passed += [item for item in order[:last] if item not in mine]
    return Checked(secret.hex(), sum(row.draws for row in rounds), len(sample), tuple(wrong), tuple(passed))


def _disorder(secret: bytes, items: list[str], where: str) -> list[str]:
    """Draws of a round go on in one order, so the whole sample of a tier stands in it."""
    if items == flow.ordered(secret, items):
        return []
    return [f"In {where}, expected the sample in the order of its digests, found another order."]
