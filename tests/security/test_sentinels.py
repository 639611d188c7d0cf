"""Whether an expert can tell a sentinel from work (invariant 6), by anything that they are given, count or time.

One expert takes and submits everything by the API and the pages, keeps every byte that they get, asks for what is not
theirs, and then says of each feature of what they hold which values it took for sentinels, and which for work.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World, gold_row
from served import Served, body_of
from sqlalchemy.engine.interfaces import DBAPIConnection
from web.visitor import Visitor, pages_at

from tallystick import events
from tallystick.app import sentinel
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.events.envelope import open_entry
from tallystick.flow.sentinel import Wish
from tallystick.ledger import journal
from tallystick.store.schema import DRIFT, ITEM

V1 = "/api/v1"
OFTEN = Wish(
    acceptable_ppm=950_000, unacceptable_ppm=500_000, found_within=60, found_ppm=900_000, false_horizon=600,
    false_ppm=50_000,
)  # fmt: skip
TURNS = 60
AROUND = 4  # places before and behind a judgment at which the adversary asks for receipts
WORDS = re.compile(r"(?:itm|asg|jdg|per|obj|bat|run|qlf|ses)[-_][0-9a-z]+")
SWEPT = (
    f"{V1}/me", f"{V1}/programmes", f"{V1}/programmes/{PROGRAMME}/qualifications", f"{V1}/me/accesses",
    f"{V1}/me/calibrations", f"{V1}/people/{{me}}",
)  # fmt: skip
PAGES = ("/", "/me", "/people/{me}", "/me/accesses")


@dataclass
class Ground:
    """A cell with sentinels in its work, and counters of what the cell itself does."""

    served: Served
    expert: Actor
    other: Actor
    statements: list[int]
    opened: list[int]

    @property
    def world(self) -> World:
        return self.served.world

    def is_gold(self, item: str) -> bool:
        with self.world.cell.read() as connection:
            return connection.execute(sa.select(ITEM.c.purpose).where(ITEM.c.item == item)).scalar() == "gold"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Gold is named and worded as work is: what differs between the contents is the lead's to see to."""
    with pages_at(tmp_path_factory.mktemp("sentinels")) as served, _counted(served.world.cell) as (statements, opened):
        world = served.world
        expert, other = world.expert(), world.expert()
        world.work(360, start=1000)
        world.bring([gold_row(f"w-{n}") for n in range(2000, 2100)], batch="known", purpose="gold")
        sentinel.set_policy(world.cell, world.lead, PROGRAMME, OFTEN, key=new_key())
        yield Ground(served, expert, other, statements, opened)


@contextmanager
def _counted(cell: Cell) -> Iterator[tuple[list[int], list[int]]]:
    """How many statements the database got, and how many contents were opened: what takes time."""
    statements, opened = [0], [0]

    def count(_sql: str) -> None:
        statements[0] += 1

    def connect(handle: DBAPIConnection, _record: object) -> None:
        handle.set_trace_callback(count)

    vault_open = cell.vault.open

    def counted_open(connection: journal.Connection, object_id: str) -> object:
        opened[0] += 1
        return vault_open(connection, object_id)

    sa.event.listen(cell.engine, "connect", connect)
    cell.engine.dispose()
    cell.vault.open = counted_open  # type: ignore[assignment,method-assign]  # it only counts
    yield statements, opened


@dataclass
class Dossier:
    """What the adversary holds of one item: every feature with its value."""

    item: str
    features: dict[str, object] = field(default_factory=dict)

    def note(self, name: str, value: object) -> None:
        assert name not in self.features, name
        self.features[name] = value


def shape(value: object, own: str = "") -> object:
    """A value without what is an id, a number or a content: what is left is the same for all items that are alike."""
    if isinstance(value, dict):
        return tuple(sorted((key, shape(part, key)) for key, part in value.items()))
    if isinstance(value, list):
        return tuple(shape(part, own) for part in value)
    if isinstance(value, str):
        if own in {"prompt", "first", "second", "context"} or len(value) > 60:
            # A page's numbers and times have a digit more or less by chance: whole pages are compared in steps.
            return f"text of {len(value) if len(value) < 2_000 else len(value) // 64 * 64}"
        found = WORDS.sub(lambda id_: f"{id_[0][:3]} of {len(id_[0])}", value)
        return re.sub(r"\d{2,}", "#", found)
    return type(value).__name__ if isinstance(value, int) and not isinstance(value, bool) else value


