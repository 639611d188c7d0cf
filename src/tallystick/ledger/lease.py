"""Whose turn it is to seal: the lease in `seal_head`, timed by whoever watches it. Reads and writes that one row.

No clock of one machine is compared with that of another, and no wall clock is asked. Who has the lease counts its
beats up while it works. Who wants it watches, and takes over when by its own monotonic clock no beat came for as long
as the holder may be silent. A holder that ends hands back; one whose process died on this machine is known to be dead.

Nothing that is signed depends on this: a holder that was only frozen finds the epoch moved (ledger/head.py).
"""

import hashlib
import os
import secrets
import socket
import sys
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from tallystick.ledger import head as heads
from tallystick.ledger.head import NOBODY, SealHead

SECONDS = 10.0
"""How long a holder may be silent. It beats at least three times as often."""
RESERVED_SECONDS = 2.0
"""How long a lease that was handed back on request is kept for whoever asked for it."""

Clock = Callable[[], float]
"""Seconds on a clock that never goes back."""


class Leased(RuntimeError):
    """Another sealer has the lease, and may be alive. Wait, ask it to hand back, or leave the work to it.

    wait_s  after how long without a beat the lease has run out
    """

    def __init__(self, holder: str, wait_s: float) -> None:
        super().__init__(
            f"expected a free lease on sealing, found it with {holder or 'nobody, kept for who asked for it'}: it runs "
            f"out in {wait_s:.1f} s without a sign of life. Let that process seal, or stop it"
        )
        self.holder = holder
        self.wait_s = wait_s


class Lease:
    """One who may want to seal: its name, and since when it has seen nothing new of the others. Keep one per process.

    seconds   how long it may be silent itself when it has the lease
    clock     a monotonic clock
    shows     show other processes of this machine that this one lives, and believe when another's sign is gone
    """

    def __init__(self, *, seconds: float = SECONDS, clock: Clock = time.monotonic, shows: bool = True) -> None:
        self.seconds = seconds
        self._clock = clock
        self._place = _place() if shows else ""
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{self._place or '-'}/{secrets.token_hex(8)}"
        self._sign: weakref.finalize[..., Lease] | None = None
        self._seen: tuple[int, int] | None = None
        self._since = 0.0
        self._beat_at = 0.0

    def claim(self, engine: sa.Engine) -> SealHead:
        """Take the lease. Raises Leased while another has it and it has not run out."""
        seen = heads.read(engine)
        wait_s = self._watch(seen)
        if wait_s > 0:
            raise Leased(seen.holder, wait_s)
        self._show()
        taken = heads.claim(engine, seen, me=self.holder, lease_ms=int(self.seconds * 1000))
        if taken is None:
            self._seen = None  # somebody was quicker: its time begins now
            raise Leased("another that was quicker", self.seconds)
        self._beat_at = self._clock()
        return taken

    def keep(self, engine: sa.Engine, held: SealHead) -> SealHead:
        """Stay the holder: beat when a third of the time has gone. Raises Fenced when another has taken over."""
        if self._clock() - self._beat_at < self.seconds / 3:
            return held
        beaten = heads.beat(engine, held)
        self._beat_at = self._clock()
        return beaten

    def ask(self, engine: sa.Engine) -> None:
        """Ask the holder to hand back when it has sealed what it is at, unless another asks already."""
        if heads.read(engine).asked == NOBODY:
            heads.ask(engine, self.holder)

    def close(self) -> None:
        """Show no sign of life any more."""
        if self._sign is not None:
            self._sign()
            self._sign = None

    def watch(self, engine: sa.Engine) -> float:
        """Look at the lease without taking it: in how many seconds without a beat it may be taken."""
        return self._watch(heads.read(engine))

    def _watch(self, seen: SealHead) -> float:
        now = self._clock()
        if self._seen != (seen.epoch, seen.beats):
            self._seen, self._since = (seen.epoch, seen.beats), now
        if seen.holder == self.holder:
            return 0.0
        if seen.holder == NOBODY:
            length = 0.0 if seen.asked in (NOBODY, self.holder) else RESERVED_SECONDS
        else:
            length = 0.0 if self._is_dead(seen.holder) else seen.lease_ms / 1000
        return self._since + length - now

    def _show(self) -> None:
        """Hold a name that the kernel frees when this process ends, however it ends."""
        if self._place and self._sign is None:
            sign = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sign.bind(_sign_of(self.holder))
            self._sign = weakref.finalize(self, os.close, sign.detach())

    def _is_dead(self, holder: str) -> bool:
        """Is it certain that the holder has ended? Only a process of this machine can be known to be dead."""
        if not self._place or holder.split("/")[-2:-1] != [self._place]:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(_sign_of(holder))
            except OSError:
                return False
        return True


def _sign_of(holder: str) -> str:
    return f"\0tallystick-sealer/{hashlib.sha256(holder.encode()).hexdigest()[:40]}"


def _place() -> str:
    """What processes that can see each other's signs have in common; empty where there are no such signs."""
    if sys.platform != "linux":
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    return hashlib.sha256(f"{boot} {Path('/proc/self/ns/net').readlink()}".encode()).hexdigest()[:16]
