"""Pay: terms and their acceptance, one's own standing and statements, what a period costs, closing it, its files."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from tallystick.api.parts import Body, Done, InPath, Key, Moment, Name, Paragraphs, Receipt, Seq, Shown
from tallystick.app import pay
from tallystick.app.pay import Overview, StatementPage, TermsPage
from tallystick.edge import Site, Visit
from tallystick.flow.pay import Statement
from tallystick.flow.refusal import Refused

TAG = "pay"
CSV = "text/csv"


def mount(site: Site, prefix: str) -> None:
    """Register pay."""
    inside = f"{prefix}/programmes/{{programme}}/pay"
    one = f"{inside}/periods/{{period}}"
    site.api("GET", f"{prefix}/me/pay", mine, permission="pay.own", answers=MyPay, tag=TAG)
    site.api(
        "GET", f"{prefix}/me/pay/{{programme}}", own, permission="pay.own", answers=StatementShown, refusals=(422,),
        tag=TAG,
    )  # fmt: skip
    site.api("GET", f"{inside}/terms", terms, permission="pay.own or pay.read", answers=TermsShown, tag=TAG)
    site.api("POST", f"{inside}/terms", accept, permission="pay.own", answers=Done, refusals=(409,), tag=TAG)
    site.api("GET", inside, overview, permission="pay.read", answers=PayShown, refusals=(409, 422), tag=TAG)
    site.api(
        "GET", f"{inside}/people/{{person}}", somebody, permission="pay.read", answers=StatementShown,
        refusals=(422,), tag=TAG,
    )  # fmt: skip
    site.api("POST", f"{inside}/additions", add, permission="pay.write", answers=Done, refusals=(409, 422), tag=TAG)
    site.api(
        "POST", f"{one}/close", close, permission="pay.write", answers=ClosedShown, refusals=(409,), max_bytes=1_000,
        tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{one}/exports", export, permission="pay.write", answers=ExportShown, refusals=(409,), max_bytes=1_000,
        tag=TAG,
    )  # fmt: skip
    site.api(
        "GET", f"{one}/{{file}}", file, permission="pay.read", answers=None, refusals=(422,), tag=TAG,
        gives={CSV: "`lines.csv` or `summary.csv`, byte for byte as exported (RFC 4180)."},
    )  # fmt: skip


Period = Annotated[
    str,
    Query(pattern=r"^([0-9]{4}-(W[0-9]{2}|[0-9]{2}))?$", description="Such as 2026-11 or 2026-W47; now when empty."),
]
Minor = Annotated[int, Field(description="Minor units of the currency.")]
PerHour = Annotated[int | None, Field(description="Minor units for an hour, rounded down; null without active time.")]


class StandingShown(Shown):
    """How one's own pay stands in a programme now."""

    programme: str
    period: str
    currency: str
    decimals: int = Field(description="One unit of the currency is 10 to this power minor units.")
    today_ms: int
    active_ms: int
    acts: int
    earned: Minor
    earned_hourly: PerHour
    floor_hourly: Minor
    floor: Minor
    top_up: Minor
    is_accepted: bool = Field(description="False: work waits until you accept the terms in force.")


class MyPay(Shown):
    """One's own pay in every programme whose terms one has accepted."""

    programmes: list[StandingShown]


def mine(visit: Visit) -> MyPay:
    """Read how your own pay stands: active time, earned, effective rate and floor."""
    return MyPay(programmes=[StandingShown.of(one) for one in pay.mine(visit.cell, visit.actor)])


class RateShown(Shown):
    """What one kind of work is paid; null stands for every domain or signal."""

    work: str
    domain: str | None
    signal: str | None
    piece: Minor
    hourly: Minor


class TermsShown(Shown):
    """The pay terms in force."""

    programme: str
    contract_version: str
    terms: str = Field(description="Digest of the terms: send it when you accept them.")
    currency: str
    decimals: int
    period: str
    time_zone: str
    floor_hourly: Minor
    unmeasured_ms_max: int = Field(description="Longest time that counts of an act that nobody measured.")
    act_ms_max: int | None = Field(
        description="Longest time that counts of any act; null in terms without such a limit."
    )
    rates: list[RateShown]
    words: str
    is_accepted: bool

    @classmethod
    def told(cls, found: TermsPage) -> "TermsShown":
        """The terms as an answer."""
        row = found.row
        return cls(
            programme=row.programme, contract_version=row.version, terms=row.terms, currency=row.currency,
            decimals=row.decimals, period=row.period, time_zone=row.time_zone, floor_hourly=row.floor_hourly,
            unmeasured_ms_max=row.unmeasured_ms_max, act_ms_max=row.act_ms_max,
            rates=[RateShown.of(rate) for rate in found.rates], words=found.words, is_accepted=found.is_accepted,
        )  # fmt: skip


