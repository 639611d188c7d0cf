"""The demo keeps its promises: a domain stays out, disagreements are settled and preserved, a stranger verifies."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from served import InProcess
from starlette.routing import Route
from typer.testing import CliRunner

from tallystick import api, bundle, edge, web
from tallystick.app import (
    access,
    affected,
    checklist,
    constitution,
    contract,
    credential,
    gate,
    items,
    pay,
    pool,
    release,
    roster,
    tiers,
    welfare,
)
from tallystick.app import cell as cells
from tallystick.cli import app
from tallystick.edge import Site
from tallystick.flow.refusal import Refused
from tallystick.store.schema import DISAGREEMENT, ITEM, JUDGMENT, PERSON

WALKERS = ("lead", "researcher", "auditor", "engineer", "lawyer-3", "adjudicator-1")
ID = re.compile(
    r"\b(?:careful-answers|steadfast-under-attack|medical|legal|software|general|creative|(?<=files/).*|[a-z]{3}-[0-9a-f]{20,}|[0-9]+|[0-9a-f]{20,})\b"
)
SHARED = Path(__file__).parents[3] / "shared" / "data"
RUN = CliRunner()


def demo(folder: Path, *more: str) -> dict[str, Any]:
    """Run `tallystick demo` and read what it says to machines."""
    done = RUN.invoke(app, ["demo", "--dir", str(folder), "--no-serve", "--json", *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The shipped programme, played once for all tests here."""
    folder = tmp_path_factory.mktemp("demo") / "cell"
    told = demo(folder, "--seed", "1")
    return folder, told | {"release": str(exported(folder, told["release"]))}


def exported(folder: Path, name: str) -> Path:
    """A release of a cell in the clear, beside the cell."""
    to = folder.with_name(f"{folder.name}-{name}")
    with cells.opened(folder) as cell:
        done = release.export(cell, as_lead(cell), name, to)
    assert isinstance(done, release.Exported)
    return to


