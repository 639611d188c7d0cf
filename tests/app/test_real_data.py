"""Real data of every kind goes the whole way: imported, shown, judged by the client, measured, released, read back.

Reads ../shared/data where it is there. A bounded number of rows of each set is taken, from all over it; the command
that takes whole sets, and its figures, stand in docs/data-sets.md. Orders are worked out from the penalties of raters.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import httpx
import msgspec
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from living_cell import CRITERIA, PROGRAMME, rubric_text, world_at
from restricted_work import clear, draw, make_senior, restrict
from served import InProcess, Served
from signals.answers import an_answer
from web.visitor import Visitor

from tallystick import api, edge, web
from tallystick.app import release, rubric
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.app.release import Exported
from tallystick.audit.release import Status, verify_release
from tallystick.bundle.rows import Judgment, Record
from tallystick.client import Client, Refused
from tallystick.client import Judgment as Sent
from tallystick.client import Mark as SentMark
from tallystick.client import Reason as SentReason
from tallystick.client.answers import Task
from tallystick.flow.document import check
from tallystick.flow.items import ItemRow, JudgmentRow, content_of_row, read_judgment
from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import (
    LETTERS,
    UNDECIDED,
    Answer,
    Choice,
    Codes,
    CriterionScale,
    Mark,
    Number,
    Reason,
    Signal,
)
from tallystick.sim import layout
from tallystick.sim.layout.source import Reading, once, open_folder
from tallystick.store.schema import ITEM

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data, which is not part of the repository")

ROWS = 24
"""Items of a set whose judgments are all taken in."""
HERE = 3
"""Items of a set that two experts judge here, beside what is left of their judgments made elsewhere."""
DECIDED = {0: {"here": "pass"}, 1: {"here": "pass", "elsewhere": "undecided"}}
"""What the gate says, by raters of an item: one rater agrees with nobody. Of more, both batches pass."""
LOW = "threshold: {value: 0.001, rationale: Real judgments go the whole way here.}\n"


@dataclass(frozen=True, kw_only=True)
class Set:
    """A set and what its README and SOURCE say of it."""

    name: str
    signal: str
    items: int
    raters: int  # who judged an item: items that so many people judged are taken

    @property
    def redundancy(self) -> int:
        """With two experts of this cell, an item of one rater has three judgments, and one of none has two."""
        return {0: 2, 1: 3}.get(self.raters, self.raters)


SETS = [
    Set(name="expertqa", signal="demonstration", items=479, raters=1),
    Set(name="pandalm_test", signal="preference", items=999, raters=3),
    Set(name="mqm_wmt23_ende", signal="ranking", items=104, raters=3),
    Set(name="mqm_wmt23_ende", signal="critique", items=104, raters=3),
    Set(name="bigbench_mistake", signal="process", items=2186, raters=1),
    Set(name="pubmedqa_l", signal="outcome", items=1000, raters=2),
    Set(name="convabuse", signal="safety", items=4185, raters=3),
    Set(name="adversarial_nibbler_r1r3", signal="redteam", items=1532, raters=5),
    Set(name="taubench_airline_gpt4o", signal="tooltrace", items=50, raters=0),
]


@dataclass
class Taken:
    """The rows that a test takes of a set: as the import gets them, and as it must give them back.

    here  items that experts of this cell judge too
    """

    found: Reading
    items: dict[str, ItemRow]
    judgments: dict[tuple[str, str], JudgmentRow]
    here: set[str]

    def lines(self, *, here: bool) -> tuple[bytes, bytes]:
        """Two files: items, and judgments on them."""
        names = {name for name in self.items if (name in self.here) is here}
        rows = [row | {"domain": self.found.domain} for row in self.found.items if row["id"] in names]
        said = [row for row in once(self.found.judgments)[0] if (row["item"], row["rater"]) in self.judgments]
        return _jsonl(rows), _jsonl([row for row in said if row["item"] in names])


def _jsonl(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def taken(one: Set) -> Taken:
    """Items from all over a set that all raters judged; two judgments of some are left for the experts of this cell."""
    source = open_folder(DATA / one.name)
    found = layout.read(source, one.signal)[1]
    assert len(source.items) == one.items
    given: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in once(found.judgments)[0]:
        given[str(row["item"])].append(row)
    full = [row for row in found.items if len(given[str(row["id"])]) == one.raters]
    rows = full[:: len(full) // (ROWS + HERE)][: ROWS + HERE]
    checked = [check(json.loads(json.dumps(row | {"domain": found.domain})), "items", ItemRow, line=1) for row in rows]
    items = {row.id: row for row in checked if isinstance(row, ItemRow)}
    assert len(items) == ROWS + HERE
    here = set(list(items)[:: ROWS // HERE][:HERE])
    judgments = {}
    for name in items:
        kept = one.redundancy - 2 if name in here else one.raters
        for row in given[name][:kept]:
            read = read_judgment(json.loads(json.dumps(row)), line=1, name="judgments")
            assert isinstance(read, JudgmentRow), read
            judgments[name, read.rater] = read
    return Taken(found, items, judgments, here)


@contextmanager
def serving(one: Set, rows: Taken, directory: Path) -> Iterator[Served]:
    """A served cell with a rubric that has the set's own lists; a restricted signal gets a restricted domain."""
    url, domain = f"sqlite+pysqlite:///{directory / 'cell.db'}", rows.found.domain
    with world_at(url, directory / "cell", domains=(domain,), redundancy=one.redundancy) as world:
        if BY_NAME[one.signal].is_restricted:
            restrict(world, one.redundancy)
        text = rubric_text("1.1.0", domain=domain) + LOW
        if rows.found.codes:
            text += f"labels: {json.dumps(lists(rows.found.codes))}\n"
        done = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
        assert isinstance(done, rubric.Published), done
        site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False, hosts=())
        try:
            with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
                yield Served(world, site, http)
        finally:
            site.close()


