"""A cell on disk with people who sign in by password, its server as a process of its own, and hands for its pages."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from browser import DESKTOP, new_page
from living_cell import World, world_at
from playwright.sync_api import Browser, Page

from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.cell import embedded_database
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

PASSWORD = "a sentence that is easy to keep"
SERVER = Path(__file__).parent / "serve_until_killed.py"
SOURCE = Path(__file__).parents[2] / "src"


def joined(world: World, login: str, *roles: str, expert_roles: tuple[str, ...] = ()) -> Actor:
    """Somebody who can sign in; an expert with a contract."""
    new = roster.NewPerson(
        name=login.capitalize(), roles=roles, expert_roles=expert_roles, login=login, password=PASSWORD
    )
    done = roster.enrol(world.cell, world.lead, new, key=new_key())
    assert isinstance(done, roster.Enrolled), done
    if "expert" in roles:
        signed = roster.execute_contract(
            world.cell, world.lead, done.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        assert not isinstance(signed, Refused), signed
    actor = roster.actor_of(world.cell, done.person)
    assert actor is not None
    return actor


@contextmanager
def prepared(directory: Path, **terms: object) -> Iterator[World]:
    """A world to fill before its server starts."""
    with world_at(embedded_database(directory), directory, **terms) as world:  # type: ignore[arg-type]  # by name
        yield world


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A server process over one cell, which can die and come back on the same port."""

    directory: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = [sys.executable, str(SERVER), str(self.directory), str(self.port)]
        environment = {"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - our own program
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "listening\n"

    def dies(self, when: str) -> None:
        """Let the next commit of a command kill the server, `before` or `after` it is durable."""
        (self.directory / f"die-{when}").touch()

    def is_dead(self) -> None:
        """Wait until the process is gone, killed and not ended by itself; then let the next one live."""
        assert self.process is not None
        assert self.process.wait(timeout=300) == -9
        assert self.process.stdout is not None
        self.process.stdout.close()
        for mark in self.directory.glob("die-*"):
            mark.unlink()

    def stop(self) -> None:
        """End the process."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """A running server; it ends with the block."""
    server = Server(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def signed_in(
    browser: Browser, server: Server, login: str, *, scripts: bool = True, size: tuple[int, int] = DESKTOP
) -> Iterator[Page]:
    """A browser of somebody who signed in by the form."""
    with new_page(browser, address=server.address, scripts=scripts, size=size) as page:
        page.set_default_timeout(10_000)
        page.goto("/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile("/(me|programmes)"))
        yield page


def right_verdict(page: Page) -> str:
    """What the items of this world ask for: the candidate that ends with one."""
    text = page.locator("#candidate-a .passage-body").inner_text().strip()
    return "a_clearly" if text.endswith("one.") else "b_clearly"


def fill_in(page: Page, verdict: str, *, words: str) -> None:
    """Answer a workspace by pointer; the scores carry the verdict."""
    a, b = {"a": (4, 3), "b": (3, 4)}.get(verdict[0], (3, 3)) if "_" in verdict else (3, 3)
    for criterion in ("reasoning", "concision"):
        page.click(f"label[for=score-{criterion}-a-{a}]")
        page.click(f"label[for=score-{criterion}-b-{b}]")
    page.fill("#reason-1-text", words)
    page.check("#reason-1-reasoning")
    page.check(f"#verdict-{verdict}")
