"""Held judgments over the API: how many, one of them, what its reviewer decides. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, BlindedJudgment, Receipt, Rubric, ShownItem
from tallystick.client.receipts import KeptReceipts, Signed
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class HeldWaiting(Answer, frozen=True):
    """A held judgment that one may review."""

    judgment: str
    domain: str
    held_at: int


class HeldInBatch(Answer, frozen=True):
    """How many judgments of a batch are held."""

    batch: str
    domain: str
    judgments: int


class Hold(Answer, frozen=True):
    """Judgments of one expert that were held together; `waiting` of them are not reviewed yet."""

    hold: str
    expert: str
    cause: str
    reference: str
    judgments: int
    waiting: int
    at: int


class HeldWork(Answer, frozen=True):
    """What is held in a programme, and what of it one may review. Batches and holds are empty for reviewers."""

    number: int
    batches: list[HeldInBatch]
    holds: list[Hold]
    mine: list[HeldWaiting]


class HeldJudgment(Answer, frozen=True):
    """A held judgment with all that is needed to review it; `rubric` is the version that it was given under."""

    judgment: str
    item: str
    programme: str
    domain: str
    shown: ShownItem
    rubric: Rubric
    said: BlindedJudgment
    held_at: int


class Reviewed(Answer, frozen=True):
    """A judgment that is held no longer. `decision` is stands or again."""

    judgment: str
    programme: str
    decision: str
    receipt: Receipt
    signed: Signed | None = None


class StandingCalls:
    """The part of a client that reviews held judgments."""

    _wire: Wire
    _receipts: KeptReceipts | None

    def held_work(self, programme: str) -> HeldWork:
        """What is held in a programme."""
        return self._wire.get(HeldWork, f"{programme_path(programme)}/held")

    def held_judgment(self, judgment: str) -> HeldJudgment:
        """Open a held judgment to review it. That you looked is recorded; its item is not given to you any more."""
        return self._wire.get(HeldJudgment, _held(judgment))

    def judgment_stands(self, judgment: str, *, notes: str = "", key: str | None = None) -> Reviewed:
        """Let a held judgment stand: it counts again. Raises Conflict `not-held`."""
        return self._kept(self._wire.post(Reviewed, f"{_held(judgment)}/stands", key=key, body={"notes": notes}))

    def judge_again(self, judgment: str, *, notes: str, by_same: bool = False, key: str | None = None) -> Reviewed:
        """Set a held judgment aside, and open its item to be judged again. Raises Conflict `not-held`.

        by_same  whether its author may judge the item again
        """
        body = {"notes": notes, "by_same": by_same}
        return self._kept(self._wire.post(Reviewed, f"{_held(judgment)}/again", key=key, body=body))

    def _kept(self, done: Reviewed) -> Reviewed:
        signed = done.signed
        if self._receipts is not None and signed is not None and signed.text is not None:
            self._receipts.add(signed.text)
        return done


def _held(judgment: str) -> str:
    return f"{PREFIX}/held/{safe(judgment)}"
