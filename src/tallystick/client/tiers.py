"""Load and tiers over the API: who has done how much, what batches still need, seniors. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class TierNeed(Answer, frozen=True):
    """One thing that a tier of risk still asks for; `names` are the client's names of items."""

    code: str
    sentence: str
    names: list[str]


class BatchNeed(Answer, frozen=True):
    """A batch of work, and what its tier of risk still asks for before a release."""

    batch: str
    name: str
    domain: str
    risk: str | None
    needs: list[TierNeed]


class QuotaFilled(Answer, frozen=True):
    """One quota of the plan, and how many finished items there are for it."""

    axis: str
    value: str
    target: int
    filled: int


class StratumFill(Answer, frozen=True):
    """Items that are alike on the axes of the plan; `open` of them have a place that nobody has."""

    domain: str
    taxonomy: dict[str, str]
    items: int
    open: int


class WorkerLoad(Answer, frozen=True):
    """What one expert has done, sentinels among it, and the largest share of a batch that they gave."""

    person: str
    judged: int
    held: int
    leases: int
    last_at: int
    most_ppm: int
    most_in: str


class LoadSpread(Answer, frozen=True):
    """How evenly judgments are spread: `gini_ppm` is 0 when all have judged the same."""

    people: int
    least: int
    median: int
    most: int
    gini_ppm: int


class Seniority(Answer, frozen=True):
    """Somebody who is, or was, a senior adjudicator; `ended` is empty while they are."""

    person: str
    rests_on: str
    reason: str
    since: int
    until: int | None
    ended: str


class TierRules(Answer, frozen=True):
    """What the contract in force says of tiers and fairness. Shares are parts per million."""

    contract_version: str
    reviews: dict[str, int]
    senior_role: str | None
    expert_share_max_ppm: int | None
    others_first: bool


class Load(Answer, frozen=True):
    """How work stands in a programme; `rules` is None when the contract says nothing of tiers."""

    rules: TierRules | None
    quotas: list[QuotaFilled]
    strata: list[StratumFill]
    batches: list[BatchNeed]
    workers: list[WorkerLoad]
    spread: LoadSpread | None
    seniors: list[Seniority]


class DueDraw(Answer, frozen=True):
    """One draw of what tiers need: `items` says how many of each pool."""

    rereview: str
    round: int
    draw: int
    items: dict[str, int]
    receipt: Receipt


class DueDraws(Answer, frozen=True):
    """What was drawn; empty when the tiers have what they need so far."""

    draws: list[DueDraw]


class Written(Answer, frozen=True):
    """Demonstrations that experts wrote in a batch, and how many of them others review, in which batch."""

    batch: str
    written: int
    promoted: int
    into: str


class Promotion(Answer, frozen=True):
    """Demonstrations that others review from now on, in the batch that is named; `waiting` are left."""

    batch: str
    items: int
    waiting: int
    receipt: Receipt


class TierCalls:
    """The part of a client that reads load and tiers."""

    _wire: Wire

    def load(self, programme: str) -> Load:
        """Fill by quota and stratum, what every batch still needs, and who has done how much."""
        return self._wire.get(Load, f"{programme_path(programme)}/load")

    def batch_needs(self, batch: str) -> BatchNeed:
        """What one batch still needs by its tier of risk before it can be released."""
        return self._wire.get(BatchNeed, f"{PREFIX}/batches/{safe(batch)}/needs")

    def written(self, batch: str) -> Written:
        """How many demonstrations of a batch were written, and how many others were given to review."""
        return self._wire.get(Written, f"{PREFIX}/batches/{safe(batch)}/demonstrations")

    def promote(self, batch: str, *, into: str = "", key: str | None = None) -> Promotion:
        """Bring written demonstrations back for others to review. Raises Refused `nothing-written`.

        into  the name of the batch that holds the reviews; that of the batch with -review when empty
        """
        path = f"{PREFIX}/batches/{safe(batch)}/demonstrations"
        return self._wire.post(Promotion, path, key=key, body={"into": into})

    def draw_due(self, programme: str, *, key: str | None = None) -> DueDraws:
        """Draw the finished items that the tiers of the contract need looked at again."""
        return self._wire.post(DueDraws, f"{programme_path(programme)}/rereview/due", key=key)

    def grant_senior(
        self, programme: str, person: str, *, rests_on: str, reason: str, key: str | None = None
    ) -> Done:  # fmt: skip
        """Make an adjudicator a senior one. Raises Conflict `already-senior`.

        rests_on  credential or years, whichever of the contract's conditions they meet
        """
        body = {"person": person, "rests_on": rests_on, "reason": reason}
        return self._wire.post(Done, f"{programme_path(programme)}/seniors", key=key, body=body)

    def end_senior(self, programme: str, person: str, *, reason: str, key: str | None = None) -> Done:
        """Say that somebody is a senior adjudicator no more. Raises Conflict `not-senior`."""
        path = f"{programme_path(programme)}/seniors/{safe(person)}/end"
        return self._wire.post(Done, path, key=key, body={"reason": reason})
