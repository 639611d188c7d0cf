"""A private PostgreSQL server for tests and benchmarks. Reads nothing; writes one temporary folder, and removes it.

`tools/postgres.py COMMAND...` runs a command with DATABASE_URL set to an empty database of a durable server.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPERUSER = "tallystick"
PORT = 5432  # names the socket file; nothing listens on the network
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SEATS = ("listen_addresses=", "unix_socket_permissions=0700", "max_connections=200")


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL server here; the message says how to bring one."""


def binaries() -> Path:
    """The folder of initdb and pg_ctl: POSTGRES_BIN, else the newest in Debian's place, else PATH."""
    named = os.environ.get("POSTGRES_BIN")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    if named:
        return Path(named)
    if debian:
        return debian[-1]
    if found:
        return Path(found).resolve().parent
    raise PostgresMissing(
        "expected a PostgreSQL server for the tests, found none; run tools/system_packages, "
        "or set POSTGRES_BIN to the folder of initdb"
    )


def server_account() -> pwd.struct_passwd | None:
    """Whom the server runs as. initdb refuses root, so root hands it to an account without rights."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


class PostgresFailed(RuntimeError):
    """A program of the server failed; the message carries its own words."""


@contextmanager
def private_server(*, durable: bool) -> Iterator[str]:
    """A running server that only this machine's caller can reach; yields the folder of its socket.

    durable  False turns off waiting for the disk: right for tests of logic, wrong for tests of crashes and for figures
    raises   PostgresMissing, PostgresFailed
    """
    folder = Path(tempfile.mkdtemp(prefix="tallystick-pg-"))
    account = server_account()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    options = [f"-c {part}" for part in (*SEATS, *(() if durable else FAST))]
    try:
        _run("initdb", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", str(data))
        start = f"-k {folder} -p {PORT} " + " ".join(options)
        _run("pg_ctl", "-D", str(data), "-w", "-t", "60", "-o", start, "start")
        try:
            yield str(folder)
        finally:
            _run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def url(socket_folder: str, database: str) -> str:
    """The SQLAlchemy address of one database of a private server."""
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={socket_folder}&port={PORT}"


def _run(program: str, *arguments: str) -> None:
    """Run one of the server's programs as the server's account; its words go into the error.

    A server that pg_ctl starts would hold a pipe open for its whole life, so the words go through a file.
    """
    account = server_account()
    with tempfile.TemporaryFile("w+") as words:
        outcome = subprocess.run(  # noqa: S603  # our own arguments, no shell
            [str(binaries() / program), *arguments],
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdout=words,
            stderr=words,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if outcome.returncode:
            words.seek(0)
            raise PostgresFailed(f"{program} ended with {outcome.returncode}:\n{words.read()}")


def main() -> int:
    """Run the command of the command line beside a durable server."""
    if len(sys.argv) < 2:
        sys.stderr.write("usage: tools/postgres.py COMMAND [ARGUMENT...]\n")
        return 2
    with private_server(durable=True) as folder:
        surroundings = {**os.environ, "DATABASE_URL": url(folder, "postgres")}
        return subprocess.run(sys.argv[1:], check=False, env=surroundings).returncode  # noqa: S603  # the caller's own command


if __name__ == "__main__":
    sys.exit(main())
