"""Whether an expert can learn of others' judgments, of candidates, sentinels or the reserve, by all that they can read.

2.11, 5.4, invariant 6. The adversary of `adversary.py` crawls the cell of `secret_cell.py`. Each test of a planted leak
tampers with the program in one place, and holds that the adversary says what leaks and where it was read.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from living_cell import World, answer_of, shown_as
from security import order_seen, secret_cell
from security.adversary import Adversary, Leak, different, gold_given
from security.secret_cell import HELD, Scene, Told
from served import InProcess, Served
from starlette.responses import HTMLResponse, Response

from tallystick import api, edge, web
from tallystick.app import adjudication, assignment, judgment
from tallystick.app import contract as contracts
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.app.looking import About, Look
from tallystick.edge import Visit
from tallystick.edge.calls import ApiAnswer, CallApp
from tallystick.events.assignment import AssignmentLeasedV3
from tallystick.flow import assignment as flow
from tallystick.ledger import journal
from tallystick.signals.preference import Verdict
from tallystick.signals.shape import Reason
from tallystick.store.schema import Row
from tallystick.web import frame
from tallystick.web.views.page import Page

VERDICTS: tuple[Verdict, Verdict] = ("a_clearly", "b_clearly")
ROOM = 60  # events that what others do takes at most
MINUTES = 20
Deed = Callable[[Scene], None]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """The cell with its secrets, closed: every test opens a copy."""
    folder = tmp_path_factory.mktemp("secret") / "original"
    return folder, secret_cell.make(folder)


@contextmanager
def adversary_at(original: tuple[Path, Told], folder: Path, *, is_quick: bool = True) -> Iterator[Adversary]:
    """The adversary before a copy of the cell, which is served as always."""
    with secret_cell.opened(*original, folder) as scene, served_by(scene.world) as served:
        yield Adversary(scene, served, is_quick=is_quick)


@contextmanager
def served_by(world: World) -> Iterator[Served]:
    """A world behind its API and its pages."""
    site = edge.build(world.cell, mounts=(api.mount, web.mount), secure_cookies=False, hosts=())
    try:
        with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
            yield Served(world, site, http)
    finally:
        site.close()


def second_judges(scene: Scene, verdict: Verdict, *, words: str, minutes: int, active_ms: int) -> None:
    """Another expert judges the item that the adversary has before them."""
    scene.world.clock.pass_minutes(minutes)
    actor = scene.cast["second"]
    task = scene.world.task(actor)
    answer = answer_of(
        shown_as(task, verdict), reasons=[Reason(criterion="reasoning", text=words)], active_ms=active_ms
    )
    saved = judgment.submit(scene.world.cell, actor, task.assignment, answer, key=new_key())
    assert isinstance(saved, judgment.Saved), saved


def nothing(scene: Scene) -> None:
    """Nobody does anything."""
    del scene


def agrees(scene: Scene) -> None:
    second_judges(scene, "a_clearly", words="The step at line seven follows.", minutes=3, active_ms=9_000)


def parts(scene: Scene) -> None:
    second_judges(scene, "b_slightly", words="I read it otherwise, from the first line on to the last.", minutes=11,
                  active_ms=777_000)  # fmt: skip


def abstains(scene: Scene) -> None:
    second_judges(scene, "abstain", words="Nothing here is of my trade.", minutes=1, active_ms=50)


def hesitates(scene: Scene) -> None:
    """Another keeps a draft that grows, and gives the item back."""
    scene.world.clock.pass_minutes(5)
    cell, actor = scene.world.cell, scene.cast["second"]
    task = scene.world.task(actor)
    judgment.save_draft(cell, actor, task.assignment, {"reason-1-text": "word " * 900})
    assignment.give_back(cell, actor, task.assignment, key=new_key())


def looks_at_a_case(scene: Scene) -> None:
    """An adjudicator opens a case about an item that the adversary judged."""
    cell, judge = scene.world.cell, scene.cast["judge"]
    queue = adjudication.queue(cell, judge, "plain-answers")
    assert isinstance(queue, list)
    for case in queue:
        adjudication.take(cell, judge, case.item, key=new_key())
        adjudication.case_page(cell, judge, case.item, key=new_key())
        adjudication.give_back(cell, judge, case.item, key=new_key())


DEEDS: tuple[Deed, ...] = (agrees, parts, hesitates, looks_at_a_case)


def view_after(original: tuple[Path, Told], folder: Path, deed: Deed) -> dict[str, list[str]]:
    """What the adversary is served after something that another did; as many events and minutes passed in any case."""
    with adversary_at(original, folder) as adversary:
        scene, cell = adversary.scene, adversary.scene.world.cell
        at, end = scene.world.clock.at, adversary.end + ROOM
        deed(scene)
        for number in range(end - _journaled(scene)):
            cell.look(scene.world.lead, "access.read", About(subject=f"filler-{number}", what="words", reason="review"))
        assert _journaled(scene) == end
        scene.world.clock.at = at + MINUTES * 60_000_000
        cell.seal()
        return adversary.crawl().work().view()


def _journaled(scene: Scene) -> int:
    with scene.world.cell.read() as connection:
        return journal.head(connection).next_seq


@pytest.fixture(scope="module")
def calm(original: tuple[Path, Told], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the adversary is served where nobody did anything."""
    return view_after(original, tmp_path_factory.mktemp("calm") / "copy", nothing)