def shared(name: str) -> Path:
    """A real data set, where it is at hand."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"needs the data set {name} in ../shared/data, which is not part of the repository")
    return folder


def as_lead(cell: cells.Cell) -> access.Actor:
    """The lead of a demo cell."""
    found = roster.people(cell, access.CELL)
    assert not isinstance(found, Refused)
    lead = next(person for person in found if person.login == "lead")
    return access.Actor(lead.row.person, frozenset(lead.roles))


def test_one_domain_fails_its_gate_and_stays_out_while_others_are_released(
    played: tuple[Path, dict[str, Any]],
) -> None:
    folder, told = played
    decisions = {name: words.split(":")[0] for name, words in told["gates"].items()}
    assert sorted(decisions) == [
        "critiques/medical", "pilot-work/creative", "pilot-work/general", "pilot-work/legal", "pilot-work/medical",
        "pilot-work/software", "safety/general", "steps/software", "traces/software",
    ]  # fmt: skip
    assert sorted(decisions.values()) == ["fail", *["pass"] * 8]
    failed = next(name for name, decision in decisions.items() if decision == "fail")
    assert told["refused_batches"] == [failed], "asking for everything is refused and names the batch"
    manifest = json.loads((Path(told["release"]) / "manifest.json").read_text())
    assert failed.split("/")[1] not in json.dumps(manifest["views"])
    exclusions = (Path(told["release"]) / "exclusions.json").read_text()
    assert "does not pass its gate" in exclusions
    assert (folder / "log" / "checkpoint").is_file()
    assert (folder / "log.vkey").is_file()


def test_some_disagreements_are_settled_some_preserved_some_open(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    assert told["settled"] > 0
    assert told["preserved"] > 0
    with cells.opened(folder) as cell:
        glance = contract.glance(cell, as_lead(cell), told["programme"])
    assert not isinstance(glance, Refused)
    assert glance.funnel["open"] > 0
    assert glance.funnel["settled"] == told["settled"]
    assert glance.funnel["preserved"] == told["preserved"]


PROGRAMME, ATTACKED = "careful-answers", "steadfast-under-attack"


def test_work_is_paid_and_nobody_earns_less_than_the_floor(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    with cells.opened(folder) as cell:
        lead = as_lead(cell)
        assert closed_week(cell, lead, ATTACKED)
        name = closed_week(cell, lead, PROGRAMME)
        for file in ("lines.csv", "summary.csv"):
            data = pay.file_of(cell, lead, PROGRAMME, name, name=file)
            assert isinstance(data, bytes)
            assert data.count(b"\n") > 10
        for week, login in ((name, "engineer-3"), ("", "lawyer-3")):
            page = pay.overview(cell, lead, PROGRAMME, week)
            assert not isinstance(page, Refused)
            who = actor(cell, login).person
            if not page.totals.lines:
                continue  # a week that begins today
            slow = next(one.statement for one in page.people if one.statement.person == who)
            assert slow.top_up > 0, "whoever is slow is topped up"
            assert (slow.earned_hourly or 0) < 4500 <= slow.payable * 3_600_000 // slow.active_ms
    assert told["judgments"] > 200


def closed_week(cell: cells.Cell, lead: access.Actor, programme: str) -> str:
    """The week of a programme that was closed and exported once."""
    page = pay.overview(cell, lead, programme)
    assert not isinstance(page, Refused)
    [name] = [row.period.name for row in page.periods if row.state == "closed" and len(row.exports) == 1]
    return name


def test_credentials_pool_and_constitution_stand_as_a_lead_would_know_them(played: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = played
    with cells.opened(folder) as cell:
        lead = as_lead(cell)
        people = roster.people(cell, access.CELL)
        assert not isinstance(people, Refused)
        held = [one for person in people for one in _held(cell, lead, person.row.person)]
        assert sorted(one.state for one in held) == ["under_review", *["verified"] * 8]
        soon = credential.running_out(cell, lead, within_days=60)
        assert not isinstance(soon, Refused)
        assert len(soon) == 1
        composed = pool.pool_page(cell, lead, PROGRAMME)
        assert not isinstance(composed, Refused)
        assert composed.newest is not None
        told = {part.axis: {cell.group: cell.people for cell in part.cells} for part in composed.newest.parts}
        assert told["region"] == {"DE": 8}
        assert set(told["credential"].values()) == {None}, "so few hold each that no count is told"
        principles = constitution.constitution_page(cell, lead, programme=PROGRAMME)
        assert not isinstance(principles, Refused)
        assert [name for name, carriers in principles.carriers.items() if not carriers] == ["absent-people"]
        assert {row.domain for row in principles.rubrics if row.carried and row.refused is None} == {"medical", "legal"}
        noted = constitution.trade_offs(cell, lead, PROGRAMME)
        assert not isinstance(noted, Refused)
        assert len(noted.noted) > 5


def _held(cell: cells.Cell, lead: access.Actor, person: str) -> tuple[credential.Held, ...]:
    found = credential.of_person(cell, lead, person)
    assert not isinstance(found, Refused)
    return found


def test_a_revision_left_affected_work_of_which_a_part_is_reviewed(played: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = played
    with cells.opened(folder) as cell:
        found = affected.queue(cell, as_lead(cell), PROGRAMME)
    assert not isinstance(found, Refused)
    [rubric] = found
    assert (rubric.rubric.id, rubric.rubric.version) == ("general", "1.1.0")
    assert (rubric.tally.stands, rubric.tally.again) == (5, 2)
    assert rubric.tally.waiting > 20


def test_both_programmes_are_piloted_and_the_page_says_what_production_waits_for(
    played: tuple[Path, dict[str, Any]],
) -> None:
    folder, _ = played
    with cells.opened(folder) as cell:
        for programme in (PROGRAMME, ATTACKED):
            page = checklist.phase_page(cell, as_lead(cell), programme)
            assert not isinstance(page, Refused)
            assert (page.state.row.phase, [one.row.phase for one in page.moves]) == ("pilot", ["pilot"])
            assert [one.code for one in page.state.missing] == ["report-incomplete"]
            [piloted] = page.state.pilots
            assert piloted.hard > 0
    told = json.loads((Path(played[1]["release"]) / "quality/phase.json").read_text())
    assert told["phase"] == "pilot"


def test_restricted_work_is_there_for_cleared_people_alone(played: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = played
    with cells.opened(folder) as cell:
        lead = as_lead(cell)
        seen = welfare.exposure(cell, lead, ATTACKED)
        assert not isinstance(seen, Refused)
        assert [one.category for one in seen.weeks] == ["manipulation"]
        assert (seen.weeks[0].people >= 4, seen.weeks[0].items > 16) == (True, True)
        load = tiers.load_page(cell, lead, ATTACKED)
        assert not isinstance(load, Refused)
        assert len(load.seniors) == 1
        assert [batch.needs for batch in load.batches] == [()], "what the tier asks for was looked at"
        for who, number in ((lead, 13), (actor(cell, "auditor"), 0)):
            listed = items.items_page(cell, who, ATTACKED, after=-1, limit=50)
            assert not isinstance(listed, Refused)
            assert len(listed.rows) == number
        made = release.releases_of(cell, lead, ATTACKED)
        assert not isinstance(made, Refused)
        assert [row.name for row in made] == [ATTACKED]


def actor(cell: cells.Cell, login: str) -> access.Actor:
    """Somebody of the demo."""
    people = roster.people(cell, access.CELL)
    assert not isinstance(people, Refused)
    return next(access.Actor(one.row.person, frozenset(one.roles)) for one in people if one.login == login)


def test_every_signal_of_the_demo_is_in_its_release(played: tuple[Path, dict[str, Any]]) -> None:
    made = Path(played[1]["release"])
    expected = [
        "critique_edits.jsonl", "process_stepwise.jsonl", "safety_unpaired.jsonl", "tooltrace_conversations.jsonl",
    ]  # fmt: skip
    assert all((made / "views" / name).read_bytes().count(b"\n") >= 10 for name in expected)
    rows = [json.loads(line) for line in (made / "data/judgments.jsonl").read_text().splitlines()]
    marked = [mark for row in rows if row["signal"] == "critique" for mark in row["marks"]]
    assert len(marked) > 10
    assert all(mark["end"] - mark["start"] == len(mark["quote"]) for mark in marked)


def test_every_link_and_form_of_every_page_leads_its_reader_somewhere(played: tuple[Path, dict[str, Any]]) -> None:
    """One address of each kind, for each role, as the pages themselves lead there; the rule of each link on them."""
    folder, _ = played
    with cells.opened(folder) as cell:
        site = edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=False)
        try:
            with httpx.Client(transport=InProcess(site), base_url="http://testserver") as http:
                walked = {login: walk(cell, site, http, login) for login in WALKERS}
        finally:
            site.close()
    assert [(login, *end) for login, seen in walked.items() for end in seen.dead] == []
    counts = {login: seen.pages for login, seen in walked.items()}
    assert min(counts.values()) > 12, counts
    assert counts["lead"] > 60, counts


@dataclass(slots=True)
class Walked:
    """How many pages somebody came to, and what led nowhere: address or method, and the page it stands on."""

    pages: int = 0
    dead: set[tuple[str, str]] = field(default_factory=set)


def walk(cell: cells.Cell, site: Site, http: httpx.Client, login: str) -> Walked:
    """Follow links from the first page, one address of each kind; hold every link and form against its rule."""
    session = roster.open_session(cell, actor(cell, login).person, kind="page", method="token")
    who = roster.actor_of(cell, actor(cell, login).person)
    assert isinstance(session, roster.SignedIn)
    assert who is not None
    seen: set[str] = set()
    walked, waiting = Walked(), [("/", "the start")]
    while waiting:
        path, source = waiting.pop(0)
        kind = ID.sub("*", path.partition("#")[0].partition("?")[0])
        if kind in seen or kind.startswith("/static"):
            continue
        seen.add(kind)
        page = http.get(path, headers={"Cookie": f"tallystick={session.token}"}, follow_redirects=False)
        http.cookies.clear()
        walked.pages += page.status_code == 200
        if page.status_code >= 400:
            walked.dead.add((path, source))
        elif page.is_redirect:
            waiting.append((page.headers["location"], source))
        elif page.headers.get("content-type", "").startswith("text/html"):
            waiting += [(unescape(found), path) for found in re.findall(r'href="(/[^"]*)"', page.text)]
            walked.dead |= {(end, path) for end in ends(page.text) if not leads(site, who, end)}
    return walked


def ends(text: str) -> set[str]:
    """Where links and forms of a page lead: a method and a path."""
    links = {f"GET {unescape(found)}" for found in re.findall(r'href="(/[^"#?]*)', text)}
    forms = re.findall(r'<form\b[^>]*\bmethod="(get|post)"[^>]*\baction="([^"#?]*)', text)
    return links | {f"{method.upper()} {unescape(action)}" for method, action in forms}


def leads(site: Site, who: access.Actor, end: str) -> bool:
    """Whether the rule of an address lets somebody in; names without parameters come before those with."""
    method, _, path = end.partition(" ")
    if end in site.rules:
        return site.rules[end].allows(who)
    found = [r for r in site.app.router.routes if isinstance(r, Route) and method in (r.methods or ())]
    names = (f"{method} {route.path}" for route in found if route.path_regex.match(path))
    name = next(names, None)
    return name is not None and site.rules[name].allows(who)


def test_everybody_in_the_demo_is_marked_as_simulated(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    with cells.opened(folder) as cell:
        found = roster.people(cell, access.CELL)
    assert not isinstance(found, Refused)
    assert all(person.row.simulated and "Simulated" in person.profile.name for person in found)
    made = Path(told["release"])
    for name in ("README.md", "DATASHEET.md", "datasheet.html", "manifest.json"):
        assert "imulated" in (made / name).read_text(), name
        words = (made / name).read_text().lower()
        assert "software-development" in words or "development custody" in words, name


def test_a_stranger_verifies_log_and_release_with_the_public_key_alone(
    played: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, told = played
    copied = tmp_path / "taken-away"
    shutil.copytree(told["release"], copied / "release")
    shutil.copytree(folder / "log", copied / "log")
    shutil.copy(folder / "log.vkey", copied / "vkey")
    checks = (
        ["log", "verify", str(copied / "log"), "--vkey", str(copied / "vkey")],
        ["release", "verify", str(copied / "release"), "--vkey", str(copied / "vkey"), "--log", str(copied / "log")],
    )
    for check in checks:
        done = RUN.invoke(app, check, catch_exceptions=False)
        assert done.exit_code == 0, done.output


def test_verification_needs_no_network(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-n", "true"], check=False).returncode:  # noqa: S603 - no input
        pytest.skip("needs the right to make an empty network namespace, which is not shared with every account")
    command = [unshare, "-n", *_tallystick(), "release", "verify", told["release"], "--vkey", str(folder / "log.vkey")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stdout + done.stderr


def _tallystick() -> list[str]:
    python = shutil.which("python3") or "python3"
    script = Path(__file__).parents[2] / ".venv" / "bin" / "python"
    return [str(script) if script.is_file() else python, "-m", "tallystick"]


def test_the_release_is_the_same_bytes_twice_and_from_a_copy_of_the_log(
    played: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, told = played
    first = tmp_path / "first"
    shutil.copytree(told["release"], first)
    with cells.opened(folder) as cell:
        wanted = json.loads((first / "manifest.json").read_text())["release"]
        shutil.rmtree(cell.releases_directory)
        cell.releases_directory.mkdir(mode=0o700)
        sealed = release.build(cell, wanted)
        assert not isinstance(sealed, Refused), sealed
        release.export(cell, as_lead(cell), wanted, tmp_path / "second")
    assert _bytes_of(tmp_path / "second") == _bytes_of(first)
    shutil.copytree(folder / "log", tmp_path / "log")
    assert bundle.rebuild(first, tmp_path / "log", tmp_path / "rebuilt") == []
    rebuilt = _bytes_of(tmp_path / "rebuilt")
    assert rebuilt == {name: data for name, data in _bytes_of(first).items() if not name.startswith("proofs/")}


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def contents(cell: cells.Cell) -> Iterator[bytes]:
    """Every prompt, answer, reason, note and name of a cell."""
    wanted = (ITEM.c.content, ITEM.c.hidden, JUDGMENT.c.rationale, DISAGREEMENT.c.notes, PERSON.c.profile)
    with cell.read() as connection:
        for column in wanted:
            names = [name for name in connection.scalars(sa.select(column)) if name]
            for opened in cell.vault.open_all(connection, names).values():
                yield opened.payload


def test_no_content_stands_in_the_clear_in_any_file_of_the_cell(played: tuple[Path, dict[str, Any]]) -> None:
    """Database, log, releases, settings: after a whole life, nothing that anybody wrote is found anywhere."""
    folder, told = played
    with cells.opened(folder) as cell:
        runs = [max(re.findall(rb"[A-Za-z ,]{25,}", payload), key=len, default=b"") for payload in contents(cell)]
    words = {run[:60] for run in runs if run} | {login.encode() for login in told["accounts"] if "-" in login}
    assert len(words) > 150
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(path.name == "cell.db" and len(data) > 1_000_000 for path, data in files.items())
    assert [(path.name, word) for path, data in files.items() for word in words if word in data] == []
    out = b"".join(path.read_bytes() for path in Path(told["release"]).rglob("*") if path.is_file())
    assert sum(word in out for word in words) > 100, "what was looked for is what a release holds"


def test_another_cell_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = RUN.invoke(app, ["demo", "--dir", str(tmp_path), "--no-serve"])
    assert done.exit_code == 2
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_pandalm_shows_the_published_kappas_and_goes_all_the_way_to_a_release(tmp_path: Path) -> None:
    folder = tmp_path / "cell"
    told = demo(folder, "--data", str(shared("pandalm_test")))
    assert (told["items"], told["judgments"]) == (999, 2997)
    with cells.opened(folder) as cell:
        lead = as_lead(cell)
        rows = gate.batches(cell, lead, told["programme"])
        assert not isinstance(rows, Refused)
        page = gate.batch_page(cell, lead, rows[0].batch)
    assert not isinstance(page, Refused)
    shown = {frozenset((page.names[p.rater_a], page.names[p.rater_b])): round(p.value or 0, 2) for p in page.pairs}
    assert shown == {
        frozenset(("annotator1", "annotator2")): 0.85,
        frozenset(("annotator1", "annotator3")): 0.88,
        frozenset(("annotator2", "annotator3")): 0.86,
    }
    judgments = [
        json.loads(line)
        for line in (exported(folder, told["release"]) / "data" / "judgments.jsonl").read_text().splitlines()
    ]
    assert len(judgments) == 2997
    assert {row["source_rater"] for row in judgments} == {"annotator1", "annotator2", "annotator3"}
    assert not any(row["is_observed"] for row in judgments)


@pytest.mark.parametrize("name", ["hh_harmless_test", "llmbar"])
def test_single_votes_are_undefined_and_pass_no_gate(name: str, tmp_path: Path) -> None:
    told = demo(tmp_path / "cell", "--data", str(shared(name)))
    assert told["items"] == told["judgments"] > 400
    assert "undefined (single_rater)" in next(iter(told["gates"].values()))
    assert told["release"] is None
    assert "is undecided, so it does not pass" in told["release_refused"]
