"""The lines of the checklist on what shows that the data does good: verifiers, holdout, QA, versions, claims. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from tallystick.flow.checklist.facts import Facts
from tallystick.flow.checklist.lines import Check, Evidence, Found, Lack, names, of_contract, of_page, of_rubrics
from tallystick.flow.contract.assignment import unreviewed
from tallystick.flow.document import share_ppm
from tallystick.flow.escape import Estimate
from tallystick.flow.monitoring.told import counted, percent
from tallystick.signals import BY_NAME
from tallystick.signals.verified import FIELD


def verifiers(facts: Facts) -> Found:
    """What a program can settle is settled by one."""
    asked = [part.signal for part in facts.contract.supervision]
    objective = [name for name in asked if any(one.name == FIELD for one in BY_NAME[name].measures)]
    base = of_contract("supervision")
    if not objective:
        words = f"The contract asks for {names(asked)}: no signal of it has a part that a verifier settles."
        return Found(words, base, is_applicable=False)
    lacks = []
    if not facts.objective:
        words = f"There is no item of {names(objective)} yet, so none has a result of a verifier."
        lacks.append(Lack(words, "Import items of these signals.", of_page("items")))
    elif facts.verified < facts.objective:
        words = (
            f"{facts.objective - facts.verified:,} of {facts.objective:,} items of {names(objective)} have no "
            "result of a verifier that this cell ran."
        )
        todo = (
            "Nothing can be done in this cell: this version runs no verifier, so it cannot pass this line. Say so in "
            "the data card. Experts confirm or dispute the results that come with the items."
        )
        lacks.append(Lack(words, todo, of_page("items")))
    words = (
        f"{facts.verified:,} of {facts.objective:,} items of {names(objective)} have a result of a verifier that this "
        "cell ran."
    )
    return Found(words, base, tuple(lacks))


def holdout(facts: Facts) -> Found:
    """Items are kept out of training from the start, and none of them stands among the others too."""
    base, there = of_contract("holdout", "improvement.holdout"), facts.held_out
    if not facts.trains:
        words = "The rights permit no training: there is nothing that a holdout would have to be kept out of."
        return Found(words, of_contract("rights.permitted_uses"), is_applicable=False)
    lacks, share = [], share_ppm(facts.contract.holdout.share)
    if not share:
        lacks.append(Lack("The contract holds no item out.", "Name a share to hold out.", of_contract("holdout.share")))
    if not there.items:
        words = "No held-out item is in this cell, so nothing shows that they are apart from the others."
        todo = "Import them with the purpose holdout, before work starts."
        lacks.append(Lack(words, todo, of_page("import")))
    elif there.items * 1_000_000 < share * (there.items + there.others):
        words = (
            f"{there.items:,} of {there.items + there.others:,} items are held out, fewer than the share "
            f"{facts.contract.holdout.share}."
        )
        lacks.append(Lack(words, "Import more of them.", of_page("import")))
    if there.late:
        words = f"{counted(there.late, 'held-out item', 'held-out items')} came in after the first judgment."
        lacks.append(Lack(words, "Choose the holdout before work starts.", of_page("items")))
    if there.twins:
        evidence = tuple(Evidence("item", one) for one in there.named)
        words = (
            f"{counted(there.twins, 'held-out item has', 'held-out items have')} the same content as an item that "
            "is worked on."
        )
        todo = "Take one of each two out: have its content erased, and import another in its place."
        lacks.append(Lack(words, todo, evidence))
    words = (
        f"{counted(there.items, 'item is', 'items are')} held out of {there.items + there.others:,}, hidden from "
        "experts "
        f"and in no batch that can be released; {counted(there.twins, 'exact copy', 'exact copies')} found by "
        "digest of "
        f"the content without case, spacing and order; looked at {counted(there.looks, 'time', 'times')}."
    )
    return Found(words if there.items else "", base, tuple(lacks))


def qa(facts: Facts) -> Found:
    """A random sample of what is finished was looked at again, and what was wrong is known by kind."""
    second, base = facts.second, of_page("rereview")
    finished = sum(facts.finished.values())
    if second is None or second.overall is None or not second.overall.reviewed:
        words = f"Of {counted(finished, 'finished item', 'finished items')} none was looked at a second time."
        todo = "Draw a sample for second looks and have it answered." if finished else "Have items finished first."
        return Found("", base, (*_unasked(facts), Lack(words, todo, base)))
    lacks = _unasked(facts)
    waiting = sum(one.waiting for one in second.tiers)
    if waiting:
        words = f"{counted(waiting, 'drawn item waits', 'drawn items wait')} for a second look."
        lacks.append(Lack(words, "Have them looked at.", base))
    unseen = [one.risk.replace("_", " ") for one in second.tiers if one.found.population and not one.found.reviewed]
    plans = facts.contract.domains
    risks = {plans[name].risk for name, n in facts.finished.items() if n and name in plans}
    never = sorted(risks - {one.risk.removesuffix("_severe") for one in second.tiers})
    if unseen or never:
        kinds = names([*unseen, *never])
        words = f"Nothing was looked at of finished items of {kinds} risk."
        lacks.append(Lack(words, "Draw some of each risk.", base))
    return Found(_kinds(second), (*base, *of_page("rereview/defects")), tuple(lacks))


def _unasked(facts: Facts) -> list[Lack]:
    """Tiers that ask for second looks, where a contract from before says that there are none."""
    said = facts.contract
    free = unreviewed(said.assignment, {name: plan.risk for name, plan in said.domains.items()})
    if not free:
        return []
    kinds = names(free)
    words = f"The contract in force asks for no second look at items of {kinds} risk."
    todo = "Name a rate above 0 for them, in the section assignment of the contract."
    return [Lack(words, todo, of_contract("assignment"))]


def _kinds(second: Estimate) -> str:
    overall = second.overall
    assert overall is not None, "it was looked at"
    limit_why = (
        "" if overall.at_most is None else f"; at most {percent(overall.at_most)} of all are, with 95 % confidence"
    )
    words = (
        f"{overall.reviewed:,} of {overall.population:,} finished items were looked at again, {overall.defective:,} "
        f"defective{limit_why}."
    )
    severity_kinds, families, cause_kinds = (_by(second, axis) for axis in ("severity", "failure", "cause"))
    by = f"By severity: {severity_kinds}. By family: {families}. By cause: {cause_kinds}."
    return f"{words} {by}"


def _by(second: Estimate, axis: str) -> str:
    found = [f"{value.replace('_', ' ')} {one.defective:,}" for name, value, one in second.by_kind if name == axis]
    return names(found, most=8) or "none"


def impact(facts: Facts) -> Found:
    """Checkpoints were compared on the holdout, and each acceptance test has a result."""
    if not facts.trains:
        words = "The rights permit no training: no checkpoint comes of this data that could be tested."
        return Found(words, of_contract("rights.permitted_uses"), is_applicable=False)
    tests = [one.id for one in facts.contract.improvement.acceptance]
    lacks = []
    if not facts.evaluates:
        words = "The rights do not permit to evaluate, so the holdout cannot be used."
        lacks.append(Lack(words, "Have the use evaluate permitted.", of_contract("rights.permitted_uses")))
    open_ones = [name for name in tests if name not in facts.results]
    if open_ones:
        words = f"No result on the holdout is in the journal for {names(open_ones)}."
        todo = "Compare two checkpoints on the holdout yourself: this version takes no results in."
        lacks.append(Lack(words, todo, of_contract("improvement.acceptance")))
    words = f"Acceptance tests with a result: {len(tests) - len(open_ones):,} of {len(tests):,}."
    return Found(words, of_contract("improvement"), tuple(lacks))


def versions(facts: Facts) -> Found:
    """Contract, rubrics and judgments name their versions, and what a new version touches was decided on."""
    lacks = []
    if not facts.judgments:
        words = "There is no judgment yet, so none shows that it names the versions that it was made under."
        lacks.append(Lack(words, "Have items judged.", of_page("items")))
    if facts.unknown_versions:
        words = (
            f"{counted(facts.unknown_versions, 'judgment was', 'judgments were')} made under a version that the "
            "journal does not hold."
        )
        lacks.append(Lack(words, "Publish that version, or have them made again.", of_page("rubrics")))
    for name, waiting in facts.affected.items():
        words = (
            f"{counted(waiting, 'judgment', 'judgments')} under earlier versions of {name} wait: a later one "
            "changed what they were judged by."
        )
        evidence = (*(of_rubrics([facts.rubrics[name]]) if name in facts.rubrics else ()), *of_page("affected"))
        lacks.append(Lack(words, "Decide on affected work.", evidence))
    said = facts.contract
    words = (
        f"Contract {said.version} in force since entry {facts.contract_seq:,} of the journal, and "
        f"{counted(len(facts.rubrics), 'rubric', 'rubrics')}. Each judgment names the version of both that it was "
        "made under."
    )
    base = (Evidence("event", str(facts.contract_seq)), *of_contract("version"), *of_rubrics(facts.rubrics.values()))
    return Found(words, base, tuple(lacks))


def welfare(facts: Facts) -> Found:
    """Content that weighs on people is named, warned of and limited."""
    said, base = facts.contract.welfare, of_contract("welfare")
    heavy = [part.signal for part in facts.contract.supervision if BY_NAME[part.signal].is_weighing]
    closed = [name for name, plan in facts.contract.domains.items() if plan.risk == "restricted"]
    named = said.categories if said else {}
    if not (named or heavy or closed or facts.categories):
        words = (
            "Nothing of the programme weighs on people, as far as contract and items say: no kind of content is "
            "named, no "
            "item carries one, no domain is of restricted risk, and no signal that weighs on people is asked for."
        )
        return Found(words, (*base, *of_contract("supervision", "domains")), is_applicable=False)
    lacks = []
    if not named:
        weighing = [*heavy, *(f"{name} (restricted risk)" for name in closed), *sorted(facts.categories)]
        parts = names(weighing)
        words = f"The contract names no kind of content that can weigh, although there is {parts}."
        lacks.append(Lack(words, "Name it in the section welfare, with a warning and limits.", base))
    unnamed = sorted(facts.categories - set(named)) if named else []
    if unnamed:
        words = f"Items carry kinds of content that the contract in force does not name: {names(unnamed)}."
        lacks.append(Lack(words, "Name them in the section welfare.", base))
    whole = said is not None and (said.rest is not None or said.minutes_daily_max is not None)
    free = [
        name for name, one in named.items()
        if not (whole or one.rest or one.minutes_daily_max or one.items_daily_max)
    ]  # fmt: skip
    if free:
        words = f"Without any limit or break: {names(free)}."
        lacks.append(Lack(words, "Limit the time, or the items, of a day.", base))
    words = (
        f"{counted(len(named), 'kind', 'kinds')} of content named, each with a warning, "
        f"{sum(one.blurred for one in named.values()):,} kept closed until asked for; "
        f"had in {counted(facts.exposures, 'piece', 'pieces')} of work."
    )
    return Found(words, (*base, *of_page("exposure")), tuple(lacks))


def claims(facts: Facts) -> Found:
    """What is said in public about the data was checked."""
    base = of_contract("rights.permitted_uses")
    if "publish" not in facts.contract.rights.permitted_uses:
        words = "The rights do not permit to publish: no card of this data is public."
        return Found(words, base, is_applicable=False)
    public = [one for one in facts.releases if one.use == "publish"]
    if not public:
        words = "Nothing was released for publication yet: nothing public speaks of this data."
        return Found(words, (*base, *of_page("releases")), is_applicable=False)
    bad = [one for one in public if one.release not in facts.checked_claims]
    words = (
        f"{counted(len(public), 'release', 'releases')} for publication, {len(public) - len(bad):,} with a check of "
        "the wording."
    )
    lacks = []
    if bad:
        listed = names(f"{one.name} {one.version}" for one in bad)
        sentence = f"No check of the public wording is in the journal for {listed}."
        todo = (
            "Read their cards for claims of hidden chain of thought, unverified certification, names of customers and "
            "results of benchmarks: this version does not check them."
        )
        lacks.append(Lack(sentence, todo, tuple(Evidence("release", one.release) for one in bad)))
    return Found(words, (*base, *_of_releases(one.release for one in public)), tuple(lacks))


def _of_releases(found: Iterable[str]) -> tuple[Evidence, ...]:
    return tuple(Evidence("release", one) for one in found)


SHOWN: Final[Sequence[tuple[str, str, Check]]] = (
    ("verifiers", "Verifiers where objective", verifiers),
    ("holdout", "Holdout isolated and deduplicated", holdout),
    ("qa", "QA by severity, family and cause", qa),
    ("impact", "Holdout impact test", impact),
    ("versions", "Everything versioned", versions),
    ("welfare", "Welfare controls", welfare),
    ("claims", "Public claims", claims),
)  # fmt: skip
"""The last seven lines: name, the words of SPEC 1.7, how it is found."""
