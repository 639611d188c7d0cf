"""The rate of sentinels in a programme: what error rates would mean, setting them, ending them."""

from dataclasses import asdict, dataclass

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.sentinel import SentinelPolicyEnded, SentinelPolicySet
from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Offer, Wish
from tallystick.store import contract as contracts
from tallystick.store import sentinel as store


@dataclass(frozen=True, slots=True)
class PolicySet:
    """A policy is in force."""

    fact: SentinelPolicySet
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Ended:
    """A policy has ended."""

    version: int
    receipt: Receipt


def offer(cell: Cell, actor: Actor, programme: str, wish: Wish) -> Offer | Refused:
    """What error rates would mean and cost, before anything is set. Writes nothing."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
    return flow.offer(wish)


def set_policy(cell: Cell, actor: Actor, programme: str, wish: Wish, *, key: str) -> PolicySet | Refused:
    """Mix sentinels into a programme from here on, at the lowest rate that keeps what is asked for.

    Every version has a secret of its own: to rotate it, set the same rates again.
    """
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    found = flow.offer(wish)  # a second or more of sums: before the writers' lock is taken
    if isinstance(found, Refused):
        return found
    request = canon.encode(["sentinels", programme, asdict(wish)])
    answer = cell.execute(Command(actor, "monitor.write", key, request, lambda tx: _set(tx, programme, found)))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, SentinelPolicySet)
    return PolicySet(fact, answer)


def _set(tx: Transaction, programme: str, found: Offer) -> Decision:
    if contracts.programme(tx.connection, programme) is None:
        return access.ABSENT
    earlier = store.policies(tx.connection, programme)
    secret = bytes.fromhex(tx.new_salt() + tx.new_salt())
    wish, rate = found.wish, found.rate
    plan = rate.plan
    return [
        SentinelPolicySet(
            programme=programme, version=earlier[0].version + 1 if earlier else 1, acceptable_ppm=wish.acceptable_ppm,
            unacceptable_ppm=wish.unacceptable_ppm, found_within=wish.found_within, found_asked_ppm=wish.found_ppm,
            false_horizon=wish.false_horizon, false_asked_ppm=wish.false_ppm, rate_ppm=found.rate_ppm,
            if_right=plan.kinds[0].if_right, if_wrong=plan.kinds[0].if_wrong, limit=plan.limit,
            unit_nano=round(plan.unit * flow.NANO), found_ppm=canon.ppm(rate.found_chance),
            false_ppm=canon.ppm(rate.false_chance), judgments_between=round(rate.mean_between),
            delay_worst_milli=round(plan.delay_worst * flow.MILLI),
            delay_usual_milli=round(plan.delay_usual * flow.MILLI), delay_90=plan.delay_90,
            secret=tx.seal(secret, scope=f"programme:{programme}"),
        )
    ]  # fmt: skip


def end_policy(cell: Cell, actor: Actor, programme: str, *, words: str, key: str) -> Ended | Refused:
    """Mix in no more sentinels. Whoever is stopped stays so until somebody decides."""

    def decide(tx: Transaction) -> Decision:
        now = store.policies(tx.connection, programme)
        if not now or now[0].state != "in-force":
            return flow.NO_POLICY
        if len(words.strip()) < flow.WORDS_CHARACTERS_MIN:
            sentence = f"Expected a reason of at least {flow.WORDS_CHARACTERS_MIN} characters."
            return Refused("words-too-short", sentence, "words")
        reason = tx.seal(words.strip().encode(), scope=f"programme:{programme}")
        return [SentinelPolicyEnded(programme=programme, version=now[0].version, reason=reason)]

    request = canon.encode(["end-sentinels", programme, words])
    answer = cell.execute(Command(actor, "monitor.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, SentinelPolicyEnded)
    return Ended(fact.version, answer)
