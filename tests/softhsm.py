"""Tokens in software for tests: a folder of them, each with its PIN, behind SoftHSM's PKCS#11 module."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PIN = "correct-horse-4711"
_PLACES = ("/usr/lib/softhsm", "/usr/lib", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")


def module() -> Path:
    """The PKCS#11 library. Fails where it is not installed: tools/system_packages brings it."""
    named = os.environ.get("SOFTHSM_MODULE")
    found = [Path(named)] if named else [path for place in _PLACES for path in Path(place).glob("**/libsofthsm2.so")]
    assert found, "expected SoftHSM: run tools/system_packages"
    return found[0]


@dataclass(frozen=True)
class Tokens:
    """A folder of tokens, and the file that tells SoftHSM where it is."""

    folder: Path

    @property
    def configuration(self) -> Path:
        """What SOFTHSM2_CONF names."""
        return self.folder / "softhsm2.conf"

    def make(self, label: str, *, pin: str = PIN) -> str:
        """One more token; its label."""
        program = shutil.which("softhsm2-util")
        assert program, "expected SoftHSM: run tools/system_packages"
        command = [program, "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", f"so-{pin}"]
        subprocess.run(command, env=self.environment(), check=True, capture_output=True)  # noqa: S603 - a known program
        return label

    def environment(self) -> dict[str, str]:
        """The environment of a program that uses the tokens."""
        return {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}


def tokens_at(folder: Path) -> Tokens:
    """An empty folder of tokens."""
    (folder / "tokens").mkdir(parents=True, mode=0o700)
    made = Tokens(folder)
    made.configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    return made
