"""Second looks over the API: draws, the next drawn item, answers, rates. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, BlindedJudgment, Done, Receipt, Rubric, ShownItem
from tallystick.client.answers.warned import Warned
from tallystick.client.receipts import KeptReceipts, Signed
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class EscapeLimits(Answer, frozen=True):
    """A 95 % interval."""

    low: float
    high: float
    method: str


class EscapeRate(Answer, frozen=True):
    """The share of defective items in one part; `at_most` is its upper bound."""

    name: str
    population: int
    reviewed: int
    defective: int
    rate: float | None
    status: str
    reason: str | None
    interval: EscapeLimits | None
    at_most: float | None
    expected_at_most: float | None


class EscapeTier(Answer, frozen=True):
    """One tier of risk; `worst` is the bound if everything that waits were defective."""

    risk: str
    found: EscapeRate
    rounds: list[EscapeRate]
    waiting: int
    worst: float | None


class EscapeKind(Answer, frozen=True):
    """The rate of one severity, cause or failure class."""

    axis: str
    value: str
    found: EscapeRate


class EscapePlace(Answer, frozen=True):
    """Defects among the answered items of one place."""

    axis: str
    value: str
    defective: int
    reviewed: int


class EscapeNeeded(Answer, frozen=True):
    """How many more looks one tier needs for the bound."""

    risk: str
    if_sound: int | None
    if_alike: int | None
    left: int


class EscapeRound(Answer, frozen=True):
    """One round of draws."""

    rereview: str
    round: int
    draws: int
    since: int
    until: int
    pools: dict[str, int]
    at: int


class Escape(Answer, frozen=True):
    """How many defects got through, as far as second looks tell."""

    overall: EscapeRate | None
    worst: float | None
    tiers: list[EscapeTier]
    by_kind: list[EscapeKind]
    by_place: list[EscapePlace]
    rounds: list[EscapeRound]
    since_last: dict[str, int]
    needed: list[EscapeNeeded]
    at_most: float
    waiting: int
    for_me: bool


class RereviewDraw(Answer, frozen=True):
    """A draw. It counts, whatever it shows."""

    rereview: str
    round: int
    draw: int
    items: dict[str, int]
    receipt: Receipt


class DrawsChecked(Answer, frozen=True):
    """Whether every draw follows from the key of the order."""

    key: str
    draws: int
    items: int
    wrong: list[str]
    passed_over: list[str]


class FailureClass(Answer, frozen=True):
    """A class of failures of the contract."""

    id: str
    description: str
    severity: str


class DrawnItem(Answer, frozen=True):
    """A drawn item as its reviewer sees it. It names nobody."""

    item: str
    domain: str
    risk: str
    expires_at: int | None
    shown: ShownItem
    rubric: Rubric
    judgments: list[BlindedJudgment]
    failures: list[FailureClass]
    is_answered: bool
    warnings: tuple[Warned, ...] = ()


class DrawnAnswered(Answer, frozen=True):
    """A second look that is durably in the journal."""

    item: str
    receipt: Receipt
    signed: Signed | None = None


class EscapedDefect(Answer, frozen=True):
    """A drawn item that was found defective."""

    item: str
    round: int
    risk: str
    domain: str
    severity: str
    cause: str
    failure: str
    notes: str
    at: int
    is_open: bool


class EscapeCalls:
    """The part of a client that looks a second time."""

    _wire: Wire
    _receipts: KeptReceipts | None

    def escape(self, programme: str, *, at_most: float = 0.05) -> Escape:
        """How many defects got through, with exact upper bounds, and how many more looks a bound needs."""
        return self._wire.get(Escape, _of(programme), query={"at_most": str(at_most)})

    def draw_rereview(
        self, programme: str, *, restricted: int = 0, high: int = 0, medium: int = 0, low: int = 0,
        round_: int | None = None, key: str | None = None,
    ) -> RereviewDraw:  # fmt: skip
        """Draw finished items of each tier. Nobody chooses which, and every draw counts.

        round_  draw more of this round; None begins a new one, of what was finished since the last
        """
        body = {"restricted": restricted, "high": high, "medium": medium, "low": low, "round": round_}
        return self._wire.post(RereviewDraw, f"{_of(programme)}/draws", key=key, body=body)

    def check_draws(self, programme: str) -> DrawsChecked:
        """Work every draw out again, and see the key of their order. That you looked is recorded."""
        return self._wire.get(DrawsChecked, f"{_of(programme)}/draws")

    def next_rereview(self, programme: str, *, key: str | None = None) -> DrawnItem:
        """Take the next drawn item, or see the one that is held. Raises Conflict `no-work` when none waits."""
        return self._wire.post(DrawnItem, f"{_of(programme)}/next", key=key)

    def rereview(self, item: str) -> DrawnItem:
        """Look again at the drawn item that one holds, or has answered."""
        return self._wire.get(DrawnItem, _one(item))

    def answer_rereview(
        self, item: str, *, is_defect: bool, severity: str | None = None, cause: str | None = None,
        failure: str | None = None, notes: str = "", key: str | None = None,
    ) -> DrawnAnswered:  # fmt: skip
        """Say whether an item is sound. A defect needs severity, cause, failure class and notes."""
        body = {"is_defect": is_defect, "severity": severity, "cause": cause, "failure": failure, "notes": notes}
        done = self._wire.post(DrawnAnswered, f"{_one(item)}/answer", key=key, body=body)
        signed = done.signed
        if self._receipts is not None and signed is not None and signed.text is not None:
            self._receipts.add(signed.text)
        return done

    def give_back_rereview(self, item: str, *, key: str | None = None) -> Receipt:
        """Give one's drawn item back. It stays in the sample."""
        return self._wire.post(Done, f"{_one(item)}/give-back", key=key).receipt

    def escaped_defects(self, programme: str) -> list[EscapedDefect]:
        """What was found wrong, newest first. That you looked is recorded."""
        return self._wire.get(dict[str, list[EscapedDefect]], f"{_of(programme)}/defects")["defects"]

    def set_defect_aside(self, item: str, *, by_same: bool, key: str | None = None) -> Receipt:
        """Have a defective item judged again. The estimate keeps the defect."""
        return self._wire.post(Done, f"{_one(item)}/set-aside", key=key, body={"by_same": by_same}).receipt


def _of(programme: str) -> str:
    return f"{programme_path(programme)}/rereview"


def _one(item: str) -> str:
    return f"{PREFIX}/rereviews/{safe(item)}"
