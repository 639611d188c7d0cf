"""Pay over the API: terms, one's own standing, statements, periods and their files. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class PayStanding(Answer, frozen=True):
    """How one's own pay stands in a programme now. Amounts are minor units."""

    programme: str
    period: str
    currency: str
    decimals: int
    today_ms: int
    active_ms: int
    acts: int
    earned: int
    earned_hourly: int | None
    floor_hourly: int
    floor: int
    top_up: int
    is_accepted: bool


class PayRate(Answer, frozen=True):
    """What one kind of work is paid; None stands for every domain or signal."""

    work: str
    domain: str | None
    signal: str | None
    piece: int
    hourly: int


class PayTerms(Answer, frozen=True):
    """The pay terms in force; `terms` is the digest to accept them by."""

    programme: str
    contract_version: str
    terms: str
    currency: str
    decimals: int
    period: str
    time_zone: str
    floor_hourly: int
    unmeasured_ms_max: int
    act_ms_max: int | None
    rates: list[PayRate]
    words: str
    is_accepted: bool


class PayLine(Answer, frozen=True):
    """One paid act of work; `seq` is its index in the log."""

    seq: int
    at: int
    work: str
    subject: str
    item: str
    domain: str
    signal: str
    active_ms: int
    claimed_ms: int | None
    bound_ms: int
    fit_ms: int
    cut: str
    terms: str
    piece: int
    hourly: int
    amount: int


class PayAddition(Answer, frozen=True):
    """An amount that a lead added."""

    seq: int
    at: int
    amount: int
    reference: int | None
    reason: str


class PaySum(Answer, frozen=True):
    """All acts of one kind of work."""

    work: str
    acts: int
    active_ms: int
    amount: int


class PayStatement(Answer, frozen=True):
    """What one person is owed for one period."""

    programme: str
    person: str
    period: str
    from_at: int
    until_at: int
    is_closed: bool
    currency: str
    decimals: int
    lines: list[PayLine]
    additions: list[PayAddition]
    by_work: list[PaySum]
    active_ms: int
    earned: int
    earned_hourly: int | None
    floor: int
    top_up: int
    added: int
    payable: int
    periods: list[str]


class PersonPaid(Answer, frozen=True):
    """One person in a period."""

    person: str
    acts: int
    active_ms: int
    earned: int
    earned_hourly: int | None
    floor: int
    top_up: int
    added: int
    payable: int
    is_accepted: bool


class OddTime(Answer, frozen=True):
    """An act whose time stands out from its author's own."""

    person: str
    what: str
    median_ms: int | None
    line: PayLine


class PayPeriod(Answer, frozen=True):
    """A period of a programme; its state is closed, ended or going on."""

    period: str
    from_at: int
    until_at: int
    state: str
    closed_seq: int | None
    exports: int


class PayTotals(Answer, frozen=True):
    """All statements of a period together."""

    people: int
    lines: int
    active_ms: int
    earned: int
    top_up: int
    added: int
    payable: int


class ProgrammePay(Answer, frozen=True):
    """What a period of a programme costs."""

    programme: str
    period: str
    state: str
    currency: str
    decimals: int
    floor_hourly: int
    people: list[PersonPaid]
    totals: PayTotals
    odd: list[OddTime]
    periods: list[PayPeriod]


class PayClosed(Answer, frozen=True):
    """A period that is closed: its lines never change."""

    programme: str
    period: str
    from_at: int
    until_at: int
    currency: str
    decimals: int
    people: int
    lines: int
    active_ms: int
    earned: int
    top_up: int
    added: int
    payable: int
    lines_digest: str
    summary_digest: str
    receipt: Receipt


class PayExport(Answer, frozen=True):
    """That the files of a closed period were handed out."""

    programme: str
    period: str
    lines_digest: str
    lines_bytes: int
    summary_digest: str
    summary_bytes: int
    receipt: Receipt


class PayCalls:
    """The part of a client that is about pay."""

    _wire: Wire

    def my_pay(self) -> list[PayStanding]:
        """How one's own pay stands, in every programme whose terms one has accepted."""
        return self._wire.get(dict[str, list[PayStanding]], f"{PREFIX}/me/pay")["programmes"]

    def my_statement(self, programme: str, *, period: str = "") -> PayStatement:
        """One's own statement; of the period that goes on when none is named."""
        return self._wire.get(PayStatement, f"{PREFIX}/me/pay/{safe(programme)}", query={"period": period})

    def pay_terms(self, programme: str) -> PayTerms:
        """The pay terms in force."""
        return self._wire.get(PayTerms, f"{_of(programme)}/terms")

    def accept_pay_terms(self, programme: str, terms: str, *, key: str | None = None) -> Receipt:
        """Accept the terms in force, by the digest of what was read."""
        return self._wire.post(Done, f"{_of(programme)}/terms", key=key, body={"terms": terms}).receipt

    def programme_pay(self, programme: str, *, period: str = "") -> ProgrammePay:
        """What a period costs; the one that goes on when none is named."""
        return self._wire.get(ProgrammePay, _of(programme), query={"period": period})

    def statement_of(self, programme: str, person: str, *, period: str = "") -> PayStatement:
        """Somebody's statement."""
        where = f"{_of(programme)}/people/{safe(person)}"
        return self._wire.get(PayStatement, where, query={"period": period})

    def close_pay_period(self, programme: str, period: str, *, key: str | None = None) -> PayClosed:
        """Close a period that has ended."""
        return self._wire.post(PayClosed, f"{_of(programme)}/periods/{safe(period)}/close", key=key)

    def export_pay(self, programme: str, period: str, *, key: str | None = None) -> PayExport:
        """Hand out the files of a closed period. Read them with `pay_file`."""
        return self._wire.post(PayExport, f"{_of(programme)}/periods/{safe(period)}/exports", key=key)

    def pay_file(self, programme: str, period: str, file: str) -> bytes:
        """`lines.csv` or `summary.csv` of a period that was exported."""
        return self._wire.send("GET", f"{_of(programme)}/periods/{safe(period)}/{safe(file)}")

    def add_pay(
        self, programme: str, person: str, amount: int, reason: str, *, reference: int | None = None,
        key: str | None = None,
    ) -> Receipt:  # fmt: skip
        """Add an amount in minor units to what somebody is paid."""
        body = {"person": person, "amount": amount, "reason": reason, "reference": reference}
        return self._wire.post(Done, f"{_of(programme)}/additions", key=key, body=body).receipt


def _of(programme: str) -> str:
    return f"{programme_path(programme)}/pay"
