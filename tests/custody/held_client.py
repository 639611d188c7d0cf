"""A client that has done its work and stays, so that its memory can be taken: the command line, then the client.

Reads lines: one JSON object (commands; url, login, programme), a password, and whatever ends it. Writes one JSON line
that says what it has come to. It also keeps 32 bytes that nobody else has, to be looked for.
"""

import contextlib
import io
import json
import sys

from tallystick import cli
from tallystick.client import Client

MASK = 0x5A


def main() -> None:
    """Run the commands, sign in, take a task, and wait."""
    told = json.loads(sys.stdin.readline())
    codes = [run(words) for words in told["commands"]]
    planted = bytes(byte ^ MASK for byte in bytes.fromhex(told["masked"]))
    with contextlib.ExitStack() as stack:
        said: dict[str, object] = {"codes": codes}
        if told["url"]:
            client = stack.enter_context(Client(told["url"]))
            said["token"] = client.sign_in(told["login"], sys.stdin.readline().strip()).token
            if told["programme"]:
                task = client.next_task(told["programme"])
                said["prompt"] = task.shown.prompt if task is not None else ""
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
    sys.stdout.write(f"{len(planted)}\n")


def run(words: list[str]) -> int:
    """A command as a shell would start it; its exit status."""
    sys.argv = ["tallystick", *words]
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
