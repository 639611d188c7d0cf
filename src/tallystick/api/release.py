"""Releases: what blocks one, cut one, read one, fetch its files."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field, JsonValue
from starlette.responses import Response

from tallystick.api.parts import Body, InPath, Key, Moment, Name, Receipt, Shown, TextByName, Texts
from tallystick.app import blocking, release, witnessing
from tallystick.edge import Site, Visit
from tallystick.edge.download import download
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish


def mount(site: Site, prefix: str) -> None:
    """Register releases."""
    of_programme, one = f"{prefix}/programmes/{{programme}}/releases", f"{prefix}/releases/{{release_id}}"
    site.api("GET", of_programme, releases, permission="release.read", answers=Releases, tag="releases")
    site.api(
        "POST", of_programme, cut, permission="release.cut", answers=Made, status=201, refusals=(409, 422),
        tag="releases",
    )  # fmt: skip
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/blockers", blockers, permission="release.read", answers=Blockers,
        tag="releases",
    )  # fmt: skip
    site.api("GET", one, release_page, permission="release.read", answers=ReleaseDetail, tag="releases")
    site.api(
        "GET", f"{one}/files/{{path:path}}", release_file, permission="release.read", answers=None,
        gives={"application/octet-stream": "The file, byte for byte."}, refusals=(409, 410, 422), tag="releases",
    )  # fmt: skip


class ReleaseShown(Shown):
    """A release."""

    release: str
    programme: str
    name: str
    version: str
    use: str
    state: str
    batches: Texts
    left_out: TextByName = Field(description="Batch: why it stayed out.")
    records: int | None
    judgments: int | None
    files: int | None
    manifest_digest: str | None
    records_root: str | None
    cut_at: Moment
    cut_seq: int
    by: str


class Releases(Shown):
    """The releases of a programme, newest first."""

    releases: list[ReleaseShown]


def releases(visit: Visit, programme: InPath) -> Releases | Refused:
    """List the releases of a programme."""
    found = release.releases_of(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else Releases(releases=[ReleaseShown.of(row) for row in found])


class Order(Body):
    """What is to be released. Without `batches`, all that pass their gate are taken and the rest is left out."""

    name: Annotated[str, Field(min_length=1, max_length=64, examples=["care"])]
    version: Annotated[str, Field(min_length=1, max_length=32, examples=["1.0.0"])]
    use: Literal["train", "evaluate", "publish"]
    batches: Annotated[list[Name], Field(max_length=1000)] | None = None
    consensus: Literal["majority", "one_coin", "dawid_skene"] | None = Field(
        default=None, description="A model of raters: then the release holds its consensus beside all judgments."
    )
    affected_rationale: Annotated[str, Field(max_length=4000)] = Field(
        default="",
        description="Why affected judgments that nobody reviewed may be released as they are: it stands in the data "
        "card. Without it a batch that holds such judgments is refused with `affected-unreviewed`.",
    )


class Made(Shown):
    """A release whose folder is complete and sealed into the log."""

    release: str
    name: str
    version: str
    receipt: Receipt


def cut(visit: Visit, programme: InPath, body: Order, key: Key) -> Made | Refused:
    """Cut a release and build its files.

    Every batch is measured anew. 422 while a gate fails, a right forbids the use or a field is missing; `names` lists
    what is in the way. 409 `release-exists` when name and version are taken.
    """
    batches = tuple(body.batches) if body.batches is not None else None
    wish = Wish(
        programme=programme, name=body.name, version=body.version, use=body.use, batches=batches,
        consensus=body.consensus, rationale=body.affected_rationale,
    )  # fmt: skip
    found = release.cut(visit.cell, visit.actor, wish, key=key)
    if isinstance(found, Refused):
        return found
    return Made(release=found.release, name=found.name, version=found.version, receipt=Receipt.of(found.receipt))


class BlockerShown(Shown):
    """One thing that keeps a batch, or some of its items, out of a release."""

    batch: str
    name: str
    code: str
    sentence: str
    names: list[str]
    is_whole_batch: bool


class Blockers(Shown):
    """What blocks a release now."""

    blockers: list[BlockerShown]


def blockers(visit: Visit, programme: InPath) -> Blockers | Refused:
    """Say what blocks a release now, batch by batch."""
    found = blocking.blockers(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else Blockers(blockers=[BlockerShown.of(one) for one in found])


class ReleaseDetail(Shown):
    """One release with its manifest."""

    release: ReleaseShown
    manifest: dict[str, JsonValue] | None = Field(description="Null while its files are being built.")
    regions: list[str] = Field(description="A file needs a `destination` in one of them; none: it may go anywhere.")
    waits: str | None = Field(description="What a built release still waits for: its witnesses; else null.")
    erased: str | None = Field(description="When and under which erasure the cell's own copy went; else null.")
    lost: list[str] = Field(description="Records, reasons and notes that are gone: it cannot be built again here.")


def release_page(visit: Visit, release_id: InPath) -> ReleaseDetail | Refused:
    """Read a release and its manifest."""
    found = release.release_page(visit.cell, visit.actor, release_id)
    if isinstance(found, Refused):
        return found
    gone = found.erased.sentence if found.erased else None
    waiting = witnessing.refuse_waiting(visit.cell, release_id)
    return ReleaseDetail.model_validate(
        {
            "waits": waiting.sentence if waiting else None,
            "release": ReleaseShown.of(found.row),
            "manifest": found.manifest,
            "regions": list(found.regions),
            "erased": gone,
            "lost": list(found.lost),
        }
    )


FilePath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._/-]{1,300}$", description="A file that the manifest names.")]


Destination = Annotated[
    str | None,
    Query(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", description="Region that it goes to; where the contract names some."),
]


def release_file(
    visit: Visit, release_id: InPath, path: FilePath, destination: Destination = None
) -> Response | Refused:
    """Fetch one file of a release.

    409 `outside-regions` and 422 `destination-missing` where the contract names regions, 410 `erased` when the cell's
    own copy went with content that was erased.
    """
    found = release.release_file(visit.cell, visit.actor, release_id, path, destination=destination)
    if isinstance(found, Refused):
        return found
    return download(found.name, found.size, found.pieces)