def numbers(text: str) -> Counter[str]:
    """How often which number stands in a page or an answer."""
    return Counter(
        re.findall(r"(?<![\w.:-])\d{1,4}(?![\w.:-])", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    )


def answer(dossier: Dossier, name: str, response: httpx.Response) -> object:
    """Note status, headers and shape of an answer; its JSON."""
    headers = {key: value for key, value in response.headers.items() if key not in {"date", "content-length"}}
    dossier.note(f"{name} status", response.status_code)
    dossier.note(f"{name} headers", shape(headers))
    body = response.json()
    dossier.note(f"{name} shape", shape(body))
    plain = WORDS.sub("", re.sub(r'"[0-9a-zA-Z+/=_-]{40,}"|\d+', "", response.text))
    dossier.note(f"{name} size", len(re.sub(r'"text": ?"[^"]*"', "", plain)))
    return body


def turn(ground: Ground, visitor: Visitor, number: int) -> Dossier:
    """One item from being asked for to the receipt of its judgment, with everything that can be read on the way."""
    served, me = ground.served, ground.expert
    before = _swept(ground, visitor)
    task = served.call(me, "POST", f"{V1}/programmes/{PROGRAMME}/next")
    held = task.json()
    dossier = Dossier(held["item"])
    answer(dossier, "next", task)
    one = f"{V1}/assignments/{held['assignment']}"
    answer(dossier, "task", served.call(me, "GET", one))
    dossier.note(
        "lease lasts", held["expires_at"] - ground.world.clock.at if isinstance(held["expires_at"], int) else ""
    )
    answer(dossier, "bad answer", served.call(me, "POST", f"{one}/judgment", body={"verdict": "a_clearly"}))
    answer(dossier, "incomplete", served.call(me, "POST", f"{one}/judgment", body=body_of() | {"scores": {}}))
    answer(dossier, "draft", served.call(me, "PUT", f"{one}/draft", body={"verdict": "tie"}))
    page = visitor.get(f"/assignments/{held['assignment']}")
    plain = re.sub(r'(value|nonce|action|href)="[^"]*"|[\w-]{16,}|\d+', "", page.text)
    dossier.note("page", shape(re.sub(r"\s+", " ", plain)))
    after_lease = _swept(ground, visitor)
    dossier.note("moved by the lease", _moved(before, after_lease))
    body = body_of("a_clearly" if number % 3 else "b_clearly", words=f"It follows, as the step {number + 100} shows.")
    saved = served.call(me, "POST", f"{one}/judgment", body=body)
    given = answer(dossier, "saved", saved)
    assert isinstance(given, dict), given
    answer(dossier, "again", served.call(me, "POST", f"{one}/judgment", body=body))
    dossier.note("moved by the judgment", _moved(after_lease, _swept(ground, visitor)))
    _receipts(ground, dossier, given["seq"])
    return dossier


def _swept(ground: Ground, visitor: Visitor) -> dict[str, Counter[str]]:
    """Every number on what an expert can look at beside their work."""
    me = ground.expert.person
    paths = [path.format(me=me) for path in SWEPT]
    found = {path: numbers(ground.served.call(ground.expert, "GET", path).text) for path in paths}
    return found | {path: numbers(visitor.get(path.format(me=me)).text) for path in PAGES}


def _moved(before: dict[str, Counter[str]], after: dict[str, Counter[str]]) -> object:
    """On which of them something moved."""
    return tuple(sorted(path for path in before if before[path] != after[path]))


def _receipts(ground: Ground, dossier: Dossier, seq: int) -> None:
    """The own entries around a judgment: which places are whose, the counts of events, and what the entries say."""
    own = []
    for place in range(seq - AROUND, seq + AROUND + 1):
        found = ground.served.call(ground.expert, "GET", f"{V1}/receipts/{place}")
        if found.status_code == 200:
            own.append((place - seq, found.json()))
        dossier.note(f"receipt at {place - seq}", found.status_code)
    mine = dict(own)[0]
    for distance, found in own:
        dossier.note(f"kind at {distance}", found["kind"])
        envelope = json.loads(found["entry"]) if isinstance(found.get("entry"), str) else found
        dossier.note(f"entry at {distance}", shape(envelope))
    fact = mine["fact"]
    for name in ("batch", "rubric", "rubric_version", "contract_version", "programme", "signal", "role"):
        dossier.note(f"fact {name}", fact[name])


def dossiers(ground: Ground) -> tuple[list[Dossier], list[Dossier]]:
    """What the adversary holds of sentinels, and of work."""
    visitor = Visitor(ground.served, ground.expert)
    found = []
    for number in range(TURNS):
        if number % 2:
            ground.world.judge(ground.other, "b_clearly")  # so that some judgments of the adversary divide an item
        found.append(turn(ground, visitor, number))
    sentinels = [one for one in found if ground.is_gold(one.item)]
    return sentinels, [one for one in found if not ground.is_gold(one.item)]


def told_apart(sentinels: list[Dossier], work: list[Dossier]) -> dict[str, tuple[set[str], set[str]]]:
    """Features with a value that sentinels show and work never does."""
    seen: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for side, every in enumerate((sentinels, work)):
        for one in every:
            for name, value in one.features.items():
                seen[name][side].add(repr(value))
    return {name: (of, by) for name, (of, by) in seen.items() if not of <= by}


def test_nothing_that_an_expert_holds_tells_a_sentinel(ground: Ground) -> None:
    sentinels, work = dossiers(ground)
    assert len(sentinels) >= 8
    assert len(work) >= 20
    found = told_apart(sentinels, work)
    assert not found, "\n".join(f"{name}: sentinels {of}, work {by}" for name, (of, by) in found.items())


def test_the_distances_between_own_events_are_the_same(ground: Ground) -> None:
    """Alone in a quiet cell: places and counts from one own event to the next, whatever stood between."""
    steps: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for _ in range(30):
        task = ground.served.call(ground.expert, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
        one = f"{V1}/assignments/{task['assignment']}"
        ground.served.call(ground.expert, "POST", f"{one}/judgment", body=body_of())
        with ground.world.cell.read() as connection:
            end = journal.head(connection).next_seq
            own = [
                envelope for _, entry in journal.read(connection, end - 12, end)
                if (envelope := open_entry(entry)).by == ground.expert.person
            ]  # fmt: skip
        judged = next(e for e in reversed(own) if e.kind == "judgment-submitted/1")
        steps[ground.is_gold(task["item"])].add((end - judged.seq, own[-1].n - judged.n))
    assert steps[True] == steps[False]
    assert len(steps[True]) == 1


def test_the_neighbours_of_a_judgment_cannot_be_guessed_by_their_leaves(ground: Ground) -> None:
    """What the expert does not hold of the event behind their judgment is 128 bits; the look behind it is the same."""
    kinds: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    salts = []
    with ground.world.cell.read() as connection:
        entries = [open_entry(entry) for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
    for place, envelope in enumerate(entries):
        if envelope.kind == "judgment-checked/1":
            fact = events.fact_of(envelope)
            salts.append(fact.salt)  # type: ignore[attr-defined]  # of its kind
            look = events.fact_of(entries[place + 1])
            kinds[fact.is_sentinel].add((entries[place + 1].kind, look.what, look.reason))  # type: ignore[attr-defined]  # a fact of its kind
    assert kinds[True] == kinds[False] == {("content-accessed/1", "answer", "check")}
    assert all(len(salt) == 32 for salt in salts)
    assert len(set(salts)) == len(salts)


def test_a_sentinel_takes_as_many_statements_and_openings_as_work(ground: Ground) -> None:
    """What takes time on the server, counted instead of timed. The first of each kind fills caches."""
    cost: dict[bool, set[tuple[int, int, int, int]]] = {True: set(), False: set()}
    for number in range(40):
        at = (ground.statements[0], ground.opened[0])
        task = ground.served.call(ground.expert, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
        between = (ground.statements[0], ground.opened[0])
        one = f"{V1}/assignments/{task['assignment']}"
        ground.served.call(ground.expert, "POST", f"{one}/judgment", body=body_of())
        end = (ground.statements[0], ground.opened[0])
        if number >= 4:
            cost[ground.is_gold(task["item"])].add(
                (between[0] - at[0], between[1] - at[1], end[0] - between[0], end[1] - between[1])
            )
    assert cost[True], "expected a sentinel among forty leases"
    openings = {kind: {(one[1], one[3]) for one in seen} for kind, seen in cost.items()}
    assert openings[True] == openings[False]
    for column in (0, 2):
        middle = {kind: sorted(one[column] for one in seen) for kind, seen in cost.items()}
        assert abs(middle[True][0] - middle[False][0]) <= 3, cost


def test_giving_back_and_running_out_tell_nothing(ground: Ground) -> None:
    said: dict[str, dict[bool, set[str]]] = defaultdict(lambda: {True: set(), False: set()})
    for number in range(48):
        task = ground.served.call(ground.expert, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
        assert "assignment" in task, task
        one, is_gold = f"{V1}/assignments/{task['assignment']}", ground.is_gold(task["item"])
        if number % 2:
            back = ground.served.call(ground.expert, "POST", f"{one}/return")
            said["returned"][is_gold].add(f"{back.status_code} {shape(back.json())}")
            late = ground.served.call(ground.expert, "GET", one)
            said["after"][is_gold].add(f"{late.status_code} {late.json().get('state')}")
            again = ground.served.call(ground.expert, "POST", f"{one}/return")
            said["returned twice"][is_gold].add(f"{again.status_code} {shape(again.json())}")
            continue
        ground.world.clock.pass_minutes(61)
        ground.served.forget(ground.expert)  # sessions run out, too
        gone = ground.served.call(ground.expert, "GET", one)
        said["run out"][is_gold].add(f"{gone.status_code} {gone.json().get('state')}")
        done = ground.served.call(ground.expert, "POST", f"{one}/judgment", body=body_of())
        said["late"][is_gold].add(f"{done.status_code} {shape(done.json())}")
    for name, sides in said.items():
        assert sides[True], name
        assert sides[True] <= sides[False], name


def test_an_expert_reads_nothing_of_policy_charts_or_schedule(ground: Ground) -> None:
    for path in ("sentinels", "sentinels/offer", "sentinels/schedule"):
        assert ground.served.call(ground.expert, "GET", f"{V1}/programmes/{PROGRAMME}/{path}").status_code == 404
        assert Visitor(ground.served, ground.expert).get(f"/programmes/{PROGRAMME}/{path}").status_code == 404


def test_the_stop_says_nothing_of_sentinels_and_comes_after_other_work(tmp_path: Path) -> None:
    with pages_at(tmp_path) as served:
        world = served.world
        expert = world.expert()
        world.work(150, start=1000)
        world.bring([gold_row(f"w-{n}") for n in range(2000, 2060)], batch="known", purpose="gold")
        sentinel.set_policy(world.cell, world.lead, PROGRAMME, OFTEN, key=new_key())
        after, found = None, served.call(expert, "GET", f"{V1}/me")
        for _ in range(140):
            found = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/next")
            if found.status_code == 409:
                break
            held = found.json()
            verdict = "b_clearly" if held["shown"]["first"].endswith("one.") else "a_clearly"
            served.call(expert, "POST", f"{V1}/assignments/{held['assignment']}/judgment", body=body_of(verdict))
            sentinel.announce(world.cell)
            after = held["item"]
        error = found.json()["error"]
        assert error["code"] == "work-paused"
        assert error["names"] == []
        assert not re.search(r"sentinel|gold|known|test|wrong", error["sentence"])
        with world.cell.read() as connection:
            [fall] = connection.execute(DRIFT.select()).all()
            asked = sa.text("SELECT item, seq FROM assignment WHERE seq > :crossed ORDER BY seq")
            later = list(connection.execute(asked, {"crossed": fall.crossed_seq}))
        assert later, "at least one lease lies between the answer that led to it and the stop"
        assert later[-1].item == after
