"""The demo programme, played by simulated experts and adjudicators through the API. Seeded: the same play each time."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tallystick.sim import cast
from tallystick.sim.clock import Clock
from tallystick.sim.experts import SimulatedExpert, Truth
from tallystick.sim.hand import Hand, Refusal
from tallystick.sim.keyed import Keyed

LEFT_OPEN = 2
"""Disagreements that nobody has come to yet, so that the queue is not empty."""
CASE_MS = 180_000
LATER = 3
"""The act of the play in which comparisons are judged."""
BETWEEN_MINUTES = 60
DECIDES = {"medical": 0, "legal": 1}
"""Domain whose cases ask for a credential: which adjudicator holds it. Others are taken in turn."""
NEXT_DAY = 2
"""The act of the play in which cases are ended: sessions of the day before are over."""
LAST = {"editor-1": 24}
"""Who stops early, after how many judgments: some items still wait for theirs when the play ends."""

NOTHING = {"no-work", "not-qualified", "qualification-lapsed"}
BREAK_DUE = "break-due"
BREAK_MINUTES = 5
NOTED_SHARE = 0.25
TRADE_OFFS: Mapping[str, Sequence[tuple[tuple[str, str], str | None, str]]] = {
    "medical": (
        (("care", "candour"), "care", "The warning had to come first, although nobody can know the dose from here."),
        (
            ("care", "candour"),
            None,
            "Both answers warn; one of them also says what it does not know.",
        ),
    ),
    "legal": (
        (("care", "self-determination"), "self-determination", "The person can take the first step without a lawyer."),
        (("candour", "self-determination"), "candour", "An open outcome had to be called open before any advice."),
    ),
}
"""Domain: principles that conflicted, which one prevailed (None: balanced), and the expert's words."""

SETTLED_NOTES = (
    "Decided on {criterion}: the judges' own reasons show that one of them had not weighed it as the rubric asks.",
    "Settled under the priority rules: {criterion} outranks what the dissenting judgment rests on.",
)
PRESERVED_NOTES = (
    "Both readings are sound, and the judges give good reasons for each. The distribution is the result.",
    "This is a difference of taste among competent judges, not an error: it is kept as it is.",
)


@dataclass(frozen=True, slots=True)
class World:
    """Where the play takes place."""

    http: httpx.Client
    programme: str
    passwords: Mapping[str, str]
    seed: int
    say: Callable[[str], None]
    clock: Clock
    hands: dict[tuple[str, int], Hand] = field(default_factory=dict)

    def hand(self, login: str, *, act: int = 1) -> Hand:
        """Somebody's session, opened when they first come. Another act of the play has another, and other keys."""
        key = (login, act)
        if key not in self.hands:
            self.hands[key] = Hand(self.http, login, self.passwords[login], seed=f"{self.seed}|{act}|{self.programme}")
        return self.hands[key]


@dataclass(slots=True)
class Played:
    """What happened in the play."""

    qualified: int = 0
    failed: int = 0
    judgments: int = 0
    settled: int = 0
    preserved: int = 0
    confirmed: int = 0
    breaks: set[str] = field(default_factory=set)  # who was asked to rest
    by_domain: Counter[str] = field(default_factory=Counter)
    by_expert: Counter[str] = field(default_factory=Counter)


def begin(world: World, truth: Truth, shown: Keyed) -> Played:
    """Qualification, and judgments of every signal but preference.

    shown  the answers to items of those signals
    """
    played = Played()
    experts = cast.experts(world.seed)
    for expert in experts:
        _qualify(world, expert, world.hand(expert.login), truth=truth, played=played)
    world.say(f"{played.qualified} qualifications passed, {played.failed} failed")
    judge_shown(world, [expert.login for expert in experts], shown, played)
    world.say(f"{played.judgments} judgments on critiques, steps, tool traces and safety")
    return played


def go_on(world: World, truth: Truth, played: Played) -> None:
    """Comparisons, and the next morning adjudication. Measuring and releasing is the lead's affair."""
    experts = cast.experts(world.seed)
    hands = {expert.login: world.hand(expert.login, act=LATER) for expert in experts}
    _judge(world, experts, hands, truth=truth, played=played)
    world.say(f"{played.judgments} judgments on {len(played.by_domain)} domains")
    world.clock.wait(BETWEEN_MINUTES)
    _adjudicate(world, played)
    world.say(f"{played.settled} disagreements settled, {played.preserved} preserved, {LEFT_OPEN} left open")


def _qualify(world: World, expert: SimulatedExpert, hand: Hand, *, truth: Truth, played: Played) -> None:
    standings = hand.get(f"/programmes/{world.programme}/qualifications")["standings"]
    for standing in standings:
        if standing["domain"] not in expert.domains:
            continue
        begun = hand.post(f"/programmes/{world.programme}/qualifications", {"rubric": standing["rubric"]})
        state = "running"
        while state == "running":
            task = hand.get(f"/qualifications/{begun['qualification']}/task")
            path = f"/qualifications/{begun['qualification']}/items/{task['item']}/answer"
            state = _send(world, hand, path, _careful(expert, task, truth), played=played)["state"]
        played.qualified += state == "qualified"
        played.failed += state == "failed"