def lists(codes: Codes) -> dict[str, list[dict[str, str]]]:
    return {name: [{"value": code.value, "title": code.title} for code in listed] for name, listed in codes.items()}


def client_of(served: Served, actor: Actor) -> Client:
    inside = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=inside, pause=lambda _: None)


def joined(served: Served, one: Set, *expert_roles: str) -> Actor:
    """An expert, cleared where the work is restricted, and qualified."""
    world = served.world
    expert = world.expert(*expert_roles, domains=())
    if BY_NAME[one.signal].is_restricted:
        clear(world, world.lead, expert)
    assert world.qualify(expert, world.domains[0]).state == "qualified"
    return expert


def answer_to(signal: Signal, row: ItemRow, like: JudgmentRow | None) -> Answer:
    """A whole answer in the item's own letters: what a rater of the source said, and what the source did not ask."""
    content = content_of_row(row)
    form = signal.form(content, signal.codes)
    rest: dict[str, object] = {
        "scores": {name: dict.fromkeys(form.scored, 3) for name in CRITERIA} if form.scored else {},
        "reasons": [Reason(criterion=CRITERIA[0], text="It follows, as anybody can see.")],
    }
    if like is None:
        made = (an_answer(signal, content, form, chance) for chance in range(200))
        return next(one for one in made if one.verdict not in UNDECIDED).model_copy(update=rest)
    is_pair = signal.name == "preference" and like.verdict in ("a", "b")
    parts: list[Choice | Number] = [*form.choices, *form.numbers]
    asked = [one for one in parts if one.is_required and (not one.when or like.verdict in one.when)]
    labelled = {(mark.field, mark.on) for mark in like.marks}
    further = [
        Mark(field=one.name, on=on, label=one.labels[0].value)
        for one in form.labellings if one.is_every for on in one.pieces if (one.name, on) not in labelled
    ]  # fmt: skip
    said = rest | {"verdict": f"{like.verdict}_slightly" if is_pair else like.verdict, "texts": like.texts}
    said |= {"marks": [*like.marks, *further]}
    whole = [
        Answer.model_validate(said | {"values": {one.name: _filled(one, place) for one in asked} | like.values})
        for place in (0, -1)
    ]
    criteria = {name: CriterionScale(1, 5) for name in CRITERIA}
    return next(one for one in whole if checking.faults(signal, one, content, form, criteria=criteria) == [])


def _filled(part: Choice | Number, place: int) -> str:
    """What is chosen where a source did not ask: the first or the last option, the least number or one."""
    return part.options[place].value if isinstance(part, Choice) else str(part.low if place == 0 else max(1, part.low))


