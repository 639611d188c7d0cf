"""Core images of running processes hold no key of keys, no PIN and nothing of others; and the kernel writes none.

The memory of clients and of the served cell is taken as a core image and as all that swap could hold, and searched.
Every image is seen to be searched: it holds something that is looked for and must be found.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from custody import held_client
from custody.core_image import Image, images_of
from custody.processes import Place, readiness, until
from custody.scan import spellings
from custody.test_serving import seed_of
from living_cell import PROGRAMME, World, item_row, world_at
from security.searcher import CELL, Searcher, dump_of, key_files
from softhsm import PIN, tokens_at

from tallystick.app import cell as cells
from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.custody.keyd import KeydClient

PASSWORDS = {"ada": "a-passphrase-of-ada-3141", "eve": "a-passphrase-of-eve-2718", "vera": "a-passphrase-of-vera-1618"}
ONE, TWO = "MARKER-one-4f2", "MARKER-two-9c7"
Record = Callable[[str, object], None]


def mask(data: bytes) -> str:
    return bytes(byte ^ held_client.MASK for byte in data).hex()


@dataclass
class Scene:
    """A served cell behind the key process, with what its files tell of keys."""

    place: Place
    url: str = ""
    holder: int = 0  # the processes of the keys and of the server
    server: int = 0
    upper: set[bytes] = field(default_factory=set)  # key-encryption keys and seeds, in all spellings
    data_keys: set[bytes] = field(default_factory=set)  # of scopes and of single objects
    tokens: dict[str, str] = field(default_factory=dict)

    def of_others(self, login: str) -> set[bytes]:
        """Passwords and tokens of everybody else."""
        words = {word for name, word in PASSWORDS.items() if name != login}
        return {word.encode() for word in words | {t for name, t in self.tokens.items() if name != login}}

    @contextlib.contextmanager
    def client(
        self, login: str, *commands: list[str], programme: str = ""
    ) -> Iterator[tuple[int, dict[str, object], bytes]]:
        """A client that is signed in, and waits: its process, what it said, the bytes that it keeps."""
        planted = os.urandom(32)
        words = {"commands": commands, "url": self.url if login else "", "login": login, "programme": programme}
        told = json.dumps(words | {"masked": mask(planted)}) + "\n" + (PASSWORDS[login] + "\n" if login else "")
        with held(told) as (process, said):
            yield process.pid, said, planted


@contextlib.contextmanager
def held(told: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, object]]]:
    """The waiting program, and its first line."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, held_client.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(told)
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
        if process.poll() is None:
            assert process.communicate("\n", timeout=300)[0] == "32\n"
        else:
            process.communicate()
        assert process.returncode == 0, "it ended by itself, or a test ended it and waited for it"
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def fill(world: World) -> None:
    """Content of two imports, and people who sign in."""
    for name, marker in (("w-one", ONE), ("w-two", TWO)):
        world.bring([item_row(name, prompt=f"{marker} prompt")], batch=name)
    for login, roles in (("ada", ("auditor",)), ("eve", ("expert",)), ("vera", ("lead",))):
        new = roster.NewPerson(name=login.capitalize(), roles=roles, login=login, password=PASSWORDS[login])
        done = roster.enrol(world.cell, world.lead, new, key=new_key())
        assert isinstance(done, roster.Enrolled), done
        actor = roster.actor_of(world.cell, done.person)
        assert isinstance(actor, Actor)
        if login == "eve":
            roster.execute_contract(
                world.cell, world.lead, actor.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
            )
            world.qualify(actor)


@contextlib.contextmanager
def served(place: Place, *options: str) -> Iterator[Scene]:
    """A cell, the process that has its keys, and the one that serves it."""
    scene = Scene(place)
    with contextlib.ExitStack() as stack:
        scene.holder = stack.enter_context(place.keyd(*options)).pid
        url = cells.embedded_database(place.cell)
        with (
            contextlib.closing(KeydClient(place.socket, CELL)) as client,
            world_at(url, place.cell, keys=lambda _: client) as world,
        ):
            fill(world)
            world.cell.seal()
        (place.cell / "cell.toml").write_text(f'custody = "keyd"\nkeyd_socket = {json.dumps(str(place.socket))}\n')
        server, scene.url = stack.enter_context(place.serve())
        with httpx.Client(base_url=scene.url, trust_env=False, timeout=300) as http:
            until(lambda: readiness(http)["log"])
        scene.server = server.pid
        yield scene


def looked_through(images: list[Image], secrets: set[bytes], present: set[bytes], record: Record) -> None:
    """Nothing of the secrets stands in any image, and all that must be found is."""
    for image in images:
        found = image.finds(secrets | present)
        record(f"{image.way} image, bytes; secrets looked for", f"{image.size} {len(secrets)}")
        assert found == present, f"{image.way}: {len(found & secrets)} secrets of {len(secrets)}"
        image.path.unlink()


