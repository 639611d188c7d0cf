"""An expert who reads everything that is served to them, and reports what of it is a secret and where it was read.

They know every id of the cell, ask every route for it, follow every link, and look into every encoding. What they
hold of two cells can be compared: what others did in one of them must not show.
"""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

import httpx
import sqlalchemy as sa
from living_cell import CRITERIA, PROGRAMME
from security.secret_cell import SENTINELS, STEM, Scene
from security.test_sentinels import Dossier, shape, told_apart
from served import Served
from web.visitor import Visitor

from tallystick.edge import RouteRule
from tallystick.ledger import journal
from tallystick.store.schema import READ

V1 = "/api/v1"
SECRET = re.compile(rf"{STEM}[a-z]+z\d+z")
ID = re.compile(r"\b[a-z]{3}-[0-9a-f]{26}\b")
LINK = re.compile(r"""(?:href|action|src|data-[a-z-]+)=["'](/[^"'#\s]*)""")
SKIPPED = re.compile(r"/static/|/receipts/\d")
"""Links that are not followed: files that nobody's rights touch were asked for, and receipts are as many as events."""
TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
SHORT_DIGEST = re.compile(r"\b[0-9a-f]{10}(?=\u2026)")
DEVICE_MARK = re.compile(r'(?<=data-mark=")[A-Za-z0-9+/]{10}(?=")')
"""Of the key under which one's own device keeps words: drawn when it is asked for first."""
PLACES = 6
"""The places around so many of their own latest events, and both ends of the journal, are asked for."""
DESCRIPTION = "/openapi.json"
FEW = 2
"""A quick adversary asks for so many ids of each kind that are not their own."""
NAMES = {
    "programme": "", "rubric_id": "", "version": "", "item": "itm", "work": "asg", "person": "per", "expert": "per",
    "batch": "bat", "qualification": "qlf", "calibration_id": "cal", "intervention": "int", "judgment_id": "jdg",
    "affected_id": "jdg", "release_id": "rel", "run": "run", "drawn": "itm", "credential_id": "crd", "clearance": "clr",
}  # fmt: skip
"""Parameter of an address: the ids that could stand there."""
TEXTS = frozenset({"prompt", "context", "first", "second", "text"})
OWN_ANSWER = ("verdict", "order", "scores")
"""What of a judgment's entry is the adversary's own saying."""
ACCEPTS = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was served: where, and all of it."""

    where: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    @property
    def whole(self) -> str:
        """Headers and body."""
        return "\n".join([str(self.status), *(f"{name}: {value}" for name, value in self.headers), self.text])


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A secret that was read: where, as what, and which one."""

    where: str
    how: str
    what: str


