"""Disagreements over the API: the queue, one's case, how it ends, what ended cases say. Reads and writes over HTTP."""

from collections.abc import Mapping, Sequence

from tallystick.client.answers import Answer, Case, Closed, Disagreement, Done, Receipt
from tallystick.client.receipts import KeptReceipts, Signed
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class Waiting(Answer, frozen=True):
    """How many cases are open in one domain and class, and since when the oldest."""

    domain: str
    risk: str | None
    cause: str | None
    cases: int
    oldest: int


class DisagreementQueue(Answer, frozen=True):
    """One stretch of the queue; `after` leads to the next one, and `mine` is the case that one holds."""

    disagreements: list[Disagreement]
    counts: dict[str, int]
    waiting: list[Waiting]
    mine: str | None
    after: str | None


class TakenCase(Answer, frozen=True):
    """A case that is one's own until the lease ends."""

    item: str
    programme: str
    expires_at: int
    receipt: Receipt


class RubricRemark(Answer, frozen=True):
    """What is wrong with a criterion: ambiguous, missing, contradicts, too_strict or too_lax."""

    criterion: str
    what: str
    words: str


class GivenRemark(Answer, frozen=True):
    """What an adjudicator said of a criterion when they ended a case."""

    criterion: str
    what: str
    rubric_version: str
    item: str
    words: str
    at: int


class Limits(Answer, frozen=True):
    """A 95 % interval."""

    low: float
    high: float


class Overturned(Answer, frozen=True):
    """How often decisions went another way in one group. `share` is None below the least number: `reason` says so."""

    group: list[str]
    count: int
    n: int
    share: float | None
    reason: str | None
    interval: Limits | None
    pooled: float | None
    pooled_interval: Limits | None


class Overturns(Answer, frozen=True):
    """How often adjudicators decided otherwise than those who had judged."""

    cases: int
    count_min: int
    by_expert: list[Overturned]
    by_criterion: list[Overturned]
    by_domain: list[Overturned]
    by_expert_and_criterion: list[Overturned]
    abstained: dict[str, int]


class AdjudicationCalls:
    """The part of a client that works on disagreements."""

    _wire: Wire
    _receipts: KeptReceipts | None

    def disagreements(
        self, programme: str, *, state: str = "open", after: str | None = None, limit: int = 100
    ) -> DisagreementQueue:
        """Disagreements in one state: open, settled, preserved or withdrawn. Open ones in the order of the queue."""
        query = {"state": state, "after": after, "limit": limit}
        return self._wire.get(DisagreementQueue, f"{programme_path(programme)}/disagreements", query=query)

    def take_case(self, item: str, *, key: str | None = None) -> TakenCase:
        """Take an open case. Raises Conflict: `case-held`, `holding-case`."""
        return self._wire.post(TakenCase, f"{_case(item)}/take", key=key)

    def next_case(self, programme: str, *, key: str | None = None) -> TakenCase:
        """Take the case that comes first, or see which one is held. Raises Conflict `no-work` when none is open."""
        path = f"{programme_path(programme)}/disagreements/next"
        return self._wire.post(TakenCase, path, key=key)

    def give_back_case(self, item: str, *, key: str | None = None) -> Receipt:
        """Give one's case back without a decision."""
        return self._wire.post(Done, f"{_case(item)}/give-back", key=key).receipt

    def case(self, item: str, *, reason: str | None = None) -> Case:
        """A disagreement with its blinded judgments. That you looked is recorded. Take an open case first.

        reason  of whoever is no adjudicator: review, audit, incident or rights
        """
        return self._wire.get(Case, _case(item), query={"reason": reason})

    def settle(
        self, item: str, *, verdict: str, criteria: Sequence[str], notes: str,
        feedback: Sequence[RubricRemark] = (), confirmed: bool = False, key: str | None = None,
    ) -> Closed:  # fmt: skip
        """Settle a disagreement. A and B are the candidates as the case showed them.

        confirmed  settle it although its class says that competent people differ: else Conflict `needs-confirmation`
        """
        body = {
            "verdict": verdict, "criteria": list(criteria), "notes": notes, "feedback": list(feedback),
            "confirmed": confirmed,
        }  # fmt: skip
        return self._ended(item, "settle", body, key)

    def preserve(
        self, item: str, *, criteria: Sequence[str], notes: str, feedback: Sequence[RubricRemark] = (),
        key: str | None = None,
    ) -> Closed:  # fmt: skip
        """Preserve a disagreement as a distribution."""
        body = {"criteria": list(criteria), "notes": notes, "feedback": list(feedback)}
        return self._ended(item, "preserve", body, key)

    def return_case(
        self, item: str, *, why: str, by_same: bool, criteria: Sequence[str], notes: str,
        feedback: Sequence[RubricRemark] = (), key: str | None = None,
    ) -> Closed:  # fmt: skip
        """Have the item judged again. Its judgments are set aside and stay on record.

        why      missing_context, more_judges, unclear_rubric or error
        by_same  whether those who judged it may judge it again
        """
        body = {
            "why": why, "by_same": by_same, "criteria": list(criteria), "notes": notes, "feedback": list(feedback),
        }  # fmt: skip
        return self._ended(item, "return", body, key)

    def _ended(self, item: str, way: str, body: Mapping[str, object], key: str | None) -> Closed:
        done = self._wire.post(Closed, f"{_case(item)}/{way}", key=key, body=body)
        signed: Signed | None = done.signed
        if self._receipts is not None and signed is not None and signed.text is not None:
            self._receipts.add(signed.text)
        return done

    def overturns(self, programme: str) -> Overturns:
        """How often adjudicators decided otherwise, by expert, criterion and domain, with intervals."""
        return self._wire.get(Overturns, f"{programme_path(programme)}/overturns")

    def rubric_feedback(self, programme: str, rubric: str) -> list[GivenRemark]:
        """What adjudicators said of a rubric, newest first. That you looked is recorded."""
        path = f"{programme_path(programme)}/rubrics/{safe(rubric)}/feedback"
        return self._wire.get(dict[str, list[GivenRemark]], path)["remarks"]


def _case(item: str) -> str:
    return f"{PREFIX}/disagreements/{safe(item)}"
