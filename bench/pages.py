"""Every page of the demo by every role: server time, and what a browser reads the first time.

Run: .venv/bin/python bench/pages.py [--dir CELL --accounts FILE] [--times N]. Without a cell it makes the demo (some
minutes) in a folder that is removed. Follows the links of each role from `/`, two addresses of every route at most.
Targets: p95 under 50 ms, first page under 150 kB uncompressed without charts.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from served import InProcess  # the lines above find it

from tallystick import api, edge, web
from tallystick.app.cell import opened
from tallystick.cli import serve
from tallystick.web.render import STATIC

ROOT = Path(__file__).parents[1]
ROLES = ("lead", "researcher", "auditor", "engineer", "physician-1", "adjudicator-1", "newcomer")
NO_PAGES = ("/static/", "/sign-out", "/releases/files", "/api/")
P95_MS, WEIGHT = 50.0, 150_000
ACCOUNT = re.compile(r"^\s+([\w-]+)\s+((?:[0-9a-f]{4}-){3}[0-9a-f]{4})\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One page as one role sees it; times in milliseconds."""

    route: str
    role: str
    wall_p95: float
    cpu: float
    weight: int
    charts: int


def demo(directory: Path) -> str:
    """Make the demo; the lines with its accounts."""
    command = [sys.executable, "-m", "tallystick", "demo", "--dir", str(directory), "--seed", "1", "--no-serve"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def signed_in(http: httpx.Client, login: str, password: str) -> str:
    """The cookies of somebody who signed in by the form."""
    http.cookies.clear()
    page = http.get("/sign-in")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"csrf": token[1], "login": login, "password": password}
    done = http.post("/sign-in", data=fields, headers={"Origin": "http://testserver"})
    assert done.status_code == 303, done.text
    return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


def static_bytes(html: str) -> int:
    """Style sheets, scripts and what they import."""
    names = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html))
    names |= {found for name in names if name.endswith(".js")
              for found in re.findall(r'from "\./([^"]+)"', (STATIC / name).read_text())}  # fmt: skip
    return sum((STATIC / name).stat().st_size for name in names)


def pages(http: httpx.Client, cookie: str, routes: list[tuple[str, re.Pattern[str]]]) -> dict[str, list[str]]:
    """The pages that one role reaches: by route, at most two addresses."""
    found: dict[str, list[str]] = {}
    waiting, seen = deque(["/"]), {"/"}
    while waiting:
        path = waiting.popleft()
        route = next((name for name, pattern in routes if pattern.fullmatch(path.partition("?")[0])), "")
        if not route or len(found.get(route, [])) > 1:
            continue
        answer = http.get(path, headers={"Cookie": cookie})
        links = [answer.headers["location"]] if answer.status_code == 303 else []
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            found.setdefault(route, []).append(path)
            links = re.findall(r'href="(/[^"#]*)"', answer.text)
            if 'name="reason"' in answer.text and "?reason=" not in path and "Why do you look" in answer.text:
                links.append(f"{path.partition('?')[0]}?reason=review")
                found[route].pop()
        for link in links:
            address = link.replace("&amp;", "&")
            if address not in seen and not address.startswith(NO_PAGES):
                seen.add(address)
                waiting.append(address)
    return found


def measured(http: httpx.Client, cookie: str, *, role: str, route: str, path: str, times: int) -> Figure:
    """One page, asked for so many times."""
    walls, cpu = [], 0.0
    text = ""
    for _ in range(times + 1):
        wall, begin = time.perf_counter(), time.process_time()
        text = http.get(path, headers={"Cookie": cookie}).text
        walls.append(1000 * (time.perf_counter() - wall))
        cpu = cpu + 1000 * (time.process_time() - begin) if len(walls) > 1 else 0.0
    charts = sum(len(chart) for chart in re.findall(r"<figure.*?</figure>", text, re.DOTALL))
    own = len(text.encode())
    return Figure(
        route=route, role=role, wall_p95=sorted(walls[1:])[int(0.95 * (times - 1))], cpu=cpu / times,
        weight=own - charts + static_bytes(text), charts=charts,
    )  # fmt: skip


def run(directory: Path, accounts: dict[str, str], times: int) -> list[Figure]:
    """All figures of one cell."""
    figures = []
    with opened(directory) as cell:
        site = edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=False)
        serve.settle()
        names = [
            name.removeprefix("GET ") for name, rule in site.rules.items() if rule.kind == "page" and name[0] == "G"
        ]
        shaped = [
            (name, re.compile(re.sub(r"\{\w+:path\}", ".+", re.sub(r"\{\w+\}", "[^/]+", name)))) for name in names
        ]
        routes = sorted(shaped, key=lambda one: one[0].count("{"))
        with httpx.Client(transport=InProcess(site), base_url="http://testserver", timeout=120) as http:
            for role in ROLES:
                cookie = signed_in(http, role, accounts[role])
                http.cookies.clear()
                for route, paths in pages(http, cookie, routes).items():
                    figures += [
                        measured(http, cookie, role=role, route=route, path=path, times=times) for path in paths
                    ]
        site.close()
    return figures


def show(figures: list[Figure]) -> None:
    """The slowest and the heaviest, then what misses its target."""
    print(f"{len(figures)} pages of {len({one.route for one in figures})} routes")
    print(f"{'p95 ms':>8} {'CPU ms':>8} {'kB':>7} {'charts':>7}  role, route")
    for one in sorted(figures, key=lambda one: -one.cpu):
        misses = [*(["slow"] if one.wall_p95 > P95_MS else []), *(["heavy"] if one.weight > WEIGHT else [])]
        print(
            f"{one.wall_p95:8.1f} {one.cpu:8.1f} {one.weight / 1000:7.1f} {one.charts / 1000:7.1f}  "
            f"{one.role}, {one.route} {' '.join(misses)}"
        )
    found = Counter(
        "slow by processor time" if one.cpu > P95_MS else "slow by the clock" if one.wall_p95 > P95_MS else "met"
        for one in figures
    )
    print(f"time: {dict(found)}; weight: {sum(one.weight > WEIGHT for one in figures)} above {WEIGHT / 1000:.0f} kB")


def main() -> None:
    """Measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dir", type=Path, help="a cell of the demo")
    options.add_argument("--accounts", type=Path, help="what the demo printed")
    options.add_argument("--times", type=int, default=20)
    asked = options.parse_args()
    load = "/".join(f"{part:.1f}" for part in os.getloadavg())
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite; load {load}")
    with tempfile.TemporaryDirectory() as folder:
        directory = asked.dir or Path(folder) / "cell"
        printed = asked.accounts.read_text() if asked.accounts else demo(directory)
        show(run(directory, dict(ACCOUNT.findall(printed)), asked.times))


if __name__ == "__main__":
    main()