class Words(HTMLParser):
    """All that a page says, without its marks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(text: str) -> str:
    return "".join(text.split())


def shows(page: httpx.Response, task: Task) -> None:
    """The page answers, and every text of the item stands on it."""
    assert page.status_code == 200, page.text
    said = plain(Words(page.text).text)
    shown = task.shown
    for text in (shown.prompt, shown.context or "", *(piece.text for piece in shown.pieces)):
        assert plain(text) in said, text[:80]


def sent(answer: Answer) -> Sent:
    return Sent(
        verdict=answer.verdict, scores=dict(answer.scores), values=dict(answer.values), texts=dict(answer.texts),
        reasons=[msgspec.convert(one.model_dump(), type=SentReason) for one in answer.reasons],
        marks=[msgspec.convert(one.model_dump(), type=SentMark) for one in answer.marks], active_ms=answer.active_ms,
    )  # fmt: skip


def external_of(served: Served, item: str) -> str:
    with served.world.cell.read() as connection:
        return str(connection.execute(sa.select(ITEM.c.external).where(ITEM.c.item == item)).scalar_one())


def judge(served: Served, one: Set, rows: Taken, expert: Actor) -> dict[str, Answer]:
    """Judge what there is, having looked at its page; item: what was said, in its own letters."""
    signal, said = BY_NAME[one.signal].under(rows.found.codes), {}
    page = Visitor(served, expert)
    first: dict[str, JudgmentRow] = {}
    for row in once(rows.found.judgments)[0]:
        if row["item"] in rows.here and row["item"] not in first:
            first[str(row["item"])] = JudgmentRow.model_validate_json(json.dumps(row))
    with client_of(served, expert) as client:
        while task := client.next_task(PROGRAMME):
            shows(page.get(page.get(f"/work/{PROGRAMME}").headers["location"]), task)
            name = external_of(served, task.item)
            own = answer_to(signal, rows.items[name], first.get(name))
            done = client.submit(task.assignment, sent(as_shown(signal, own, rows.items[name], task)))
            assert done.seq > 0
            said[name] = own
    return said


def as_shown(signal: Signal, own: Answer, row: ItemRow, task: Task) -> Answer:
    """An answer in the letters that the candidates of this task have."""
    shown = {piece.text: piece.id for piece in task.shown.pieces if piece.id in LETTERS}
    if len(row.candidates) < 2:
        return own
    names = {letter: shown[one.text] for letter, one in zip(LETTERS, row.candidates, strict=False)}
    renamed = checking.unshuffled(signal, own, content_of_row(row), names)
    return renamed if own.verdict else renamed.model_copy(update={"verdict": ""})  # then the marks decide


def bring(lead: Client, rows: Taken, one: Set, *, here: bool) -> None:
    """Import items and what was said of them elsewhere."""
    items, judgments = rows.lines(here=here)
    brought = lead.import_items(PROGRAMME, items, name="items.jsonl", batch="here" if here else "elsewhere")
    assert (brought.accepted, brought.problems) == (HERE if here else ROWS, [])
    if judgments:
        judged = lead.import_judgments(PROGRAMME, judgments, name="said.jsonl", source=one.name)
        assert (judged.accepted, judged.problems) == (judgments.count(b"\n"), [])


def keep(served: Served, one: Set) -> int:
    """Preserve every disagreement as it is; how many there were."""
    keeper, kept = joined(served, one, "adjudicator"), 0
    if BY_NAME[one.signal].is_restricted:
        make_senior(served.world, keeper)

    def call(method: str, path: str, **rest: object) -> dict[str, list[dict[str, str]]]:
        done = served.call(keeper, method, f"/api/v1{path}", **rest)  # type: ignore[arg-type]  # a body by its name
        assert done.is_success, done.text
        return dict(done.json()) if done.content else {}

    while waiting := call("GET", f"/programmes/{PROGRAMME}/disagreements")["disagreements"]:
        for row in waiting:
            call("POST", f"/disagreements/{row['item']}/take")
            body = {"criteria": [CRITERIA[0]], "notes": "Kept as its raters left it."}
            call("POST", f"/disagreements/{row['item']}/preserve", body=body)
            kept += 1
    return kept


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.signal)
def test_a_real_set_goes_the_whole_way(one: Set, tmp_path: Path) -> None:
    rows = taken(one)
    with serving(one, rows, tmp_path) as served:
        world = served.world
        with client_of(served, world.lead) as lead:
            bring(lead, rows, one, here=True)
            experts = [joined(served, one), joined(served, one)]
            answers = [judge(served, one, rows, expert) for expert in experts]
            assert [set(said) for said in answers] == [rows.here, rows.here]
            bring(lead, rows, one, here=False)
            keep(served, one)
            batches = {row.name: row for row in lead.batches(PROGRAMME) if row.purpose == "work"}
            decided = {name: lead.measure(row.batch).decision for name, row in batches.items() if row.judgments}
            assert decided == DECIDED.get(one.raters, {"here": "pass", "elsewhere": "pass"})
            wish: dict[str, str] = {"name": "real", "version": "1.0.0", "use": "train"}
            if one.raters < 2:
                with pytest.raises(Refused, match=r"judgments that count|does not pass"):
                    lead.cut_release(PROGRAMME, **wish, batches=[batches["elsewhere"].batch])
            if BY_NAME[one.signal].is_restricted:
                draw(world)
            made = lead.cut_release(PROGRAMME, **wish)
        folder = tmp_path / "out"
        done = release.export(world.cell, world.lead, made.release, folder)
        assert isinstance(done, Exported), done
        report = verify_release(folder, world.cell.signer.vkey, log=world.cell.log_directory)
        assert report.status is Status.OK, report.problems
        told = read_back(folder)
    same_items(one, rows, told)
    same_judgments(one, rows, told)
    same_answers(rows, told, answers)


@dataclass(frozen=True, slots=True)
class Told:
    """A release as its format says that it is read: the same rows from Parquet and from JSONL."""

    records: dict[str, Record]
    judgments: list[Judgment]


def read_back(folder: Path) -> Told:
    kept: dict[str, list[bytes]] = {}
    for name in ("records", "judgments"):
        kept[name] = (folder / f"data/{name}.jsonl").read_bytes().splitlines()
        table = pq.read_table(folder / f"data/{name}.parquet").to_pylist()
        assert table == [json.loads(line) for line in kept[name]]
    records = [msgspec.json.decode(line, type=Record) for line in kept["records"]]
    judgments = [msgspec.json.decode(line, type=Judgment) for line in kept["judgments"]]
    return Told({row.external: row for row in records}, judgments)


def same_items(one: Set, rows: Taken, told: Told) -> None:
    """Every text and id of every released item is the one of the source, to the byte."""
    expected = rows.here if one.raters < 2 else set(rows.items)
    assert set(told.records) == expected
    for name, record in told.records.items():
        row = rows.items[name]
        assert (record.prompt, record.context, record.signal) == (row.prompt, row.context, one.signal)
        assert [had.text for had in record.candidates] == [had.text for had in row.candidates]
        assert (json.loads(record.material) if record.material else None) == row.material
        made = record.producer and (record.producer.model, {one.name: one.value for one in record.producer.sampling})
        assert made == (row.producer and (row.producer.model, row.producer.sampling))


def same_judgments(one: Set, rows: Taken, told: Told) -> None:
    """What raters elsewhere said is what their source says, and its spans are the words at their places."""
    found = {(row.external, row.source_rater): row for row in told.judgments if not row.is_observed}
    expected = {key: row for key, row in rows.judgments.items() if one.raters > 1 or key[0] in rows.here}
    assert set(found) == set(expected)
    for key, row in expected.items():
        back = found[key]
        if row.verdict:
            assert back.verdict == row.verdict
        assert {one.name: one.value for one in back.values} == row.values
        assert {one.name: one.value for one in back.texts} == row.texts
        assert marks_of(back) == [mark.model_dump() for mark in row.marks]
        assert [reason.text for reason in back.reasons] == ([row.rationale] if row.rationale else [])
        assert back.made_at == row.made_at
        spans_fit(rows, back)


def spans_fit(rows: Taken, said: Judgment) -> None:
    signal = BY_NAME[said.signal].under(rows.found.codes)
    pieces = {piece.id: piece.text for piece in signal.pieces(content_of_row(rows.items[said.external]))}
    assert {mark.on for mark in said.marks} <= set(pieces)
    for mark in said.marks:
        if mark.start is not None:
            assert mark.quote == pieces[mark.on][mark.start : mark.end]


def marks_of(row: Judgment) -> list[dict[str, object]]:
    return [msgspec.to_builtins(mark) for mark in row.marks]


def same_answers(rows: Taken, told: Told, answers: list[dict[str, Answer]]) -> None:
    """What the experts of this cell sent through the client is what the release says, in the item's own letters."""
    observed: dict[str, list[Judgment]] = defaultdict(list)
    for row in told.judgments:
        if row.is_observed:
            observed[row.external].append(row)
    assert set(observed) == rows.here
    for name, given in observed.items():
        assert len({row.expert for row in given}) == len(answers)
        for row in given:
            said = answers[0][name]
            assert not said.verdict or row.verdict == said.verdict
            assert {one.name: one.value for one in row.values} == said.values
            assert {one.name: one.value for one in row.texts} == said.texts
            assert sorted(marks_of(row), key=str) == sorted((mark.model_dump() for mark in said.marks), key=str)
            spans_fit(rows, row)