def terms(visit: Visit, programme: InPath) -> TermsShown | Refused:
    """Read the pay terms in force."""
    found = pay.terms_page(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else TermsShown.told(found)


class Acceptance(Body):
    """Which terms are accepted."""

    terms: str = Field(pattern=r"^[0-9a-f]{64}$", description="The digest of the terms that you were shown.")


def accept(visit: Visit, programme: InPath, body: Acceptance, key: Key) -> Done | Refused:
    """Accept the pay terms in force. Work that is given from now on is paid by them; nothing before is."""
    found = pay.accept(visit.cell, visit.actor, programme, terms=body.terms, key=key)
    return found if isinstance(found, Refused) else Done.of(found.receipt)


class LineShown(Shown):
    """One paid act of work. `seq` is its index in the log."""

    seq: Seq
    at: Moment
    work: str
    subject: str = Field(description="A judgment, qualification, session, or the item of a case or second look.")
    item: str
    domain: str
    signal: str
    active_ms: int = Field(description="The time that counts.")
    claimed_ms: int | None = Field(description="What the page measured; null when nothing did.")
    bound_ms: int = Field(description="What the cell saw between giving the work and its answer.")
    fit_ms: int = Field(description="What of the time that counts no other work of the person takes up.")
    cut: Literal["", "seen", "overlap", "limit", "unmeasured", "closed"] = Field(
        description="Why less time counts than was measured or passed: more than the cell saw, time of other work, the "
        "limit for one act, that for unmeasured acts, a period closed by an earlier way of counting. Empty: all counts."
    )
    terms: str
    piece: Minor
    hourly: Minor
    amount: Minor


class AddedShown(Shown):
    """An amount that a lead added."""

    seq: Seq
    at: Moment
    amount: Minor
    reference: int | None = Field(description="Log index of the work that it is about.")
    reason: str


class SumShown(Shown):
    """All acts of one kind of work."""

    work: str
    acts: int
    active_ms: int
    amount: Minor


class StatementShown(Shown):
    """What one person is owed for one period."""

    programme: str
    person: str
    period: str
    from_at: Moment
    until_at: Moment
    is_closed: bool
    currency: str
    decimals: int
    lines: list[LineShown]
    additions: list[AddedShown]
    by_work: list[SumShown]
    active_ms: int
    earned: Minor
    earned_hourly: PerHour
    floor: Minor
    top_up: Minor
    added: Minor
    payable: Minor
    periods: list[str] = Field(description="Periods that can be asked for, newest first.")

    @classmethod
    def told(cls, found: StatementPage) -> "StatementShown":
        """The statement as an answer."""
        one = found.statement
        return cls(
            programme=found.terms.programme, person=one.person, period=found.period.name,
            from_at=found.period.from_at, until_at=found.period.until_at, is_closed=found.closed is not None,
            currency=found.terms.currency, decimals=found.terms.decimals,
            lines=[LineShown.of(act) for act in one.acts],
            additions=[
                AddedShown(
                    seq=more.seq, at=more.at, amount=more.amount, reference=more.reference,
                    reason=found.reasons[more.seq],
                )
                for more in one.added_lines
            ],
            by_work=[SumShown.of(each) for each in one.by_work], active_ms=one.active_ms, earned=one.earned,
            earned_hourly=one.earned_hourly, floor=one.floor, top_up=one.top_up, added=one.added,
            payable=one.payable, periods=list(found.periods),
        )  # fmt: skip


def own(visit: Visit, programme: InPath, period: Period = "") -> StatementShown | Refused:
    """Read your own statement for a period, line by line. 422 `bad-period` when the calendar has none of that name."""
    found = pay.my_statement(visit.cell, visit.actor, programme, period)
    return found if isinstance(found, Refused) else StatementShown.told(found)


def somebody(visit: Visit, programme: InPath, person: InPath, period: Period = "") -> StatementShown | Refused:
    """Read somebody's statement for a period, line by line."""
    found = pay.statement_of(visit.cell, visit.actor, programme, person, period=period)
    return found if isinstance(found, Refused) else StatementShown.told(found)


class PersonPaid(Shown):
    """One person in a period."""

    person: str
    acts: int
    active_ms: int
    earned: Minor
    earned_hourly: PerHour
    floor: Minor
    top_up: Minor = Field(description="Above 0: the rates brought less than the floor.")
    added: Minor
    payable: Minor
    is_accepted: bool

    @classmethod
    def told(cls, one: Statement, *, is_accepted: bool) -> "PersonPaid":
        """A person's sums as an answer."""
        return cls(
            person=one.person, acts=len(one.acts), active_ms=one.active_ms, earned=one.earned,
            earned_hourly=one.earned_hourly, floor=one.floor, top_up=one.top_up, added=one.added,
            payable=one.payable, is_accepted=is_accepted,
        )  # fmt: skip


class OddShown(Shown):
    """An act whose time stands out from its author's own. It changes no amount."""

    person: str
    what: Literal["short", "long", "over", "limit", "overlap"] = Field(
        description="over: the page claimed more than the cell saw. limit: more than the terms count of one act. "
        "overlap: the same time as other work of this person."
    )
    median_ms: int | None
    line: LineShown


class PeriodShown(Shown):
    """A period of a programme."""

    period: str
    from_at: Moment
    until_at: Moment
    state: Literal["closed", "ended", "going on"]
    closed_seq: int | None
    exports: int


class TotalsShown(Shown):
    """All statements of a period together."""

    people: int
    lines: int
    active_ms: int
    earned: Minor
    top_up: Minor
    added: Minor
    payable: Minor


class PayShown(Shown):
    """What a period costs, who earned less than the floor, whose times stand out, and all periods."""

    programme: str
    period: str
    state: Literal["closed", "ended", "going on"]
    currency: str
    decimals: int
    floor_hourly: Minor
    people: list[PersonPaid]
    totals: TotalsShown
    odd: list[OddShown]
    periods: list[PeriodShown]

    @classmethod
    def told(cls, found: Overview) -> "PayShown":
        """The overview as an answer."""
        return cls(
            programme=found.terms.programme, period=found.period.name, state=found.state,  # type: ignore[arg-type]  # one of the three
            currency=found.terms.currency, decimals=found.terms.decimals, floor_hourly=found.terms.floor_hourly,
            people=[PersonPaid.told(one.statement, is_accepted=one.is_accepted) for one in found.people],
            totals=TotalsShown.of(found.totals),
            odd=[
                OddShown(person=one.act.person, what=one.what, median_ms=one.median_ms, line=LineShown.of(one.act))  # type: ignore[arg-type]  # one of the five
                for one in found.odd
            ],
            periods=[
                PeriodShown(
                    period=row.period.name, from_at=row.period.from_at, until_at=row.period.until_at,
                    state=row.state,  # type: ignore[arg-type]  # one of the three
                    closed_seq=row.closed.seq if row.closed else None, exports=len(row.exports),
                )
                for row in found.periods
            ],
        )  # fmt: skip


def overview(visit: Visit, programme: InPath, period: Period = "") -> PayShown | Refused:
    """Read what a period costs: totals, people, times that stand out. 409 `no-pay-terms` when nobody is paid here."""
    found = pay.overview(visit.cell, visit.actor, programme, period)
    return found if isinstance(found, Refused) else PayShown.told(found)


class ClosedShown(Shown):
    """A period that is closed: its lines never change."""

    programme: str
    period: str
    from_at: Moment
    until_at: Moment
    currency: str
    decimals: int
    people: int
    lines: int
    active_ms: int
    earned: Minor
    top_up: Minor
    added: Minor
    payable: Minor
    lines_digest: str
    summary_digest: str
    receipt: Receipt


def close(visit: Visit, programme: InPath, period: InPath, key: Key) -> ClosedShown | Refused:
    """Close a period that has ended. 409 `period-before-open` while work in an earlier one is open."""
    found = pay.close(visit.cell, visit.actor, programme, period, key=key)
    if isinstance(found, Refused):
        return found
    fact = {name: getattr(found.fact, name) for name in ClosedShown.model_fields if name != "receipt"}
    return ClosedShown(**fact, receipt=Receipt.of(found.receipt))


class ExportShown(Shown):
    """That the two files of a closed period were handed out, and their digests."""

    programme: str
    period: str
    lines_digest: str
    lines_bytes: int
    summary_digest: str
    summary_bytes: int
    receipt: Receipt


def export(visit: Visit, programme: InPath, period: InPath, key: Key) -> ExportShown | Refused:
    """Hand out the files of a closed period: read them afterwards as `lines.csv` and `summary.csv`."""
    found = pay.export(visit.cell, visit.actor, programme, period, key=key)
    if isinstance(found, Refused):
        return found
    return ExportShown(
        programme=found.programme, period=found.period, lines_digest=found.lines_digest,
        lines_bytes=len(found.lines), summary_digest=found.summary_digest, summary_bytes=len(found.summary),
        receipt=Receipt.of(found.receipt),
    )  # fmt: skip


def file(visit: Visit, programme: InPath, period: InPath, file: InPath) -> Response | Refused:
    """Read a file of a period that was exported: every export gives the same bytes."""
    found = pay.file_of(visit.cell, visit.actor, programme, period, name=file)
    if isinstance(found, Refused):
        return found
    name = f"{programme}-{period}-{file}"
    return Response(found, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})


class Addition(Body):
    """An amount beside the rates."""

    person: Name
    amount: int = Field(ge=1, le=100_000_000, description="Minor units. It does not count towards the floor.")
    reason: Paragraphs
    reference: int | None = Field(default=None, ge=0, description="Log index of the paid work that it is about.")


def add(visit: Visit, programme: InPath, body: Addition, key: Key) -> Done | Refused:
    """Add an amount to what somebody is paid, in the period that goes on. Nothing is ever taken away."""
    found = pay.add(
        visit.cell, visit.actor, programme, person=body.person, amount=body.amount, reason=body.reason,
        reference=body.reference, key=key,
    )  # fmt: skip
    return found if isinstance(found, Refused) else Done.of(found)