def _careful(expert: SimulatedExpert, task: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    """In qualification everybody reads twice: no slips, no blind spots. Drift comes later, as with people."""
    return replace(expert, slips=0.0, blind_to=frozenset()).answer(task, truth)


def judge_shown(world: World, logins: Sequence[str], shown: Keyed, played: Played) -> None:
    """Judge by turns what there is of other signals, taking the breaks that the cell asks for."""
    at_work = list(logins)
    while at_work:
        at_work = [login for login in at_work if _turn_shown(world, login, shown, played)]


def _turn_shown(world: World, login: str, shown: Keyed, played: Played) -> bool:
    hand = world.hand(login)
    try:
        task = hand.post(f"/programmes/{world.programme}/next")
    except Refusal as refusal:
        if refusal.code == BREAK_DUE:
            world.clock.wait(BREAK_MINUTES)
            played.breaks.add(login)
            return True
        if refusal.code not in NOTHING:
            raise
        return False
    _send(world, hand, f"/assignments/{task['assignment']}/judgment", shown.answer(task, login), played=played)
    played.judgments += 1
    played.by_domain[task["domain"]] += 1
    return True


def _send(world: World, hand: Hand, path: str, answer: dict[str, Any], *, played: Played) -> dict[str, Any]:
    """Submit; where the verdict contradicts a priority rule, look again and keep it on purpose."""
    world.clock.work(answer["active_ms"])
    try:
        return hand.post(path, answer)
    except Refusal as refusal:
        if refusal.code != "verdict-contradicts-scores":
            raise
        played.confirmed += 1
        return hand.post(path, answer | {"confirmed": list(refusal.names)})


def _judge(
    world: World, experts: Sequence[SimulatedExpert], hands: Mapping[str, Hand], *, truth: Truth, played: Played
) -> None:
    """Everybody takes one item in turn, until nobody finds work or the play leaves the rest undone."""
    at_work = list(experts)
    order = random.Random(f"turns|{world.seed}")  # noqa: S311 - a simulation, no secret
    while at_work:
        order.shuffle(at_work)
        at_work = [e for e in at_work if _turn(world, e, hands[e.login], truth=truth, played=played)]


def _turn(world: World, expert: SimulatedExpert, hand: Hand, *, truth: Truth, played: Played) -> bool:
    try:
        task = hand.post(f"/programmes/{world.programme}/next")
    except Refusal as refusal:
        if refusal.code not in NOTHING:
            raise
        return False
    answer = expert.answer(task, truth) | _trade_off(world, expert, task)
    _send(world, hand, f"/assignments/{task['assignment']}/judgment", answer, played=played)
    played.judgments += 1
    played.by_domain[task["domain"]] += 1
    played.by_expert[expert.login] += 1
    return played.by_expert[expert.login] < LAST.get(expert.login, played.judgments + 1)


def _trade_off(world: World, expert: SimulatedExpert, task: Mapping[str, Any]) -> dict[str, Any]:
    """Which principles conflicted, where an expert of medicine or law cared to note it."""
    noted = TRADE_OFFS.get(task["domain"], ())
    chance = random.Random(f"trade-off|{world.seed}|{expert.login}|{task['shown']['prompt']}")  # noqa: S311 - no secret
    if not noted or chance.random() >= NOTED_SHARE:
        return {}
    principles, prevailed, note = chance.choice(noted)
    return {"trade_off": {"principles": list(principles), "prevailed": prevailed, "note": note}}


def _adjudicate(world: World, played: Played) -> None:
    hands = [world.hand(login, act=NEXT_DAY) for login in cast.ADJUDICATORS]
    waiting = hands[0].get(f"/programmes/{world.programme}/disagreements")["disagreements"]
    chance = random.Random(f"adjudication|{world.seed}")  # noqa: S311 - a simulation, no secret
    for number, row in enumerate(waiting[:-LEFT_OPEN] if len(waiting) > LEFT_OPEN else []):
        hand = hands[DECIDES.get(row["domain"], number % len(hands))]
        hand.post(f"/disagreements/{row['item']}/take")
        case = hand.get(f"/disagreements/{row['item']}")
        world.clock.work(CASE_MS + chance.randrange(CASE_MS))
        criterion = case["rubric"]["criteria"][0]
        if row["is_expected"] or number % 3 == 2:
            notes = chance.choice(PRESERVED_NOTES)
            hand.post(f"/disagreements/{row['item']}/preserve", {"criteria": [criterion["id"]], "notes": notes})
            played.preserved += 1
        else:
            notes = chance.choice(SETTLED_NOTES).format(criterion=criterion["name"].lower())
            verdict = _majority([judgment["verdict"] for judgment in case["judgments"]])
            body = {"verdict": verdict, "criteria": [criterion["id"]], "notes": notes}
            hand.post(f"/disagreements/{row['item']}/settle", body)
            played.settled += 1


def _majority(verdicts: Sequence[str]) -> str:
    """The commonest verdict that decides; slightly towards A where all differ."""
    deciding = [verdict for verdict in verdicts if verdict not in {"abstain", "insufficient_context"}]
    return Counter(deciding).most_common(1)[0][0] if deciding else "tie"


def preserve_all(world: World, login: str) -> int:
    """Keep every disagreement of an imported set as its raters left it: nobody here looked at the items."""
    hand = world.hand(login)
    kept = 0
    while waiting := hand.get(f"/programmes/{world.programme}/disagreements")["disagreements"]:
        for row in waiting:
            hand.post(f"/disagreements/{row['item']}/take")
            notes = "Kept as imported: nobody here judged or adjudicated this item, so the raters' verdicts stand."
            hand.post(f"/disagreements/{row['item']}/preserve", {"criteria": ["overall"], "notes": notes})
            kept += 1
    return kept
