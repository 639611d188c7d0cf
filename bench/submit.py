"""How fast judgments become durable: real HTTP, a server process of its own, 1 and 8 clients, SQLite and PostgreSQL.

Run: .venv/bin/python bench/submit.py [--database sqlite|postgresql] [--seconds S] [--json]. Two kinds of work:
judgments alone (every expert took an item before the clock starts), and whole turns (take the next item, judge it).
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from stand import clients, databases, floor, ground
from stand.served import Server, serving

RATE_TARGET = 400
P99_TARGET_MS = 60
CLIENTS = (1, 8)
CROWD = 64
DOMAINS = ("general", "software")
ENTRY_BYTES = 700
"""About what one judgment adds to the journal."""


def measure(kind: str, *, items: int, seconds: float, experts: int) -> list[dict[str, object]]:
    """All figures on one database."""
    with databases.stand(kind) as (folder, new_database):
        bare_url = new_database(folder / "floor")
        bare = floor.rows_per_second(bare_url, size=ENTRY_BYTES, rows_each=1, seconds=seconds / 2)
        cell = folder / "cell"
        ready = ground.prepare(
            cell, database=new_database(cell), number_of_items=items, experts=experts, domains=DOMAINS
        )
        with serving(cell) as server:
            _warm_up(server, ready)
            rows = [_alone(server, ready, number, seconds) for number in CLIENTS]
            rows += [_in_turn(server, ready, number, seconds) for number in CLIENTS]
        again = floor.rows_per_second(bare_url, size=ENTRY_BYTES, rows_each=1, seconds=seconds / 2)
    for row in rows:
        rate = row["judgments_per_second"]
        assert isinstance(rate, float)
        row |= {"database": kind, "floor_per_second": round((bare + again) / 2)}
        row["of_floor"] = round(rate / ((bare + again) / 2), 2)
    return rows


def _warm_up(server: Server, ready: ground.Ground) -> None:
    """Let the server read its rubrics and make its statements, as it does once after a start."""
    crew = clients.Crew(server.port, ready.programme, clients.SubmitOnly, shares=[list(ready.tokens)])
    crew.round(server)
    crew.end()


def _alone(server: Server, ready: ground.Ground, number: int, seconds: float) -> dict[str, object]:
    shares = [list(ready.tokens[start::number]) for start in range(number)]
    crew = clients.Crew(server.port, ready.programme, clients.SubmitOnly, shares=shares)
    whole = clients.Round()
    while whole.seconds < seconds:
        whole += crew.round(server)
    crew.end()
    return _told("judgments alone", number, whole)


def _in_turn(server: Server, ready: ground.Ground, number: int, seconds: float) -> dict[str, object]:
    shares = [[token] for token in ready.tokens[:number]]
    crew = clients.Crew(server.port, ready.programme, clients.InTurn, shares=shares, seconds=seconds)
    whole = crew.round(server)
    crew.end()
    return _told("take and judge", number, whole)


def _told(work: str, number: int, whole: clients.Round) -> dict[str, object]:
    judged = len(whole.timings.submit)
    return {
        "work": work,
        "clients": number,
        "judgments": judged,
        "judgments_per_second": round(judged / whole.seconds, 1),
        "server_cpu_ms_each": round(1000 * whole.cpu_seconds / judged, 2),
        "submit": clients.percentiles(whole.timings.submit),
        "next": clients.percentiles(whole.timings.next),
        "load": databases.machine()["load"],
    }


def show(row: dict[str, object]) -> None:
    """One line for people."""
    submit, after = row["submit"], row["next"]
    assert isinstance(submit, dict)
    assert isinstance(after, dict)
    latencies = "/".join(f"{value:g}" for value in submit.values())
    taken = "/".join(f"{value:g}" for value in after.values()) or "-"
    print(
        f"{row['database']:<11}{row['work']:<16}{row['clients']:>8}{row['judgments_per_second']:>10}"
        f"{row['server_cpu_ms_each']:>9}{latencies:>20}{taken:>20}{row['floor_per_second']:>8}{row['of_floor']:>7}"
        f"{row['load']:>6}  {verdict(row, submit)}",
        flush=True,
    )


def verdict(row: dict[str, object], submit: dict[str, float]) -> str:
    """Whether the target is met, on the line that it is about."""
    if row["work"] != "judgments alone" or row["clients"] != CLIENTS[-1]:
        return ""
    rate = row["judgments_per_second"]
    assert isinstance(rate, float)
    return "met" if rate >= RATE_TARGET and submit["p99_ms"] < P99_TARGET_MS else "MISSED"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, help="both when left out")
    parser.add_argument("--items", type=int, default=8_000)
    parser.add_argument("--experts", type=int, default=CROWD)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    kinds = (chosen.database,) if chosen.database else databases.KINDS
    if not chosen.json:
        print(databases.machine())
        print(f"target: {RATE_TARGET} judgments alone per second with 8 clients, p99 under {P99_TARGET_MS} ms")
        print(
            f"{'database':<11}{'work':<16}{'clients':>8}{'per s':>10}{'cpu ms':>9}{'submit p50/95/99':>20}"
            f"{'next p50/95/99':>20}{'floor':>8}{'ratio':>7}{'load':>6}"
        )
    rows = []
    for kind in kinds:
        found = measure(kind, items=chosen.items, seconds=chosen.seconds, experts=chosen.experts)
        rows += found
        for row in found if not chosen.json else []:
            show(row)
    if chosen.json:
        print(json.dumps({"bench": "submit", **databases.machine(), "rows": rows}))


if __name__ == "__main__":
    main()
