"""The section `assignment` of a contract: second reviews by risk, who is senior, and fairness (SPEC 5.1, 5.2).

Reads and writes nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from tallystick.events.assignment import AssignmentPolicySet
from tallystick.flow.document import Fault, Part, Share, Text, share_ppm
from tallystick.flow.rubric import Domain

TYPE: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
"""A type of credential, as against words about one."""
SENIOR_TIERS: Final = ("high", "restricted")
"""Tiers of risk whose divided and severe items go to a senior adjudicator."""


class ReviewRates(Part):
    """The share of finished items on which the judges agree that somebody else looks at again, by risk."""

    low: Share = "0.10"
    medium: Share = "0"
    high: Share = "0.20"
    restricted: Share = "0.20"


class Senior(Part):
    """What makes an adjudicator a senior one: a role, and a credential or years. A lead grants it, with a reason."""

    role: Literal["author", "reviewer", "policy_reviewer", "language_specialist", "adjudicator"] = "adjudicator"
    credential: Text | None = None
    years: Annotated[int, Field(ge=1, le=60)] | None = None

    @property
    def credential_type(self) -> str | None:
        """The type that the credential names; None where it is said in other words, which only a person can check."""
        return self.credential if self.credential is not None and re.fullmatch(TYPE, self.credential) else None

    def faults(self) -> Iterator[Fault]:
        if self.credential is None and self.years is None:
            yield Fault(
                path=("credential",), expected="a credential, or years of experience", found="neither",
                fix="Say what makes an adjudicator a senior one.",
            )  # fmt: skip


class Assignment(Part):
    """How work is given out and what each tier of risk demands before a release.

    expert_share_max  the largest share of a batch's judgments that one expert gives; none: no limit
    others_first      whether those who have had less come first while there is little work
    demonstrations_reviewed  whether a batch waits until others have reviewed what experts wrote in it
    """

    reviews: ReviewRates = ReviewRates()
    senior: Senior | None = None
    expert_share_max: Share | None = None
    others_first: bool = True
    demonstrations_reviewed: bool = False

    def faults(self) -> Iterator[Fault]:
        if self.expert_share_max is not None and share_ppm(self.expert_share_max) == 0:
            yield Fault(
                path=("expert_share_max",), expected="a share above 0", found=self.expert_share_max,
                fix="Leave it out, or say how much of a batch one expert may judge.",
            )  # fmt: skip


def assignment_faults(assignment: Assignment | None, risks: Mapping[Domain, str]) -> Iterator[Fault]:
    """What does not fit between the section and the domains of its contract."""
    careful = [name for name, risk in risks.items() if risk in SENIOR_TIERS]
    if assignment is not None and assignment.senior is None and careful:
        are = "is" if len(careful) == 1 else "are"
        yield Fault(
            path=("assignment", "senior"),
            expected=f"who counts as senior, because {', '.join(careful)} {are} of high or restricted risk",
            found="nothing", fix="Name a role, and a credential or years of experience.",
        )  # fmt: skip


def unbound(assignment: Assignment | None, risks: Mapping[Domain, str]) -> list[Domain]:
    """The domains of high or restricted risk of a contract that says nothing of seniors and second looks."""
    return [] if assignment else [name for name, risk in risks.items() if risk in SENIOR_TIERS]


def unreviewed(assignment: Assignment | None, risks: Mapping[Domain, str]) -> list[str]:
    """The tiers of high and restricted risk for which a contract says that nobody looks again."""
    rates = {} if assignment is None else assignment.reviews.model_dump()
    return [risk for risk in SENIOR_TIERS if risk in risks.values() and rates and share_ppm(rates[risk]) == 0]


def tier_facts(programme: str, version: str, said: Assignment | None) -> list[AssignmentPolicySet]:
    """What a contract version says of tiers and fairness, as a fact; none when it says nothing."""
    if said is None:
        return []
    share = said.expert_share_max
    return [
        AssignmentPolicySet(
            programme=programme, contract_version=version,
            reviews={risk: share_ppm(rate) for risk, rate in said.reviews.model_dump().items()},
            senior_role=said.senior.role if said.senior else None,
            expert_share_max_ppm=None if share is None else share_ppm(share), others_first=said.others_first,
        )
    ]  # fmt: skip
