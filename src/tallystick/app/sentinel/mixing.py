"""Where a sentinel stands in the work, and what is written behind every judgment, whether it is one or not.

Everything here is asked and done for work and for sentinels alike: the same queries, the same number of opened
contents, the same number of events. What an expert can count or time does not tell them apart.
"""

import msgspec

from tallystick.app.cell import Cell
from tallystick.app.kernel import Transaction
from tallystick.app.looking import Look
from tallystick.events.envelope import Event
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.sentinel import JudgmentChecked
from tallystick.events.standing import JudgmentsHeld
from tallystick.flow import roster
from tallystick.flow import sentinel as flow
from tallystick.flow.roster import Gold
from tallystick.flow.routing import Eligibility
from tallystick.ledger import journal
from tallystick.store import items
from tallystick.store import sentinel as store
from tallystick.store.schema import Row
from tallystick.store.sentinel import BeforeLease

GOLD = "gold"
NO_POLICY = 0
"""What a check says of the policy before one was ever set. Policies are counted from 1."""


def item_for(
    cell: Cell, tx: Transaction, before: BeforeLease, expert: str, *, programme: str, domain: str, position: int,
    free: str, eligible: Eligibility, read: int,
) -> str:  # fmt: skip
    """The item of the next lease: the free work item, or a gold item where the schedule asks for a sentinel.

    position  how many leases the expert has had in the domain
    eligible  what the expert may be given: of gold items as of work
    read      the place in the journal before which they read what others judged, in another role; 0 for nobody
    """
    policy = before.policy
    if policy is None:
        return free
    secret = cell.sentinel_secret(tx.connection, policy.secret)
    place = flow.start_at(secret, programme=programme, domain=domain, expert=expert, position=position)
    # Looked up at every lease, so that a sentinel takes no longer to give out than work.
    texts = [] if eligible.asks_nothing else store.gold_taxonomies(tx.connection, programme, domain)
    shut = [text for text in texts if not eligible.allows({**msgspec.json.decode(text), "domain": domain})]
    gold = store.unseen_gold(
        tx.connection, expert, programme=programme, domain=domain, place=place, free=free, read=read, shut=shut
    )
    is_due = flow.is_due(
        secret, programme=programme, domain=domain, expert=expert, position=position, rate_ppm=policy.rate_ppm
    )
    return gold if is_due and gold is not None else free


def gold_of(cell: Cell, connection: journal.Connection, item: Row, look: Look) -> Gold:
    """What is right for a gold item."""
    key = msgspec.json.decode(cell.open(connection, item.hidden, look).payload)["gold"]
    return Gold(item=item.item, verdict=key["verdict"], scores=key["scores"])


def after_judgment(
    cell: Cell, tx: Transaction, fact: JudgmentSubmitted, *, item: Row, look: Look, divides: list[Event]
) -> list[Event]:
    """What stands behind a judgment in its command: one event, whatever the judgment was.

    Or whoever counts their own events, or those of a quiet cell, would learn that their judgment divides its item.
    look     the cell's own, at the item, with which it checks what was sent
    divides  the disagreement that it opens, if any
    """
    before = store.before_lease(tx.connection, fact.programme, fact.expert)
    is_sentinel = item.purpose == GOLD
    assert before.newest is not None or not is_sentinel, "no gold item stands in the work before a policy is set"
    gold = None if before.newest is None else _key_of(cell, tx, item, look, is_sentinel=is_sentinel)
    if fact.rubric in before.stopped and not is_sentinel:
        return [_held(tx, fact)]
    if divides:
        return divides
    return [
        JudgmentChecked(
            judgment=fact.judgment, programme=fact.programme, domain=item.domain, rubric=fact.rubric,
            rubric_version=fact.rubric_version, expert=fact.expert, item=fact.item,
            policy=NO_POLICY if before.newest is None else before.newest.version,
            is_sentinel=is_sentinel, is_correct=None if gold is None else roster.is_correct(fact.verdict, gold),
            near={} if gold is None else roster.near(fact.scores, gold), salt=tx.new_salt(),
        )
    ]  # fmt: skip


def _key_of(cell: Cell, tx: Transaction, item: Row, look: Look, *, is_sentinel: bool) -> Gold | None:
    if is_sentinel:
        return gold_of(cell, tx.connection, item, look)
    cell.open(tx.connection, item.content, look)  # as long as a key takes to open, and nothing that is not known
    return None


def _held(tx: Transaction, fact: JudgmentSubmitted) -> JudgmentsHeld:
    """A judgment on an item that was given out before the stop: taken, and held with the others."""
    found = [row for row in store.drifts(tx.connection, fact.programme, state="open")
             if (row.expert, row.rubric) == (fact.expert, fact.rubric)]  # fmt: skip
    return JudgmentsHeld(
        hold=tx.new_id("hld"), programme=fact.programme, expert=fact.expert, judgments=[fact.judgment], cause="drift",
        reference=str(found[0].seq),
    )  # fmt: skip


def may_renew(tx: Transaction, leased: Row) -> bool:
    """Whether a lease that ran out can be taken again although its item is no work: a sentinel has no other judges."""
    row = items.item(tx.connection, leased.item)
    return row is not None and row.purpose == GOLD
