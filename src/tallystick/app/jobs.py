"""What runs beside commands: sealing, leases that run out, classes, rotations and erasures brought to an end."""

import logging
import threading

from tallystick.app import custody, erasure
from tallystick.app.adjudication import expire_cases
from tallystick.app.assignment import expire_all
from tallystick.app.backup import keep_key_bundle
from tallystick.app.cell import Cell
from tallystick.app.disagreement import classify_waiting
from tallystick.app.kernel import SEAL_WITHIN_US
from tallystick.app.release import finish_interrupted, finish_waiting
from tallystick.app.sealing import Backpressure, Limits
from tallystick.app.sentinel import announce
from tallystick.app.timestamp import Stamping, stamp_or_say
from tallystick.app.witnessing import follow as ask_witnesses
from tallystick.custody import KeysUnavailable
from tallystick.ledger import journal
from tallystick.ledger.sealer import Fenced

SEAL_SECONDS = 1.0
USUAL = Limits()
EXPIRE_SECONDS = 30.0
CLASSIFY_SECONDS = 15.0
_LOGGER = logging.getLogger(__name__)


class Followers:
    """Threads that follow the journal while a cell serves. Start once; `stop` waits for them."""

    def __init__(
        self, cell: Cell, *, seal_seconds: float = SEAL_SECONDS, limits: Limits = USUAL,
        stamping: Stamping | None = None,
    ) -> None:  # fmt: skip
        self._cell = cell
        cell.sealing.limits = limits
        # A promise has room for three rounds: who seals seldom promises less.
        cell.kernel.seal_within_us = max(SEAL_WITHIN_US, int(seal_seconds * 3_000_000))
        self._seal_seconds = seal_seconds
        self._stamping = stamping
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, name="sealer", daemon=True),
            threading.Thread(target=self._expire, name="expiry", daemon=True),
            threading.Thread(target=self._ask, name="witnesses", daemon=True),
            threading.Thread(target=self._stamp, name="time-stamps", daemon=True),
            threading.Thread(target=self._classify, name="causes", daemon=True),
        ]

    def start(self) -> None:
        """Finish what a crash interrupted, then follow."""
        custody.finish_interrupted(self._cell)
        finish_interrupted(self._cell)
        cell = self._cell
        cell.kernel.may_write = Backpressure(cell.engine, cell.sealing.limits, now=cell.kernel.now)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and seal what is left."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=30)
        self._cell.kernel.may_write = lambda: None
        self._cell.sealing.release()
        self._cell.seal()

    def _follow(self) -> None:
        while not self._stopping.wait(self._seal_seconds):
            self._attempt(lambda: self._cell.sealing.follow(seconds=self._seal_seconds), "seal")
            self._attempt(lambda: journal.tidy(self._cell.engine), "tidy the database")

    def _stamp(self) -> None:
        """A thread of its own, for the same reason. A cell without an authority has nothing to do here."""
        stamping = self._stamping
        if stamping is None:
            return
        while not self._stopping.wait(stamping.minutes * 60):
            self._attempt(lambda: stamp_or_say(self._cell, stamping.stamper, stamping.trusted), "have the log stamped")

    def _ask(self) -> None:
        """A thread of its own: a witness that takes its time is never in the way of sealing."""
        while not self._stopping.wait(self._seal_seconds):
            self._attempt(lambda: ask_witnesses(self._cell), "ask the witnesses")

    def _classify(self) -> None:
        """A thread of its own: it computes for seconds where many disagreements open at once."""
        while not self._stopping.wait(CLASSIFY_SECONDS):
            self._attempt(lambda: classify_waiting(self._cell), "classify disagreements")

    def _expire(self) -> None:
        while not self._stopping.wait(EXPIRE_SECONDS):
            self._attempt(lambda: expire_all(self._cell), "expire leases")
            self._attempt(lambda: expire_cases(self._cell), "expire leases of cases")
            self._attempt(lambda: announce(self._cell), "announce drift on sentinels")
            self._attempt(lambda: finish_waiting(self._cell), "finish releases that waited for witnesses")
            self._attempt(lambda: custody.finish_interrupted(self._cell), "finish rotations of keys")
            # In the same thread as the rotations that they need: one at a time.
            self._attempt(lambda: erasure.expire_retention(self._cell), "erase what retention has ended for")
            self._attempt(lambda: erasure.finish_interrupted(self._cell), "finish erasures")
            self._attempt(self._forget_keys, "let go of keys that are dropped")
            self._attempt(lambda: erasure.deliver_notices(self._cell), "tell holders of releases")
            self._attempt(lambda: keep_key_bundle(self._cell), "keep a bundle of the newest wrapped keys")

    def _forget_keys(self) -> None:
        """Another process may have erased: an image of this one's memory must not open what is gone."""
        with self._cell.read() as connection:
            self._cell.vault.forget_dropped(connection)

    @staticmethod
    def _attempt(job: object, what: str) -> None:
        assert callable(job)
        try:
            job()
        except Fenced:
            # Nothing is lost: whoever sealed last goes on, and this process tries again in its next round.
            _LOGGER.warning("could not %s now: another process seals this log", what)
        except KeysUnavailable as error:
            # Once a round while it lasts, and in /readyz: where in the code it was noticed says nothing.
            _LOGGER.warning("could not %s: %s", what, error)
        except Exception:
            # Loud in the log and in /readyz, which counts what is not sealed; the next round tries again. Whatever it
            # was, such as an answer from outside that nobody thought of, a job must not end in silence.
            _LOGGER.exception("could not %s", what)