@dataclass
class Adversary:
    """An expert at the interfaces of a cell, with the ids of everything in it."""

    scene: Scene
    served: Served
    ids: dict[str, list[str]] = field(default_factory=dict)  # by prefix
    is_quick: bool = False
    sightings: list[Sighting] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Learn every id that any table or any event of the cell holds."""
        with self.scene.world.cell.read() as connection:
            self.ids = ids_in(connection)
            self.end = journal.head(connection).next_seq
            mine = {"me": self.scene.me.person}
            asked = sa.text("SELECT assignment FROM assignment WHERE expert = :me UNION SELECT :me")
            self._own = set(connection.execute(asked, mine).scalars())
        self.visitor = Visitor(self.served, self.scene.me)

    @property
    def known(self) -> frozenset[str]:
        """All ids that were there before the adversary began."""
        return frozenset(one for every in self.ids.values() for one in every)

    def crawl(self) -> "Adversary":
        """Ask every route that is read with every name, and follow every link."""
        rules = self.served.site.rules
        for name, rule in sorted(rules.items()):
            method, path = name.split(" ", 1)
            if method == "GET" and not (self.is_quick and path == DESCRIPTION):
                for address in self._addresses(path, rule):
                    self._get(address, rule)
        self._follow()
        return self

    def work(self) -> "Adversary":
        """Their own work, with every answer: faulty, kept, sent, sent again, given back, and what comes next."""
        me, call = self.scene.me, self.served.call
        held = self._note(call(me, "POST", f"{V1}/programmes/{PROGRAMME}/next"), "POST next").json()
        one = f"{V1}/assignments/{held['assignment']}"
        body = body_for(held)
        self._note(call(me, "PUT", f"{one}/draft", body={"verdict": "tie"}), "PUT draft")
        self._note(call(me, "POST", f"{one}/judgment", body=body | {"verdict": "?"}), "POST judgment, faulty")
        self._note(call(me, "POST", f"{one}/judgment", body=body), "POST judgment")
        self._note(call(me, "POST", f"{one}/judgment", body=body), "POST judgment, again")
        self._get(f"/assignments/{held['assignment']}/done", None)
        self._note(call(me, "POST", f"{V1}/programmes/{PROGRAMME}/next"), "POST next, behind")
        page = self.visitor.get(f"/work/{PROGRAMME}")
        self._see(page, "GET work, behind")
        return self

    def leaks(self) -> list[Leak]:
        """Secrets in what was served, but for the texts of what the adversary was given."""
        own = own_words(self.scene)
        found: set[Leak] = set()
        for sighting in self.sightings:
            for how, word in secrets_in(sighting.whole):
                if word not in own:
                    found.add(Leak(sighting.where, how, f"{word}: {self.scene.secrets.known.get(word, 'unknown')}"))
        return sorted(found)

    def view(self) -> dict[str, list[str]]:
        """All that was served, without what chance made: where, and how it reads."""
        known, found = self.known, dict[str, list[str]]()
        for sighting in self.sightings:
            text = masked(sighting.whole, known)
            found.setdefault(masked(sighting.where, known), []).append(text)
        return found

    def sentinels(self) -> list[str]:
        """What tells the sentinels that they had from work, among all that is served of what they have judged."""
        is_gold = gold_given(self.scene)
        every = [(is_gold[one], self._dossier(one, work)) for one, work in self._judged()]
        assert sum(gold for gold, _ in every) >= SENTINELS
        apart = told_apart([one for gold, one in every if gold], [one for gold, one in every if not gold])
        return [f"{name}: sentinels {of}, work {by}" for name, (of, by) in sorted(apart.items())]

    def _judged(self) -> list[tuple[str, str]]:
        """Assignment and item of every pair that they judged."""
        asked = """
            SELECT assignment, i.item FROM assignment a JOIN item i ON i.item = a.item
            WHERE a.expert = :me AND a.state = 'judged' AND i.signal = 'preference' ORDER BY a.seq
        """
        with self.scene.world.cell.read() as connection:
            rows = connection.execute(sa.text(asked), {"me": self.scene.me.person}).all()
        return [(row.assignment, row.item) for row in rows]

    def _dossier(self, work: str, item: str) -> Dossier:
        """Everything that is served of one judged item."""
        found, me = Dossier(item), self.scene.me
        task = self.served.call(me, "GET", f"{V1}/assignments/{work}")
        found.note("task", shape(without_texts(task.json())))
        found.note("task headers", shape(fixed(task)))
        for name in ("", "/done"):
            page = self.visitor.get(f"/assignments/{work}{name}")
            found.note(f"page{name} status", page.status_code)
            found.note(f"page{name} headers", shape(fixed(page)))
            found.note(f"page{name}", shape(masked(page.text, ())))
        place = self._place_of(work)
        for step in range(-2, 4):
            told = self.served.call(me, "GET", f"{V1}/receipts/{place + step}")
            found.note(f"receipt at {step}", told.status_code)
            if told.status_code == 200:
                fact = told.json()["fact"] or {}
                found.note(f"receipt at {step} shape", shape({k: v for k, v in fact.items() if k not in OWN_ANSWER}))
        return found

    def _place_of(self, work: str) -> int:
        """Where the judgment under an assignment stands in the journal."""
        asked = sa.text("SELECT seq FROM judgment WHERE assignment = :work")
        with self.scene.world.cell.read() as connection:
            return int(connection.execute(asked, {"work": work}).scalar_one())

    def _addresses(self, path: str, rule: RouteRule) -> Iterator[str]:
        names = re.findall(r"\{(\w+)", path)
        values = [self._values(name, path) for name in names]
        if not rule.allows(self.scene.me):
            values = [some[:1] for some in values]
            if self.is_quick:
                return
        for chosen in product(*values):
            filled = iter(chosen)
            yield re.sub(r"\{(\w+)(?::\w+)?\}", lambda _, of=filled: next(of), path)  # type: ignore[misc]  # of each

    def _values(self, name: str, path: str) -> list[str]:
        fixed = {
            "programme": [PROGRAMME], "rubric_id": ["general", "software"], "version": ["1.0.0"],
            "number": ["1"], "period": ["1"], "file": ["lines.csv"], "path": ["checkpoint", "tile/0/000"],
            "place": ["1"], "disqualifier": ["dsq-none"], "erasure_id": ["ers-none"], "proposal_id": ["opn-none"],
            "model": ["built-in-1"], "holder": ["client"],
        }  # fmt: skip
        if name == "seq":
            return [str(place) for place in self._places()]
        if name in fixed:
            return fixed[name]
        if name == "item" and "/calibrations/" in path:
            with self.scene.world.cell.read() as connection:
                return list(connection.execute(sa.text("SELECT item FROM calibration_item ORDER BY item")).scalars())
        found = self.ids.get(NAMES[name], []) or [f"{NAMES[name]}-none"]
        own = [one for one in found if one in self._own]
        return [*own, *(one for one in found if one not in self._own)][: len(own) + FEW] if self.is_quick else found

    def _places(self) -> list[int]:
        """Places of the journal at its ends, and around the latest own ones."""
        found = self.served.call(self.scene.me, "GET", f"{V1}/me/receipts").json()["receipts"]
        own = [one["seq"] for one in found][:PLACES]
        around = {place + step for place in own for step in (-1, 0, 1, 2)}
        return sorted(around | {0, 1, 2, self.end - 1, self.end})

    def _get(self, address: str, rule: RouteRule | None) -> None:
        if address in self._asked:
            return
        self._asked.add(address)
        kind = "page" if rule is None else rule.kind
        if kind == "api":
            call = self.served.call(self.scene.me, "GET", address, headers=dict(ACCEPTS))
            self._see(call, f"GET {address} of the API")
            if rule is not None and rule.permission == "public":
                self._see(self.served.call(None, "GET", address), f"GET {address} of the API, without a session")
            return
        self._see(self.visitor.get(address), f"GET {address}")

    def _follow(self) -> None:
        """Every link, until there is none that was not followed."""
        place = 0
        while place < len(self.sightings):
            for link in LINK.findall(self.sightings[place].text):
                address = html.unescape(link)
                if not SKIPPED.match(address):
                    self._get(address, None)
            place += 1

    def _note(self, response: httpx.Response, where: str) -> httpx.Response:
        self._see(response, where)
        return response

    def _see(self, response: httpx.Response, where: str) -> None:
        headers = tuple(sorted(response.headers.items()))
        self.sightings.append(Sighting(where, response.status_code, headers, response.text))


def ids_in(connection: journal.Connection) -> dict[str, list[str]]:
    """Every id that stands in a read table, by its prefix."""
    found: set[str] = set()
    for table in READ.sorted_tables:
        for row in connection.execute(sa.select(table)):
            found |= {value for value in row if isinstance(value, str) and ID.fullmatch(value)}
    by: dict[str, list[str]] = {}
    for one in sorted(found):
        by.setdefault(one[:3], []).append(one)
    return by


def own_words(scene: Scene) -> set[str]:
    """Secret words in the texts of what the adversary was given: as work, in a qualification, in a session."""
    asked = """
        SELECT external FROM item WHERE item IN (SELECT item FROM assignment WHERE expert = :me)
        OR item IN (SELECT item FROM gold_seen WHERE person = :me) OR item IN (SELECT item FROM calibration_item)
    """
    with scene.world.cell.read() as connection:
        given = connection.execute(sa.text(asked), {"me": scene.me.person}).scalars().all()
    names = {str(external).partition("z-")[2] for external in given}
    return {word for name in names for word in scene.secrets.texts.get(name, ())}


def without_texts(told: object) -> object:
    """An answer without what the item itself says."""
    if isinstance(told, dict):
        return {key: without_texts(part) for key, part in told.items() if key not in TEXTS}
    return [without_texts(part) for part in told] if isinstance(told, list) else told


def fixed(response: httpx.Response) -> dict[str, str]:
    """The headers of an answer but for its length, which follows from its body."""
    return {name: value for name, value in response.headers.items() if name != "content-length"}


def gold_given(scene: Scene) -> dict[str, bool]:
    """Assignment of the adversary: whether it was a sentinel."""
    asked = "SELECT assignment, purpose FROM assignment a JOIN item i ON i.item = a.item WHERE a.expert = :me"
    with scene.world.cell.read() as connection:
        rows = connection.execute(sa.text(asked), {"me": scene.me.person}).all()
    return {row.assignment: row.purpose == "gold" for row in rows}


def body_for(held: dict[str, object]) -> dict[str, object]:
    """A judgment of a pair: the better one is the first of the item's own, in whatever order it is shown."""
    shown = held["shown"]
    assert isinstance(shown, dict)
    better, worse = ("a", "b") if shown["first"].endswith("one.") else ("b", "a")
    scores = {name: {better: 4, worse: 3} for name in CRITERIA}
    reason = {"criterion": "reasoning", "text": "It follows, as its last step shows, and nothing is left out."}
    return {"verdict": f"{better}_clearly", "scores": scores, "reasons": [reason], "active_ms": 41_000}


