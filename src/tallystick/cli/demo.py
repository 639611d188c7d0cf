"""`tallystick demo`: a complete cell with a programme, played through the API, released, and served."""

import contextlib
import secrets
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import httpx
import typer
import uvicorn

from tallystick import settings
from tallystick.app import access, constitution, contract, gate, items, release, roster, routing, rubric, tiers
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key, wall_clock
from tallystick.audit.release import verify_release
from tallystick.cli import serve, shell
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.signals import BY_NAME
from tallystick.sim import attacks, cast, experts, layout, office
from tallystick.sim.clock import DAY_US, Clock, two_weeks_before
from tallystick.sim.keyed import keyed
from tallystick.sim.layout import DataSet
from tallystick.sim.lead import look_into, move
from tallystick.sim.play import NEXT_DAY, Played, World, begin, go_on, preserve_all
from tallystick.sim.revising import review_affected
from tallystick.store.schema import Row

NAME = "demo.tallystick.example"
START_SECONDS = 30.0
MARK = "DEMO"
MARK_TEXT = "A demo cell: simulated people, printed passwords. `tallystick demo` replaces it.\n"
DATA = experts.DATA
LAST_ACTS_US = 12 * 3_600 * 1_000_000
"""How long before now the comparisons begin: all that follows them fits into it."""
BATCHES = {"critique": "critiques", "process": "steps", "tooltrace": "traces", "safety": "safety"}
"""Signal: the batch of its items. What is compared stands in another one, and comes later."""
WHY_SENIOR = "Keeps the disagreements of an imported set as its raters left them; years as the demo assumes."
T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


@dataclass(slots=True)
class _Stage:
    """The demo on its way: the cell, its lead, its people, and how much is said.

    clock  the cell's own, on which the days of the play pass; not asked where judgments were made elsewhere
    """

    cell: Cell
    lead: Actor
    clock: Clock
    passwords: dict[str, str]
    persons: dict[str, str]  # login: pseudonym
    is_quiet: bool

    def say(self, sentence: str) -> None:
        if not self.is_quiet:
            shell.OUT.print(f"  {shell.plain(sentence)}", soft_wrap=True)


