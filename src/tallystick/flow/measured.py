"""Which judgments measure a batch: those made first and independently, not those made again because they parted. Pure.

An adjudicator who sends an item back picks it because its judgments part. Judged again, some of these items agree by
chance alone: counted for the gate, they would lift any batch to its threshold in the end. So such an item keeps being
measured by what was judged first, while its record takes what was judged last. An intervention re-queues by a rule that
looks at no answer, under another rubric: there the new judgments measure, and so they do where one expert's drift was
the cause.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tallystick.flow.standing import COUNTED, REQUEUED

BY_OUTCOME = frozenset({"adjudication"})
"""Causes that pick items by how their judgments stand to each other."""


@dataclass(frozen=True, slots=True)
class Made:
    """A judgment and when it was made."""

    judgment: str
    item: str
    seq: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a judgment's standing."""

    judgment: str
    now: str  # counted | held | requeued
    cause: str
    seq: int


def that_measure(made: Iterable[Made], changes: Iterable[Change]) -> frozenset[str]:
    """The judgments by which their items are measured.

    One measures when it would count had no adjudicator ever sent its item back, and when it was not made in answer to
    that. An item that an intervention opens begins anew.
    """
    of = {one.judgment: one for one in made}
    on: dict[str, list[str]] = {}
    for one in of.values():
        on.setdefault(one.item, []).append(one.judgment)
    now, as_if = dict.fromkeys(of, COUNTED), dict.fromkeys(of, COUNTED)
    sent_back: dict[str, int] = {}  # item: where it was first sent back since it began anew
    for change in sorted((one for one in changes if one.judgment in of), key=lambda one: one.seq):
        item = of[change.judgment].item
        now[change.judgment] = change.now
        if change.now == REQUEUED and change.cause in BY_OUTCOME:
            sent_back.setdefault(item, change.seq)
            continue
        as_if[change.judgment] = change.now
        if change.now == REQUEUED and change.cause == "intervention":
            sent_back.pop(item, None)
            as_if.update({name: now[name] for name in on[item]})
    return frozenset(
        name for name, one in of.items() if as_if[name] == COUNTED and one.seq <= sent_back.get(one.item, one.seq)
    )
