"""Which time of an act of work counts: what was measured or seen, and never the same time twice. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from tallystick.flow.pay.amounts import Terms

MS = 1_000
"""A millisecond in the microseconds of the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An act that is counted already: when it began, and how much of the time up to its end it takes up."""

    began_at: int
    fit_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The time of an act.

    active_ms  what counts
    fit_ms     what of it no other act of the person takes up: all of it, but by terms that know no such bound
    cut        why less counts than was wanted; empty when all does
    """

    active_ms: int
    fit_ms: int
    cut: str


def measured_ms(claimed_ms: int) -> int | None:
    """What a page measured. It sends 0 where it measured nothing, as without scripts."""
    return claimed_ms or None


def room_ms(began_at: int, at: int, others: Iterable[Span]) -> int:
    """How much time of one person is left for an act between its beginning and its end.

    Somebody may work at several things in turn; what they work at in all is never more than the time that passes. So
    for every moment up to the beginning: this act, and all that began from that moment on, fit in between it and now.
    others  all acts of the same person that were handed in before, and reach into this time, directly or by others
    """
    spans = list(others)
    starts = {began_at, *(span.began_at for span in spans if span.began_at < began_at)}
    left = [at - start - sum(span.fit_ms for span in spans if span.began_at >= start) * MS for start in starts]
    return max(0, min(left)) // MS


def counted(claimed_ms: int | None, bound_ms: int, room: int, *, terms: Terms) -> Counted:
    """The time that counts of an act: never more than the cell saw, than others left, than the terms allow.

    claimed_ms  what the page measured; None when nothing did: then what the cell saw is wanted
    """
    wanted = bound_ms if claimed_ms is None else max(0, claimed_ms)
    bounds = [("seen", bound_ms)]
    if claimed_ms is None:
        bounds.append(("unmeasured", terms.unmeasured_ms_max))
    if terms.act_ms_max is not None:
        bounds += [("limit", terms.act_ms_max), ("overlap", room)]
    why, least = min(bounds, key=lambda bound: bound[1])
    active = min(wanted, least)
    return Counted(active_ms=active, fit_ms=min(active, room), cut=why if least < wanted else "")


def counted_at_first(sent_ms: int | None, bound_ms: int, *, unmeasured_ms_max: int) -> int:
    """The time that counted when periods were closed by the first version of their fact: they keep it."""
    return min(bound_ms, unmeasured_ms_max) if sent_ms is None else max(0, min(sent_ms, bound_ms))
