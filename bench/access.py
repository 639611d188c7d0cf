"""What it costs that every look is an event: pages and next tasks with and without it, and the access history.

Run: .venv/bin/python bench/access.py [--database sqlite|postgresql] [--turns N] [--looks N] [--json]. The site answers
in this process; commits wait for the disk. `without` replaces the recording by a proof that costs nothing. For the
history the table of looks is filled from outside: a million looks would take an hour to make.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from stand import clients, databases, ground

from tallystick import api, edge, web
from tallystick.app import access_history, items, looking, roster
from tallystick.app.access import Actor
from tallystick.app.access_history import Looks
from tallystick.app.cell import Cell, open_cell
from tallystick.app.kernel import Kernel, Transaction, new_key
from tallystick.app.looking import About, Look
from tallystick.edge import Site
from tallystick.ledger import journal
from tallystick.store.schema import ACCESS

DOMAINS = ("general",)
CHUNK = 20_000


def _free_look(_kernel: Kernel, actor: Actor, permission: str, about: About, **_rest: object) -> Look:
    return looking.recorded(actor, actor.role_for(permission), about)


def _free_look_within(tx: Transaction, about: About) -> Look:
    return looking.recorded(tx.actor, tx.role, about)


@contextmanager
def unrecorded() -> Iterator[None]:
    """For one block, looks leave no event."""
    kept = Kernel.look, Transaction.look
    Kernel.look, Transaction.look = _free_look, _free_look_within  # type: ignore[method-assign,assignment]  # the point
    try:
        yield
    finally:
        Kernel.look, Transaction.look = kept  # type: ignore[method-assign]  # put back


async def _timed(client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> float:
    start = time.perf_counter()
    answer = await client.request(method, path, headers=headers)
    taken = time.perf_counter() - start
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:200])
    return taken


async def records(site: Site, cookie: str, names: list[str]) -> dict[str, object]:
    """The page of a record: first look, the same again within the window, and without any recording."""
    headers = {"Cookie": f"tallystick={cookie}"}
    transport = httpx.ASGITransport(app=site)
    found: dict[str, list[float]] = {"first look": [], "shown again": [], "without": []}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for name in names:
            path = f"/items/{name}?reason=review"
            with unrecorded():
                found["without"].append(await _timed(client, "GET", path, headers))
            found["first look"].append(await _timed(client, "GET", path, headers))
            found["shown again"].append(await _timed(client, "GET", path, headers))
    return _told(found)


async def next_tasks(site: Site, token: str, programme: str, turns: int) -> dict[str, object]:
    """Taking an item through the API, with its look in the same commit and without; each is given back after."""
    transport = httpx.ASGITransport(app=site)
    found: dict[str, list[float]] = {"with": [], "without": []}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for turn in range(2 * turns):
            how = ("with", "without")[turn % 2]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_key()}
            start = time.perf_counter()
            if how == "without":
                with unrecorded():
                    answer = await client.post(f"/api/v1/programmes/{programme}/next", headers=headers)
            else:
                answer = await client.post(f"/api/v1/programmes/{programme}/next", headers=headers)
            found[how].append(time.perf_counter() - start)
            work = answer.json()["assignment"]
            await client.post(f"/api/v1/assignments/{work}/return", headers=headers | {"Idempotency-Key": new_key()})
    return _told(found)


def _told(found: dict[str, list[float]]) -> dict[str, object]:
    told: dict[str, object] = {how: clients.percentiles(values) for how, values in found.items()}
    base = sorted(found["without"])[len(found["without"]) // 2]
    told["ratio of medians"] = {
        how: round(sorted(values)[len(values) // 2] / base, 2) for how, values in found.items() if how != "without"
    }
    return told


def history(cell: Cell, reader: Actor, looks: int) -> dict[str, object]:
    """A page of the access history by each way to ask, with so many looks in the table."""
    with journal.writing(cell.engine) as connection:
        start = connection.execute(sa.select(sa.func.max(ACCESS.c.seq))).scalar_one() + 1
        for first in range(0, looks, CHUNK):
            journal.insert_many(connection, ACCESS, [_row(start + first + n) for n in range(CHUNK)])
    ways = {
        "all": Looks(), "by subject": Looks(subjects=(str(_row(start + 7)["subject"]),)),
        "by person": Looks(by="per-7"),
        "by time": Looks(since=_row(start + looks // 2)["at"], until=_row(start + looks // 2 + 99)["at"]),  # type: ignore[arg-type]  # whole numbers
        "far back": Looks(before=start + looks // 3),
    }  # fmt: skip
    found = {}
    for way, wanted in ways.items():
        taken = []
        for _ in range(50):
            begun = time.perf_counter()
            page = access_history.history(cell, reader, wanted)
            taken.append(time.perf_counter() - begun)
            assert isinstance(page, access_history.AccessPage), page
            assert page.rows, way
        found[way] = clients.percentiles(taken)
    return {"looks": looks, **found}


def _row(seq: int) -> dict[str, object]:
    return {
        "seq": seq, "subject": f"itm-{seq % 50_000}", "what": "item", "reason": "assignment", "number": 1, "part": None,
        "words": None, "by": f"per-{seq % 300}", "role": "expert", "at": 1_900_000_000_000_000 + seq * 1000,
    }  # fmt: skip


def measure(kind: str, *, turns: int, looks: int) -> dict[str, object]:
    """All three on one database."""
    with databases.stand(kind) as (folder, new_database):
        place = folder / "cell"
        database = new_database(place)
        ready = ground.prepare(place, database=database, number_of_items=turns + 50, experts=1, domains=DOMAINS)
        cell = open_cell(place, database=database)
        try:
            lead = next(iter(_leads(cell)))
            listed = items.items_page(cell, lead, ready.programme, limit=turns + 100)
            assert isinstance(listed, items.ItemsPage)
            names = [row.item for row in listed.rows][-turns:]
            signed = roster.open_session(cell, lead.person, kind="page", method="password")
            assert isinstance(signed, roster.SignedIn)
            site = edge.build(cell, mounts=(api.mount, web.mount), secure_cookies=False, hosts=())
            pages = asyncio.run(records(site, signed.token, names))
            tasks = asyncio.run(next_tasks(site, ready.tokens[0], ready.programme, turns // 2))
            site.close()
            told = history(cell, lead, looks)
        finally:
            cell.close()
    return {"database": kind, "record page": pages, "next task": tasks, "history": told}


def _leads(cell: Cell) -> Iterator[Actor]:
    with cell.read() as connection:
        people = [row.person for row in connection.execute(sa.text("select person from person order by since")).all()]
    for person in people:
        actor = roster.actor_of(cell, person)
        if actor is not None and "lead" in actor.roles:
            yield actor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--looks", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    machine = databases.machine()
    found = measure(chosen.database, turns=chosen.turns, looks=chosen.looks)
    found = {"bench": "access", **machine, **found, "load_after": databases.machine()["load"]}
    print(json.dumps(found) if chosen.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
