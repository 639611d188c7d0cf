"""Prints, for each direct dependency, its licence and what it brings along.

Reads requirements/*.in and the installed packages; writes nothing.

.venv/bin/python tools/count_dependencies.py
"""

import re
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).parent.parent / "requirements"


def direct(name: str) -> list[Requirement]:
    """The packages that one requirements file names itself."""
    lines = (REQUIREMENTS / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def normal(name: str) -> str:
    """A package name in the one spelling that all others mean."""
    return re.sub(r"[-_.]+", "-", name).lower()


def reached(wanted: Requirement) -> dict[str, Distribution]:
    """A package and everything that it needs on this machine, by normal name."""
    found: dict[str, Distribution] = {}
    waiting = [wanted]
    while waiting:
        requirement = waiting.pop()
        name = normal(requirement.name)
        if name in found:
            continue
        found[name] = distribution(name)
        parts = map(Requirement, found[name].requires or ())
        waiting += [part for part in parts if applies(part, requirement.extras)]
    return found


def applies(part: Requirement, extras: set[str]) -> bool:
    """Whether a part is needed on this machine when these extras are asked for."""
    marker = part.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def licence(package: Distribution) -> str:
    """What the package says of its licence, shortest form first."""
    told = package.metadata
    classifiers = [text.split(" :: ")[-1] for text in told.get_all("Classifier") or () if text.startswith("License")]
    short = told["License-Expression"] or ", ".join(classifiers) or told["License"] or "not stated"
    return str(short).splitlines()[0]


def size_mb(package: Distribution) -> float:
    """Installed size in megabytes."""
    places = [Path(str(path.locate())) for path in package.files or ()]
    return sum(place.stat().st_size for place in places if place.is_file()) / 1e6


def main() -> None:
    """One line for each direct dependency of each file, then the totals."""
    for name in ("run", "dev"):
        everything: dict[str, Distribution] = {}
        for wanted in direct(name):
            brought = reached(wanted)
            everything |= brought
            own = brought[normal(wanted.name)]
            sys.stdout.write(f"{name}\t{wanted.name}\t{licence(own)}\t{len(brought) - 1}\t{size_mb(own):.1f}\n")
        total = sum(map(size_mb, everything.values()))
        sys.stdout.write(f"{name}\tin all\t{len(everything)} packages\t\t{total:.0f}\n")


if __name__ == "__main__":
    main()