def test_nothing_secret_stands_anywhere(original: tuple[Path, Told], tmp_path: Path) -> None:
    with adversary_at(original, tmp_path / "copy", is_quick=False) as adversary:
        adversary.crawl().work()
        assert adversary.leaks() == []
        assert not [one.where for one in adversary.sightings if one.status >= 500]


@pytest.mark.parametrize("deed", [nothing, *DEEDS])
def test_what_others_do_changes_nothing(
    original: tuple[Path, Told], calm: dict[str, list[str]], tmp_path: Path, deed: Deed
) -> None:
    found = different(calm, view_after(original, tmp_path / "copy", deed))
    assert found == [], "\n".join(found[:20])


def test_who_asks_how_the_cell_does_cannot_count_what_others_do(original: tuple[Path, Told], tmp_path: Path) -> None:
    """Nobody needs a session for that, and may ask at every moment."""
    with adversary_at(original, tmp_path / "copy") as adversary:
        seen = []
        for deed in (nothing, agrees, looks_at_a_case):
            deed(adversary.scene)
            adversary.scene.world.cell.seal()  # as a server does each second
            seen.append([adversary.served.call(None, "GET", path).text for path in ("/healthz", "/readyz")])
    assert seen[0] == seen[1] == seen[2]


def test_a_judgment_that_divides_its_item_counts_as_any_other(tmp_path: Path) -> None:
    """In a quiet cell without a policy of sentinels, too: by the places of one's own events, and their numbers."""
    with order_seen.few_at(tmp_path) as world, served_by(world) as served:
        first, last = world.experts[:2]
        served.token(last)
        steps = []
        for verdict in VERDICTS:
            world.judge(first)
            task = world.task(last)
            answer = answer_of(shown_as(task, verdict))
            judgment.submit(world.cell, last, task.assignment, answer, key=new_key())
            world.clock.pass_minutes(11)  # so that the next look is an event of its own
            served.call(last, "GET", "/api/v1/me/settings")
            own = served.call(last, "GET", "/api/v1/me/receipts").json()["receipts"]
            told = [served.call(last, "GET", f"/api/v1/receipts/{one['seq']}").json() for one in own[:2]]
            numbers = [json.loads(one["entry"])["n"] for one in told]
            steps.append((own[0]["kind"], own[0]["seq"] - own[1]["seq"], numbers[0] - numbers[1]))
        with world.cell.read() as connection:
            assert connection.execute(sa.text("SELECT count(*) FROM disagreement")).scalar_one() == 1
        assert steps[0] == steps[1]


def test_what_is_served_of_a_sentinel_is_what_is_served_of_work(original: tuple[Path, Told], tmp_path: Path) -> None:
    """What they had before them and have judged; `test_sentinels.py` does the same while they work."""
    with adversary_at(original, tmp_path / "copy") as adversary:
        found = adversary.sentinels()
        assert found == [], "\n".join(found)


def test_ids_tell_no_purpose_by_their_order(original: tuple[Path, Told], tmp_path: Path) -> None:
    """Gold, the reserve and work came in one after the other: an id that grows with time would part them."""
    with adversary_at(original, tmp_path / "copy") as adversary, adversary.scene.world.cell.read() as connection:
        rows = connection.execute(sa.text("SELECT item, purpose FROM item ORDER BY item")).all()
        sides = [row.purpose == "gold" for row in rows]
        # Random ids stand in one block each with a chance of 2 / C(n, k): less than 1e-15 for thirty of each.
        assert min(sum(sides), len(sides) - sum(sides)) >= 20
        assert len({n for n in range(1, len(sides)) if sides[n] != sides[n - 1]}) > 2


def test_the_order_of_candidates_is_blind(tmp_path: Path) -> None:
    with order_seen.many_at(tmp_path) as world, served_by(world) as served:
        assert order_seen.biases(order_seen.seen_by_all(served)) == []


# --- planted leaks: the adversary must name each, and where it was read ------------------------------------------


def word_of(adversary: Adversary, about: str) -> str:
    """A secret word of the cell."""
    return next(word for word, what in adversary.scene.secrets.known.items() if about in what)


