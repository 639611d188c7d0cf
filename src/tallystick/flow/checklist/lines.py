"""What a line of the checklist says, and the lines on what a programme asks for: contract, rubrics, people. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tallystick.flow import rubric as rubrics
from tallystick.flow.checklist.facts import DISQUALIFIED, NO_CREDENTIAL, STANDS_DOWN, Facts
from tallystick.flow.contract import agreement_for, check_rubrics, has_ended, redundancy_for
from tallystick.flow.contract.assignment import SENIOR_TIERS
from tallystick.flow.monitoring.told import counted
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME

State = Literal["pass", "fail", "not_applicable"]
PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not_applicable"
STATES: Final[tuple[State, ...]] = ("pass", "fail", "not_applicable")
FORCED_FROM: Final = 20
"""So many judgments of one source without a tie are no accident: its raters were not offered one."""
FORCED: Final = frozenset({"a", "b", "a_clearly", "a_slightly", "b_clearly", "b_slightly"})
"""Verdicts that prefer one of two candidates."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a line rests on.

    kind  contract (a field of it), rubric (`id version`), batch, item, release, event (a place in the journal), or page
          (a path below the programme's)
    """

    kind: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the checklist: what was found, what it rests on, and for a fail what to do."""

    id: str
    title: str
    state: State
    found: str
    todo: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """One reason why a line fails."""

    found: str
    todo: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a line came to: what is there, what is lacking, or why it does not apply."""

    words: str
    evidence: tuple[Evidence, ...] = ()
    lacks: tuple[Lack, ...] = ()
    is_applicable: bool = True


Check = Callable[[Facts], Found]


def line(name: str, title: str, found: Found) -> Line:
    """A line as it is told. What is lacking stands before what is there."""
    if not found.is_applicable:
        return Line(id=name, title=title, state="not_applicable", found=found.words, evidence=found.evidence)
    if not found.lacks:
        return Line(id=name, title=title, state="pass", found=found.words, evidence=found.evidence)
    words = " ".join(part for part in (*(lack.found for lack in found.lacks), found.words) if part)
    todo = " ".join(dict.fromkeys(lack.todo for lack in found.lacks))
    own = [one for lack in found.lacks for one in lack.evidence]
    evidence = tuple(dict.fromkeys([*own, *found.evidence]))
    return Line(id=name, title=title, state="fail", found=words, todo=todo, evidence=evidence)


def of_contract(*paths: str) -> tuple[Evidence, ...]:
    """Fields of the contract in force."""
    return tuple(Evidence("contract", path) for path in paths)


def of_rubrics(found: Iterable[Rubric]) -> tuple[Evidence, ...]:
    """Rubrics in force, by their versions."""
    return tuple(Evidence("rubric", f"{one.id} {one.version}") for one in found)


def of_page(path: str) -> tuple[Evidence, ...]:
    """A page of the programme."""
    return (Evidence("page", path),)


def names(found: Iterable[str], most: int = 5) -> str:
    """The first names of a list, and how many more there are."""
    listed = list(found)
    rest = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


# --- what is asked for ------------------------------------------------------------------------------------------


def behaviour(facts: Facts) -> Found:
    """The behaviour is stated, and broken into dimensions that a rubric in force lets people observe."""
    said = facts.contract
    criteria = sum(len(one.criteria) for one in facts.rubrics.values())
    words = (
        f"The contract says what the model must do, under {counted(len(said.conditions), 'condition', 'conditions')}, "
        f"with {counted(len(said.evidence), 'kind', 'kinds')} of evidence and "
        f"{counted(len(said.failures), 'class', 'classes')} of failures. "
        f"{counted(len(said.domains), 'domain', 'domains')}, {counted(criteria, 'criterion', 'criteria')} in force."
    )
    misfits = check_rubrics(said, facts.rubrics)
    lacks = [
        Lack(f"At {path}: expected {expected}, found {what}.", fix, of_contract(path))
        for path, expected, what, fix in ((one.path, one.expected, one.found, one.fix) for one in misfits)
    ]
    lacks += [
        Lack(
            f"The rubric {name} is not used for new work: {why}", "Have both roles agree on it, or revise it.",
            (*of_rubrics([facts.rubrics[name]]), *of_page("constitution")),
        )
        for name, why in facts.not_agreed.items()
    ]  # fmt: skip
    base = (*of_contract("behaviour", "conditions", "evidence", "failures"), *of_rubrics(facts.rubrics.values()))
    return Found(words, base, tuple(lacks))


def objectives(facts: Facts) -> Found:
    """What is trained for and what is measured are two things, on different data."""
    said, both = facts.contract, of_contract("supervision", "improvement")
    if not facts.trains:
        kinds = ", ".join(said.rights.permitted_uses)
        return Found(
            f"The rights permit {kinds} alone: nothing is trained on, so no training objective is to be kept apart.",
            of_contract("rights.permitted_uses"), is_applicable=False,
        )  # fmt: skip
    lacks = []
    if not facts.evaluates:
        words = "The rights do not permit to evaluate, so no objective of evaluation can be measured."
        lacks.append(Lack(words, "Have the use evaluate permitted.", of_contract("rights.permitted_uses")))
    silent = [part.signal for part in said.supervision if not part.why]
    if silent:
        todo = "Say for each kind of supervision why it is informative for the behaviour."
        lacks.append(Lack(f"Nothing says what {names(silent)} is collected for.", todo, of_contract("supervision")))
    trained = [said.behaviour, *(part.why or "" for part in said.supervision)]
    if _plain(said.improvement.measure) in {_plain(text) for text in trained if text}:
        words = "Improvement is measured in the very words of what is trained for."
        todo = "Say what is counted on held-out items, apart from what the data is made for."
        lacks.append(Lack(words, todo, of_contract("improvement.measure")))
    lacks += _in_both(facts)
    tests = counted(len(said.improvement.acceptance), "acceptance test", "acceptance tests")
    words = (
        f"{counted(len(said.supervision), 'kind', 'kinds')} of supervision on the side of training; on the side of "
        f"evaluation a measure of its own and {tests}."
    )
    return Found(words, both, tuple(lacks))


def _in_both(facts: Facts) -> list[Lack]:
    """Batches that one release holds for training and another for evaluation."""
    of = {
        use: {batch for one in facts.releases if one.use == use for batch in one.batches}
        for use in ("train", "evaluate")
    }
    shared = of["train"] & of["evaluate"]
    if not shared:
        return []
    mine = [one for one in facts.releases if one.use in of and shared.intersection(one.batches)]
    words = f"{counted(len(shared), 'batch was', 'batches were')} released for training and for evaluation."
    batches = [Evidence("batch", batch) for batch in sorted(shared)]
    evidence = (*batches, *(Evidence("release", one.release) for one in mine))
    return [Lack(words, "Release each batch for one of the two, and do not train on the other release.", evidence)]


def dimensions(facts: Facts) -> Found:
    """Every criterion in force has anchors that can be told apart, and a rule for abstaining."""
    lacks = []
    for rubric in facts.rubrics.values():
        bad = [one for one in rubrics.findings(rubric) if one.code in ("no-abstain", "same-anchors")]
        if bad:
            todo = f"Revise the rubric {rubric.id}: its page names each place."
            lacks.append(Lack(" ".join(one.sentence for one in bad), todo, of_rubrics([rubric])))
    wanted = {plan.rubric: name for name, plan in facts.contract.domains.items()}
    without = [name for rubric, name in wanted.items() if rubric not in facts.rubrics]
    if without:
        words = f"Without a rubric in force, so without any dimension: {names(without)}."
        lacks.append(Lack(words, "Publish the rubrics that the contract names.", of_contract("domains")))
    criteria = [one for rubric in facts.rubrics.values() for one in rubric.criteria]
    anchors = sum(len(one.anchors) for one in criteria)
    abstain = sum(bool(one.abstain) for one in criteria)
    words = (
        f"{counted(len(criteria), 'criterion', 'criteria')} with {counted(anchors, 'anchor', 'anchors')}; "
        f"{abstain:,} with a rule for abstaining, {sum(bool(one.examples) for one in criteria):,} with examples, "
        f"{sum(bool(one.exclusions) for one in criteria):,} with exclusions, "
        f"{sum(bool(one.escalation) for one in criteria):,} with a way to escalate."
    )
    return Found(words, of_rubrics(facts.rubrics.values()), tuple(lacks))


def rights(facts: Facts) -> Found:
    """Rights are declared, in force, of every item, and no release goes beyond them."""
    said, lacks = facts.contract.rights, []
    if has_ended(said.retention_until, facts.today):
        words = f"Retention ended on {said.retention_until}; today is {facts.today}."
        todo = "Revise the contract, or have the content erased."
        lacks.append(Lack(words, todo, of_contract("rights.retention_until")))
    if not facts.items:
        words = "There is no item yet, so none shows that it names its source and its licence."
        lacks.append(Lack(words, "Import items with source and licence.", of_page("import")))
    if facts.unlicensed:
        evidence = tuple(Evidence("item", one) for one in facts.unlicensed[:5])
        words = f"{counted(len(facts.unlicensed), 'item has', 'items have')} no source or no licence."
        todo = "Import them again, with their source and licence, and have the content of these erased."
        lacks.append(Lack(words, todo, evidence))
    beyond = [one for one in facts.releases if one.use not in said.permitted_uses]
    if beyond:
        parts = names(f"{one.name} {one.version} ({one.use})" for one in beyond)
        words = f"Released for a use that the contract in force does not permit: {parts}."
        todo = "Tell who holds them, or have the use permitted again."
        lacks.append(Lack(words, todo, tuple(Evidence("release", one.release) for one in beyond)))
    source, kinds = said.source_class.replace("_", " ").capitalize(), ", ".join(said.permitted_uses)
    licence, until = said.licence.rstrip(". "), said.retention_until
    words = f"{source}, {licence}; for {kinds}; kept until {until}; in {', '.join(said.regions)}."
    if "any" in said.regions:
        words = f"{source}, {licence}; for {kinds}; kept until {until}; in any region."
    return Found(words, of_contract("rights"), tuple(lacks))


# --- who judges, and how ----------------------------------------------------------------------------------------


def qualifications(facts: Facts) -> Found:
    """Whoever judges has qualified, and what goes wrong badly asks for more than that."""
    said, lacks = facts.contract, []
    demanded = {
        name for one in said.credentials for name, plan in said.domains.items()
        if name in one.domains or plan.risk in one.risks
    }  # fmt: skip
    none = [name for name in said.domains if not facts.qualified.get(name)]
    nobody = [name for name in none if name not in facts.left_out]
    barred = [name for name in none if name in facts.left_out]
    if nobody:
        words = f"Nobody is qualified under the rubric in force: {names(nobody)}."
        lacks.append(Lack(words, "Have experts qualify on gold items.", of_page("rubrics")))
    if barred:
        words = f"Nobody who is qualified may be given work now in {names(barred)}."
        todo = "Have what keeps them out settled: credentials, disqualifiers, interventions. Or have others qualify."
        lacks.append(Lack(words, todo, of_page("load")))
    lacks += _too_few(facts)
    if facts.closed_signals and not none:
        parts = names(f"{signals} in {name}" for name, signals in facts.closed_signals.items())
        words = f"Nobody who may work has passed the gold items of {parts}, so that nobody is given such work."
        lacks.append(Lack(words, "Have experts qualify on them.", of_page("rubrics")))
    lacks += _missing_gold(facts)
    careful = {name: plan.risk for name, plan in said.domains.items() if plan.risk in SENIOR_TIERS}
    free = [f"{name} ({risk} risk)" for name, risk in careful.items() if name not in demanded]
    if free:
        parts = names(free)
        todo = "Demand a credential there, in the section credentials of the contract."
        lacks.append(Lack(f"No credential is demanded in {parts}.", todo, of_contract("credentials")))
    if careful and (said.assignment is None or said.assignment.senior is None):
        todo = "Say who is senior, in the section assignment of the contract."
        words = "Nobody is named senior for domains of high or restricted risk."
        lacks.append(Lack(words, todo, of_contract("assignment")))
    elif careful and not facts.seniors:
        lacks.append(Lack("Nobody is a senior adjudicator yet.", "Grant it to an adjudicator.", of_page("load")))
    closed = [name for name, risk in careful.items() if risk == "restricted"]
    if closed and said.routing is None:
        words = f"Work of restricted risk is open to people without a clearance: {names(closed)}."
        lacks.append(Lack(words, "Add the section routing to the contract.", of_contract("routing")))
    if facts.imported:
        words = (
            f"{counted(facts.imported, 'judgment was', 'judgments were')} made elsewhere by raters whose "
            "qualification nobody here has seen."
        )
        todo = "Have such items judged here, or say in the data card what is known of those raters."
        lacks.append(Lack(words, todo, of_page("items")))
    parts = ", ".join(
        f"{name} ({plan.risk} risk) {facts.qualified.get(name, 0):,}" for name, plan in said.domains.items()
    )
    words = (
        f"People qualified under the rubric in force: {parts}. "
        f"{counted(len(demanded), 'domain demands', 'domains demand')}"
        f" a credential; {counted(facts.seniors, 'senior adjudicator', 'senior adjudicators')}."
    )
    words = " ".join((words, *_left_out(facts)))
    return Found(words, (*of_contract("domains", "credentials"), *of_page("load")), tuple(lacks))


def _left_out(facts: Facts) -> list[str]:
    """How many of those who are qualified are not counted, and why."""
    found = []
    for why in (NO_CREDENTIAL, DISQUALIFIED, STANDS_DOWN):
        parts = names(f"{name} ({left[why]:,})" for name, left in facts.left_out.items() if why in left)
        if parts:
            found.append(_not_counted(why, parts))
    return found


def _not_counted(why: str, parts: str) -> str:
    if why == NO_CREDENTIAL:
        return f"Not counted for want of a verified credential that has not expired: {parts}."
    if why == DISQUALIFIED:
        return f"Not counted because of a confirmed disqualifier: {parts}."
    return f"Not counted because they stand down in an intervention: {parts}."


def _missing_gold(facts: Facts) -> list[Lack]:
    """Signals of open work of which there is gold, but none that anybody can qualify on."""
    lacks = []
    if facts.short_gold:
        parts = names(f"{signal} in {domain} ({more:,} more)" for (domain, signal), more in facts.short_gold.items())
        words = f"There are gold items, but too few for a qualification, of {parts}."
        todo = (
            "Import so many more. Until then any other qualification of the domain has to do for this work, unless "
            "somebody passed on such items before some were erased: then it goes to whoever passed alone."
        )
        lacks.append(Lack(words, todo, of_page("import")))
    if facts.alike_gold:
        parts = names(
            f"{signal} in {domain} ({lack.more:,} more for which another verdict than {' or '.join(lack.verdicts)} is "
            "right)"
            for (domain, signal), lack in facts.alike_gold.items()
        )
        words = f"Whoever always gives the same answer would pass on the gold items of {parts}."
        todo = (
            "Import so many more. Until then nobody can take this qualification, and any other of the domain has to do "
            "for this work, unless somebody passed it before: then it goes to whoever passed alone."
        )
        few = names(
            f"{signal} in {domain} ({lack.kinds} verdicts)"
            for (domain, signal), lack in facts.alike_gold.items()
            if lack.kinds > 2
        )
        higher = (
            f"Of {few}, the gold items need as many different verdicts. A signal with fewer can never be qualified "
            "for, whatever is imported: the rubric's chance is too low for it. Publish a version with a higher one."
        )
        lacks.append(Lack(words, f"{todo} {higher}" if few else todo, of_page("import")))
    return lacks


def _too_few(facts: Facts) -> list[Lack]:
    """Domains in which somebody is qualified, but fewer people than each item is to be judged by."""
    said = facts.contract
    wanted = [(name, facts.qualified.get(name, 0), redundancy_for(said, name)) for name in said.domains]
    few = [row for row in wanted if 0 < row[1] < row[2]]
    if not few:
        return []
    parts = names(f"{name} ({people:,} of {needed:,})" for name, people, needed in few)
    words = f"Fewer people are qualified than each item is to be judged by: {parts}."
    return [Lack(words, "Have more experts qualify on gold items.", of_page("rubrics"))]


def blinding(facts: Facts) -> Found:
    """Nobody who judged knew where candidates came from, and each had an order of their own."""
    signals = [part.signal for part in facts.contract.supervision]
    if all(BY_NAME[name].candidates[1] == 0 for name in signals):
        words = (
            f"The contract asks for {names(signals)} alone: items show no candidates whose origin or order could be "
            "hidden."
        )
        return Found(words, of_contract("supervision"), is_applicable=False)
    if facts.items and not facts.showing:
        words = "No item shows a candidate yet: there is no origin and no order that could be hidden."
        return Found(words, of_page("items"), is_applicable=False)
    lacks = []
    if not facts.observed:
        words = "No judgment was made here yet, so none shows blinding."
        lacks.append(Lack(words, "Have items judged here.", of_page("items")))
    elif not facts.blinded:
        words = "No judgment was made here yet on an item that shows candidates, so none shows blinding."
        lacks.append(Lack(words, "Have items judged here.", of_page("items")))
    if facts.imported:
        words = (
            f"{counted(facts.imported, 'judgment was', 'judgments were')} made elsewhere: their order and blinding "
            "were not observed."
        )
        lacks.append(Lack(words, "Have such items judged here, or release them apart.", of_page("items")))
    if facts.unblinded:
        words = (
            f"{counted(len(facts.unblinded), 'item was', 'items were')} judged by somebody who had seen behind the "
            "blinding."
        )
        evidence = tuple(Evidence("item", one) for one in facts.unblinded[:5])
        lacks.append(Lack(words, "Have those items judged again by others.", evidence))
    words = (
        f"{counted(facts.blinded, 'judgment was', 'judgments were')} made here, each in an order of candidates of "
        "its own, without their names."
    )
    return Found(words if facts.blinded else "", of_page("items"), tuple(lacks))


def ties(facts: Facts) -> Found:
    """Somebody who finds both alike can say so, and people who differ are kept apart."""
    said, lacks = facts.contract, []
    once = [name for name in said.domains if redundancy_for(said, name) < 2]
    if once:
        paths = of_contract(*dict.fromkeys(f"redundancy.{said.domains[name].risk}" for name in once))
        words = f"Judged once, so that no disagreement can show: {names(once)}."
        lacks.append(Lack(words, "Ask for two judgments of an item there.", paths))
    if any(BY_NAME[part.signal].is_pair for part in said.supervision):
        blind = [name for name in said.domains if agreement_for(said, name).level == "ordinal"]
        if blind:
            words = f"The gate is ordinal and does not see that both are unacceptable: {names(blind)}."
            lacks.append(Lack(words, "Measure agreement on a nominal level.", of_contract("agreement.level")))
    forced = [one for one in facts.sources if one.judgments >= FORCED_FROM and one.verdicts and one.verdicts <= FORCED]
    for one in forced:
        words = f"Of {one.judgments:,} judgments from {one.name} none is a tie: its raters had to choose."
        lacks.append(Lack(words, "Have such items judged here, where a tie can be said.", of_page("items")))
    signals = names(part.signal for part in said.supervision)
    words = (
        f"On every page an expert can say that they cannot decide or that context is missing; of two answers also that "
        f"they are alike or that neither will do. Asked for: {signals}. A disagreement can be settled or preserved."
    )
    return Found(words, (*of_contract("supervision", "agreement"), *of_page("disagreements")), tuple(lacks))


ASKED: Final[Sequence[tuple[str, str, Check]]] = (
    ("behaviour", "Observable behaviour", behaviour),
    ("objectives", "Train and evaluation objectives apart", objectives),
    ("dimensions", "Anchors and abstention on every dimension", dimensions),
    ("rights", "Rights", rights),
    ("qualifications", "Qualifications by risk", qualifications),
    ("blinding", "Blinding", blinding),
    ("ties", "Ties and disagreement representable", ties),
)  # fmt: skip
"""The first seven lines: name, the words of SPEC 1.7, how it is found."""