def secrets_in(text: str) -> Iterator[tuple[str, str]]:
    """Secret words in a text, with the way in which they are written."""
    for how, reading in readings(text):
        for word in SECRET.findall(reading.lower()):
            yield how, word


def readings(text: str) -> Iterator[tuple[str, str]]:
    """A text in every way in which somebody could read it; only those in which a secret begins are spelled out."""
    yield "as it is", text
    if "%" in text:
        yield "in an address", urllib.parse.unquote(text)
    if "&" in text:
        yield "in entities", html.unescape(text)
    if "\\u" in text:
        yield "in JSON", re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    folded = text.lower()
    if STEM.encode().hex() in folded:
        for run in re.findall(r"[0-9a-f]{16,}", folded):
            yield "in hexadecimal", bytes.fromhex(run[: len(run) // 2 * 2]).decode(errors="replace")
    if STEM[::-1] in folded:
        yield "backwards", text[::-1]
    if any(part in text for part in _IN_BASE64):
        for run in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
            for start in range(4):
                yield "in base64", _decoded(run[start:])


def _decoded(run: str) -> str:
    whole = (run + "A" * (-len(run) % 4)).replace("-", "+").replace("_", "/")
    return base64.b64decode(whole).decode(errors="replace")


def _in_base64(word: str) -> Iterator[str]:
    """What of a word stands in base64 whatever stands around it: once for each place that it may begin at."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + word.encode() + b"\0\0").decode()
        yield text[-(-8 * shift // 6) : (8 * shift + 8 * len(word)) // 6]


_IN_BASE64 = tuple(part for word in (STEM, STEM.capitalize()) for part in _in_base64(word))


def masked(text: str, known: Iterable[str]) -> str:
    """A text without ids that were not there before, tokens, signatures and digests."""
    names = frozenset(known)
    text = ID.sub(lambda found: found[0] if found[0] in names else f"{found[0][:3]} of {len(found[0])}", text)
    return DEVICE_MARK.sub("mark", SHORT_DIGEST.sub("digest", TOKEN.sub(_without_chance, text)))


def _without_chance(found: re.Match[str]) -> str:
    """A run of letters and digits: an address part by part, a word as it is, all else by its length alone."""
    run = found[0]
    if "/" in run and re.fullmatch(r"[a-z0-9/_.-]+", run):
        return "/".join(part if ID.fullmatch(part) or len(part) < 20 else "token" for part in run.split("/"))
    is_word = ID.fullmatch(run) or not re.search(r"[0-9A-Z]", run)
    return run if is_word else f"token of {len(run)}"


def different(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """Where two views are not the same, with the first lines that differ."""
    found = [f"{where}: only in one of both" for where in sorted(set(one) ^ set(other))]
    for where in sorted(set(one) & set(other)):
        for left, right in zip(sorted(one[where]), sorted(other[where]), strict=False):
            if left != right:
                found.append(f"{where}: {first_difference(left, right)}")
    return found


def first_difference(left: str, right: str) -> str:
    """What stands around the first place at which two texts part."""
    place = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    start = max(0, place - 60)
    return json.dumps([left[start : place + 40], right[start : place + 40]])
