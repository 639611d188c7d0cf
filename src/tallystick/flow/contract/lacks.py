"""What a data contract lacks although it can be read, and whether its rubrics fit it.

Reads a contract, its rubrics and today's date as values; writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tallystick.canon import PPM
from tallystick.flow.contract.assignment import unbound, unreviewed
from tallystick.flow.contract.model import (
    AXIS_VALUES,
    HARD_DIFFICULTIES,
    Axis,
    DataContract,
    redundancy_for,
)
from tallystick.flow.contract.routing import routing_for
from tallystick.flow.contract.welfare import BINDING_MAX, Welfare
from tallystick.flow.document import Finding, Problem, share_ppm
from tallystick.flow.rubric import Domain, Rubric
from tallystick.signals import BY_NAME

_SEVERITIES = ("critical", "high", "medium", "low")


def findings(contract: DataContract, today: date) -> list[Finding]:
    """What must be answered before production, serious findings first."""
    found = [
        *_sampling_findings(contract),
        *_supervision_findings(contract),
        *_rights_findings(contract, today),
        *_agreement_findings(contract),
        *_level_findings(contract),
        *_failure_findings(contract),
        *_tier_findings(contract),
    ]
    return sorted(found, key=lambda finding: finding.severity != "serious")


def _sampling_findings(contract: DataContract) -> Iterator[Finding]:
    totals = {axis: _total(contract, axis) for axis in dict.fromkeys(quota.axis for quota in contract.sampling.quotas)}
    whole = {axis: total for axis, total in totals.items() if _is_whole(contract, axis)}
    if len(set(whole.values())) > 1:
        words = ", ".join(f"{axis} {total}" for axis, total in whole.items())
        yield _serious(
            "quota-sums", "sampling.quotas", f"The quotas of each axis should add up to one number of items: {words}."
        )
    planned = max(whole.values(), default=None)
    for axis, total in totals.items():
        if planned is not None and axis not in whole and total > planned:
            sentence = f"The quotas of {axis} add up to {total}, more than the {planned} items of the other axes."
            yield _serious("quota-sums", "sampling.quotas", sentence)
    for name in contract.domains:
        if not any((quota.axis, quota.value) == ("domain", name) for quota in contract.sampling.quotas):
            yield _serious(
                "domain-without-quota", "sampling.quotas", f"No quota says how many items of {name} are wanted."
            )
    yield from _hard_findings(contract)


def _hard_findings(contract: DataContract) -> Iterator[Finding]:
    quotas = [quota for quota in contract.sampling.quotas if quota.axis == "difficulty"]
    if not _is_whole(contract, "difficulty"):
        sentence = "The quotas leave a difficulty open, so nothing stops easy items from filling the programme."
        yield _warning("difficulty-open", "sampling.quotas", sentence)
        return
    hard = sum(quota.target for quota in quotas if quota.value in HARD_DIFFICULTIES)
    planned = sum(quota.target for quota in quotas)
    if hard * PPM < share_ppm(contract.sampling.hard_share_min) * planned:
        sentence = (
            f"The plan itself is easier than it says: {hard} of {planned} items are hard or boundary, "
            f"{contract.sampling.hard_share_min} is the least share."
        )
        yield _warning("plan-too-easy", "sampling.hard_share_min", sentence)


def _total(contract: DataContract, axis: Axis) -> int:
    return sum(quota.target for quota in contract.sampling.quotas if quota.axis == axis)


def _is_whole(contract: DataContract, axis: Axis) -> bool:
    """Whether the quotas name every value of an axis, so that they add up to all items."""
    values = tuple(contract.domains) if axis == "domain" else AXIS_VALUES.get(axis)
    named = {quota.value for quota in contract.sampling.quotas if quota.axis == axis}
    return values is not None and named >= set(values)


def _supervision_findings(contract: DataContract) -> Iterator[Finding]:
    for number, part in enumerate(contract.supervision):
        if not part.why:
            sentence = f"Nothing says why {part.signal} is informative for the behaviour."
            yield _serious("supervision-without-why", f"supervision[{number}].why", sentence)
        if BY_NAME[part.signal].is_restricted and not _is_anything_closed(contract):
            sentence = (
                f"Work of the signal {part.signal} is for people who were let in, and no domain asks for a clearance: "
                "give it a domain of restricted risk, and the contract a section `routing`."
            )
            yield _serious("restricted-signal-open", f"supervision[{number}].signal", sentence)


def _is_anything_closed(contract: DataContract) -> bool:
    """Whether a domain asks for a clearance of whoever sees its items."""
    rules = contract.routing
    if rules is None:
        return False
    return any(routing_for(rules, name, plan.risk).clearance for name, plan in contract.domains.items())


def _rights_findings(contract: DataContract, today: date) -> Iterator[Finding]:
    rights = contract.rights
    if rights.retention_until <= today:
        sentence = f"Retention ends on {rights.retention_until}, which is not after today ({today})."
        yield _serious("retention-over", "rights.retention_until", sentence)
    if "evaluate" not in rights.permitted_uses:
        sentence = "The holdout and the acceptance tests need the use `evaluate`, which the rights do not permit."
        yield _serious("evaluate-not-permitted", "rights.permitted_uses", sentence)
    if "train" not in rights.permitted_uses:
        sentence = "The supervision is meant for training, which the rights do not permit: a release will be refused."
        yield _serious("train-not-permitted", "rights.permitted_uses", sentence)
    if rights.source_class == "client_supplied" and "publish" in rights.permitted_uses:
        sentence = "The client's own material may be published: have the client confirm it in writing."
        yield _warning("publish-client-material", "rights.permitted_uses", sentence)
    if share_ppm(contract.holdout.share) == 0:
        sentence = "No item is held out, so no improvement can be measured on data kept out of training."
        yield _serious("no-holdout", "holdout.share", sentence)


def _agreement_findings(contract: DataContract) -> Iterator[Finding]:
    for name, plan in contract.domains.items():
        if redundancy_for(contract, name) < 2:
            sentence = f"{name} is of {plan.risk} risk and judged once: its agreement cannot be measured or gated."
            yield _serious("judged-once", f"redundancy.{plan.risk}", sentence)
    if contract.agreement.metric == "percent_agreement":
        sentence = "Percent agreement counts agreement by chance: name a coefficient, or say why it does not matter."
        if not contract.agreement.why:
            yield _warning("chance-not-removed", "agreement.metric", sentence)
    elif not contract.agreement.why:
        sentence = f"Nothing says why {contract.agreement.metric} is the right measure here."
        yield _warning("metric-without-why", "agreement.why", sentence)


def _level_findings(contract: DataContract) -> Iterator[Finding]:
    is_pair = any(BY_NAME[part.signal].is_pair for part in contract.supervision)
    levels = {"agreement.level": contract.agreement.level} | {
        f"domains.{name}.agreement.level": plan.agreement.level
        for name, plan in contract.domains.items() if plan.agreement
    }  # fmt: skip
    for path in (path for path, level in levels.items() if is_pair and level == "ordinal"):
        sentence = (
            "Both unacceptable has no place on an ordered scale of verdicts, so an ordinal gate does not see it: "
            "choose nominal if such verdicts are to be expected."
        )
        yield _warning("ordinal-leaves-out", path, sentence)


def _failure_findings(contract: DataContract) -> Iterator[Finding]:
    ranks = [_SEVERITIES.index(failure.severity) for failure in contract.failures]
    if ranks != sorted(ranks):
        sentence = "The failures stand in an order of importance that their severities contradict."
        yield _warning("failure-order", "failures", sentence)


def _tier_findings(contract: DataContract) -> Iterator[Finding]:
    for one in _loose(contract):
        yield _serious(one.code, one.section, f"{one.sentence} The next version of the contract needs it.")
    once = [name for name, plan in contract.domains.items() if plan.risk == "low"]
    if once and contract.assignment is None:
        sentence = (
            f"Low risk asks for a sampled review, and without the section `assignment` none is held before a release: "
            f"{', '.join(once)}."
        )
        yield _warning("tiers-unsaid", "assignment", sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loose:
    """What high or restricted risk asks for and a contract does not say.

    section   where it is to be said; `path` is what in the contract shows that it lacks
    sentence  what follows from it in a version that is in force already
    """

    code: str
    section: str
    sentence: str
    path: str
    expected: str
    found: str
    fix: str


def _loose(contract: DataContract) -> Iterator[_Loose]:
    """What binds nobody although a tier of risk asks for it.

    No fault of a contract, because versions from before stay readable and keep their meaning: it is asked of a version
    that comes into force.
    """
    risks = {name: plan.risk for name, plan in contract.domains.items()}
    careful, closed = unbound(contract.assignment, risks), [name for name in risks if risks[name] == "restricted"]
    if careful:
        yield _without_section(careful)
    for risk in unreviewed(contract.assignment, risks):
        yield _without_reviews([name for name in risks if risks[name] == risk], risk)
    if closed and contract.routing is None:
        yield _without_clearance(closed)
    if closed and (contract.welfare is None or not contract.welfare.is_limiting):
        yield _without_limits(closed, contract.welfare)


def _without_section(careful: list[Domain]) -> _Loose:
    return _Loose(
        code="tiers-unbound", section="assignment", path=f"domains.{careful[0]}.risk",
        sentence=(
            f"The section `assignment` is missing, so no senior adjudicator decides anything and nothing is looked at "
            f"again in {', '.join(careful)}, of high or restricted risk."
        ),
        expected=f"the section `assignment`, because {', '.join(careful)} {_is(careful)} of high or restricted risk",
        found="no such section",
        fix=(
            "Say who is senior, for example `assignment: {senior: {role: adjudicator, years: 8}}`. Then a fifth of "
            "what the judges agree on is looked at again, unless `reviews` in it names another rate."
        ),
    )  # fmt: skip


def _without_reviews(domains: list[Domain], risk: str) -> _Loose:
    path = f"assignment.reviews.{risk}"
    return _Loose(
        code="tier-unreviewed", section=path, path=path,
        sentence=f"The rate of second looks is 0, so nobody looks again at {', '.join(domains)}, of {risk} risk.",
        expected=f"a rate above 0, because {', '.join(domains)} {_is(domains)} of {risk} risk", found="0",
        fix='Leave the rate out, which asks for a fifth ("0.20"), or name another one above 0.',
    )  # fmt: skip


def _without_clearance(closed: list[Domain]) -> _Loose:
    return _Loose(
        code="restricted-open", section="routing", path=f"domains.{closed[0]}.risk",
        sentence=(
            f"The section `routing` is missing, so whoever qualifies is given {', '.join(closed)}, of restricted risk, "
            "without a clearance."
        ),
        expected=f"the section `routing`, because {', '.join(closed)} {_is(closed)} of restricted risk",
        found="no such section",
        fix="Add `routing: {domains: {}}`. Then such domains are for people who have a clearance alone.",
    )  # fmt: skip


def _without_limits(closed: list[Domain], said: Welfare | None) -> _Loose:
    asked = f"a limit of at most {BINDING_MAX} minutes or {BINDING_MAX} items a day"
    found = "no such section" if said is None else "none that anybody reaches" if said.is_said else "no limit"
    return _Loose(
        code="restricted-unlimited", section="welfare", path="welfare" if said else f"domains.{closed[0]}.risk",
        sentence=f"Nothing limits how much work of {', '.join(closed)}, of restricted risk, somebody does in a day.",
        expected=(
            f"the section `welfare` with {asked}, because {', '.join(closed)} {_is(closed)} of restricted risk"
        ),
        found=found,
        fix="Say how much is enough, for example `welfare: {minutes_daily_max: 240}`, also by kind of content.",
    )  # fmt: skip


def _is(domains: list[Domain]) -> str:
    return "is" if len(domains) == 1 else "are"


def _serious(code: str, path: str, sentence: str) -> Finding:
    return _finding(code, path, sentence, severity="serious")


def _warning(code: str, path: str, sentence: str) -> Finding:
    return _finding(code, path, sentence, severity="warning")


def _finding(code: str, path: str, sentence: str, *, severity: Literal["serious", "warning"]) -> Finding:
    return Finding(code=code, path=path, severity=severity, sentence=sentence)


def check_bound(contract: DataContract, name: str) -> list[Problem]:
    """What keeps a version from coming into force that can be read, or nothing.

    name     what the writer of the document calls it
    returns  problems without a line; `document.placed` finds the lines in the contract's text
    """
    return [
        Problem(name=name, line=None, path=one.path, expected=one.expected, found=one.found, fix=one.fix)
        for one in _loose(contract)
    ]


# --- contract against rubrics -----------------------------------------------------------------------------------


def check_rubrics(contract: DataContract, rubrics: Mapping[str, Rubric]) -> list[Problem]:
    """Where the contract and its rubrics do not fit each other; no problem means that work can start.

    rubrics  the versions in force, by rubric id
    returns  problems without a line; `document.placed` finds the lines in the contract's text
    """
    return [*_missing_rubrics(contract, rubrics), *_unwanted_rubrics(contract, rubrics.values())]


def _missing_rubrics(contract: DataContract, rubrics: Mapping[str, Rubric]) -> Iterator[Problem]:
    for name, plan in contract.domains.items():
        path = f"domains.{name}.rubric"
        rubric = rubrics.get(plan.rubric)
        if rubric is None:
            known = ", ".join(rubrics) or "none"
            found = f'"{plan.rubric}", which is not published (published: {known})'
            yield _misfit(contract, path, "a published rubric", found=found, fix="Publish it first.")
        elif rubric.domain != name:
            found = f"{rubric.id}, a rubric for {rubric.domain}"
            yield _misfit(contract, path, f"a rubric for {name}", found=found, fix="Name the rubric of this domain.")
        elif not any(criterion.gated for criterion in rubric.criteria):
            found = f"{rubric.id}, where no criterion is gated"
            yield _misfit(contract, path, "a rubric that gates", found=found, fix="Gate at least one criterion.")


def _unwanted_rubrics(contract: DataContract, rubrics: Iterable[Rubric]) -> Iterator[Problem]:
    wanted = {plan.rubric for plan in contract.domains.values()}
    for rubric in rubrics:
        if rubric.id not in wanted:
            fix = "Add the domain to the contract, or leave the rubric out."
            found = f"{rubric.id}, which no domain names"
            yield _misfit(contract, "domains", "only rubrics that the contract names", found=found, fix=fix)


def _misfit(contract: DataContract, path: str, expected: str, *, found: str, fix: str) -> Problem:
    name = f"contract {contract.name} {contract.version}"
    return Problem(name=name, line=None, path=path, expected=expected, found=found, fix=fix)
