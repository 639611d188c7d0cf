"""Build a release again from a copy of the log and the contents in the release itself. Reads both; writes a folder.

This is how a client sees that a release is what its log says: nothing in it, not even a sentence of a card, was
written by hand. What differs is named file by file.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallystick.bundle import columns, proofs
from tallystick.bundle.build import build, is_inside
from tallystick.bundle.columns import BadRows
from tallystick.bundle.consensus import FIGURE, VIEW, stated_in
from tallystick.bundle.files import ADJUDICATIONS, JUDGMENTS_JSONL, RECORDS_JSONL
from tallystick.bundle.manifest import PATH, Manifest
from tallystick.bundle.proofs import BadProofs
from tallystick.bundle.rows import Adjudication, Judgment, Record
from tallystick.bundle.state import CannotBuild
from tallystick.flow.release import SCHEMA
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle


class CannotRebuild(ValueError):
    """The release folder or the log copy does not allow it. The message says what was expected and found."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not the same in both."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def rebuild(release: Path, log: Path, out: Path) -> list[Difference]:
    """Build again into `out`, which is empty or not there, and say where the bytes differ; nothing when they do not.

    raises  CannotRebuild when the release's rows or the log copy cannot be read, or do not belong together
    """
    try:
        manifest = read_manifest((release / PATH).read_bytes())
        stands = stands_in_folder(release, manifest)
        lines = proofs.read_openings((release / proofs.OPENINGS).read_bytes())
        opened = {name: thing for name, line in lines.items() if (thing := line.opened(stands)) is not None}
        entries = LogReader(log).entries(0, manifest.cut_seq + 1)
        stated = stated_in({
            path: (release / path).read_bytes() for path in (VIEW, FIGURE) if (release / path).is_file()
        })  # fmt: skip
        build(
            entries, manifest.release, lambda wanted: {one: opened[one] for one in wanted if one in opened}, out,
            stated=stated,
        )  # fmt: skip
    except (OSError, NotInLog, BadBundle, BadRows, BadProofs, CannotBuild) as error:
        raise CannotRebuild(str(error)) from error
    return list(_compare(release, out))


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What every manifest says of itself, whatever schema it follows."""

    schema: str
    code_version: str


def _refuse_schema(found: Written) -> None:
    if found.schema != SCHEMA:
        raise CannotRebuild(
            f"{PATH}: expected a release of schema {SCHEMA}, found {found.schema}: check it with the version of "
            f"tallystick that wrote it, {found.code_version}"
        )


def read_manifest(data: bytes) -> Manifest:
    """The manifest in its bytes. Raises CannotRebuild when they hold none, or a path that leaves the folder."""
    try:
        _refuse_schema(msgspec.json.decode(data, type=Written))
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CannotRebuild(f"{PATH}: expected a release manifest: {error}") from error
    documents = [one.path for one in (*manifest.rubrics, *manifest.contracts)]
    for path in (*documents, *(entry.path for entry in manifest.files), *(view.path for view in manifest.views)):
        if not is_inside(path):
            raise CannotRebuild(f"{PATH}: expected paths inside the folder, found {path!r}")
    return manifest


def stands_in_folder(release: Path, manifest: Manifest) -> dict[str, bytes]:
    """Payloads that the rows and documents of a release folder give, by place. Raises BadRows or OSError."""
    listed = (*manifest.rubrics, *manifest.contracts, *manifest.constitutions)
    documents = {one.path: (release / one.path).read_bytes() for one in listed}
    return dict(proofs.stands_in(
        columns.from_jsonl((release / RECORDS_JSONL).read_bytes(), Record),
        columns.from_jsonl((release / JUDGMENTS_JSONL).read_bytes(), Judgment),
        columns.from_jsonl((release / ADJUDICATIONS).read_bytes(), Adjudication), documents=documents,
    ))  # fmt: skip


def _compare(release: Path, again: Path) -> list[Difference]:
    one, other = _files(release), _files(again)
    found = []
    for path in sorted(set(one) | set(other)):
        if path.startswith(f"{proofs.FOLDER}/"):
            continue
        if path not in other:
            found.append(Difference(path, "the release has this file, the log does not give it"))
        elif path not in one:
            found.append(Difference(path, "the log gives this file, the release does not have it"))
        elif one[path].read_bytes() != other[path].read_bytes():
            found.append(Difference(path, "the bytes are not those that the log gives"))
    return found


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