def test_another_s_reason_in_a_hidden_attribute_of_a_page(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with adversary_at(original, tmp_path / "copy") as adversary:
        word = word_of(adversary, "the reason of third on ")
        inner = base64.b64encode(f"note: {word}".encode()).decode()
        shown = frame.shown

        def leaking(template: str, view: object, page: Page, *, status: int = 200) -> HTMLResponse:
            text = bytes(shown(template, view, page, status=status).body).decode()
            is_work = template == "judgment/work.html" and "/assignments/" in view.action  # type: ignore[attr-defined]  # of that page
            extra = f'<main data-peer="{inner}"' if is_work else "<main"
            return HTMLResponse(text.replace("<main", extra), status_code=status)

        monkeypatch.setattr(frame, "shown", leaking)
        found = adversary.crawl().leaks()
        assert found
        assert all(leak.where.startswith("GET /assignments/asg-") for leak in found)
        assert {(leak.how, leak.what.partition(":")[0]) for leak in found} == {("in base64", word)}


def test_a_candidate_s_model_in_a_field_of_the_api(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with adversary_at(original, tmp_path / "copy") as adversary:
        word = word_of(adversary, f"who wrote candidate 0 of {HELD}")
        get_task = assignment.task

        def leaking(cell: Cell, actor: Actor, wanted: str) -> object:
            task = get_task(cell, actor, wanted)
            return replace(task, domain=f"general%2F{word.upper()}") if isinstance(task, assignment.Task) else task

        monkeypatch.setattr(assignment, "task", leaking)
        found = adversary.crawl().leaks()
        assert any(re.fullmatch(r"GET /api/v1/assignments/asg-\w+ of the API", leak.where) for leak in found)
        assert {leak.what for leak in found} == {f"{word}: who wrote candidate 0 of {HELD}"}


def test_an_item_of_the_reserve_in_a_list(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with adversary_at(original, tmp_path / "copy") as adversary:
        word = word_of(adversary, "in the reserve")
        list_all = contracts.programmes

        def leaking(cell: Cell, actor: Actor) -> object:
            rows = list_all(cell, actor)
            assert isinstance(rows, list)
            return [SimpleNamespace(**(row._asdict() | {"title": f"Next: {word.encode().hex()}"})) for row in rows]

        monkeypatch.setattr(contracts, "programmes", leaking)
        found = adversary.crawl().leaks()
        assert (
            Leak("GET /api/v1/programmes of the API", "in hexadecimal", f"{word}: the prompt of h-0 in the reserve")
            in found
        )


def test_a_sentinel_s_mark_in_a_header(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with adversary_at(original, tmp_path / "copy") as adversary:
        is_gold = gold_given(adversary.scene)
        told = CallApp._told  # noqa: SLF001 - where the leak is planted

        def leaking(self: CallApp, visit: Visit, given: ApiAnswer) -> Response:
            response = told(self, visit, given)
            response.headers["server-timing"] = "kept" if is_gold.get(visit.path.get("work", "")) else "read"
            return response

        monkeypatch.setattr(CallApp, "_told", leaking)
        [line] = adversary.sentinels()
        assert line.startswith("task headers: sentinels ")
        assert "server-timing" in line


def test_others_judgments_counted_in_the_progress(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(connection: journal.Connection, leased: Row) -> int:
        asked = sa.text("SELECT count(*) FROM judgment WHERE item = :item")
        return int(connection.execute(asked, {"item": leased.item}).scalar_one())

    monkeypatch.setattr(assignment, "_leases_of", leaking)
    found = different(*(view_after(original, tmp_path / deed.__name__, deed) for deed in (nothing, agrees)))
    assert any(line.startswith("POST next: ") and '"done' in line for line in found)
    assert any(line.startswith("GET /assignments/asg-") for line in found)


def test_the_time_of_another_s_judgment(
    original: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_in = assignment._task  # noqa: SLF001 - where the leak is planted

    def leaking(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> assignment.Task:
        asked = sa.text("SELECT max(at) FROM judgment WHERE item = :item")
        at = connection.execute(asked, {"item": row.item}).scalar_one()
        return replace(shown_in(cell, connection, row, actor, look=look), draft_at=at)

    monkeypatch.setattr(assignment, "_task", leaking)
    found = different(*(view_after(original, tmp_path / deed.__name__, deed) for deed in (agrees, abstains)))
    assert any(re.match(r"GET /api/v1/assignments/asg-\w+ of the API: .*draft_at", line) for line in found)


def test_an_order_that_follows_who_wrote_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "candidate_order", lambda *_, **__: "AB")
    with order_seen.many_at(tmp_path) as world, served_by(world) as served:
        found = order_seen.biases(order_seen.seen_by_all(served))
    assert found[0] == "the order follows the candidate: 144 of 144 in one order"


def test_an_assignment_s_id_that_tells_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lease_of = assignment._lease_of  # noqa: SLF001 - where the leak is planted

    def leaking(*given: object, **named: object) -> AssignmentLeasedV3:
        fact = lease_of(*given, **named)  # type: ignore[arg-type]  # as they came
        return msgspec.structs.replace(fact, assignment=fact.assignment[:-1] + ("4" if fact.order == "AB" else "c"))

    monkeypatch.setattr(assignment, "_lease_of", leaking)
    with order_seen.many_at(tmp_path) as world, served_by(world) as served:
        found = order_seen.biases(order_seen.seen_by_all(served))
    assert found == ["bit 3 of task.assignment tells the order: right 144 of 144 times"]
