"""How often somebody may try to sign in: token buckets in memory. Reads a clock, writes nothing.

A right password costs nothing: only failures use up a bucket. Each process counts for itself, so that a cell with n
processes allows n times as many failures; Argon2 stays the second line.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from math import ceil

from tallystick.flow.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(Refused):
    """Too many attempts. `retry_after_s` is a whole number of seconds."""

    retry_after_s: int = 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many attempts at once, and seconds until one more comes back."""

    burst: int
    seconds_each: float


PER_LOGIN = Allowance(burst=10, seconds_each=30.0)
PER_ADDRESS = Allowance(burst=60, seconds_each=2.0)
BUCKETS_MAX = 10_000


class Buckets:
    """One bucket per name. Holds at most `most` names; the one that was not asked about for longest goes first."""

    def __init__(self, allowance: Allowance, *, clock: Callable[[], float], most: int = BUCKETS_MAX) -> None:
        self._allowance = allowance
        self._clock = clock
        self._most = most
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name: (tokens, when)

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, name: str) -> float:
        """Take one token: 0 when there was one, else the seconds until there is."""
        tokens = self._tokens(name)
        if tokens < 1:
            return (1 - tokens) * self._allowance.seconds_each
        self._put(name, tokens - 1)
        return 0.0

    def give_back(self, name: str) -> None:
        """The attempt was a good one: it does not count."""
        self._put(name, min(self._tokens(name) + 1, self._allowance.burst))

    def _tokens(self, name: str) -> float:
        tokens, when = self._filled.get(name, (float(self._allowance.burst), self._clock()))
        return min(tokens + (self._clock() - when) / self._allowance.seconds_each, self._allowance.burst)

    def _put(self, name: str, tokens: float) -> None:
        self._filled[name] = (tokens, self._clock())
        self._filled.move_to_end(name)
        while len(self._filled) > self._most:
            self._filled.popitem(last=False)


def network_of(client: str) -> str:
    """The address to count by: one customer has 2^64 addresses of IPv6, so their network counts as one."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


class Rates:
    """The limits on sign-in: per login and per client address. Safe to use from many threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._logins = Buckets(PER_LOGIN, clock=clock)
        self._addresses = Buckets(PER_ADDRESS, clock=clock)

    def admit(self, *, login: str, client: str) -> TooMany | None:
        """Count an attempt; why it may not happen, or None."""
        client = network_of(client)
        with self._lock:
            wait = self._addresses.take(client)
            if not wait:
                wait = self._logins.take(login)
        if not wait:
            return None
        seconds = max(1, ceil(wait))
        sentence = f"Too many attempts to sign in. Wait {seconds} seconds, then try again."
        return TooMany(code="too-many-attempts", sentence=sentence, field="login", retry_after_s=seconds)

    def succeeded(self, *, login: str, client: str) -> None:
        """The attempt was good: take it back from both counts."""
        with self._lock:
            self._logins.give_back(login)
            self._addresses.give_back(network_of(client))