def place_in(folder: Path) -> Place:
    (folder / "run").mkdir(mode=0o700)
    (folder / "images").mkdir(mode=0o700)
    return Place(folder, tokens_at(folder / "softhsm"), CELL)


@pytest.fixture(scope="module")
def software(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Key files behind the key process, so that a test knows the very bytes of every key."""
    place = place_in(tmp_path_factory.mktemp("software"))
    keys = place.folder / "keys"
    with served(place, "--software", str(keys)) as scene:
        scene.upper, scene.data_keys = known_keys(place, keys)
        yield scene


def verify_log(place: Place) -> list[str]:
    """A command of an auditor."""
    return ["log", "verify", str(place.cell / "log"), "--vkey", str(place.cell / "log.vkey"), "--json"]


def known_keys(place: Place, keys: Path) -> tuple[set[bytes], set[bytes]]:
    """Keys that never leave their holder, in all spellings; keys of scopes and objects. From the files of both."""
    line = (keys / "log-1.key").read_bytes().strip()
    upper = spellings((keys / "kek-1.key").read_bytes()) | spellings(seed_of(line)) | {line}
    dump = dump_of(cells.embedded_database(place.cell))
    found = Searcher(key_files(keys, CELL), is_thorough=False).search([dump])
    assert found.finds(ONE), "the keys are those of the content"
    return upper, set(found.keys) | found.inner


def test_an_image_of_a_client_holds_its_own_session_and_nothing_else(
    software: Scene, record_testsuite_property: Record
) -> None:
    scene, folder, record = software, software.place.folder / "images", record_testsuite_property
    with contextlib.ExitStack() as stack:
        auditor, heard, planted = stack.enter_context(scene.client("ada", verify_log(scene.place)))
        expert, shown, other = stack.enter_context(scene.client("eve", programme=PROGRAMME))
        _, lead, _ = stack.enter_context(scene.client("vera"))
        assert heard["codes"] == [0]
        scene.tokens = {"ada": str(heard["token"]), "eve": str(shown["token"]), "vera": str(lead["token"])}
        never = scene.upper | scene.data_keys
        own = {planted, scene.tokens["ada"].encode()}
        content = {ONE.encode(), TWO.encode()}
        looked_through(images_of(auditor, folder), never | scene.of_others("ada") | content, own, record)
        seen = {marker for marker in content if marker.decode() in str(shown["prompt"])}
        assert len(seen) == 1
        own = {other, scene.tokens["eve"].encode(), *seen}
        looked_through(images_of(expert, folder), never | scene.of_others("eve") | content - seen, own, record)
        for image in images_of(scene.server, folder):
            found = image.finds(never)
            record(f"{image.way} image of the server, bytes; secrets looked for", f"{image.size} {len(never)}")
            assert found & scene.data_keys, "a server holds keys of scopes: the search finds what is there"
            assert found & scene.upper == set()
            image.path.unlink()


def test_an_image_of_a_command_on_the_cell_holds_no_key_of_keys(
    software: Scene, record_testsuite_property: Record
) -> None:
    place = software.place
    with software.client("", ["cell", "check", "--dir", str(place.cell), "--json"]) as (pid, said, planted):
        assert said["codes"] == [0]
        for image in images_of(pid, place.folder / "images"):
            found = image.finds(software.upper | software.data_keys | {planted})
            record_testsuite_property(f"{image.way} image of cell check, bytes", image.size)
            assert planted in found
            assert found & software.upper == set()
            image.path.unlink()


def ends_with_core(pid: int) -> bool:
    """Whether the kernel writes a core of a process that is aborted."""
    os.kill(pid, signal.SIGABRT)
    status = os.waitpid(pid, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.fixture
def cores_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The system is asked for cores, into the folder of the test."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    monkeypatch.chdir(tmp_path)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as plain:
        has_cores = ends_with_core(plain.pid)
    assert has_cores, "expected a system that writes cores, found one that does not: the refusal cannot be seen"
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.usefixtures("cores_wanted")
def test_no_image_of_a_server_or_a_client_holds_the_pin_and_the_kernel_writes_no_core_of_any(
    tmp_path: Path, record_testsuite_property: Record
) -> None:
    """A token behind the key process."""
    place = place_in(tmp_path)
    place.tokens.make("cell")
    folder = place.folder / "images"
    pin = spellings(PIN.encode()) | {f"so-{PIN}".encode()}
    with served(place) as scene:
        looked_through(images_of(scene.server, folder), pin, {b"keyd.sock"}, record_testsuite_property)
        with scene.client("ada", verify_log(place)) as (pid, heard, planted):
            assert heard["codes"] == [0]
            looked_through(images_of(pid, folder), pin, {planted}, record_testsuite_property)
            assert [ends_with_core(one) for one in (pid, scene.server, scene.holder)] == [False] * 3
