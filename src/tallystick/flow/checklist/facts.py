"""What the operating checklist is evaluated on: a contract, its rubrics, and counts of what is there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tallystick.flow.contract import DataContract
from tallystick.flow.escape import Estimate
from tallystick.flow.rubric import Rubric

NO_CREDENTIAL: Final = "no-credential"
DISQUALIFIED: Final = "disqualified"
STANDS_DOWN: Final = "stands-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Judgments that were made elsewhere, from one source. `verdicts`: what it ever said of two candidates."""

    name: str
    judgments: int
    verdicts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The items that are kept out of training.

    others      items that may be trained on
    twins       how many held-out items have the same content as one of those, or as a gold one
    named       some of them
    late        how many came in after the first judgment of the programme
    """

    items: int = 0
    others: int = 0
    twins: int = 0
    named: tuple[str, ...] = ()
    late: int = 0
    looks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release that was cut and not given up."""

    release: str
    name: str
    version: str
    use: str
    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeGold:
    """What gold items lack that whoever always answers alike would pass.

    verdicts  those that enough of them have
    more      how many more with others are needed
    kinds     how many verdicts they need in all
    """

    verdicts: tuple[str, ...]
    more: int
    kinds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the lines of the checklist look at.

    contract_seq   where the contract in force stands in the journal
    rubrics        those in force, by id
    not_agreed     rubric: why it is not used for new work, as the constitution has it
    qualified      domain: people who are qualified under its rubric in force and may be given its work now
    left_out       domain: why others who are qualified may not (NO_CREDENTIAL, DISQUALIFIED, STANDS_DOWN): how many
    closed_signals domain: signals of its open work of which nobody passed the gold items that they ask for
    short_gold     domain and signal of open work with some gold items: how many more before anybody can take them
    alike_gold     domain and signal of open work whose gold items whoever always answers alike would pass: what
                   they lack
    cleared        people who hold a clearance for the programme now
    seniors        senior adjudicators of it now
    finished       domain: work items with all their judgments
    items          items of any purpose
    showing        of those: how many show a candidate
    observed       judgments that were made here, and stand
    blinded        of those: how many on an item that shows candidates
    sources        those that were made elsewhere, and stand
    unblinded      items with a judgment that counts of somebody who had seen behind the blinding before they gave it
    unlicensed     items without a source or a licence of their own, those with erased content left out
    second         what second looks say; None when nothing was ever drawn
    unknown_versions  judgments under a version of a rubric or contract that the journal does not hold
    affected       rubric: judgments that a later version affects, that nobody has decided on, and that somebody can
    categories     kinds of content that items carry, as their imports say
    exposures      pieces of work in which somebody had such content
    objective      work items of signals that bring results of verifiers
    verified       of those: how many this cell's own verifiers have a result of
    results        acceptance tests of which a result on the holdout is in the journal
    checked_claims releases for publication of which a check of the wording is in the journal
    """

    contract: DataContract
    contract_seq: int
    today: date
    rubrics: Mapping[str, Rubric] = field(default_factory=dict)
    not_agreed: Mapping[str, str] = field(default_factory=dict)
    qualified: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    closed_signals: Mapping[str, str] = field(default_factory=dict)
    short_gold: Mapping[tuple[str, str], int] = field(default_factory=dict)
    alike_gold: Mapping[tuple[str, str], AlikeGold] = field(default_factory=dict)
    cleared: int = 0
    seniors: int = 0
    finished: Mapping[str, int] = field(default_factory=dict)
    items: int = 0
    showing: int = 0
    observed: int = 0
    blinded: int = 0
    sources: tuple[Source, ...] = ()
    unblinded: tuple[str, ...] = ()
    unlicensed: tuple[str, ...] = ()
    held_out: HeldOut = HeldOut()
    releases: tuple[Released, ...] = ()
    second: Estimate | None = None
    unknown_versions: int = 0
    affected: Mapping[str, int] = field(default_factory=dict)
    categories: frozenset[str] = frozenset()
    exposures: int = 0
    objective: int = 0
    verified: int = 0
    results: frozenset[str] = frozenset()
    checked_claims: frozenset[str] = frozenset()

    @property
    def trains(self) -> bool:
        """Whether the rights permit training."""
        return "train" in self.contract.rights.permitted_uses

    @property
    def evaluates(self) -> bool:
        """Whether they permit evaluation."""
        return "evaluate" in self.contract.rights.permitted_uses

    @property
    def imported(self) -> int:
        """Judgments made elsewhere that stand."""
        return sum(one.judgments for one in self.sources)

    @property
    def judgments(self) -> int:
        """Judgments that stand, made here or elsewhere."""
        return self.observed + self.imported