def demo(
    directory: shell.Directory = Path("demo-cell"),
    data: Annotated[Path | None, typer.Option(help="A folder in the plain layout: real judgments, imported.")] = None,
    signal: Annotated[str | None, typer.Option(help="With --data: how to read a set that holds two signals.")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the cell and leave.")] = False,
    seed: Annotated[int, typer.Option(help="Of the simulated experts.")] = 1,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8000,
    as_json: shell.AsJson = False,
) -> None:
    """Make a cell with a demo programme: contract, rubrics, experts, judgments, gates, adjudication, release."""
    started = time.monotonic()
    try:
        imported = layout.load(data, signal) if data else None
    except layout.BadLayout as error:
        shell.fail(str(error))
    stage = _open(directory, is_real=bool(imported), is_quiet=as_json)
    outcome = _play_imported(stage, imported, seed) if imported else _play_own(stage, seed)
    stage.cell.seal()
    facts = outcome | {
        "folder": str(directory), "log": str(directory / "log"), "vkey": stage.cell.signer.vkey,
        "custody": stage.cell.custody, "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip
    if as_json:
        shell.show_json(facts | {"accounts": stage.passwords})
        sys.stdout.flush()
    else:
        said = {"gates"}  # each was said when it was measured
        shell.show_facts("Demo cell", {name: facts[name] for name in facts if name not in said}, as_json=False)
        _print_accounts(stage)
    stage.cell.close()
    if not no_serve:
        with cells.opened(directory) as cell:  # by the clock of this machine from here on
            serve.run(cell, settings.Settings(directory=directory, port=port), is_quiet=as_json)


def _open(directory: Path, *, is_real: bool, is_quiet: bool) -> _Stage:
    """A new cell with its lead. An earlier demo cell in the same place is replaced; any other cell is left alone."""
    if directory.exists() and any(directory.iterdir()):
        _clear(directory)
    clock = two_weeks_before(wall_clock())
    cell = cells.create(directory, name=NAME, clock=wall_clock if is_real else clock)
    settings.save(settings.Settings(directory=directory))
    (directory / MARK).write_text(MARK_TEXT)
    stage = _Stage(cell, access.CELL, clock, {}, {}, is_quiet)
    stage.lead = _join(stage, cast.Part(cast.LEAD, "Lea Simulated (programme lead)", ("lead",)))
    return stage


def _clear(directory: Path) -> None:
    if not (directory / MARK).is_file():
        shell.fail(f"{directory}: expected an empty folder or an earlier demo cell, found something else.")
    shutil.rmtree(directory)


def _join(stage: _Stage, part: cast.Part) -> Actor:
    """Enrol a demo account with a password of its own, made up now and printed at the end."""
    cell, actor = stage.cell, stage.lead
    stage.passwords[part.login] = "-".join(secrets.token_hex(2) for _ in range(4))
    person = roster.NewPerson(
        name=part.name, roles=part.roles, expert_roles=part.expert_roles, note="A simulated person of the demo.",
        login=part.login, password=stage.passwords[part.login], is_simulated=True, is_demo=True,
    )  # fmt: skip
    joined = _good(roster.enrol(cell, actor, person, key=new_key()))
    stage.persons[part.login] = joined.person
    if "expert" in part.roles:
        _good(roster.declare_region(cell, actor, joined.person, region="DE", key=new_key()))
    if "expert" in part.roles and part.has_contract:
        now = cell.kernel.now()
        text = (DATA / "programme" / "expert-contract.md").read_bytes()
        _good(
            roster.execute_contract(
                cell, actor, joined.person, template=text, executed_at=now, ip_assigned_at=now, key=new_key()
            )
        )
    found = roster.actor_of(cell, joined.person)
    assert found is not None
    return found


def _good(answer: T | Refused | list[Problem]) -> T:
    """An answer that the demo relies on."""
    if isinstance(answer, Refused):
        shell.refuse(answer)
    if isinstance(answer, list):
        shell.list_problems(answer)
    return answer


def _play_own(stage: _Stage, seed: int) -> dict[str, object]:
    """The shipped programmes: simulated experts judge them through the API, in two weeks of simulated time."""
    programme = _bring_own(stage)
    rows = {name: experts.load_rows(f"{name}.jsonl") for name in ("gold", "work", "shown")}
    _import(stage, programme, rows["gold"], name="gold.jsonl", batch="pilot-gold", purpose="gold")
    for signal, batch in BATCHES.items():
        own = [row for row in rows["shown"] if row["signal"] == signal]
        _import(stage, programme, own, name="shown.jsonl", batch=batch)
    for part in cast.parts():
        _join(stage, part)
    with _served(stage.cell) as http:
        world = World(http, programme, stage.passwords, seed, stage.say, stage.clock)
        truth = experts.truth_of([*rows["work"], *rows["gold"]])
        office.agree(world)
        move(world, "pilot")
        office.hire(world)
        played = begin(world, truth, keyed(rows["shown"], seed))
        attacked = _play_attacks(stage, http, seed)
        stage.clock.come_to(wall_clock() - LAST_ACTS_US)
        for paid in (world, attacked):
            office.pay_out(paid)
        _import(stage, programme, rows["work"], name="work.jsonl", batch="pilot-work")
        go_on(world, truth, played)
        gates = _measure(stage, programme)
        look_into(world, truth)
        refused = _try_everything(stage, programme)
        made = _release(stage, programme, name=programme)
        _release(stage, attacked.programme, name=attacked.programme)
        for piloted in (world, attacked):
            move(piloted, "production", act=NEXT_DAY)
        _revise(stage, world)
    return _told(programme, gates, made, refused) | _counts(played)


def _import(
    stage: _Stage, programme: str, rows: Sequence[Mapping[str, object]], *, name: str, batch: str, purpose: str = "work"
) -> None:  # fmt: skip
    wanted = items.Wanted(programme=programme, name=name, batch=batch, purpose=purpose, is_strict=True)
    report = _good(items.import_items(stage.cell, stage.lead, experts.without_latents(rows), wanted))
    stage.say(f"{report.accepted} items imported from {name} as {batch}")


def _play_attacks(stage: _Stage, http: httpx.Client, seed: int) -> World:
    """The restricted programme: opened, its people cleared, judged, its cases ended, measured."""
    stage.clock.next_morning()
    folder = DATA / "attacks"
    text = (folder / "contract.yaml").read_text()
    opened = _good(contract.bring_into_force(stage.cell, stage.lead, text=text, name="contract.yaml", key=new_key()))
    programme = opened.programme
    _publish(stage, programme, (folder / "rubric.yaml").read_text(), "rubric.yaml")
    world = World(http, programme, stage.passwords, seed, stage.say, stage.clock)
    gold, work = experts.load_rows("attacks-gold.jsonl"), experts.load_rows("attacks.jsonl")
    attacks.clear(world, stage.persons)
    _import(stage, programme, gold, name="attacks-gold.jsonl", batch="gold", purpose="gold")
    _import(stage, programme, work, name="attacks.jsonl", batch="attacks")
    move(world, "pilot")
    office.accept(world, [*cast.ATTACKED, *cast.ADJUDICATORS])
    attacks.judge_attacks(world, keyed(gold, seed), keyed(work, seed))
    _measure(stage, programme)
    return world


def _revise(stage: _Stage, world: World) -> None:
    """A rubric is revised after the release, and some of the work that it affects is looked at again."""
    revision = DATA / "programme" / "rubric-general-1.1.0.yaml"
    revised = _publish(stage, world.programme, revision.read_text(), revision.name)
    flagged = ", ".join(revised.affected)
    stage.say(f"rubric {revised.rubric} revised to {revised.version}: judgments on {flagged} flagged")
    review_affected(world)


def _counts(played: Played) -> dict[str, object]:
    return {
        "judgments": played.judgments, "settled": played.settled, "preserved": played.preserved,
        "qualified": played.qualified,
    }  # fmt: skip


def _bring_own(stage: _Stage) -> str:
    folder = DATA / "programme"
    text = (folder / "contract.yaml").read_text()
    opened = _good(contract.bring_into_force(stage.cell, stage.lead, text=text, name="contract.yaml", key=new_key()))
    document = (folder / "constitution.yaml").read_text()
    _good(
        constitution.publish(
            stage.cell, stage.lead, programme=opened.programme, text=document, name="constitution.yaml", key=new_key()
        )
    )
    for path in sorted(folder.glob("rubric-*.yaml")):
        if path.stem.removeprefix("rubric-").isalpha():
            _publish(stage, opened.programme, path.read_text(), path.name)
    stage.say(f"programme {opened.programme} opened from its contract, with a rubric for each domain")
    return opened.programme


def _publish(stage: _Stage, programme: str, text: str, name: str) -> rubric.Published:
    return _good(rubric.publish(stage.cell, stage.lead, programme=programme, text=text, name=name, key=new_key()))


def _play_imported(stage: _Stage, data: DataSet, seed: int) -> dict[str, object]:
    """Real judgments, made elsewhere: imported, measured, gated, released; never mixed with simulated ones."""
    opened = _good(
        contract.bring_into_force(stage.cell, stage.lead, text=data.contract, name="contract.yaml", key=new_key())
    )
    programme = opened.programme
    steward = cast.Part("steward", "Simulated steward of imported sets", ("expert",), ("adjudicator",))
    for part in (steward, *(part for part in cast.parts() if part.roles in {("researcher",), ("auditor",)})):
        _join(stage, part)
    if BY_NAME[data.signal].is_restricted:
        _clear_people(stage, programme, steward.login)
    _publish(stage, programme, data.rubric, "rubric.yaml")
    wanted = items.Wanted(programme=programme, name="items.jsonl", batch="imported")
    brought = _good(items.import_items(stage.cell, stage.lead, data.items, wanted))
    judged = _good(
        items.import_judgments(
            stage.cell, stage.lead, data.judgments, programme=programme, name="judgments.jsonl", source=data.name
        )
    )
    stage.say(f"{brought.accepted} of {brought.rows} items, {judged.accepted} of {judged.rows} judgments imported")
    for problem in (*brought.problems, *judged.problems):
        stage.say(problem.sentence)
    with _served(stage.cell) as http:
        world = World(http, programme, stage.passwords, seed, stage.say, stage.clock)
        kept = preserve_all(world, steward.login)
    stage.say(f"{kept} disagreements among the raters preserved as they are")
    gates = _measure(stage, programme)
    return _told(programme, gates, _release(stage, programme, name=programme), None) | {
        "items": brought.accepted, "judgments": judged.accepted, "preserved": kept,
    }  # fmt: skip


def _clear_people(stage: _Stage, programme: str, steward: str) -> None:
    """Let lead and steward in to a restricted set. Nobody clears themselves, so another lead clears the lead."""
    other = _join(stage, cast.Part(cast.SAFETY_LEAD, "Mika Simulated (safety lead)", ("lead",), has_contract=False))
    until = stage.cell.kernel.now() + attacks.CLEARED_DAYS * DAY_US
    for by, person in ((other, stage.lead.person), (stage.lead, stage.persons[steward])):
        _good(
            routing.grant(
                stage.cell, by, person, programme=programme, until=until, reason=attacks.WHY_CLEARED, key=new_key()
            )
        )
    _good(
        tiers.grant_senior(
            stage.cell, stage.lead, programme, stage.persons[steward], rests_on="years", reason=WHY_SENIOR,
            key=new_key(),
        )
    )  # fmt: skip
    stage.say("a restricted set: seen by the lead and the steward alone, who were cleared for it")


@contextlib.contextmanager
def _served(cell: Cell) -> Iterator[httpx.Client]:
    """The cell behind a real port of this machine for one block: the simulation gets no other way in."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    application = serve.application(cell, secure_cookies=False)
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="demo-server", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            shell.fail("the demo's server did not start; its log above says why")
        time.sleep(0.02)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http:
            yield http
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()


def _batches(stage: _Stage, programme: str) -> list[Row]:
    rows = gate.batches(stage.cell, stage.lead, programme)
    if isinstance(rows, Refused):
        shell.refuse(rows)
    return [row for row in rows if row.purpose == "work"]


def _measure(stage: _Stage, programme: str) -> dict[str, str]:
    """Measure every batch of work items, and say what the gate decided."""
    gates = {}
    for row in _batches(stage, programme):
        if not row.judgments:
            continue
        done = gate.measure(stage.cell, stage.lead, row.batch, key=new_key())
        measured = done.sentence if isinstance(done, Refused) else f"{done.fact.decision}: {done.fact.why}"
        gates[f"{row.name}/{row.domain}"] = measured
        stage.say(f"gate {row.name}/{row.domain} {measured}")
    return gates


def _try_everything(stage: _Stage, programme: str) -> Refused | None:
    """Ask for all batches: the gate refuses while one is below its threshold, and nothing is written."""
    rows = _batches(stage, programme)
    every = tuple(row.batch for row in rows)
    wish = Wish(programme=programme, name=f"{programme}-everything", version="1.0.0", use="train", batches=every)
    answer = release.cut(stage.cell, stage.lead, wish, key=new_key())
    if isinstance(answer, Refused):
        stage.say(f"a release of everything is refused ({answer.code}): {', '.join(answer.names)}")
        return answer
    return None


def _release(stage: _Stage, programme: str, *, name: str) -> str | Refused:
    """Release what passes its gate, open it into a folder of its own, and verify that as an outsider would."""
    wish = Wish(programme=programme, name=name, version="1.0.0", use="train", batches=None)
    answer = release.cut(stage.cell, stage.lead, wish, key=new_key())
    if isinstance(answer, Refused):
        stage.say(f"no release ({answer.code}): {answer.sentence}")
        return answer
    with tempfile.TemporaryDirectory() as folder:
        _good(release.export(stage.cell, stage.lead, answer.release, Path(folder) / "release"))
        report = verify_release(Path(folder) / "release", stage.cell.signer.vkey)
    stage.say(f"release {answer.name} {answer.version} built and verified: {report.status}")
    return f"{answer.name}-{answer.version}"


def _told(programme: str, gates: dict[str, str], made: str | Refused, refused: Refused | None) -> dict[str, object]:
    facts: dict[str, object] = {"programme": programme, "gates": gates}
    if refused is not None:
        facts["refused_batches"] = list(refused.names)
    if isinstance(made, Refused):
        return facts | {"release": None, "release_refused": made.sentence}
    return facts | {"release": made}


def _print_accounts(stage: _Stage) -> None:
    """Demo accounts exist only here; their passwords are made up anew for each demo cell."""
    shell.OUT.print("\nAccounts of this demo (simulated people; the passwords exist only in this cell):")
    for login, secret in stage.passwords.items():
        shell.OUT.print(f"  {login:<14} {secret}", markup=False)
    shell.OUT.print()
