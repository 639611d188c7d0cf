"""Load and tiers: fill, who has done how much, what batches still need, who is a senior adjudicator."""

from typing import Literal

from pydantic import Field

from tallystick.api.escape import Drawn
from tallystick.api.parts import Body, CountByName, Done, InPath, Key, Moment, Name, Paragraphs, Shown, TextByName
from tallystick.app import escape, tiers
from tallystick.app.tiers import BatchNeeds, LoadPage
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused

TAG = "tiers"


def mount(site: Site, prefix: str) -> None:
    """Register load and tiers."""
    inside, conflict = f"{prefix}/programmes/{{programme}}", (409, 422)
    site.api("GET", f"{inside}/load", load, permission="gate.read", answers=Load, tag=TAG)
    site.api("GET", f"{prefix}/batches/{{batch}}/needs", needs, permission="gate.read", answers=BatchNeed, tag=TAG)
    site.api(
        "POST", f"{inside}/rereview/due", draw_due, permission="monitor.write", answers=DrawnDue, refusals=conflict,
        max_bytes=1_000, tag=TAG,
    )  # fmt: skip
    site.api("POST", f"{inside}/seniors", grant, permission="roster.write", answers=Done, refusals=conflict, tag=TAG)
    site.api(
        "POST", f"{inside}/seniors/{{person}}/end", end, permission="roster.write", answers=Done, refusals=conflict,
        tag=TAG,
    )  # fmt: skip


class TierNeed(Shown):
    """One thing that a tier of risk still asks for."""

    code: str
    sentence: str
    names: list[str] = Field(description="The client's names of the items that it concerns.")


class BatchNeed(Shown):
    """A batch of work, and what its tier of risk still asks for before a release."""

    batch: str
    name: str
    domain: str
    risk: str | None = Field(description="Null when the contract in force has no such domain.")
    needs: list[TierNeed]

    @classmethod
    def told(cls, found: BatchNeeds) -> "BatchNeed":
        """The same, for an answer."""
        return cls(
            batch=found.row.batch, name=found.row.name, domain=found.row.domain, risk=found.risk,
            needs=[TierNeed(code=one.code, sentence=one.sentence, names=list(one.names)) for one in found.needs],
        )  # fmt: skip


class QuotaShown(Shown):
    """One quota of the plan, and how many finished items there are for it."""

    axis: str
    value: str
    target: int
    filled: int


class StratumShown(Shown):
    """Items that are alike on the axes of the plan."""

    domain: str
    taxonomy: TextByName
    items: int
    open: int = Field(description="Of those: with a place that nobody has.")


class WorkerShown(Shown):
    """What one expert has done. Sentinels are counted as the work that they stand in for."""

    person: str
    judged: int
    held: int = Field(description="Items that they are at now.")
    leases: int = Field(description="Items that they were given in all.")
    last_at: Moment
    most_ppm: int = Field(description="The largest share of a batch's judgments that they gave, parts per million.")
    most_in: str = Field(description="Which batch that is.")


class SpreadShown(Shown):
    """How evenly the judgments are spread."""

    people: int
    least: int
    median: int
    most: int
    gini_ppm: int = Field(description="0: all have judged the same; near a million: one has judged all.")


class SeniorShown(Shown):
    """Somebody who is, or was, a senior adjudicator of the programme."""

    person: str
    rests_on: str
    reason: str
    since: Moment
    until: Moment | None
    ended: str = Field(description="Why they are senior no more; empty while they are.")


class Rules(Shown):
    """What the contract in force says of tiers and fairness."""

    contract_version: str
    reviews: CountByName = Field(description="Tier: share of its finished items that are looked at again, in ppm.")
    senior_role: str | None
    expert_share_max_ppm: int | None
    others_first: bool


class Load(Shown):
    """How work stands in a programme."""

    rules: Rules | None = Field(description="Null when the contract in force says nothing of tiers.")
    quotas: list[QuotaShown]
    strata: list[StratumShown]
    batches: list[BatchNeed]
    workers: list[WorkerShown]
    spread: SpreadShown | None
    seniors: list[SeniorShown]

    @classmethod
    def told(cls, found: LoadPage) -> "Load":
        """The same, for an answer."""
        return cls(
            rules=Rules.of(found.rules) if found.rules is not None else None,
            quotas=[QuotaShown.of(one) for one in found.quotas],
            strata=[StratumShown.of(one) for one in found.strata],
            batches=[BatchNeed.told(one) for one in found.batches],
            workers=[WorkerShown.of(one) for one in found.workers],
            spread=SpreadShown.of(found.spread) if found.spread is not None else None,
            seniors=[
                SeniorShown(
                    person=one.row.person, rests_on=one.row.rests_on, reason=one.reason, since=one.row.at,
                    until=one.row.revoked_at, ended=one.revoked_reason,
                )
                for one in found.seniors
            ],
        )  # fmt: skip


def load(visit: Visit, programme: InPath) -> Load | Refused:
    """Read fill by quota and stratum, what every batch still needs by its tier, and who has done how much."""
    found = tiers.load_page(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else Load.told(found)


def needs(visit: Visit, batch: InPath) -> BatchNeed | Refused:
    """Read what one batch still needs by its tier of risk before it can be released."""
    found = tiers.batch_needs(visit.cell, visit.actor, batch)
    return found if isinstance(found, Refused) else BatchNeed.told(found)


class DrawnDue(Shown):
    """What was drawn; empty when the tiers have what they need so far."""

    draws: list[Drawn]


def draw_due(visit: Visit, programme: InPath, key: Key) -> DrawnDue | Refused:
    """Draw the finished items that the tiers of the contract need looked at again. Nobody chooses which."""
    found = escape.draw_due(visit.cell, visit.actor, programme, key=key)
    return found if isinstance(found, Refused) else DrawnDue(draws=[Drawn.told(one) for one in found])


class Senior(Body):
    """Who is made a senior adjudicator, and why."""

    person: Name
    rests_on: Literal["credential", "years"] = Field(description="Which of the contract's conditions they meet.")
    reason: Paragraphs = Field(description="At least 20 characters.")


class SeniorEnds(Body):
    """Why somebody is a senior adjudicator no more."""

    reason: Paragraphs = Field(description="At least 20 characters.")


def grant(visit: Visit, programme: InPath, body: Senior, key: Key) -> Done | Refused:
    """Make an adjudicator a senior one of a programme: they decide the cases of high and restricted risk."""
    done = tiers.grant_senior(
        visit.cell, visit.actor, programme, body.person, rests_on=body.rests_on, reason=body.reason, key=key
    )
    return done if isinstance(done, Refused) else Done.of(done)


def end(visit: Visit, programme: InPath, person: InPath, body: SeniorEnds, key: Key) -> Done | Refused:
    """Say that somebody is a senior adjudicator no more. What they decided stands."""
    done = tiers.revoke_senior(visit.cell, visit.actor, programme, person, reason=body.reason, key=key)
    return done if isinstance(done, Refused) else Done.of(done)
